package postgres_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
	"kith/storage/storagetest"
)

func TestACheckFindsDamageAndMendsIt(t *testing.T) {
	t.Parallel()
	s, url := openAt(t)
	ctx := t.Context()
	w, err := s.Workspace(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 5, 9, 30, 0, 0, time.UTC)
	ch := crm.Channel{ID: crm.NewChannelID(at), Name: "Web", Type: crm.HTMLEmbed, Active: true, CreatedAt: at}
	if err := s.CreateChannel(ctx, w, ch); err != nil {
		t.Fatal(err)
	}
	zoe := crm.Profile{Name: new("Zoë Ångström"), Email: new("zoe@mail.example.com")}
	for n, p := range []crm.Profile{zoe, {Name: new("Ben")}} {
		at := at.Add(time.Duration(n) * time.Second)
		_, err := s.RecordInteraction(ctx, w, crm.Interaction{
			ChannelID: ch.ID, ExternalID: *p.Name, MessageID: *p.Name, At: at, Received: at, Direction: crm.Inbound, Preview: new("Secret"), Profile: p,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found := check(t, s, false); len(found) != 0 {
		t.Fatalf("found before any damage: %v", found)
	}
	for _, c := range []struct {
		name, damage string
		want         []storage.FindingKind
		part         string
	}{
		{"a name key of an older folding", `UPDATE contacts SET name_key = 'old' WHERE name = 'Zoë Ångström'`, kinds(storage.StaleKeys), ""},
		{"a search text of an older folding", `UPDATE contacts SET search_text = 'old' WHERE name = 'Zoë Ångström'`, kinds(storage.StaleKeys), ""},
		{"a term is missing", `DELETE FROM contact_terms WHERE term LIKE '%@%'`, kinds(storage.MissingTerms), ""},
		{"a term too many", `INSERT INTO contact_terms SELECT workspace_id, 'extra', id FROM contacts WHERE name = 'Zoë Ångström'`, kinds(storage.ExtraTerm), ""},
		{"a term of nobody", `INSERT INTO contact_terms SELECT workspace_id, 'extra', gen_random_uuid() FROM workspaces`, kinds(storage.OrphanTerm), ""},
		{"the counter is too low", `UPDATE contact_counts SET contacts = contacts - 1`, kinds(storage.WrongCount), ""},
		{"the counter is gone", `DELETE FROM contact_counts`, kinds(storage.WrongCount), ""},
		{"a counter of sessions is too high", `UPDATE session_counts SET sessions = sessions + 1`, kinds(storage.WrongSessionCount), ""},
		{"the counters of sessions are gone", `DELETE FROM session_counts`, kinds(storage.WrongSessionCount), ""},
		{
			"a counter of sessions that there are none of", `INSERT INTO session_counts SELECT workspace_id, gen_random_uuid(), 'CLOSED', 'GENERAL', true, 3, 5 FROM workspaces`,
			kinds(storage.WrongSessionCount), "",
		},
		{
			"values of a contact that is not there", `INSERT INTO changes (workspace_id, id, seq, kind, contact_id, version, fields, old_values, new_values, actor, at, stamp)
			SELECT workspace_id, gen_random_uuid(), 0, 'UPDATED', gen_random_uuid(), 2, '{name}', '{NULL}', '{Secret}', 'staff', now(), 1 FROM workspaces`,
			kinds(storage.KeptValues), "",
		},
		{"no activity", `DELETE FROM contact_activity WHERE contact_id = (SELECT id FROM contacts WHERE name = 'Zoë Ångström')`, kinds(storage.MissingActivity), ""},
		{"an activity of nobody", `INSERT INTO contact_activity SELECT workspace_id, gen_random_uuid(), now() FROM workspaces`, kinds(storage.OrphanActivity), ""},
		{"an identity's session is gone", `UPDATE identities SET session_id = gen_random_uuid() WHERE external_id = 'Ben'`, kinds(storage.LostSession), ""},
		{"a session's contact is gone", `UPDATE sessions SET account_id = gen_random_uuid() WHERE account_id = (SELECT id FROM contacts WHERE name = 'Ben')`, kinds(storage.OrphanSession), ""},
		{
			"an anonymous session still shows what was written",
			`UPDATE sessions SET last_message_preview = 'Secret' WHERE account_id IS NULL`, kinds(storage.KeptPreview), "",
		},
		{
			"messages are said to be an anonymous session's",
			`UPDATE messages SET session_id = (SELECT id FROM sessions WHERE account_id IS NULL) WHERE session_id IS NULL`, kinds(storage.KeptMessages), "",
		},
		{"an index is gone", `DROP INDEX contacts_by_name`, kinds(storage.MissingIndex), "contacts_by_name"},
		{"an index is not valid", `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'sessions_by_time'::regclass`, kinds(storage.MissingIndex), "sessions_by_time"},
		{"the gram index is gone, and no contact is in it", `UPDATE workspaces SET gram_state = 2`, kinds(storage.MissingIndex, storage.StaleGrams), "contacts_by_gram"},
		{
			"the gram index is not valid", `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'contacts_by_gram'::regclass`,
			kinds(storage.MissingIndex), "contacts_by_gram",
		},
		{
			"a contact is gone",
			`INSERT INTO contact_terms SELECT workspace_id, 'ben', id FROM contacts WHERE name = 'Ben';
			UPDATE sessions SET account_id = (SELECT id FROM contacts WHERE name = 'Ben') WHERE account_id IS NULL;
			SET session_replication_role = replica;
			DELETE FROM contacts WHERE name = 'Ben'`,
			kinds(
				storage.OrphanTerm, storage.OrphanActivity, storage.OrphanIdentity, storage.OrphanSession, storage.WrongCount,
				storage.WrongSessionCount, storage.KeptValues,
			), "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			pgtest.Exec(t, url, c.damage)
			found := check(t, s, false)
			if diff := cmp.Diff(c.want, kindsOf(found)); diff != "" {
				t.Fatalf("found %v (-want +got):\n%s", found, diff)
			}
			if found[0].Part != c.part {
				t.Errorf("part %q, want %q", found[0].Part, c.part)
			}
			repaired := check(t, s, true)
			if len(repaired) != len(found) {
				t.Errorf("a repair finds %v, a check %v", repaired, found)
			}
			for _, f := range repaired {
				if !f.Repaired {
					t.Errorf("%v", f)
				}
			}
			if found := check(t, s, false); len(found) != 0 {
				t.Errorf("found after the repair: %v", found)
			}
			for _, text := range []string{"zoe ang", "angstrom", "ngstr", "mail.exa"} {
				page, err := s.Contacts(ctx, w, storage.ContactQuery{Search: search.Parse(text, ""), Order: storage.Relevance, Page: storage.Page{Size: 5}})
				if err != nil {
					t.Fatal(err)
				}
				if len(page.Rows) != 1 || *page.Rows[0].Contact.Name != "Zoë Ångström" {
					t.Errorf("after the repair, search %q finds %d contacts", text, len(page.Rows))
				}
			}
		})
	}
}

func TestARepairBuildsIndexesAsMigrationsDo(t *testing.T) {
	t.Parallel()
	s, url := openAt(t)
	const list = `SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'goose_db_version' ORDER BY indexname`
	before := column(t, url, list)
	if len(before) == 0 {
		t.Fatal("there are no indexes")
	}
	dropped := column(t, url, `
		SELECT indexrelid::regclass::text
		FROM pg_index
		WHERE indrelid::regclass::text IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public') AND NOT indisunique`)
	for _, name := range dropped {
		pgtest.Exec(t, url, `DROP INDEX `+name)
	}
	if found := check(t, s, true); len(found) != len(dropped) {
		t.Errorf("%d of %d missing indexes were found", len(found), len(dropped))
	}
	if diff := cmp.Diff(before, column(t, url, list)); diff != "" {
		t.Errorf("indexes (-before +after):\n%s", diff)
	}
	constraints := column(t, url, `SELECT conrelid::regclass || ' ' || conname FROM pg_constraint WHERE contype IN ('p', 'u') AND connamespace = 'public'::regnamespace AND conrelid <> 'goose_db_version'::regclass`)
	for _, constraint := range constraints {
		table, name, _ := strings.Cut(constraint, " ")
		pgtest.Exec(t, url, `ALTER TABLE `+table+` DROP CONSTRAINT `+name+` CASCADE`)
	}
	found := check(t, s, true)
	for _, constraint := range constraints {
		_, name, _ := strings.Cut(constraint, " ")
		if !slices.ContainsFunc(found, func(f storage.Finding) bool { return f.Part == name && !f.Repaired }) {
			t.Errorf("without %s, found %v", name, found)
		}
	}
}

func kinds(k ...storage.FindingKind) []storage.FindingKind {
	slices.Sort(k)
	return k
}

// kindsOf are the kinds among findings, each once.
func kindsOf(found []storage.Finding) []storage.FindingKind {
	var k []storage.FindingKind
	for _, f := range found {
		k = append(k, f.Kind)
	}
	slices.Sort(k)
	return slices.Compact(k)
}

func check(t *testing.T, s *postgres.Store, repair bool) (found []storage.Finding) {
	t.Helper()
	err := s.Check(t.Context(), storage.Inspection{Repair: repair, Found: func(f storage.Finding) { found = append(found, f) }})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func column(t *testing.T, url, sql string) []string {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	rows, err := c.Query(ctx, sql)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestADamagedDatabase(t *testing.T) {
	t.Parallel()
	s, url := openAt(t)
	storagetest.Damaged(t, func(t *testing.T) (storage.Store, storagetest.Raw) {
		return s, storagetest.Raw{
			Exec:   func(sql string) { pgtest.Exec(t, url, `SET session_replication_role = replica;`+sql) },
			Column: func(sql string) []string { return column(t, url, sql) },
		}
	})
}
