package events

import (
	"encoding/binary"

	"kith/internal/crm"
)

// A mark is a UUID of version 8 (RFC 9562: for uses of one's own), where ids of events are of version 7, with a place in
// the 62 bits after the variant.
const (
	markVersion = 8
	variant     = 0b10 << 62
	placeBits   = 1<<62 - 1
)

func mark(place crm.Place) crm.EventID {
	var id crm.EventID
	id[6] = markVersion << 4
	binary.BigEndian.PutUint64(id[8:], variant|uint64(place))
	return id
}

// marked returns the place of a mark; not ok for any other id.
func marked(id crm.EventID) (crm.Place, bool) {
	place := crm.Place(binary.BigEndian.Uint64(id[8:]) & placeBits)
	return place, mark(place) == id
}
