package events

import "errors"

// ErrResync ends, or refuses, a subscription whose next event is not kept any more, or that asks to go on after an event
// nobody knows; and one that has seen events which the database has lost, because another server took over that did not
// have them or a backup was put back. The subscriber has to read everything again.
var ErrResync = errors.New("the events asked for are not kept any more")

// ErrSlowConsumer ends a subscription whose reader has fallen behind by more than is held for it. It can come back with
// the id of the last event seen.
var ErrSlowConsumer = errors.New("the reader of the subscription is too slow")

// ErrStopped ends a subscription when the hub stops.
var ErrStopped = errors.New("the hub has stopped")
