package postgres

import (
	"context"
	"fmt"
	"strings"
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
	switch {
	case !q.Search.Empty() && !q.Filter.Empty():
		return s.searchFiltered(ctx, w, q)
	case !q.Search.Empty():
		src, err := s.source(ctx, w)
		if err != nil {
			return storage.ContactPage{}, err
		}
		return storage.SearchPage(ctx, src, q)
	}
	read := s.ordered
	if !q.Filter.Empty() || q.Page.Skip > 0 {
		read = s.picked
	}
	rows, err := read(ctx, w, q)
	if err != nil {
		return storage.ContactPage{}, err
	}
	return q.Window(rows), nil
}

// ordering is where an order's keys are: a table, read as t, its column of ids, and the key.
type ordering struct{ table, id, key string }

// emailKey sorts contacts by email. The index contacts_by_email has the same expression.
const emailKey = "coalesce(lower(t.email), chr(1114111))"

var orderings = map[storage.Order]ordering{
	storage.LastActivity: {"contact_activity", "t.contact_id", "t.last_activity_at"},
	storage.Name:         {"contacts", "t.id", "t.name_key"},
	storage.Created:      {"contacts", "t.id", "t.created_at"},
	storage.Email:        {"contacts", "t.id", emailKey},
}

// timed reports whether the keys are times.
func (o ordering) timed() bool { return strings.HasSuffix(o.key, "_at") }

// picked reads a list without a search, under a filter or from a row on: one row more than the page. Of few contacts that may
// pass each is looked at; else the list is read in its order until enough of them pass.
func (s *Store) picked(ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery) ([]storage.ContactRow, error) {
	v, set, o := &filtering{args: pgx.NamedArgs{"workspace": w}}, "", orderings[q.Order]
	if !q.Filter.Empty() {
		var err error
		if v, err = s.filtering(ctx, w, q.Filter); err != nil {
			return nil, err
		}
		if set, err = s.smallest(ctx, v); err != nil {
			return nil, err
		}
	}
	from, skip := q.Page.From(), q.Page.Skip
	if skip >= storage.SkipRows && q.Filter.Empty() {
		found, err := s.landmarks(ctx, storage.LongList{Workspace: w, Order: q.Order})
		if err != nil {
			return nil, err
		}
		from, skip = found.Near(skip, q.ReadsDown())
	}
	d, beyond := clause.Reading(q.ReadsDown()), ""
	if from != nil {
		v.args["from"], v.args["id"] = from.Key, from.ID
		if o.timed() {
			v.args["from"] = from.At
		}
		beyond = fmt.Sprintf(" AND (%s, %s) %s (@from, @id)", o.key, o.id, d.Beyond)
	}
	if q.Order == storage.LastActivity {
		beyond += v.active
	}
	if q.Order == storage.Created && q.Filter.Created.Given() {
		beyond += " AND " + v.within("t.created_at", "created", q.Filter.Created)
	}
	var keys string
	switch {
	case set != "":
		keys = `
		  SELECT t.key, c.id` + v.each(set, "c.id") + fmt.Sprintf(`
		  CROSS JOIN LATERAL (
		    SELECT %s AS key FROM %s t WHERE t.workspace_id = @workspace AND %s = c.id%s LIMIT 1
		  ) t
		  ORDER BY t.key %[5]s, c.id %[5]s`, o.key, o.table, o.id, beyond, d.Order)
	case v.where != "":
		keys = fmt.Sprintf(`
		  SELECT t.key, t.id
		  FROM (
		    SELECT %[1]s AS key, %[2]s AS id
		    FROM %[3]s t
		    WHERE t.workspace_id = @workspace%[4]s
		    ORDER BY %[1]s %[5]s, %[2]s %[5]s
		  ) t
		  CROSS JOIN LATERAL (
		    SELECT FROM contacts c WHERE c.workspace_id = @workspace AND c.id = t.id%[6]s LIMIT 1
		  ) c
		  ORDER BY t.key %[5]s, t.id %[5]s`, o.key, o.id, o.table, beyond, d.Order, v.where)
	default:
		keys = fmt.Sprintf(`
		  SELECT %[1]s AS key, %[2]s AS id
		  FROM %[3]s t
		  WHERE t.workspace_id = @workspace%[4]s
		  ORDER BY %[1]s %[5]s, %[2]s %[5]s`, o.key, o.id, o.table, beyond, d.Order)
	}
	key := "k.key, NULL::timestamptz"
	if o.timed() {
		key = "'', k.key"
	}
	b := &pgx.Batch{}
	if set == "" {
		b.Queue(`SELECT set_config('enable_sort', 'off', true), set_config('enable_hashjoin', 'off', true)`)
	}
	var found []storage.ContactRow
	b.Queue(fmt.Sprintf(`
		SELECT %s, c.*
		FROM (%s
		  LIMIT %d OFFSET %d
		) k
		CROSS JOIN LATERAL (
		  SELECT %s AS active FROM contacts c WHERE c.workspace_id = @workspace AND c.id = k.id LIMIT 1
		) c
		ORDER BY k.key %[6]s, k.id %[6]s`, key, keys, q.Page.Size+1, skip, contactColumns, d.Order), v.args,
	).Query(func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, scanContactRow())
		return err
	})
	return found, translate(ctx, s.pool.SendBatch(ctx, b).Close())
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
	case storage.Email:
		sql = fmt.Sprintf(`
			SELECT `+emailKey+`, NULL::timestamptz, c.*
			FROM contacts t
			CROSS JOIN LATERAL (
			  SELECT %[1]s AS active FROM contacts c WHERE c.workspace_id = @workspace AND c.id = t.id LIMIT 1
			) c
			WHERE t.workspace_id = @workspace %[2]s
			ORDER BY `+emailKey+` %[3]s, t.id %[3]s
			LIMIT %[4]d`,
			contactColumns, beyond("("+emailKey+", t.id)", "(@key, @id)"), d.Order, limit)
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
