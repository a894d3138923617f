package ingest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestTurns(t *testing.T) {
	t.Parallel()
	t.Run("a customer's messages come one at a time, in their order", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			queue := newKeyedQueue()
			ann, bob := customer{external: "ann"}, customer{external: "bob"}
			first, err := queue.take(t.Context(), ann)
			if err != nil {
				t.Fatal(err)
			}
			var order []int
			for n := range 5 {
				go func() {
					done, err := queue.take(t.Context(), ann)
					if err != nil {
						t.Error(err)
						return
					}
					order = append(order, n)
					done()
				}()
				synctest.Wait()
			}
			other, err := queue.take(t.Context(), bob)
			if err != nil || len(order) > 0 {
				t.Fatalf("%v, %v overtook the first", err, order)
			}
			other()
			first()
			synctest.Wait()
			for n, got := range order {
				if got != n {
					t.Fatalf("out of order: %v", order)
				}
			}
			if len(order) != 5 || len(queue.queue) != 0 {
				t.Errorf("%v, %d customers are left in the queue", order, len(queue.queue))
			}
		})
	})
	t.Run("who does not wait any more holds up nobody", func(t *testing.T) {
		t.Parallel()
		queue := newKeyedQueue()
		first, err := queue.take(t.Context(), customer{})
		if err != nil {
			t.Fatal(err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := queue.take(ended, customer{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		first()
		second, err := queue.take(t.Context(), customer{})
		if err != nil {
			t.Fatal(err)
		}
		second()
		if len(queue.queue) != 0 {
			t.Errorf("%d customers are left in the queue", len(queue.queue))
		}
	})
}
