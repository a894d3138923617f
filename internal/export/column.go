package export

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"kith/internal/crm"
	"kith/internal/service"
)

// Column is a column of an export. Columns have the names of the API's fields.
type Column string

// The columns.
const (
	Identities Column = "identities"
	Cursor     Column = "cursor"
)

// column says what a column holds: one text or none, several, or a value that is written as JSON in either format.
type column struct {
	text   func(c *service.ExportedContact) *string
	texts  func(c *service.ExportedContact) []string
	json   func(c *service.ExportedContact) []byte
	always bool // part of the default columns
}

// order is the order of the default columns, and of those in the documentation.
var order = []Column{
	"id", "name", "email", "phone", "furtherEmails", "furtherPhones", "notes", "emailVerified", "phoneVerified", "version",
	"createdAt", "updatedAt", "lastActivityAt", "displayName", Identities, Cursor,
}

var columns = map[Column]column{
	"id":             {always: true, text: func(c *service.ExportedContact) *string { return new(c.ID.String()) }},
	"name":           {always: true, text: func(c *service.ExportedContact) *string { return c.Name }},
	"email":          {always: true, text: func(c *service.ExportedContact) *string { return c.Email }},
	"phone":          {always: true, text: func(c *service.ExportedContact) *string { return c.Phone }},
	"furtherEmails":  {always: true, texts: func(c *service.ExportedContact) []string { return c.FurtherOf("email") }},
	"furtherPhones":  {always: true, texts: func(c *service.ExportedContact) []string { return c.FurtherOf("phone") }},
	"notes":          {always: true, text: func(c *service.ExportedContact) *string { return &c.Notes }},
	"emailVerified":  {always: true, json: func(c *service.ExportedContact) []byte { return strconv.AppendBool(nil, c.EmailVerified()) }},
	"phoneVerified":  {always: true, json: func(c *service.ExportedContact) []byte { return strconv.AppendBool(nil, c.PhoneVerified()) }},
	"version":        {always: true, json: func(c *service.ExportedContact) []byte { return strconv.AppendInt(nil, int64(c.Version), 10) }},
	"createdAt":      {always: true, text: func(c *service.ExportedContact) *string { return moment(&c.CreatedAt) }},
	"updatedAt":      {always: true, text: func(c *service.ExportedContact) *string { return moment(&c.UpdatedAt) }},
	"lastActivityAt": {always: true, text: func(c *service.ExportedContact) *string { return moment(c.LastActivityAt) }},
	"displayName":    {text: func(c *service.ExportedContact) *string { return new(c.DisplayName()) }},
	Identities: {json: func(c *service.ExportedContact) []byte {
		b, _ := json.Marshal(c.Identities) // texts and times are always fit for JSON
		return b
	}},
	Cursor: {text: func(c *service.ExportedContact) *string { return new(c.Cursor()) }},
}

func moment(t *time.Time) *string {
	if t == nil {
		return nil
	}
	return new(t.UTC().Format(time.RFC3339Nano))
}

// DefaultColumns are the columns of an export that names none.
func DefaultColumns() []Column {
	return slices.DeleteFunc(slices.Clone(order), func(c Column) bool { return !columns[c].always })
}

// AllColumns are the names of all columns.
func AllColumns() []Column { return slices.Clone(order) }

// ReadColumns reads a list of columns, separated by commas; an empty one is [DefaultColumns]. A column that does not exist, or
// that is named twice, is a *[crm.InvalidError].
func ReadColumns(list string) ([]Column, error) {
	if list == "" {
		return DefaultColumns(), nil
	}
	var out []Column
	for name := range strings.SplitSeq(list, ",") {
		c := Column(strings.TrimSpace(name))
		if _, is := columns[c]; !is || slices.Contains(out, c) {
			names := make([]string, len(order))
			for i, c := range order {
				names[i] = string(c)
			}
			return nil, &crm.InvalidError{
				Field: "columns", Reason: "must be some of these, each once, separated by commas: " + strings.Join(names, ", "),
			}
		}
		out = append(out, c)
	}
	return out, nil
}
