package resolve

import (
	"context"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/graph-gophers/dataloader/v7"

	"kith/graph/problem"
)

// batchWait is how long a load of an unannounced key waits for others.
const batchWait = time.Millisecond

// BatchLoader loads values of one kind for one response. Keys that were announced together are one batch, read by the first
// that is asked for; dataloader gathers the keys that nobody announced.
type BatchLoader[K comparable, V any] struct {
	find      func(context.Context, []K) (map[K]V, error)
	recovered func(ctx context.Context, panicked any) error

	mu          sync.Mutex
	announced   [][]K // and not yet in batches
	batches     map[K]*batch[K, V]
	unannounced *dataloader.Loader[K, *V]
}

// batch is a set of keys that are read together as soon as one of them is asked for.
type batch[K comparable, V any] struct {
	keys  []K
	once  sync.Once
	found map[K]V
	err   error
}

func newBatchLoader[K comparable, V any](
	l *Loaders, find func(context.Context, []K) (map[K]V, error),
) *BatchLoader[K, V] {
	return &BatchLoader[K, V]{find: find, recovered: l.recovered}
}

func (f *BatchLoader[K, V]) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.announced, f.batches, f.unannounced = nil, nil, nil
}

// expect announces keys: one batch of those that have none yet.
func (f *BatchLoader[K, V]) expect(keys []K) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.announced = append(f.announced, keys)
}

// batchOf is the batch that a key was announced in; nil without one. The caller holds the lock.
func (f *BatchLoader[K, V]) batchOf(key K) *batch[K, V] {
	for _, keys := range f.announced {
		f.newBatch(keys)
	}
	f.announced = nil
	return f.batches[key]
}

func (f *BatchLoader[K, V]) newBatch(keys []K) *batch[K, V] {
	if f.batches == nil {
		f.batches = make(map[K]*batch[K, V], len(keys))
	}
	b := &batch[K, V]{keys: make([]K, 0, len(keys))}
	for _, k := range keys {
		if f.batches[k] == nil {
			f.batches[k] = b
			b.keys = append(b.keys, k)
		}
	}
	return b
}

// load returns the value of a key; nil for a key without one, and for a field that was refused before it was resolved.
func (f *BatchLoader[K, V]) load(ctx context.Context, key K) (*V, error) {
	if field := graphql.GetFieldContext(ctx); field != nil && graphql.HasFieldError(ctx, field) {
		return nil, nil
	}
	f.mu.Lock()
	b := f.batchOf(key)
	if b == nil && f.unannounced == nil {
		f.unannounced = f.newDataloader()
	}
	unannounced := f.unannounced
	f.mu.Unlock()
	if b == nil {
		return unannounced.Load(ctx, key)()
	}
	found, err := b.read(ctx, f)
	if v, ok := found[key]; ok {
		return &v, err
	}
	return nil, err
}

// Now returns the value of a key, and whether there is one. It waits for no other key: it reads those that were announced with
// this one.
func (f *BatchLoader[K, V]) Now(ctx context.Context, key K) (V, bool, error) {
	f.mu.Lock()
	b := f.batchOf(key)
	if b == nil {
		b = f.newBatch([]K{key})
	}
	f.mu.Unlock()
	found, err := b.read(ctx, f)
	v, ok := found[key]
	return v, ok, err
}

// read reads the batch on the first call. Later calls share the result.
func (b *batch[K, V]) read(ctx context.Context, f *BatchLoader[K, V]) (map[K]V, error) {
	b.once.Do(func() { b.found, b.err = f.read(ctx, b.keys) })
	return b.found, b.err
}

// read finds the values of keys, and turns a panic into an error: dataloader would write it to its own log.
func (f *BatchLoader[K, V]) read(ctx context.Context, keys []K) (found map[K]V, err error) {
	defer func() {
		if value := recover(); value != nil {
			found, err = nil, &problem.SharedError{Err: f.recovered(ctx, value)}
		}
	}()
	if found, err = f.find(ctx, keys); err != nil {
		return nil, &problem.SharedError{Err: err}
	}
	return found, nil
}

func (f *BatchLoader[K, V]) newDataloader() *dataloader.Loader[K, *V] {
	return dataloader.NewBatchedLoader(func(ctx context.Context, keys []K) []*dataloader.Result[*V] {
		found, err := f.read(ctx, keys)
		return inOrder(keys, found, err)
	}, dataloader.WithWait[K, *V](batchWait), dataloader.WithInputCapacity[K, *V](16))
}

// inOrder returns the results in the order of the keys. A missing value is not an error: sessions outlive contacts.
func inOrder[K comparable, V any](keys []K, found map[K]V, err error) []*dataloader.Result[*V] {
	out := make([]*dataloader.Result[*V], len(keys))
	for i, k := range keys {
		out[i] = &dataloader.Result[*V]{Error: err}
		if v, ok := found[k]; ok {
			out[i].Data = &v
		}
	}
	return out
}
