package storage

import (
	"context"

	"kith/internal/crm"
)

//go:generate go run gen.go

// instrumented is a store with something around each call. Its other methods are generated from the contract.
type instrumented struct {
	store  Store
	around func(call string, err *error) (done func())
}

// Instrument wraps a store so that around is called with the method's name before each call begins, and what it returns when
// the call ends. What it returns is deferred, so it may recover from a panic, and may read and change the call's error.
// Close and Follow, which lasts as long as its caller, are not instrumented; Follow turns a panic into an error.
func Instrument(store Store, around func(call string, err *error) (done func())) Store {
	return &instrumented{store, around}
}

// Close implements [Store].
func (s *instrumented) Close() error { return s.store.Close() }

// Generation implements [Store]. It is not instrumented, because it does not ask the database.
func (s *instrumented) Generation() uint64 { return s.store.Generation() }

// Follow implements [Store].
func (s *instrumented) Follow(ctx context.Context, wake func(crm.WorkspaceID)) (err error) {
	defer Recovered(&err)
	return s.store.Follow(ctx, wake)
}
