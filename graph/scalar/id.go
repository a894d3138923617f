package scalar

import (
	"io"

	"github.com/99designs/gqlgen/graphql"

	"kith/internal/crm"
)

// MarshalContactID writes the opaque form.
func MarshalContactID(id crm.ContactID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalContactID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalContactID(v any) (crm.ContactID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseContactID(s)
	return id, err
}

// MarshalSessionID writes the opaque form.
func MarshalSessionID(id crm.SessionID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalSessionID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalSessionID(v any) (crm.SessionID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseSessionID(s)
	return id, err
}

// MarshalChannelID writes the opaque form.
func MarshalChannelID(id crm.ChannelID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalChannelID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalChannelID(v any) (crm.ChannelID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseChannelID(s)
	return id, err
}

// MarshalFailureID writes the opaque form.
func MarshalFailureID(id crm.FailureID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalFailureID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalFailureID(v any) (crm.FailureID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseFailureID(s)
	return id, err
}

// MarshalEventID writes the opaque form.
func MarshalEventID(id crm.EventID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalEventID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalEventID(v any) (crm.EventID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseEventID(s)
	return id, err
}

// MarshalAuditID writes the opaque form.
func MarshalAuditID(id crm.AuditID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalAuditID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalAuditID(v any) (crm.AuditID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseAuditID(s)
	return id, err
}

// MarshalChangeID writes the opaque form.
func MarshalChangeID(id crm.ChangeID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalChangeID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalChangeID(v any) (crm.ChangeID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseChangeID(s)
	return id, err
}

// MarshalIdentityID writes the opaque form.
func MarshalIdentityID(id crm.IdentityID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalIdentityID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalIdentityID(v any) (crm.IdentityID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseIdentityID(s)
	return id, err
}

// MarshalDuplicateID writes the opaque form.
func MarshalDuplicateID(id crm.DuplicateID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalDuplicateID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalDuplicateID(v any) (crm.DuplicateID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseDuplicateID(s)
	return id, err
}

// plain is text that needs no escaping in JSON.
type plain string

func (s plain) MarshalGQL(w io.Writer) {
	b := make([]byte, 0, len(s)+2)
	b = append(b, '"')
	b = append(b, s...)
	_, _ = w.Write(append(b, '"'))
}

// MarshalViewID writes the opaque form.
func MarshalViewID(id crm.ViewID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalViewID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalViewID(v any) (crm.ViewID, error) {
	s, err := graphql.UnmarshalString(v)
	id, _ := crm.ParseViewID(s)
	return id, err
}

// MarshalKeyID writes the opaque form.
func MarshalKeyID(id crm.KeyID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalKeyID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalKeyID(v any) (crm.KeyID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseKeyID(s)
	return id, err
}

// MarshalMergeID writes the opaque form.
func MarshalMergeID(id crm.MergeID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalMergeID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalMergeID(v any) (crm.MergeID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseMergeID(s)
	return id, err
}

// MarshalJobID writes the opaque form.
func MarshalJobID(id crm.JobID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalJobID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalJobID(v any) (crm.JobID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseJobID(s)
	return id, err
}

// MarshalEndpointID writes the opaque form.
func MarshalEndpointID(id crm.EndpointID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalEndpointID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalEndpointID(v any) (crm.EndpointID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseEndpointID(s)
	return id, err
}

// MarshalDeliveryID writes the opaque form.
func MarshalDeliveryID(id crm.DeliveryID) graphql.Marshaler { return plain(id.String()) }

// UnmarshalDeliveryID reads the opaque form; any other text is the zero id, which is never issued.
func UnmarshalDeliveryID(v any) (crm.DeliveryID, error) {
	s, err := graphql.UnmarshalID(v)
	id, _ := crm.ParseDeliveryID(s)
	return id, err
}
