package graph_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// mayAsk says who may ask for each root field.
var mayAsk = map[string][]string{
	"Query.viewer": everybody, "Query.workspace": everybody, "Mutation.updateWorkspace": admins, "Query.node": readers, "Query.nodes": readers, "Query.contact": readers, "Query.contacts": readers,
	"Query.session": readers, "Query.sessions": readers, "Query.sessionCounts": readers, "Query.channels": readers,
	"Query.mergePreview": readers, "Query.duplicates": readers, "Query.lastEventId": readers,
	"Query.ingestFailures": admins, "Query.auditLog": admins,
	"Query.savedViews": readers, "Mutation.createSavedView": editors, "Mutation.updateSavedView": editors,
	"Mutation.deleteSavedView": editors,
	"Query.webhookEndpoints":   admins, "Query.webhookDeliveries": admins, "Mutation.createWebhookEndpoint": admins,
	"Mutation.updateWebhookEndpoint": admins, "Mutation.deleteWebhookEndpoint": admins, "Mutation.rotateWebhookSecret": admins,
	"Mutation.revokeFormerWebhookSecret": admins, "Mutation.redeliver": admins, "Mutation.sendTestWebhook": admins,
	"Query.apiKeys": admins, "Mutation.createApiKey": admins, "Mutation.revokeApiKey": admins,

	"Mutation.upsertContacts": admins,
	"Mutation.updateContact":  editors, "Mutation.deleteContact": editors, "Mutation.mergeContacts": editors,
	"Mutation.undoMerge": editors, "Mutation.splitContact": editors, "Mutation.dismissDuplicates": editors,
	"Mutation.updateSession":  editors,
	"Mutation.updateContacts": editors, "Mutation.deleteContacts": editors, "Mutation.updateSessions": editors,
	"Query.importJob": admins, "Query.importJobs": admins, "Query.importPreview": admins,
	"Mutation.startImport": admins, "Mutation.cancelImport": admins,
	"Query.bulkJob": readers, "Query.bulkJobs": readers,
	"Mutation.bulkDeleteContacts": editors, "Mutation.bulkUpdateSessions": editors, "Mutation.cancelBulkJob": editors,
	"Mutation.exportContact": admins, "Mutation.createChannel": admins, "Mutation.updateChannel": admins,
	"Mutation.replayIngestFailures": admins, "Mutation.dismissIngestFailures": admins,
	"Mutation.recordInteraction": {"admin", "channel"},

	"Subscription.contactEvents": readers, "Subscription.sessionEvents": readers, "Subscription.bulkJobProgress": readers,
}

var (
	everybody = []string{"admin", "staff", "reader", "channel"}
	readers   = []string{"admin", "staff", "reader"}
	editors   = []string{"admin", "staff"}
	admins    = []string{"admin"}
)

// TestEveryRootFieldIsForItsRolesAlone asks for each field as each role.
func TestEveryRootFieldIsForItsRolesAlone(t *testing.T) {
	t.Parallel()
	left := maps.Clone(mayAsk)
	for _, root := range []*ast.Definition{parsedSchema.Query, parsedSchema.Mutation, parsedSchema.Subscription} {
		for _, field := range root.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			name := root.Name + "." + field.Name
			may, known := left[name]
			if delete(left, name); !known {
				t.Errorf("%s: mayAsk does not say who may ask for it", name)
				continue
			}
			for _, role := range everybody {
				t.Run(name+" as "+role, func(t *testing.T) {
					t.Parallel()
					s := serve(t, following(t))
					want := slices.Contains(may, role)
					document := strings.ToLower(root.Name) + " { " + minimal(field) + " }"
					allowed := !s.forbidden(t, root, role, document)
					if allowed != want {
						t.Errorf("%s: allowed %v, want %v", document, allowed, want)
					}
				})
			}
		}
	}
	for name := range left {
		t.Errorf("%s: there is no such field", name)
	}
}

// forbidden reports whether an operation is refused for the role of its viewer.
func (s *server) forbidden(t *testing.T, root *ast.Definition, role, document string) bool {
	t.Helper()
	if root != parsedSchema.Subscription {
		codes, _ := s.query(role, document, nil).errors(t)
		return slices.Contains(codes, "FORBIDDEN")
	}
	c := s.join(t, role)
	c.subscribe("1", document, nil)
	c.say(`{"type":"ping"}`)
	f := c.hear()
	if f.Type == "pong" { // it is open, or its refusal follows
		shop := s.channel("admin", "Shop", "WHATSAPP")
		s.record("admin", vars{"channelId": shop, "externalId": "1", "messageId": "1"})
		f = c.hear()
	}
	return f.Type == "error" && strings.Contains(string(f.Payload), `"code":"FORBIDDEN"`)
}

// minimal is a selection of a field with the arguments that it needs.
func minimal(f *ast.FieldDefinition) string {
	var args []string
	for _, a := range f.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil {
			args = append(args, a.Name+": "+example(a.Type))
		}
	}
	out := f.Name
	if len(args) > 0 {
		out += "(" + strings.Join(args, ", ") + ")"
	}
	if parsedSchema.Types[f.Type.Name()].IsCompositeType() {
		out += " { __typename }"
	}
	return out
}

// example is a value of a type, of input objects the fields that have to be there.
func example(of *ast.Type) string {
	if of.Elem != nil {
		return "[" + example(of.Elem) + "]"
	}
	switch d := parsedSchema.Types[of.NamedType]; {
	case d.Kind == ast.Enum:
		return d.EnumValues[0].Name
	case d.Kind == ast.InputObject:
		var fields []string
		for _, f := range d.Fields {
			if f.Type.NonNull && f.DefaultValue == nil {
				fields = append(fields, f.Name+": "+example(f.Type))
			}
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case of.NamedType == "Int":
		return "1"
	case of.NamedType == "Boolean":
		return "true"
	default:
		return fmt.Sprintf("%q", "x")
	}
}
