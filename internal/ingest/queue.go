package ingest

import (
	"context"
	"sync"

	"kith/internal/crm"
)

// turns lets one message of a customer into the database at a time, in the order they came. They would wait for each
// other's locks there, each on a connection of its own, and one customer's burst would leave none for the others.
type turns struct {
	mu      sync.Mutex
	talking map[customer]*turn
}

// customer is whose turn it is.
type customer struct {
	workspace crm.WorkspaceID
	channel   crm.ChannelID
	external  string
}

// turn is held by whoever took its only token. Once nobody wants it any more it is forgotten.
type turn struct {
	token  chan struct{}
	wanted int
}

func newTurns() *turns { return &turns{talking: map[customer]*turn{}} }

// take waits for the customer's turn, or for the end of ctx. done ends the turn.
func (t *turns) take(ctx context.Context, c customer) (done func(), err error) {
	t.mu.Lock()
	mine := t.talking[c]
	if mine == nil {
		mine = &turn{token: make(chan struct{}, 1)}
		mine.token <- struct{}{}
		t.talking[c] = mine
	}
	mine.wanted++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if mine.wanted--; mine.wanted == 0 {
			delete(t.talking, c)
		}
	}
	select {
	case <-mine.token:
		return func() {
			mine.token <- struct{}{}
			leave()
		}, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
