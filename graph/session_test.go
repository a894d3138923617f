package graph_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"kith/graph"
	"kith/internal/crm"
	"kith/storage"
)

// overtaken is a store in which a contact is deleted just before it would be read.
type overtaken struct {
	storage.Store

	armed atomic.Bool
}

func (o *overtaken) ContactsByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID,
) (map[crm.ContactID]crm.Contact, error) {
	if o.armed.CompareAndSwap(true, false) {
		for _, id := range ids {
			deletion := crm.ContactDeletion{At: start, Event: crm.NewEventID(start), Actor: "staff@example.com"}
			if err := o.DeleteContact(ctx, w, id, deletion); err != nil {
				return nil, err
			}
		}
	}
	return o.Store.ContactsByID(ctx, w, ids)
}

// TestADeletionBetweenASessionAndItsContact is of answers that read a session, then, after its contact was deleted, the
// contact: what the customer wrote must not stand where nothing says whose it was.
func TestADeletionBetweenASessionAndItsContact(t *testing.T) {
	t.Parallel()
	set := func(t *testing.T, options ...option) (s *server, store *overtaken, session string) {
		t.Helper()
		store = &overtaken{Store: open(t)}
		s = serveStore(t, store, options...)
		shop := s.channel("admin", "Shop", "TELEGRAM")
		_, session = s.record("channel", vars{
			"channelId": shop, "externalId": "1", "messageId": "1", "text": "Hello", "profile": vars{"name": "Ann"},
		})
		return s, store, session
	}
	const (
		whole   = `{"contact":{"name":"Ann"},"contactName":"Ann","lastMessagePreview":"Hello"}`
		nobodys = `{"contact":null,"contactName":"Anonymous","lastMessagePreview":null}`
	)
	for name, options := range map[string][]option{"written": nil, "by gqlgen": {graph.Stock}} {
		for _, document := range []string{
			`query { sessions { nodes { contact { name } contactName lastMessagePreview } } }`,
			`query { sessions { edges { node { ... on Node { ... on Session { contact { name } } } contactName lastMessagePreview } } } }`,
			`query ($id: ID!) { session(id: $id) { contact { name } contactName lastMessagePreview } }`,
			`mutation ($id: ID!) { updateSession(input: {id: $id, status: CLOSED}) { session { contact { name } contactName lastMessagePreview } } }`,
		} {
			t.Run(name+" "+document, func(t *testing.T) {
				t.Parallel()
				s, store, session := set(t, options...)
				variables := vars{"id": session}
				if !strings.Contains(document, "$id") {
					variables = nil
				}
				if strings.HasPrefix(document, "query") {
					if got := s.query("staff", document, variables).body; !strings.Contains(got, whole) {
						t.Error(got)
					}
				}
				store.armed.Store(true)
				if got := s.query("staff", document, variables).body; !strings.Contains(got, nobodys) {
					t.Error(got)
				}
			})
		}
	}
	t.Run("an event", func(t *testing.T) {
		t.Parallel()
		s, store, session := set(t, following(t))
		c := s.join(t, "staff")
		c.subscribe("1", `subscription { sessionEvents { kind session { contact { name } contactName lastMessagePreview } } }`, nil)
		c.barrier()
		store.armed.Store(true)
		s.edit(session, "status: CLOSED")
		if got := c.events("1", 1)[0]; !strings.Contains(got, nobodys) {
			t.Error(got)
		}
	})
}
