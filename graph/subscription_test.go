package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/graph"
)

// events reads answers until there are n that are not about activity, and returns them with steady ids.
func (c *client) events(id string, n int) []string {
	c.t.Helper()
	var out []string
	for len(out) < n {
		f := c.want("next", id)
		if !strings.Contains(string(f.Payload), `"ACTIVITY"`) {
			out = append(out, string(f.Payload))
		}
	}
	return strings.Split(steady(strings.Join(out, "\n")), "\n")
}

// change edits a field of a contact and returns the id of the event.
func (s *server) change(who, contact, field, value string) (event string) {
	s.t.Helper()
	var data struct {
		UpdateContact struct {
			EventID    string
			UserErrors []any
		}
	}
	s.query(who, `mutation ($id: ID!, $value: String) { updateContact(input: {id: $id, `+field+`: $value}) { eventId userErrors { message } } }`,
		vars{"id": contact, "value": value}).into(s.t, &data)
	if len(data.UpdateContact.UserErrors) > 0 {
		s.t.Fatal(data.UpdateContact.UserErrors)
	}
	return data.UpdateContact.EventID
}

func (s *server) delete(who, contact string) {
	s.t.Helper()
	var none any
	s.query(who, `mutation ($id: ID!) { deleteContact(input: {id: $id}) { deletedContactId } }`, vars{"id": contact}).into(s.t, &none)
}

func (s *server) edit(session, change string) (event string) {
	s.t.Helper()
	var data struct {
		UpdateSession struct {
			EventID    string
			UserErrors []any
		}
	}
	s.query("staff", `mutation ($id: ID!) { updateSession(input: {id: $id, `+change+`}) { eventId userErrors { message } } }`,
		vars{"id": session}).into(s.t, &data)
	if len(data.UpdateSession.UserErrors) > 0 {
		s.t.Fatal(data.UpdateSession.UserErrors)
	}
	return data.UpdateSession.EventID
}

func TestContactEvents(t *testing.T) {
	t.Parallel()
	s := serve(t, following(t))
	shop := s.channel("admin", "Shop", "WHATSAPP")
	c, other := s.join(t, "staff"), s.join(t, "staff/other")
	document := `subscription { contactEvents { kind contactId contact { id name version } version changedFields actor } }`
	c.subscribe("1", document, nil)
	other.subscribe("1", document, nil)
	c.barrier()
	other.barrier()

	ann, _ := s.record("channel", vars{"channelId": shop, "externalId": "1", "messageId": "1", "profile": vars{"name": "Ann"}})
	if diff := cmp.Diff([]string{
		`{"data":{"contactEvents":{"kind":"CREATED","contactId":"contact_1","contact":{"id":"contact_1","name":"Ann","version":1},` +
			`"version":1,"changedFields":["NAME"],"actor":"` + strings.Replace(shop, shop, "channel_1", 1) + `"}}}`,
	}, c.events("1", 1)); diff != "" {
		t.Error(diff)
	}
	s.change("staff", ann, "notes", "Likes tea")
	s.change("staff", ann, "notes", "Likes tea") // changes nothing
	if diff := cmp.Diff([]string{
		`{"data":{"contactEvents":{"kind":"UPDATED","contactId":"contact_1","contact":{"id":"contact_1","name":"Ann","version":2},` +
			`"version":2,"changedFields":["NOTES"],"actor":"staff@example.com"}}}`,
	}, c.events("1", 1)); diff != "" {
		t.Error(diff)
	}
	s.delete("staff", ann)
	if got := c.events("1", 1)[0]; !strings.Contains(got, `"kind":"DELETED","contactId":"contact_1","contact":null`) {
		t.Error(got)
	}
	other.barrier()
}

