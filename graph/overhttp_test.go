package graph_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// The media types of answers.
const (
	typeGraphQL = "application/graphql-response+json"
	typeJSON    = "application/json"
)

// TestGraphQLOverHTTP walks through the statuses of the specification, each for a client of the type made for GraphQL, for one
// that takes JSON alone, and for one that says nothing. A refusal has no data, and what has data has a status of success.
func TestGraphQLOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const twoOperations = `{"query":"query A { __typename } query B { __typename }"`
	for _, c := range []struct {
		name   string
		body   string
		status int
	}{
		{"data alone", `{"query":"{ __typename }"}`, 200},
		{"data and errors", `{"query":"{ __typename contact(id: \"\") { id } contacts(first: 0) { search } }"}`, 294},
		{"null for data, and errors", `{"query":"{ ingestFailures(first: 0) { nodes { id } } }"}`, 294},
		{"a body that is no JSON", `NONSENSE`, 400},
		{"a body that ends too early", `{"query":`, 400},
		{"no body", ``, 400},
		{"a batch", `[{"query":"{ __typename }"}]`, 422},
		{"a body that is no object", `7`, 422},
		{"null for a body", `null`, 422},
		{"a misspelt query", `{"qeury":"{ __typename }"}`, 422},
		{"a query that is no string", `{"query":{}}`, 422},
		{"an empty query", `{"query":""}`, 422},
		{"variables of another shape", `{"query":"query ($i: Int) { contacts(first: $i) { search } }","variables":[7]}`, 422},
		{"extensions of another shape", `{"query":"{ __typename }","extensions":"x"}`, 422},
		{"null for what is optional", `{"query":"{ __typename }","variables":null,"operationName":null,"extensions":null}`, 200},
		{"members of the future", `{"query":"{ __typename }","onError":"NULL","id":7,"batch":[{}]}`, 200},
		{"a document that cannot be parsed", `{"query":"{"}`, 400},
		{"a document of comments", `{"query":"# nothing"}`, 400},
		{"a document without an operation", `{"query":"fragment F on Query { __typename }"}`, 422},
		{"a document that is not valid", `{"query":"{ nothing }"}`, 422},
		{"no operation of the name", twoOperations + `,"operationName":"C"}`, 422},
		{"no name for several operations", twoOperations + `}`, 422},
		{"one operation of several", twoOperations + `,"operationName":"B"}`, 200},
		{"a missing variable", `{"query":"query ($id: ID!) { contact(id: $id) { id } }"}`, 422},
		{"a variable that cannot be coerced", `{"query":"query ($id: ID!) { contact(id: $id) { id } }","variables":{"id":{}}}`, 422},
		{"an operation that costs too much", `{"query":"{ ` + strings.Repeat("a ", 60) + `}"}`, 422},
		{"a subscription without a stream", `{"query":"subscription { contactEvents { id } }"}`, 406},
	} {
		for accept, want := range map[string]struct {
			data, refusal string
			partial       int
		}{
			typeGraphQL:                             {typeGraphQL, typeGraphQL, 294},
			typeGraphQL + ", " + typeJSON + ";q=.9": {typeGraphQL, typeGraphQL, 294},
			typeJSON:                                {typeJSON, typeGraphQL, 294},
			typeJSON + ", text/plain, */*":          {typeJSON, typeGraphQL, 294},
			typeJSON + ", " + typeGraphQL + ";q=.5": {typeJSON, typeJSON, 294},
			"*/*":                                   {typeJSON, typeGraphQL, 200},
			"":                                      {typeJSON, typeGraphQL, 200},
		} {
			t.Run(c.name+" for "+accept, func(t *testing.T) {
				t.Parallel()
				s := &server{Server: s.Server, t: t}
				got := s.post(c.body, "Accept", accept)
				status, mediaType := c.status, want.refusal
				if status < 300 {
					mediaType = want.data
				}
				if status == 294 {
					status = want.partial
				}
				if got.status != status || got.header.Get("Content-Type") != mediaType+"; charset=utf-8" {
					t.Errorf("%d %s: %s", got.status, got.header.Get("Content-Type"), got.body)
				}
				if strings.Contains(got.body, `"data"`) != (status < 300) {
					t.Error(got.body)
				}
				if got.header.Get("Vary") != "Accept, Accept-Encoding" || got.header.Get("Cache-Control") != "no-store" {
					t.Error(got.header)
				}
			})
		}
	}
}

// get sends a request by GET. Parameters and headers come in pairs.
func (s *server) get(parameters []string, headers ...string) answer {
	s.t.Helper()
	return s.getRaw("?"+encode(parameters), headers...)
}

func (s *server) getRaw(query string, headers ...string) answer {
	s.t.Helper()
	return s.sendTo(http.MethodGet, query, "", append([]string{"Authorization", token(s.t, "staff", "acme")}, headers...)...)
}

