package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"kith/graph"
	"kith/internal/crm"
	"kith/storage/storagetest"
)

func answerLimit(bytes int) option { return func(o *graph.Options) { o.AnswerLimit = bytes } }

// talkative fills a store with one contact, of long notes and many sessions, and returns its id.
func talkative(t *testing.T, store *storagetest.Counter, sessions int) (contact string) {
	t.Helper()
	s := serveStore(t, store)
	shop := s.channel("admin", "Shop", "WHATSAPP")
	for i := range sessions {
		var session string
		contact, session = s.record("admin", vars{"channelId": shop, "externalId": "1", "messageId": fmt.Sprint(i), "text": "Hi"})
		s.query("staff", `mutation ($id: ID!) { updateSession(input: {id: $id, status: CLOSED}) { eventId } }`,
			vars{"id": session}).into(t, &struct{}{})
	}
	s.change("staff", contact, "notes", strings.Repeat("😀", crm.MaxNotes))
	return contact
}

// notes asks for the notes so many times, which have 40,000 bytes each time.
func notes(times int) string {
	var b strings.Builder
	for i := range times {
		fmt.Fprintf(&b, "n%d: notes ", i)
	}
	return b.String()
}

// TestAnAnswerThatIsTooLargeIsRefused asks for six and seven times the notes where there is room for six, in every way that
// answers are made and sent.
func TestAnAnswerThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	store := open(t)
	contact := talkative(t, store, 2)
	var session struct {
		Contact struct {
			Sessions struct{ Nodes []struct{ ID string } }
		}
	}
	s := serveStore(t, store, answerLimit(270_000), following(t))
	s.query("staff", `query ($id: ID!) { contact(id: $id) { sessions { nodes { id } } } }`, vars{"id": contact}).into(t, &session)
	overHTTP := func(accept string) func(*testing.T, string, vars) string {
		return func(t *testing.T, document string, variables vars) string {
			t.Helper()
			got := s.post(body(document, variables), "Accept", accept)
			if status := map[bool]int{false: 200, true: 294}[strings.HasPrefix(got.body, `{"errors"`)]; got.status != status {
				t.Errorf("%d", got.status)
			}
			return strings.TrimSuffix(got.body, "\n")
		}
	}
	transports := map[string]func(*testing.T, string, vars) string{
		"JSON":    overHTTP("application/json"),
		"GraphQL": overHTTP("application/graphql-response+json"),
		"events": func(t *testing.T, document string, variables vars) string {
			t.Helper()
			events := s.sse(t, "admin", document, variables)
			got := events.next("next")
			events.next("complete")
			return got
		},
		"socket": func(t *testing.T, document string, variables vars) string {
			t.Helper()
			c := s.join(t, "admin")
			c.subscribe("1", document, variables)
			got := c.want("next", "1")
			c.want("complete", "1")
			return string(got.Payload)
		},
	}
	for name, document := range map[string]string{
		"a written list":           `query ($contact: ID!) { contacts(first: 1) { nodes { %s } } node(id: $contact) { id } }`,
		"written sessions":         `query ($contact: ID!) { sessions(first: 1, filter: {contactId: $contact}) { edges { node { contact { %s } } } } }`,
		"several lists":            `query ($contact: ID!) { a: contacts(first: 1) { nodes { %s } } b: contacts { nodes { a: notes b: notes } } node(id: $contact) { id } }`,
		"an object":                `query ($contact: ID!) { contact(id: $contact) { %s } }`,
		"an object behind another": `query ($contact: ID!) { nodes(ids: [$contact]) { ... on Contact { sessions(first: 1) { nodes { contact { %s } } } } } }`,
		"a list that gqlgen writes": `query ($contact: ID!) { contacts(first: 1) { nodes { %s history { nodes { version } } } }
			contact(id: $contact) { id } }`,
		"a mutation": `mutation ($contact: ID!) { updateContact(input: {id: $contact, phone: null}) { contact { %s } } }`,
	} {
		for transport, ask := range transports {
			t.Run(name+" over "+transport, func(t *testing.T) {
				t.Parallel()
				enough := 6
				if name == "several lists" {
					enough = 4
				}
				got := ask(t, fmt.Sprintf(document, notes(enough)), vars{"contact": contact})
				if !json.Valid([]byte(got)) || !strings.HasPrefix(got, `{"data":{`) || len(got) < 240_000 {
					t.Errorf("what fits is answered with %d bytes: %.200s", len(got), got)
				}
				got = ask(t, fmt.Sprintf(document, notes(enough+1)), vars{"contact": contact})
				if !strings.HasPrefix(got, `{"errors":[{"message":"The answer is too large: it can have at most 270000 bytes.`) ||
					!strings.Contains(got, `"extensions":{"code":"QUERY_TOO_COMPLEX"}}],"data":null`) || !json.Valid([]byte(got)) {
					t.Errorf("%.500s", got)
				}
			})
		}
	}
}

func TestAnEventThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	store := open(t)
	contact := talkative(t, store, 1)
	s := serveStore(t, store, answerLimit(100_000), following(t))
	c := s.join(t, "staff")
	c.subscribe("1", `subscription { contactEvents { contact { `+notes(3)+` } } }`, nil)
	c.barrier()
	s.change("staff", contact, "name", "Ann")
	if got := c.events("1", 1)[0]; !strings.Contains(got, "QUERY_TOO_COMPLEX") || !strings.Contains(got, `"data":null`) {
		t.Errorf("%.300s", got)
	}
}

// TestAMutationIsMadeThoughItsAnswerIsTooLarge makes two, of which the first says too much.
func TestAMutationIsMadeThoughItsAnswerIsTooLarge(t *testing.T) {
	t.Parallel()
	store := open(t)
	contact := talkative(t, store, 1)
	s := serveStore(t, store, answerLimit(100_000))
	got := s.query("staff", `mutation ($id: ID!) {
		a: updateContact(input: {id: $id, name: "Ann"}) { contact { `+notes(3)+` } }
		b: updateContact(input: {id: $id, email: "ann@example.com"}) { eventId }
	}`, vars{"id": contact})
	if codes, messages := got.errors(t); !slices.Equal(codes, []string{"QUERY_TOO_COMPLEX"}) || !strings.HasSuffix(messages[0], "The mutation has been made") {
		t.Errorf("%.300s", got.body)
	}
	var data struct{ Contact struct{ Name, Email string } }
	s.query("staff", `query ($id: ID!) { contact(id: $id) { name email } }`, vars{"id": contact}).into(t, &data)
	if data.Contact.Name != "Ann" || data.Contact.Email != "ann@example.com" {
		t.Errorf("%+v", data)
	}
}

// TestTheLimitIsExact answers what has as many bytes as the limit and not what has one more, however it is made.
func TestTheLimitIsExact(t *testing.T) {
	t.Parallel()
	store := open(t)
	loadOddPeople(t, store)
	for _, document := range []string{
		`{ contacts(first: 14) { nodes { id notes version sessions { nodes { id lastMessagePreview unreadCount } } } } viewer { subject } }`,
		`{ sessions(first: 50) { edges { cursor node { id contactName channel { name } } } } contacts { edges { cursor node { notes } } } }`,
	} {
		for name, options := range map[string][]option{"written": nil, "gqlgen": {graph.Stock}} {
			whole := ask(t, handlerOver(t, store, &syncBuffer{}, options...), token(t, "staff", "acme"), document, nil)
			var data struct{ Data json.RawMessage }
			if err := json.Unmarshal([]byte(whole.body), &data); err != nil {
				t.Fatal(err)
			}
			for bytes, want := range map[int]string{len(data.Data): `{"data":{`, len(data.Data) - 1: `{"errors":[{"message":"The answer is too large`} {
				h := handlerOver(t, store, &syncBuffer{}, append(options, answerLimit(bytes))...)
				if got := ask(t, h, token(t, "staff", "acme"), document, nil); !strings.HasPrefix(got.body, want) {
					t.Errorf("%s, %d of %d bytes: %.200s", name, bytes, len(data.Data), got.body)
				}
			}
		}
	}
}

