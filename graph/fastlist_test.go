package graph_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"kith/graph"
	"kith/graph/generated"
)

// writtenTypes are the types that a written list can have, each with a list that selects a field of it.
var writtenTypes = map[string]string{
	"ContactConnection": "{ contacts { %s } }",
	"ContactEdge":       "{ contacts { edges { %s } } }",
	"Contact":           "{ contacts { nodes { %s } } }",
	"ContactMatch":      "{ contacts { edges { match { %s } } } }",
	"Count":             "{ contacts { totalCount { %s } } }",
	"PageInfo":          "{ contacts { pageInfo { %s } } }",
	"Identity":          "{ contacts { nodes { identities { %s } } } }",
	"SessionConnection": "{ sessions { %s } }",
	"SessionEdge":       "{ sessions { edges { %s } } }",
	"Session":           "{ sessions { nodes { %s } } }",
	"Channel":           "{ sessions { nodes { channel { %s } } } }",
}

// leftToGqlgen are the fields that a written list does not know on purpose.
var leftToGqlgen = map[string]bool{"Contact.history": true}

// TestEveryFieldOfAWrittenListIsWritten names the fields of the schema that package fastlist lacks.
func TestEveryFieldOfAWrittenListIsWritten(t *testing.T) {
	t.Parallel()
	var lists atomic.Int64
	h := handlerOver(t, open(t), &syncBuffer{}, graph.CountWritten(&lists))
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	staff := token(t, "staff", "acme")
	for name, list := range writtenTypes {
		for _, field := range schema.Types[name].Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			lists.Store(0)
			got := ask(t, h, staff, fmt.Sprintf(list, selected(schema, field)), nil)
			if codes, messages := got.errors(t); len(codes) > 0 {
				t.Fatal(messages)
			}
			if full := name + "." + field.Name; lists.Load() == 0 != leftToGqlgen[full] {
				t.Errorf("%s: written is %t, want %t", full, lists.Load() > 0, !leftToGqlgen[full])
			}
		}
	}
}

// selected selects a field, with something below it where it has fields.
func selected(schema *ast.Schema, field *ast.FieldDefinition) string {
	if schema.Types[field.Type.Name()].IsCompositeType() {
		return field.Name + " { __typename }"
	}
	return field.Name
}
