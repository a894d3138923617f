package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// smallDisk is a folder on a disk of so many bytes. Only root can make one; in CI the test must run.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		if os.Getenv("CI") != "" && os.Getuid() == 0 && !errors.Is(err, syscall.EPERM) {
			t.Fatalf("mount a small disk: %v", err)
		}
		t.Skipf("a small disk takes the right to mount: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func TestAFullDiskIsUnavailableAndAllGoesOnOnceThereIsRoom(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 6<<20)
	s, err := Open(t.Context(), filepath.Join(dir, "kith.db"))
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	defer func() {
		if !closed {
			_ = s.Close()
		}
	}()
	w, err := s.Workspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().UTC().Truncate(time.Microsecond)
	ch := crm.Channel{ID: crm.NewChannelID(at), Name: "Shop", Type: crm.WhatsApp, Active: true, CreatedAt: at}
	if err := s.CreateChannel(t.Context(), w, ch); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	kept := []crm.ContactID{}
	take := func(n int) error {
		r, err := s.RecordInteraction(t.Context(), w, crm.Interaction{
			ChannelID: ch.ID, ExternalID: fmt.Sprint(n), MessageID: "1", At: at, Received: at, Direction: crm.Inbound,
			Preview: new(strings.Repeat("long ", 30)), Profile: crm.Profile{Name: new(fmt.Sprintf("Customer %d", n))},
		})
		if err == nil {
			kept = append(kept, r.Contact.ID)
		}
		return err
	}
	n := 0
	for err = nil; err == nil && n < 100_000; n++ {
		err = take(n)
	}
	why, known := errors.AsType[*storage.UnavailableError](err)
	if !errors.Is(err, crm.ErrUnavailable) || !known || why.Cause != storage.DiskFull {
		t.Fatalf("after %d messages: %v", n, err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("reading while the disk is full: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.TestWrite(t.Context()), take(n)); err != nil {
		t.Errorf("writing once there is room: %v", err)
	}
	for len(kept) > 0 {
		some := kept[:min(500, len(kept))]
		kept = kept[len(some):]
		found, err := s.ContactsByID(t.Context(), w, some)
		if err != nil || len(found) != len(some) {
			t.Fatalf("%d of %d that were answered, %v", len(found), len(some), err)
		}
	}
	err = s.Check(t.Context(), storage.Inspection{
		Found: func(f storage.Finding) { t.Errorf("found %v", f) }, Progress: func(string, int) {},
	})
	if err != nil {
		t.Error(err)
	}
	closed = true
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestADatabaseThatAnotherProcessLocksSaysSo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	other, err := open(path, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if _, err := other.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	_, err = s.Workspace(t.Context(), "acme")
	if why, ok := errors.AsType[*storage.UnavailableError](err); !ok || why.Cause != storage.Locked || !errors.Is(err, crm.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if _, err := other.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if err := s.TestWrite(t.Context()); err != nil {
		t.Errorf("once it is free: %v", err)
	}
}

func TestAFailedMigrationLeavesTheOldSchemaWorking(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	release(t, path, 1, `
		INSERT INTO workspaces VALUES (1, 'demo', 0);
		CREATE TABLE ingest_failures (n INTEGER) STRICT;`) // which the second migration would make
	if s, err := Open(t.Context(), path); err == nil {
		_ = s.Close()
		t.Fatal("the migration did not fail")
	}
	db, err := open(path, 1, writerPragmas)
	if err != nil {
		t.Fatal(err)
	}
	var columns, workspaces int
	err = db.QueryRowContext(t.Context(), `
		SELECT (SELECT count(*) FROM pragma_table_info('channels') WHERE name = 'domains'), (SELECT count(*) FROM workspaces)`).
		Scan(&columns, &workspaces)
	if err != nil || columns != 0 || workspaces != 1 {
		t.Errorf("%d new columns, %d workspaces, %v", columns, workspaces, err)
	}
	if _, err := db.ExecContext(t.Context(), `DROP TABLE ingest_failures`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
