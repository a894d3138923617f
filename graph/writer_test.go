package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/graph"
	"kith/internal/crm"
	"kith/storage"
	"kith/storage/storagetest"
)

// TestSlowWrittenListsAreWhatGqlgenWrites compares the answers to thousands of random operations, byte for byte, with those
// of gqlgen alone over the same data.
func TestSlowWrittenListsAreWhatGqlgenWrites(t *testing.T) {
	t.Parallel()
	store := open(t)
	loadOddPeople(t, store)
	log := &syncBuffer{}
	var lists atomic.Int64
	written, stock := handlerOver(t, store, log, graph.CountWritten(&lists), graph.Unlimited),
		handlerOver(t, store, log, graph.Stock, graph.Unlimited)
	operations := 2000
	if testing.Short() {
		operations = 200
	}
	store.Reset()
	staff, channel := token(t, "staff", "acme"), token(t, "channel", "acme")
	var good, failed, invalid int
	for seed := range uint64(operations) {
		document, variables := newGenerator(t, seed).operation()
		who := staff
		if seed%50 == 49 {
			who = channel
		}
		want := ask(t, stock, who, document, variables)
		most := store.Total()
		store.Reset()
		got := ask(t, written, who, document, variables)
		if n := store.Total(); n > 2*most { // which fields meet for one call is partly left to chance with gqlgen
			t.Errorf("seed %d: %s\ncosts %d storage calls, with gqlgen %d", seed, document, n, most)
		}
		store.Reset()
		switch {
		case want.status >= http.StatusBadRequest:
			invalid++
		case strings.HasPrefix(want.body, `{"errors"`):
			failed++
		default:
			good++
		}
		if got.status != want.status || got.header.Get("Content-Length") != fmt.Sprint(len(got.body)) ||
			essence(t, got.body) != essence(t, want.body) {
			t.Fatalf("seed %d: %s\n%v\nis answered\n%s\nwant\n%s", seed, document, variables, got.body, want.body)
		}
	}
	t.Logf("%d with data, %d with errors, %d refused; %d lists written", good, failed, invalid, lists.Load())
	if good < operations/2 || failed < operations/50 || invalid > operations/50 || lists.Load() < int64(good) {
		t.Error("the operations are not worth much")
	}
	if s := log.String(); s != "" {
		t.Error(s)
	}
}

// failing is a store in which one method fails.
type failing struct {
	*storagetest.Counter
	method string
	fail   func() error
}

func (f failing) SessionsByContact(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, q storage.SessionQuery,
) (map[crm.ContactID]storage.SessionPage, error) {
	found, err := f.Counter.SessionsByContact(ctx, w, ids, q)
	if f.method == "SessionsByContact" {
		return nil, f.fail()
	}
	return found, err
}

func (f failing) ChannelsByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ChannelID,
) (map[crm.ChannelID]crm.Channel, error) {
	found, err := f.Counter.ChannelsByID(ctx, w, ids)
	switch f.method {
	case "ChannelsByID":
		return nil, f.fail()
	case "no channel":
		return nil, nil
	}
	return found, err
}

func (f failing) CountContacts(ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery, most int) (storage.Count, error) {
	found, err := f.Counter.CountContacts(ctx, w, q, most)
	if f.method == "CountContacts" {
		return storage.Count{}, f.fail()
	}
	return found, err
}

