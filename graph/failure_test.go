package graph_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"kith/internal/crm"
	"kith/storage"
)

// broken is a store whose lists of contacts fail in a way of one's own.
type broken struct {
	storage.Store
	fail func(ctx context.Context) error
}

func (b broken) Contacts(ctx context.Context, _ crm.WorkspaceID, _ storage.ContactQuery) (storage.ContactPage, error) {
	return storage.ContactPage{}, b.fail(ctx)
}

func (b broken) SessionsByContact(
	ctx context.Context, _ crm.WorkspaceID, _ []crm.ContactID, _ storage.SessionQuery,
) (map[crm.ContactID]storage.SessionPage, error) {
	return nil, b.fail(ctx)
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fail   func(context.Context) error
		code   string
		logged bool
	}{
		"an error that nobody expects is internal": {
			func(context.Context) error { return errors.New(`SELECT notes FROM contacts: "Ann" is away`) }, "INTERNAL", true,
		},
		"a panic is internal": {func(context.Context) error { panic("Ann is away") }, "INTERNAL", true},
		"a thing that is missing where it must be is internal": {
			func(context.Context) error { return crm.ErrNotFound }, "INTERNAL", true,
		},
		"a database that is away is unavailable": {
			func(context.Context) error { return errors.Join(errors.New("SELECT"), crm.ErrUnavailable) }, "UNAVAILABLE", false,
		},
		"a timeout is unavailable": {func(context.Context) error { return context.DeadlineExceeded }, "UNAVAILABLE", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counter := open(t)
			s := serveStore(t, counter)
			channel := s.channel("admin", "Shop", "WHATSAPP")
			contact, _ := s.record("admin", vars{"channelId": channel, "externalId": "1", "messageId": "1"})
			other, _ := s.record("admin", vars{"channelId": channel, "externalId": "2", "messageId": "1"})
			s.Server = httptest.NewServer(s.handler(broken{counter, c.fail}))
			t.Cleanup(s.Close)
			for _, document := range []string{
				`{ contacts { nodes { id } } }`,
				`{ viewer { role } nodes(ids: ["` + contact + `", "` + other + `"]) { ... on Contact { sessions { nodes { id } } } } }`,
			} {
				got := s.query("staff", document, nil)
				codes, _ := got.errors(t)
				if got.status != 200 || !slices.Equal(slices.Compact(codes), []string{c.code}) || strings.Contains(got.body, "Ann") || strings.Contains(got.body, "SELECT") {
					t.Errorf("%d %s", got.status, got.body)
				}
				if c.code == "INTERNAL" != strings.Contains(got.body, `"message":"internal error"`) ||
					c.code == "INTERNAL" != strings.Contains(got.body, `"requestId":"request-1"`) {
					t.Errorf("%s", got.body)
				}
			}
			if n := strings.Count(s.log.String(), "request failed"); c.logged && n != 2 || !c.logged && n != 0 {
				t.Errorf("logged %d times: %s", n, s.log)
			}
			if after := s.query("staff", `{ viewer { role } }`, nil); after.status != 200 {
				t.Errorf("afterwards %d %s", after.status, after.body)
			}
		})
	}
}

func TestAnAnswerNamesFiveErrorsAtMost(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, document := range []string{
		`{` + strings.Repeat(" nothing", 50) + ` }`,
		`{ a: contacts(first: 0) { search } b: contacts(first: 0) { search } ` +
			`c: contact(id: "x") { id } s1: sessions(first: 0) { nodes { id } } }`,
	} {
		got := s.query("staff", document, nil)
		if codes, _ := got.errors(t); len(codes) == 0 || len(codes) > 5 {
			t.Errorf("%d errors: %s", len(codes), got.body)
		}
	}
}

func TestACredentialThatCannotBeCheckedIsUnavailable(t *testing.T) {
	t.Parallel()
	s := serveStore(t, open(t))
	away := awayStore{s.store}
	s.Server = httptest.NewServer(s.handler(away))
	t.Cleanup(s.Close)
	got := s.query("staff", `{ viewer { role } }`, nil)
	if codes, _ := got.errors(t); got.status != 503 || !slices.Equal(codes, []string{"UNAVAILABLE"}) {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// awayStore is a store whose database is away.
type awayStore struct{ storage.Store }

func (awayStore) Workspace(context.Context, string) (crm.WorkspaceID, error) {
	return 0, crm.ErrUnavailable
}
