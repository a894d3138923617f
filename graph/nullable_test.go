package graph_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// absent are the fields of the roots that are null where there is nothing; the others are null beside an error alone.
var absent = []string{"node", "contact", "session", "mergePreview", "bulkJob", "bulkJobProgress", "importJob"}

func TestNoFieldOfTheRootsIsNonNull(t *testing.T) {
	t.Parallel()
	for _, root := range []*ast.Definition{parsedSchema.Query, parsedSchema.Mutation, parsedSchema.Subscription} {
		for _, field := range root.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			marked := field.Directives.ForName("semanticNonNull") != nil
			if field.Type.NonNull || marked == slices.Contains(absent, field.Name) {
				t.Errorf("%s.%s: %s is marked: %t", root.Name, field.Name, field.Type, marked)
			}
		}
	}
}

// TestARefusedFieldLeavesItsNeighbours asks for fields of which some are refused, in every way that there is.
func TestARefusedFieldLeavesItsNeighbours(t *testing.T) {
	t.Parallel()
	const result = `contact { name } userErrors { code }`
	for name, c := range map[string]struct{ document, data, refused string }{
		"edits around what the role may not do": {
			`mutation ($ann: ID!, $shop: ID!) {
				a: updateContact(input: {id: $ann, name: "Anna"}) { ` + result + ` }
				b: updateChannel(input: {id: $shop, active: false}) { channel { id } }
				c: updateContact(input: {id: $ann, name: "Ann"}) { ` + result + ` }
				d: exportContact(input: {id: $ann}) { document }
			}`,
			`{"a":{"contact":{"name":"Anna"},"userErrors":[]},"b":null,"c":{"contact":{"name":"Ann"},"userErrors":[]},"d":null}`,
			"b d",
		},
		"an edit beside an argument that is wrong": {
			`mutation ($ann: ID!) {
				a: updateContact(input: {id: $ann, notes: "Tea"}) { ` + result + ` }
				b: updateContacts(input: {edits: [` + strings.Repeat(`{id: "x"}`, 101) + `]}) { results { ` + result + ` } }
			}`,
			`{"a":{"contact":{"name":"Ann Smith"},"userErrors":[]},"b":null}`,
			"b",
		},
		"lists": {
			`{ contacts(first: 1) { search } auditLog { nodes { id } } nodes(ids: []) { id } sessions(first: 0) { nodes { id } } viewer { role } }`,
			`{"contacts":{"search":""},"auditLog":null,"nodes":[],"sessions":null,"viewer":{"role":"STAFF"}}`,
			"auditLog sessions",
		},
		"within a payload": {
			`mutation ($ann: ID!) { updateContact(input: {id: $ann, notes: "More tea"}) { eventId userErrors { code } contact { sessions(first: 0) { nodes { id } } } } }`,
			`{"updateContact":{"eventId":"event_1","userErrors":[],"contact":null}}`,
			"updateContact",
		},
	} {
		for way, send := range ways {
			s := serve(t)
			got := steady(send(s, c.document, uses(c.document, s.people())))
			var answer struct {
				Data   json.RawMessage
				Errors []struct{ Path []any }
			}
			if err := json.Unmarshal([]byte(got), &answer); err != nil {
				t.Fatal(err)
			}
			var refused []string
			for _, e := range answer.Errors {
				refused = append(refused, e.Path[0].(string))
			}
			slices.Sort(refused)
			if string(answer.Data) != c.data || strings.Join(refused, " ") != c.refused {
				t.Errorf("%s by %s: got %s", name, way, got)
			}
		}
	}
}
