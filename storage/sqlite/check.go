package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

const (
	// checkBatch is how many contacts are looked at in one snapshot, checkRows how many rows of the other tables.
	checkBatch = 1000
	checkRows  = 5000
	// sampledGrams is how many of a contact's grams are looked for.
	sampledGrams = 2
)

// Check compares what is stored with what should be. Each batch is read from one snapshot, and each repair looks again.
func (s *Store) Check(ctx context.Context, i storage.Inspection) error {
	if err := s.check(ctx, i); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return nil
}

func (s *Store) check(ctx context.Context, i storage.Inspection) error {
	workspaces, err := read(ctx, s, func(c *conn) ([]checkup, error) {
		return all(ctx, c, `
			SELECT workspace_id, name FROM workspaces
			WHERE @name = '' OR name = @name
			ORDER BY workspace_id`, args{"name": i.Workspace},
			func(rows *sql.Rows) (checkup, error) {
				c := checkup{Store: s, Inspection: i}
				return c, rows.Scan(&c.workspace, &c.name)
			})
	})
	if err == nil && i.Workspace != "" && len(workspaces) == 0 {
		err = crm.ErrNotFound
	}
	if err != nil {
		return err
	}
	whole := checkup{Store: s, Inspection: i, stale: make(map[int64]*storage.Finding)}
	if err := whole.structure(ctx); err != nil {
		return err
	}
	for _, c := range workspaces {
		c.looked, c.stale = whole.looked, whole.stale
		for _, part := range []func(context.Context) error{
			c.contacts, c.terms, c.activity, c.identities, c.sessions, c.count, c.sessionCounts, c.values,
		} {
			if err := part(ctx); err != nil {
				return err
			}
		}
		whole.looked = c.looked
	}
	return whole.grams(ctx)
}

// checkup is the check of one workspace, or of the whole database where the workspace is 0.
type checkup struct {
	*Store
	storage.Inspection
	workspace crm.WorkspaceID
	name      string
	looked    int
	// stale holds the gram index entries that grams has to repair, by number, with the finding to report, if any.
	stale map[int64]*storage.Finding
}

// report mends a finding, where that is wanted and mend can, and tells it.
func (c *checkup) report(ctx context.Context, f storage.Finding, mend func(context.Context, *tx) error) error {
	if c.Repair && mend != nil {
		if err := c.write(ctx, mend); err != nil {
			return err
		}
		f.Repaired = true
	}
	f.Workspace = c.name
	c.Found(f)
	return nil
}

func (c *checkup) progress(rows int) {
	c.looked += rows
	if c.Progress != nil && rows > 0 {
		c.Progress(c.name, c.looked)
	}
}

// args are the arguments of a statement about one contact.
func (c *checkup) args(id crm.ContactID) args { return args{"workspace": c.workspace, "id": id[:]} }

