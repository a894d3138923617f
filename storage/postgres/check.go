package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

const (
	// checkBatch is how many contacts are looked at in one snapshot, checkRows how many rows of the other tables.
	checkBatch = 1000
	checkRows  = 5000
	// mendAtOnce is how many contacts are mended at the same time.
	mendAtOnce = 4
)

// Check compares what is stored with what should be. Each batch is read from one snapshot, and each repair looks again.
func (s *Store) Check(ctx context.Context, i storage.Inspection) error {
	if err := s.check(ctx, i); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return nil
}

func (s *Store) check(ctx context.Context, i storage.Inspection) error {
	whole := checkup{Store: s, Inspection: i}
	rows, err := s.pool.Query(ctx, `
		SELECT workspace_id, name, gram_state, (SELECT max(gram_state) FROM workspaces)
		FROM workspaces
		WHERE name = coalesce(nullif(@name, ''), name)
		ORDER BY workspace_id`, pgx.NamedArgs{"name": i.Workspace})
	workspaces, err := all(ctx, rows, err, func(row pgx.CollectableRow) (checkup, error) {
		c := checkup{Store: s, Inspection: i}
		return c, row.Scan(&c.workspace, &c.name, &c.stage, &whole.stage)
	})
	if err == nil && i.Workspace != "" && len(workspaces) == 0 {
		err = crm.ErrNotFound
	}
	if err != nil {
		return err
	}
	if err := whole.structure(ctx); err != nil {
		return err
	}
	for _, c := range workspaces {
		c.looked = whole.looked
		for _, part := range []func(context.Context) error{
			c.contacts, c.terms, c.activity, c.identities, c.sessions, c.count, c.sessionCounts, c.changes,
		} {
			if err := part(ctx); err != nil {
				return err
			}
		}
		whole.looked = c.looked
	}
	return nil
}

// checkup is the check of one workspace, or of the whole database where the workspace is 0.
type checkup struct {
	*Store
	storage.Inspection
	workspace crm.WorkspaceID
	name      string
	stage     gramStage
	looked    int
}

// report mends a finding, where that is wanted and mend can, and tells it.
func (c *checkup) report(ctx context.Context, f storage.Finding, mend func(context.Context) error) error {
	if c.Repair && mend != nil {
		if err := mend(ctx); err != nil {
			return translate(ctx, err)
		}
		f.Repaired = true
	}
	f.Workspace = c.name
	c.Found(f)
	return nil
}

// statement is a repair of one statement.
func (c *checkup) statement(sql string, args pgx.NamedArgs) func(context.Context) error {
	return func(ctx context.Context) error {
		return c.tx(ctx, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, sql, args)
			return err
		})
	}
}

func (c *checkup) progress(rows int) {
	c.looked += rows
	if c.Progress != nil && rows > 0 {
		c.Progress(c.name, c.looked)
	}
}

// args are the parameters of a statement about one contact.
func (c *checkup) args(id crm.ContactID) pgx.NamedArgs {
	return pgx.NamedArgs{"workspace": c.workspace, "id": [16]byte(id)}
}

