package graph_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestTransport(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const (
		ok      = `{"query":"{ __typename }"}`
		graphQL = typeGraphQL
		js      = typeJSON
	)
	for _, c := range []struct {
		name    string
		method  string
		body    string
		headers []string
		status  int
		answers string // media type
	}{
		{"without Accept it answers JSON", "POST", ok, nil, 200, js},
		{"an empty Accept is none", "POST", ok, []string{"Accept", " "}, 200, js},
		{"anything is JSON", "POST", ok, []string{"Accept", "*/*"}, 200, js},
		{"JSON is JSON", "POST", ok, []string{"Accept", js}, 200, js},
		{"the type made for GraphQL is answered", "POST", ok, []string{"Accept", graphQL}, 200, graphQL},
		{"of both it is the one made for GraphQL", "POST", ok, []string{"Accept", js + ", " + graphQL}, 200, graphQL},
		{"the better liked wins", "POST", ok, []string{"Accept", graphQL + ";q=0.5, " + js + ";q=0.8"}, 200, js},
		{"the specific wish overrules the general one", "POST", ok, []string{"Accept", js + ";q=0, */*"}, 200, graphQL},
		{"a charset of ours is fine", "POST", ok, []string{"Accept", js + "; charset=UTF-8"}, 200, js},
		{"no common type is refused", "POST", ok, []string{"Accept", "text/html, image/*"}, 406, js},
		{"an unwanted type is refused", "POST", ok, []string{"Accept", js + ";q=0"}, 406, js},
		{"DELETE is refused", "DELETE", "", nil, 405, graphQL},
		{"PUT is refused", "PUT", ok, nil, 405, graphQL},
		{"without a Content-Type it is refused", "POST", ok, []string{"Content-Type", ""}, 415, graphQL},
		{"a form is refused", "POST", "query=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, graphQL},
		{"multipart is refused", "POST", "x", []string{"Content-Type", "multipart/form-data; boundary=x"}, 415, graphQL},
		{"another charset is refused", "POST", ok, []string{"Content-Type", js + "; charset=latin1"}, 415, graphQL},
		{"UTF-8 is accepted", "POST", ok, []string{"Content-Type", js + "; charset=Utf-8"}, 200, js},
		{"a long body is refused", "POST", `{"query":"` + strings.Repeat(" ", 128<<10) + `"}`, nil, 413, graphQL},
		{"without a token it is refused", "POST", ok, []string{"Authorization", ""}, 401, graphQL},
		{"with a bad token it is refused", "POST", ok, []string{"Authorization", "Bearer x.y.z"}, 401, graphQL},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &server{Server: s.Server, t: t}
			headers := append([]string{"Content-Type", js, "Authorization", token(t, "staff", "acme")}, c.headers...)
			got := s.send(c.method, c.body, headers...)
			if got.status != c.status {
				t.Errorf("status %d, want %d: %s", got.status, c.status, got.body)
			}
			if ct := got.header.Get("Content-Type"); ct != c.answers+"; charset=utf-8" {
				t.Errorf("Content-Type %q, want %q", ct, c.answers)
			}
			if got.header.Get("Cache-Control") != "no-store" || got.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("headers %v", got.header)
			}
			if got.header.Get("Content-Length") == "" {
				t.Error("no Content-Length")
			}
			codes, _ := got.errors(t)
			if strings.Contains(got.body, `"data"`) == (len(codes) > 0) {
				t.Errorf("errors without data or data without errors expected: %s", got.body)
			}
			if c.status == http.StatusMethodNotAllowed && got.header.Get("Allow") != "GET, HEAD, POST" {
				t.Errorf("Allow is %q", got.header.Get("Allow"))
			}
			if c.status == http.StatusUnauthorized {
				if !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer ") {
					t.Errorf("WWW-Authenticate is %q", got.header.Get("WWW-Authenticate"))
				}
				if !slices.Equal(codes, []string{"UNAUTHENTICATED"}) {
					t.Errorf("codes %s", codes)
				}
			}
		})
	}
}

func TestOptionsNamesTheMethods(t *testing.T) {
	t.Parallel()
	got := serve(t).send(http.MethodOptions, "")
	if got.status != http.StatusNoContent || got.header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("%d, Allow %q", got.status, got.header.Get("Allow"))
	}
}

