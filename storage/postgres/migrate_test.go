package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3/lock"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
	"kith/storage/storagetest"
)

// The first release's data: two workspaces, three channels, a contact with two sessions, a session of nobody, and one of a
// contact that is being deleted.
const firstRelease = `
	INSERT INTO workspaces SELECT n, 'workspace ' || n, now(), 0, now() FROM generate_series(1, 2) n;
	INSERT INTO channels SELECT w, ('00000000-0000-7000-8000-00000000000' || c)::uuid, 'Channel ' || c, 'WHATSAPP', true, '2026-01-01'
	FROM (VALUES (1, 1), (1, 2), (2, 3)) v(w, c);
	INSERT INTO contacts SELECT 1, '00000000-0000-7000-8000-000000000011', 'Ann', NULL, NULL, '', 1, '2026-01-01', '2026-01-01',
	  1, NULL, 0, NULL, 0, NULL, 'ann', 'ann', false;
	INSERT INTO contact_activity VALUES (1, '00000000-0000-7000-8000-000000000011', '2026-01-01');
	INSERT INTO contact_counts VALUES (1, 0, 1);
	INSERT INTO contact_deletions VALUES (1, '00000000-0000-7000-8000-000000000012', '2026-01-01');
	INSERT INTO sessions
	SELECT 1, gen_random_uuid(), contact::uuid, ('00000000-0000-7000-8000-00000000000' || c)::uuid, status, tag, NULL, '2026-01-01', 1, '2026-01-01'
	FROM (VALUES
	  ('00000000-0000-7000-8000-000000000011', 1, 'ACTIVE', NULL),
	  ('00000000-0000-7000-8000-000000000011', 1, 'CLOSED', 'GENERAL'),
	  ('00000000-0000-7000-8000-000000000012', 2, 'ACTIVE', NULL),
	  (NULL, 2, 'ACTIVE', NULL)
	) v(contact, c, status, tag);
	INSERT INTO identities SELECT 1, channel_id, 'ann', contact_id, id, 'Ann', '2026-01-01' FROM sessions WHERE tag IS NULL AND status = 'ACTIVE'
	  AND contact_id = '00000000-0000-7000-8000-000000000011'`

