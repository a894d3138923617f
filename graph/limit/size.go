package limit

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"kith/internal/crm"
)

// The bytes that values are taken to have which nothing below says more about.
const (
	sizeOfValue = 40 // an id, a moment, a number, a value of an enum
	sizeOfText  = crm.MaxNameBytes
	sizeOfList  = 10 * sizeOfValue // of values that are not objects
)

// These sizes are assumed for values without a bound. A message that could not be recorded can be as large as a webhook's
// body, and hardly ever has a thousandth of it; a document holds everything about a contact.
const (
	assumedPayload  = 1 << 20
	assumedDocument = 8 << 20
)

// sizes are the bytes that texts can have, by type and field. A text that is not here can have as much as a name.
var sizes = map[string]int{
	"Contact.email": crm.MaxEmailBytes,
	"Contact.phone": sizeOfValue,
	"Contact.notes": crm.MaxNotesBytes,

	"Contact.phoneInternational": sizeOfValue,

	"Contact.furtherEmails": crm.MaxFurther * crm.MaxEmailBytes,
	"Contact.furtherPhones": crm.MaxFurther * sizeOfValue,
	"Contact.mergedFrom":    crm.MaxOldIDs * (sizeOfValue + 4),

	"UndoableMerge.mergedContactIds": crm.MaxMerged * (sizeOfValue + 4),

	"MergePreview.notes": crm.MaxNotesBytes,
	"MergeOption.value":  crm.MaxNameBytes,

	"Session.channelAccount": crm.MaxExternalID,

	"Identity.externalId":        crm.MaxExternalID,
	"Session.lastMessagePreview": crm.MaxPreviewBytes,

	"ContactConnection.search": 1_000,
	"ContactEdge.cursor":       1_500,
	"SessionEdge.cursor":       100,
	"IngestFailureEdge.cursor": 100,
	"ApiKeyEdge.cursor":        100,
	"SavedViewEdge.cursor":     100,
	"BulkJobEdge.cursor":       100,
	"BulkRefusalEdge.cursor":   100,
	"ImportJobEdge.cursor":     100,

	"WebhookEndpointEdge.cursor":  100,
	"WebhookDeliveryEdge.cursor":  100,
	"WebhookEndpoint.url":         crm.MaxEndpointURL,
	"WebhookEndpoint.events":      200,
	"WebhookEndpoint.description": 4 * crm.MaxEndpointDescription,
	"WebhookEndpoint.createdBy":   200,
	"WebhookDelivery.type":        20,
	"WebhookDelivery.error":       100,

	"AuditEdge.cursor":         100,
	"ContactChangeEdge.cursor": 100,
	"DuplicateEdge.cursor":     100,
	"ChannelEdge.cursor":       100,
	"PageInfo.startCursor":     1_500,
	"PageInfo.endCursor":       1_500,

	// Of the changes of one contact at most one is of its notes.
	"FieldChange.old": (crm.MaxNotesBytes + crm.MaxNameBytes) / assumedList,
	"FieldChange.new": (crm.MaxNotesBytes + crm.MaxNameBytes) / assumedList,

	"ContactChange.actor": 200,
	"ContactEvent.actor":  200,
	"SessionEvent.actor":  200,
	"AuditEntry.actor":    200,
	"ApiKey.createdBy":    200,
	"SavedView.createdBy": 200,
	"SavedView.address":   crm.MaxViewAddress,
	"BulkJob.actor":       200,
	"BulkJob.failure":     200,
	"ImportJob.createdBy": 200,
	"ImportJob.fileName":  200,
	"ImportJob.failure":   200,
	"BulkRefusal.message": 200,

	"ImportForm.format":       10,
	"ImportForm.separator":    10,
	"ImportForm.encoding":     20,
	"ImportColumn.samples":    3 * 200,
	"ImportPreviewRow.reason": 200,

	"Workspace.name":          crm.MaxWorkspaceName,
	"Workspace.displayName":   crm.MaxNameBytes,
	"Workspace.defaultRegion": 2,

	"ServerDefaults.defaultRegion": 2,

	"Viewer.subject":   200,
	"Viewer.workspace": crm.MaxWorkspaceName,

	"IngestFailure.reason":  200,
	"IngestFailure.payload": assumedPayload,

	"ExportContactPayload.document": assumedDocument,

	"ChannelSetup.allowedDomains": crm.MaxDomains * 255,
}

// sizeOf is how many bytes the value of a field without subfields can have. Introspection is free: it has
// other limits.
func sizeOf(f *ast.Field) int {
	definition, parent := f.Definition, f.ObjectDefinition
	if definition == nil || definition.Type == nil || parent == nil || strings.HasPrefix(parent.Name, "__") {
		return 0
	}
	size, known := sizes[parent.Name+"."+f.Name]
	switch {
	case known:
		return size
	case definition.Type.Elem != nil:
		return sizeOfList
	case definition.Type.NamedType == "String" && f.Name != "__typename":
		return sizeOfText
	default:
		return sizeOfValue
	}
}
