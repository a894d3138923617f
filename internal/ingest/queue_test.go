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
			turns := newTurns()
			ann, bob := customer{external: "ann"}, customer{external: "bob"}
			first, err := turns.take(t.Context(), ann)
			if err != nil {
				t.Fatal(err)
			}
			var order []int
			for n := range 5 {
				go func() {
					done, err := turns.take(t.Context(), ann)
					if err != nil {
						t.Error(err)
						return
					}
					order = append(order, n)
					done()
				}()
				synctest.Wait()
			}
			other, err := turns.take(t.Context(), bob)
			if err != nil || len(order) > 0 {
				t.Fatalf("%v, %v went before their turn", err, order)
			}
			other()
			first()
			synctest.Wait()
			for n, got := range order {
				if got != n {
					t.Fatalf("out of order: %v", order)
				}
			}
			if len(order) != 5 || len(turns.talking) != 0 {
				t.Errorf("%v, %d customers are remembered", order, len(turns.talking))
			}
		})
	})
	t.Run("who does not wait any more holds up nobody", func(t *testing.T) {
		t.Parallel()
		turns := newTurns()
		first, err := turns.take(t.Context(), customer{})
		if err != nil {
			t.Fatal(err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := turns.take(ended, customer{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		first()
		second, err := turns.take(t.Context(), customer{})
		if err != nil {
			t.Fatal(err)
		}
		second()
		if len(turns.talking) != 0 {
			t.Errorf("%d customers are remembered", len(turns.talking))
		}
	})
}
