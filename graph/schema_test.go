package graph_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/internal/crm"
)

func TestEveryElementOfTheSchemaIsDescribed(t *testing.T) {
	t.Parallel()
	schema := parsedSchema
	described := func(description string, name ...string) {
		if strings.TrimSpace(description) == "" {
			t.Errorf("%s has no description", strings.Join(name, "."))
		}
	}
	for _, d := range schema.Types {
		if d.BuiltIn {
			continue
		}
		described(d.Description, d.Name)
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			described(f.Description, d.Name, f.Name)
			for _, a := range f.Arguments {
				described(a.Description, d.Name, f.Name, a.Name)
			}
		}
		for _, v := range d.EnumValues {
			described(v.Description, d.Name, v.Name)
		}
	}
}

func TestEveryTypeWithAnIDIsANode(t *testing.T) {
	t.Parallel()
	for _, d := range parsedSchema.Types {
		id := d.Fields.ForName("id")
		if d.Kind != ast.Object || id == nil {
			continue
		}
		if id.Type.String() != "ID!" || !slices.Contains(d.Interfaces, "Node") {
			t.Errorf("%s has an id of type %s and implements %v", d.Name, id.Type, d.Interfaces)
		}
		if _, listed := objectsWithIDs[d.Name]; !listed {
			t.Errorf("TestAnIDNamesOneObject does not meet a %s", d.Name)
		}
	}
}

func TestTheSchemaListsTheChannelTypesThatHaveAProvider(t *testing.T) {
	t.Parallel()
	schema := parsedSchema
	var listed []crm.ChannelType
	for _, v := range schema.Types["ChannelType"].EnumValues {
		listed = append(listed, crm.ChannelType(v.Name))
		if !slices.Contains(crm.ChannelTypes, crm.ChannelType(v.Name)) {
			t.Errorf("%s has no row in crm.Providers", v.Name)
		}
	}
	for _, kind := range crm.ChannelTypes {
		if !slices.Contains(listed, kind) {
			t.Errorf("%s is not in the enum ChannelType of the schema", kind)
		}
	}
	if !t.Failed() && !slices.Equal(listed, crm.ChannelTypes) {
		t.Errorf("the schema lists %v, crm.Providers %v", listed, crm.ChannelTypes)
	}
}

func TestEveryRootFieldIsWalkedByTheSealTest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: string(text)})
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		for _, f := range root.Fields {
			walked := false
			for name := range operations {
				walked = walked || name == f.Name || strings.HasPrefix(name, f.Name+",")
			}
			if !walked && !strings.HasPrefix(f.Name, "__") {
				t.Errorf("no operation for %s", f.Name)
			}
		}
	}
}
