package scalar

import (
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/model"
	"kith/internal/crm"
	"kith/internal/search"
	"kith/internal/service"
)

// enum reads one of the values, letter by letter.
func enum[T ~string](v any, values ...T) (T, error) {
	s, _ := v.(string)
	if !slices.Contains(values, T(s)) {
		return "", &crm.InvalidError{Reason: "must be one of the values that the schema lists"}
	}
	return T(s), nil
}

// MarshalChannelType writes a channel type.
func MarshalChannelType(v crm.ChannelType) graphql.Marshaler { return plain(v) }

// UnmarshalChannelType reads a channel type.
func UnmarshalChannelType(v any) (crm.ChannelType, error) { return enum(v, crm.ChannelTypes...) }

// MarshalSessionStatus writes a session status.
func MarshalSessionStatus(v crm.SessionStatus) graphql.Marshaler { return plain(v) }

// UnmarshalSessionStatus reads a session status.
func UnmarshalSessionStatus(v any) (crm.SessionStatus, error) {
	return enum(v, crm.SessionStatuses...)
}

// MarshalSessionTag writes a session tag.
func MarshalSessionTag(v crm.SessionTag) graphql.Marshaler { return plain(v) }

// UnmarshalSessionTag reads a session tag.
func UnmarshalSessionTag(v any) (crm.SessionTag, error) {
	return enum(v, crm.SessionTags...)
}

// MarshalRole writes a role.
func MarshalRole(v crm.Role) graphql.Marshaler { return plain(v) }

// UnmarshalRole reads a role.
func UnmarshalRole(v any) (crm.Role, error) {
	return enum(v, crm.RoleReader, crm.RoleStaff, crm.RoleAdmin, crm.RoleChannel)
}

// MarshalContactMatchField writes the field that a search matched.
func MarshalContactMatchField(v search.MatchField) graphql.Marshaler { return plain(v) }

// UnmarshalContactMatchField reads the field that a search matched.
func UnmarshalContactMatchField(v any) (search.MatchField, error) {
	return enum(v, search.MatchName, search.MatchEmail, search.MatchPhone)
}

// MarshalContactMatchKind writes how well a search matched.
func MarshalContactMatchKind(v search.MatchKind) graphql.Marshaler { return plain(v) }

// UnmarshalContactMatchKind reads how well a search matched.
func UnmarshalContactMatchKind(v any) (search.MatchKind, error) {
	return enum(v, search.MatchExact, search.MatchPrefix, search.MatchWord, search.MatchAnywhere)
}

// MarshalContactEventKind writes what happened to a contact.
func MarshalContactEventKind(v crm.EventKind) graphql.Marshaler { return plain(v) }

// UnmarshalContactEventKind reads what happened to a contact.
func UnmarshalContactEventKind(v any) (crm.EventKind, error) {
	return enum(v, crm.Created, crm.Updated, crm.Deleted, crm.Activity, crm.MergedInto, crm.SplitOff)
}

// MarshalSessionEventKind writes what happened to a session.
func MarshalSessionEventKind(v model.SessionEventKind) graphql.Marshaler { return plain(v) }

// UnmarshalSessionEventKind reads what happened to a session.
func UnmarshalSessionEventKind(v any) (model.SessionEventKind, error) {
	return enum(v, model.SessionCreated, model.SessionUpdated, model.SessionActivity, model.ContactDeleted, model.ContactChanged)
}

// MarshalContactField writes a field of a contact.
func MarshalContactField(v service.ContactField) graphql.Marshaler { return plain(v) }

// UnmarshalContactField reads a field of a contact.
func UnmarshalContactField(v any) (service.ContactField, error) {
	return enum(v, service.NameField, service.EmailField, service.PhoneField, service.NotesField)
}

// MarshalFieldName writes the name of a field that was changed as an enum: unreadCount as UNREAD_COUNT.
func MarshalFieldName(name string) graphql.Marshaler {
	b := make([]byte, 0, len(name)+4)
	for _, c := range []byte(name) {
		if 'A' <= c && c <= 'Z' {
			b = append(b, '_')
		}
		b = append(b, c)
	}
	return plain(strings.ToUpper(string(b)))
}

