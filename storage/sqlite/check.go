package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/checkup"
)

// sampledGrams is how many of a contact's grams are looked for.
const sampledGrams = 2

// Check compares what is stored with what should be; see package checkup.
func (s *Store) Check(ctx context.Context, i storage.Inspection) error {
	return checkup.Check(ctx, &checkedDatabase{Store: s, stale: make(map[int64]*storage.Finding)}, i)
}

// checkedDatabase is the whole database during a check.
type checkedDatabase struct {
	*Store
	// stale holds the gram index entries that Grams has to repair, by number, with the finding to report, if any.
	stale map[int64]*storage.Finding
}

// checkedWorkspace is a workspace during a check.
type checkedWorkspace struct {
	*checkedDatabase
	id   crm.WorkspaceID
	name string
}

// Workspaces returns the workspace of that name, or all of them.
func (d *checkedDatabase) Workspaces(ctx context.Context, name string) ([]checkup.Workspace, error) {
	return read(ctx, d.Store, func(c *conn) ([]checkup.Workspace, error) {
		return all(ctx, c, `
			SELECT workspace_id, name FROM workspaces
			WHERE @name = '' OR name = @name
			ORDER BY workspace_id`, args{"name": name},
			func(rows *sql.Rows) (checkup.Workspace, error) {
				w := &checkedWorkspace{checkedDatabase: d}
				return w, rows.Scan(&w.id, &w.name)
			})
	})
}

// Leftovers looks into every table with rows of workspaces.
func (d *checkedDatabase) Leftovers(ctx context.Context) ([]crm.WorkspaceID, error) {
	tables := slices.Concat(driving, erased, []string{"contacts", "channels", "gram_leftovers"})
	return checkup.FindLeftovers(tables, func(table string, above crm.WorkspaceID) (crm.WorkspaceID, error) {
		return read(ctx, d.Store, func(c *conn) (crm.WorkspaceID, error) {
			w, _, err := first(ctx, c, `SELECT coalesce(min(workspace_id), 0) FROM `+table+` WHERE workspace_id > @above`,
				args{"above": above}, scanInt)
			return crm.WorkspaceID(w), err
		})
	}, func() ([]crm.WorkspaceID, error) {
		return read(ctx, d.Store, func(c *conn) ([]crm.WorkspaceID, error) {
			return all(ctx, c, `SELECT workspace_id FROM workspaces`, nil, func(rows *sql.Rows) (w crm.WorkspaceID, err error) {
				return w, rows.Scan(&w)
			})
		})
	})
}

// Parallel is as many as can share a commit.
func (d *checkedDatabase) Parallel() int { return largestGroup }

// Name is the workspace's.
func (w *checkedWorkspace) Name() string { return w.name }

// args are the arguments of a statement about one contact.
func (w *checkedWorkspace) args(id crm.ContactID) args { return args{"workspace": w.id, "id": id[:]} }

// exec is a repair of one statement.
func (w *checkedWorkspace) exec(ctx context.Context, query string, a args) error {
	return w.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, query, a)
		return err
	})
}

// rowsAfter reads a batch of rows that come behind those read before.
func rowsAfter[R any](ctx context.Context, w *checkedWorkspace, query string, a args, n int, scan func(*sql.Rows) (R, error)) ([]R, error) {
	a["workspace"], a["limit"] = w.id, n
	return read(ctx, w.Store, func(c *conn) ([]R, error) { return all(ctx, c, query, a, scan) })
}

// ContactsAfter reads contacts. It notes the entries of the gram index that Grams has to repair.
func (w *checkedWorkspace) ContactsAfter(ctx context.Context, after checkup.Contact, n int) ([]checkup.Contact, error) {
	return readOnce(ctx, w.Store, func(c *conn) ([]checkup.Contact, error) {
		a := w.args(after.ID)
		a["limit"] = n
		var entries []entry
		batch, err := all(ctx, c, `
			SELECT
			  c.id, c.n, c.name, c.email, c.phone, c.further, c.name_key, c.search_text,
			  EXISTS (SELECT 1 FROM contact_activity a WHERE a.workspace_id = @workspace AND a.contact_id = c.id),
			  d.id IS NOT NULL, d.sz
			FROM contacts c
			LEFT JOIN contact_grams_docsize d ON d.id = c.n
			WHERE c.workspace_id = @workspace AND c.id > @id
			ORDER BY c.id
			LIMIT @limit`, a, func(rows *sql.Rows) (v checkup.Contact, err error) {
			var of crm.Contact
			var e entry
			err = rows.Scan((*uuid.UUID)(&v.ID), &e.n, &of.Name, &of.Email, &of.Phone, furtherTarget{&of.Further},
				&v.Stored.Name, &v.Stored.Text, &v.Active, &e.there, &e.size)
			v.Keys = search.KeysOf(of)
			entries = append(entries, e)
			return v, err
		})
		if err != nil {
			return nil, err
		}
		for i, e := range entries {
			if err := w.lookIntoGrams(ctx, c, &batch[i], e); err != nil {
				return nil, err
			}
		}
		return batch, w.lookForTerms(ctx, c, batch)
	})
}

