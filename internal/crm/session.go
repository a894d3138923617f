package crm

import "time"

// Anonymous is the contact name of a session that has no contact.
const Anonymous = "Anonymous"

// Session is one conversation on one channel.
type Session struct {
	ID SessionID
	// ContactID is nil once the contact is deleted: the conversation stays with the team, as [Anonymous].
	ContactID *ContactID
	// AccountID is the account that the session belongs to, whose contact ContactID is; nil with ContactID.
	AccountID *AccountID
	ChannelID ChannelID
	// ChannelAccount is the workspace's own account that the customer wrote to; empty where the channel has one.
	ChannelAccount     string
	Status             SessionStatus
	Tag                *SessionTag
	LastMessagePreview *string
	LastMessageAt      time.Time
	UnreadCount        int
	StartedAt          time.Time
	// ClosedAt is when the session was closed or archived; nil while it is open, and where that is not known.
	ClosedAt *time.Time
	// LastInboundAt is when the customer's newest message was written; nil where that is not known.
	LastInboundAt *time.Time
	// LastMessage is what the newest message is known again by, see [MessageKey]; nil where that is not known.
	LastMessage *[16]byte
}

// Anonymize makes the session what is left of it once its contact is deleted: nobody's, and without the customer's words.
// Whatever shows or stores such a session goes by this.
func (s *Session) Anonymize() {
	s.ContactID, s.AccountID, s.LastMessagePreview, s.LastMessage = nil, nil, nil, nil
}

// Clone returns a copy that shares nothing with s.
func (s Session) Clone() Session {
	if s.ContactID != nil {
		s.ContactID = new(*s.ContactID)
	}
	if s.AccountID != nil {
		s.AccountID = new(*s.AccountID)
	}
	if s.ClosedAt != nil {
		s.ClosedAt = new(*s.ClosedAt)
	}
	if s.LastInboundAt != nil {
		s.LastInboundAt = new(*s.LastInboundAt)
	}
	if s.LastMessage != nil {
		s.LastMessage = new(*s.LastMessage)
	}
	if s.Tag != nil {
		s.Tag = new(*s.Tag)
	}
	if s.LastMessagePreview != nil {
		s.LastMessagePreview = new(*s.LastMessagePreview)
	}
	return s
}

// OwnAccount is the workspace's own account that the customer wrote to; nil where the channel has one.
func (s Session) OwnAccount() *string { return orNil(s.ChannelAccount) }

// SessionStatus is how far a conversation has come.
type SessionStatus string

// SessionStatuses lists every status, in the order the schema names them.
var SessionStatuses = []SessionStatus{Active, Escalated, Closed, Archived}

// The statuses. A new message joins an Active or Escalated session and starts a new one after a Closed or Archived one.
const (
	Active    SessionStatus = "ACTIVE"
	Escalated SessionStatus = "ESCALATED"
	Closed    SessionStatus = "CLOSED"
	Archived  SessionStatus = "ARCHIVED"
)

// Open reports whether a new message joins a session of this status.
func (s SessionStatus) Open() bool { return s == Active || s == Escalated }

// SessionTag is what a conversation is about.
type SessionTag string

// The tags.
const (
	ProductInquiry   SessionTag = "PRODUCT_INQUIRY"
	ProjectGuidance  SessionTag = "PROJECT_GUIDANCE"
	PricingQuote     SessionTag = "PRICING_QUOTE"
	TechnicalSupport SessionTag = "TECHNICAL_SUPPORT"
	OrderStatus      SessionTag = "ORDER_STATUS"
	Complaint        SessionTag = "COMPLAINT"
	General          SessionTag = "GENERAL"
)

// SessionTags lists every tag, in the order the schema names them.
var SessionTags = []SessionTag{
	ProductInquiry, ProjectGuidance, PricingQuote, TechnicalSupport, OrderStatus, Complaint, General,
}

// SessionPatch is an edit of a session: an absent change leaves its field alone.
type SessionPatch struct {
	Status Change[*SessionStatus] // nil is refused
	Tag    Change[*SessionTag]    // nil clears it
	Read   bool                   // all messages so far
}

// Apply makes the edit on s. The error is an *InvalidError, and s is left alone.
func (p SessionPatch) Apply(s *Session) error {
	if v, ok := p.Status.Value(); ok {
		if v == nil {
			return &InvalidError{Field: "status", Subject: "Status", Reason: "cannot be empty"}
		}
		s.Status = *v
	}
	if v, ok := p.Tag.Value(); ok {
		s.Tag = v
	}
	if p.Read {
		s.UnreadCount = 0
	}
	return nil
}

// Receive takes one more message of the conversation in: the preview and time of the newest message stay, whatever the
// order of arrival; an inbound message is one more unread, and the team's answer to the newest one means that all are read.
func (s *Session) Receive(i Interaction) {
	newest := i.At.Equal(s.LastMessageAt) || i.Follows(s.LastMessageAt)
	if newest {
		s.LastMessageAt = i.At
		s.LastMessagePreview = i.Preview
		s.LastMessage = nil
		if i.Key != ([16]byte{}) {
			s.LastMessage = new(i.Key)
		}
	}
	switch {
	case i.Direction == Inbound:
		s.UnreadCount++
		if s.LastInboundAt == nil || i.Follows(*s.LastInboundAt) {
			s.LastInboundAt = new(i.At)
		}
	case newest:
		s.UnreadCount = 0
	}
	if s.ChannelAccount == "" {
		s.ChannelAccount = i.Account
	}
}

// Revise gives the message that the key is of another text, and reports whether that changed the preview.
func (s *Session) Revise(key [16]byte, text *string) bool {
	if s.LastMessage == nil || *s.LastMessage != key || equal(s.LastMessagePreview, text) {
		return false
	}
	s.LastMessagePreview = text
	return true
}

// IsOf reports whether the session is one with the account of the workspace that the message was written to. One from
// before accounts were kept is of any.
func (s Session) IsOf(i Interaction) bool {
	return s.ChannelAccount == "" || i.Account == "" || s.ChannelAccount == i.Account
}

// Takes reports whether the message joins the session, the newest of its customer: while it is open; a message of the
// team's always, for only the customer starts a session; and one that was written before the session was closed, by a clock that was
// right.
func (s Session) Takes(i Interaction) bool {
	if s.Status.Open() || i.Direction == Outbound {
		return true
	}
	at := i.At
	if at.Equal(at.Truncate(time.Second)) { // providers cut times so; it was written within the second
		at = at.Add(time.Second - time.Microsecond)
	}
	return s.ClosedAt != nil && at.Before(*s.ClosedAt) && !s.ClosedAt.After(i.Latest())
}
