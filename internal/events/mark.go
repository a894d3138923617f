package events

import (
	"crypto/sha256"
	"encoding/binary"

	"kith/internal/crm"
)

// position is how far somebody has read: up to and with an event. The event shows whether the record is still the one that
// was read. A database that is put back gives the same places to other events.
type position struct {
	place crm.Sequence
	event crm.EventID // zero where it is not kept any more
}

// none is the zero id, which no event has.
var none crm.EventID

// behind is the position behind some events.
func behind(events []crm.Event) position {
	last := events[len(events)-1]
	return position{last.Sequence, last.ID}
}

// A mark is a UUID of version 8 (RFC 9562: for uses of one's own), where ids of events are of version 7, with a place in
// the 62 bits after the variant, and in the others a digest of the event that has it.
const (
	markVersion = 8
	versionBits = 0xf << 12
	variant     = 0b10 << 62
	placeBits   = 1<<62 - 1
)

func mark(at position) crm.EventID {
	var id crm.EventID
	if at.event != none {
		digest := sha256.Sum256(at.event[:])
		copy(id[:8], digest[:])
	}
	binary.BigEndian.PutUint16(id[6:], markVersion<<12|binary.BigEndian.Uint16(id[6:])&^versionBits)
	binary.BigEndian.PutUint64(id[8:], variant|uint64(at.place))
	return id
}

// marked returns the place of a mark; not ok for any other id.
func marked(id crm.EventID) (crm.Sequence, bool) {
	place := crm.Sequence(binary.BigEndian.Uint64(id[8:]) & placeBits)
	return place, id[6]>>4 == markVersion && id[8]>>6 == 0b10
}
