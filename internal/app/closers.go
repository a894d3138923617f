package app

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// closers is what has been opened, in order.
type closers []closer

type closer struct {
	name  string
	close func() error
}

func (cs *closers) add(name string, f func() error) { *cs = append(*cs, closer{name, f}) }

// close closes in reverse and names each failure. Everything together may take the given time; the process ends without closing
// the rest.
func (cs closers) close(within time.Duration) error {
	deadline := time.After(within)
	var all []error
	for _, c := range slices.Backward(cs) {
		done := make(chan error, 1)
		go func() { done <- c.close() }()
		select {
		case err := <-done:
			if err != nil {
				all = append(all, fmt.Errorf("close %s: %w", c.name, err))
			}
		case <-deadline:
			return errors.Join(append(all, fmt.Errorf("close %s: still busy after %s", c.name, within))...)
		}
	}
	return errors.Join(all...)
}
