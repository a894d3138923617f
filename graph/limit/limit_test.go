package limit

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

var schema = func() *ast.Schema {
	text, err := os.ReadFile("../../schema.graphqls")
	if err != nil {
		panic(err)
	}
	return gqlparser.MustLoadSchema(&ast.Source{Input: string(text)})
}()

func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		if strings.Contains(format, "%") {
			fmt.Fprintf(&b, format+" ", i)
			continue
		}
		b.WriteString(format + " ")
	}
	return b.String()
}

// nested is n fields within each other.
func nested(n int) string { return strings.Repeat("{ a ", n) + strings.Repeat("} ", n) }

// TestDocument stands at each bound and just beyond, once with all of it in place and once in fragments.
func TestDocument(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		document string
		want     ExceededError // zero for none
	}{
		"an ordinary query":            {`query Q($a: Int) { contacts(first: $a) { nodes { id ...F } } } fragment F on Contact { name }`, ExceededError{}},
		"10 operations":                {many(10, "query Q%d { a }"), ExceededError{}},
		"11 operations":                {many(11, "query Q%d { a }"), ExceededError{"operations", 11, 10}},
		"50 fragments":                 {"{ a }" + many(50, "fragment F%d on T { a }"), ExceededError{}},
		"51 fragments":                 {"{ a }" + many(51, "fragment F%d on T { a }"), ExceededError{"fragments", 51, 50}},
		"50 variables":                 {"query Q(" + many(50, "$v%d: Int") + ") { a }", ExceededError{}},
		"51 variables":                 {"query Q(" + many(51, "$v%d: Int") + ") { a }", ExceededError{"variables", 51, 50}},
		"50 directives":                {"{ a " + many(50, "@d") + "}", ExceededError{}},
		"51 directives":                {"{ a " + many(51, "@d") + "}", ExceededError{"directives", 51, 50}},
		"51 directives, spread about":  {"query @d { ...F @d ... @d { a @d } } fragment F on T @d { a " + many(46, "@d") + "}", ExceededError{"directives", 51, 50}},
		"12 levels":                    {nested(12), ExceededError{}},
		"13 levels":                    {nested(13), ExceededError{"levels of fields", 13, 12}},
		"12 levels in fragments":       {"{ a { a ...F } } fragment F on T " + nested(10), ExceededError{}},
		"13 levels in fragments":       {"{ a { a { ...F } } } fragment F on T { ... { ...G } } fragment G on T " + nested(11), ExceededError{"levels of fields", 13, 12}},
		"20 fields of the root":        {"{ " + many(20, "f%d") + "}", ExceededError{}},
		"21 fields of the root":        {"{ " + many(21, "f%d") + "}", ExceededError{"root fields", 21, 20}},
		"20 of the root in fragments":  {"{ ...F ...F } fragment F on T { " + many(10, "f%d") + "}", ExceededError{}},
		"21 of the root in fragments":  {"{ b ...F ...F } fragment F on T { " + many(10, "f%d") + "}", ExceededError{"root fields", 21, 20}},
		"30 aliases":                   {"{ r { " + many(30, "a%d: b") + "} }", ExceededError{}},
		"31 aliases":                   {"{ r { " + many(31, "a%d: b") + "} }", ExceededError{"aliases", 31, 30}},
		"30 aliases in fragments":      {"{ r { ...F } s { ...F } } fragment F on T { " + many(15, "a%d: b") + "}", ExceededError{}},
		"32 aliases in fragments":      {"{ r { ...F } s { ...F } } fragment F on T { " + many(16, "a%d: b") + "}", ExceededError{"aliases", 32, 30}},
		"300 fields":                   {"{ r { " + many(299, "f%d") + "} }", ExceededError{}},
		"301 fields":                   {"{ r { " + many(300, "f%d") + "} }", ExceededError{"fields", 301, 300}},
		"300 fields in fragments":      {"{ r { ...F } s { ...F } t } fragment F on T { x { " + many(147, "f%d") + "} }", ExceededError{"fields", 299, 0}},
		"302 fields in fragments":      {"{ r { ...F } s { ...F } } fragment F on T { x { " + many(149, "f%d") + "} }", ExceededError{"fields", 302, 300}},
		"one field 50 times":           {"{ r { " + many(50, "f") + "} }", ExceededError{}},
		"one field 51 times":           {"{ r { " + many(51, "f") + "} }", ExceededError{"repetitions of one field", 51, 50}},
		"51 times in fragments":        {"{ r { f ...F ... { ...F } } } fragment F on T { " + many(25, "f") + "}", ExceededError{"repetitions of one field", 51, 50}},
		"50 times in fragments":        {"{ r { ...F ... { ...F } } } fragment F on T { " + many(25, "f") + "}", ExceededError{}},
		"51 times under another name":  {"{ r { " + many(51, "f: g") + "} }", ExceededError{"repetitions of one field", 51, 50}},
		"deep questions on the schema": {"{ __schema " + nested(20) + "}", ExceededError{}},
		"too deep ones":                {"{ __schema " + nested(21) + "}", ExceededError{"levels of fields about the schema", 21, 20}},
		"too deep ones in fragments":   {"{ ...F } fragment F on T { s: __schema { b { ...G } } } fragment G on T " + nested(20), ExceededError{"levels of fields about the schema", 21, 20}},
		"wide questions on the schema": {"{ __schema { " + many(800, "f%d") + "} }", ExceededError{}},
		"too wide ones":                {"{ a: __schema { " + many(401, "f%d") + "} b: __schema { " + many(400, "f%d") + "} }", ExceededError{"fields about the schema", 801, 800}},
		"a circle of fragments":        {"{ a ...F } fragment F on T { a { ...G } } fragment G on T { b { ...F } ...G }", ExceededError{}},
		"a fragment that is missing":   {"{ a ...F }", ExceededError{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := parser.ParseQuery(&ast.Source{Input: c.document})
			if err != nil {
				t.Fatal(err)
			}
			if c.want.Max == 0 {
				c.want = ExceededError{}
			}
			err = Document(doc)
			got := ExceededError{}
			if e, ok := errors.AsType[*ExceededError](err); ok {
				got = *e
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("%v\n%s", err, d)
			}
		})
	}
}

