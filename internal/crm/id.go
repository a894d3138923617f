package crm

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"
)

// WorkspaceID is the random number of a workspace, used internally only. Clients know the workspace by its
// name, a non-empty string of at most [MaxWorkspaceName] bytes.
type WorkspaceID int32

// NewWorkspaceID makes a number that is not likely to have been given before: a database that is put back to an earlier time
// forgets which it gave, and others may remember.
func NewWorkspaceID() WorkspaceID {
	var b [4]byte
	for {
		_, _ = rand.Read(b[:]) // never fails
		if id := WorkspaceID(binary.BigEndian.Uint32(b[:]) >> 1); id > 0 {
			return id
		}
	}
}

// MaxWorkspaceName is the length in bytes that a workspace's name may have.
const MaxWorkspaceName = 128

// ContactID, SessionID and the others are UUIDs of version 7 (RFC 9562). To clients they are opaque strings with the type
// in front: contact_0198c2….
type (
	ContactID uuid.UUID
	SessionID uuid.UUID
	ChannelID uuid.UUID
	EventID   uuid.UUID
	FailureID uuid.UUID
	AuditID   uuid.UUID
	// IdentityID is a digest, because the external id may be long and should not appear in addresses. See [IdentityKey.ID].
	IdentityID uuid.UUID
	ChangeID   uuid.UUID
)

const (
	contactPrefix = "contact_"
	sessionPrefix = "session_"
	channelPrefix = "channel_"
	eventPrefix   = "event_"
	failurePrefix = "failure_"

	mergePrefix     = "merge_"
	duplicatePrefix = "duplicate_"
	identityPrefix  = "identity_"

	auditPrefix  = "audit_"
	changePrefix = "change_"
	viewerPrefix = "viewer_"

	workspacePrefix = "workspace_"
)

// NewContactID makes an id that contains the day of creation, but no time. The id outlives the contact, in the audit for one:
// with the exact time in it, it would lead to the session that the same message started.
func NewContactID(at time.Time) ContactID {
	return ContactID(newUUID(at.UTC().Truncate(24 * time.Hour)))
}

// NewSessionID makes an id for a session that started at the given time.
func NewSessionID(at time.Time) SessionID { return SessionID(newUUID(at)) }

// NewChannelID makes an id for a channel created at the given time.
func NewChannelID(at time.Time) ChannelID { return ChannelID(newUUID(at)) }

// NewEventID makes an id for an event at the given time.
func NewEventID(at time.Time) EventID { return EventID(newUUID(at)) }

// newEarlierEventID makes an id for an event that precedes another one of the same change: events are in the order of their ids.
func newEarlierEventID(at time.Time) EventID { return NewEventID(at.Add(-time.Microsecond)) }

// NewFailureID makes an id for a failure at the given time.
func NewFailureID(at time.Time) FailureID { return FailureID(newUUID(at)) }

// NewMergeID makes an id for a merge at the given time.
func NewMergeID(at time.Time) MergeID { return MergeID(newUUID(at)) }

// NewDuplicateID makes an id for a pair found at the given time.
func NewDuplicateID(at time.Time) DuplicateID { return DuplicateID(newUUID(at)) }

// OfSessions is the id of what an event of a contact means to its sessions. That is another object than what it means to the
// contact, so it has another id: the same UUID in a variant that no event has (RFC 9562, section 4.1).
func (id EventID) OfSessions() EventID {
	id[8] |= variantBit
	return id
}

// event is the id that [EventID.OfSessions] was derived from.
func (id EventID) event() EventID {
	id[8] &^= variantBit
	return id
}

// variantBit is 0 in every UUID of the variant that ids are made in.
const variantBit = 0x40

// Time is when the event was made, to the microsecond.
func (id EventID) Time() time.Time {
	b := binary.BigEndian.Uint64(id[:8])
	return time.UnixMicro(int64(b>>16)*1000 + int64(b&0xfff)>>2).UTC()
}

func (id ContactID) String() string { return format(contactPrefix, uuid.UUID(id)) }
func (id SessionID) String() string { return format(sessionPrefix, uuid.UUID(id)) }
func (id ChannelID) String() string { return format(channelPrefix, uuid.UUID(id)) }
func (id EventID) String() string   { return format(eventPrefix, uuid.UUID(id)) }
func (id FailureID) String() string { return format(failurePrefix, uuid.UUID(id)) }

func (id AuditID) String() string     { return format(auditPrefix, uuid.UUID(id)) }
func (id ChangeID) String() string    { return format(changePrefix, uuid.UUID(id)) }
func (id MergeID) String() string     { return format(mergePrefix, uuid.UUID(id)) }
func (id DuplicateID) String() string { return format(duplicatePrefix, uuid.UUID(id)) }

// ID names the identity to clients: the first half of the SHA-256 digest of the channel's id and the external id.
func (k IdentityKey) ID() IdentityID {
	h := sha256.New()
	h.Write(k.ChannelID[:])
	h.Write([]byte(k.ExternalID))
	return IdentityID(h.Sum(nil)[:16])
}

