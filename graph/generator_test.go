package graph_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// generator makes operations that are valid, whatever the fields of the schema.
type generator struct {
	*rand.Rand
	schema    *ast.Schema
	variables map[string]string // used, with their types
	values    vars
	fragments []string
	fault     int // which argument is refused, if any
}

var parsedSchema = func() *ast.Schema {
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		panic(err)
	}
	return gqlparser.MustLoadSchema(&ast.Source{Input: string(text)})
}()

func newGenerator(t *testing.T, seed uint64) *generator {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 3))
	return &generator{Rand: r, schema: parsedSchema, variables: map[string]string{}, values: vars{}, fault: max(0, r.IntN(30)-22)}
}

func (g *generator) operation() (string, vars) {
	var roots []string
	for i := range 1 + g.IntN(2) {
		name := []string{"contacts", "contacts", "sessions"}[g.IntN(3)]
		f := g.schema.Query.Fields.ForName(name)
		roots = append(roots, fmt.Sprintf("r%d: %s%s%s { %s }", i, name, g.arguments("Query", name, g.IntN(40)), g.condition(), g.selection(f.Type.Name(), 0)))
	}
	if g.IntN(4) == 0 {
		roots = append(roots, "__typename viewer { role }")
	}
	names := make([]string, 0, len(g.variables))
	for name := range g.variables {
		names = append(names, name)
	}
	slices.Sort(names)
	var declared []string
	for _, name := range names {
		declared = append(declared, "$"+name+": "+g.variables[name])
	}
	head := "query Q"
	if len(declared) > 0 {
		head += "(" + strings.Join(declared, ", ") + ")"
	}
	return head + " { " + strings.Join(roots, " ") + " } " + strings.Join(g.fragments, " "), g.values
}

// selection selects some fields of a type, some of them in fragments.
func (g *generator) selection(typeName string, depth int) string {
	def := g.schema.Types[typeName]
	var out []string
	for range 1 + g.IntN(5) {
		switch n := g.IntN(20); {
		case n == 0:
			out = append(out, g.pick("__typename", "what: __typename", "__typename @skip(if: true) again: __typename"))
		case n <= 2 && depth < 5:
			on := g.pick("... ", "... on "+typeName+" ")
			if slices.Contains(def.Interfaces, "Node") && g.IntN(3) == 0 {
				out = append(out, "... on Node "+g.condition()+" { id nodeType: __typename }")
				continue
			}
			out = append(out, on+g.condition()+" { "+g.selection(typeName, depth+1)+" }")
		case n == 3 && depth < 4 && len(g.fragments) < 6:
			name := fmt.Sprintf("F%d", len(g.fragments))
			i := len(g.fragments)
			g.fragments = append(g.fragments, "") // its place, which those within must not take
			g.fragments[i] = fmt.Sprintf("fragment %s on %s { %s }", name, typeName, g.selection(typeName, depth+1))
			out = append(out, strings.TrimSpace("..."+name+" "+g.condition()))
			if g.IntN(3) == 0 {
				out = append(out, "..."+name)
			}
		default:
			out = append(out, g.field(def, depth))
		}
	}
	return strings.Join(out, " ")
}

// field selects one field. Its alias encodes its arguments, so that no two selections conflict.
func (g *generator) field(def *ast.Definition, depth int) string {
	f := def.Fields[g.IntN(len(def.Fields))]
	for strings.HasPrefix(f.Name, "__") {
		f = def.Fields[g.IntN(len(def.Fields))]
	}
	t := g.schema.Types[f.Type.Name()]
	composite := t.Kind == ast.Object || t.Kind == ast.Interface
	if composite && depth >= 7 {
		return g.pick("__typename", "deep: __typename")
	}
	variant := g.IntN(6)
	arguments := g.arguments(def.Name, f.Name, variant)
	name := f.Name
	switch {
	case arguments != "":
		name = fmt.Sprintf("%s%d: %s", f.Name, variant, f.Name)
	case g.IntN(4) == 0:
		name = g.pick("a", "b") + f.Name + ": " + f.Name
	}
	text := strings.TrimSpace(name + arguments + " " + g.condition())
	if composite {
		text += " { " + g.selection(t.Name, depth+1) + " }"
	}
	return text
}

// arguments are the arguments of a list, the same for each variant.
func (g *generator) arguments(parent, field string, variant int) string {
	switch {
	case parent == "Contact" && field == "sessions":
		switch {
		case variant == 5 && g.fault > 0:
			return []string{"(first: 0)", "(first: 1, last: 1)", "(after: \"nonsense\")"}[g.fault%3]
		case variant == 0:
			return ""
		case variant == 1:
			g.use("n", "Int", 2)
			return "(first: $n)"
		case variant == 2:
			return "(last: 1)"
		case variant == 3:
			return "(first: 3, filter: {statuses: [ACTIVE, CLOSED]})"
		case variant == 4:
			return "(first: 2, orderBy: {field: STARTED, direction: DESC})"
		default:
			return "(filter: {anonymous: false, tags: COMPLAINT})"
		}
	case parent == "Query" && field == "sessions":
		return []string{
			"", "(first: 3)", "(last: 2)", "(filter: {anonymous: true})", "(filter: {statuses: [ESCALATED]}, first: 100)",
			"(orderBy: {field: STARTED}, first: 4)",
		}[variant%6]
	case parent == "Query" && field == "contacts":
		if variant == 0 && g.fault > 0 {
			return []string{"(first: 101)", "(orderBy: {field: RELEVANCE})", "(before: \"nonsense\")"}[g.fault%3]
		}
		arguments := []string{
			"", "(first: 5)", "(last: 3)", "(search: $search)", "(search: $search, first: 2)", "(search: \"ann\", orderBy: {field: NAME})",
			"(orderBy: {field: NAME, direction: DESC}, first: 100)", "(search: $search, last: 4)", "(search: \"nobody at all\")",
		}[variant%9]
		if strings.Contains(arguments, "$search") {
			g.use("search", "String", g.pick("ann", "ANN", "an smith", "030", "xyz", ""))
		}
		return arguments
	}
	return ""
}

// condition is a directive, sometimes.
func (g *generator) condition() string {
	switch g.IntN(12) {
	case 0:
		g.use("yes", "Boolean!", true)
		return g.pick("@include(if: $yes)", "@skip(if: $yes)")
	case 1:
		g.use("no", "Boolean! = false", nil)
		return g.pick("@skip(if: $no)", "@include(if: $no)", "@skip(if: $no) @include(if: true)")
	}
	return ""
}

func (g *generator) use(name, kind string, value any) {
	g.variables[name] = kind
	if _, ok := g.values[name]; !ok && value != nil {
		g.values[name] = value
	}
}

func (g *generator) pick(options ...string) string { return options[g.IntN(len(options))] }
