package sqlite

import (
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"kith/internal/crm"
	"kith/storage"
)

func TestADatabaseOfTheFirstReleaseIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	firstRelease(t, path, `
		INSERT INTO workspaces VALUES (1, 'demo', 0), (2, 'other', 0);
		INSERT INTO channels (workspace_id, id, name, type, active, created_at) VALUES
		  (1, x'000000000000000000000000000000c1', 'Web', 'HTML_EMBED', 1, 0),
		  (2, x'000000000000000000000000000000c1', 'Web', 'HTML_EMBED', 1, 0);
		INSERT INTO contacts (
		  n, workspace_id, id, name, version, created_at, updated_at, name_origin, email_origin, phone_origin,
		  name_key, search_text, notes
		) VALUES (1, 1, x'000000000000000000000000000000a1', 'Ann', 1, 0, 0, 1, 0, 0, 'ann', '', '');
		INSERT INTO contact_counts VALUES (1, 1);
		INSERT INTO contact_activity VALUES (1, x'000000000000000000000000000000a1', 0);
		INSERT INTO contact_deletions VALUES (1, x'000000000000000000000000000000a2', 0);
		INSERT INTO identities VALUES
		  (1, x'000000000000000000000000000000c1', 'ann', x'000000000000000000000000000000a1', x'00000000000000000000000000000001', NULL, 0);
		INSERT INTO sessions (
		  workspace_id, id, contact_id, channel_id, status, tag, last_message_at, unread_count, started_at
		) VALUES
		  (1, x'00000000000000000000000000000001', x'000000000000000000000000000000a1', x'000000000000000000000000000000c1', 'ACTIVE', NULL, 1, 0, 0),
		  (1, x'00000000000000000000000000000002', x'000000000000000000000000000000a1', x'000000000000000000000000000000c1', 'CLOSED', 'GENERAL', 2, 0, 0),
		  (1, x'00000000000000000000000000000003', x'000000000000000000000000000000a2', x'000000000000000000000000000000c1', 'CLOSED', 'GENERAL', 3, 0, 0),
		  (1, x'00000000000000000000000000000004', NULL, x'000000000000000000000000000000c1', 'CLOSED', 'GENERAL', 4, 0, 0),
		  (2, x'00000000000000000000000000000001', NULL, x'000000000000000000000000000000c1', 'ACTIVE', NULL, 1, 0, 0);`)
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })

	ch := crm.ChannelID{15: 0xc1}
	for _, c := range []struct {
		filter storage.SessionFilter
		want   storage.SessionCounts
	}{
		{storage.SessionFilter{}, storage.SessionCounts{
			Total: 4, Status: map[crm.SessionStatus]int{crm.Active: 1, crm.Closed: 3},
			Tag: map[crm.SessionTag]int{crm.General: 3}, Untagged: 1, Channel: map[crm.ChannelID]int{ch: 4},
		}},
		{storage.SessionFilter{Anonymous: new(true)}, storage.SessionCounts{
			Total: 2, Status: map[crm.SessionStatus]int{crm.Closed: 2},
			Tag: map[crm.SessionTag]int{crm.General: 2}, Channel: map[crm.ChannelID]int{ch: 2},
		}},
	} {
		got, err := s.CountSessions(t.Context(), 1, c.filter)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	}
	channels, err := s.Channels(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	want := []crm.Channel{{ID: ch, Name: "Web", Type: crm.HTMLEmbed, Active: true, CreatedAt: micros(0)}}
	if diff := cmp.Diff(want, channels); diff != "" {
		t.Errorf("channels (-want +got):\n%s", diff)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	r, err := s.RecordInteraction(t.Context(), 1, crm.Interaction{
		ChannelID: ch, ExternalID: "ann", MessageID: "1", At: now, Received: now, Direction: crm.Inbound,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Session.ID != (crm.SessionID{15: 1}) || r.Session.UnreadCount != 1 {
		t.Errorf("the next message made %+v", r.Session)
	}
	err = s.Check(t.Context(), storage.Inspection{Found: func(f storage.Finding) {
		if f.Kind == storage.WrongSessionCount || f.Kind == storage.MissingIndex || f.Kind == storage.Damage {
			t.Errorf("found %v", f)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// firstRelease makes a database with the schema of the first release, and fills it.
func firstRelease(t *testing.T, path, fill string) {
	t.Helper()
	if err := create(path); err != nil {
		t.Fatal(err)
	}
	db, err := open(path, 1, writerPragmas)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), fill); err != nil {
		t.Fatal(err)
	}
}
