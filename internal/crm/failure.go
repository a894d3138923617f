package crm

import "time"

// Failure is one item of a channel's report that could not be taken in, kept so that nothing is lost.
type Failure struct {
	ID        FailureID
	ChannelID ChannelID
	// ExternalID is the customer's id on the channel, where that much could be read: the failure goes when the customer's
	// contact is deleted.
	ExternalID *string
	At         time.Time // of the first time
	// Position is the item's place in the report, from 0.
	Position int
	// Reason is a sentence for an operator; it holds no personal data.
	Reason string
	// Payload is the item as the provider sent it, in a form that the channel's adapter reads again.
	Payload []byte
}
