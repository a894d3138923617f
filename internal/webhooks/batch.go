package webhooks

import (
	"context"
	"sync"

	"kith/internal/crm"
	"kith/storage"
)

// batch reads objects by their ids, all that are asked for while a read is under way together in the next one: deliveries that are
// made concurrently share their reads, and take one connection. Each object is read after it was asked for. It is safe for concurrent use.
type batch[K comparable, V any] struct {
	read func(ctx context.Context, w crm.WorkspaceID, ids []K) (map[K]V, error)

	mu      sync.Mutex
	reading bool
	next    *reading[K, V] // nil while there is nothing to read
}

// within is an id in a workspace.
type within[K comparable] struct {
	workspace crm.WorkspaceID
	id        K
}

// reading is one read for all that wait for it.
type reading[K comparable, V any] struct {
	asked  map[within[K]]bool
	done   chan struct{}
	found  map[within[K]]V
	failed map[crm.WorkspaceID]error // a workspace that is gone fails alone
}

// one is the object with an id; ok is false where it is not there. ctx is to end for all that ask together.
func (b *batch[K, V]) one(ctx context.Context, w crm.WorkspaceID, id K) (v V, ok bool, err error) {
	key := within[K]{w, id}
	b.mu.Lock()
	if b.next == nil {
		b.next = &reading[K, V]{asked: make(map[within[K]]bool), done: make(chan struct{})}
	}
	mine := b.next
	mine.asked[key] = true
	if !b.reading {
		b.reading = true
		go b.run(ctx)
	}
	b.mu.Unlock()
	select {
	case <-mine.done:
	case <-ctx.Done():
		return v, false, ctx.Err()
	}
	v, ok = mine.found[key]
	return v, ok, mine.failed[w]
}

// run reads until there is nothing to read.
func (b *batch[K, V]) run(ctx context.Context) {
	for {
		b.mu.Lock()
		r := b.next
		b.next, b.reading = nil, r != nil
		b.mu.Unlock()
		if r == nil {
			return
		}
		b.all(ctx, r)
		close(r.done)
	}
}

// all reads what was asked for, workspace by workspace.
func (b *batch[K, V]) all(ctx context.Context, r *reading[K, V]) {
	of := make(map[crm.WorkspaceID][]K)
	for key := range r.asked {
		of[key.workspace] = append(of[key.workspace], key.id)
	}
	r.found, r.failed = make(map[within[K]]V, len(r.asked)), make(map[crm.WorkspaceID]error)
	for w, ids := range of {
		found, err := b.guarded(ctx, w, ids)
		if err != nil {
			r.failed[w] = err
		}
		for id, v := range found {
			r.found[within[K]{w, id}] = v
		}
	}
}

// guarded is read, with panics as errors.
func (b *batch[K, V]) guarded(ctx context.Context, w crm.WorkspaceID, ids []K) (found map[K]V, err error) {
	defer storage.Recovered(&err)
	return b.read(ctx, w, ids)
}

// reads are the batches of a dispatcher.
type reads struct {
	sessions   batch[crm.SessionID, crm.Session]
	contacts   batch[crm.ContactID, crm.Contact]
	identities batch[crm.ContactID, []crm.Identity]
	old        batch[crm.ContactID, []crm.ContactID]
	accounts   batch[crm.AccountID, []crm.Identity]
}

func newReads(of Objects) *reads {
	return &reads{
		sessions:   batch[crm.SessionID, crm.Session]{read: of.SessionsByID},
		contacts:   batch[crm.ContactID, crm.Contact]{read: of.ContactsByID},
		identities: batch[crm.ContactID, []crm.Identity]{read: of.IdentitiesByContact},
		old:        batch[crm.ContactID, []crm.ContactID]{read: of.OldIDs},
		accounts:   batch[crm.AccountID, []crm.Identity]{read: of.AccountIdentities},
	}
}
