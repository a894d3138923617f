package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/storage"
)

// Stats reads figures about the whole database. Of replicas, a role without pg_monitor sees only that they exist. A replica
// that has everything is not behind, however long nothing has been written.
func (s *Store) Stats(ctx context.Context) (out storage.Stats, err error) {
	var oldestFailure, oldestUnpublished *time.Time
	var lag *float64
	b := &pgx.Batch{}
	b.Queue(`SELECT set_config('enable_seqscan', 'off', true)`) // the indexes have few rows, or are read at one end
	b.Queue(`
		SELECT
		  pg_database_size(current_database()),
		  (SELECT count(*) FROM (SELECT 1 FROM ingest_failures LIMIT @max) f),
		  (SELECT min(at) FROM ingest_failures),
		  (SELECT min(at) FROM (SELECT at FROM changes WHERE seq IS NULL LIMIT @max) c),
		  (SELECT count(*) FROM pg_stat_replication),
		  (SELECT max(
		    CASE
		      WHEN pg_is_in_recovery() THEN NULL
		      WHEN replay_lsn >= pg_current_wal_lsn() THEN 0
		      ELSE extract(epoch FROM replay_lag)
		    END
		  )::float8 FROM pg_stat_replication)`, pgx.NamedArgs{"max": storage.MaxStatsCount}).
		QueryRow(func(row pgx.Row) error {
			return row.Scan(&out.Size, &out.Failures, &oldestFailure, &oldestUnpublished, &out.Replicas, &lag)
		})
	if err := s.pool.SendBatch(ctx, b).Close(); err != nil {
		return storage.Stats{}, fmt.Errorf("read stats: %w", translate(ctx, err))
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
