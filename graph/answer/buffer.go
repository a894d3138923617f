package answer

import (
	"errors"
	"io"
	"slices"
	"sync"
)

// Buffer is memory that one request after another writes to.
type Buffer struct{ B []byte }

// keptBuffer is the size up to which a buffer is used again.
const keptBuffer = 256 << 10

var buffers = sync.Pool{New: func() any { return &Buffer{make([]byte, 0, 32<<10)} }}

// NewBuffer takes an empty buffer, to be freed.
func NewBuffer() *Buffer { return buffers.Get().(*Buffer) }

// Free returns the buffer to the pool: nothing may point into it afterwards.
func (b *Buffer) Free() {
	if cap(b.B) <= keptBuffer {
		b.B = b.B[:0]
		buffers.Put(b)
	}
}

// ReadAll returns everything that r holds, valid until Free.
func (b *Buffer) ReadAll(r io.Reader) ([]byte, error) {
	for {
		n, err := r.Read(b.B[len(b.B):cap(b.B)])
		b.B = b.B[:len(b.B)+n]
		if errors.Is(err, io.EOF) {
			return b.B, nil
		}
		if err != nil {
			return nil, err
		}
		if len(b.B) == cap(b.B) {
			b.B = slices.Grow(b.B, len(b.B)+512)
		}
	}
}
