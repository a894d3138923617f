package graph_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
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
		got := s.query("staff", "query Viewer {\n  viewer {\n    subject name role workspace masked __typename } }", nil)
		if own, err := os.ReadFile("../web/staff/operations.graphql"); err != nil || strings.Contains(got.body, "errors") {
			t.Errorf("%s, of %.300s", got.body, own[strings.Index(string(own), "query Viewer"):])
		}
	})
}

// TestTrustedDocumentsByEveryName names a document in every way, over every transport.
func TestTrustedDocumentsByEveryName(t *testing.T) {
	t.Parallel()
	const who = `query Who { viewer { role } }`
	digest := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
	manifest, _ := json.Marshal(vars{"8a1": who, "sha256:8c3": who})
	s := serve(t, trusting(t, string(manifest)))
	for name, members := range map[string]vars{
		"documentId":                 {"documentId": "8a1"},
		"documentId with its prefix": {"documentId": "sha256:8a1"},
		"documentId of a prefix":     {"documentId": "sha256:8c3"},
		"documentId as a hash":       {"documentId": "sha256:" + digest(who)},
		"documentId in capitals":     {"documentId": "sha256:" + strings.ToUpper(digest(who))},
		"documentId as a plain hash": {"documentId": digest(who)},
		"id":                         {"id": "8a1"},
		"doc_id":                     {"doc_id": "8a1"},
		"Apollo's hash":              {"extensions": vars{"persistedQuery": vars{"version": 1, "sha256Hash": digest(who)}}},
		"Apollo's id":                {"extensions": vars{"persistedQuery": vars{"version": 1, "sha256Hash": "8a1"}}},
		"a null beside it":           {"query": nil, "documentId": "8a1"},
		"another beside the text":    {"query": who, "documentId": "none"},
	} {
		payload, _ := json.Marshal(members)
		parameters := []string{}
		for name, value := range members {
			text, ok := value.(string)
			if encoded, _ := json.Marshal(value); !ok {
				text = string(encoded)
			}
			if value != nil {
				parameters = append(parameters, name, text)
			}
		}
		for way, ask := range map[string]func(s *server) string{
			"POST": func(s *server) string { return s.post(string(payload)).body },
			"GET":  func(s *server) string { return s.get(parameters).body },
			"events": func(s *server) string {
				return s.sseRaw(s.t, string(payload), "Authorization", token(s.t, "staff", "acme")).next("next")
			},
			"a socket": func(s *server) string {
				c := s.join(s.t, "staff")
				c.say(`{"id":"1","type":"subscribe","payload":` + string(payload) + `}`)
				return string(c.want("next", "1").Payload)
			},
		} {
			t.Run(name+" over "+way, func(t *testing.T) {
				t.Parallel()
				if got := ask(&server{Server: s.Server, t: t}); !strings.Contains(got, `"role":"`) {
					t.Error(got)
				}
			})
		}
	}
}

func TestDocumentsAreKeptByTrustAlone(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const (
		hash         = `"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"}}`
		notSupported = `{"errors":[{"message":"PersistedQueryNotSupported","extensions":{"code":"PERSISTED_QUERY_NOT_SUPPORTED"}}]}`
	)
	for name, c := range map[string]struct {
		body   string
		status int
		want   string
	}{
		"Apollo's hash":               {`{` + hash + `}`, 422, notSupported},
		"Apollo's hash without a one": {`{"extensions":{"persistedQuery":{}}}`, 422, notSupported},
		"Apollo's hash and its text":  {`{"query":"{ __typename }",` + hash + `}`, 200, `"__typename":"Query"`},
		"an id":                       {`{"documentId":"8a1"}`, 422, "keeps no documents"},
		"an id and the text":          {`{"query":"{ __typename }","documentId":"8a1"}`, 200, `"__typename":"Query"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{Server: s.Server, t: t}
			if got := s.post(c.body); got.status != c.status || !strings.Contains(got.body, c.want) {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	t.Run("over a socket", func(t *testing.T) {
		t.Parallel()
		c := s.join(t, "staff")
		c.say(`{"id":"1","type":"subscribe","payload":{` + hash + `}}`)
		if f := c.want("error", "1"); !strings.Contains(string(f.Payload), "PERSISTED_QUERY_NOT_SUPPORTED") {
			t.Errorf("%s", f.Payload)
		}
	})
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
