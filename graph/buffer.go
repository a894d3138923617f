package graph

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"
)

// buffer is memory that one request after another writes to.
type buffer struct{ b []byte }

// keptBuffer is the size up to which a buffer is used again.
const keptBuffer = 256 << 10

var buffers = sync.Pool{New: func() any { return &buffer{make([]byte, 0, 32<<10)} }}

// free gives the buffer back: nothing may point into it any more.
func (b *buffer) free() {
	if cap(b.b) <= keptBuffer {
		b.b = b.b[:0]
		buffers.Put(b)
	}
}

// readAll is what r holds. It is good until free.
func (b *buffer) readAll(r io.Reader) ([]byte, error) {
	for {
		n, err := r.Read(b.b[len(b.b):cap(b.b)])
		b.b = b.b[:len(b.b)+n]
		if errors.Is(err, io.EOF) {
			return b.b, nil
		}
		if err != nil {
			return nil, err
		}
		if len(b.b) == cap(b.b) {
			b.b = slices.Grow(b.b, len(b.b)+512)
		}
	}
}

// listMark stands before the place of a list among lists. In JSON it is nothing else: in a text it is written \u0000.
const listMark = 0

// lists are the written lists of one response, on their way to the transport: gqlgen gathers the answer in memory that it
// takes anew for each request and grows, and as much of it as a list needs costs more than all the rest of writing.
type lists struct{ written []*buffer }

// maxLists is how many lists can have a place; others are written where they stand.
const maxLists = 64

// add takes a list in, and tells its place.
func (l *lists) add(b *buffer) (place byte, ok bool) {
	if len(l.written) == maxLists {
		return 0, false
	}
	l.written = append(l.written, b)
	return byte(len(l.written) - 1), true
}

// splice appends data with the written lists in their places.
func splice(b, data []byte, written []*buffer) []byte {
	for range written {
		i := bytes.IndexByte(data, listMark)
		if i < 0 {
			break // a list that is not in the answer: something beside it failed
		}
		b = append(b, data[:i]...)
		b = append(b, written[data[i+1]].b...)
		data = data[i+2:]
	}
	return append(b, data...)
}

// size is how many bytes the lists add to an answer that has their marks.
func (l *lists) size() (n int) {
	for _, b := range l.written {
		n += len(b.b) - 2
	}
	return n
}

// free gives back what the lists were written to.
func (l *lists) free() {
	for _, b := range l.written {
		b.free()
	}
	l.written = nil
}
