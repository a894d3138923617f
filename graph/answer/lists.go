package answer

import "bytes"

// placeholder precedes the index of a written list among the lists of an answer. The byte is unambiguous: JSON
// writes it as \u0000 within a string, and has it nowhere else.
const placeholder = 0

// lists are the written lists of one response. They reach the transport next to the data of gqlgen, which would copy them into
// memory that it allocates for each request and grows: that costs more than all the rest of writing them.
type lists struct{ written []*Buffer }

// maxLists is how many lists can have a placeholder; any other is copied into the data.
const maxLists = 64

// add takes a list in and returns its position.
func (l *lists) add(b *Buffer) (position byte, ok bool) {
	if len(l.written) == maxLists {
		return 0, false
	}
	l.written = append(l.written, b)
	return byte(len(l.written) - 1), true
}

// splice appends data with the written lists in place of their placeholders.
func splice(b, data []byte, written []*Buffer) []byte {
	for range written {
		i := bytes.IndexByte(data, placeholder)
		if i < 0 {
			break // a list that is not in the answer: another field failed
		}
		b = append(b, data[:i]...)
		b = append(b, written[data[i+1]].B...)
		data = data[i+2:]
	}
	return append(b, data...)
}

// size is how many bytes the lists add to the data with their placeholders.
func (l *lists) size() (n int) {
	for _, b := range l.written {
		n += len(b.B) - 2
	}
	return n
}

// Free gives back the buffers of the lists.
func (l *lists) Free() {
	for _, b := range l.written {
		b.Free()
	}
	l.written = nil
}
