package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/storage"
)

// landmarks are those of a list. The first time they are found while the caller waits.
func (s *Store) landmarks(ctx context.Context, list storage.LongList) (storage.FoundLandmarks, error) {
	known := s.known.Load()
	if found, ok := known.landmarks.For(list, time.Now()); ok {
		return found, nil
	}
	found, err := s.findLandmarks(ctx, list)
	if err == nil {
		known.landmarks.Set(list, found)
	}
	return found, err
}

// renewLandmarks finds the landmarks of a list again where that is due.
func (s *Store) renewLandmarks(ctx context.Context) error {
	known := s.known.Load()
	list, ok := known.landmarks.Wanted()
	if !ok {
		return nil
	}
	found, err := s.findLandmarks(ctx, list)
	if err == nil {
		known.landmarks.Set(list, found)
	}
	return err
}

// findLandmarks reads the whole index of a list.
func (s *Store) findLandmarks(ctx context.Context, list storage.LongList) (storage.FoundLandmarks, error) {
	o := orderings[list.Order]
	if list.Sessions {
		o = ordering{"sessions", "t.id", "t.last_message_at"}
	}
	key := "n.key, NULL::timestamptz"
	if o.timed() {
		key = "'', n.key"
	}
	found := storage.FoundLandmarks{When: time.Now()}
	err := s.atLeisure(ctx, func(tx pgx.Tx) error {
		found.At, found.Rows = nil, 0 // it may run twice
		rows, err := tx.Query(ctx, fmt.Sprintf(`
			SELECT %[1]s, n.id, n.n
			FROM (
			  SELECT %[2]s AS key, %[3]s AS id, row_number() OVER (ORDER BY %[2]s, %[3]s) - 1 AS n,
			    lead(%[3]s) OVER (ORDER BY %[2]s, %[3]s) IS NULL AS last
			  FROM %[4]s t
			  WHERE t.workspace_id = @workspace
			) n
			WHERE n.n %% %[5]d = 0 OR n.last
			ORDER BY n.n`, key, o.key, o.id, o.table, storage.LandmarkStep), pgx.NamedArgs{"workspace": list.Workspace})
		if err != nil {
			return err
		}
		var at storage.Position
		var n int
		_, err = pgx.ForEachRow(rows, []any{&at.Key, instantTarget{&at.At}, (*[16]byte)(&at.ID), &n}, func() error {
			if n%storage.LandmarkStep == 0 {
				found.At = append(found.At, at)
			}
			found.Rows = n + 1
			return nil
		})
		return err
	})
	return found, translate(ctx, err)
}
