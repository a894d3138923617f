package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var embedded embed.FS

// embeddedMigrations are the migrations of this version.
func embeddedMigrations() fs.FS {
	dir, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // the name is valid
	}
	return dir
}

// migration is one file: either a transaction, or builds of indexes, which no transaction may contain.
type migration struct {
	version int64
	name    string
	text    string       // what brings the schema forward
	builds  []indexBuild // none in a transaction
}

// indexBuild is a statement that builds an index without blocking writers.
type indexBuild struct{ name, statement string }

var (
	upSection       = regexp.MustCompile(`(?s)-- \+goose Up\n(.*?)(?:-- \+goose Down\n.*)?$`)
	concurrentBuild = regexp.MustCompile(`(?s)^CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS (\w+)\s+ON `)
	comment         = regexp.MustCompile(`(?m)\s*--.*$`)
)

// readMigrations reads the files of a directory, the oldest first.
func readMigrations(dir fs.FS) ([]migration, error) {
	files, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return nil, err
	}
	out := make([]migration, 0, len(files))
	for _, file := range files {
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return nil, err
		}
		m, err := parseMigration(file, string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, m)
	}
	return out, nil
}

func parseMigration(file, text string) (m migration, err error) {
	m.name = path.Base(file)
	number, _, _ := strings.Cut(m.name, "_")
	if m.version, err = strconv.ParseInt(number, 10, 64); err != nil {
		return m, errors.New("the name does not begin with a number")
	}
	up := upSection.FindStringSubmatch(text)
	if up == nil {
		return m, errors.New("there is no section Up")
	}
	m.text = up[1]
	if !strings.Contains(text, "-- +goose NO TRANSACTION\n") {
		return m, nil
	}
	for _, statement := range statements(m.text) {
		build := concurrentBuild.FindStringSubmatch(statement)
		if build == nil {
			return m, fmt.Errorf("without a transaction there can only be CREATE INDEX CONCURRENTLY IF NOT EXISTS, not %.40q", statement)
		}
		m.builds = append(m.builds, indexBuild{build[1], statement})
	}
	return m, nil
}

// statements splits text without function bodies at its semicolons and removes comments.
func statements(text string) (out []string) {
	for s := range strings.SplitSeq(comment.ReplaceAllString(text, ""), ";") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// inOneTransaction is the migration for a database that nothing else uses yet, whose indexes may be built in the common way.
func (m migration) inOneTransaction() migration {
	m.text, m.builds = strings.ReplaceAll(m.text, " CONCURRENTLY ", " "), nil
	return m
}

// goose is the migration for the library that keeps the versions. lockTimeout limits how long a statement of a transaction
// waits for a lock: meanwhile all others wait behind it. aside runs builds of indexes.
func (m migration) goose(lockTimeout string, aside func(context.Context, func(*pgx.Conn) error) error) *goose.Migration {
	if len(m.builds) == 0 {
		return goose.NewGoMigration(m.version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			for _, s := range []string{noTimeouts, `SET LOCAL lock_timeout = '` + lockTimeout + `'`, m.text} {
				if _, err := tx.ExecContext(ctx, s, pgx.QueryExecModeSimpleProtocol); err != nil {
					return fmt.Errorf("%s: %w", m.name, err)
				}
			}
			return nil
		}}, nil)
	}
	return goose.NewGoMigration(m.version, &goose.GoFunc{RunDB: func(ctx context.Context, _ *sql.DB) error {
		err := aside(ctx, func(c *pgx.Conn) error {
			for _, b := range m.builds {
				if err := buildIndex(ctx, c, b); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		return nil
	}}, nil)
}
