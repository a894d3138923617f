package graph

import (
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
