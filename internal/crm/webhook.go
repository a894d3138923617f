package crm

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// EndpointID names a webhook endpoint.
type EndpointID uuid.UUID

// DeliveryID names a delivery to a webhook endpoint.
type DeliveryID uuid.UUID

const (
	endpointPrefix = "endpoint_"
	deliveryPrefix = "delivery_"
)

// NewEndpointID makes an id for an endpoint created at the given time.
func NewEndpointID(at time.Time) EndpointID { return EndpointID(newUUID(at)) }

func (id EndpointID) String() string { return format(endpointPrefix, uuid.UUID(id)) }

// ParseEndpointID reads what [EndpointID.String] wrote, and nothing else; ok is false for any other string.
func ParseEndpointID(s string) (id EndpointID, ok bool) {
	u, ok := parse(endpointPrefix, s)
	return EndpointID(u), ok
}

// NewDeliveryID makes an id for a delivery of no event.
func NewDeliveryID(at time.Time) DeliveryID { return DeliveryID(newUUID(at)) }

// DeliveryOf is the id of the delivery of an event to an endpoint. Every process computes the same one, so a receiver
// recognizes a delivery that is repeated because the first sender died before it could record it. It sorts as the event does, by the milliseconds of its time.
func DeliveryOf(endpoint EndpointID, event EventID) DeliveryID {
	h := sha256.New()
	h.Write(endpoint[:])
	h.Write(event[:])
	var id DeliveryID
	copy(id[:], h.Sum(nil))
	copy(id[:6], event[:6])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // a UUID of version 8, RFC 9562
	return id
}

func (id DeliveryID) String() string { return format(deliveryPrefix, uuid.UUID(id)) }

// ParseDeliveryID reads what [DeliveryID.String] wrote, and nothing else; ok is false for any other string.
func ParseDeliveryID(s string) (id DeliveryID, ok bool) {
	u, ok := parse(deliveryPrefix, s)
	return DeliveryID(u), ok
}

// WebhookEndpoint is a URL that a workspace's events are sent to, and how far that has come.
type WebhookEndpoint struct {
	ID          EndpointID
	URL         string
	Events      []string // of [WebhookEvents], in that order
	Description string
	Secrets     Sealed
	// FormerSecretUntil is until when the secret before the last rotation signs as well; nil if it does not.
	FormerSecretUntil *time.Time
	CreatedBy         string // a subject
	CreatedAt         time.Time

	Enabled bool
	// DisabledAt and DisabledReason say when and why an endpoint was switched off; they are empty for one that is enabled.
	DisabledAt     *time.Time
	DisabledReason WebhookDisabledReason

	WebhookProgress
}

// WebhookProgress is how far an endpoint has come. It is written by the process that has leased the endpoint.
type WebhookProgress struct {
	// ReadTo is the last event that needs to be looked at no more: each up to it was delivered, has a pending delivery, or is
	// none that the endpoint wants.
	ReadTo Sequence
	// Skipped counts the events that were dropped from the log before they were read, because the endpoint was switched off
	// for longer than they are kept.
	Skipped int
	// Failures counts the rounds without any success since the last one.
	Failures int
	// FailingSince is when the first of them was; nil without any.
	FailingSince *time.Time
	// HoldUntil is when events after ReadTo may be read next; nil for now.
	HoldUntil *time.Time
	// NextAt is when the first of the pending deliveries is due; nil without any.
	NextAt *time.Time
	// Revision rises when somebody else than the process with the lease makes something due.
	Revision int
}

// WebhookDisabledReason is why an endpoint was switched off.
type WebhookDisabledReason string

// The reasons.
const (
	// DisabledByAdmin: an administrator did it.
	DisabledByAdmin WebhookDisabledReason = "ADMIN"
	// DisabledFailing: a delivery failed for three days.
	DisabledFailing WebhookDisabledReason = "FAILING"
	// DisabledGone: the receiver answered 410 Gone.
	DisabledGone WebhookDisabledReason = "GONE"
)

const (
	// MaxEndpoints is how many webhook endpoints a workspace can have.
	MaxEndpoints = 20
	// MaxEndpointURL is how many bytes a URL can have.
	MaxEndpointURL = 2000
	// MaxEndpointDescription is how many characters a description can have.
	MaxEndpointDescription = 200
	// KeptDeliveries is how many deliveries of an endpoint are kept besides the pending ones.
	KeptDeliveries = 1000
	// MaxPendingDeliveries is how many deliveries of an endpoint may be pending before no more events are read for it. A round
	// that has begun may exceed it.
	MaxPendingDeliveries = 1000
	// WebhookHold is how much longer than usual events are kept that an enabled endpoint has yet to get.
	WebhookHold = 7 * 24 * time.Hour
	// FormerSecretFor is how long a secret signs after it was rotated.
	FormerSecretFor = 24 * time.Hour
)

// WebhookTest is the type of a delivery that an administrator sends to try an endpoint out.
const WebhookTest = "webhook.test"

// WebhookEvents are the names of the events that an endpoint can get.
var WebhookEvents = []string{
	"contact.created", "contact.updated", "contact.deleted", "contact.merged", "contact.split", "session.created", "session.updated",
}

