package limit

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// The sizes of a page, which are those of package service.
const (
	defaultPage = 25
	maxPage     = 100
)

// What things cost. An object costs one.
const (
	costOfMutation = 10 // on top, for each that an operation has
	costOfCounting = 10 // on top, for each total
	assumedList    = 5  // objects of a list without pages
	bytesPerCost   = 2_000
)

// counting are the fields that make a database count.
var counting = map[string]bool{"totalCount": true, "sessionCounts": true, "mergePreview": true}

// Cost is what an operation may come to.
type Cost struct {
	// Cost is the number of objects that the answer can have at most, plus a surcharge for expensive fields: see [Measure].
	Cost int
	// Nodes is the number of rows that all pages can have together.
	Nodes int
}

// Measure returns the cost of a valid operation with its coerced variables, and refuses one that costs more than [MaxCost]
// or has more than [MaxNodes] rows, with an [*ExceededError]. A subscription is measured for one event, and may cost
// [MaxEventCost].
//
// Each object costs 1: a field that has subfields. A page costs so much for each row that it may have, by first or
// last, the default being 25; nodes(ids:) for each id, a batch of mutations for each item; any other list of objects counts as 5. On
// top, a total costs 10 and so does a mutation, also one of a batch. Fields without subfields cost by the size that their values can have, wherever and however often they are
// asked for: 1 for each full 2,000 bytes of all of them together. Rows are counted like objects, over all pages: a page of 50
// within a page of 100 has 5,000, and 5,100 with the outer ones.
func Measure(op *ast.OperationDefinition, variables map[string]any) (Cost, error) {
	m := meter{variables: variables}
	s := m.set(op.SelectionSet)
	cost := s.cost
	if op.Operation == ast.Mutation {
		cost = add(cost, times(costOfMutation, s.roots))
	}
	out := Cost{Cost: add(cost, s.bytes/bytesPerCost), Nodes: s.nodes}
	if err := exceeded("rows on all pages", out.Nodes, MaxNodes); err != nil {
		return out, err
	}
	if op.Operation == ast.Subscription && out.Cost > MaxEventCost {
		return out, &ExceededError{"objects for each event, by its cost", out.Cost, MaxEventCost}
	}
	if out.Cost > MaxCost {
		return out, &ExceededError{"objects or too large texts, by its cost", out.Cost, MaxCost}
	}
	return out, nil
}

// sum is what a selection set comes to for one object that it is selected on.
type sum struct {
	weight

	roots int    // fields of the set itself
	row   weight // of a connection: for each of its rows
}

// weight is what sums add up and pages multiply.
type weight struct{ cost, bytes, nodes int }

func (w weight) plus(o weight) weight {
	return weight{add(w.cost, o.cost), add(w.bytes, o.bytes), add(w.nodes, o.nodes)}
}

func (w weight) times(n int) weight {
	return weight{times(n, w.cost), times(n, w.bytes), times(n, w.nodes)}
}

func (s *sum) add(o sum) {
	s.weight = s.plus(o.weight)
	s.roots = add(s.roots, o.roots)
	s.row = s.row.plus(o.row)
}

// meter measures one operation.
type meter struct {
	variables map[string]any
	fragments map[string]sum
}

func (m *meter) set(set ast.SelectionSet) sum {
	var out sum
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			out.roots = add(out.roots, 1)
			if len(selection.SelectionSet) > 0 {
				out.add(m.field(selection))
			} else {
				out.bytes = add(out.bytes, sizeOf(selection))
			}
		case *ast.InlineFragment:
			out.add(m.set(selection.SelectionSet))
		case *ast.FragmentSpread:
			out.add(m.spread(selection))
		}
	}
	return out
}

func (m *meter) spread(spread *ast.FragmentSpread) sum {
	s, seen := m.fragments[spread.Name]
	if !seen && spread.Definition != nil {
		if m.fragments == nil {
			m.fragments = make(map[string]sum)
		}
		m.fragments[spread.Name] = sum{} // should it be within itself
		s = m.set(spread.Definition.SelectionSet)
		m.fragments[spread.Name] = s
	}
	return s
}

