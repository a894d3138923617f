// Package events tells subscribers what changed in their workspaces, in order, without a gap and without a repeat.
//
// The record is storage's ([kith/storage.Events]); this package reads it once for all subscribers of a workspace in this
// process and hands it on. It holds nothing that could be lost: whoever comes back with the id of the last event seen
// reads on from there. It never waits for a subscriber: one who does not keep up is ended and told so.
//
// It knows nothing of GraphQL, of who may see what, or of how an event reaches a client.
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