func TestSubscriptionsResume(t *testing.T) {
	t.Parallel()
	s := serve(t, following(t))
	shop := s.channel("admin", "Shop", "WHATSAPP")
	ann, _ := s.record("channel", vars{"channelId": shop, "externalId": "1", "messageId": "1"})
	var mark struct{ LastEventID string }
	s.query("staff", `{ lastEventId }`, nil).into(t, &mark)
	first := s.change("staff", ann, "name", "0")
	for i := range 300 {
		s.change("staff", ann, "name", fmt.Sprint(i+1))
	}
	versions := func(c *client, n int) (out []int) {
		for len(out) < n {
			var data struct {
				Data struct {
					ContactEvents struct {
						Kind    string
						Version int
					}
				}
			}
			if err := json.Unmarshal(c.want("next", "1").Payload, &data); err != nil {
				t.Fatal(err)
			}
			if data.Data.ContactEvents.Kind == "UPDATED" {
				out = append(out, data.Data.ContactEvents.Version)
			}
		}
		return out
	}
	document := `subscription ($after: ID!) { contactEvents(after: $after) { kind version } }`
	for name, from := range map[string]struct {
		after   string
		version int
		n       int
	}{
		"after the event of a mutation, without it": {first, 3, 300},
		"after a mark, with the first after it":     {mark.LastEventID, 2, 301},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.join(t, "staff")
			c.subscribe("1", document, vars{"after": from.after})
			s.change("staff", ann, "notes", name)
			for i, v := range versions(c, from.n) {
				if v != from.version+i {
					t.Fatalf("version %d at %d", v, i)
				}
			}
		})
	}
	t.Run("in another workspace there is no such event", func(t *testing.T) {
		c := s.join(t, "staff/other")
		c.subscribe("1", document, vars{"after": first})
		if f := c.want("error", "1"); !strings.Contains(string(f.Payload), "RESYNC_REQUIRED") {
			t.Errorf("%s", f.Payload)
		}
	})
}

func TestSessionEvents(t *testing.T) {
	t.Parallel()
	s := serve(t, following(t))
	people := s.people()
	// The end of a step, which every client receives except those that filter by contact: a filter is applied to the session
	// as it is when the event is answered, so every client must be done before the next step changes it.
	var marks []string
	for i := range 5 {
		mark, _ := s.record("channel", vars{"channelId": people["shop"], "externalId": fmt.Sprint("mark", i), "messageId": fmt.Sprint("mark", i)})
		marks = append(marks, mark)
	}
	deleted := `{"data":{"sessionEvents":{"kind":"CONTACT_DELETED","sessionId":null,"session":null,"contactId":"contact_1","changedFields":[]}}}`
	document := `subscription ($filter: SessionFilter) {
		sessionEvents(filter: $filter) { kind sessionId session { status tag contactName } contactId changedFields }
	}`
	filters := map[string]vars{
		"all":       nil,
		"active":    {"statuses": []string{"ACTIVE"}},
		"closed":    {"statuses": []string{"CLOSED"}},
		"complaint": {"tags": []string{"COMPLAINT"}},
		"ann":       {"contactId": people["ann"]},
		"jose":      {"contactId": people["jose"]},
		"page":      {"channelIds": []string{people["page"]}},
		"nobody":    {"anonymous": true},
		"both":      {"statuses": []string{"CLOSED"}, "tags": []string{"GENERAL"}},
		"no status": {"statuses": []string{}},
	}
	clients := map[string]*client{}
	for name, filter := range filters {
		clients[name] = s.join(t, "staff")
		clients[name].subscribe("1", document, vars{"filter": filter})
		clients[name].barrier()
	}
	update := func(session, status, tag, fields string) string {
		return fmt.Sprintf(`{"data":{"sessionEvents":{"kind":"UPDATED","sessionId":"session_1","session":{"status":"%s","tag":%s,`+
			`"contactName":"Ann Smith"},"contactId":"contact_1","changedFields":[%s]}}}`, status, tag, fields)
	}
	for i, step := range []struct {
		name   string
		do     func()
		expect string
		gets   []string
	}{
		{"a tag is given", func() { s.edit(people["annShop"], "tag: COMPLAINT") },
			update("annShop", "ACTIVE", `"COMPLAINT"`, `"TAG"`), []string{"all", "active", "complaint", "ann"}},
		{"a session is closed, and leaves the active", func() { s.edit(people["annShop"], "status: CLOSED") },
			update("annShop", "CLOSED", `"COMPLAINT"`, `"STATUS"`), []string{"all", "active", "closed", "complaint", "ann", "both"}},
		{"a session is archived, and leaves the closed", func() { s.edit(people["annShop"], "status: ARCHIVED") },
			update("annShop", "ARCHIVED", `"COMPLAINT"`, `"STATUS"`), []string{"all", "closed", "complaint", "ann", "both"}},
		{"a tag is taken off", func() { s.edit(people["annShop"], "tag: null") },
			update("annShop", "ARCHIVED", "null", `"TAG"`), []string{"all", "complaint", "ann"}},
		{"a contact is deleted", func() { s.delete("staff", people["ann"]) },
			deleted, []string{"all", "active", "closed", "complaint", "ann", "page", "nobody", "both", "no status"}},
	} {
		step.do()
		for _, name := range step.gets {
			if diff := cmp.Diff([]string{step.expect}, clients[name].events("1", 1)); diff != "" {
				t.Errorf("%s, %s:\n%s", step.name, name, diff)
			}
		}
		s.delete("staff", marks[i])
		for name, c := range clients {
			if name == "ann" || name == "jose" {
				continue
			}
			if diff := cmp.Diff([]string{deleted}, c.events("1", 1)); diff != "" {
				t.Errorf("after %s, %s:\n%s", step.name, name, diff)
			}
		}
	}
}

