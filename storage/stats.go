package storage

import "time"

// MaxStatsCount is how far [Stats] count.
const MaxStatsCount = 10_000

// Stats are figures about the whole database, of all workspaces.
type Stats struct {
	// Size is how many bytes the database takes, indexes included.
	Size int64
	// Failures is how many messages that could not be recorded are kept, as far as MaxStatsCount.
	Failures int
	// OldestFailure is when the oldest of them came; zero without any.
	OldestFailure time.Time
	// OldestUnpublished is when the oldest of the changes was made that are not among the events yet; zero without any.
	OldestUnpublished time.Time
	// DiskFree is how many bytes Kith can still write where the database lies; nil where that cannot be seen.
	DiskFree *int64
	// Replicas is how many servers follow the database's.
	Replicas int
	// ReplicaLag is how far the last of them is behind; nil without any, and where that cannot be seen.
	ReplicaLag *time.Duration
}
