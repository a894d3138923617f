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
	return s.inTurn(ctx, list.Workspace, func(ctx context.Context) error {
		found, err := s.findLandmarks(ctx, list)
		if err == nil {
			known.landmarks.Set(list, found)
		}
		return err
	})
}

// findLandmarks reads the whole index of a list.
func (s *Store) findLandmarks(ctx context.Context, list storage.LongList) (storage.FoundLandmarks, error) {
	o := orderings[list.Order]
	if list.Sessions {
		o = ordering{"sessions", "t.id", "t." + sessionTimes[list.SessionOrder]}
	}
	key := "n.key, NULL::timestamptz"
	if o.timed() {
		key = "'', n.key"
	}
	found := storage.FoundLandmarks{When: time.Now()}
	err := s.atLeisure(ctx, func(tx pgx.Tx) error {
		found.At, found.Rows = nil, 0 // it may run twice
		args := pgx.NamedArgs{"workspace": list.Workspace}
		rows, err := tx.Query(ctx, fmt.Sprintf(`
			SELECT %[1]s, n.id
			FROM (
			  SELECT %[2]s AS key, %[3]s AS id, row_number() OVER (ORDER BY %[2]s, %[3]s) - 1 AS n
			  FROM %[4]s t
			  WHERE t.workspace_id = @workspace
			) n
			WHERE n.n %% %[5]d = 0
			ORDER BY n.n`, key, o.key, o.id, o.table, storage.LandmarkStep), args)
		if err != nil {
			return err
		}
		var at storage.Position
		_, err = pgx.ForEachRow(rows, []any{&at.Key, instantTarget{&at.At}, (*[16]byte)(&at.ID)}, func() error {
			found.At = append(found.At, at)
			return nil
		})
		if err != nil || len(found.At) == 0 {
			return err
		}
		// The rows from the last landmark on are counted: the list ends among them.
		args["from"], args["id"] = at.Key, at.ID
		if o.timed() {
			args["from"] = at.At
		}
		err = tx.QueryRow(ctx, fmt.Sprintf(`
			SELECT count(*) FROM %s t WHERE t.workspace_id = @workspace AND (%s, %s) >= (@from, @id)`, o.table, o.key, o.id), args,
		).Scan(&found.Rows)
		found.Rows += (len(found.At) - 1) * storage.LandmarkStep
		return err
	})
	return found, translate(ctx, err)
}
