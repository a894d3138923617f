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

// SessionStatus is how far a conversation has come.
type SessionStatus string

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
