package sqlite

import (
	"encoding/hex"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/storagetest"
)

func TestADatabaseOfTheFirstReleaseIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	release(t, path, 1, `
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

func TestAnUpgradeForgetsWhoseTheSessionsOfDeletedContactsWereAndKnowsMessagesAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	ch := crm.ChannelID{15: 0xc1}
	at := time.Date(2026, 1, 5, 9, 30, 0, 0, time.UTC)
	message := func(external string) crm.Interaction {
		return crm.Interaction{ChannelID: ch, ExternalID: external, MessageID: "wamid.1", At: at, Received: at, Direction: crm.Inbound}
	}
	const ann, gone = `x'000000000000000000000000000000a1'`, `x'000000000000000000000000000000a2'`
	release(t, path, 3, `
		INSERT INTO workspaces VALUES (1, 'demo', 0);
		INSERT INTO channels (workspace_id, id, name, type, active, created_at) VALUES
		  (1, x'000000000000000000000000000000c1', 'Web', 'WHATSAPP', 1, 0);
		INSERT INTO contacts (
		  n, workspace_id, id, name, version, created_at, updated_at, name_origin, email_origin, phone_origin,
		  name_key, search_text, notes
		) VALUES (1, 1, `+ann+`, 'Ann', 1, 0, 0, 1, 0, 0, 'ann', '', '');
		INSERT INTO contact_counts VALUES (1, 1);
		INSERT INTO contact_activity (workspace_id, contact_id, last_activity_at) VALUES (1, `+ann+`, 0);
		INSERT INTO identities VALUES
		  (1, x'000000000000000000000000000000c1', 'ann', `+ann+`, x'00000000000000000000000000000001', NULL, 0);
		INSERT INTO sessions (
		  workspace_id, id, contact_id, channel_id, status, tag, last_message_preview, last_message_at, unread_count, started_at
		) VALUES
		  (1, x'00000000000000000000000000000001', `+ann+`, x'000000000000000000000000000000c1', 'ACTIVE', NULL, 'Hello', 1, 1, 0),
		  (1, x'00000000000000000000000000000002', NULL, x'000000000000000000000000000000c1', 'ACTIVE', NULL, 'Secret', 2, 1, 0);
		INSERT INTO session_counts VALUES
		  (1, x'000000000000000000000000000000c1', 'ACTIVE', '', 0, 1), (1, x'000000000000000000000000000000c1', 'ACTIVE', '', 1, 1);
		INSERT INTO messages VALUES
		  (1, x'`+hex.EncodeToString(digest(message("ann")))+`', x'00000000000000000000000000000001'),
		  (1, x'`+hex.EncodeToString(digest(message("gone")))+`', x'00000000000000000000000000000002');
		INSERT INTO changes (workspace_id, id, seq, kind, contact_id, session_id, version, fields, actor, at) VALUES
		  (1, x'00000000000000000000000000000011', 1, 'CREATED', `+gone+`, NULL, 1, '[{"field":"name"}]', 'c', 5),
		  (1, x'00000000000000000000000000000012', 2, 'CREATED', `+gone+`, x'00000000000000000000000000000002', 0, '[]', 'c', 5),
		  (1, x'00000000000000000000000000000013', 3, 'ACTIVITY', `+gone+`, NULL, 1, '[]', 'c', 6),
		  (1, x'00000000000000000000000000000014', 4, 'DELETED', `+gone+`, NULL, 1, '[]', 'eve', 7),
		  (1, x'00000000000000000000000000000015', 0, 'UPDATED', `+gone+`, NULL, 1, '[{"field":"name"}]', 'c', 4),
		  (1, x'00000000000000000000000000000016', 5, 'UPDATED', `+ann+`, NULL, 2, '[{"field":"name","new":"Ann"}]', 'c', 8);
		INSERT INTO event_heads VALUES (1, 5);
		INSERT INTO audit VALUES
		  (1, x'00000000000000000000000000000021', 'SESSION_EDITED', `+gone+`, x'00000000000000000000000000000002', '["tag"]', 'eve', 6),
		  (1, x'00000000000000000000000000000022', 'CONTACT_DELETED', `+gone+`, NULL, '[]', 'eve', 7);`)
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	storagetest.Upgraded(t, s, storagetest.Upgrade{
		Workspace: 1, Channel: ch, Contact: crm.ContactID{15: 0xa1}, Gone: crm.ContactID{15: 0xa2},
		Session: crm.SessionID{15: 1}, GoneSession: crm.SessionID{15: 2}, Message: message("ann"), GoneMessage: message("gone"),
	})
	left, err := read(t.Context(), s, func(c *conn) (int, error) {
		n, _, err := first(t.Context(), c, `
		SELECT (SELECT count(*) FROM messages WHERE keyed = 0) + (SELECT count(*) FROM messages WHERE session_id = x'00000000000000000000000000000002')
		  + (SELECT count(*) FROM audit WHERE contact_id IS NOT NULL AND session_id IS NOT NULL)
		  + (SELECT count(*) FROM changes WHERE contact_id IS NOT NULL AND session_id IS NOT NULL)
		  + (SELECT count(*) FROM changes WHERE contact_id = `+gone+` AND kind <> 'DELETED')`, nil, scanInt)
		return n, err
	})
	if err != nil || left != 0 {
		t.Errorf("%d rows are as they were, %v", left, err)
	}
}

func TestAnUpgradeMakesAccountsOfIdentitiesThatShareASession(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	const row = `(1, x'0000000000000000000000000000%s', '%s', 1, 0, 0, 1, 0, 0, '%[2]s', '%[2]s', '')`
	const identity = `(1, x'0000000000000000000000000000%s', '%s', x'0000000000000000000000000000%s', x'0000000000000000000000000000%s', NULL, %d)`
	const session = `(1, x'0000000000000000000000000000%s', x'0000000000000000000000000000%s', x'0000000000000000000000000000%s', 'ACTIVE', %d, 0, 0)`
	release(t, path, 8, `
		INSERT INTO workspaces VALUES (1, 'demo', 0);
		INSERT INTO channels (workspace_id, id, name, type, active, created_at) VALUES
		  (1, x'000000000000000000000000000000c1', 'Web', 'WHATSAPP', 1, 0),
		  (1, x'000000000000000000000000000000c2', 'Shop', 'WHATSAPP', 1, 0);
		INSERT INTO contacts (
		  workspace_id, id, name, version, created_at, updated_at, name_origin, email_origin, phone_origin, name_key, search_text, notes
		) VALUES `+fmt.Sprintf(row, "00a1", "one")+`, `+fmt.Sprintf(row, "00a2", "two")+`, `+fmt.Sprintf(row, "00a3", "three")+`;
		INSERT INTO contact_counts VALUES (1, 3);
		INSERT INTO contact_activity (workspace_id, contact_id, last_activity_at) SELECT 1, id, 0 FROM contacts;
		INSERT INTO identities VALUES
		  `+fmt.Sprintf(identity, "00c1", "number", "00a1", "0001", 1)+`, `+fmt.Sprintf(identity, "00c1", "user", "00a1", "0001", 2)+`,
		  `+fmt.Sprintf(identity, "00c1", "web", "00a2", "0003", 1)+`, `+fmt.Sprintf(identity, "00c2", "shop", "00a2", "0004", 2)+`,
		  `+fmt.Sprintf(identity, "00c1", "ann", "00a3", "0006", 1)+`, `+fmt.Sprintf(identity, "00c1", "ben", "00a3", "0007", 2)+`,
		  `+fmt.Sprintf(identity, "00c2", "cleo", "00a3", "0000", 3)+`;
		INSERT INTO sessions (workspace_id, id, contact_id, channel_id, status, last_message_at, unread_count, started_at) VALUES
		  `+fmt.Sprintf(session, "0001", "00a1", "00c1", 2)+`, `+fmt.Sprintf(session, "0002", "00a1", "00c1", 1)+`,
		  `+fmt.Sprintf(session, "0003", "00a2", "00c1", 4)+`, `+fmt.Sprintf(session, "0004", "00a2", "00c2", 5)+`,
		  `+fmt.Sprintf(session, "0005", "00a2", "00c1", 3)+`,
		  `+fmt.Sprintf(session, "0006", "00a3", "00c1", 7)+`, `+fmt.Sprintf(session, "0007", "00a3", "00c1", 8)+`,
		  `+fmt.Sprintf(session, "0008", "00a3", "00c1", 6)+`;
		INSERT INTO session_counts VALUES
		  (1, x'000000000000000000000000000000c1', 'ACTIVE', '', 0, 7), (1, x'000000000000000000000000000000c2', 'ACTIVE', '', 0, 1);`)
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	storagetest.Accounts(t, s, 1)
}

func digest(i crm.Interaction) []byte {
	d := i.FormerDigest()
	return d[:]
}

// release makes a database with the schema of an older release, and fills it.
func release(t *testing.T, path string, version int64, fill string) {
	t.Helper()
	if err := create(path); err != nil {
		t.Fatal(err)
	}
	db, err := open(path, 1, writerPragmas)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	p, err := migrator(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), fill); err != nil {
		t.Fatal(err)
	}
}
