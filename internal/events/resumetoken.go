package events

import (
	"crypto/sha256"
	"encoding/binary"

	"kith/internal/crm"
)

// position is how far a subscriber has read: up to and including an event. The id of the event shows whether the history is
// still the same: a restored database gives the same sequences to other events.
type position struct {
	sequence crm.Sequence
	event    crm.EventID // zero if it is no longer stored
}

// none is the zero id, which no event has.
var none crm.EventID

// behind is the position after the last of some events.
func behind(events []crm.Event) position {
	last := events[len(events)-1]
	return position{last.Sequence, last.ID}
}

// A resume token is a UUID of version 8 (RFC 9562: vendor-specific), while ids of events have version 7. The 62 bits after
// the variant hold a sequence, the others a digest of the event at that sequence.
const (
	tokenVersion = 8
	versionBits  = 0xf << 12
	variant      = 0b10 << 62
	sequenceBits = 1<<62 - 1
)

func resumeToken(at position) crm.EventID {
	var id crm.EventID
	if at.event != none {
		digest := sha256.Sum256(at.event[:])
		copy(id[:8], digest[:])
	}
	binary.BigEndian.PutUint16(id[6:], tokenVersion<<12|binary.BigEndian.Uint16(id[6:])&^versionBits)
	binary.BigEndian.PutUint64(id[8:], variant|uint64(at.sequence))
	return id
}

// tokenSequence returns the sequence in a resume token; ok is false for any other id.
func tokenSequence(id crm.EventID) (sequence crm.Sequence, ok bool) {
	sequence = crm.Sequence(binary.BigEndian.Uint64(id[8:]) & sequenceBits)
	return sequence, id[6]>>4 == tokenVersion && id[8]>>6 == 0b10
}
