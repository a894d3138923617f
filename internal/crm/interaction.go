package crm

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"time"
)

// Interaction is one message on a channel, as a channel adapter reports it and [Interaction.Normalize] leaves it.
type Interaction struct {
	Kind       InteractionKind // a message by default
	ChannelID  ChannelID
	ExternalID string // the channel's id for the customer, as received
	// Alias is another id of the customer's on the channel, where the provider reports two; empty for none. From
	// then on both are the customer's.
	Alias string
	// Previous is the id that the customer had on the channel until now, where the provider announces a new one; empty for
	// none.
	Previous string
	// Signed is set when ExternalID is the id of a user whom the site has signed in. Such ids are people: two of them on one
	// channel are never one contact.
	Signed bool
	// Account is the workspace's own account that the customer wrote to, where one channel receives for several; empty for
	// the only one.
	Account string
	// Former is the id that the customer's identity was stored under by an earlier version; empty for none. An identity
	// found under it, and none under ExternalID, gets ExternalID instead.
	Former    string
	MessageID string // the provider's id of the message: the idempotency key
	// At is when the message was written, never later than Received; both are cut to the microsecond, in UTC.
	At        time.Time
	Received  time.Time
	Direction Direction
	Preview   *string // one line of plain text
	Profile   Profile
	// Event is the id of the event that the message causes, if it makes or changes a contact.
	Event EventID
	// Key is what the message is known again by, see [MessageKey]. The store sets it.
	Key [16]byte
}

// clockTolerance is more than the clocks of several processes differ by, and than a message waits to be recorded.
const clockTolerance = 5 * time.Minute

// Latest is the latest time that may have been noted before the message came in. A later one was noted by a clock that was wrong,
// and says nothing about what came before what.
func (i Interaction) Latest() time.Time { return i.Received.Add(clockTolerance) }

// Follows reports whether the message was written after the last one, which was written at the given time.
func (i Interaction) Follows(last time.Time) bool { return i.At.After(last) || last.After(i.Latest()) }

// SignedPrefix begins the external ids of users whom a site has signed in, and no others.
const SignedPrefix = "user:"

// InteractionKind is what a channel reports.
type InteractionKind string

const (
	// Written is a message.
	Written InteractionKind = ""
	// Revised: the message with the id has another text now.
	Revised InteractionKind = "REVISED"
	// Withdrawn: the message with the id was taken back. The preview then says so, in the provider's place.
	Withdrawn InteractionKind = "WITHDRAWN"
	// Announced: no message, but the provider says which ids are one customer's, or what it knows about the customer. It makes
	// no contact.
	Announced InteractionKind = "ANNOUNCED"
)

// Direction is who wrote a message.
type Direction string

// Inbound messages come from the customer, Outbound ones from the team.
const (
	Inbound  Direction = "INBOUND"
	Outbound Direction = "OUTBOUND"
)

// Profile is what a channel says of a customer. What it verified may join two people; what was typed in never does.
type Profile struct {
	Name          *string
	Email         *string
	EmailVerified bool
	Phone         *string
	PhoneVerified bool
}

// ExternalIDs are the ids of the customer that the interaction contains, the previous one last.
func (i Interaction) ExternalIDs() []string {
	ids := []string{i.ExternalID}
	if i.Alias != "" {
		ids = append(ids, i.Alias)
	}
	if i.Previous != "" && i.Previous != i.Alias {
		ids = append(ids, i.Previous)
	}
	return ids
}

// uniqueMessageIDs begin the ids of messages that a provider gives once, whoever writes: WhatsApp's.
const uniqueMessageIDs = "wamid."

// MessageDigest is a digest of the message's idempotency key. Providers number messages within a conversation, so the
// customer's id is part of it, but for ids that are unique without it: WhatsApp may send a message again with another of the
// customer's ids. It must not be stored: anybody who guesses the ids can compute it. See [MessageKey].
func (i Interaction) MessageDigest() [16]byte {
	if strings.HasPrefix(i.MessageID, uniqueMessageIDs) {
		return i.digestOf("")
	}
	return i.FormerDigest()
}

// FormerDigest is the [Interaction.MessageDigest] of earlier versions, in which the customer's id was part of every one.
func (i Interaction) FormerDigest() [16]byte { return i.digestOf(i.ExternalID) }

func (i Interaction) digestOf(customer string) [16]byte {
	h := sha256.New()
	for _, s := range []string{i.ChannelID.String(), customer, i.MessageID} {
		h.Write([]byte(s))
		h.Write([]byte{0xff}) // in no UTF-8 string
	}
	return [16]byte(h.Sum(nil)[:16])
}

// MessageKey is what is stored to know a message again, made of its digest with a secret that the database keeps.
func MessageKey(secret []byte, digest [16]byte) [16]byte {
	h := hmac.New(sha256.New, secret)
	h.Write(digest[:])
	return [16]byte(h.Sum(nil)[:16])
}

// Day counts the days since 1970, in UTC: how exactly it is kept when a message came.
func Day(at time.Time) int { return int(at.Unix() / (24 * 60 * 60)) }

// Recorded is what became of an interaction. Contact and Session are nil when the contact has been deleted since the
// message was first seen: nobody learns from a message which session was the customer's.
type Recorded struct {
	Contact *Contact
	Session *Session
	// Repeated is true when the message had been recorded before, so that nothing was written.
	Repeated bool
	// Event is the id of the event that the message made or changed the contact with; nil when it did neither.
	Event *EventID
	// Proven are contacts that the interaction shows to be one person; nil where it does not.
	Proven *Proven
	// Waiting is what was announced before about ids that are known from now on, see [Outcome.Waits]. It is to be recorded now.
	Waiting []Interaction
}