// TestListsThatFailAreAnsweredAsGqlgenAnswers lets the storage fail below a list of one contact, so that nothing is left
// to chance: the answer, the log and what the storage was asked must be the same.
func TestListsThatFailAreAnsweredAsGqlgenAnswers(t *testing.T) {
	t.Parallel()
	const document = `{
		contacts(first: 1, search: "anna") {
			totalCount { value }
			nodes { id a: sessions(first: 1) { nodes { channel { name } } } }
			edges { node { again: sessions(first: 1) { edges { node { channel { name } } } } } }
		}
		viewer { role }
	}`
	store := open(t)
	loadOddPeople(t, store)
	for name, c := range map[string]failing{
		"sessions fail":                 {method: "SessionsByContact", fail: func() error { return errors.New("broken") }},
		"sessions panic":                {method: "SessionsByContact", fail: func() error { panic("broken") }},
		"sessions are away":             {method: "SessionsByContact", fail: func() error { return crm.ErrUnavailable }},
		"channels fail":                 {method: "ChannelsByID", fail: func() error { return errors.New("broken") }},
		"a channel is not there":        {method: "no channel"},
		"counting fails":                {method: "CountContacts", fail: func() error { return errors.New("broken") }},
		"counting panics":               {method: "CountContacts", fail: func() error { panic("broken") }},
		"nothing fails, for comparison": {},
	} {
		t.Run(name, func(t *testing.T) { //nolint:paralleltest // the calls to the store are counted
			c.Counter = store
			var answers, logs [2]string
			var calls [2]map[string]int
			for i, options := range [][]option{{graph.Stock}, nil} {
				var log syncBuffer
				h := handlerOver(t, c, &log, options...)
				store.Reset()
				answers[i], calls[i] = ask(t, h, token(t, "staff", "acme"), document, nil).body, store.Calls()
				logs[i] = fmt.Sprint(strings.Count(log.String(), "\n"))
			}
			for _, diff := range []string{cmp.Diff(answers[0], answers[1]), cmp.Diff(calls[0], calls[1]), cmp.Diff(logs[0], logs[1])} {
				if diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// TestAnErrorNamesThePathOfTheRefusedArgument compares errors of arguments, one path at a time.
func TestAnErrorNamesThePathOfTheRefusedArgument(t *testing.T) {
	t.Parallel()
	store := open(t)
	loadOddPeople(t, store)
	written, stock := handlerOver(t, store, io.Discard), handlerOver(t, store, io.Discard, graph.Stock)
	for _, document := range []string{
		`{ contacts(first: 1) { nodes { name a: sessions(first: 0) { nodes { id } } b: sessions { nodes { id } } } } }`,
		`{ contacts(first: 1) { edges { node { sessions(after: "x") { nodes { id } } } } } }`,
		`{ contacts(last: 1) { nodes { sessions(first: 99999999999) { nodes { id } } } } }`,
		`{ contacts(first: 1) { nodes { sessions(after: "", before: "") { nodes { id } } } } }`,
		`{ contacts(first: 1) { nodes { sessions(orderBy: {field: LAST_MESSAGE, direction: null}) { nodes { id } } } } }`,
		`{ contacts(first: 1) { nodes { sessions(first: 1, last: 1) { pageInfo { endCursor } } } } }`,
		`{ contacts(first: 0) { nodes { id } } }`,
		`{ contacts(search: "nobody at all") { nodes { sessions(first: 0) { nodes { id } } } } }`,
		`{ contacts(first: 1) { nodes { sessions(first: 0) @skip(if: true) { nodes { id } } } } }`,
		`{ contacts(first: 1) { nodes { id } } sessions(before: "x") { nodes { id } } }`,
	} {
		want, got := ask(t, stock, token(t, "staff", "acme"), document, nil), ask(t, written, token(t, "staff", "acme"), document, nil)
		if diff := cmp.Diff(want.body, got.body); diff != "" {
			t.Errorf("%s: %s", document, diff)
		}
	}
}

// essence is an answer in which errors, whose order and choice are left to chance when rows fail side by side, are
// reduced to what they have in common.
func essence(t *testing.T, body string) string {
	t.Helper()
	if !strings.HasPrefix(body, `{"errors"`) {
		return body
	}
	var r struct {
		Errors []struct {
			Message    string
			Path       []any
			Extensions map[string]any
		}
		Data json.RawMessage
	}
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	var kinds []string
	for _, e := range r.Errors {
		kinds = append(kinds, fmt.Sprint(e.Message, e.Extensions))
	}
	slices.Sort(kinds)
	return fmt.Sprintf("%d errors, %v, %s", len(r.Errors), slices.Compact(kinds), r.Data)
}

// ask asks without a network in between.
func ask(t *testing.T, h http.Handler, who, document string, variables vars) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(body(document, variables)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	r.Header.Set("Authorization", who)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// loadOddPeople fills a workspace with people of all kinds: with and without each field, with texts that need escaping,
// with no session and many, and somebody deleted.
func loadOddPeople(t *testing.T, store *storagetest.Counter) {
	t.Helper()
	ctx := t.Context()
	w, err := store.Workspace(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	var channels []crm.ChannelID
	for i, name := range []string{"Shop", "Page \"two\"", "Тест\u2028<b>&"} {
		c := crm.Channel{ID: crm.NewChannelID(start), Name: name, Type: crm.ChannelTypes[i], Active: i != 1, CreatedAt: start}
		c.RequireSignedIdentity = i == 2
		if err := store.CreateChannel(ctx, w, c); err != nil {
			t.Fatal(err)
		}
		channels = append(channels, c.ID)
	}
	names := []string{"", "Ann Smith", "Anna \"Annie\" O'Hara", "Änne\u2028<script>&amp;", "Han\tnah\\\x7f", "Joanna 😀", "Ann"}
	tags := []*crm.SessionTag{nil, new(crm.Complaint), new(crm.OrderStatus)}
	statuses := []crm.SessionStatus{crm.Active, crm.Escalated, crm.Closed, crm.Archived}
	optional := func(on bool, s string) *string {
		if !on || s == "" {
			return nil
		}
		return &s
	}
	var people []storage.Loaded
	for i := range 14 {
		at := start.Add(-time.Duration(i) * 7_654_321 * time.Microsecond)
		id := crm.NewContactID(at)
		p := storage.Loaded{Contact: crm.Contact{
			ID: id, Name: optional(true, names[i%len(names)]), Email: optional(i%3 != 0, fmt.Sprintf("ann%d@example.com", i)),
			Phone: optional(i%4 == 0, fmt.Sprintf("+4930123%03d", i)), Notes: strings.Repeat("a \"note\"\n", i%3),
			Version: i + 1, CreatedAt: at, UpdatedAt: at.Add(time.Second), LastActivityAt: &at,
		}}
		if i%5 == 4 {
			p.Contact.LastActivityAt = nil
		}
		for j := range i % 6 {
			channel := channels[j%len(channels)]
			if j < len(channels) {
				p.Identities = append(p.Identities, crm.Identity{
					ContactID: id, ChannelID: channel, ExternalID: fmt.Sprintf("%d/%d\x01", i, j), DisplayName: optional(j > 0, "D"), CreatedAt: at,
				})
			}
			p.Sessions = append(p.Sessions, crm.Session{
				ID: crm.NewSessionID(at), ContactID: &id, ChannelID: channel, Status: statuses[(i+j)%4], Tag: tags[(i+j)%3],
				LastMessagePreview: optional(j != 1, "Hello \\o/ “you”"), LastMessageAt: at.Add(time.Duration(j) * time.Minute), UnreadCount: j, StartedAt: at.Add(-time.Duration(j) * time.Hour),
			})
		}
		people = append(people, p)
	}
	if err := store.Load(ctx, w, slices.Values(people)); err != nil {
		t.Fatal(err)
	}
	if err := store.DeleteContact(ctx, w, people[11].Contact.ID, crm.ContactDeletion{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
}
