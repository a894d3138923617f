package graph_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

const (
	sessionsInOrder = `query ($orderBy: SessionOrder) { sessions(orderBy: $orderBy) { nodes { id } } }`

	listContacts = `query ($search: String, $orderBy: ContactOrder, $first: Int, $after: String, $last: Int, $before: String) {
		contacts(search: $search, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
			edges { cursor node { id } }
		}
	}`
	sentinel = "s3cr3t"
)

func body(document string, variables vars) string {
	b, _ := json.Marshal(vars{"query": document, "variables": variables})
	return string(b)
}

// TestBadInput sends what is wrong in every way: each is answered with an error that has a code, names what is at fault,
// and repeats no value; and the server goes on answering.
func TestBadInput(t *testing.T) {
	t.Parallel()
	s := serve(t)
	channel := s.channel("admin", "Shop", "WHATSAPP")
	s.record("admin", vars{"channelId": channel, "externalId": "1", "messageId": "1"})
	var data struct {
		Contacts struct{ Edges []struct{ Cursor string } }
	}
	s.query("staff", listContacts, nil).into(t, &data)
	cursor := data.Contacts.Edges[0].Cursor

	input := func(field string, value any) string {
		in := vars{"channelId": channel, "externalId": "1", "messageId": "1"}
		in[field] = value
		return body(record, vars{"input": in})
	}
	list := func(name string, value any) string { return body(listContacts, vars{name: value}) }
	edit := `mutation ($input: UpdateSessionInput!) { updateSession(input: $input) { eventId } }`
	update := `mutation ($input: UpdateContactInput!) { updateContact(input: $input) { contact { id } } }`

	for _, c := range []struct {
		name    string
		body    string
		code    string
		message string // a part of it
	}{
		{"an empty body", "", "BAD_USER_INPUT", "one JSON object"},
		{"malformed JSON", `{"query": "{ viewer { role } }" "` + sentinel + `"`, "BAD_USER_INPUT", "one JSON object"},
		{"text after the object", `{"query":"{ __typename }"} ` + sentinel, "BAD_USER_INPUT", "nothing after it"},
		{"a second object", `{"query":"{ __typename }"}{"query":"{ __typename }"}`, "BAD_USER_INPUT", "nothing after it"},
		{"null for a body", `null`, "BAD_USER_INPUT", "one JSON object"},
		{"a number for a body", `7`, "BAD_USER_INPUT", "one JSON object"},
		{"a batch", `[{"query":"{ __typename }"}]`, "BAD_USER_INPUT", "one operation at a time"},
		{"JSON without end", strings.Repeat(`{"query":`, 20_000), "BAD_USER_INPUT", "128 KiB"},
		{"JSON too deep", `{"variables":` + strings.Repeat(`[`, 50_000), "BAD_USER_INPUT", "one JSON object"},
		{"invalid UTF-8", "{\"query\":\"{ __typename # \xff\xfe }\"}", "BAD_USER_INPUT", "UTF-8"},
		{"a member in other letters", `{"Query":"{ __typename }"}`, "BAD_USER_INPUT", "query must be"},
		{"no query", `{"variables":{}}`, "BAD_USER_INPUT", "query must be"},
		{"an empty query", `{"query":""}`, "BAD_USER_INPUT", "query must be"},
		{"a query that is a number", `{"query":7}`, "BAD_USER_INPUT", "query must be a string"},
		{"variables in an array", `{"query":"{ __typename }","variables":[]}`, "BAD_USER_INPUT", "variables must be an object"},
		{"variables in a string", `{"query":"{ __typename }","variables":"{}"}`, "BAD_USER_INPUT", "variables must be an object"},
		{"a number beyond all", `{"query":"{ __typename }","variables":{"x":1e999}}`, "BAD_USER_INPUT", "variables must be"},
		{"a name that is an object", `{"query":"{ __typename }","operationName":{}}`, "BAD_USER_INPUT", "operationName must be a string"},
		{"extensions in an array", `{"query":"{ __typename }","extensions":[]}`, "BAD_USER_INPUT", "extensions must be an object"},
		{"a persisted query", `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`, "PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported"},
		{"a body of a megabyte", list("search", strings.Repeat("x", 1<<20)), "BAD_USER_INPUT", "128 KiB"},

		{"a document of signs", body(`{{{`, nil), "BAD_USER_INPUT", "Syntax error"},
		{"a string out of place", body(`{ viewer "`+sentinel+`" }`, nil), "BAD_USER_INPUT", "Syntax error"},
		{"a string without end", body(`{ contact(id: "`+sentinel, nil), "BAD_USER_INPUT", "Syntax error"},
		{"an invalid escape", body(`{ contact(id: "\u12`+sentinel+`") { id } }`, nil), "BAD_USER_INPUT", "Syntax error"},
		{"a NUL in the document", body("{ viewer\x00 }", nil), "BAD_USER_INPUT", "Syntax error"},
		{"only a comment", body("# nothing", nil), "BAD_USER_INPUT", "no operation"},
		{"only a fragment", body("fragment F on Query { __typename }", nil), "BAD_USER_INPUT", ""},
		{"a document without end", body("{"+strings.Repeat(" a: __typename", 9000)+"}", nil), "QUERY_TOO_COMPLEX", "too long"},
		{"fragments in a circle", body("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", nil), "BAD_USER_INPUT", ""},
		{"two operations without a name", body("query A { __typename } query B { __typename }", nil), "BAD_USER_INPUT", "operationName"},
		{"a name of no operation", `{"query":"query A { __typename }","operationName":"` + sentinel + `"}`, "BAD_USER_INPUT", "operationName"},
		{"an unknown field", body(`{ contacts { total } }`, nil), "BAD_USER_INPUT", `"total"`},
		{"an unknown argument", body(`{ contacts(offset: 5) { search } }`, nil), "BAD_USER_INPUT", `"offset"`},
		{"an unknown directive", body(`{ viewer { role @defer } }`, nil), "BAD_USER_INPUT", `@defer`},
		{"a subscription", body(`subscription { contactEvents { id } }`, nil), "BAD_USER_INPUT", ""},
		{"an unknown mutation", body(`mutation { dropEverything }`, nil), "BAD_USER_INPUT", "dropEverything"},
		{"an unknown input field", body(`mutation { deleteContact(input: {id: "x", force: true}) { deletedContactId } }`, nil), "BAD_USER_INPUT", "force"},
		{"an unknown input field in a variable", input("sender", sentinel), "BAD_USER_INPUT", "$input.sender unknown field"},
		{"a missing input field", body(record, vars{"input": vars{"channelId": channel}}), "BAD_USER_INPUT", "must be defined"},
		{"a missing variable", body(record, nil), "BAD_USER_INPUT", "$input must be defined"},
		{"null for a variable", body(record, vars{"input": nil}), "BAD_USER_INPUT", "$input cannot be null"},
		{"a string for an input", body(record, vars{"input": sentinel}), "BAD_USER_INPUT", "$input has the wrong type"},

		{"an id that is an object", body(`query ($id: ID!) { contact(id: $id) { id } }`, vars{"id": vars{"x": sentinel}}), "BAD_USER_INPUT", "$id"},
		{"an id that is true", body(`{ contact(id: true) { id } }`, nil), "BAD_USER_INPUT", "ID"},
		{"an id that is a fraction", body(`query ($id: ID!) { contact(id: $id) { id } }`, vars{"id": 1.5}), "BAD_USER_INPUT", "$id"},
		{"more than 100 ids", body(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, vars{"ids": make101()}), "BAD_USER_INPUT", "ids can name at most 100"},
		{"null among ids", body(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, vars{"ids": []any{nil}}), "BAD_USER_INPUT", "$ids.0 cannot be null"},

		{"a page of nothing", list("first", 0), "BAD_USER_INPUT", "first must be between 1 and 100"},
		{"a negative page", list("first", -1), "BAD_USER_INPUT", "first must be between 1 and 100"},
		{"a negative page from the end", list("last", -25), "BAD_USER_INPUT", "last must be between 1 and 100"},
		{"a page too large", list("first", 101), "BAD_USER_INPUT", "first must be between 1 and 100"},
		{"a page of all", list("first", 2147483647), "BAD_USER_INPUT", "first must be between 1 and 100"},
		{"a size of more than 32 bits", list("first", 2147483648), "BAD_USER_INPUT", "first must be a whole number"},
		{"a size of more than 64 bits", list("first", 1e20), "BAD_USER_INPUT", "first"},
		{"a size of more than 32 bits in the document", body(`{ contacts(first: 4294967297) { search } }`, nil), "BAD_USER_INPUT", "first"},
		{"a size of more than 64 bits in the document", body(`{ contacts(first: 99999999999999999999) { search } }`, nil), "BAD_USER_INPUT", "Int"},
		{"a size that is a string", list("first", "25"), "BAD_USER_INPUT", "first must be a whole number"},
		{"a size that is a fraction", list("first", 2.5), "BAD_USER_INPUT", "first"},
		{"a size that is true", list("first", true), "BAD_USER_INPUT", "first"},
		{"pages from both ends", body(listContacts, vars{"first": 1, "last": 1}), "BAD_USER_INPUT", "last cannot be given together with first"},

		{"a search with a NUL", list("search", sentinel+"\x00"), "BAD_USER_INPUT", "search cannot contain NUL"},
		{"a long search", list("search", strings.Repeat(sentinel, 200)), "BAD_USER_INPUT", "search can have at most 1,000 bytes"},
		{"a search that is a number", list("search", 7), "BAD_USER_INPUT", "$search has the wrong type"},
		{"relevance without a search", list("orderBy", vars{"field": "RELEVANCE"}), "BAD_USER_INPUT", "orderBy"},
		{"an order that a search has not", body(listContacts, vars{"search": "x", "orderBy": vars{"field": "CREATED"}}), "BAD_USER_INPUT", "orderBy"},
		{"an unknown order", list("orderBy", vars{"field": sentinel}), "BAD_USER_INPUT", "ContactOrderField"},
		{"an order in small letters", list("orderBy", vars{"field": "name"}), "BAD_USER_INPUT", "orderBy.field must be one of"},
		{"an unknown order in the document", body(`{ contacts(orderBy: {field: `+sentinel+`}) { search } }`, nil), "BAD_USER_INPUT", "ContactOrderField"},
		{"an order that is a string in the document", body(`{ contacts(orderBy: {field: "`+sentinel+`"}) { search } }`, nil), "BAD_USER_INPUT", "ContactOrderField"},
		{"an unknown order of sessions", body(sessionsInOrder, vars{"orderBy": vars{"field": sentinel}}), "BAD_USER_INPUT", "$orderBy.field is not a valid SessionOrderField"},
		{"an order of contacts for sessions", body(`{ sessions(orderBy: {field: NAME}) { nodes { id } } }`, nil), "BAD_USER_INPUT", "SessionOrderField"},
		{"an order of one's sessions in small letters", body(`query ($o: SessionOrder) { contacts { nodes { sessions(orderBy: $o) { nodes { id } } } } }`, vars{"o": vars{"field": "started"}}), "BAD_USER_INPUT", "orderBy.field must be one of"},
		{"an order of sessions by nothing", body(sessionsInOrder, vars{"orderBy": vars{"direction": "ASC"}}), "BAD_USER_INPUT", "$orderBy.field must be defined"},
		{"an order of sessions that is text", body(sessionsInOrder, vars{"orderBy": "STARTED"}), "BAD_USER_INPUT", "$orderBy has the wrong type"},
		{"two orders of sessions", body(sessionsInOrder, vars{"orderBy": []any{vars{"field": "STARTED"}, vars{"field": "LAST_MESSAGE"}}}), "BAD_USER_INPUT", "$orderBy"},
		{"a direction of sessions in small letters", body(sessionsInOrder, vars{"orderBy": vars{"field": "STARTED", "direction": "desc"}}), "BAD_USER_INPUT", "orderBy.direction must be one of"},
		{"null for the direction of sessions", body(`{ sessions(orderBy: {field: STARTED, direction: null}) { nodes { id } } }`, nil), "BAD_USER_INPUT", "OrderDirection"},

		{"an invalid cursor", list("after", sentinel), "BAD_CURSOR", "cursor"},
		{"a cursor of a megabyte's worth", list("after", strings.Repeat("A", 100_000)), "BAD_CURSOR", "cursor"},
		{"a cursor from another order", body(listContacts, vars{"after": cursor, "orderBy": vars{"field": "NAME"}}), "BAD_CURSOR", "cursor"},
		{"a cursor from the other direction", body(listContacts, vars{"after": cursor, "orderBy": vars{"field": "LAST_ACTIVITY"}}), "BAD_CURSOR", "cursor"},
		{"a cursor from no search under one", body(listContacts, vars{"after": cursor, "search": "ann"}), "BAD_CURSOR", "cursor"},
		{"a cursor of contacts among sessions", body(`query ($c: String) { sessions(after: $c) { nodes { id } } }`, vars{"c": cursor}), "BAD_CURSOR", "cursor"},
		{"a cursor of contacts among one's sessions", body(`query ($c: String) { contacts { nodes { sessions(after: $c) { nodes { id } } } } }`, vars{"c": cursor}), "BAD_CURSOR", "cursor"},

		{"an invalid moment", input("occurredAt", sentinel), "BAD_USER_INPUT", "input.occurredAt must be a moment in RFC 3339"},
		{"a moment that is a number", input("occurredAt", 1700000000), "BAD_USER_INPUT", "input.occurredAt must be a moment"},
		{"a moment without an offset", input("occurredAt", "2026-01-01T00:00:00"), "BAD_USER_INPUT", "input.occurredAt"},
		{"a moment with a comma", input("occurredAt", "2026-01-01T00:00:00,5Z"), "BAD_USER_INPUT", "input.occurredAt"},
		{"a moment before time", input("occurredAt", "0000-01-01T00:00:00Z"), "BAD_USER_INPUT", "input.occurredAt"},
		{"a direction in small letters", input("direction", "inbound"), "BAD_USER_INPUT", "input.direction must be one of"},
		{"a text that is a list", input("text", []string{"a", "b"}), "BAD_USER_INPUT", "$input.text"},
		{"a profile that is a string", input("profile", sentinel), "BAD_USER_INPUT", "$input.profile"},
		{"a version that is a fraction", body(update, vars{"input": vars{"id": "x", "expectedVersion": 1.5}}), "BAD_USER_INPUT", "expectedVersion"},
		{"null for a channel's name", body(`mutation { updateChannel(input: {id: "x", name: null}) { channel { id } } }`, nil), "BAD_USER_INPUT", "input.name cannot be null"},
		{"null for a channel's activity", body(`mutation { updateChannel(input: {id: "x", active: null}) { channel { id } } }`, nil), "BAD_USER_INPUT", "input.active cannot be null"},
		{"a filter of too many", body(`query ($ids: [ID!]) { sessions(filter: {channelIds: $ids}) { nodes { id } } }`, vars{"ids": make101()}), "BAD_USER_INPUT", "filter.channelIds can name at most 100"},
		{"counts of too many", body(`query ($ids: [ID!]) { sessionCounts(filter: {channelIds: $ids}) { total } }`, vars{"ids": make101()}), "BAD_USER_INPUT", "filter.channelIds can name at most 100"},
		{"a page of no failure", body(`{ ingestFailures(first: 0) { nodes { id } } }`, nil), "BAD_USER_INPUT", "first must be between 1 and 100"},
		{"a cursor of contacts among failures", body(`query ($c: String) { ingestFailures(after: $c) { nodes { id } } }`, vars{"c": cursor}), "BAD_CURSOR", "cursor"},
		{"a session's status in small letters", body(edit, vars{"input": vars{"id": "x", "status": "closed"}}), "BAD_USER_INPUT", "input.status must be one of"},
		{"a session's status of another kind", body(`mutation { updateSession(input: {id: "x", status: COMPLAINT}) { eventId } }`, nil), "BAD_USER_INPUT", "SessionStatus"},
		{"an unknown session tag", body(edit, vars{"input": vars{"id": "x", "tag": sentinel}}), "BAD_USER_INPUT", "SessionTag"},
		{"null for whether all is read", body(edit, vars{"input": vars{"id": "x", "markRead": nil}}), "BAD_USER_INPUT", "markRead"},
		{"a secret that is a number", body(`mutation ($s: String) { updateChannel(input: {id: "x", secret: $s}) { userErrors { code } } }`, vars{"s": 7}), "BAD_USER_INPUT", "$s"},
		{"null among allowed domains", body(`mutation ($d: [String!]) { updateChannel(input: {id: "x", allowedDomains: $d}) { userErrors { code } } }`, vars{"d": []any{nil}}), "BAD_USER_INPUT", "$d"},
		{"null among failures", body(`mutation ($ids: [ID!]!) { replayIngestFailures(input: {ids: $ids}) { replayedIds } }`, vars{"ids": []any{nil}}), "BAD_USER_INPUT", "$ids"},
		{"no failures at all", body(`mutation { dismissIngestFailures(input: {}) { dismissedIds } }`, nil), "BAD_USER_INPUT", "ids"},
		{"a status in small letters", body(`query ($s: [SessionStatus!]) { sessions(filter: {statuses: $s}) { nodes { id } } }`, vars{"s": []string{"active"}}), "BAD_USER_INPUT", "filter.statuses"},
		{"a count of nothing", body(`{ contacts { totalCount(max: 0) { value } } }`, nil), "BAD_USER_INPUT", "max must be between 1 and 10,000"},
		{"a count too far", body(`query ($n: Int) { duplicates { totalCount(max: $n) { value } } }`, vars{"n": 10_001}), "BAD_USER_INPUT", "max must be between 1 and 10,000"},
		{"a skip after a cursor", body(`query ($c: String) { contacts(skip: 1, after: $c) { nodes { id } } }`, vars{"c": cursor}), "BAD_USER_INPUT", "skip cannot be given together"},
		{"a skip backwards", body(`{ sessions(skip: -1) { nodes { id } } }`, nil), "BAD_USER_INPUT", "skip must be between 0 and 10,000,000"},
		{"a skip too far", body(`{ contacts(skip: 10000001) { nodes { id } } }`, nil), "BAD_USER_INPUT", "skip must be between 0 and 10,000,000"},
		{"a skip too far in a search", body(`{ contacts(search: "a", skip: 10001) { nodes { id } } }`, nil), "BAD_USER_INPUT", "skip can be at most 10,000"},
		{"a skip too far under a filter", body(`{ sessions(filter: {anonymous: true}, skip: 10001) { nodes { id } } }`, nil), "BAD_USER_INPUT", "skip can be at most 10,000"},
		{"an order by email in a search", body(`{ contacts(search: "a", orderBy: {field: EMAIL}) { nodes { id } } }`, nil), "BAD_USER_INPUT", "orderBy must be RELEVANCE or NAME"},
		{"a filter by what is no email", body(`query ($v: String) { contacts(filter: {email: $v}) { nodes { id } } }`, vars{"v": sentinel}), "BAD_USER_INPUT", "filter.email: Invalid email"},
		{"a filter by what is no phone", body(`query ($v: String) { contacts(filter: {phone: $v}) { nodes { id } } }`, vars{"v": sentinel}), "BAD_USER_INPUT", "filter.phone: Invalid phone"},
		{"a filter by an unknown type", body(`query ($v: [ChannelType!]) { contacts(filter: {channelTypes: $v}) { nodes { id } } }`, vars{"v": []string{"FAX"}}), "BAD_USER_INPUT", "not a valid ChannelType"},
		{"a filter of too many channels", body(`query ($ids: [ID!]) { contacts(filter: {channelIds: $ids}) { nodes { id } } }`, vars{"ids": make101()}), "BAD_USER_INPUT", "filter.channelIds can name at most 100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &server{Server: s.Server, t: t}
			got := s.post(c.body)
			codes, messages := got.errors(t)
			if len(codes) == 0 || len(codes) > 5 || codes[0] != c.code || !strings.Contains(messages[0], c.message) {
				t.Fatalf("%d %s", got.status, got.body)
			}
			for _, m := range messages {
				for _, leak := range []string{sentinel, "SELECT", "float64", "json.", "map[", "strconv", "reflect", "int64", ".go", "panic"} {
					if strings.Contains(m, leak) {
						t.Errorf("%q holds %q", m, leak)
					}
				}
				if len(m) > 300 {
					t.Errorf("%d bytes: %s", len(m), m)
				}
			}
			if after := s.post(`{"query":"{ viewer { role } }"}`); after.status != 200 || strings.Contains(after.body, "errors") {
				t.Errorf("the next request got %d %s", after.status, after.body)
			}
		})
	}
	t.Cleanup(func() {
		if log := s.log.String(); log != "" {
			t.Errorf("bad input is no news to an operator: %s", log)
		}
	})
}

func make101() []string { return slices.Repeat([]string{"x"}, 101) }
