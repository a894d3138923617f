package ingest

import (
	"context"
	"sync"

	"kith/internal/crm"
)

// keyedQueue lets one message per customer into the database at a time, in order of arrival. In the database they would
// wait for each other's locks, each with its own connection, and one customer's burst could use up the pool.
type keyedQueue struct {
	mu    sync.Mutex
	queue map[customer]*slot
}

// customer is the key of a queue.
type customer struct {
	workspace crm.WorkspaceID
	channel   crm.ChannelID
	external  string
}

// slot is held by the message that took its only token. It is removed when no message needs it.
type slot struct {
	token  chan struct{}
	wanted int
}

func newKeyedQueue() *keyedQueue { return &keyedQueue{queue: map[customer]*slot{}} }

// take waits for the customer's slot, or for the end of ctx. done releases it.
func (q *keyedQueue) take(ctx context.Context, c customer) (done func(), err error) {
	q.mu.Lock()
	mine := q.queue[c]
	if mine == nil {
		mine = &slot{token: make(chan struct{}, 1)}
		mine.token <- struct{}{}
		q.queue[c] = mine
	}
	mine.wanted++
	q.mu.Unlock()
	leave := func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if mine.wanted--; mine.wanted == 0 {
			delete(q.queue, c)
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
