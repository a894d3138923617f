package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"kith/internal/crm"
	"kith/storage/postgres/pgtest"
)

func TestAServerOutOfConnectionsIsUnavailableAndAllGoesOnAfterwards(t *testing.T) {
	t.Parallel()
	ctx, address := t.Context(), pgtest.Database(t)
	if _, err := Migrate(ctx, address, Options{}); err != nil {
		t.Fatal(err)
	}
	role := "kith_test_" + uuid.Must(uuid.NewV7()).String()[24:]
	pgtest.Exec(t, address, fmt.Sprintf(
		`CREATE ROLE %[1]s LOGIN CONNECTION LIMIT 1; GRANT pg_read_all_data, pg_write_all_data TO %[1]s`, role))
	t.Cleanup(func() { pgtest.Exec(t, address, `DROP ROLE `+role) })
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	s, err := Open(ctx, u.String(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var refused atomic.Int64
	ask := func() {
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				_, err := s.Workspace(ctx, fmt.Sprint(i))
				switch {
				case errors.Is(err, crm.ErrUnavailable):
					refused.Add(1)
				case err != nil:
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	only, err := s.pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ask()
	only.Release()
	if n := refused.Load(); n != 64 {
		t.Errorf("%d of 64 calls were refused beside the only connection", n)
	}
	pgtest.Exec(t, address, fmt.Sprintf(`ALTER ROLE %s CONNECTION LIMIT -1`, role))
	refused.Store(0)
	ask()
	if n := refused.Load(); n != 0 {
		t.Errorf("%d calls were refused although there are connections", n)
	}
}

func TestADeadlockIsTriedAgain(t *testing.T) {
	t.Parallel()
	ctx, address := t.Context(), pgtest.Database(t)
	if _, err := Migrate(ctx, address, Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, address, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	pgtest.Exec(t, address, `CREATE TABLE pair (id int PRIMARY KEY, n int NOT NULL); INSERT INTO pair VALUES (1, 0), (2, 0)`)
	meet := make(chan struct{}, 2)
	var runs atomic.Int64
	var both sync.WaitGroup
	for _, order := range [][2]int{{1, 2}, {2, 1}} {
		both.Go(func() {
			first := true
			err := s.tx(ctx, func(tx pgx.Tx) error {
				runs.Add(1)
				for i, id := range order {
					if _, err := tx.Exec(ctx, `UPDATE pair SET n = n + 1 WHERE id = $1`, id); err != nil {
						return err
					}
					if i == 0 && first { // wait until the other has its first row, too
						first = false
						meet <- struct{}{}
						for len(meet) < 2 {
							time.Sleep(time.Millisecond)
						}
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	var sum int
	if err := s.pool.QueryRow(ctx, `SELECT sum(n) FROM pair`).Scan(&sum); err != nil || sum != 4 {
		t.Errorf("the rows add up to %d, %v", sum, err)
	}
	if runs.Load() < 3 {
		t.Errorf("%d runs: there was no deadlock, so that the test shows nothing", runs.Load())
	}
}

func TestAFailedMigrationLeavesTheOldSchemaWorking(t *testing.T) {
	t.Parallel()
	ctx, address := t.Context(), pgtest.Database(t)
	const failing = 5 // 00005_grams_in_plpgsql.sql
	err := newMigrator(address, Options{}).withProvider(func(p *goose.Provider) error {
		_, err := p.UpTo(ctx, failing-1)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// What that migration replaces has its parameters named otherwise, which nothing may replace.
	pgtest.Exec(t, address, `
		DROP FUNCTION contact_grams;
		CREATE FUNCTION contact_grams(w int, b int, t text) RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT '{}'::bigint[] $$`)
	if _, err := Migrate(ctx, address, Options{}); err == nil {
		t.Fatal("the migration did not fail")
	}
	schema, err := SchemaOf(ctx, address, Options{})
	if err != nil || schema.Version != failing-1 {
		t.Errorf("version %d, %v", schema.Version, err)
	}
	// As a process of the old version does, which goes on.
	pgtest.Exec(t, address, `
		INSERT INTO workspaces (workspace_id, name, created_at, gram_state, gram_state_at) VALUES (1, 'acme', now(), 0, now());
		INSERT INTO channels (workspace_id, id, name, type, active, created_at, domains, secrets)
		VALUES (1, '00000000-0000-7000-8000-000000000001', 'Shop', 'WHATSAPP', true, now(), '{}', NULL)`)
	pgtest.Exec(t, address, `DROP FUNCTION contact_grams`)
	if _, err := Migrate(context.WithoutCancel(ctx), address, Options{}); err != nil {
		t.Errorf("once the obstacle is gone: %v", err)
	}
}