// structure checks the file and its indexes.
func (c *checkup) structure(ctx context.Context) error {
	// A connection remembers the gram index as its last query found it, and only the next query makes it look again. The
	// check of integrity does not: it would take for damage what others have written since.
	damage, err := readOnce(ctx, c.Store, func(conn *conn) ([]string, error) {
		if _, _, err := first(ctx, conn, `SELECT 1 FROM contact_grams WHERE contact_grams MATCH 'none'`, nil, scanInt); err != nil {
			return nil, err
		}
		return all(ctx, conn, `SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'`, nil, scanString)
	})
	if err != nil {
		return err
	}
	// What points at contacts is looked at row by row.
	strays, err := read(ctx, c.Store, func(conn *conn) ([]string, error) {
		return all(ctx, conn, `
			SELECT "table" || ' without ' || parent || ', ' || count(*) || ' rows'
			FROM pragma_foreign_key_check
			WHERE parent <> 'contacts'
			GROUP BY "table", parent`, nil, scanString)
	})
	if err != nil {
		return err
	}
	for _, part := range append(damage, strays...) {
		if err := c.report(ctx, storage.Finding{Kind: storage.Damage, Part: part}, nil); err != nil {
			return err
		}
	}
	there, err := read(ctx, c.Store, func(conn *conn) ([]string, error) {
		return all(ctx, conn, `SELECT name FROM sqlite_schema WHERE type = 'index'`, nil, scanString)
	})
	if err != nil {
		return err
	}
	for _, index := range indexes {
		if slices.Contains(there, index.name) {
			continue
		}
		err := c.report(ctx, storage.Finding{Kind: storage.MissingIndex, Part: index.name}, func(ctx context.Context, t *tx) error {
			_, err := t.exec(ctx, `CREATE INDEX IF NOT EXISTS `+index.name+` ON `+index.on, nil)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// indexes are the indexes that the migrations make, besides those that come with a table.
var indexes = []struct{ name, on string }{
	{"ended_sign_ins_by_time", `ended_sign_ins (at)`},
	{"contacts_by_name", `contacts (workspace_id, name_key, id, search_text)`},
	{"contacts_by_creation", `contacts (workspace_id, created_at, id)`},
	{"contact_activity_by_time", `contact_activity (workspace_id, last_activity_at, contact_id)`},
	{"identities_by_contact", `identities (workspace_id, contact_id)`},
	{"sessions_by_time", `sessions (workspace_id, last_message_at, id, status, channel_id, tag, contact_id)`},
	{"sessions_by_contact", `sessions (workspace_id, contact_id, last_message_at, id, status, channel_id, tag)`},
	{"sessions_by_kind", `sessions (workspace_id, channel_id, status, tag, contact_id IS NULL, last_message_at, id)`},
	{"sessions_dirty", `sessions (told_at) WHERE dirty_at IS NOT NULL`},
	{"contact_activity_dirty", `contact_activity (told_at) WHERE dirty_at IS NOT NULL`},
	{"channels_by_id", `channels (id)`},
	{"ingest_failures_by_customer", `ingest_failures (workspace_id, channel_id, external_id) WHERE external_id IS NOT NULL`},
	{"ingest_failures_by_channel", `ingest_failures (workspace_id, channel_id, id)`},
	{"ingest_failures_by_time", `ingest_failures (at)`},
	{"messages_of_session", `messages (workspace_id, session_id) WHERE session_id IS NOT NULL`},
	{"messages_by_day", `messages (day)`},
	{"messages_unkeyed", `messages (workspace_id) WHERE keyed = 0`},
	{"changes_by_place", `changes (workspace_id, seq) WHERE seq > 0`},
	{"changes_of_contact", `changes (workspace_id, contact_id, id) WHERE session_id IS NULL AND kind IN ('CREATED', 'UPDATED')`},
	{"changes_activity_of_contact", `changes (workspace_id, contact_id) WHERE session_id IS NULL AND kind = 'ACTIVITY'`},
}

// checked is a contact with what is stored beside it.
type checked struct {
	contact         crm.Contact // as far as keys are made of it
	n               int64
	stored          search.Keys // but for the terms
	active, indexed bool
	size            []byte // of the gram index's entry
	known           bool   // the entry matches the stored keys
	findings        []storage.FindingKind
}

// contacts checks each contact and all that must be there because of it.
func (c *checkup) contacts(ctx context.Context) error {
	var after crm.ContactID
	for {
		batch, err := readOnce(ctx, c.Store, func(conn *conn) ([]checked, error) { return c.contactsAfter(ctx, conn, after) })
		if err != nil || len(batch) == 0 {
			return err
		}
		after = batch[len(batch)-1].contact.ID
		damaged := slices.DeleteFunc(slices.Clone(batch), func(v checked) bool { return len(v.findings) == 0 })
		if c.Repair {
			// Each in a write of its own; those that wait at the same time share a commit.
			var g errgroup.Group
			g.SetLimit(largestGroup)
			for _, v := range damaged {
				g.Go(func() error {
					return c.write(ctx, func(ctx context.Context, t *tx) error { return c.mendContact(ctx, t, v) })
				})
			}
			if err := g.Wait(); err != nil {
				return err
			}
		}
		for _, v := range damaged {
			if !v.known {
				c.stale[v.n] = nil
			}
			for _, kind := range v.findings {
				f := storage.Finding{Workspace: c.name, Kind: kind, Contact: &v.contact.ID, Repaired: c.Repair}
				if kind == storage.StaleGrams && !v.known {
					c.stale[v.n] = &f
				} else {
					c.Found(f)
				}
			}
		}
		c.progress(len(batch))
	}
}

func (c *checkup) contactsAfter(ctx context.Context, conn *conn, after crm.ContactID) ([]checked, error) {
	a := c.args(after)
	a["limit"] = checkBatch
	batch, err := all(ctx, conn, `
		SELECT
		  c.id, c.n, c.name, c.email, c.phone, c.name_key, c.search_text,
		  EXISTS (SELECT 1 FROM contact_activity a WHERE a.workspace_id = @workspace AND a.contact_id = c.id),
		  d.id IS NOT NULL, d.sz
		FROM contacts c
		LEFT JOIN contact_grams_docsize d ON d.id = c.n
		WHERE c.workspace_id = @workspace AND c.id > @id
		ORDER BY c.id
		LIMIT @limit`, a, func(rows *sql.Rows) (v checked, err error) {
		err = rows.Scan((*uuid.UUID)(&v.contact.ID), &v.n, &v.contact.Name, &v.contact.Email, &v.contact.Phone,
			&v.stored.Name, &v.stored.Text, &v.active, &v.indexed, &v.size)
		return v, err
	})
	if err != nil {
		return nil, err
	}
	terms := [][2]string{} // contact and term, in hexadecimal
	var of []int           // where in the batch each of them belongs
	for i := range batch {
		v := &batch[i]
		keys := search.KeysOf(v.contact)
		stale := keys.Name != v.stored.Name || keys.Text != v.stored.Text
		if stale {
			v.findings = append(v.findings, storage.StaleKeys)
		}
		if !v.active {
			v.findings = append(v.findings, storage.MissingActivity)
		}
		same, err := c.sameGrams(ctx, conn, *v, keys)
		if err != nil {
			return nil, err
		}
		if !same {
			v.findings = append(v.findings, storage.StaleGrams)
		}
		v.known = same
		if stale {
			if v.known, err = c.sameGrams(ctx, conn, *v, v.stored); err != nil {
				return nil, err
			}
		}
		for _, term := range keys.Terms {
			terms, of = append(terms, [2]string{hex.EncodeToString(v.contact.ID[:]), hex.EncodeToString([]byte(term))}), append(of, i)
		}
	}
	list, err := json.Marshal(terms)
	if err != nil {
		return nil, err
	}
	missing, err := all(ctx, conn, `
		SELECT j.key
		FROM json_each(@terms) j
		WHERE NOT EXISTS (
		  SELECT 1 FROM contact_terms t
		  WHERE t.workspace_id = @workspace AND t.term = CAST(unhex(j.value ->> 1) AS TEXT) AND t.contact_id = unhex(j.value ->> 0)
		)`, args{"workspace": c.workspace, "terms": string(list)}, scanInt)
	for _, i := range missing {
		if v := &batch[of[i]]; !slices.Contains(v.findings, storage.MissingTerms) {
			v.findings = append(v.findings, storage.MissingTerms)
		}
	}
	return batch, err
}

// sameGrams reports whether the gram index has the grams of a contact. It compares their number and looks for two of
// them, which an entry of another text or another bucket can hardly have both: looking for all would take FTS5 ten
// milliseconds a contact.
func (c *checkup) sameGrams(ctx context.Context, conn *conn, v checked, keys search.Keys) (bool, error) {
	if !v.indexed {
		return false, nil
	}
	grams := search.TextGrams(c.workspace, bucketOf(keys.Name), keys.Text)
	if len(grams) != tokens(v.size) {
		return false, nil
	}
	for i := range min(len(grams), sampledGrams) {
		_, found, err := first(ctx, conn, `SELECT 1 FROM contact_grams WHERE contact_grams MATCH @gram AND rowid = @n`,
			args{"gram": string(appendWord(nil, grams[i*len(grams)/sampledGrams])), "n": v.n}, scanInt)
		if err != nil || !found {
			return false, err
		}
	}
	return true, nil
}

// tokens is the number of words that FTS5 noted for an entry of one column: seven bits a byte, the highest ones first.
func tokens(size []byte) (n int) {
	for _, b := range size {
		n = n<<7 | int(b&0x7f)
	}
	return n
}

// mendContact rewrites what is derived from a contact, unless it was deleted in the meantime. A gram index entry that does
// not match the stored keys is left to grams.
func (c *checkup) mendContact(ctx context.Context, t *tx, v checked) error {
	id := v.contact.ID
	contact, err := contactByID(ctx, t.conn, c.workspace, id)
	if errors.Is(err, crm.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	keys := search.KeysOf(contact)
	a := c.args(id)
	a["name_key"], a["search_text"] = keys.Name, keys.Text
	if v.known {
		entry, err := t.indexed(ctx, c.workspace, id)
		if err != nil {
			return err
		}
		if entry.new = new(gramWords(c.workspace, keys.Name, keys.Text)); *entry.new != *entry.old {
			t.grams = append(t.grams, entry)
		}
	}
	_, err = t.exec(ctx, `
		UPDATE contacts SET name_key = @name_key, search_text = @search_text
		WHERE workspace_id = @workspace AND id = @id`, a)
	if err != nil {
		return err
	}
	if err := addTerms(ctx, t.conn, c.workspace, id, keys.Terms); err != nil {
		return err
	}
	_, err = t.exec(ctx, `
		INSERT INTO contact_activity (workspace_id, contact_id, last_activity_at)
		SELECT @workspace, @id, coalesce(max(last_message_at), 0) FROM sessions WHERE workspace_id = @workspace AND contact_id = @id
		ON CONFLICT DO NOTHING`, c.args(id))
	return err
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
		a := c.args(last.contact.ID)
		a["term"], a["limit"] = last.term, checkRows
		batch, err := read(ctx, c.Store, func(conn *conn) ([]row, error) {
			return all(ctx, conn, `
				SELECT t.term, t.contact_id, c.n IS NOT NULL, c.name, c.email, c.phone
				FROM (
				  SELECT term, contact_id
				  FROM contact_terms
				  WHERE workspace_id = @workspace AND (term, contact_id) > (@term, @id)
				  ORDER BY term, contact_id
				  LIMIT @limit
				) t
				LEFT JOIN contacts c ON c.workspace_id = @workspace AND c.id = t.contact_id
				ORDER BY t.term, t.contact_id`, a, func(rows *sql.Rows) (r row, err error) {
				err = rows.Scan(&r.term, (*uuid.UUID)(&r.contact.ID), &r.there, &r.contact.Name, &r.contact.Email, &r.contact.Phone)
				return r, err
			})
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
			err := c.report(ctx, storage.Finding{Kind: kind, Contact: &r.contact.ID}, func(ctx context.Context, t *tx) error {
				return c.mendTerm(ctx, t, r.contact.ID, r.term)
			})
			if err != nil {
				return err
			}
		}
		c.progress(len(batch))
	}
}

// mendTerm removes a term from a contact unless it is one of the contact's by now.
func (c *checkup) mendTerm(ctx context.Context, t *tx, id crm.ContactID, term string) error {
	contact, err := contactByID(ctx, t.conn, c.workspace, id)
	if err != nil && !errors.Is(err, crm.ErrNotFound) {
		return err
	}
	if err == nil && slices.Contains(search.KeysOf(contact).Terms, term) {
		return nil
	}
	return dropTerms(ctx, t.conn, c.workspace, id, []string{term})
}

func scanString(rows *sql.Rows) (v string, err error) {
	err = rows.Scan(&v)
	return v, err
}
