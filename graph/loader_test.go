package graph_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
	"kith/storage"
)

// fill reports the messages of so many customers on two channels: two sessions each.
func fill(t *testing.T, s *server, customers int) {
	t.Helper()
	channels := []string{s.channel("admin", "Shop", "WHATSAPP"), s.channel("admin", "Page", "FACEBOOK")}
	for i := range customers {
		for _, c := range channels {
			s.record("admin", vars{
				"channelId": c, "externalId": fmt.Sprint(i), "messageId": "1",
				"profile": vars{"name": fmt.Sprintf("Customer %02d", i), "email": fmt.Sprintf("c%02d@example.com", i), "emailVerified": true},
			})
		}
	}
}

func TestAPageCostsAFixedNumberOfStorageCalls(t *testing.T) {
	t.Parallel()
	s := serve(t)
	fill(t, s, 30)
	for name, c := range map[string]struct {
		document string
		calls    map[string]int
		atMost   map[string]int // of calls that meet or miss each other
	}{
		"contacts with sessions, channels and identities": {
			`query ($first: Int!) { contacts(first: $first) {
				nodes { name sessions(first: 5) { nodes { id contactName contact { name } channel { name } } } identities { externalId channel { name } } }
				edges { node { sessions(first: 5) { edges { cursor } } } }
			} }`,
			map[string]int{"Contacts": 1, "SessionsByContact": 1, "IdentitiesByContact": 1, "ContactsByID": 1},
			map[string]int{"ChannelsByID": 2},
		},
		"sessions that each alias asks for in its own way": {
			`query ($first: Int!) { contacts(first: $first) { nodes {
				a: sessions(first: 1) { nodes { id } }
				b: sessions(last: 1) { nodes { id } }
				c: sessions(filter: {statuses: [ESCALATED]}) { nodes { id } }
				again: sessions(first: 1) { nodes { id } }
			} } }`,
			map[string]int{"Contacts": 1, "SessionsByContact": 3},
			nil,
		},
		"contacts with their histories": {
			`query ($first: Int!) { contacts(first: $first) { nodes {
				history(first: 2) { nodes { kind } } all: history { nodes { version } }
			} } }`,
			map[string]int{"Contacts": 1, "HistoryByContact": 2},
			nil,
		},
		"sessions with their contacts' sessions": {
			`query ($first: Int!) { sessions(first: $first) { nodes {
				contactName channel { name } contact { sessions { nodes { status } } identities { externalId } }
			} } }`,
			map[string]int{"Sessions": 1, "ContactsByID": 1, "ChannelsByID": 1, "SessionsByContact": 1, "IdentitiesByContact": 1},
			nil,
		},
		"counting only when asked": {
			`query ($first: Int!) { contacts(first: $first) { totalCount { value exact } workspaceHasContacts nodes { id } } }`,
			map[string]int{"Contacts": 1, "CountContacts": 1},
			nil,
		},
	} {
		for _, first := range []int{1, 2, 25} {
			t.Run(fmt.Sprintf("%s, %d rows", name, first), func(t *testing.T) {
				s.countOf(t, c.document, vars{"first": first}, c.calls, c.atMost)
			})
		}
	}
}

func TestNodesAreOneCallAType(t *testing.T) {
	t.Parallel()
	s := serve(t)
	channel := s.channel("admin", "Shop", "WHATSAPP")
	var ids []string
	for i := range 4 {
		contact, session := s.record("admin", vars{"channelId": channel, "externalId": fmt.Sprint(i), "messageId": "1"})
		ids = append(ids, session, fmt.Sprintf("contact_%032d", i), contact, fmt.Sprint("nonsense ", i))
	}
	ids = append(ids, channel)
	s.store.Reset()
	var data struct {
		Nodes []*struct {
			ID string
		}
	}
	s.query("staff", `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Session { contactName } } }`, vars{"ids": ids}).into(t, &data)
	for i, id := range ids {
		got := data.Nodes[i]
		if missing := i%4 == 1 || i%4 == 3; missing != (got == nil) || got != nil && got.ID != id {
			t.Errorf("%d: %s is %v", i, id, got)
		}
	}
	want := map[string]int{"ContactsByID": 2, "SessionsByID": 1, "ChannelsByID": 1} // the second for contactName
	if diff := cmp.Diff(want, s.calls(t)); diff != "" {
		t.Error(diff)
	}
}

