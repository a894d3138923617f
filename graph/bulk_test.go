package graph_test

import (
	"regexp"
	"strings"
	"testing"
)

// bulkDeletion begins to delete what a search finds, and returns the id of the job. Nothing runs it.
func (s *server) bulkDeletion(who, search string) string {
	s.t.Helper()
	var data struct {
		BulkDeleteContacts struct {
			Token string
			Job   struct{ ID string }
		}
	}
	const count = `mutation ($in: BulkDeleteContactsInput!) { bulkDeleteContacts(input: $in) { token } }`
	const begin = `mutation ($in: BulkDeleteContactsInput!) { bulkDeleteContacts(input: $in) { job { id } } }`
	s.query(who, count, vars{"in": vars{"search": search, "dryRun": true}}).into(s.t, &data)
	s.query(who, begin, vars{"in": vars{"search": search, "token": data.BulkDeleteContacts.Token}}).into(s.t, &data)
	return data.BulkDeleteContacts.Job.ID
}

func TestBulkJobs(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.people()
	const count = `mutation ($in: BulkDeleteContactsInput!) { bulkDeleteContacts(input: $in) { count job { id } userErrors { code } } }`
	const update = `mutation ($in: BulkUpdateSessionsInput!) { bulkUpdateSessions(input: $in) { count job { id } userErrors { code field } } }`
	job := s.bulkDeletion("staff", "ann")
	for _, c := range []struct {
		name, document string
		variables      vars
		want           string
	}{
		{"counted", count, vars{"in": vars{"search": "ann", "dryRun": true}}, `{"bulkDeleteContacts":{"count":1,"job":null,"userErrors":[]}}`},
		{"counted under a filter", count, vars{"in": vars{"filter": vars{"hasEmail": false, "hasPhone": false}, "search": "ann", "dryRun": true}},
			`{"bulkDeleteContacts":{"count":0,"job":null,"userErrors":[]}}`},
		{"another token", count, vars{"in": vars{"search": "ann", "token": "x"}},
			`{"bulkDeleteContacts":{"count":null,"job":null,"userErrors":[{"code":"TOKEN_INVALID"}]}}`},
		{"no token", count, vars{"in": vars{"search": "ann"}}, `{"bulkDeleteContacts":{"count":null,"job":null,"userErrors":[{"code":"INVALID"}]}}`},
		{"sessions counted", update, vars{"in": vars{"filter": vars{"statuses": []string{"ACTIVE"}}, "status": "CLOSED", "dryRun": true}},
			`{"bulkUpdateSessions":{"count":4,"job":null,"userErrors":[]}}`},
		{"nothing to change", update, vars{"in": vars{"dryRun": true}},
			`{"bulkUpdateSessions":{"count":null,"job":null,"userErrors":[{"code":"INVALID","field":["input","status"]}]}}`},
		{"no status", update, vars{"in": vars{"status": nil, "dryRun": true}},
			`{"bulkUpdateSessions":{"count":null,"job":null,"userErrors":[{"code":"INVALID","field":["input","status"]}]}}`},
		{"a tag cleared", update, vars{"in": vars{"tag": nil, "dryRun": true}}, `{"bulkUpdateSessions":{"count":4,"job":null,"userErrors":[]}}`},
		{"a job", `query ($id: ID!) { bulkJob(id: $id) { kind state actor total listed handled deleted updated unchanged refused failure startedAt finishedAt
			refusals { nodes { code } totalCount { value exact } pageInfo { hasNextPage } } } }`, vars{"id": job},
			`{"bulkJob":{"kind":"DELETE_CONTACTS","state":"PENDING","actor":"staff@example.com","total":null,"listed":0,"handled":0,"deleted":0,"updated":0,` +
				`"unchanged":0,"refused":0,"failure":null,"startedAt":null,"finishedAt":null,` +
				`"refusals":{"nodes":[],"totalCount":{"value":0,"exact":true},"pageInfo":{"hasNextPage":false}}}}`},
		{"cancelled", `mutation ($id: ID!) { cancelBulkJob(input: {id: $id}) { job { state } userErrors { code } } }`, vars{"id": job},
			`{"cancelBulkJob":{"job":{"state":"CANCELLED"},"userErrors":[]}}`},
		{"cancelled again", `mutation ($id: ID!) { cancelBulkJob(input: {id: $id}) { job { state } userErrors { code field } } }`, vars{"id": job},
			`{"cancelBulkJob":{"job":{"state":"CANCELLED"},"userErrors":[{"code":"JOB_ENDED","field":null}]}}`},
		{"none", `mutation { cancelBulkJob(input: {id: "job_x"}) { job { state } userErrors { code field } } }`, nil,
			`{"cancelBulkJob":{"job":null,"userErrors":[{"code":"NOT_FOUND","field":["input","id"]}]}}`},
		{"the list", `{ bulkJobs { nodes { state } edges { node { kind } } totalCount { value } pageInfo { hasNextPage } } }`, nil,
			`{"bulkJobs":{"nodes":[{"state":"CANCELLED"}],"edges":[{"node":{"kind":"DELETE_CONTACTS"}}],"totalCount":{"value":1},"pageInfo":{"hasNextPage":false}}}`},
	} {
		if got := s.ask(c.document, c.variables); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
	audit := s.query("admin", `{ auditLog(first: 2) { nodes { action fields } } }`, nil).body
	if !strings.Contains(audit, `[{"action":"BULK_JOB_CANCELLED","fields":[]},{"action":"BULK_DELETION_STARTED","fields":[]}]`) {
		t.Error(audit)
	}
	token := s.query("staff", `mutation { bulkDeleteContacts(input: {search: "ann", dryRun: true}) { token expiresAt } }`, nil).body
	if !regexp.MustCompile(`"token":"[\w-]{40,}","expiresAt":"\d{4}-`).MatchString(token) {
		t.Error(token)
	}
}