// TestWhatIsTooLargeIsNotResolvedToItsEnd counts the fields that gqlgen resolves of an answer with many small ones.
func TestWhatIsTooLargeIsNotResolvedToItsEnd(t *testing.T) {
	t.Parallel()
	store := open(t)
	contact := talkative(t, store, 60)
	var fields atomic.Int64
	counting := func(h *graph.Options) { graph.CountResolved(&fields)(h) }
	document := `query ($id: ID!) { contact(id: $id) { sessions(first: 60) { nodes { contact { sessions(first: 60) { nodes { id status unreadCount } } } } } } }`
	for limit, want := range map[int][2]int64{8 << 20: {60 * 60 * 3, 60 * 60 * 5}, 32 << 10: {2_000, 4_000}} {
		fields.Store(0)
		h := handlerOver(t, store, &syncBuffer{}, counting, answerLimit(limit))
		got := ask(t, h, token(t, "staff", "acme"), document, vars{"id": contact})
		if n := fields.Load(); n < want[0] || n > want[1] {
			t.Errorf("limit %d: %d fields, want %v: %.100s", limit, n, want, got.body)
		}
		if strings.Contains(got.body, "QUERY_TOO_COMPLEX") != (limit < 1<<20) {
			t.Errorf("limit %d: %.200s", limit, got.body)
		}
	}
}

func TestNodesAreNamedOnce(t *testing.T) {
	t.Parallel()
	s := serve(t)
	shop := s.channel("admin", "Shop", "WHATSAPP")
	for _, ids := range [][]string{{shop, shop}, {"x", shop, "x"}} {
		got := s.query("staff", `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, vars{"ids": ids})
		if codes, messages := got.errors(t); !slices.Equal(codes, []string{"BAD_USER_INPUT"}) || messages[0] != "ids must name each object once" {
			t.Errorf("%s", got.body)
		}
	}
}

// wordy is a store that panics where it is asked whether there is anybody.
type wordy struct {
	*storagetest.Counter
	panics func(method string) bool
}

func (w wordy) HasContacts(ctx context.Context, id crm.WorkspaceID) (bool, error) {
	if w.panics("HasContacts") {
		panic("Ann is away")
	}
	return w.Counter.HasContacts(ctx, id)
}

func (w wordy) IdentitiesByContact(
	ctx context.Context, id crm.WorkspaceID, ids []crm.ContactID,
) (map[crm.ContactID][]crm.Identity, error) {
	if w.panics("IdentitiesByContact") {
		panic("Ann is away")
	}
	return w.Counter.IdentitiesByContact(ctx, id, ids)
}

// TestEachPanicIsCountedAndLogged looks at panics below written lists, which gqlgen meets again or not at all.
func TestEachPanicIsCountedAndLogged(t *testing.T) {
	t.Parallel()
	store := open(t)
	loadOddPeople(t, store)
	for name, c := range map[string]struct {
		method   string
		document string
		want     int64
	}{
		"in a list, and in gqlgen's once more": {"HasContacts", `{ contacts(search: "nobody at all") { workspaceHasContacts } }`, 2},
		"in what a whole page asks for, once":  {"IdentitiesByContact", `{ contacts(first: 14) { nodes { identities { externalId } } } }`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var panics atomic.Int64
			var log syncBuffer
			h := handlerOver(t, wordy{store, func(method string) bool { return method == c.method }}, &log,
				func(o *graph.Options) { o.Panicked = func() { panics.Add(1) } })
			got := ask(t, h, token(t, "staff", "acme"), c.document, nil)
			if codes, _ := got.errors(t); len(codes) == 0 || codes[0] != "INTERNAL" {
				t.Errorf("%s", got.body)
			}
			if n := panics.Load(); n != c.want {
				t.Errorf("%d panics counted, want %d", n, c.want)
			}
			if n := strings.Count(log.String(), "level=ERROR msg=panic panic=string stack="); n != int(c.want) {
				t.Errorf("%d panics logged, want %d: %s", n, c.want, &log)
			}
			if strings.Contains(log.String(), "Ann is away") || !strings.Contains(log.String(), "answer_test.go") {
				t.Error(&log)
			}
		})
	}
}