func TestAnUpgradeForgetsWhoseTheSessionsOfDeletedContactsWereAndKnowsMessagesAgain(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), pgtest.Database(t)
	if err := postgres.MigrateTo(ctx, url, 5); err != nil {
		t.Fatal(err)
	}
	const session, goneSession = "00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"
	const channel, ann, gone = "00000000-0000-7000-8000-0000000000c1", "00000000-0000-7000-8000-0000000000a1", "00000000-0000-7000-8000-0000000000a2"
	at := time.Date(2026, 1, 5, 9, 30, 0, 0, time.UTC)
	message := func(external string) crm.Interaction {
		return crm.Interaction{
			ChannelID: crm.ChannelID(uuid.MustParse(channel)), ExternalID: external, MessageID: "wamid.1", At: at, Received: at, Direction: crm.Inbound,
		}
	}
	digest := func(external string) string { return uuid.UUID(message(external).FormerDigest()).String() }
	pgtest.Exec(t, url, `
		INSERT INTO workspaces VALUES (1, 'demo', now(), 0, now());
		INSERT INTO channels VALUES (1, '`+channel+`', 'Web', 'WHATSAPP', true, now());
		INSERT INTO channel_routes VALUES ('`+channel+`', 1);
		INSERT INTO contacts VALUES (1, '`+ann+`', 'Ann', NULL, NULL, '', 1, now(), now(), 1, NULL, 0, NULL, 0, NULL, 'ann', 'ann', false);
		INSERT INTO contact_activity VALUES (1, '`+ann+`', now());
		INSERT INTO contact_counts VALUES (1, 0, 1);
		INSERT INTO sessions VALUES
		  (1, '`+session+`', '`+ann+`', '`+channel+`', 'ACTIVE', NULL, 'Hello', now(), 1, now()),
		  (1, '`+goneSession+`', NULL, '`+channel+`', 'ACTIVE', NULL, 'Secret', now(), 1, now());
		INSERT INTO session_counts VALUES (1, '`+channel+`', 'ACTIVE', '', false, 0, 1), (1, '`+channel+`', 'ACTIVE', '', true, 0, 1);
		INSERT INTO identities VALUES (1, '`+channel+`', 'ann', '`+ann+`', '`+session+`', NULL, now());
		INSERT INTO messages VALUES (1, '`+digest("ann")+`', '`+session+`'), (1, '`+digest("gone")+`', '`+goneSession+`');
		INSERT INTO changes (workspace_id, id, seq, kind, contact_id, session_id, version, fields, actor, at, stamp) VALUES
		  (1, '00000000-0000-7000-8000-000000000011', 1, 'CREATED', '`+gone+`', NULL, 1, '{name}', 'c', now(), 1),
		  (1, '00000000-0000-7000-8000-000000000012', 2, 'CREATED', '`+gone+`', '`+goneSession+`', 0, '{}', 'c', now(), 2),
		  (1, '00000000-0000-7000-8000-000000000013', 3, 'ACTIVITY', '`+gone+`', NULL, 1, '{}', 'c', now(), 3),
		  (1, '00000000-0000-7000-8000-000000000014', 4, 'DELETED', '`+gone+`', NULL, 1, '{}', 'eve', now(), 4),
		  (1, '00000000-0000-7000-8000-000000000015', 0, 'UPDATED', '`+gone+`', NULL, 1, '{name}', 'c', now(), 5),
		  (1, '00000000-0000-7000-8000-000000000016', 5, 'UPDATED', '`+ann+`', NULL, 2, '{}', 'c', now(), 6);
		INSERT INTO event_heads VALUES (1, 5, now());
		INSERT INTO audit VALUES
		  (1, '00000000-0000-7000-8000-000000000021', 'SESSION_EDITED', '`+gone+`', '`+goneSession+`', '{tag}', 'eve', now()),
		  (1, '00000000-0000-7000-8000-000000000022', 'CONTACT_DELETED', '`+gone+`', NULL, '{}', 'eve', now())`)
	if _, err := postgres.Migrate(ctx, url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	id := func(v string) [16]byte { return uuid.MustParse(v) }
	storagetest.Upgraded(t, s, storagetest.Upgrade{
		Workspace: 1, Channel: id(channel), Contact: id(ann), Gone: id(gone), Session: id(session), GoneSession: id(goneSession),
		Message: message("ann"), GoneMessage: message("gone"),
	})
	left := column(t, url, `
		SELECT message_key::text FROM messages WHERE NOT keyed OR session_id = '`+goneSession+`'
		UNION ALL SELECT id::text FROM audit WHERE contact_id IS NOT NULL AND session_id IS NOT NULL
		UNION ALL SELECT id::text FROM changes WHERE contact_id IS NOT NULL AND session_id IS NOT NULL
		UNION ALL SELECT id::text FROM changes WHERE contact_id = '`+gone+`' AND kind <> 'DELETED'`)
	if len(left) != 0 {
		t.Errorf("as they were are %v", left)
	}
}

func TestAnUpgradeMakesAccountsOfIdentitiesThatShareASession(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), pgtest.Database(t)
	if err := postgres.MigrateTo(ctx, url, 5); err != nil {
		t.Fatal(err)
	}
	id := func(n string) string { return `'00000000-0000-0000-0000-0000000000` + n + `'` }
	contact := func(n, name string) string {
		return `(1, ` + id(n) + `, '` + name + `', NULL, NULL, '', 1, now(), now(), 1, NULL, 0, NULL, 0, NULL, '` + name + `', '` + name + `', false)`
	}
	identity := func(channel, external, contact, session string) string {
		return `(1, ` + id(channel) + `, '` + external + `', ` + id(contact) + `, ` + session + `, NULL, now())`
	}
	session := func(n, contact, channel, at string) string {
		return `(1, ` + id(n) + `, ` + id(contact) + `, ` + id(channel) + `, 'ACTIVE', NULL, NULL, '2026-01-0` + at + `', 0, now())`
	}
	pgtest.Exec(t, url, `
		INSERT INTO workspaces VALUES (1, 'demo', now(), 0, now());
		INSERT INTO channels VALUES (1, `+id("c1")+`, 'Web', 'WHATSAPP', true, now()), (1, `+id("c2")+`, 'Shop', 'WHATSAPP', true, now());
		INSERT INTO channel_routes VALUES (`+id("c1")+`, 1), (`+id("c2")+`, 1);
		INSERT INTO contacts VALUES `+contact("a1", "one")+`, `+contact("a2", "two")+`, `+contact("a3", "three")+`;
		INSERT INTO contact_activity SELECT 1, id, now() FROM contacts;
		INSERT INTO contact_counts VALUES (1, 0, 3);
		INSERT INTO sessions VALUES
		  `+session("01", "a1", "c1", "2")+`, `+session("02", "a1", "c1", "1")+`, `+session("03", "a2", "c1", "4")+`,
		  `+session("04", "a2", "c2", "5")+`, `+session("05", "a2", "c1", "3")+`, `+session("06", "a3", "c1", "7")+`,
		  `+session("07", "a3", "c1", "8")+`, `+session("08", "a3", "c1", "6")+`;
		INSERT INTO session_counts VALUES (1, `+id("c1")+`, 'ACTIVE', '', false, 0, 7), (1, `+id("c2")+`, 'ACTIVE', '', false, 0, 1);
		INSERT INTO identities VALUES
		  `+identity("c1", "number", "a1", id("01"))+`, `+identity("c1", "user", "a1", id("01"))+`,
		  `+identity("c1", "web", "a2", id("03"))+`, `+identity("c2", "shop", "a2", id("04"))+`,
		  `+identity("c1", "ann", "a3", id("06"))+`, `+identity("c1", "ben", "a3", id("07"))+`, `+identity("c2", "cleo", "a3", "NULL"))
	if _, err := postgres.Migrate(ctx, url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	maintain(t, s)
	storagetest.Accounts(t, s, 1)
}

func TestADatabaseOfTheFirstReleaseIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), pgtest.Database(t)
	if err := postgres.MigrateTo(ctx, url, 1); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, url, firstRelease)
	if before, err := postgres.Migrate(ctx, url, postgres.Options{}); err != nil || before.Version != 1 {
		t.Fatalf("from %+v: %v", before, err)
	}
	s, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	maintain(t, s)
	if found := check(t, s, false); len(found) != 0 {
		t.Errorf("found %v", found)
	}
	channel := func(n byte) crm.ChannelID {
		return crm.ChannelID(uuid.MustParse("00000000-0000-7000-8000-00000000000" + string('0'+n)))
	}
	for n, workspace := range map[byte]crm.WorkspaceID{1: 1, 2: 1, 3: 2} {
		w, c, err := s.ChannelByID(ctx, channel(n))
		if err != nil || w != workspace || c.ID != channel(n) || c.Domains != nil || c.Secrets != nil {
			t.Errorf("channel %d: workspace %d, %+v, %v", n, w, c, err)
		}
	}
	for anonymous, want := range map[bool]storage.SessionCounts{
		false: {
			Total: 2, Status: map[crm.SessionStatus]int{crm.Active: 1, crm.Closed: 1}, Tag: map[crm.SessionTag]int{crm.General: 1},
			Untagged: 1, Channel: map[crm.ChannelID]int{channel(1): 2},
		},
		true: {
			Total: 2, Status: map[crm.SessionStatus]int{crm.Active: 2}, Tag: map[crm.SessionTag]int{},
			Untagged: 2, Channel: map[crm.ChannelID]int{channel(2): 2},
		},
	} {
		f := storage.SessionFilter{Anonymous: &anonymous}
		got, err := s.CountSessions(ctx, 1, f)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("anonymous %v (-want +got):\n%s", anonymous, diff)
		}
		page, err := s.Sessions(ctx, 1, storage.SessionQuery{Filter: f, Page: storage.Page{Size: 10}})
		if err != nil || len(page.Sessions) != want.Total {
			t.Errorf("anonymous %v: %d sessions, %v", anonymous, len(page.Sessions), err)
		}
	}
	at := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	r, err := s.RecordInteraction(ctx, 1, crm.Interaction{
		ChannelID: channel(1), ExternalID: "ann", MessageID: "1", At: at, Received: at, Direction: crm.Inbound,
	})
	if err != nil || r.Contact == nil || *r.Contact.Name != "Ann" || r.Session.UnreadCount != 2 {
		t.Errorf("a message after the upgrade: %+v, %v", r, err)
	}
}

// maintain does what there is to do in the background.
func maintain(t *testing.T, s *postgres.Store) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = s.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAProcessThatStartsWaitsForAMigrationBesideIt(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), pgtest.Database(t)
	if err := postgres.MigrateTo(ctx, url, 5); err != nil {
		t.Fatal(err)
	}
	migrating, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = migrating.Close(context.WithoutCancel(ctx)) }()
	tx, err := migrating.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1::bigint)`, lock.DefaultLockID); err != nil {
		t.Fatal(err)
	}
	settled := make(chan postgres.Schema)
	go func() {
		s, err := postgres.SettledSchema(ctx, url, postgres.Options{})
		if err != nil {
			t.Error(err)
		}
		settled <- s
	}()
	select {
	case s := <-settled:
		t.Fatalf("it did not wait, and found version %d", s.Version)
	case <-time.After(time.Second):
	}
	if err := postgres.MigrateTo(ctx, url, 6); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if s := <-settled; s.Version != 6 {
		t.Errorf("found version %d", s.Version)
	}
}
