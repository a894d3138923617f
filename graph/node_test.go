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
	"SavedView":     {"view_", []string{"staff", "admin"}},
	"BulkJob":       {"job_", []string{"staff", "admin"}},
	"ImportJob":     {"job_", []string{"admin"}},
	"ApiKey":        {"key_", []string{"admin"}},

	"WebhookEndpoint": {"endpoint_", []string{"admin"}},
	"WebhookDelivery": {"delivery_", []string{"admin"}},

	"IngestFailure": {"failure_", []string{"admin"}},
	"AuditEntry":    {"audit_", []string{"admin"}},
	"Workspace":     {"workspace_", []string{"staff", "admin"}},
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
	s.query("admin", `mutation { createApiKey(input: {name: "Dashboard", role: READER}) { secret } }`, nil)

	s.view("staff", "Mine")
	s.bulkDeletion("staff", "nobody")
	s.upload("admin", "Name,Email\nEve,eve@example.com\n")
	endpoint := s.endpoint("admin")
	s.query("admin", `mutation ($id: ID!) { sendTestWebhook(input: {id: $id}) { webhookDelivery { id } } }`, vars{"id": endpoint})

	types := map[string]string{}
	note := func(answer string) { noteIDs(t, answer, types) }
	for range 5 {
		note(string(contacts.want("next", "1").Payload))
		note(string(sessions.want("next", "1").Payload))
	}
	note(s.query("admin", `{
		viewer { __typename id }
		workspace { __typename id }
		contacts { nodes { __typename id identities { __typename id channel { __typename id } } history { nodes { __typename id } } } }
		sessions { nodes { __typename id } }
		ingestFailures { nodes { __typename id } }
		apiKeys { nodes { __typename id } }
		savedViews { nodes { __typename id } }
		bulkJobs { nodes { __typename id } }
		importJobs { nodes { __typename id } }
		webhookEndpoints { nodes { __typename id } }
		webhookDeliveries(endpointId: "`+endpoint+`") { nodes { __typename id } }
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

// TestEveryConnectionIsCounted walks the schema for connections, and counts each list.
func TestEveryConnectionIsCounted(t *testing.T) {
	t.Parallel()
	s := serve(t)
	people := s.people()
	s.pair(people["ann"], people["jose"])
	const lists = `query ($ann: ID!, $max: Int) {
		contacts { totalCount(max: $max) { value exact } }
		sessions { totalCount(max: $max) { value exact } }
		closed: sessions(filter: {statuses: [CLOSED]}) { totalCount(max: $max) { value exact } }
		channels(first: 1) { totalCount(max: $max) { value exact } pageInfo { hasNextPage } }
		duplicates { totalCount(max: $max) { value exact } }
		ingestFailures { totalCount(max: $max) { value exact } }
		auditLog { totalCount(max: $max) { value exact } }
		contact(id: $ann) {
			sessions(first: 1) { totalCount(max: $max) { value exact } }
			history { totalCount(max: $max) { value exact } }
		}
	}`
	for most, want := range map[int]string{
		100: `{"data":{"contacts":{"totalCount":{"value":3,"exact":true}},"sessions":{"totalCount":{"value":4,"exact":true}},` +
			`"closed":{"totalCount":{"value":0,"exact":true}},"channels":{"totalCount":{"value":3,"exact":true},"pageInfo":{"hasNextPage":true}},` +
			`"duplicates":{"totalCount":{"value":1,"exact":true}},"ingestFailures":{"totalCount":{"value":3,"exact":true}},` +
			`"auditLog":{"totalCount":{"value":4,"exact":true}},"contact":{"sessions":{"totalCount":{"value":2,"exact":true}},` +
			`"history":{"totalCount":{"value":1,"exact":true}}}}`,
		1: `"auditLog":{"totalCount":{"value":1,"exact":false}},"contact":{"sessions":{"totalCount":{"value":1,"exact":false}},` +
			`"history":{"totalCount":{"value":1,"exact":true}}}}`,
	} {
		if got := s.query("admin", lists, vars{"ann": people["ann"], "max": most}); !strings.Contains(got.body, want) {
			t.Errorf("as far as %d: %s", most, got.body)
		}
	}
	for _, list := range []string{"auditLog", "channels", "sessions", "contacts { nodes { history"} {
		document := "{ " + list + " { totalCount(max: 0) { value } } }" + strings.Repeat(" } }", strings.Count(list, "{")/2)
		if codes, _ := s.query("admin", document, nil).errors(t); len(codes) == 0 || codes[0] != "BAD_USER_INPUT" {
			t.Errorf("%s: %v", list, codes)
		}
	}
	for _, d := range parsedSchema.Types {
		if strings.HasSuffix(d.Name, "Connection") && d.Fields.ForName("totalCount") == nil {
			t.Errorf("%s is not counted", d.Name)
		}
	}
}

func TestCountsOfAPageOfContactsAreOneCallEach(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.people()
	for _, list := range []string{"sessions", "history"} {
		s.store.Reset()
		var none any
		s.query("staff", `{ contacts { nodes { `+list+`(first: 1) { totalCount { value } } } } }`, nil).into(t, &none)
		name := map[string]string{"sessions": "CountSessionsByContact", "history": "CountHistoryByContact"}[list]
		if n := s.store.Calls()[name]; n != 1 {
			t.Errorf("%d calls of %s: %v", n, name, s.store.Calls())
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
