package sqlite

import (
	"context"
	"fmt"
	"time"

	"kith/storage"
)

// landmarksOf are those of a list. The first time they are found while the caller waits.
func (s *Store) landmarksOf(ctx context.Context, c *conn, list storage.LongList) (storage.FoundLandmarks, error) {
	if found, ok := s.landmarks.For(list, time.Now()); ok {
		return found, nil
	}
	found, err := findLandmarks(ctx, c, list)
	if err == nil {
		s.landmarks.Set(list, found)
	}
	return found, err
}

// renewLandmarks finds the landmarks of a list again where that is due.
func (s *Store) renewLandmarks(ctx context.Context) error {
	list, ok := s.landmarks.Wanted()
	if !ok {
		return nil
	}
	found, err := read(ctx, s, func(c *conn) (storage.FoundLandmarks, error) { return findLandmarks(ctx, c, list) })
	if err == nil {
		s.landmarks.Set(list, found)
	}
	return err
}

// findLandmarks reads the whole index of a list.
func findLandmarks(ctx context.Context, c *conn, list storage.LongList) (storage.FoundLandmarks, error) {
	o := orderings[list.Order]
	if list.Sessions {
		in := sessionOrders[list.SessionOrder]
		o = ordering{"sessions", in.all, "t.id", "t." + in.at}
	}
	key := "n.key, NULL"
	if o.timed() {
		key = "'', n.key"
	}
	found := storage.FoundLandmarks{When: time.Now()}
	rows, err := all(ctx, c, fmt.Sprintf(`
		SELECT %[1]s, n.id, n.n
		FROM (
		  SELECT %[2]s AS key, %[3]s AS id, row_number() OVER (ORDER BY %[2]s, %[3]s) - 1 AS n
		  FROM %[4]s t INDEXED BY %[5]s
		  WHERE t.workspace_id = @workspace
		) n
		WHERE n.n %% %[6]d = 0`, key, o.key, o.id, o.table, o.index, storage.LandmarkStep),
		args{"workspace": list.Workspace}, scanLandmark)
	if err != nil || len(rows) == 0 {
		return found, err
	}
	for _, l := range rows {
		found.At = append(found.At, l.at)
	}
	// The rows from the last landmark on are counted: the list ends among them.
	last := rows[len(rows)-1]
	a := args{"workspace": list.Workspace, "from": last.at.Key, "id": last.at.ID[:]}
	if o.timed() {
		a["from"] = last.at.At.UnixMicro()
	}
	rest, _, err := first(ctx, c, fmt.Sprintf(`
		SELECT count(*) FROM %s t INDEXED BY %s WHERE t.workspace_id = @workspace AND (%s, %s) >= (@from, @id)`,
		o.table, o.index, o.key, o.id), a, scanInt)
	found.Rows = last.n + rest
	return found, err
}
