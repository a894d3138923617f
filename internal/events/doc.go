// Package events tells subscribers what changed in their workspaces, in order, without a gap and without a repeat.
//
// The record is storage's ([kith/storage.Events]); this package reads it once for all subscribers of a workspace in this
// process and hands it on. It holds nothing that could be lost: whoever comes back with the id of the last event seen
// reads on from there. It never waits for a subscriber: one who does not keep up is ended and told so.
//
// It knows nothing of GraphQL, of who may see what, or of how an event reaches a client.
package events
