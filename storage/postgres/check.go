package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/checkup"
)

// Check compares what is stored with what should be; see package checkup.
func (s *Store) Check(ctx context.Context, i storage.Inspection) error {
	return checkup.Check(ctx, &checkedDatabase{Store: s}, i)
}

// checkedDatabase is the whole database during a check.
type checkedDatabase struct {
	*Store
}

// checkedWorkspace is a workspace during a check.
type checkedWorkspace struct {
	*checkedDatabase
	id    crm.WorkspaceID
	name  string
	stage gramStage
}

// Workspaces returns the workspace of that name, or all of them.
func (d *checkedDatabase) Workspaces(ctx context.Context, name string) ([]checkup.Workspace, error) {
	rows, err := d.pool.Query(ctx, `
		SELECT workspace_id, name, gram_state
		FROM workspaces
		WHERE name = coalesce(nullif(@name, ''), name)
		ORDER BY workspace_id`, pgx.NamedArgs{"name": name})
	return all(ctx, rows, err, func(row pgx.CollectableRow) (checkup.Workspace, error) {
		w := &checkedWorkspace{checkedDatabase: d}
		return w, row.Scan(&w.id, &w.name, &w.stage)
	})
}

// Leftovers looks into every table with rows of workspaces.
func (d *checkedDatabase) Leftovers(ctx context.Context) ([]crm.WorkspaceID, error) {
	tables := slices.DeleteFunc(slices.Concat(citusReference, citusDistributed), func(table string) bool {
		return table == "workspaces" || !ofWorkspaces(table)
	})
	return checkup.FindLeftovers(tables, func(table string, above crm.WorkspaceID) (w crm.WorkspaceID, err error) {
		err = d.pool.QueryRow(ctx, `SELECT coalesce(min(workspace_id), 0) FROM `+table+` WHERE workspace_id > @above`,
			pgx.NamedArgs{"above": above}).Scan(&w)
		return w, translate(ctx, err)
	}, func() ([]crm.WorkspaceID, error) { return d.workspaces(ctx) })
}

// Grams has nothing left to do: the gram index is an index like others, and the contacts say whether they are in it.
func (d *checkedDatabase) Grams(context.Context, *checkup.Report) error { return nil }

// Parallel leaves connections to others.
func (d *checkedDatabase) Parallel() int { return 4 }

// Name is the workspace's.
func (w *checkedWorkspace) Name() string { return w.name }

// args are the parameters of a statement about one contact.
func (w *checkedWorkspace) args(id crm.ContactID) pgx.NamedArgs {
	return pgx.NamedArgs{"workspace": w.id, "id": [16]byte(id)}
}

// exec is a repair of one statement.
func (w *checkedWorkspace) exec(ctx context.Context, sql string, args pgx.NamedArgs) error {
	return w.tx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args)
		return err
	})
}

// rowsAfter reads a batch of rows that come behind those read before; %d in the statement is their number. The planner has
// to know it.
func rowsAfter[R any](
	ctx context.Context, w *checkedWorkspace, sql string, args pgx.NamedArgs, n int, scan func(pgx.CollectableRow) (R, error),
) ([]R, error) {
	args["workspace"] = w.id
	rows, err := w.pool.Query(ctx, fmt.Sprintf(sql, n), args)
	return all(ctx, rows, err, scan)
}

// ContactsAfter reads contacts.
func (w *checkedWorkspace) ContactsAfter(ctx context.Context, after checkup.Contact, n int) (batch []checkup.Contact, err error) {
	once := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, w.pool, once, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, fmt.Sprintf(`
			SELECT
			  c.id, c.name, c.email, c.phone, c.further, c.name_key, c.search_text, c.grams,
			  (SELECT true FROM contact_activity a WHERE a.workspace_id = @workspace AND a.contact_id = c.id) IS NOT NULL
			FROM contacts c
			WHERE c.workspace_id = @workspace AND c.id > @id
			ORDER BY c.id
			LIMIT %d`, n), w.args(after.ID))
		batch, err = all(ctx, rows, err, w.scanChecked)
		if err != nil {
			return err
		}
		return w.lookForTerms(ctx, tx, batch)
	})
	return batch, translate(ctx, err)
}

func (w *checkedWorkspace) scanChecked(row pgx.CollectableRow) (v checkup.Contact, err error) {
	var of crm.Contact
	err = row.Scan((*[16]byte)(&v.ID), &of.Name, &of.Email, &of.Phone, furtherTarget{&of.Further}, &v.Stored.Name, &v.Stored.Text, &v.Indexed, &v.Active)
	v.Keys = search.KeysOf(of)
	v.Indexed = v.Indexed || w.stage != gramsComplete
	return v, err
}

