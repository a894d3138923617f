package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"

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
	run := read[storage.ContactPage]
	if !q.Search.Empty() || s.picks(q) {
		run = readOnce[storage.ContactPage]
	}
	return run(ctx, s, func(c *conn) (storage.ContactPage, error) { return s.listOn(ctx, c, w, q) })
}

// picks reports whether a list without a search takes more than one statement.
func (s *Store) picks(q storage.ContactQuery) bool {
	return !q.Filter.Empty() || q.Page.Skip > 0 || q.Order == storage.Email
}

// listOn reads a page through a connection. The order must suit the search.
func (s *Store) listOn(ctx context.Context, c *conn, w crm.WorkspaceID, q storage.ContactQuery) (storage.ContactPage, error) {
	if !q.Search.Empty() {
		src, err := settled(ctx, c, w, &q.Search)
		switch {
		case err != nil:
			return storage.ContactPage{}, err
		case q.Filter.Empty():
			return storage.SearchPage(ctx, src, q)
		}
		return src.filtered(ctx, q)
	}
	var rows []storage.ContactRow
	var err error
	if s.picks(q) {
		rows, err = s.picked(ctx, c, w, q)
	} else {
		rows, err = listed(ctx, c, w, q)
	}
	if err != nil {
		return storage.ContactPage{}, err
	}
	return q.Window(rows), nil
}

// listed reads a list without a search, in one of the orders that [storage.Order.Check] lets it have: from its starting
// bound on, one row more than the page.
func listed(ctx context.Context, c *conn, w crm.WorkspaceID, q storage.ContactQuery) ([]storage.ContactRow, error) {
	d := clause.Reading(q.ReadsDown())
	a := args{"workspace": w, "n": q.Page.Size + 1}
	beyond := func(columns, position string, bounds args) string {
		if q.Page.From() == nil {
			return ""
		}
		maps.Copy(a, bounds)
		return fmt.Sprintf("AND %s %s %s", columns, d.Beyond, position)
	}
	var from storage.Position
	if p := q.Page.From(); p != nil {
		from = *p
	}
	var query string
	switch q.Order {
	case storage.LastActivity:
		query = fmt.Sprintf(`
			SELECT '', l.last_activity_at, %[1]s
			FROM contact_activity l
			CROSS JOIN contacts c ON c.workspace_id = l.workspace_id AND c.id = l.contact_id
			WHERE l.workspace_id = @workspace %[2]s
			ORDER BY l.last_activity_at %[3]s, l.contact_id %[3]s
			LIMIT @n`,
			contactColumns,
			beyond("(l.last_activity_at, l.contact_id)", "(@at, @id)", args{"at": from.At.UnixMicro(), "id": from.ID[:]}),
			d.Order)
	case storage.Name:
		query = fmt.Sprintf(`
			SELECT c.name_key, NULL, %[1]s
			FROM contacts c
			WHERE c.workspace_id = @workspace %[2]s
			ORDER BY c.name_key %[3]s, c.id %[3]s
			LIMIT @n`,
			contactColumns, beyond("(c.name_key, c.id)", "(@key, @id)", args{"key": from.Key, "id": from.ID[:]}), d.Order)
	case storage.Created:
		query = fmt.Sprintf(`
			SELECT '', c.created_at, %[1]s
			FROM contacts c
			WHERE c.workspace_id = @workspace %[2]s
			ORDER BY c.created_at %[3]s, c.id %[3]s
			LIMIT @n`,
			contactColumns, beyond("(c.created_at, c.id)", "(@at, @id)", args{"at": from.At.UnixMicro(), "id": from.ID[:]}), d.Order)
	}
	return all(ctx, c, query, a, scanContactRow())
}

// scanContactRow scans rows of a list, one after the other.
func scanContactRow() func(*sql.Rows) (storage.ContactRow, error) {
	var r contactRow
	var key string
	var at time.Time
	targets := r.targets(&key, instantTarget{&at})
	return func(rows *sql.Rows) (storage.ContactRow, error) {
		err := rows.Scan(targets...)
		return storage.ContactRow{Contact: r.Contact, Position: storage.Position{Key: key, At: at, ID: uuid.UUID(r.ID)}}, err
	}
}