func TestIntrospection(t *testing.T) {
	t.Parallel()
	t.Run("the whole schema can be read where it is on", func(t *testing.T) {
		t.Parallel()
		got := serve(t).query("staff", introspection, nil)
		codes, messages := got.errors(t)
		if len(codes) > 0 || !strings.Contains(got.body, "RecordInteractionInput") {
			t.Errorf("%s %s", codes, messages)
		}
		if strings.Contains(got.body, `"defer"`) {
			t.Error("@defer is announced")
		}
	})
	t.Run("where it is off it is forbidden, and __typename is not", func(t *testing.T) {
		t.Parallel()
		got := serve(t, withoutIntrospection).query("staff", `{ __typename s: __schema { types { name } } __type(name: "Contact") { name } }`, nil)
		codes, _ := got.errors(t)
		if !slices.Equal(codes, []string{"FORBIDDEN", "FORBIDDEN"}) || !strings.Contains(got.body, `"data":{"__typename":"Query","s":null`) &&
			!strings.Contains(got.body, `"data":null`) {
			t.Errorf("%s", got.body)
		}
	})
	misspelt := map[string]string{
		`{ contactz { nodes { id } } }`:                                     `Did you mean "contact" or "contacts"?`,
		`{ contacts(searh: "x") { nodes { id } } }`:                         `Did you mean "search"?`,
		`{ contacts(orderBy: {field: NAM}) { nodes { id } } }`:              `The value does not exist in enum ContactOrderField!. Did you mean the enum value "NAME"?`,
		`{ contacts(orderBy: {field: "NAME?"}) { search } }`:                `cannot represent non-enum value. Did you mean the enum value "NAME"?`,
		`{ contacts(orderBy: {field: "Did you mean s3cr3t?"}) { search } }`: `cannot represent non-enum value`,
		`{ contacts(orderBy: {field: NAME, directon: ASC}) { search } }`:    `Did you mean "direction"?`,
		`{ ...F } fragment F on Qery { viewer { role } }`:                   `Did you mean "Query"?`,
		`{ viewer }`: `Did you mean "viewer { ... }"?`,
	}
	for name, c := range map[string]struct {
		who     string
		options []option
		helped  bool
	}{
		"where it is on a misspelt name is corrected":                {"staff", nil, true},
		"where it is on it is not corrected for channel credentials": {"channel", nil, false},
		"where it is off it is not corrected":                        {"admin", []option{withoutIntrospection}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.options...)
			for document, want := range misspelt {
				got := s.query(c.who, document, nil)
				_, messages := got.errors(t)
				switch {
				case len(messages) == 0, strings.Contains(got.body, "s3cr3t"):
					t.Errorf("%s: %s", document, got.body)
				case c.helped && !strings.Contains(strings.Join(messages, "\n"), want):
					t.Errorf("%s: %s, want %s", document, messages, want)
				case !c.helped && strings.Contains(got.body, "Did you mean"):
					t.Errorf("%s: %s", document, got.body)
				}
			}
		})
	}
	t.Run("times are specified", func(t *testing.T) {
		t.Parallel()
		got := serve(t).query("staff", `{ __type(name: "DateTime") { specifiedByURL } }`, nil)
		if !strings.Contains(got.body, `"specifiedByURL":"https://www.rfc-editor.org/rfc/rfc3339"`) {
			t.Error(got.body)
		}
	})
}

// introspection is what graphql-js and GraphiQL ask for.
const introspection = `query IntrospectionQuery {
  __schema {
    description
    queryType { name kind }
    mutationType { name kind }
    subscriptionType { name kind }
    types { ...FullType }
    directives {
      name description isRepeatable locations
      args(includeDeprecated: true) { ...InputValue }
    }
  }
}
fragment FullType on __Type {
  kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) {
    name description
    args(includeDeprecated: true) { ...InputValue }
    type { ...TypeRef }
    isDeprecated deprecationReason
  }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue {
  name description
  type { ...TypeRef }
  defaultValue isDeprecated deprecationReason
}
fragment TypeRef on __Type {
  kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name } } } } } } } } }
}`
