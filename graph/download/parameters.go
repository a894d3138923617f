package download

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"

	"kith/graph/generated"
	"kith/graph/model"
	"kith/graph/resolve"
	"kith/graph/scalar"
	"kith/internal/crm"
	"kith/internal/export"
	"kith/internal/service"
)

// Request is an export that is asked for.
type Request struct {
	service.ContactExport
	Columns []export.Column
	Mark    bool // CSV begins with a byte order mark
}

// parameters are the names of the parameters.
var parameters = []string{"search", "filter", "orderBy", "columns", "after", "bom"}

// Parse reads the parameters of an export. Those that are empty are absent. What cannot be read is a *[crm.InvalidError] that
// names the parameter.
func Parse(query url.Values) (Request, error) {
	var out Request
	for name, values := range query {
		switch {
		case !slices.Contains(parameters, name):
			return out, &crm.InvalidError{
				Field: "query", Subject: "There are no other parameters than " + strings.Join(parameters, ", "),
			}
		case len(values) > 1:
			return out, &crm.InvalidError{Field: name, Reason: "must be given once"}
		}
	}
	out.Search = query.Get("search")
	if after := query.Get("after"); after != "" {
		out.After = &after
	}
	switch query.Get("bom") {
	case "", "false":
	case "true":
		out.Mark = true
	default:
		return out, &crm.InvalidError{Field: "bom", Reason: "must be true or false"}
	}
	var err error
	if out.Filter, err = readFilter(query.Get("filter")); err != nil {
		return out, err
	}
	if out.Order, err = readOrder(query.Get("orderBy")); err != nil {
		return out, err
	}
	if out.Columns, err = export.ReadColumns(query.Get("columns")); err != nil {
		return out, err
	}
	out.Identities = slices.Contains(out.Columns, export.Identities)
	return out, nil
}

// readFilter reads a filter as the variable of a GraphQL request holds it.
func readFilter(text string) (service.ContactFilter, error) {
	if text == "" {
		return service.ContactFilter{}, nil
	}
	var in model.ContactFilter
	if err := readInput("filter", "ContactFilter", text, &in); err != nil {
		return service.ContactFilter{}, err
	}
	return resolve.ContactFilter(&in), nil
}

// readOrder reads an order: a field, with a direction behind it or without, or what the variable of a GraphQL request holds.
func readOrder(text string) (*service.Order, error) {
	if text == "" {
		return nil, nil
	}
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		parts := strings.Fields(text)
		order := map[string]string{}
		for i, name := range []string{"field", "direction"} {
			if i < len(parts) {
				order[name] = parts[i]
			}
		}
		if len(parts) > 2 {
			order["more"] = ""
		}
		b, _ := json.Marshal(order) // cannot fail
		text = string(b)
	}
	var in model.ContactOrder
	if err := readInput("orderBy", "ContactOrder", text, &in); err != nil {
		return nil, err
	}
	if in.Direction == "" {
		in.Direction = service.Ascending // the default of the schema
	}
	return resolve.ContactOrder(&in), nil
}

// readInput reads a value of an input type of the schema from JSON, by the rules for variables.
func readInput(parameter, of, text string, into any) error {
	invalid := &crm.InvalidError{Field: parameter, Reason: "must be a " + of + " of the API, as JSON"}
	if parameter == "orderBy" {
		invalid.Reason = "must be LAST_ACTIVITY, NAME, CREATED, EMAIL or RELEVANCE, with ASC or DESC behind it or without"
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var value map[string]any
	if d.Decode(&value) != nil || value == nil || d.More() {
		return invalid
	}
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	asked := &ast.OperationDefinition{VariableDefinitions: ast.VariableDefinitionList{{
		Variable: parameter, Type: ast.NonNullNamedType(of, nil), Definition: schema.Types[of],
	}}}
	coerced, err := validator.VariableValues(schema, asked, map[string]any{parameter: value})
	if err != nil {
		return inField(invalid, schema.Types[of], err)
	}
	fields := coerced[parameter].(map[string]any)
	for _, f := range schema.Types[of].Fields {
		given, is := fields[f.Name]
		if !is || given == nil || f.Type.Name() != "DateTime" {
			continue
		}
		at, err := scalar.UnmarshalDateTime(given)
		if err != nil {
			return &crm.InvalidError{Field: parameter + "." + f.Name, Reason: "must be a moment in RFC 3339, for example 2026-11-23T09:30:00Z"}
		}
		fields[f.Name] = at.Format(time.RFC3339Nano)
	}
	b, err := json.Marshal(fields)
	if err != nil {
		return invalid
	}
	read := json.NewDecoder(bytes.NewReader(b))
	read.DisallowUnknownFields()
	if read.Decode(into) != nil {
		return invalid
	}
	return nil
}

// inField names the field that an error of a variable is about, unless the input has no such field.
func inField(invalid *crm.InvalidError, of *ast.Definition, err error) error {
	in, ok := errors.AsType[*gqlerror.Error](err)
	if !ok || len(in.Path) < 3 { // variable, its name, the field
		return invalid
	}
	name, _ := in.Path[2].(ast.PathName)
	if f := of.Fields.ForName(string(name)); f != nil && invalid.Field == "filter" {
		return &crm.InvalidError{Field: invalid.Field + "." + f.Name, Reason: "must be of the type " + f.Type.String()}
	}
	return invalid
}
