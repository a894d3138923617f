package download

import (
	"sync"

	"kith/graph/problem"
	"kith/internal/crm"
)

// running are the workspaces of the exports that run.
type running struct {
	mu sync.Mutex
	of map[crm.WorkspaceID]bool
}

// begin counts an export of a workspace until done is called, or refuses it.
func (r *running) begin(w crm.WorkspaceID) (done func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.of[w]:
		return nil, &problem.TooManyError{Reason: "An export of this workspace is running. Try again when it has ended", Wait: busyAgain}
	case len(r.of) >= atOnce:
		return nil, &problem.TooManyError{Reason: "Too many exports are running. Try again in 5 s", Wait: busyAgain}
	}
	if r.of == nil {
		r.of = map[crm.WorkspaceID]bool{}
	}
	r.of[w] = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.of, w)
	}, nil
}
