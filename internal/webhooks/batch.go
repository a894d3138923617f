package webhooks

import (
	"context"
	"maps"
	"slices"
	"sync"

	"kith/internal/crm"
	"kith/storage"
)

// batch reads objects by their ids, all that are asked for while a read is under way together in the next one: deliveries that are
// made concurrently share their reads, and take one connection for each workspace. Each object is read after it was asked for. It is
// safe for concurrent use.
type batch[K comparable, V any] struct {
	read func(ctx context.Context, w crm.WorkspaceID, ids []K) (map[K]V, error)

	mu      sync.Mutex
	reading map[crm.WorkspaceID]bool
	next    map[crm.WorkspaceID]*reading[K, V] // what there is to read
}

// reading is one read for all that wait for it.
type reading[K comparable, V any] struct {
	asked  map[K]bool
	done   chan struct{}
	found  map[K]V
	failed error
}

// one is the object with an id; ok is false where it is not there. ctx is to end for all that ask together.
func (b *batch[K, V]) one(ctx context.Context, w crm.WorkspaceID, id K) (v V, ok bool, err error) {
	b.mu.Lock()
	mine := b.next[w]
	if mine == nil {
		mine = &reading[K, V]{asked: make(map[K]bool), done: make(chan struct{})}
		b.next[w] = mine
	}
	mine.asked[id] = true
	if !b.reading[w] { // those of a workspace whose database is silent keep no others waiting
		b.reading[w] = true
		go b.run(ctx, w)
	}
	b.mu.Unlock()
	select {
	case <-mine.done:
	case <-ctx.Done():
		return v, false, ctx.Err()
	}
	v, ok = mine.found[id]
	return v, ok, mine.failed
}

// run reads until there is nothing to read in the workspace.
func (b *batch[K, V]) run(ctx context.Context, w crm.WorkspaceID) {
	for {
		b.mu.Lock()
		r := b.next[w]
		delete(b.next, w)
		if r == nil {
			delete(b.reading, w)
		}
		b.mu.Unlock()
		if r == nil {
			return
		}
		r.found, r.failed = b.guarded(ctx, w, slices.Collect(maps.Keys(r.asked)))
		close(r.done)
	}
}

// guarded is read, with panics as errors.
func (b *batch[K, V]) guarded(ctx context.Context, w crm.WorkspaceID, ids []K) (found map[K]V, err error) {
	defer storage.Recovered(&err)
	return b.read(ctx, w, ids)
}

func newBatch[K comparable, V any](read func(context.Context, crm.WorkspaceID, []K) (map[K]V, error)) *batch[K, V] {
	return &batch[K, V]{read: read, reading: make(map[crm.WorkspaceID]bool), next: make(map[crm.WorkspaceID]*reading[K, V])}
}

// reads are the batches of a dispatcher.
type reads struct {
	sessions   *batch[crm.SessionID, crm.Session]
	contacts   *batch[crm.ContactID, crm.Contact]
	identities *batch[crm.ContactID, []crm.Identity]
	old        *batch[crm.ContactID, []crm.ContactID]
	accounts   *batch[crm.AccountID, []crm.Identity]
}

func newReads(of Objects) *reads {
	return &reads{
		sessions: newBatch(of.SessionsByID), contacts: newBatch(of.ContactsByID), identities: newBatch(of.IdentitiesByContact),
		old: newBatch(of.OldIDs), accounts: newBatch(of.AccountIdentities),
	}
}
