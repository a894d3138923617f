package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/storage"
)

// Stats reads figures about the whole database. Of replicas, a role without pg_monitor sees only that they exist. A replica
// that has everything is not behind, however long nothing has been written. While a node of a Citus cluster is away, the figures about
// workspaces are of those on other nodes.
func (s *Store) Stats(ctx context.Context) (out storage.Stats, err error) {
	var oldestFailure, oldestUnpublished *time.Time
	var lag *float64
	err = s.overAll(ctx, pgx.NamedArgs{"max": storage.MaxStatsCount}, func(ctx context.Context, condition string, args pgx.NamedArgs) error {
		b := &pgx.Batch{}
		b.Queue(`SELECT set_config('enable_seqscan', 'off', true)`) // the indexes have few rows, or are read at one end
		b.Queue(fmt.Sprintf(`
			SELECT
			  pg_database_size(current_database()),
			  (SELECT count(*) FROM (SELECT 1 FROM ingest_failures WHERE %[1]s LIMIT @max) f),
			  (SELECT min(at) FROM ingest_failures WHERE %[1]s),
			  (SELECT min(at) FROM (SELECT at FROM changes WHERE %[1]s AND seq IS NULL LIMIT @max) c),
			  (SELECT count(*) FROM pg_stat_replication),
			  (SELECT max(
			    CASE
			      WHEN pg_is_in_recovery() THEN NULL
			      WHEN replay_lsn >= pg_current_wal_lsn() THEN 0
			      ELSE extract(epoch FROM replay_lag)
			    END
			  )::float8 FROM pg_stat_replication)`, condition), args).
			QueryRow(func(row pgx.Row) error {
				return row.Scan(&out.Size, &out.Failures, &oldestFailure, &oldestUnpublished, &out.Replicas, &lag)
			})
		return translate(ctx, s.pool.SendBatch(ctx, b).Close())
	})
	if err != nil {
		return storage.Stats{}, fmt.Errorf("read stats: %w", err)
	}
	if oldestFailure != nil {
		out.OldestFailure = oldestFailure.UTC()
	}
	if oldestUnpublished != nil {
		out.OldestUnpublished = oldestUnpublished.UTC()
	}
	if lag != nil {
		out.ReplicaLag = new(time.Duration(*lag * float64(time.Second)))
	}
	return out, nil
}
