package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes a copy of the database in the file at path to a new file at target, as it is at one moment; others may go
// on reading and writing meanwhile. It does not migrate, and it writes over nothing: a target that is there is
// [fs.ErrExist]. The copy is complete when it appears at target, and is for its owner alone.
func Backup(ctx context.Context, path, target string) (err error) {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if found, err := inspect(ctx, path); err != nil || !found.ours || found.version == 0 {
		return fmt.Errorf("back up %s: %w", path, cmp.Or(err, errNone))
	}
	if _, err := os.Lstat(target); err == nil {
		return fmt.Errorf("back up: %s: %w", target, fs.ErrExist)
	}
	dir, err := os.MkdirTemp(filepath.Dir(target), ".kith-backup-") // for its owner alone
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	part := filepath.Join(dir, "part")
	if err := copyDatabase(ctx, path, part); err != nil {
		return fmt.Errorf("back up %s: %w", path, refusal(ctx, path, err))
	}
	if err := os.Chmod(part, 0o600); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if err := flush(part); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if err := rename(part, target); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	return flush(filepath.Dir(target))
}

func copyDatabase(ctx context.Context, path, part string) (err error) {
	db, err := open(path, 1, []string{"busy_timeout(10000)"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, `VACUUM INTO ?`, part)
	return err
}

// rename gives a file its name, unless there is one of that name.
func rename(part, target string) error {
	err := os.Link(part, target)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, taken := os.Lstat(target); taken == nil { // a file system without links
		return fmt.Errorf("%s: %w", target, fs.ErrExist)
	}
	return os.Rename(part, target)
}

// flush sees to it that a file or a directory is on the disk.
func flush(path string) error {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
