package postgres_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
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
