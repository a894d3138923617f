package postgres_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
)

// beforeLists is the schema's version before the first migration that builds indexes of large tables.
const beforeLists = 13

// someContacts are rows of [beforeLists], with values that repeat.
const someContacts = `
	INSERT INTO workspaces (workspace_id, name, created_at, gram_state, gram_state_at) VALUES (1, 'acme', now(), 0, now());
	INSERT INTO contacts (workspace_id, id, notes, version, created_at, updated_at, name_origin, email_origin, phone_origin, name_key, search_text, grams)
	SELECT 1, gen_random_uuid(), '', 1, now(), now(), 1, 0, 0, '', '', false FROM generate_series(1, 50);
	INSERT INTO contact_activity SELECT 1, id, now() FROM contacts;
	INSERT INTO contact_counts VALUES (1, 0, 50)`

// oldDatabase is a database of an older version with contacts.
func oldDatabase(t *testing.T) string {
	t.Helper()
	url := pgtest.Database(t)
	if err := postgres.MigrateTo(t.Context(), url, beforeLists); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, url, someContacts)
	return url
}

// next is a version that adds a column to contacts.
func next(t *testing.T, url string, attempts int) postgres.NextVersion {
	t.Helper()
	v, err := postgres.NewNextVersion(url, postgres.Options{}, fstest.MapFS{
		"99001_next.sql": {Data: []byte("-- +goose Up\nALTER TABLE contacts ADD COLUMN next integer NOT NULL DEFAULT 0;\n")},
	}, attempts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// indexState is the identity and state of an index; empty without one.
func indexState(t *testing.T, url, name string) string {
	t.Helper()
	return strings.Join(column(t, url, `
		SELECT concat(indexrelid::oid, CASE WHEN indisvalid THEN ' valid' END, CASE WHEN indisunique THEN ' unique' END)
		FROM pg_index WHERE indexrelid = to_regclass('`+name+`')`), ", ")
}

// eventually waits until a query answers true.
func eventually(t *testing.T, url, condition string) {
	t.Helper()
	for column(t, url, `SELECT (`+condition+`)::text`)[0] != "true" {
		if t.Context().Err() != nil {
			t.Fatal(t.Context().Err())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// hold opens a transaction with a statement in it, until it is released.
func hold(t *testing.T, url, sql string) (release func()) {
	t.Helper()
	c := connectTo(t, url)
	tx, err := c.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Commit(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatADeadBuildLeftBehindIsBuiltAgain(t *testing.T) {
	t.Parallel()
	url := oldDatabase(t)
	c := connectTo(t, url)
	if _, err := c.Exec(t.Context(), `CREATE UNIQUE INDEX CONCURRENTLY contacts_by_email ON contacts (workspace_id)`); err == nil {
		t.Fatal("a unique index of values that repeat was built")
	}
	left := indexState(t, url, "contacts_by_email")
	if left == "" || strings.Contains(left, "valid") {
		t.Fatalf("there is no invalid index: %q", left)
	}
	if _, err := postgres.Migrate(t.Context(), url, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	if now := indexState(t, url, "contacts_by_email"); !strings.HasSuffix(now, " valid") {
		t.Errorf("the index was %q and is %q", left, now)
	}
}

func TestABuildThatOutlivesItsClientIsWaitedFor(t *testing.T) {
	t.Parallel()
	url := oldDatabase(t)
	release := hold(t, url, `UPDATE contacts SET version = version`)
	builder := connectTo(t, url)
	built, migrated := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := builder.Exec(context.WithoutCancel(t.Context()), `
			CREATE INDEX CONCURRENTLY contacts_by_email ON contacts (workspace_id, coalesce(lower(email), chr(1114111)), id)`)
		built <- err
	}()
	eventually(t, url, `EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = to_regclass('contacts_by_email'))`)
	started := indexState(t, url, "contacts_by_email")
	go func() {
		_, err := postgres.Migrate(context.WithoutCancel(t.Context()), url, postgres.Options{})
		migrated <- err
	}()
	eventually(t, url, `EXISTS (
		SELECT FROM pg_stat_activity
		WHERE datname = current_database() AND query LIKE '%pg_stat_progress_create_index p%' AND pid <> pg_backend_pid())`)
	release()
	for _, done := range []chan error{built, migrated} {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if now := indexState(t, url, "contacts_by_email"); now != started+" valid" {
		t.Errorf("the index was %q and is %q: it was built twice", started, now)
	}
}

// A concurrent build waits for all statements that began before it. A migrator that waited for its turn in a statement would
// be one of them.
func TestMigratorsWaitForEachOtherWithoutADeadlock(t *testing.T) {
	t.Parallel()
	url := oldDatabase(t)
	release := hold(t, url, `UPDATE contacts SET version = version`)
	const migrators = 3
	done := make(chan error, migrators)
	for range migrators {
		go func() {
			_, err := postgres.Migrate(context.WithoutCancel(t.Context()), url, postgres.Options{})
			done <- err
		}()
	}
	eventually(t, url, `EXISTS (SELECT FROM pg_stat_progress_create_index WHERE datname = current_database())`)
	eventually(t, url, `(
		SELECT count(*) >= 6 FROM pg_stat_activity -- this test's, one of each migrator, and two more of the one that works
		WHERE datname = current_database() AND pid <> pg_backend_pid())`)
	release()
	for range migrators {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := len(column(t, url, `SELECT version_id::text FROM goose_db_version WHERE version_id = 14`)); n != 1 {
		t.Errorf("migration 14 ran %d times", n)
	}
}

func TestOthersGoOnWhileAMigrationWaitsForALock(t *testing.T) {
	t.Parallel()
	s, url := openAt(t)
	w, err := s.Workspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	release := hold(t, url, `SELECT count(*) FROM contacts`) // as a backup does
	done := make(chan error, 1)
	go func() {
		_, err := next(t, url, 1_000_000).Migrate(context.WithoutCancel(t.Context()))
		done <- err
	}()
	const waiting = `EXISTS (
		SELECT FROM pg_locks WHERE relation = 'contacts'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted)`
	for range 3 {
		eventually(t, url, waiting)
		if _, err := s.ContactsByID(t.Context(), w, []crm.ContactID{{15: 1}}); err != nil {
			t.Error(err)
		}
	}
	select {
	case err := <-done:
		t.Fatalf("the migration did not wait: %v", err)
	default:
	}
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if found := check(t, s, false); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

func TestAMigrationGivesUpWhenATableStaysLocked(t *testing.T) {
	t.Parallel()
	_, url := openAt(t)
	release := hold(t, url, `SELECT count(*) FROM contacts`)
	before, err := next(t, url, 3).Migrate(t.Context())
	if err == nil || !strings.Contains(err.Error(), "stayed locked during 3 attempts") {
		t.Errorf("the error is %v", err)
	}
	if now, err := postgres.SchemaOf(t.Context(), url, postgres.Options{}); err != nil || now.Version != before.Version {
		t.Errorf("the version was %d and is %d, %v", before.Version, now.Version, err)
	}
	release()
	if _, err := next(t, url, 3).Migrate(t.Context()); err != nil {
		t.Errorf("once the table is free: %v", err)
	}
	now, err := postgres.SchemaOf(t.Context(), url, postgres.Options{})
	if err != nil || now.Version != 99001 || !now.Supports() {
		t.Errorf("the schema is %+v, %v", now, err)
	}
}

// Administrators give the role of a pooled server a limit for statements.
func TestMigrationsTakeAsLongAsTheyNeed(t *testing.T) {
	t.Parallel()
	for name, through := range map[string]func(t *testing.T, direct string) (string, postgres.Options){
		"directly": func(_ *testing.T, direct string) (string, postgres.Options) { return direct, postgres.Options{} },
		"past a pooler": func(t *testing.T, direct string) (string, postgres.Options) {
			return pgtest.Pooler(t, direct), postgres.Options{ExecMode: "exec", DirectURL: direct}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct := oldDatabase(t)
			pgtest.Exec(t, direct, `ALTER DATABASE `+databaseOf(t, direct)+` SET statement_timeout = '1s'`)
			url, o := through(t, direct)
			v, err := postgres.NewNextVersion(url, o, fstest.MapFS{
				"99001_next.sql": {Data: []byte("-- +goose Up\nSELECT pg_sleep(1.1);\n")},
				"99002_next.sql": {Data: []byte(`-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY IF NOT EXISTS next_index
  ON contacts (version) WHERE slow(id);`)},
			}, 3)
			if err != nil {
				t.Fatal(err)
			}
			pgtest.Exec(t, direct, `
				CREATE FUNCTION slow(uuid) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.03); RETURN true; END $$`)
			if _, err := v.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
			if state := indexState(t, direct, "next_index"); !strings.HasSuffix(state, " valid") {
				t.Errorf("the index is %q", state)
			}
		})
	}
}

func TestMigratingThroughAPoolerAlone(t *testing.T) {
	t.Parallel()
	direct := oldDatabase(t)
	if _, err := postgres.Migrate(t.Context(), pgtest.Pooler(t, direct), throughPooler); err != nil {
		t.Fatal(err)
	}
	if state := indexState(t, direct, "sessions_by_start"); !strings.HasSuffix(state, " valid") {
		t.Errorf("the index is %q", state)
	}
}

func TestWhichSchemasSupportAVersion(t *testing.T) {
	t.Parallel()
	for schema, want := range map[postgres.Schema]bool{
		{Version: 20, Latest: 20, Oldest: 19}: true,
		{Version: 22, Latest: 20, Oldest: 19}: true,
		{Version: 22, Latest: 20, Oldest: 20}: true,
		{Version: 22, Latest: 20, Oldest: 21}: false, // something that this version needs is gone
		{Version: 19, Latest: 20, Oldest: 19}: false, // something that this version needs is missing
		{Version: 22, Latest: 20}:             false, // unknown
		{Version: 0, Latest: 20}:              false,
	} {
		if got := schema.Supports(); got != want {
			t.Errorf("%+v: %v", schema, got)
		}
	}
}

func TestIdentitiesOfAnOlderVersionGetTheirIDs(t *testing.T) {
	t.Parallel()
	s, url := openAt(t)
	w, err := s.Workspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	channel := crm.ChannelID(uuid.MustParse("00000000-0000-7000-8000-000000000001"))
	if err := s.CreateChannel(t.Context(), w, crm.Channel{ID: channel, Name: "Web", Type: crm.HTMLEmbed, Active: true}); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	_, err = s.RecordInteraction(t.Context(), w, crm.Interaction{
		ChannelID: channel, ExternalID: "ann", MessageID: "1", At: now, Received: now, Direction: crm.Inbound,
	})
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, url, `UPDATE identities SET id = NULL`)
	id := crm.IdentityKey{ChannelID: channel, ExternalID: "ann"}.ID()
	maintain(t, s)
	if found, err := s.IdentitiesByID(t.Context(), w, []crm.IdentityID{id}); err != nil || len(found) != 1 {
		t.Errorf("%d identities, %v", len(found), err)
	}
	if found := check(t, s, false); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

func TestSearchKeysOfANewerVersionAreLeftToIt(t *testing.T) {
	t.Parallel()
	s, url := openAt(t)
	for _, name := range []string{"old", "new"} {
		if _, err := s.Workspace(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	pgtest.Exec(t, url, `
		INSERT INTO stale_keys (workspace_id, contact_id, keys)
		SELECT workspace_id, '00000000-0000-0000-0000-000000000000', CASE name WHEN 'new' THEN 2 ELSE 1 END FROM workspaces`)
	maintain(t, s)
	if left := column(t, url, `SELECT keys::text FROM stale_keys`); len(left) != 1 || left[0] != "2" {
		t.Errorf("left are %v", left)
	}
}