// lookForTerms notes which contacts lack terms.
func (w *checkedWorkspace) lookForTerms(ctx context.Context, c *conn, batch []checkup.Contact) error {
	wanted := checkup.WantedTerms(batch)
	terms := make([][2]string, len(wanted)) // contact and term, in hexadecimal
	for i, t := range wanted {
		terms[i] = [2]string{hex.EncodeToString(t.Contact[:]), hex.EncodeToString([]byte(t.Term))}
	}
	list, err := json.Marshal(terms)
	if err != nil {
		return err
	}
	missing, err := all(ctx, c, `
		SELECT j.key
		FROM json_each(@terms) j
		WHERE NOT EXISTS (
		  SELECT 1 FROM contact_terms t
		  WHERE t.workspace_id = @workspace AND t.term = CAST(unhex(j.value ->> 1) AS TEXT) AND t.contact_id = unhex(j.value ->> 0)
		)`, args{"workspace": w.id, "terms": string(list)}, scanInt)
	for _, i := range missing {
		batch[wanted[i].Row].LacksTerms = true
	}
	return err
}

// RewriteContact leaves a gram index entry that does not match the stored keys to Grams.
func (w *checkedWorkspace) RewriteContact(ctx context.Context, id crm.ContactID) error {
	return w.write(ctx, func(ctx context.Context, t *tx) error {
		contact, err := contactByID(ctx, t.conn, w.id, id)
		if errors.Is(err, crm.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		keys := search.KeysOf(contact)
		entry, err := t.indexed(ctx, w.id, id)
		if err != nil {
			return err
		}
		_, stale := w.stale[entry.n]
		if entry.new = new(gramWords(w.id, keys.Name, keys.Text)); !stale && *entry.new != *entry.old {
			t.grams = append(t.grams, entry)
		}
		a := w.args(id)
		a["name_key"], a["search_text"] = keys.Name, keys.Text
		_, err = t.exec(ctx, `
			UPDATE contacts SET name_key = @name_key, search_text = @search_text
			WHERE workspace_id = @workspace AND id = @id`, a)
		if err != nil {
			return err
		}
		if err := addTerms(ctx, t.conn, w.id, id, keys.Terms); err != nil {
			return err
		}
		_, err = t.exec(ctx, `
			INSERT INTO contact_activity (workspace_id, contact_id, last_activity_at)
			SELECT @workspace, @id, coalesce(max(last_message_at), 0)
			FROM sessions
			WHERE workspace_id = @workspace AND account_id IN (`+accountsOf("@id")+`)
			ON CONFLICT DO NOTHING`, w.args(id))
		return err
	})
}

// TermsAfter reads terms with their contacts.
func (w *checkedWorkspace) TermsAfter(ctx context.Context, after checkup.Term, n int) ([]checkup.Term, error) {
	return rowsAfter(ctx, w, `
		SELECT t.term, t.contact_id, c.n IS NOT NULL, c.name, c.email, c.phone, c.further
		FROM (
		  SELECT term, contact_id
		  FROM contact_terms
		  WHERE workspace_id = @workspace AND (term, contact_id) > (@term, @id)
		  ORDER BY term, contact_id
		  LIMIT @limit
		) t
		LEFT JOIN contacts c ON c.workspace_id = @workspace AND c.id = t.contact_id
		ORDER BY t.term, t.contact_id`,
		args{"term": after.Term, "id": after.Contact.ID[:]}, n, func(rows *sql.Rows) (t checkup.Term, err error) {
			of := &t.Contact
			return t, rows.Scan(&t.Term, (*uuid.UUID)(&of.ID), &t.HasContact, &of.Name, &of.Email, &of.Phone, furtherTarget{&of.Further})
		})
}

// RemoveTerm looks at the contact again.
func (w *checkedWorkspace) RemoveTerm(ctx context.Context, id crm.ContactID, term string) error {
	return w.write(ctx, func(ctx context.Context, t *tx) error {
		contact, err := contactByID(ctx, t.conn, w.id, id)
		if err != nil && !errors.Is(err, crm.ErrNotFound) {
			return err
		}
		if err == nil && checkup.Wants(contact, term) {
			return nil
		}
		return dropTerms(ctx, t.conn, w.id, id, []string{term})
	})
}

func scanString(rows *sql.Rows) (v string, err error) {
	err = rows.Scan(&v)
	return v, err
}