func TestActivityIsTold(t *testing.T) {
	t.Parallel()
	s := serve(t, following(t))
	shop := s.channel("admin", "Shop", "WHATSAPP")
	c := s.join(t, "staff")
	c.subscribe("c", `subscription { contactEvents { kind contact { lastActivityAt } } }`, nil)
	c.subscribe("s", `subscription { sessionEvents { kind session { unreadCount } } }`, nil)
	c.barrier()
	for i := range 20 {
		s.record("channel", vars{"channelId": shop, "externalId": "1", "messageId": fmt.Sprint(i), "occurredAt": fmt.Sprintf("2026-01-01T10:00:%02dZ", i)})
	}
	// The last of each tells the truth: that there are twenty messages.
	for session, contact := false, false; !session || !contact; {
		f := c.hear()
		session = session || strings.Contains(string(f.Payload), `"session":{"unreadCount":20}`)
		contact = contact || strings.Contains(string(f.Payload), `"kind":"ACTIVITY","contact":{"lastActivityAt":"2026-01-01T10:00:19Z"}`)
	}
}

// TestEventsAreExecutedOnce counts the calls to storage while many look at the same.
func TestEventsAreExecutedOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, following(t))
	shop := s.channel("admin", "Shop", "WHATSAPP")
	ann, _ := s.record("channel", vars{"channelId": shop, "externalId": "1", "messageId": "1"})
	document := `subscription ($after: ID) { contactEvents(after: $after) { kind version contact { identities { channel { name } } } } }`
	var clients []*client
	for i := range 30 {
		c := s.join(t, "staff")
		variables := vars{}
		if i%2 == 0 {
			var mark struct{ LastEventID string }
			s.query("staff", `{ lastEventId }`, nil).into(t, &mark)
			variables["after"] = mark.LastEventID
		}
		c.subscribe("1", document, variables)
		c.barrier()
		clients = append(clients, c)
	}
	s.change("staff", ann, "name", "settle")
	for _, c := range clients {
		c.events("1", 1)
	}
	s.store.Reset()
	for i := range 10 {
		s.change("staff", ann, "name", fmt.Sprint(i))
		for _, c := range clients {
			c.events("1", 1)
		}
	}
	calls := s.store.Calls()
	for _, method := range []string{"ContactsByID", "IdentitiesByContact", "ChannelsByID"} {
		if n := calls[method]; n == 0 || n > 2*10 { // with a variable and without it are two documents
			t.Errorf("%d calls of %s: %v", n, method, calls)
		}
	}
}