func (m *meter) field(f *ast.Field) sum {
	of := m.set(f.SelectionSet)
	own := weight{cost: 1}
	if counting[f.Name] {
		own.cost += costOfCounting
	}
	each, row := own.plus(of.weight), weight{nodes: 1}
	definition := f.Definition
	switch {
	case definition == nil || definition.Type == nil:
		return sum{weight: each}
	case definition.Type.Elem != nil && isRows(f):
		return sum{row: each}
	case definition.Type.Elem != nil:
		if ids, ok := m.ids(f); ok {
			return sum{weight: each.plus(row).times(ids)}
		}
		return sum{weight: each.times(assumedList)}
	case batches[f.Name] != "" && f.ObjectDefinition != nil && f.ObjectDefinition.Name == "Mutation":
		n := m.items(f, batches[f.Name])
		return sum{weight: each.plus(weight{cost: times(costOfMutation, n)}).plus(of.row.times(n))}
	case definition.Arguments.ForName("first") != nil:
		return sum{weight: each.plus(of.row.plus(row).times(m.page(f)))}
	default:
		return sum{weight: each}
	}
}

// isRows reports whether a list is the rows of a page, or the results of a batch.
func isRows(f *ast.Field) bool {
	return f.ObjectDefinition != nil && (strings.HasSuffix(f.ObjectDefinition.Name, "Connection") || f.Name == "results")
}

// batches are the mutations that change several objects, with the list of their input.
var batches = map[string]string{"updateContacts": "edits", "deleteContacts": "ids", "updateSessions": "edits", "upsertContacts": "contacts"}

// items is how many items a list of a mutation's input has.
func (m *meter) items(f *ast.Field, list string) int {
	arg := f.Arguments.ForName("input")
	if arg == nil {
		return 1
	}
	if arg.Value.Kind == ast.Variable {
		input, _ := m.variables[arg.Value.Raw].(map[string]any)
		return length(input[list])
	}
	value := arg.Value.Children.ForName(list)
	switch {
	case value == nil:
		return 1
	case value.Kind == ast.Variable:
		return length(m.variables[value.Raw])
	case value.Kind != ast.ListValue:
		return 1 // a single value is a list of one
	}
	return len(value.Children)
}

// length is that of a list in a variable; a single value is a list of one.
func length(list any) int {
	switch list := list.(type) {
	case []any:
		return len(list)
	case []string:
		return len(list)
	default:
		return 1
	}
}

// ids is how many objects are asked for by id.
func (m *meter) ids(f *ast.Field) (n int, ok bool) {
	arg := f.Arguments.ForName("ids")
	if arg == nil {
		return 0, false
	}
	if arg.Value.Kind != ast.Variable {
		return max(1, len(arg.Value.Children)), true
	}
	return length(m.variables[arg.Value.Raw]), true
}

// page is how many rows a page can have.
func (m *meter) page(f *ast.Field) int {
	size := 0
	for _, name := range [...]string{"first", "last"} {
		arg := f.Arguments.ForName(name)
		if arg == nil {
			continue
		}
		n, given := m.number(arg.Value)
		switch {
		case !given:
		case n < 1 || n > maxPage:
			return maxPage
		default:
			size = max(size, n)
		}
	}
	if size == 0 {
		return defaultPage
	}
	return size
}

// number reads an Int; not given when it is null or a variable without a value. Anything but a number is out of bounds.
func (m *meter) number(v *ast.Value) (n int, given bool) {
	switch v.Kind {
	case ast.NullValue:
		return 0, false
	case ast.Variable:
		value := m.variables[v.Raw]
		switch value := value.(type) {
		case nil:
			return 0, false
		case int64:
			return int(max(-1, min(value, ceiling))), true
		case int:
			return value, true
		case float64:
			return int(max(-1, min(value, ceiling))), true
		case json.Number:
			n, err := strconv.Atoi(value.String())
			return orNone(n, err), true
		}
		return -1, true
	default:
		n, err := strconv.Atoi(v.Raw)
		return orNone(n, err), true
	}
}

func orNone(n int, err error) int {
	if err != nil {
		return -1
	}
	return n
}
