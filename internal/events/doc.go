// Package events delivers the changes of workspaces to subscribers, in order, without gaps or repeats.
//
// Storage keeps the events ([kith/storage.Events]); this package reads them once for all subscribers of a workspace in this
// process. It holds nothing that could be lost: a subscriber that returns with the id of the last event seen continues
// from there. It never waits for a subscriber: one that cannot keep up is ended with an error.
//
// It knows nothing about GraphQL, permissions, or how an event reaches a client.
package events
