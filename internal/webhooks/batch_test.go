package webhooks

import (
	"context"
	"errors"
	"sync"
	"testing"

	"kith/internal/crm"
)

func TestABatchFailsWorkspaceByWorkspace(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var mu sync.Mutex
	most := 0
	b := newBatch(func(_ context.Context, w crm.WorkspaceID, ids []int) (map[int]int, error) {
		mu.Lock()
		most = max(most, len(ids))
		mu.Unlock()
		switch w {
		case 1:
			once.Do(func() { close(begun); <-goOn })
		case 2:
			return nil, crm.ErrWorkspaceGone
		case 3:
			panic("no")
		}
		return map[int]int{1: 10, 2: 20}, nil
	})
	var all sync.WaitGroup
	ask := func(w crm.WorkspaceID, id, want int, there, fails bool) {
		all.Go(func() {
			v, ok, err := b.one(t.Context(), w, id)
			if v != want || ok != there || (err != nil) != fails {
				t.Errorf("%d in %d: %d %t %v", id, w, v, ok, err)
			}
			if w == 2 && !errors.Is(err, crm.ErrWorkspaceGone) {
				t.Error(err)
			}
		})
	}
	ask(1, 1, 10, true, false)
	<-begun
	if v, ok, err := b.one(t.Context(), 4, 1); v != 10 || !ok || err != nil { // while the other workspace is silent
		t.Errorf("%d %t %v", v, ok, err)
	}
	for range 3 {
		ask(1, 1, 10, true, false)
		ask(1, 2, 20, true, false)
		ask(1, 3, 0, false, false)
		ask(2, 1, 0, false, true)
		ask(3, 1, 0, false, true)
	}
	close(goOn)
	all.Wait()
	if most > 3 {
		t.Errorf("a read has %d ids, and three are asked for", most)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := b.one(ctx, 1, 1); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
