package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

var (
	errForeign = errors.New("the file holds another program's database")
	errNone    = errors.New("there is no database of Kith in the file")
)

// contents is what a file holds.
type contents struct {
	tables  int   // and indexes, of whomever
	ours    bool  // Kith has been at work, or was about to begin
	version int64 // the schema version; 0 for a database without a schema
}

// inspect looks into a file and changes nothing: not even the mode of its journal.
func inspect(ctx context.Context, path string) (found contents, err error) {
	db, err := open(path, 1, []string{"busy_timeout(10000)"})
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var versions, contacts bool
	err = db.QueryRowContext(ctx, `
		SELECT
		  count(*), coalesce(max(name = 'goose_db_version'), false), coalesce(max(name = 'contacts'), false)
		FROM sqlite_schema`).Scan(&found.tables, &versions, &contacts)
	if err == nil && versions {
		err = db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version`).Scan(&found.version)
	}
	if err != nil {
		return found, refusal(ctx, path, err)
	}
	found.ours = versions && (contacts || found.version == 0)
	return found, nil
}

// existing returns an error unless the file at path holds a database with this program's schema.
func existing(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no such file: %w", fs.ErrNotExist)
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("this is a directory")
	}
	found, err := inspect(ctx, path)
	latest := latestVersion()
	switch {
	case err != nil:
		return err
	case !found.ours && found.tables > 0:
		return errForeign
	case found.version == 0:
		return errNone
	case found.version > latest:
		return fmt.Errorf("the database is at version %d, newer than this program, which knows %d", found.version, latest)
	case found.version < latest:
		return fmt.Errorf("the database is at version %d, this program needs %d: run `kith migrate`", found.version, latest)
	}
	return nil
}

// latestVersion is the schema's version that this program knows.
func latestVersion() int64 {
	latest := max(regram.Version, identityIDs.Version)
	files, _ := fs.Glob(migrations, "migrations/*.sql") // embedded, so that nothing can be missing
	for _, f := range files {
		number, _, _ := strings.Cut(path.Base(f), "_")
		v, _ := strconv.ParseInt(number, 10, 64)
		latest = max(latest, v)
	}
	return latest
}