// structure checks the indexes.
func (c *checkup) structure(ctx context.Context) error {
	rows, err := c.pool.Query(ctx, `
		SELECT c.relname
		FROM pg_index i
		JOIN pg_class c ON c.oid = i.indexrelid
		WHERE i.indisvalid AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'contacts'::regclass)`)
	valid, err := all(ctx, rows, err, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range keyIndexes {
		if slices.Contains(valid, name) {
			continue
		}
		if err := c.report(ctx, storage.Finding{Kind: storage.MissingIndex, Part: name}, nil); err != nil {
			return err
		}
	}
	for _, index := range indexes {
		if slices.Contains(valid, index.name) {
			continue
		}
		err := c.report(ctx, storage.Finding{Kind: storage.MissingIndex, Part: index.name}, func(ctx context.Context) error {
			return c.withoutTimeout(ctx, func(conn *pgx.Conn) error {
				if _, err := conn.Exec(ctx, `DROP INDEX CONCURRENTLY IF EXISTS `+index.name); err != nil {
					return err
				}
				_, err := conn.Exec(ctx, `CREATE `+index.kind+` CONCURRENTLY `+index.name+` ON `+index.on)
				return err
			})
		})
		if err != nil {
			return err
		}
	}
	if c.stage < gramsComplete || slices.Contains(valid, gramIndex) {
		return nil
	}
	return c.report(ctx, storage.Finding{Kind: storage.MissingIndex, Part: gramIndex}, func(ctx context.Context) error {
		ready, err := c.ensureGramIndex(ctx)
		if err == nil && !ready {
			err = fmt.Errorf("another process is building %s", gramIndex)
		}
		return err
	})
}

// gramIndex is there once a workspace is in it.
const gramIndex = "contacts_by_gram"

// keyIndexes are the indexes of primary keys and of the one unique constraint.
var keyIndexes = []string{
	"workspaces_pkey", "workspaces_name_key", "contacts_pkey", "contact_activity_pkey", "contact_terms_pkey", "contact_counts_pkey",
	"contact_deletions_pkey", "channels_pkey", "channel_routes_pkey", "identities_pkey", "sessions_pkey", "session_counts_pkey",
	"messages_pkey", "secrets_pkey", "ingest_failures_pkey", "changes_pkey", "event_heads_pkey", "activity_marks_pkey", "audit_pkey",
	"ended_sign_ins_pkey",
}

// indexes are the other indexes that the migrations make.
var indexes = []struct{ kind, name, on string }{
	{"INDEX", "ended_sign_ins_by_time", `ended_sign_ins (at)`},
	{"INDEX", "contacts_by_name", `contacts (workspace_id, name_key, id) INCLUDE (search_text)`},
	{"INDEX", "contacts_by_creation", `contacts (workspace_id, created_at, id)`},
	{"INDEX", "contact_activity_by_time", `contact_activity (workspace_id, last_activity_at, contact_id)`},
	{"INDEX", "contact_activity_by_contact", `contact_activity USING hash (contact_id)`},
	{"INDEX", "identities_by_contact", `identities (workspace_id, contact_id)`},
	{"INDEX", "sessions_by_time", `sessions (workspace_id, last_message_at, id)`},
	{"INDEX", "sessions_by_contact", `sessions (workspace_id, contact_id, last_message_at, id)`},
	{
		"INDEX", "sessions_by_kind",
		`sessions (workspace_id, channel_id, status, coalesce(tag, ''), (contact_id IS NULL), last_message_at, id)`,
	},
	{"UNIQUE INDEX", "ingest_failures_by_digest", `ingest_failures (workspace_id, digest)`},
	{
		"INDEX", "ingest_failures_by_customer",
		`ingest_failures (workspace_id, channel_id, external_id) WHERE external_id IS NOT NULL`,
	},
	{"INDEX", "ingest_failures_by_channel", `ingest_failures (workspace_id, channel_id, id)`},
	{"INDEX", "ingest_failures_by_time", `ingest_failures (at, workspace_id)`},
	{"INDEX", "messages_of_session", `messages (workspace_id, session_id) WHERE session_id IS NOT NULL`},
	{"INDEX", "messages_by_day", `messages (day, workspace_id)`},
	{"INDEX", "messages_unkeyed", `messages (workspace_id) WHERE NOT keyed`},
	{"UNIQUE INDEX", "changes_by_place", `changes (workspace_id, seq) WHERE seq > 0`},
	{"INDEX", "changes_without_place", `changes (workspace_id, stamp, id) WHERE seq IS NULL`},
	{"INDEX", "changes_of_contact", `changes (workspace_id, contact_id, id) WHERE ` + ownChanges},
	{"INDEX", "changes_activity_of_contact", `changes (workspace_id, contact_id) WHERE ` + ownActivity},
}

// checked is a contact with what is stored beside it.
type checked struct {
	contact         crm.Contact // as far as keys are made of it
	stored          search.Keys // but for the terms
	active, indexed bool
	findings        []storage.FindingKind
}

// contacts checks each contact and all that must be there because of it.
func (c *checkup) contacts(ctx context.Context) error {
	var after crm.ContactID
	for {
		var batch []checked
		err := pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
			batch, err = c.contactsAfter(ctx, tx, after)
			return err
		})
		if err != nil || len(batch) == 0 {
			return translate(ctx, err)
		}
		after = batch[len(batch)-1].contact.ID
		damaged := slices.DeleteFunc(slices.Clone(batch), func(v checked) bool { return len(v.findings) == 0 })
		if c.Repair {
			var g errgroup.Group
			g.SetLimit(mendAtOnce)
			for _, v := range damaged {
				g.Go(func() error {
					return c.tx(ctx, func(tx pgx.Tx) error { return c.mendContact(ctx, tx, v.contact.ID) })
				})
			}
			if err := g.Wait(); err != nil {
				return err
			}
		}
		for _, v := range damaged {
			for _, kind := range v.findings {
				c.Found(storage.Finding{Workspace: c.name, Kind: kind, Contact: &v.contact.ID, Repaired: c.Repair})
			}
		}
		c.progress(len(batch))
	}
}