// lookForTerms notes which contacts lack terms.
func (w *checkedWorkspace) lookForTerms(ctx context.Context, tx pgx.Tx, batch []checkup.Contact) error {
	wanted := checkup.WantedTerms(batch)
	contacts, terms := make([]crm.ContactID, len(wanted)), make([]string, len(wanted))
	for i, t := range wanted {
		contacts[i], terms[i] = t.Contact, t.Term
	}
	// The limits keep it at one look-up for each term, whatever the size of the table.
	rows, err := tx.Query(ctx, `
		SELECT w.n
		FROM unnest(@ids::uuid[], @terms::text[]) WITH ORDINALITY w(id, term, n)
		LEFT JOIN LATERAL (
		  SELECT true AS there
		  FROM contact_terms t
		  WHERE t.workspace_id = @workspace AND t.term = w.term AND t.contact_id = w.id
		  LIMIT 1
		) t ON true
		WHERE t.there IS NULL`, pgx.NamedArgs{"workspace": w.id, "ids": uuids(contacts), "terms": terms})
	missing, err := all(ctx, rows, err, pgx.RowTo[int])
	for _, n := range missing { // from 1
		batch[wanted[n-1].Row].LacksTerms = true
	}
	return err
}

// RewriteContact locks the contact.
func (w *checkedWorkspace) RewriteContact(ctx context.Context, id crm.ContactID) error {
	return w.tx(ctx, func(tx pgx.Tx) error {
		contact, err := w.lockContact(ctx, tx, w.id, id)
		if errors.Is(err, crm.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		keys := search.KeysOf(contact)
		args := w.args(id)
		args["name_key"], args["search_text"], args["terms"] = keys.Name, keys.Text, keys.Terms
		args["complete"], args["never"] = w.stage == gramsComplete, never
		b := &pgx.Batch{}
		b.Queue(`
			UPDATE contacts SET name_key = @name_key, search_text = @search_text, grams = grams OR @complete
			WHERE workspace_id = @workspace AND id = @id`, args)
		b.Queue(`
			INSERT INTO contact_terms (workspace_id, term, contact_id)
			SELECT @workspace, t, @id FROM unnest(@terms::text[]) t
			ON CONFLICT DO NOTHING`, args)
		b.Queue(`
			INSERT INTO contact_activity (workspace_id, contact_id, last_activity_at)
			SELECT @workspace, @id, coalesce(max(last_message_at), @never)
			FROM sessions
			WHERE workspace_id = @workspace AND account_id IN (`+accountsOf("@id::uuid")+`)
			ON CONFLICT DO NOTHING`, args)
		return tx.SendBatch(ctx, b).Close()
	})
}

// TermsAfter reads terms with their contacts.
func (w *checkedWorkspace) TermsAfter(ctx context.Context, after checkup.Term, n int) ([]checkup.Term, error) {
	return rowsAfter(ctx, w, `
		SELECT t.term, t.contact_id, coalesce(c.there, false), c.name, c.email, c.phone, c.further
		FROM (
		  SELECT term, contact_id
		  FROM contact_terms
		  WHERE workspace_id = @workspace AND (term, contact_id) > (@term, @id)
		  ORDER BY term, contact_id
		  LIMIT %d
		) t
		LEFT JOIN LATERAL (
		  SELECT true AS there, name, email, phone, further
		  FROM contacts
		  WHERE workspace_id = @workspace AND id = t.contact_id
		  LIMIT 1
		) c ON true
		ORDER BY t.term, t.contact_id`,
		pgx.NamedArgs{"term": after.Term, "id": [16]byte(after.Contact.ID)}, n, func(row pgx.CollectableRow) (t checkup.Term, err error) {
			of := &t.Contact
			return t, row.Scan(&t.Term, (*[16]byte)(&of.ID), &t.HasContact, &of.Name, &of.Email, &of.Phone, furtherTarget{&of.Further})
		})
}

// RemoveTerm locks the contact and looks at it again.
func (w *checkedWorkspace) RemoveTerm(ctx context.Context, id crm.ContactID, term string) error {
	return w.tx(ctx, func(tx pgx.Tx) error {
		contact, err := w.lockContact(ctx, tx, w.id, id)
		if err != nil && !errors.Is(err, crm.ErrNotFound) {
			return err
		}
		if err == nil && checkup.Wants(contact, term) {
			return nil
		}
		args := w.args(id)
		args["term"] = term
		_, err = tx.Exec(ctx, `
			DELETE FROM contact_terms
			WHERE workspace_id = @workspace AND term = @term AND contact_id = @id`, args)
		return err
	})
}
