package graph_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kith/graph"
)

// upload uploads a file for an import and returns the import's id.
func (s *server) upload(who, text string) string {
	s.t.Helper()
	role, workspace, ok := strings.Cut(who, "/")
	if !ok {
		workspace = "acme"
	}
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, "/import/contacts?name=people.csv", strings.NewReader(text))
	r.Header.Set("Authorization", token(s.t, role, workspace))
	w := httptest.NewRecorder()
	s.Config.Handler.(*graph.Handler).Upload.ServeHTTP(w, r)
	var up struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &up); err != nil || w.Code != http.StatusCreated {
		s.t.Fatalf("upload: %d %s", w.Code, w.Body)
	}
	return up.ID
}

func TestImports(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.upload("admin", "Name,Email\nEve,eve@example.com\nDan,nope\n")
	for _, c := range []struct{ name, who, document, want string }{
		{"an uploaded file", "admin", `query ($id: ID!) { importJob(id: $id) { state fileName rows columns { name field samples } form { format separator encoding header } } }`,
			`{"data":{"importJob":{"state":"READY","fileName":"people.csv","rows":2,"columns":[{"name":"Name","field":"NAME","samples":["Eve","Dan"]},` +
				`{"name":"Email","field":"EMAIL","samples":["eve@example.com","nope"]}],"form":{"format":"csv","separator":",","encoding":"utf-8","header":true}}}`},
		{"a preview", "admin", `query ($id: ID!) { importPreview(input: {id: $id}) { created updated unchanged refused rows { row outcome name column reason } last more } }`,
			`{"data":{"importPreview":{"created":1,"updated":0,"unchanged":0,"refused":1,"rows":[{"row":2,"outcome":"CREATED","name":"Eve","column":null,"reason":null},` +
				`{"row":3,"outcome":"REFUSED","name":null,"column":2,"reason":"Invalid email format"}],"last":2,"more":false}}`},
		{"no bulk job", "admin", `query ($id: ID!) { bulkJob(id: $id) { state } bulkJobs { nodes { id } } }`, `{"data":{"bulkJob":null,"bulkJobs":{"nodes":[]}}`},
		{"cancelled as a bulk job", "staff", `mutation ($id: ID!) { cancelBulkJob(input: {id: $id}) { job { state } userErrors { code } } }`,
			`{"data":{"cancelBulkJob":{"job":null,"userErrors":[{"code":"NOT_FOUND"}]}}`},
		{"started", "admin", `mutation ($id: ID!) { startImport(input: {id: $id}) { importJob { state } userErrors { code } } }`,
			`{"data":{"startImport":{"importJob":{"state":"PENDING"},"userErrors":[]}}`},
		{"started again", "admin", `mutation ($id: ID!) { startImport(input: {id: $id}) { importJob { state } userErrors { code } } }`,
			`{"data":{"startImport":{"importJob":{"state":"PENDING"},"userErrors":[{"code":"CONFLICT"}]}}`},
		{"cancelled", "admin", `mutation ($id: ID!) { cancelImport(input: {id: $id}) { importJob { state } userErrors { code } } }`,
			`{"data":{"cancelImport":{"importJob":{"state":"CANCELLED"},"userErrors":[]}}`},
		{"cancelled again", "admin", `mutation ($id: ID!) { cancelImport(input: {id: $id}) { importJob { state } userErrors { code } } }`,
			`{"data":{"cancelImport":{"importJob":{"state":"CANCELLED"},"userErrors":[{"code":"CONFLICT"}]}}`},
		{"the list", "admin", `{ importJobs { nodes { state } totalCount { value } } }`, `{"data":{"importJobs":{"nodes":[{"state":"CANCELLED"}],"totalCount":{"value":1}}}`},
		{"the audit log", "admin", `{ auditLog { nodes { action } } }`,
			`{"data":{"auditLog":{"nodes":[{"action":"IMPORT_CANCELLED"},{"action":"CONTACTS_IMPORTED"}]}}`},
	} {
		var in vars
		if strings.Contains(c.document, "$id") {
			in = vars{"id": id}
		}
		if got := s.query(c.who, c.document, in); !strings.HasPrefix(got.body, strings.TrimSuffix(c.want, "}")) {
			t.Errorf("%s: %s\nwant %s", c.name, got.body, c.want)
		}
	}
}
