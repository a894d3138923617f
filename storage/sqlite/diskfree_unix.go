//go:build linux || darwin

package sqlite

import (
	"path/filepath"
	"syscall"
)

// diskFree is how many bytes can be written where a file lies, by others than root; nil where that cannot be seen.
func diskFree(path string) *int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(path), &s); err != nil {
		return nil
	}
	return new(int64(s.Bavail) * int64(s.Bsize)) //nolint:unconvert // the types differ between systems
}
