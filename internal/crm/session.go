package crm

import "time"

// Anonymous is the contact name of a session that has no contact.
const Anonymous = "Anonymous"

// Session is one conversation on one channel.
type Session struct {
	ID SessionID
	// ContactID is nil once the contact is deleted: the conversation stays with the team, as [Anonymous].
	ContactID          *ContactID
	ChannelID          ChannelID
	Status             SessionStatus
	Tag                *SessionTag
	LastMessagePreview *string
	LastMessageAt      time.Time
	UnreadCount        int
	StartedAt          time.Time
}

// Anonymize makes the session what is left of it once its contact is deleted: nobody's, and without the customer's words.
// Whatever shows or stores such a session goes by this.
func (s *Session) Anonymize() { s.ContactID, s.LastMessagePreview = nil, nil }

// Clone returns a copy that shares nothing with s.
func (s Session) Clone() Session {
	if s.ContactID != nil {
		s.ContactID = new(*s.ContactID)
	}
	if s.Tag != nil {
		s.Tag = new(*s.Tag)
	}
	if s.LastMessagePreview != nil {
		s.LastMessagePreview = new(*s.LastMessagePreview)
	}
	return s
}

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
// order of arrival; an inbound message is one more unread.
func (s *Session) Receive(i Interaction) {
	if !i.At.Before(s.LastMessageAt) {
		s.LastMessageAt = i.At
		s.LastMessagePreview = i.Preview
	}
	if i.Direction == Inbound {
		s.UnreadCount++
	}
}
