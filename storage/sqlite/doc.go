// Package sqlite is the embedded [kith/storage]: one file, nothing to install, durable when a write has answered.
//
// Reads run on several connections, each statement on its own snapshot. Writes go through one connection,
// and those that wait for it at the same time share one commit, so that many writers cost few flushes of the disk. Times
// are integers, microseconds since 1970; ids are blobs of 16 bytes. A contact's grams are in a contentless FTS5 table
// whose tokens are made in Go.
//
// Events get their sequence numbers in the transaction of the change, as writes follow one another. What is deleted is
// written over, and wiped from the log and the unused parts of pages by maintenance.
//
// The file may be opened by several processes of one machine. It does not belong on a network file system, and the
// package refuses a file that is no database of ours or that it may not write to.
package sqlite
