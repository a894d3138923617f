package crm

import "errors"

// MaxBulk is how many rows one bulk job can have.
const MaxBulk = 1_000_000

// The errors of bulk jobs that a user can do something about.
var (
	// ErrBulkToken: the token was not made for this selection, by this person, or at all.
	ErrBulkToken = errors.New("not a token of this selection")
	// ErrBulkExpired: the dry run was too long ago.
	ErrBulkExpired = errors.New("the token has expired")
	// ErrBulkChanged: many more match by now than the dry run counted.
	ErrBulkChanged = errors.New("many more match than were counted")
	// ErrBulkTooMany: more than MaxBulk match.
	ErrBulkTooMany = errors.New("too many match")
)

// BulkTolerance is how many more rows than a dry run counted may match when the run begins: a twentieth, and ten at least.
// Fewer may always match.
func BulkTolerance(counted int) int { return max(10, counted/20) }

// The reasons for which a bulk job refuses a row.
const (
	RefusedNotFound = "NOT_FOUND" // deleted meanwhile
	RefusedMerged   = "MERGED"    // merged into another contact meanwhile
	RefusedNoMatch  = "NO_MATCH"  // changed meanwhile, so that it was not selected any more
	RefusedInternal = "INTERNAL"
)
