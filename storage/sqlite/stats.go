package sqlite

import (
	"context"
	"database/sql"
	"time"

	"kith/storage"
)

// Stats reads figures about the whole database. Changes are among the events as soon as they are written.
func (s *Store) Stats(ctx context.Context) (storage.Stats, error) {
	out, err := read(ctx, s, func(c *conn) (storage.Stats, error) {
		out, _, err := first(ctx, c, `
			SELECT
			  (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size()),
			  (SELECT count(*) FROM (SELECT 1 FROM ingest_failures LIMIT @max)),
			  (SELECT min(at) FROM ingest_failures)`, args{"max": storage.MaxStatsCount}, scanStats)
		return out, err
	})
	if err != nil {
		return storage.Stats{}, wrap("read stats", err)
	}
	out.DiskFree = diskFree(s.path)
	return out, nil
}

func scanStats(rows *sql.Rows) (out storage.Stats, err error) {
	var oldest *int64
	err = rows.Scan(&out.Size, &out.Failures, &oldest)
	if oldest != nil {
		out.OldestFailure = time.UnixMicro(*oldest).UTC()
	}
	return out, err
}