// chain is fragments that each spread the next one twice: 2^n fields in little text.
func chain(n int, leaf string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "fragment F%d on Contact { a%d: sessions { nodes { contact { ...F%d } } } b%d: sessions { nodes { contact { ...F%d } } } }\n", i, i, i+1, i, i+1)
	}
	return b.String() + fmt.Sprintf("fragment F%d on Contact { %s }", n, leaf)
}

func TestAChainOfFragmentsEndsAtOnceAndWrapsNothing(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 20, 40, 49} {
		doc, err := parser.ParseQuery(&ast.Source{Input: "{ contact(id: 1) { ...F0 } } " + chain(n, "id")})
		if err != nil {
			t.Fatal(err)
		}
		if err := Document(doc); (err == nil) != (n == 1) {
			t.Errorf("a chain of %d: %v", n, err)
		}
	}
	doc, errs := gqlparser.LoadQueryWithRules(schema, "{ contact(id: 1) { ...F0 } } "+chain(8, "id"), nil)
	if errs != nil {
		t.Fatal(errs)
	}
	for range 100_000 { // some 10^22 rows each, were it multiplied
		c, err := Measure(doc.Operations[0], nil)
		if err == nil || c.Nodes != ceiling || c.Cost != ceiling {
			t.Fatalf("%+v %v", c, err)
		}
	}
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		document  string
		variables map[string]any
		want      Cost
		refused   string
	}{
		"one object":                           {`{ viewer { role } __typename }`, nil, Cost{1, 0}, ""},
		"a page of the usual size":             {`{ contacts { nodes { id } } }`, nil, Cost{26, 25}, ""},
		"a page":                               {`{ contacts(first: 10) { nodes { id } } }`, nil, Cost{11, 10}, ""},
		"a page from the end":                  {`{ contacts(last: 10) { nodes { id } } }`, nil, Cost{11, 10}, ""},
		"edges and what is beside them":        {`{ contacts(first: 10) { edges { cursor node { id } } pageInfo { endCursor } } }`, nil, Cost{22 + (10*(1500+40)+1500)/2000, 10}, ""},
		"a total":                              {`{ contacts(first: 10) { totalCount { value } } }`, nil, Cost{12, 10}, ""},
		"a page in a variable":                 {`query ($n: Int) { contacts(first: $n) { nodes { id } } }`, map[string]any{"n": int64(7)}, Cost{8, 7}, ""},
		"a variable without a value":           {`query ($n: Int) { contacts(first: $n) { nodes { id } } }`, nil, Cost{26, 25}, ""},
		"a page of null":                       {`{ contacts(first: null) { nodes { id } } }`, nil, Cost{26, 25}, ""},
		"a negative page is not cheap":         {`{ contacts(first: -1) { nodes { id } } }`, nil, Cost{103, 100}, ""},
		"nor is none":                          {`query ($n: Int) { contacts(last: $n) { nodes { id } } }`, map[string]any{"n": int64(0)}, Cost{103, 100}, ""},
		"a page too large":                     {`query ($n: Int) { contacts(first: $n) { nodes { id } } }`, map[string]any{"n": int64(1 << 40)}, Cost{103, 100}, ""},
		"pages from both ends":                 {`{ contacts(first: 3, last: 7) { nodes { id } } }`, nil, Cost{8, 7}, ""},
		"pages within a page":                  {`{ contacts(first: 100) { nodes { sessions(first: 50) { nodes { id channel { id } } } } } }`, nil, Cost{1 + 100*(1+1+50*2) + 5000*80/2000, 5100}, ""},
		"the same in fragments":                {`{ contacts(first: 100) { ...P } } fragment P on ContactConnection { ... { nodes { ...C } } } fragment C on Contact { sessions(first: 50) { ...S } } fragment S on SessionConnection { nodes { id channel { id } } }`, nil, Cost{1 + 100*(1+1+50*2) + 5000*80/2000, 5100}, ""},
		"what is skipped counts":               {`query ($yes: Boolean!) { contacts(first: 10) @skip(if: $yes) { nodes { id } } }`, map[string]any{"yes": true}, Cost{11, 10}, ""},
		"a list without pages":                 {`{ sessionCounts { statuses { count } } }`, nil, Cost{16, 0}, ""},
		"objects by their ids":                 {`{ nodes(ids: ["a", "b", "c"]) { id } }`, nil, Cost{3, 3}, ""},
		"by ids in a variable":                 {`query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Contact { sessions(first: 2) { nodes { id } } } } }`, map[string]any{"ids": []any{"a", "b"}}, Cost{2 * (1 + 1 + 2), 6}, ""},
		"mutations":                            {`mutation { a: deleteContact(input: {id: 1}) { eventId } ...M } fragment M on Mutation { b: deleteContact(input: {id: 2}) { eventId } }`, nil, Cost{22, 0}, ""},
		"an event":                             {`subscription { contactEvents { contact { id } } }`, nil, Cost{2, 0}, ""},
		"50,000 rows":                          {`{ nodes(ids: [` + strings.Repeat(`"x",`, 495) + `]) { ... on Contact { sessions(first: 100) { nodes { id } } } } }`, nil, Cost{495*102 + 495*100*40/2000, 495 * 101}, ""},
		"more":                                 {`{ nodes(ids: [` + strings.Repeat(`"x",`, 496) + `]) { ... on Contact { sessions(first: 100) { nodes { id } } } } }`, nil, Cost{496*102 + 496*100*40/2000, 496 * 101}, "The operation has too many rows on all pages: 50096, and at most 50000 are allowed"},
		"three pages within each other":        {`{ contacts(first: 100) { nodes { sessions(first: 100) { nodes { contact { sessions(first: 100) { nodes { id } } } } } } } }`, nil, Cost{1 + 100*(2+100*(3+100)) + 1_000_000*40/2000, 1_010_100}, "rows on all pages"},
		"few rows with very much in them":      {`{ contacts(first: 100) { nodes { sessions(first: 100) { edges { node { contact { identities { channel { id } } } } } } } } }`, nil, Cost{1 + 100*(2+100*(3+5*2)) + 50_000*40/2000, 10_100}, "too many objects or too large texts, by its cost: 131201"},
		"a long page of ordinary sessions":     {`{ sessions(first: 100) { edges { cursor node { id contact { id } channel { id } } } } }`, nil, Cost{1 + 400 + 100*(100+3*40)/2000, 100}, ""},
		"texts by the size that they can have": {`{ contacts(first: 100) { nodes { id name displayName email phone notes } } }`, nil, Cost{101 + 100*(2*40+2*2000+254+80_000)/2000, 100}, ""},
		"a text many times":                    {`{ nodes(ids: ["x"]) { ... on Contact { a: notes b: notes ...N } } } fragment N on Contact { notes }`, nil, Cost{1 + 120, 1}, ""},
		"few objects with very large texts": {`{ nodes(ids: ["x"]) { ... on Contact { sessions(first: 100) { nodes { contact { ` + many(20, "n%d: notes") + `} } } } } }`,
			nil, Cost{202 + 100*20*40, 101}, ""},
		"too large ones": {`{ nodes(ids: ["x"]) { ... on Contact { sessions(first: 100) { nodes { contact { ` + many(29, "n%d: notes") + `} } } } } }`,
			nil, Cost{202 + 100*29*40, 101}, "too large texts, by its cost: 116202"},
		"a text behind an interface":   {`{ node(id: "x") { id ... on IngestFailure { payload } } }`, nil, Cost{1 + (1<<20+40)/2000, 0}, ""},
		"the schema has its own bound": {`{ __schema { types { name description } } }`, nil, Cost{6, 0}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, errs := gqlparser.LoadQueryWithRules(schema, c.document, nil)
			if errs != nil {
				t.Fatal(errs)
			}
			got, err := Measure(doc.Operations[0], c.variables)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if (err != nil) != (c.refused != "") || err != nil && !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%v, want %q", err, c.refused)
			}
		})
	}
}

