package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/clause"
)

// Contacts returns one page of the list that q describes.
func (s *Store) Contacts(ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery) (storage.ContactPage, error) {
	page, err := s.list(ctx, w, q)
	if err != nil {
		return storage.ContactPage{}, fmt.Errorf("list contacts: %w", err)
	}
	return page, nil
}

func (s *Store) list(ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery) (storage.ContactPage, error) {
	if err := q.Order.Check(q.Search); err != nil {
		return storage.ContactPage{}, err
	}
	if !q.Search.Empty() {
		src, err := s.source(ctx, w)
		if err != nil {
			return storage.ContactPage{}, err
		}
		return storage.SearchPage(ctx, src, q)
	}
	rows, err := s.ordered(ctx, w, q)
	if err != nil {
		return storage.ContactPage{}, err
	}
	return q.Window(rows), nil
}

// ordered reads a list without a search, in one of the orders that [storage.Order.Check] lets it have: from its starting
// bound on, one row more than the page.
func (s *Store) ordered(ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery) ([]storage.ContactRow, error) {
	d := clause.Reading(q.ReadsDown())
	args := pgx.NamedArgs{"workspace": w}
	beyond := func(columns, position string) string {
		from := q.Page.From()
		if from == nil {
			return ""
		}
		args["key"], args["at"], args["id"] = from.Key, from.At, from.ID
		return fmt.Sprintf("AND %s %s %s", columns, d.Beyond, position)
	}
	var sql string
	limit := q.Page.Size + 1
	switch q.Order {
	case storage.LastActivity:
		sql = fmt.Sprintf(`
			SELECT '', l.last_activity_at, c.*
			FROM (
			  SELECT contact_id, last_activity_at
			  FROM contact_activity
			  WHERE workspace_id = @workspace %[2]s
			  ORDER BY last_activity_at %[3]s, contact_id %[3]s
			  LIMIT %[4]d
			) l
			CROSS JOIN LATERAL (
			  SELECT %[1]s AS active FROM contacts c WHERE c.workspace_id = @workspace AND c.id = l.contact_id LIMIT 1
			) c
			ORDER BY l.last_activity_at %[3]s, l.contact_id %[3]s`,
			contactColumns, beyond("(last_activity_at, contact_id)", "(@at, @id)"), d.Order, limit)
	case storage.Name:
		sql = fmt.Sprintf(`
			SELECT c.name_key, NULL::timestamptz, %[1]s
			FROM contacts c
			WHERE c.workspace_id = @workspace %[2]s
			ORDER BY c.name_key %[3]s, c.id %[3]s
			LIMIT %[4]d`,
			contactColumns, beyond("(c.name_key, c.id)", "(@key, @id)"), d.Order, limit)
	case storage.Created:
		sql = fmt.Sprintf(`
			SELECT '', c.created_at, %[1]s
			FROM contacts c
			WHERE c.workspace_id = @workspace %[2]s
			ORDER BY c.created_at %[3]s, c.id %[3]s
			LIMIT %[4]d`,
			contactColumns, beyond("(c.created_at, c.id)", "(@at, @id)"), d.Order, limit)
	}
	b := &pgx.Batch{}
	if q.Order != storage.LastActivity {
		// The planner does not know how large the workspace is. It may take it for one of a few contacts, which are as soon
		// read and sorted as found in the index.
		b.Queue(`SELECT set_config('enable_sort', 'off', true)`)
	}
	var found []storage.ContactRow
	b.Queue(sql, args).Query(func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, scanContactRow())
		return err
	})
	return found, translate(ctx, s.pool.SendBatch(ctx, b).Close())
}

// scanContactRow scans rows of a list, one after the other.
func scanContactRow() pgx.RowToFunc[storage.ContactRow] {
	var r contactRow
	var key string
	var at time.Time
	targets := r.targets(&key, instantTarget{&at})
	return func(row pgx.CollectableRow) (storage.ContactRow, error) {
		err := row.Scan(targets...)
		return storage.ContactRow{Contact: r.Contact, Position: storage.Position{Key: key, At: at, ID: uuid.UUID(r.ID)}}, err
	}
}