func (c *checkup) contactsAfter(ctx context.Context, tx pgx.Tx, after crm.ContactID) ([]checked, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(`
		SELECT
		  c.id, c.name, c.email, c.phone, c.name_key, c.search_text, c.grams,
		  (SELECT true FROM contact_activity a WHERE a.workspace_id = @workspace AND a.contact_id = c.id) IS NOT NULL
		FROM contacts c
		WHERE c.workspace_id = @workspace AND c.id > @id
		ORDER BY c.id
		LIMIT %d`, checkBatch), c.args(after))
	batch, err := all(ctx, rows, err, func(row pgx.CollectableRow) (v checked, err error) {
		err = row.Scan((*[16]byte)(&v.contact.ID), &v.contact.Name, &v.contact.Email, &v.contact.Phone,
			&v.stored.Name, &v.stored.Text, &v.indexed, &v.active)
		return v, err
	})
	if err != nil {
		return nil, err
	}
	var contacts []crm.ContactID
	var terms []string
	var of []int // where in the batch each of them belongs
	for i := range batch {
		v := &batch[i]
		keys := search.KeysOf(v.contact)
		if keys.Name != v.stored.Name || keys.Text != v.stored.Text {
			v.findings = append(v.findings, storage.StaleKeys)
		}
		if !v.active {
			v.findings = append(v.findings, storage.MissingActivity)
		}
		if c.stage == gramsComplete && !v.indexed {
			v.findings = append(v.findings, storage.StaleGrams)
		}
		for _, term := range keys.Terms {
			contacts, terms, of = append(contacts, v.contact.ID), append(terms, term), append(of, i)
		}
	}
	// The limits keep it at one look-up for each term, whatever the size of the table.
	rows, err = tx.Query(ctx, `
		SELECT w.n
		FROM unnest(@ids::uuid[], @terms::text[]) WITH ORDINALITY w(id, term, n)
		LEFT JOIN LATERAL (
		  SELECT true AS there
		  FROM contact_terms t
		  WHERE t.workspace_id = @workspace AND t.term = w.term AND t.contact_id = w.id
		  LIMIT 1
		) t ON true
		WHERE t.there IS NULL`, pgx.NamedArgs{"workspace": c.workspace, "ids": uuids(contacts), "terms": terms})
	missing, err := all(ctx, rows, err, pgx.RowTo[int])
	for _, n := range missing {
		if v := &batch[of[n-1]]; !slices.Contains(v.findings, storage.MissingTerms) {
			v.findings = append(v.findings, storage.MissingTerms)
		}
	}
	return batch, err
}

// mendContact writes what is stored beside a contact anew. A contact that is gone meanwhile is none to mend.
func (c *checkup) mendContact(ctx context.Context, tx pgx.Tx, id crm.ContactID) error {
	contact, err := c.lockContact(ctx, tx, c.workspace, id)
	if errors.Is(err, crm.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	keys := search.KeysOf(contact)
	args := c.args(id)
	args["name_key"], args["search_text"], args["terms"] = keys.Name, keys.Text, keys.Terms
	args["complete"], args["never"] = c.stage == gramsComplete, never
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
		SELECT @workspace, @id, coalesce(max(last_message_at), @never) FROM sessions WHERE workspace_id = @workspace AND contact_id = @id
		ON CONFLICT DO NOTHING`, args)
	return tx.SendBatch(ctx, b).Close()
}

// terms checks that each term is one of a contact's.
func (c *checkup) terms(ctx context.Context) error {
	type row struct {
		term    string
		contact crm.Contact
		there   bool
	}
	var last row
	for {
		args := c.args(last.contact.ID)
		args["term"] = last.term
		rows, err := c.pool.Query(ctx, fmt.Sprintf(`
			SELECT t.term, t.contact_id, coalesce(c.there, false), c.name, c.email, c.phone
			FROM (
			  SELECT term, contact_id
			  FROM contact_terms
			  WHERE workspace_id = @workspace AND (term, contact_id) > (@term, @id)
			  ORDER BY term, contact_id
			  LIMIT %d
			) t
			LEFT JOIN LATERAL (
			  SELECT true AS there, name, email, phone
			  FROM contacts
			  WHERE workspace_id = @workspace AND id = t.contact_id
			  LIMIT 1
			) c ON true
			ORDER BY t.term, t.contact_id`, checkRows), args)
		batch, err := all(ctx, rows, err, func(from pgx.CollectableRow) (r row, err error) {
			err = from.Scan(&r.term, (*[16]byte)(&r.contact.ID), &r.there, &r.contact.Name, &r.contact.Email, &r.contact.Phone)
			return r, err
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		last = batch[len(batch)-1]
		for _, r := range batch {
			kind := storage.ExtraTerm
			if !r.there {
				kind = storage.OrphanTerm
			} else if slices.Contains(search.KeysOf(r.contact).Terms, r.term) {
				continue
			}
			err := c.report(ctx, storage.Finding{Kind: kind, Contact: &r.contact.ID}, func(ctx context.Context) error {
				return c.tx(ctx, func(tx pgx.Tx) error { return c.mendTerm(ctx, tx, r.contact.ID, r.term) })
			})
			if err != nil {
				return err
			}
		}
		c.progress(len(batch))
	}
}

// mendTerm removes a term from a contact unless it is one of the contact's by now.
func (c *checkup) mendTerm(ctx context.Context, tx pgx.Tx, id crm.ContactID, term string) error {
	contact, err := c.lockContact(ctx, tx, c.workspace, id)
	if err != nil && !errors.Is(err, crm.ErrNotFound) {
		return err
	}
	if err == nil && slices.Contains(search.KeysOf(contact).Terms, term) {
		return nil
	}
	args := c.args(id)
	args["term"] = term
	_, err = tx.Exec(ctx, `
		DELETE FROM contact_terms
		WHERE workspace_id = @workspace AND term = @term AND contact_id = @id`, args)
	return err
}
