package graph_test

import (
	"strings"
	"testing"
)

// view saves a view and returns its id.
func (s *server) view(who, name string) string {
	s.t.Helper()
	var data struct {
		CreateSavedView struct{ SavedView struct{ ID string } }
	}
	s.query(who, `mutation ($name: String!) { createSavedView(input: {name: $name, address: "/staff/chat"}) { savedView { id } } }`,
		vars{"name": name}).into(s.t, &data)
	return data.CreateSavedView.SavedView.ID
}

func TestSavedViews(t *testing.T) {
	t.Parallel()
	s := serve(t)
	mine := s.view("staff", "Mine")
	yours := s.view("admin", "Yours")
	const update, problems = `mutation ($in: UpdateSavedViewInput!) { updateSavedView(input: $in) { savedView { name address version } `,
		`userErrors { code field } } }`
	for _, c := range []struct {
		name, document string
		variables      vars
		want           string
	}{
		{"listed", `{ savedViews(first: 1) { nodes { name address version createdBy } pageInfo { hasNextPage } totalCount { value exact } } }`, nil,
			`{"savedViews":{"nodes":[{"name":"Mine","address":"/staff/chat","version":1,"createdBy":"staff@example.com"}],"pageInfo":{"hasNextPage":true},"totalCount":{"value":2,"exact":true}}}`},
		{"renamed", update + problems, vars{"in": vars{"id": mine, "name": "Ours", "expectedVersion": 1}},
			`{"updateSavedView":{"savedView":{"name":"Ours","address":"/staff/chat","version":2},"userErrors":[]}}`},
		{"edited by somebody else", update + problems, vars{"in": vars{"id": mine, "name": "Mine", "expectedVersion": 1}},
			`{"updateSavedView":{"savedView":{"name":"Ours","address":"/staff/chat","version":2},"userErrors":[{"code":"CONFLICT","field":["input","expectedVersion"]}]}}`},
		{"taken", update + problems, vars{"in": vars{"id": yours, "name": "Ours"}},
			`{"updateSavedView":{"savedView":null,"userErrors":[{"code":"NAME_TAKEN","field":["input","name"]}]}}`},
		{"wrong", update + problems, vars{"in": vars{"id": yours, "name": "", "address": "https://example.com"}},
			`{"updateSavedView":{"savedView":null,"userErrors":[{"code":"INVALID","field":["input","name"]},{"code":"INVALID","field":["input","address"]}]}}`},
		{"gone", update + problems, vars{"in": vars{"id": "view_x"}},
			`{"updateSavedView":{"savedView":null,"userErrors":[{"code":"NOT_FOUND","field":["input","id"]}]}}`},
		{"deleted", `mutation ($id: ID!) { deleteSavedView(input: {id: $id}) { deletedSavedViewId userErrors { code } } }`, vars{"id": yours},
			`{"deleteSavedView":{"deletedSavedViewId":"view_1","userErrors":[]}}`},
		{"deleted again", `mutation ($id: ID!) { deleteSavedView(input: {id: $id}) { deletedSavedViewId userErrors { code } } }`, vars{"id": yours},
			`{"deleteSavedView":{"deletedSavedViewId":null,"userErrors":[{"code":"NOT_FOUND"}]}}`},
	} {
		if got := s.ask(c.document, c.variables); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
	if got := s.query("staff", update+problems, vars{"in": vars{"id": mine, "name": nil}}).body; !strings.Contains(got, "input.name cannot be null") {
		t.Error(got)
	}
}