// UnmarshalFieldName reads what [MarshalFieldName] writes.
func UnmarshalFieldName(v any) (string, error) {
	s, ok := v.(string)
	if !ok || s == "" {
		_, err := enum[string](v)
		return "", err
	}
	words := strings.Split(strings.ToLower(s), "_")
	for i, w := range words[1:] {
		if w != "" {
			words[i+1] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, ""), nil
}

// MarshalDuplicateReason writes why two contacts may be one person.
func MarshalDuplicateReason(v crm.DuplicateReason) graphql.Marshaler { return plain(v.String()) }

// UnmarshalDuplicateReason reads why two contacts may be one person.
func UnmarshalDuplicateReason(v any) (crm.DuplicateReason, error) {
	s, _ := v.(string)
	reason, ok := crm.ParseDuplicateReason(s)
	if !ok {
		_, err := enum[string](v)
		return 0, err
	}
	return reason, nil
}

// MarshalContactOrderField writes the order of a list.
func MarshalContactOrderField(v service.OrderField) graphql.Marshaler { return plain(v) }

// UnmarshalContactOrderField reads the order of a list.
func UnmarshalContactOrderField(v any) (service.OrderField, error) {
	return enum(v, service.ByLastActivity, service.ByName, service.ByCreated, service.ByRelevance, service.ByEmail)
}

// MarshalSessionOrderField writes the order of a list of sessions.
func MarshalSessionOrderField(v service.SessionOrderField) graphql.Marshaler { return plain(v) }

// UnmarshalSessionOrderField reads the order of a list of sessions.
func UnmarshalSessionOrderField(v any) (service.SessionOrderField, error) {
	return enum(v, service.ByLastMessage, service.ByStart)
}

// MarshalOrderDirection writes which way a list runs.
func MarshalOrderDirection(v service.Direction) graphql.Marshaler { return plain(v) }

// UnmarshalOrderDirection reads which way a list is to run.
func UnmarshalOrderDirection(v any) (service.Direction, error) {
	return enum(v, service.Ascending, service.Descending)
}

// MarshalInteractionDirection writes who wrote a message.
func MarshalInteractionDirection(v crm.Direction) graphql.Marshaler { return plain(v) }

// UnmarshalInteractionDirection reads who wrote a message.
func UnmarshalInteractionDirection(v any) (crm.Direction, error) {
	return enum(v, crm.Inbound, crm.Outbound)
}

// MarshalAuditAction writes what a person did.
func MarshalAuditAction(v crm.AuditAction) graphql.Marshaler { return plain(v) }

// UnmarshalAuditAction reads what a person did.
func UnmarshalAuditAction(v any) (crm.AuditAction, error) {
	return enum(v, crm.ContactCreated, crm.ContactEdited, crm.ContactDeleted, crm.ContactExported, crm.ListExported, crm.ContactMerged, crm.MergeUndone, crm.ContactSplit,
		crm.DuplicatesDismissed, crm.SessionEdited, crm.ChannelCreated, crm.ChannelEdited, crm.VerifyTokenRead, crm.FailureReplayed,
		crm.FailureDismissed, crm.SignedOut, crm.KeyCreated, crm.KeyRevoked, crm.BulkDeletionStarted, crm.BulkUpdateStarted, crm.BulkJobCancelled,
		crm.ContactsImported, crm.ImportCancelled, crm.EndpointCreated, crm.EndpointEdited, crm.EndpointDeleted, crm.WebhookSecretRotated,
		crm.FormerSecretRevoked, crm.WebhookRedelivered, crm.WebhookTested, crm.WorkspaceEdited)
}

// MarshalBulkJobKind writes what a bulk job does.
func MarshalBulkJobKind(v crm.JobKind) graphql.Marshaler { return plain(v) }

// UnmarshalBulkJobKind reads what a bulk job does.
func UnmarshalBulkJobKind(v any) (crm.JobKind, error) {
	return enum(v, crm.DeleteContactsJob, crm.UpdateSessionsJob)
}

// MarshalBulkJobState writes how far a bulk job has come.
func MarshalBulkJobState(v crm.JobState) graphql.Marshaler { return plain(v) }

// UnmarshalBulkJobState reads how far a bulk job has come.
func UnmarshalBulkJobState(v any) (crm.JobState, error) {
	return enum(v, crm.JobPending, crm.JobRunning, crm.JobDone, crm.JobCancelled, crm.JobFailed)
}

// MarshalBulkRefusalCode writes why a bulk job left an object alone.
func MarshalBulkRefusalCode(v string) graphql.Marshaler { return plain(v) }

// UnmarshalBulkRefusalCode reads why a bulk job left an object alone.
func UnmarshalBulkRefusalCode(v any) (string, error) {
	return enum(v, crm.RefusedNotFound, crm.RefusedMerged, crm.RefusedNoMatch, crm.RefusedInternal)
}

// MarshalWebhookDeliveryStatus writes what became of a delivery.
func MarshalWebhookDeliveryStatus(v crm.DeliveryStatus) graphql.Marshaler { return plain(v) }

// UnmarshalWebhookDeliveryStatus reads what became of a delivery.
func UnmarshalWebhookDeliveryStatus(v any) (crm.DeliveryStatus, error) {
	return enum(v, crm.DeliveryPending, crm.DeliveryDone, crm.DeliveryFailed)
}

// MarshalWebhookDisabledReason writes why an endpoint was switched off.
func MarshalWebhookDisabledReason(v crm.WebhookDisabledReason) graphql.Marshaler { return plain(v) }

// UnmarshalWebhookDisabledReason reads why an endpoint was switched off.
func UnmarshalWebhookDisabledReason(v any) (crm.WebhookDisabledReason, error) {
	return enum(v, crm.DisabledByAdmin, crm.DisabledFailing, crm.DisabledGone)
}