// TestSizesAreOfTheSchema looks for sizes of fields that there are no more.
func TestSizesAreOfTheSchema(t *testing.T) {
	t.Parallel()
	for name := range sizes {
		kind, field, _ := strings.Cut(name, ".")
		if d := schema.Types[kind]; d == nil || d.Fields.ForName(field) == nil {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestWhatPagesAskForIsAllowed measures the largest pages that the staff pages, the playground, clients and reports ask for.
func TestWhatPagesAskForIsAllowed(t *testing.T) {
	t.Parallel()
	documents := append(read(t),
		`{ contacts(first: 100) { edges { cursor match { field kind } node { id name displayName email phone notes version
			createdAt updatedAt lastActivityAt identities { externalId displayName createdAt channel { id name type active } }
			sessions(first: 25) { edges { cursor node { id contactName contact { id displayName } channel { id name type active }
			status tag lastMessagePreview lastMessageAt unreadCount startedAt } } pageInfo { hasNextPage endCursor } } } }
			pageInfo { hasNextPage endCursor } totalCount { value exact } search workspaceHasContacts } }`,
		`{ contacts(first: 100) { nodes { id displayName sessions(first: 100) { nodes { id contactName contact { displayName }
			channel { name } status tag lastMessagePreview lastMessageAt unreadCount startedAt } } } } }`,
		`{ contacts(first: 100) { nodes { id history(first: 10) { nodes { actor at fields { field old new } } } } } }`,
		`{ ingestFailures(first: 100) { nodes { id reason payload channel { name } } } }`,
		`mutation { exportContact(input: {id: "x"}) { document userErrors { message } } }`,
	)
	operations := 0
	for _, text := range documents {
		doc, errs := gqlparser.LoadQueryWithRules(schema, text, nil)
		if errs != nil {
			t.Fatal(errs, text)
		}
		for _, o := range doc.Operations {
			operations++
			if _, err := Measure(o, map[string]any{"first": int64(100)}); err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	if operations < 25 {
		t.Errorf("%d operations", operations)
	}
}

// read is the documents of the staff pages, of the clients and of the playground.
func read(t *testing.T) (documents []string) {
	t.Helper()
	for _, name := range []string{
		"../../web/staff/operations.graphql", "../../e2e/api/clients/operations.graphql", "../../web/graphiql/examples.ts",
	} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".graphql") {
			documents = append(documents, string(text))
			continue
		}
		for part := range strings.SplitSeq(string(text), "`") {
			if strings.HasPrefix(part, "#") {
				documents = append(documents, part)
			}
		}
	}
	return documents
}
