package graph_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"kith/internal/crm"
	"kith/storage"
)

const updateContacts = `mutation ($edits: [UpdateContactInput!]!) { updateContacts(input: {edits: $edits}) {
	results { contact { name version } userErrors { code field } }
} }`

func TestABatchHasAResultForEachItem(t *testing.T) {
	t.Parallel()
	s := serve(t)
	people := s.people()
	for name, c := range map[string]struct {
		document  string
		variables vars
		want      string
	}{
		"edits, of which some are refused": {updateContacts, vars{"edits": []vars{
			{"id": people["ann"], "name": "Anna", "expectedVersion": 1},
			{"id": people["ann"], "name": "Annie", "expectedVersion": 1},
			{"id": "contact_00000000000000000000000000000000", "name": "Nobody"},
			{"id": people["jose"], "email": "nope"},
			{"id": people["ann"], "notes": "Third", "expectedVersion": 2},
		}}, `{"updateContacts":{"results":[` +
			`{"contact":{"name":"Anna","version":2},"userErrors":[]},` +
			`{"contact":{"name":"Anna","version":2},"userErrors":[{"code":"CONFLICT","field":["input","edits","1","expectedVersion"]}]},` +
			`{"contact":null,"userErrors":[{"code":"NOT_FOUND","field":["input","edits","2","id"]}]},` +
			`{"contact":{"name":"José Müller","version":1},"userErrors":[{"code":"INVALID","field":["input","edits","3","email"]}]},` +
			`{"contact":{"name":"Anna","version":3},"userErrors":[]}]}}`},
		"deletions, one twice": {
			`mutation ($ids: [ID!]!) { deleteContacts(input: {ids: $ids}) { results { deletedContactId userErrors { code field } } } }`,
			vars{"ids": []string{people["nobody"], people["nobody"]}},
			`{"deleteContacts":{"results":[{"deletedContactId":"contact_1","userErrors":[]},` +
				`{"deletedContactId":null,"userErrors":[{"code":"NOT_FOUND","field":["input","ids","1"]}]}]}}`,
		},
		"sessions": {
			`mutation ($edits: [UpdateSessionInput!]!) { updateSessions(input: {edits: $edits}) { results { session { status } userErrors { code field } } } }`,
			vars{"edits": []vars{{"id": people["annShop"], "status": "CLOSED"}, {"id": people["annShop"], "status": nil}}},
			`{"updateSessions":{"results":[{"session":{"status":"CLOSED"},"userErrors":[]},` +
				`{"session":{"status":"CLOSED"},"userErrors":[{"code":"INVALID","field":["input","edits","1","status"]}]}]}}`,
		},
		"nothing": {updateContacts, vars{"edits": []vars{}}, `{"updateContacts":{"results":[]}}`},
	} {
		if got := s.ask(c.document, c.variables); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestABatchHasABound(t *testing.T) {
	t.Parallel()
	s := serve(t)
	edits := make([]vars, 101)
	for i := range edits {
		edits[i] = vars{"id": "x"}
	}
	got := s.query("staff", updateContacts, vars{"edits": edits})
	if codes, _ := got.errors(t); len(codes) != 1 || codes[0] != "BAD_USER_INPUT" {
		t.Error(got.body)
	}
	const cost = `"cost":{"cost":%d,`
	one, ten := s.query("staff", updateContacts, vars{"edits": edits[:1]}).body, s.query("staff", updateContacts, vars{"edits": edits[:10]}).body
	if !strings.Contains(one, fmt.Sprintf(cost, 30)) || !strings.Contains(ten, fmt.Sprintf(cost, 202)) {
		t.Errorf("one edit: %s\nten: %s", one, ten)
	}
}

// TestWhatABatchHasMadeIsAnswered has the database go away after two edits.
func TestWhatABatchHasMadeIsAnswered(t *testing.T) {
	t.Parallel()
	whole := open(t)
	store := &leaving{Store: whole}
	s := serveStore(t, store)
	s.store = whole
	people := s.people()
	store.left.Store(2)
	edit := func(id, notes string) vars { return vars{"id": id, "notes": notes} }
	got := s.query("staff", updateContacts, vars{"edits": []vars{
		edit(people["ann"], "1"), edit(people["jose"], "2"), edit(people["ann"], "3"), edit(people["jose"], "4"),
	}})
	if !strings.Contains(got.body, `"results":[{"contact":{`) || !strings.Contains(got.body, `"userErrors":[]},null,null]`) {
		t.Error(got.body)
	}
	codes, _ := got.errors(t)
	if fmt.Sprint(codes) != "[UNAVAILABLE UNAVAILABLE]" || !strings.Contains(got.body, `"path":["updateContacts","results",3]`) {
		t.Error(got.body)
	}
	got = s.query("staff", updateContacts, vars{"edits": []vars{edit(people["ann"], "5"), edit(people["jose"], "6")}})
	if codes, _ := got.errors(t); fmt.Sprint(codes) != "[UNAVAILABLE]" {
		t.Errorf("the first failed: %s", got.body)
	}
}

// leaving is a store that takes so many edits of contacts more.
type leaving struct {
	storage.Store

	left atomic.Int64
}

func (s *leaving) UpdateContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, e crm.ContactEdit) (crm.Contact, error) {
	if s.left.Add(-1) < 0 {
		return crm.Contact{}, crm.ErrUnavailable
	}
	return s.Store.UpdateContact(ctx, w, id, e)
}
