package storage_test

import (
	"testing"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

func TestSwept(t *testing.T) {
	t.Parallel()
	var s storage.Swept
	start := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	cutoff := func(minutes int, apart ...crm.WorkspaceID) storage.Cutoff {
		c := storage.Cutoff{Before: start.Add(time.Duration(minutes) * time.Minute), Of: map[crm.WorkspaceID]time.Time{}}
		for _, w := range apart {
			c.Of[w] = c.Before.Add(-time.Hour)
		}
		return c
	}
	whole := time.Time{}
	for i, step := range []struct {
		cutoff storage.Cutoff
		from   time.Time
		done   bool
	}{
		{cutoff(0, 7), whole, false}, // there was more
		{cutoff(1, 7), whole, true},
		{cutoff(2, 7), cutoff(1).Before, false},
		{cutoff(3, 7), cutoff(1).Before, true},
		{cutoff(4, 7), cutoff(3).Before, true},
		{cutoff(5, 7, 8), whole, true}, // one more workspace
		{cutoff(6, 7), whole, true},    // and one less
		{cutoff(5, 7), whole, true},    // kept for longer from now on
		{cutoff(6, 7), cutoff(5).Before, true},
		{cutoff(70, 7), whole, true}, // once in a while
		{cutoff(71, 7), cutoff(70).Before, true},
		{cutoff(72), whole, true}, // there is nothing that would be looked at again
		{cutoff(73), whole, true},
	} {
		if got := s.From(step.cutoff); !got.Equal(step.from) {
			t.Errorf("step %d: from %v, want %v", i, got, step.from)
		}
		if step.done {
			s.Done(step.cutoff)
		}
	}
}
