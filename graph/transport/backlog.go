package transport

import (
	"container/list"
	"errors"
	"net/http"
	"sync"
	"time"

	"kith/graph/answer"
	"kith/graph/operation"
	"kith/internal/crm"
)

// backlogPerAnswer is how many of the largest answers there are may wait for their readers.
const backlogPerAnswer = 8

// backlog limits the answers that are written but not yet read, over all connections. The limiter limits how many answers are
// made at a time, but it does not wait for readers, because a slow reader must not hold up others. When too many bytes are
// unread, connections are cut: the oldest of the subject with the most unread bytes.
type backlog struct {
	most int

	mu      sync.Mutex
	bytes   int
	cut     int64 // connections
	readers map[operation.Subject]*list.List
	waiting map[operation.Subject]int // bytes
}

// unread is an answer that is being written.
type unread struct {
	reader   operation.Subject
	bytes    int
	cut      func()
	position *list.Element // nil once it is written, or cut
}

func newBacklog(most int) *backlog {
	return &backlog{most: most, readers: make(map[operation.Subject]*list.List), waiting: make(map[operation.Subject]int)}
}

// add takes in an answer until it is removed. cut breaks its connection off; it must not wait.
func (b *backlog) add(r operation.Subject, bytes int, cut func()) *unread {
	u := &unread{reader: r, bytes: bytes, cut: cut}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.readers[r] == nil {
		b.readers[r] = list.New()
	}
	u.position = b.readers[r].PushBack(u)
	b.waiting[r] += bytes
	b.bytes += bytes
	for b.bytes > b.most {
		slow := b.slowest(u)
		if slow == nil {
			break
		}
		b.drop(slow)
		b.cut++
		slow.cut()
	}
	return u
}

// slowest finds the reader with the most unread bytes and returns that reader's oldest unread answer, but never the one
// given; nil when there is no other. The caller holds the lock.
func (b *backlog) slowest(but *unread) (slow *unread) {
	most := 0
	for r, bytes := range b.waiting {
		first, _ := b.readers[r].Front().Value.(*unread)
		if first != but && bytes > most {
			slow, most = first, bytes
		}
	}
	return slow
}

// drop takes an answer out. The caller holds the lock.
func (b *backlog) drop(u *unread) {
	waiting := b.readers[u.reader]
	waiting.Remove(u.position)
	u.position = nil
	b.bytes -= u.bytes
	if b.waiting[u.reader] -= u.bytes; waiting.Len() == 0 {
		delete(b.readers, u.reader)
		delete(b.waiting, u.reader)
	}
}

// remove takes an answer out that is written, or not going to be. It fails when the answer has been cut. It is not cut any
// more when this returns.
func (b *backlog) remove(u *unread) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if u.position == nil {
		return errCut
	}
	b.drop(u)
	return nil
}

// unlessCut calls f, which must not wait, unless the answer has been cut.
func (b *backlog) unlessCut(u *unread, f func() error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if u.position == nil {
		return errCut
	}
	return f()
}

// counts are how many bytes wait, and how many connections have been cut so far.
func (b *backlog) counts() (bytes int, cut int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes, b.cut
}

// errCut ends writing to a reader that is too slow.
var errCut = errors.New("the reader is too slow")

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// cutWriting has a write fail that goes on.
func cutWriting(rc *http.ResponseController) func() {
	return func() { _ = rc.SetWriteDeadline(longAgo) }
}

// largeAnswer is the size from which an answer over HTTP is written piece by piece.
const (
	largeAnswer = 256 << 10
	answerPiece = 64 << 10
)

// send writes an answer, to be freed, for as long as it is read. When that fails the client is gone, or slow and cut off.
func (h *Handler) send(w http.ResponseWriter, mediaType string, status int, v crm.Viewer, json *answer.Buffer) {
	defer json.Free()
	rc := http.NewResponseController(w)
	u := h.backlog.add(operation.SubjectOf(v), len(json.B), cutWriting(rc))
	head(w, mediaType, len(json.B))
	w.WriteHeader(status)
	if len(json.B) < largeAnswer {
		_, _ = w.Write(json.B) //nolint:gosec // no XSS: it is JSON, and not to be sniffed
	} else {
		h.sendPieces(w, rc, u, json.B)
	}
	if h.backlog.remove(u) != nil {
		panic(http.ErrAbortHandler) // nothing follows on this connection
	}
}

// sendPieces writes a large answer in pieces: each has a time limit, and so has the whole.
func (h *Handler) sendPieces(w http.ResponseWriter, rc *http.ResponseController, u *unread, rest []byte) {
	var (
		end = time.Now().Add(h.times.Answer)
		err error
	)
	for len(rest) > 0 && err == nil {
		now := time.Now()
		err = h.backlog.unlessCut(u, func() error { return rc.SetWriteDeadline(earlier(now.Add(h.times.Piece), end)) })
		if err != nil && !errors.Is(err, http.ErrNotSupported) {
			return
		}
		n := min(len(rest), answerPiece)
		_, err = w.Write(rest[:n]) //nolint:gosec // no XSS: it is JSON, and not to be sniffed
		rest = rest[n:]
	}
	if err != nil || rc.Flush() != nil {
		return
	}
	_ = h.backlog.unlessCut(u, func() error { return rc.SetWriteDeadline(time.Time{}) })
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
