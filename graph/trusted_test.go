package graph_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"kith/graph"
)

func trusting(t *testing.T, manifest string) option {
	t.Helper()
	documents, err := graph.ReadTrustedDocuments(strings.NewReader(manifest))
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile("../web/staff/operations.graphql")
	if err != nil {
		t.Fatal(err)
	}
	documents.TrustOwn(string(own))
	return func(o *graph.Options) { o.Trusted = documents }
}

func TestTrustedDocuments(t *testing.T) {
	t.Parallel()
	s := serve(t, trusting(t, `{
		"8a1": "query Who { viewer { role } }",
		"8b2": "query Page($n: Int) { contacts(first: $n) { nodes { id __typename } } }"
	}`))
	const refused = `"FORBIDDEN"`
	for name, c := range map[string]struct{ body, want string }{
		"a document by its id":                 {`{"documentId":"8a1"}`, `"role":"ADMIN"`},
		"as Relay names it":                    {`{"id":"8a1"}`, `"role":"ADMIN"`},
		"or as it did before":                  {`{"doc_id":"8a1"}`, `"role":"ADMIN"`},
		"as Apollo names it":                   {`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"8a1"}}}`, `"role":"ADMIN"`},
		"with variables":                       {`{"documentId":"8b2","variables":{"n":3}}`, `"nodes":[]`},
		"with bad ones":                        {`{"documentId":"8b2","variables":{"n":"x"}}`, `BAD_USER_INPUT`},
		"by its text":                          {`{"query":"query Who { viewer { role } }"}`, `"role":"ADMIN"`},
		"by a text that is not quite the same": {`{"query":"query Who { viewer { role  } }"}`, refused},
		"another document":                     {`{"query":"{ viewer { role } }"}`, refused},
		"an id of none":                        {`{"documentId":"8c3"}`, refused},
		"an id beside another document":        {`{"documentId":"8a1","query":"{ viewer { role } }"}`, refused},
		"nothing":                              {`{}`, `query must be a GraphQL document`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{Server: s.Server, t: t}
			if got := s.post(c.body); !strings.Contains(got.body, c.want) {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	for way, send := range ways {
		t.Run("another document by "+way, func(t *testing.T) {
			t.Parallel()
			s := &server{Server: s.Server, t: t}
			if got := send(s, `{ viewer { subject } }`, nil); !strings.Contains(got, refused) {
				t.Error(got)
			}
			if got := send(s, `query Who { viewer { role } }`, nil); !strings.Contains(got, `"role":"STAFF"`) {
				t.Error(got)
			}
		})
	}
	t.Run("the staff pages are served, as their client library words them", func(t *testing.T) {
		t.Parallel()
		s := &server{Server: s.Server, t: t}
		got := s.query("staff", "query Viewer {\n  viewer {\n    subject name role workspace __typename } }", nil)
		if own, err := os.ReadFile("../web/staff/operations.graphql"); err != nil || strings.Contains(got.body, "errors") {
			t.Errorf("%s, of %.300s", got.body, own[strings.Index(string(own), "query Viewer"):])
		}
	})
}

func TestDocumentIDsNeedTrustedDocuments(t *testing.T) {
	t.Parallel()
	if got := serve(t).post(`{"documentId":"8a1"}`); !strings.Contains(got.body, "keeps no documents") {
		t.Error(got.body)
	}
}

func TestReadTrustedDocuments(t *testing.T) {
	t.Parallel()
	apollo, _ := json.Marshal(vars{"format": "apollo-persisted-query-manifest", "version": 1, "operations": []vars{
		{"id": "a", "name": "Who", "type": "query", "body": "query Who { viewer { role } }"},
	}})
	for name, c := range map[string]struct{ manifest, want string }{
		"ids and documents":         {`{"a":"{ viewer { role } }"}`, ""},
		"Apollo's":                  {string(apollo), ""},
		"no JSON":                   {`a: b`, "must be one JSON object"},
		"a list":                    {`["{ viewer { role } }"]`, "must be one JSON object"},
		"null":                      {`null`, "must be one JSON object"},
		"nothing":                   {`{}`, "no document"},
		"a document that is broken": {`{"a":"{ viewer { role } }","b":"{"}`, `document "b"`},
		"one for another schema":    {`{"a":"{ nothing }"}`, `document "a"`},
		"one that is too much":      {`{"a":"{` + strings.Repeat("__typename ", 60) + `}"}`, "repetitions"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := graph.ReadTrustedDocuments(strings.NewReader(c.manifest))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}