// inStep is a store that answers with a page when its count is being read, and with the count when the page is.
type inStep struct {
	storage.Store

	page, count chan struct{}
}

func (i inStep) Contacts(ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery) (storage.ContactPage, error) {
	close(i.page)
	if err := wait(ctx, i.count); err != nil {
		return storage.ContactPage{}, err
	}
	return i.Store.Contacts(ctx, w, q)
}

func (i inStep) CountContacts(ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery, most int) (storage.Count, error) {
	close(i.count)
	if err := wait(ctx, i.page); err != nil {
		return storage.Count{}, err
	}
	return i.Store.CountContacts(ctx, w, q, most)
}

func wait(ctx context.Context, other <-chan struct{}) error {
	select {
	case <-other:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(5 * time.Second):
		return crm.ErrUnavailable
	}
}

func TestACountIsReadWhileItsPageIs(t *testing.T) {
	t.Parallel()
	store := inStep{open(t), make(chan struct{}), make(chan struct{})}
	h := handlerOver(t, store, &syncBuffer{})
	got := ask(t, h, token(t, "staff", "acme"), `{ contacts(search: "a") { nodes { id } ... { totalCount { value } } } }`, nil)
	if want := `{"data":{"contacts":{"nodes":[],"totalCount":{"value":0}}}`; !strings.HasPrefix(got.body, want) {
		t.Error(got.body)
	}
}

func TestAPageThatIsRefusedIsNotCounted(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, arguments := range []string{`first: 101`, `first: 1, last: 1`, `after: "x"`, `search: "a", orderBy: {field: CREATED, direction: ASC}`, `search: "a\u0000"`} {
		got := s.query("staff", `{ contacts(`+arguments+`) { totalCount { value } } }`, nil)
		if codes, _ := got.errors(t); len(codes) != 1 {
			t.Errorf("%s: %s", arguments, got.body)
		}
	}
	time.Sleep(50 * time.Millisecond) // what is read meanwhile may begin late
	if n := s.store.Calls()["CountContacts"]; n > 0 {
		t.Errorf("%d counts", n)
	}
}

func TestAMutationIsNotAnsweredFromWhatWasReadBefore(t *testing.T) {
	t.Parallel()
	s := serve(t)
	channel := s.channel("admin", "Shop", "WHATSAPP")
	contact, _ := s.record("admin", vars{"channelId": channel, "externalId": "1", "messageId": "1"})
	type payload struct {
		Contact struct {
			Sessions struct {
				Nodes []struct{ ContactName string }
			}
		}
	}
	var data struct{ A, B payload }
	s.query("staff", `mutation ($id: ID!) {
		a: updateContact(input: {id: $id, name: "Ann"}) { contact { sessions { nodes { contactName } } } }
		b: updateContact(input: {id: $id, name: "Bea"}) { contact { sessions { nodes { contactName } } } }
	}`, vars{"id": contact}).into(t, &data)
	if a, b := data.A.Contact.Sessions.Nodes[0].ContactName, data.B.Contact.Sessions.Nodes[0].ContactName; a != "Ann" || b != "Bea" {
		t.Errorf("%q, then %q", a, b)
	}
}

// calls are those of the store since the count was reset, but for what is asked once and remembered: the workspace, by signing
// in, and its settings.
func (s *server) calls(t *testing.T) map[string]int {
	t.Helper()
	got := maps.Clone(s.store.Calls())
	if got["Settings"] > 1 {
		t.Errorf("the settings are read %d times", got["Settings"])
	}
	delete(got, "Workspace")
	delete(got, "Settings")
	return got
}

// countOf runs an operation and compares the calls that it made.
func (s *server) countOf(t *testing.T, document string, variables vars, want, atMost map[string]int) {
	t.Helper()
	s.store.Reset()
	var data any
	s.query("staff", document, variables).into(t, &data)
	got := s.calls(t)
	for method, most := range atMost {
		if got[method] < 1 || got[method] > most {
			t.Errorf("%s: %d calls, want 1 to %d", method, got[method], most)
		}
		delete(got, method)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
