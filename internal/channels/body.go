package channels

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// The bounds of a body, in bytes.
const (
	// maxBody is how much of a provider's is taken in, and maxEmbedBody of a web page's.
	maxBody      = 4 << 20
	maxEmbedBody = 64 << 10
	// maxKept is how large a body can be to be kept as a failure in whole. Of a larger one the first keptOfMore are kept.
	maxKept    = 8 << 20
	keptOfMore = 64 << 10
	// maxStream is where reading ends.
	maxStream = 64 << 20
	// firstPiece is the size of the first piece of a body, firstUntold the same when its length is unknown, and nextPiece
	// that of all others.
	firstPiece  = 16 << 10
	firstUntold = 4 << 10
	nextPiece   = 64 << 10
)

// body is what has been read of a delivery. It lies in pieces until it is believed, so that nothing more is in memory than
// what has come.
type body struct {
	held   *held
	pieces [][]byte
	// size is the length of the whole, of which the pieces are the beginning when it is larger than maxKept.
	size int
}

// errors of reading a body.
var (
	errTooLarge      = errors.New("the body is too large")
	errBrokeOff      = errors.New("the body broke off")
	errGivenUp       = errors.New("the body took too long while others waited")
	errNoRoom        = errors.New("too much is on its way")
	errNoAddressRoom = errors.New("too much is on its way from the address")
)

// readBody reads the body of a delivery, piece by piece, each of which goes to the proof as well. most is how long it can
// be.
func (v *visit) readBody(p proof, most int) (body, error) {
	w := v.w
	b := body{held: v.bodies.arrive(v.address, func() {
		_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) // unless it is no connection
	})}
	if p.complete(v.ch.provider) {
		b.held.believe()
	}
	left := v.r.ContentLength // negative when unknown
	for {
		n := b.next(left)
		if left == 0 || n == 0 {
			return b, nil
		}
		piece, err := b.piece(n)
		if err != nil {
			return b, err
		}
		n, err = fill(v.r.Body, piece)
		if b.size += n; b.size > most {
			return b, errTooLarge
		}
		p.write(piece[:n])
		b.add(piece[:n])
		if left > 0 {
			left -= int64(n)
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF) && left <= 0:
			return b, nil
		case b.held.grow(0) == givenUp:
			return b, errGivenUp
		default:
			return b, errBrokeOff
		}
	}
}

// fill reads until the piece is full. The error is io.EOF where the body ends before.
func fill(body io.Reader, piece []byte) (n int, err error) {
	for n < len(piece) && err == nil {
		var more int
		more, err = body.Read(piece[n:])
		n += more
	}
	if n == len(piece) {
		err = nil
	}
	return n, err
}

// next is how long the next piece is to be.
func (b *body) next(left int64) int {
	n := nextPiece
	switch {
	case len(b.pieces) > 0:
	case left < 0:
		n = firstUntold
	default:
		n = firstPiece
	}
	if left >= 0 {
		n = int(min(left, int64(n)))
	}
	return n
}

// piece makes room for n more bytes.
func (b *body) piece(n int) ([]byte, error) {
	switch b.held.grow(n) {
	case granted:
		return make([]byte, n), nil
	case noAddressRoom:
		return nil, errNoAddressRoom
	case givenUp:
		return nil, errGivenUp
	default:
		return nil, errNoRoom
	}
}

// add keeps a piece that has been read, as long as the whole can be kept; then the beginning alone.
func (b *body) add(piece []byte) {
	if b.size <= maxKept {
		b.pieces = append(b.pieces, piece)
		return
	}
	b.held.shrink(cap(piece))
	for beginning, n := 0, 0; n < len(b.pieces); n++ {
		if beginning >= keptOfMore {
			for _, p := range b.pieces[n:] {
				b.held.shrink(cap(p))
			}
			clear(b.pieces[n:])
			b.pieces = b.pieces[:n]
		} else {
			beginning += len(b.pieces[n])
		}
	}
}

// whole is what was read in one piece, once it is believed. done is called when it has been dealt with.
func (h *Handler) whole(ctx context.Context, b body) (all []byte, done func(), err error) {
	if len(b.pieces) == 1 {
		return b.pieces[0], func() {}, nil
	}
	n := 0
	for _, p := range b.pieces {
		n += len(p)
	}
	if err := h.heavy.Acquire(ctx, int64(n)); err != nil {
		return nil, nil, errNoRoom
	}
	all = make([]byte, 0, n)
	for i, p := range b.pieces {
		all = append(all, p...)
		b.pieces[i] = nil
	}
	return all, func() { h.heavy.Release(int64(n)) }, nil
}
