package httpd

import (
	"testing"
	"time"
)

func TestAnAllowanceIsHadAtOnceAndByEachName(t *testing.T) {
	t.Parallel()
	a := NewAllowance(5, time.Hour)
	if !a.Left("ann") {
		t.Error("nothing is left at first")
	}
	var undo func()
	for range 5 {
		var ok bool
		if undo, _, ok = a.Take("ann"); !ok {
			t.Fatal("fewer than allowed")
		}
	}
	if _, wait, ok := a.Take("ann"); ok || wait <= 0 || wait > 12*time.Minute || a.Left("ann") {
		t.Errorf("one too many: %t, %s", ok, wait)
	}
	if _, _, ok := a.Take("bob"); !ok {
		t.Error("one takes from another")
	}
	undo()
	if !a.Left("ann") {
		t.Error("what is put back is gone")
	}
	if _, _, ok := a.Take("ann"); !ok {
		t.Error("what is put back cannot be had")
	}
	if _, _, ok := a.Take("ann"); ok {
		t.Error("more is had than was put back")
	}
}

func TestWithoutAnAllowanceThereIsNoLimit(t *testing.T) {
	t.Parallel()
	a := NewAllowance(0, 0)
	for range 1000 {
		undo, _, ok := a.Take("ann")
		if !ok || !a.Left("ann") {
			t.Fatal("a limit")
		}
		undo()
	}
}
