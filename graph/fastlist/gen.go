//go:build ignore

// The program that `go generate` runs: gqlgen, with a plugin that writes the plain fields of package fastlist.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"go/types"
	"log"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

const output = "graph/fastlist/generated.go"

// written are the types that a written list can have.
var written = []string{
	"ContactConnection", "ContactEdge", "ContactMatch", "Contact", "Identity", "SessionConnection", "SessionEdge", "Session",
	"Channel", "Count", "PageInfo", "UndoableMerge",
}

// byHand are plain fields that are written by hand: a cursor without allocating a string, and a list of ids.
var byHand = []string{"ContactEdge.cursor", "SessionEdge.cursor", "UndoableMerge.mergedContactIds"}

// long are the texts that are counted as soon as they are written.
var long = []string{"Contact.notes"}

func main() {
	log.SetFlags(0)
	cfg, err := config.LoadConfigFromDefaultLocations()
	if err != nil {
		log.Fatal(err)
	}
	if err := omitInUpdates(cfg); err != nil {
		log.Fatal(err)
	}
	if err := api.Generate(cfg, api.AddPlugin(plainFields{})); err != nil {
		log.Fatal(err)
	}
}

// omitInUpdates lets absent and null differ in the nullable fields of Update…Input and Upsert…Input, but for those that gqlgen.yml has.
func omitInUpdates(cfg *config.Config) error {
	if err := cfg.LoadSchema(); err != nil {
		return err
	}
	for name, def := range cfg.Schema.Types {
		if !strings.HasPrefix(name, "Update") && !strings.HasPrefix(name, "Upsert") || !strings.HasSuffix(name, "Input") {
			continue
		}
		entry := cfg.Models[name]
		fields := map[string]config.TypeMapField{}
		for _, f := range def.Fields {
			if !f.Type.NonNull {
				fields[f.Name] = config.TypeMapField{Omittable: new(true)}
			}
		}
		maps.Copy(fields, entry.Fields)
		entry.Fields = fields
		cfg.Models[name] = entry
	}
	return nil
}

// plainFields is the plugin.
type plainFields struct{}

// Name implements the plugin of gqlgen.
func (plainFields) Name() string { return "plainfields" }

// GenerateCode writes a table for each type.
func (plainFields) GenerateCode(data *codegen.Data) error {
	f := file{imports: map[string]bool{}}
	for _, name := range written {
		object := data.Objects.ByName(name)
		if object == nil {
			return fmt.Errorf("the schema has no type %s", name)
		}
		if err := f.table(object); err != nil {
			return err
		}
	}
	text, err := f.source()
	if err != nil {
		return err
	}
	return os.WriteFile(output, text, 0o644)
}

// file is the generated file in the making.
type file struct {
	imports map[string]bool
	body    bytes.Buffer
}

// qualify names a package and imports it.
func (f *file) qualify(p *types.Package) string {
	f.imports[p.Path()] = true
	return p.Name()
}

// table writes the plain fields of a type: those without arguments and fields below them, which a struct or a method holds.
func (f *file) table(o *codegen.Object) error {
	goType := types.TypeString(o.Reference(), f.qualify)
	if goType[0] == '*' {
		goType = goType[1:]
	}
	fmt.Fprintf(&f.body, "\nvar plain%s = plainFields[%s]{\n", o.Name, goType)
	for _, field := range o.Fields {
		full := o.Name + "." + field.Name
		if !plain(field) || slices.Contains(byHand, full) {
			continue
		}
		write, err := writer(field, full)
		if err != nil {
			return err
		}
		fmt.Fprintf(&f.body, "\t%q: func(w *List, v *%s) { %s },\n", field.Name, goType, write)
	}
	f.body.WriteString("}\n")
	return nil
}

func plain(f *codegen.Field) bool {
	return !f.IsReserved() && !f.IsResolver && len(f.Args) == 0 && !f.TypeReference.Definition.IsCompositeType()
}

// writer is the statement that writes a field.
func writer(f *codegen.Field, full string) (string, error) {
	value := "v." + f.GoFieldName
	if f.IsMethod() {
		if !f.NoErr || f.MethodHasContext || f.VOkFunc {
			return "", fmt.Errorf("%s: a method of a plain field takes nothing and returns a value", full)
		}
		value += "()"
	}
	method, function := "", ""
	switch d := f.TypeReference.Definition; {
	case f.TypeReference.GQL.Elem != nil:
	case d.Kind == ast.Enum:
		function = "writeEnum"
	case d.Name == "ID" && f.TypeReference.GO == types.Typ[types.String]:
		method = "string"
	case d.Name == "ID":
		function = "writeID"
	case d.Name == "String" && slices.Contains(long, full):
		method = "text"
	default:
		method = map[string]string{"String": "string", "Int": "int", "Boolean": "bool", "DateTime": "time"}[d.Name]
	}
	_, pointer := f.TypeReference.GO.(*types.Pointer)
	switch {
	case method == "" && function == "":
		return "", fmt.Errorf("%s: nothing writes a %s", full, f.TypeReference.GQL)
	case pointer && method != "":
		return fmt.Sprintf("writeOptional(w, %s, (*List).%s)", value, method), nil
	case pointer:
		return fmt.Sprintf("writeOptional(w, %s, %s)", value, function), nil
	case method != "":
		return fmt.Sprintf("w.%s(%s)", method, value), nil
	}
	return fmt.Sprintf("%s(w, %s)", function, value), nil
}

func (f *file) source() ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("// Code generated by gen.go from the schema and gqlgen.yml. DO NOT EDIT.\n\npackage fastlist\n\nimport (\n")
	for _, path := range slices.Sorted(maps.Keys(f.imports)) {
		fmt.Fprintf(&out, "\t%q\n", path)
	}
	out.WriteString(")\n")
	out.Write(f.body.Bytes())
	return format.Source(out.Bytes())
}
