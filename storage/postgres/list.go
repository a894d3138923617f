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
	if !q.Search.Empty() {
		src, err := s.settled(ctx, s.reader(ctx), w, &q.Search)
		switch {
		case err != nil:
			return storage.ContactPage{}, err
		case q.Filter.Empty():
			return storage.SearchPage(ctx, src, q)
		}
		return src.filtered(ctx, q)
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

// picked reads a list without a search, under a filter or from a row on: one row more than the page. See
// [storage.LookedThrough].
func (s *Store) picked(ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery) ([]storage.ContactRow, error) {
	if q.Filter.Empty() {
		from, skip, err := s.skipTo(ctx, w, q)
		if err != nil {
			return nil, err
		}
		return s.pickedFrom(ctx, q, &filtering{args: pgx.NamedArgs{"workspace": w}}, from, pick{skip: skip})
	}
	v, err := s.filtering(ctx, s.reader(ctx), w, q.Filter)
	if err != nil {
		return nil, err
	}
	p := pick{skip: q.Page.Skip}
	if p.set, err = v.smallest(ctx, s.reader(ctx), storage.FewContacts); err != nil {
		return nil, err
	}
	if p.set == "" {
		p.look = storage.LookedThrough
		rows, err := s.pickedFrom(ctx, q, v, q.Page.From(), p)
		if err != nil || len(rows) > q.Page.Size {
			return rows, err
		}
		p.look = 0
		if p.set, err = v.smallest(ctx, s.reader(ctx), storage.SomeContacts); err != nil {
			return nil, err
		}
	}
	return s.pickedFrom(ctx, q, v, q.Page.From(), p)
}

// pick is how rows are picked: the ids of a set, or if it is empty so many rows from the list's order, 0 for all; and how many
// of those that pass are passed over.
type pick struct {
	set        string
	look, skip int
}

// skipTo is where to start reading a whole list that is skipped through, and how many rows to pass over from there.
func (s *Store) skipTo(ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery) (*storage.Position, int, error) {
	if q.Page.Skip < storage.SkipRows {
		return q.Page.From(), q.Page.Skip, nil
	}
	found, err := s.landmarks(ctx, storage.LongList{Workspace: w, Order: q.Order})
	from, skip := found.Near(q.Page.Skip, q.ReadsDown())
	return from, skip, err
}

func (s *Store) pickedFrom(
	ctx context.Context, q storage.ContactQuery, v *filtering, from *storage.Position, p pick,
) ([]storage.ContactRow, error) {
	o := orderings[q.Order]
	d := clause.Reading(q.ReadsDown())
	within := v.inOrder(q.Order, q.Filter)
	if from != nil {
		v.args["from"], v.args["id"] = from.Key, from.ID
		if o.timed() {
			v.args["from"] = from.At
		}
		within += fmt.Sprintf(" AND (%s, %s) %s (@from, @id)", o.key, o.id, d.Beyond)
	}
	keys := fmt.Sprintf(`
		  SELECT %[1]s AS key, %[2]s AS id
		  FROM %[3]s t
		  WHERE t.workspace_id = @workspace%[4]s
		  ORDER BY %[1]s %[5]s, %[2]s %[5]s`, o.key, o.id, o.table, within, d.Order)
	if p.look > 0 {
		keys += fmt.Sprint(" LIMIT ", p.look)
	}
	switch {
	case p.set != "" && o.table == "contacts":
		ofContact := strings.NewReplacer("t.", "c.")
		of := *v
		of.where += ofContact.Replace(within)
		keys = `
		  SELECT c.key, c.id` + of.each(p.set, "c.id, "+ofContact.Replace(o.key)+" AS key") + fmt.Sprintf(`
		  ORDER BY c.key %[1]s, c.id %[1]s`, d.Order)
	case p.set != "":
		keys = `
		  SELECT t.key, c.id` + v.each(p.set, "c.id") + fmt.Sprintf(`
		  CROSS JOIN LATERAL (
		    SELECT %s AS key FROM %s t WHERE t.workspace_id = @workspace AND %s = c.id%s LIMIT 1
		  ) t
		  ORDER BY t.key %[5]s, c.id %[5]s`, o.key, o.table, o.id, within, d.Order)
	case v.where != "":
		keys = fmt.Sprintf(`
		  SELECT t.key, t.id
		  FROM (%[1]s) t
		  CROSS JOIN LATERAL (
		    SELECT FROM contacts c WHERE c.workspace_id = @workspace AND c.id = t.id%[2]s LIMIT 1
		  ) c
		  ORDER BY t.key %[3]s, t.id %[3]s`, keys, v.where, d.Order)
	}
	key := "k.key, NULL::timestamptz"
	if o.timed() {
		key = "'', k.key"
	}
	b := &pgx.Batch{}
	if p.set == "" {
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
		ORDER BY k.key %[6]s, k.id %[6]s`, key, keys, q.Page.Size+1, p.skip, contactColumns, d.Order), v.args,
	).Query(func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, scanContactRow())
		return err
	})
	return found, translate(ctx, s.reader(ctx).SendBatch(ctx, b).Close())
}

// inOrder are those of the filter's conditions that bound an order's keys, with AND before each.
func (v *filtering) inOrder(order storage.Order, f storage.ContactFilter) string {
	switch {
	case order == storage.LastActivity:
		return v.active
	case order == storage.Created && f.Created.Given():
		return " AND " + v.within("t.created_at", "created", f.Created)
	case order == storage.Email && f.HasEmail != nil && *f.HasEmail:
		return " AND " + emailKey + " < chr(1114111)"
	case order == storage.Email && f.HasEmail != nil:
		return " AND " + emailKey + " >= chr(1114111)"
	}
	return ""
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
	return found, translate(ctx, s.reader(ctx).SendBatch(ctx, b).Close())
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
