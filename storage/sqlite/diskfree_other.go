//go:build !linux && !darwin

package sqlite

// diskFree is unknown.
func diskFree(string) *int64 { return nil }