func (id IdentityID) String() string { return format(identityPrefix, uuid.UUID(id)) }

// Append is [IdentityID.String] that appends to b.
func (id IdentityID) Append(b []byte) []byte { return appendID(b, identityPrefix, uuid.UUID(id)) }

// Append is [ContactID.String] that appends to b.
func (id ContactID) Append(b []byte) []byte { return appendID(b, contactPrefix, uuid.UUID(id)) }

// Append is [SessionID.String] that appends to b.
func (id SessionID) Append(b []byte) []byte { return appendID(b, sessionPrefix, uuid.UUID(id)) }

// Append is [ChannelID.String] that appends to b.
func (id ChannelID) Append(b []byte) []byte { return appendID(b, channelPrefix, uuid.UUID(id)) }

// Append is [MergeID.String] that appends to b.
func (id MergeID) Append(b []byte) []byte { return appendID(b, mergePrefix, uuid.UUID(id)) }

// ParseContactID reads what [ContactID.String] wrote, and nothing else; ok is false for any other string.
func ParseContactID(s string) (id ContactID, ok bool) {
	u, ok := parse(contactPrefix, s)
	return ContactID(u), ok
}

// ParseSessionID reads what [SessionID.String] wrote, and nothing else; ok is false for any other string.
func ParseSessionID(s string) (id SessionID, ok bool) {
	u, ok := parse(sessionPrefix, s)
	return SessionID(u), ok
}

// ParseChannelID reads what [ChannelID.String] wrote, and nothing else; ok is false for any other string.
func ParseChannelID(s string) (id ChannelID, ok bool) {
	u, ok := parse(channelPrefix, s)
	return ChannelID(u), ok
}

// ParseEventID reads what [EventID.String] wrote, and nothing else; ok is false for any other string. An id that
// [EventID.OfSessions] derived is read as the id of the event.
func ParseEventID(s string) (id EventID, ok bool) {
	u, ok := parse(eventPrefix, s)
	return EventID(u).event(), ok
}

// ParseAuditID reads what [AuditID.String] wrote, and nothing else; ok is false for any other string.
func ParseAuditID(s string) (id AuditID, ok bool) {
	u, ok := parse(auditPrefix, s)
	return AuditID(u), ok
}

// ParseChangeID reads what [ChangeID.String] wrote, and nothing else; ok is false for any other string.
func ParseChangeID(s string) (id ChangeID, ok bool) {
	u, ok := parse(changePrefix, s)
	return ChangeID(u), ok
}

// ParseFailureID reads what [FailureID.String] wrote, and nothing else; ok is false for any other string.
func ParseFailureID(s string) (id FailureID, ok bool) {
	u, ok := parse(failurePrefix, s)
	return FailureID(u), ok
}

// ParseIdentityID reads what [IdentityID.String] wrote, and nothing else; ok is false for any other string.
func ParseIdentityID(s string) (id IdentityID, ok bool) {
	u, ok := parse(identityPrefix, s)
	return IdentityID(u), ok
}

// ParseMergeID reads what [MergeID.String] wrote, and nothing else; ok is false for any other string.
func ParseMergeID(s string) (id MergeID, ok bool) {
	u, ok := parse(mergePrefix, s)
	return MergeID(u), ok
}

// ParseDuplicateID reads what [DuplicateID.String] wrote, and nothing else; ok is false for any other string.
func ParseDuplicateID(s string) (id DuplicateID, ok bool) {
	u, ok := parse(duplicatePrefix, s)
	return DuplicateID(u), ok
}

// newUUID makes a version 7 UUID that carries the time to the microsecond: 48 bits of milliseconds, then the
// microseconds within in the twelve bits of rand_a (RFC 9562, section 6.2, method 3), then 62 random bits.
func newUUID(at time.Time) uuid.UUID {
	var u uuid.UUID
	_, _ = rand.Read(u[8:]) // never fails, see crypto/rand
	micros := at.UnixMicro()
	binary.BigEndian.PutUint64(u[:8], uint64(micros/1000)<<16|0x7000|uint64(micros%1000)<<2)
	u[8] = u[8]&0x3f | 0x80
	return u
}

// LowestID is below every id that was made at the time or later, and above those made before.
func LowestID(at time.Time) [16]byte {
	u := newUUID(at)
	clear(u[8:])
	return u
}

func format(prefix string, u uuid.UUID) string {
	return string(appendID(make([]byte, 0, len(prefix)+32), prefix, u))
}

func appendID(b []byte, prefix string, u uuid.UUID) []byte {
	return hex.AppendEncode(append(b, prefix...), u[:])
}

func parse(prefix, s string) (uuid.UUID, bool) {
	var u uuid.UUID
	digits, ok := strings.CutPrefix(s, prefix)
	if !ok || len(digits) != 32 || strings.ToLower(digits) != digits {
		return uuid.UUID{}, false
	}
	if _, err := hex.Decode(u[:], []byte(digits)); err != nil {
		return uuid.UUID{}, false
	}
	return u, true
}
