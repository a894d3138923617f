// Package share lets those who are given the same thing share the work that it makes.
package share

import "sync"

// Work is what has been made of one thing, by key. The zero value is ready; it must not be copied.
type Work struct {
	mu   sync.Mutex
	made map[any]any
}

// Share returns the value for key, which first makes on the first call while others wait. first must not block.
func (w *Work) Share(key any, first func() any) any {
	w.mu.Lock()
	defer w.mu.Unlock()
	v, ok := w.made[key]
	if !ok {
		if w.made == nil {
			w.made = make(map[any]any)
		}
		v = first()
		w.made[key] = v
	}
	return v
}
