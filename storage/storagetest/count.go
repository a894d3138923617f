package storagetest

import (
	"maps"
	"sync"

	"kith/storage"
)

// Counter is a store that counts its calls by the method's name; see [storage.Instrument] for which.
type Counter struct {
	storage.Store
	mu    sync.Mutex
	calls map[string]int
}

// Count wraps a store. Closing the counter closes the store.
func Count(store storage.Store) *Counter {
	c := &Counter{calls: map[string]int{}}
	c.Store = storage.Instrument(store, c.add)
	return c
}

// Calls is how often each method was called since the start or the last Reset.
func (c *Counter) Calls() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.calls)
}

// Total is the number of all calls since the start or the last Reset.
func (c *Counter) Total() int {
	total := 0
	for _, n := range c.Calls() {
		total += n
	}
	return total
}

// Reset starts again at zero.
func (c *Counter) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.calls)
}

func (c *Counter) add(method string, _ *error) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[method]++
	return func() {}
}
