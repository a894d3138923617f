package api

import (
	"testing"
	"time"
)

func TestAuditAndHistoryAreKeptAsLongAsTheSettingsSay(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		const history = `query($id: ID!) { node(id: $id) { ... on Contact { displayName history(first: 10) { nodes { kind } } } } }`
		type seen struct {
			Node struct {
				DisplayName string
				History     struct{ Nodes []struct{ Kind string } }
			}
			AuditLog struct{ Nodes []struct{ Action string } }
		}
		s := start(t, binary(t), db.env())
		admin, _, _ := clientsOf(t, s, db.env(), "acme")
		id := connectPlain(t, admin)
		type recorded struct {
			RecordInteraction struct{ Contact struct{ ID string } }
		}
		contact := must[recorded](t, admin, `mutation($c: ID!) { recordInteraction(input: {channelId: $c, externalId: "ann", messageId: "1", profile: {name: "Ann"}}) { contact { id } } }`,
			vars{"c": id}).RecordInteraction.Contact.ID
		must[any](t, admin, `mutation($id: ID!) { updateContact(input: {id: $id, name: "Anna"}) { userErrors { code } } }`, vars{"id": contact})
		counts := func(c client) (changes, entries int) {
			t.Helper()
			changes = len(must[seen](t, c, history, vars{"id": contact}).Node.History.Nodes)
			return changes, len(must[seen](t, c, `{ auditLog(first: 10) { nodes { action } } }`, nil).AuditLog.Nodes)
		}
		changes, entries := counts(admin)
		if changes != 2 || entries == 0 {
			t.Fatalf("%d changes, %d audit entries", changes, entries)
		}
		s.stop(t)
		if db.isPostgres() {
			db.do(t, `UPDATE audit SET at = at - interval '100 days'`, `UPDATE changes SET at = at - interval '100 days'`,
				`UPDATE event_heads SET first_at = first_at - interval '100 days'`)
		} else {
			db.do(t, `UPDATE audit SET at = at - 8640000000000`, `UPDATE changes SET at = at - 8640000000000`)
		}
		for _, c := range []struct {
			audit, history           string
			wantChanges, wantEntries int
		}{{"forever", "forever", changes, entries}, {"101d", "101d", changes, entries}, {"forever", "99d", 0, entries}, {"99d", "forever", 0, 0}} {
			s := start(t, binary(t), db.env("KITH_AUDIT_RETENTION", c.audit, "KITH_HISTORY_RETENTION", c.history))
			again := s.client(admin.token)
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
				gotChanges, gotEntries := counts(again)
				if gotChanges == c.wantChanges && gotEntries == c.wantEntries {
					break
				}
				if time.Now().After(deadline) {
					t.Errorf("audit %s, history %s: %d changes, %d entries are left, want %d and %d", c.audit, c.history, gotChanges, gotEntries,
						c.wantChanges, c.wantEntries)
					break
				}
			}
			if name := must[seen](t, again, history, vars{"id": contact}).Node.DisplayName; name != "Anna" {
				t.Errorf("the contact is %q", name)
			}
			s.stop(t)
		}
	})
}