func TestSSE(t *testing.T) {
	t.Parallel()
	s := serve(t, following(t), graph.QuickTimes(time.Minute, 20*time.Millisecond))
	t.Run("a query is one next and complete", func(t *testing.T) {
		t.Parallel()
		e := s.sse(t, "staff", `{ contacts { nodes { id } } }`, nil)
		if e.status != 200 || e.header.Get("Content-Type") != "text/event-stream; charset=utf-8" {
			t.Fatal(e.status, e.header)
		}
		if got := e.next("next"); got != `{"data":{"contacts":{"nodes":[]}},"extensions":{"cost":{"cost":26,"limit":100000}}}` {
			t.Error(got)
		}
		if got := e.next("complete"); got != "" {
			t.Error(got)
		}
		if name, data, ok := e.event(); ok {
			t.Error(name, data)
		}
	})
	t.Run("a subscription goes on, and shows that it is alive", func(t *testing.T) {
		t.Parallel()
		shop := s.channel("admin/sse", "Shop", "WHATSAPP")
		e := s.sse(t, "staff/sse", `subscription { contactEvents { kind } }`, nil)
		for range 3 {
			if name, _, ok := e.event(); name != "" || !ok {
				t.Fatal(name)
			}
		}
		contact, _ := s.record("channel/sse", vars{"channelId": shop, "externalId": "1", "messageId": "1"})
		if got := e.next("next"); got != `{"data":{"contactEvents":{"kind":"CREATED"}}}` {
			t.Error(got)
		}
		s.delete("staff/sse", contact)
		for {
			if got := e.next("next"); strings.Contains(got, "DELETED") {
				break
			}
		}
	})
	for name, c := range map[string]struct{ who, document, code string }{
		"a syntax error":             {"staff", `{`, "BAD_USER_INPUT"},
		"an unknown field":           {"staff", `{ nothing }`, "BAD_USER_INPUT"},
		"an event nobody knows":      {"staff", `subscription { contactEvents(after: "x") { id } }`, "RESYNC_REQUIRED"},
		"somebody who may not":       {"channel", `subscription { contactEvents { id } }`, "FORBIDDEN"},
		"a subscription of nothing":  {"staff", `subscription { contactEvents @skip(if: true) { id } }`, "BAD_USER_INPUT"},
		"a subscription of its type": {"staff", `subscription { __typename }`, "BAD_USER_INPUT"},
	} {
		t.Run(name+" comes as next, then complete", func(t *testing.T) {
			t.Parallel()
			e := s.sse(t, c.who, c.document, nil)
			if got := e.next("next"); !strings.Contains(got, `"code":"`+c.code+`"`) || strings.Contains(got, `"data"`) {
				t.Error(got)
			}
			e.next("complete")
		})
	}
	for name, c := range map[string]struct {
		body    string
		headers []string
		status  int
	}{
		"no token":          {`{"query":"{ viewer { role } }"}`, nil, 401},
		"a body of no JSON": {`{`, []string{"Authorization", token(t, "staff", "acme")}, 400},
		"another type":      {`{}`, []string{"Authorization", token(t, "staff", "acme"), "Content-Type", "text/plain"}, 415},
		"too long a body":   {`{"query":"` + strings.Repeat(" ", 128<<10) + `"}`, []string{"Authorization", token(t, "staff", "acme")}, 413},
	} {
		t.Run(name+" is refused before the stream", func(t *testing.T) {
			t.Parallel()
			e := s.sseRaw(t, c.body, c.headers...)
			if e.status != c.status || e.header.Get("Content-Type") != "application/json; charset=utf-8" {
				t.Error(e.status, e.header)
			}
		})
	}
	for accept, c := range map[string]struct {
		document, contentType string
		status                int
	}{
		"application/json, text/event-stream":       {`{ viewer { role } }`, "application/json; charset=utf-8", 200},
		"application/json;q=0.5, text/event-stream": {`{ viewer { role } }`, "text/event-stream; charset=utf-8", 200},
		"text/event-stream;q=0, application/json":   {`subscription { contactEvents { id } }`, typeGraphQL + "; charset=utf-8", 406},
		"*/*": {`subscription { contactEvents { id } }`, typeGraphQL + "; charset=utf-8", 406},
		"application/json, text/event-stream;q=0.1": {`subscription { contactEvents { id } }`, "text/event-stream; charset=utf-8", 200},
		"text/event-stream, multipart/mixed":        {`subscription { contactEvents { id } }`, "text/event-stream; charset=utf-8", 200},
		"text/html":                                 {`{ viewer { role } }`, "application/json; charset=utf-8", 406},
	} {
		t.Run("accept "+accept, func(t *testing.T) {
			t.Parallel()
			e := s.sseRaw(t, `{"query":"`+c.document+`"}`, "Authorization", token(t, "staff", "acme"), "Accept", accept)
			if e.status != c.status || e.header.Get("Content-Type") != c.contentType {
				t.Error(e.status, e.header)
			}
		})
	}
}

func TestSSEEnds(t *testing.T) {
	t.Parallel()
	t.Run("with the token", func(t *testing.T) {
		t.Parallel()
		s := serve(t, at(func() time.Time { return start.Truncate(time.Second).Add(time.Hour - 300*time.Millisecond) }))
		e := s.sse(t, "staff", watchContacts, nil)
		if got := e.next("next"); !strings.Contains(got, `"code":"UNAUTHENTICATED"`) {
			t.Error(got)
		}
		e.next("complete")
	})
	t.Run("with the server, so that the client comes back", func(t *testing.T) {
		t.Parallel()
		var h *graph.Handler
		s := serveHandler(t, &h)
		e := s.sse(t, "staff", watchContacts, nil)
		e.event()
		if err := h.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if name, data, ok := e.event(); ok || e.lines.Err() != nil {
			t.Error(name, data, e.lines.Err())
		}
		if got := s.sse(t, "staff", watchContacts, nil); got.status != 503 {
			t.Error(got.status)
		}
		if got := s.query("staff", `{ viewer { role } }`, nil); got.status != 200 {
			t.Error(got.status)
		}
	})
}