// WebhookEvent is the name of an event for webhooks; empty for one that is not sent: a contact's activity, which its session's
// event reports, and what is left of the events of a deleted contact.
func WebhookEvent(e Event) string {
	switch {
	case e.SessionID != nil && e.Kind == Created:
		return "session.created"
	case e.SessionID != nil:
		return "session.updated"
	case e.ContactID == nil:
		return ""
	}
	switch e.Kind {
	case Created:
		return "contact.created"
	case Updated:
		return "contact.updated"
	case Deleted:
		return "contact.deleted"
	case MergedInto:
		return "contact.merged"
	case SplitOff:
		return "contact.split"
	}
	return ""
}

// WebhookDelivery is an event that is sent to an endpoint. It holds nothing of what is sent.
type WebhookDelivery struct {
	ID         DeliveryID
	EndpointID EndpointID
	EventID    *EventID // nil for a test
	Sequence   Sequence // of the event; 0 for a test
	Type       string
	Status     DeliveryStatus
	Attempts   int
	CreatedAt  time.Time
	LastAt     *time.Time // of the last attempt
	NextAt     *time.Time // of the next attempt; nil if there will be none
	// ResponseStatus is the HTTP status of the last answer; 0 without one.
	ResponseStatus int
	// Error says why the last attempt failed; empty if it did not.
	Error string
	// Took is how many milliseconds the last attempt took.
	Took int
}

// DeliveryStatus is what became of a delivery.
type DeliveryStatus string

// The statuses.
const (
	// DeliveryPending has not succeeded yet and will be tried, or tried again.
	DeliveryPending DeliveryStatus = "PENDING"
	// DeliveryDone was accepted by the receiver.
	DeliveryDone DeliveryStatus = "DELIVERED"
	// DeliveryFailed is not tried again.
	DeliveryFailed DeliveryStatus = "FAILED"
)

// Errors of webhooks.
var (
	// ErrTooManyEndpoints refuses one more than [MaxEndpoints].
	ErrTooManyEndpoints = errors.New("the workspace has as many webhook endpoints as it can have")
	// ErrEndpointOff refuses what needs an endpoint that is enabled.
	ErrEndpointOff = errors.New("the webhook endpoint is switched off")
	// ErrLeaseLost means that another process works on the endpoint by now.
	ErrLeaseLost = errors.New("the lease of the webhook endpoint is lost")
)

// EndpointPatch is an edit of an endpoint: an absent change leaves its field alone. The URL is checked by who can tell which
// addresses are allowed.
type EndpointPatch struct {
	URL         Change[string]
	Events      Change[[]string]
	Description Change[string]
	Enabled     Change[bool]
}

// Apply edits an endpoint and returns the names of the fields that changed. It is not changed where the error is not nil, which
// is of *InvalidErrors.
func (p EndpointPatch) Apply(e *WebhookEndpoint, now time.Time) (fields []string, err error) {
	edited := *e
	var eventsErr, descriptionErr error
	if url, ok := p.URL.Value(); ok && url != e.URL {
		edited.URL, fields = url, append(fields, "url")
	}
	if events, ok := p.Events.Value(); ok {
		if edited.Events, eventsErr = normalizeWebhookEvents(events); !slices.Equal(edited.Events, e.Events) {
			fields = append(fields, "events")
		}
	}
	if description, ok := p.Description.Value(); ok {
		if edited.Description, descriptionErr = normalizeEndpointDescription(description); edited.Description != e.Description {
			fields = append(fields, "description")
		}
	}
	if err := errors.Join(eventsErr, descriptionErr); err != nil {
		return nil, err
	}
	if enabled, ok := p.Enabled.Value(); ok && enabled != e.Enabled {
		fields = append(fields, "enabled")
		edited.Enabled, edited.DisabledAt, edited.DisabledReason = enabled, nil, ""
		if !enabled {
			edited.DisabledAt, edited.DisabledReason = &now, DisabledByAdmin
		}
	}
	*e = edited
	return fields, nil
}

func normalizeWebhookEvents(events []string) ([]string, error) {
	var known []string
	for _, name := range WebhookEvents {
		if slices.Contains(events, name) {
			known = append(known, name)
		}
	}
	switch {
	case len(events) == 0:
		return nil, &InvalidError{Field: "events", Subject: "Events", Reason: "cannot be empty"}
	case slices.ContainsFunc(events, func(s string) bool { return !slices.Contains(WebhookEvents, s) }):
		return nil, &InvalidError{Field: "events", Subject: "Events", Reason: "must be among " + strings.Join(WebhookEvents, ", ")}
	}
	return known, nil
}

func normalizeEndpointDescription(s string) (string, error) {
	s = strings.TrimSpace(s)
	invalid := func(reason string) (string, error) {
		return "", &InvalidError{Field: "description", Subject: "The description", Reason: reason}
	}
	switch {
	case !utf8.ValidString(s), strings.ContainsFunc(s, unicode.IsControl):
		return invalid("cannot contain control characters")
	case utf8.RuneCountInString(s) > MaxEndpointDescription:
		return invalid("can have at most 200 characters")
	}
	return s, nil
}
