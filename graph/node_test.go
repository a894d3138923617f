package graph_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"kith/internal/crm"
)

// objectsWithIDs are the types that have ids, each with the prefix of its ids and the roles that `node` finds it for.
var objectsWithIDs = map[string]struct {
	prefix string
	roles  []string
}{
	"Contact":       {"contact_", []string{"staff", "admin"}},
	"Identity":      {"identity_", []string{"staff", "admin"}},
	"Session":       {"session_", []string{"staff", "admin"}},
	"Channel":       {"channel_", []string{"staff", "admin"}},
	"Duplicate":     {"duplicate_", []string{"staff", "admin"}},
	"ContactEvent":  {"event_", []string{"staff", "admin"}},
	"SessionEvent":  {"event_", []string{"staff", "admin"}},
	"ContactChange": {"change_", []string{"staff", "admin"}},
	"IngestFailure": {"failure_", []string{"admin"}},
	"AuditEntry":    {"audit_", []string{"admin"}},
	"Viewer":        {"viewer_", []string{"admin"}}, // who asked for it
}

// TestAnIDNamesOneObject collects every object that lists, histories and subscriptions answer with, as a client with one store
// of all objects does.
func TestAnIDNamesOneObject(t *testing.T) {
	t.Parallel()
	s := serve(t, following(t))
	people := s.people()
	contacts, sessions := s.join(t, "staff"), s.join(t, "staff")
	contacts.subscribe("1", `subscription { contactEvents { __typename id eventId kind contact { __typename id } } }`, nil)
	sessions.subscribe("1", `subscription { sessionEvents { __typename id eventId kind session { __typename id } } }`, nil)
	contacts.barrier()
	sessions.barrier()
	s.change("staff", people["ann"], "name", "Anna")
	s.edit(people["annShop"], "tag: GENERAL")
	s.edit(people["annShop"], "status: CLOSED")
	s.merge(people["ann"], 2, people["jose"])
	s.delete("staff", people["nobody"])
	twin, _ := s.record("channel", vars{"channelId": people["shop"], "externalId": "twin", "messageId": "1"})
	s.pair(people["ann"], twin)

	types := map[string]string{}
	note := func(answer string) { noteIDs(t, answer, types) }
	for range 5 {
		note(string(contacts.want("next", "1").Payload))
		note(string(sessions.want("next", "1").Payload))
	}
	note(s.query("admin", `{
		viewer { __typename id }
		contacts { nodes { __typename id identities { __typename id channel { __typename id } } history { nodes { __typename id } } } }
		sessions { nodes { __typename id } }
		ingestFailures { nodes { __typename id } }
		duplicates { nodes { __typename id } }
		auditLog { nodes { __typename id eventId } }
	}`, nil).body)

	met := map[string]int{}
	for id, kind := range types {
		met[kind]++
		if !strings.HasPrefix(id, objectsWithIDs[kind].prefix) {
			t.Errorf("%s is the id of a %s", id, kind)
		}
		for _, role := range []string{"staff", "admin", "staff/other"} {
			got := s.query(role, `query ($id: ID!, $more: [ID!]!) { node(id: $id) { __typename id } nodes(ids: $more) { __typename id } }`,
				vars{"id": id, "more": []string{id, "nobody_1"}})
			object := fmt.Sprintf(`{"__typename":%q,"id":%q}`, kind, id)
			want := slices.Contains(objectsWithIDs[kind].roles, role)
			if strings.Contains(got.body, `"node":`+object) != want || strings.Contains(got.body, `"nodes":[`+object) != want {
				t.Errorf("%s gets for the id of a %s: %s", role, kind, got.body)
			}
		}
	}
	for kind := range objectsWithIDs {
		if met[kind] == 0 {
			t.Errorf("met no %s, only %v", kind, slices.Sorted(maps.Keys(met)))
		}
	}
}

// pair makes two contacts of workspace acme a pair that may be one person.
func (s *server) pair(a, b string) {
	s.t.Helper()
	w, err := s.store.Workspace(s.t.Context(), "acme")
	if err != nil {
		s.t.Fatal(err)
	}
	p := crm.Proven{At: start}
	p.Contacts[0], _ = crm.ParseContactID(a)
	p.Contacts[1], _ = crm.ParseContactID(b)
	if err := s.store.SettleProven(s.t.Context(), w, p); err != nil { // which leaves them to a person
		s.t.Fatal(err)
	}
}

// noteIDs adds the objects of an answer to types, by their ids.
func noteIDs(t *testing.T, answer string, types map[string]string) {
	t.Helper()
	var data any
	if err := json.Unmarshal([]byte(answer), &data); err != nil {
		t.Fatal(err, answer)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
			kind, _ := v["__typename"].(string)
			id, _ := v["id"].(string)
			if kind == "" || id == "" {
				return
			}
			if other, ok := types[id]; ok && other != kind {
				t.Errorf("%s is the id of a %s and of a %s", id, other, kind)
			}
			types[id] = kind
		}
	}
	walk(data)
}