func TestGET(t *testing.T) {
	t.Parallel()
	s := serve(t)
	channel := s.channel("admin", "Shop", "WHATSAPP")
	s.record("admin", vars{"channelId": channel, "externalId": "1", "messageId": "1", "profile": vars{"name": "Ann"}})
	const (
		page   = `query Page($first: Int) { contacts(first: $first) { nodes { name } } } query Who { viewer { role } }`
		ann    = `"nodes":[{"name":"Ann"}]`
		staff  = `"role":"STAFF"`
		edit   = `mutation Edit { deleteContact(input: {id: "x"}) { deletedContactId } }`
		reads  = `query Read { viewer { role } }`
		unread = "BAD_USER_INPUT"
	)
	for name, c := range map[string]struct {
		query  []string
		status int
		want   string
	}{
		"a query":                          {[]string{"query", reads}, 200, staff},
		"with variables":                   {[]string{"query", page, "operationName", "Page", "variables", `{"first":1}`}, 200, ann},
		"variables behind white space":     {[]string{"query", page, "operationName", "Page", "variables", " \n{\"first\":1}"}, 200, ann},
		"with extensions":                  {[]string{"query", reads, "extensions", `{"x":1}`}, 200, staff},
		"empty parameters are absent":      {[]string{"query", reads, "operationName", "", "variables", "", "extensions", "", "documentId", ""}, 200, staff},
		"null for maps":                    {[]string{"query", reads, "variables", "null", "extensions", "null"}, 200, staff},
		"a name of four letters":           {[]string{"query", "query null { viewer { role } }", "operationName", "null"}, 200, staff},
		"another name":                     {[]string{"query", reads, "operationName", "null"}, 422, unread},
		"parameters that others added":     {[]string{"query", reads, "utm_source", "x", "utm_source", "y"}, 200, staff},
		"a query that is misspelt":         {[]string{"qeury", reads}, 422, "query must be a GraphQL document"},
		"no query":                         {[]string{"variables", "{}"}, 422, "query must be a GraphQL document"},
		"two queries":                      {[]string{"query", reads, "query", reads}, 422, "query must be given once"},
		"variables twice":                  {[]string{"query", reads, "variables", "{}", "variables", "{}"}, 422, "variables must be given once"},
		"variables that are no JSON":       {[]string{"query", reads, "variables", "{first:1}"}, 422, "variables must be a JSON object"},
		"variables in an array":            {[]string{"query", reads, "variables", "[1]"}, 422, "variables must be an object or null"},
		"variables in a string":            {[]string{"query", reads, "variables", `"{}"`}, 422, "variables must be an object or null"},
		"a document with errors":           {[]string{"query", "{"}, 400, "Syntax error"},
		"a document that is not valid":     {[]string{"query", "{ nothing }"}, 422, `Cannot query field`},
		"a mutation":                       {[]string{"query", edit}, 405, "Send a mutation by POST"},
		"a mutation among others, by name": {[]string{"query", reads + edit, "operationName", "Edit"}, 405, "Send a mutation by POST"},
		"a query beside a mutation":        {[]string{"query", reads + edit, "operationName", "Read"}, 200, staff},
		"a mutation without its variable":  {[]string{"query", `mutation ($i: ID!) { deleteContact(input: {id: $i}) { deletedContactId } }`}, 405, unread},
		"a subscription":                   {[]string{"query", `subscription { contactEvents { id } }`}, 406, "text/event-stream"},
		"a document by id":                 {[]string{"documentId", "1f"}, 422, "keeps no documents"},
		"a hash":                           {[]string{"extensions", `{"persistedQuery":{"version":1,"sha256Hash":"1f"}}`}, 422, `"PersistedQueryNotSupported"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{Server: s.Server, t: t}
			got := s.get(c.query)
			if got.status != c.status || !strings.Contains(got.body, c.want) {
				t.Errorf("%d %s", got.status, got.body)
			}
			if allow := got.header.Get("Allow"); (allow == "POST") != (c.status == 405) || got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%v", got.header)
			}
			if c.status == 406 { // the only one that says what else there is
				return
			}
			head := s.sendTo(http.MethodHead, "?"+encode(c.query), "", "Authorization", token(t, "staff", "acme"))
			if head.status != got.status || head.body != "" {
				t.Errorf("HEAD: %d %s", head.status, head.body)
			}
		})
	}
	for name, c := range map[string]struct {
		query  string
		status int
		want   string
	}{
		"plus is a space":            {"?query=%7Bviewer+%7Brole%7D%7D", 200, staff},
		"a percent sign alone":       {"?query=%7Bviewer%7Brole%7D%7D%", 400, "percent-encoded"},
		"bytes that are not UTF-8":   {"?query=%ff", 400, "percent-encoded"},
		"a semicolon is a character": {"?query=%7Bviewer%7Brole%7D%7D%23;x=1", 200, staff},
		"8 KiB":                      {"?query=%7Bviewer%7Brole%7D%7D%23" + strings.Repeat("x", 8192-33), 200, staff},
		"more than 8 KiB":            {"?query=%7Bviewer%7Brole%7D%7D%23" + strings.Repeat("x", 8192-32), 414, "POST"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{Server: s.Server, t: t}
			if got := s.getRaw(c.query); got.status != c.status || !strings.Contains(got.body, c.want) {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	t.Run("without a credential", func(t *testing.T) {
		t.Parallel()
		s := &server{Server: s.Server, t: t}
		if got := s.get([]string{"query", reads}, "Authorization", ""); got.status != 401 || got.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("a browser at the endpoint is shown what it is", func(t *testing.T) {
		t.Parallel()
		s := &server{Server: s.Server, t: t}
		got := s.getRaw("", "Authorization", "", "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
		if got.status != 200 || got.header.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.Contains(got.body, "GraphQL") {
			t.Errorf("%d %s %s", got.status, got.header, got.body)
		}
		got = s.getRaw("", "Accept", "text/html;q=0, */*")
		if got.status != 422 {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
}

func TestGETOfEvents(t *testing.T) {
	t.Parallel()
	s := serve(t, following(t))
	channel := s.channel("admin", "Shop", "WHATSAPP")
	e := s.sseOf(t, http.MethodGet, "?"+encode([]string{
		"query", `subscription Watch { contactEvents { kind } }`, "operationName", "Watch",
	}), "", "Authorization", token(t, "staff", "acme"))
	if e.status != 200 || e.header.Get("Content-Type") != "text/event-stream; charset=utf-8" {
		t.Fatal(e.status, e.header)
	}
	s.record("admin", vars{"channelId": channel, "externalId": "1", "messageId": "1"})
	if got := e.next("next"); !strings.Contains(got, `"kind":"CREATED"`) {
		t.Error(got)
	}
	for name, c := range map[string]struct {
		method, query string
		status        int
	}{
		"a mutation is refused before the stream": {http.MethodGet, `mutation { __typename }`, 405},
		"nor is there a stream by HEAD":           {http.MethodHead, `subscription { contactEvents { id } }`, 406},
	} {
		t.Run(name, func(t *testing.T) {
			e := s.sseOf(t, c.method, "?"+encode([]string{"query", c.query}), "", "Authorization", token(t, "staff", "acme"))
			if e.status != c.status {
				t.Error(e.status, e.header)
			}
		})
	}
}

func encode(parameters []string) string {
	values := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		values.Add(parameters[i], parameters[i+1])
	}
	return values.Encode()
}

func TestAnswersAreCompressed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	channel := s.channel("admin", "Shop", "WHATSAPP")
	s.record("admin", vars{"channelId": channel, "externalId": "1", "messageId": "1", "profile": vars{"name": "Ann"}})
	long := `{ ` + aliases(19, `contacts { nodes { ...F } }`) + ` }
		fragment F on Contact { name displayName createdAt updatedAt version notes email phone }`
	for name, c := range map[string]struct {
		document, accept, coding string
	}{
		"by gzip":             {long, "gzip", "gzip"},
		"by brotli":           {long, "br", "br"},
		"by the better liked": {long, "gzip;q=0.5, br", "br"},
		"not for others":      {long, "zstd, identity", ""},
		"not below 1 KiB":     {`{ contacts { nodes { name } } }`, "gzip, br", ""},
		"not of mutations":    {`mutation { ` + aliases(19, `deleteContact(input: {id: "x"}) { userErrors { code message field } }`) + ` }`, "gzip, br", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{Server: s.Server, t: t}
			plain := s.post(body(c.document, nil), "Accept-Encoding", "identity")
			got := s.post(body(c.document, nil), "Accept-Encoding", c.accept)
			if plain.status != 200 || got.status != 200 || got.header.Get("Content-Encoding") != c.coding ||
				got.header.Get("Content-Length") != strconv.Itoa(len(got.body)) || got.header.Get("Vary") != "Accept, Accept-Encoding" {
				t.Errorf("%d, %d %v", plain.status, got.status, got.header)
			}
			if (len(plain.body) >= 1024) != (c.document != `{ contacts { nodes { name } } }`) {
				t.Errorf("%d bytes are no test", len(plain.body))
			}
			if text := unpacked(t, c.coding, got.body); text != plain.body {
				t.Errorf("%s\nwant\n%s", text, plain.body)
			}
		})
	}
	t.Run("not in event streams", func(t *testing.T) {
		t.Parallel()
		e := s.sseRaw(t, body(long, nil), "Authorization", token(t, "staff", "acme"), "Accept-Encoding", "gzip, br")
		if got := e.next("next"); !strings.Contains(got, `"name":"Ann"`) || e.header.Get("Content-Encoding") != "" {
			t.Errorf("%v %.100s", e.header, got)
		}
	})
}

// aliases asks for a field several times.
func aliases(n int, field string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: %s ", i, field)
	}
	return b.String()
}

func unpacked(t *testing.T, coding, text string) string {
	t.Helper()
	var r io.Reader = strings.NewReader(text)
	switch coding {
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		r = z
	case "br":
		r = brotli.NewReader(r)
	}
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}
