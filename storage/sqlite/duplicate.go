package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/clause"
)

const duplicateColumns = `id, a, b, reasons, at`

func scanDuplicate(rows *sql.Rows) (d crm.Duplicate, err error) {
	err = rows.Scan(
		idTarget[crm.DuplicateID]{&d.ID}, idTarget[crm.ContactID]{&d.Contacts[0]}, idTarget[crm.ContactID]{&d.Contacts[1]},
		&d.Reasons, instantTarget{&d.At},
	)
	return d, err
}

// duplicatesOf is a query of the pairs that pass a filter, with what may follow a condition; and its arguments.
func duplicatesOf(w crm.WorkspaceID, q storage.DuplicateQuery, rest string) (query string, a args) {
	a = args{"workspace": w}
	where := `workspace_id = @workspace`
	if q.Reasons != 0 {
		a["reasons"] = int(q.Reasons)
		where += ` AND reasons & @reasons <> 0`
	}
	if q.Contact == nil {
		return `SELECT ` + duplicateColumns + ` FROM duplicates INDEXED BY duplicates_by_reason WHERE ` + where + rest, a
	}
	a["contact"] = q.Contact[:]
	return `
		SELECT ` + duplicateColumns + `
		FROM (
		  SELECT ` + duplicateColumns + ` FROM duplicates INDEXED BY duplicates_of_pair WHERE ` + where + ` AND a = @contact
		  UNION ALL
		  SELECT ` + duplicateColumns + ` FROM duplicates INDEXED BY duplicates_by_b WHERE ` + where + ` AND b = @contact
		)
		WHERE true` + rest, a
}

// Duplicates returns one page of the pairs that staff have not reviewed, the most certain first.
func (s *Store) Duplicates(ctx context.Context, w crm.WorkspaceID, q storage.DuplicateQuery) (storage.DuplicatePage, error) {
	d, beyond := clause.Reading(!q.Page.FromEnd), ""
	from := q.Page.From()
	if from != nil {
		beyond = fmt.Sprintf(` AND (reasons, id) %s (@tier, @id)`, d.Beyond)
	}
	query, a := duplicatesOf(w, q, fmt.Sprintf(`%s ORDER BY reasons %[2]s, id %[2]s LIMIT @n`, beyond, d.Order))
	if a["n"] = q.Page.Size + 1; from != nil {
		a["tier"], a["id"] = from.Tier, from.ID[:]
	}
	found, err := read(ctx, s, func(c *conn) ([]crm.Duplicate, error) { return all(ctx, c, query, a, scanDuplicate) })
	if err != nil {
		return storage.DuplicatePage{}, fmt.Errorf("list duplicates: %w", err)
	}
	page, more := storage.Window(q.Page, found, storage.DuplicatePosition, q.Before)
	return storage.DuplicatePage{Duplicates: page, More: more}, nil
}

// CountDuplicates counts the pairs as far as most.
func (s *Store) CountDuplicates(ctx context.Context, w crm.WorkspaceID, q storage.DuplicateQuery, most int) (storage.Count, error) {
	query, a := duplicatesOf(w, q, ` LIMIT @n`)
	a["n"] = most + 1
	n, err := read(ctx, s, func(c *conn) (int, error) {
		n, _, err := first(ctx, c, `SELECT count(*) FROM (`+query+`)`, a, scanInt)
		return n, err
	})
	if err != nil {
		return storage.Count{}, fmt.Errorf("count duplicates: %w", err)
	}
	return storage.Counted(n, most), nil
}

// DuplicatesByID returns the pairs that exist among ids.
func (s *Store) DuplicatesByID(ctx context.Context, w crm.WorkspaceID, ids []crm.DuplicateID) (map[crm.DuplicateID]crm.Duplicate, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Duplicate, error) { return duplicatesByID(ctx, c, w, ids) })
	if err != nil {
		return nil, fmt.Errorf("look up duplicates: %w", err)
	}
	out := make(map[crm.DuplicateID]crm.Duplicate, len(found))
	for _, d := range found {
		out[d.ID] = d
	}
	return out, nil
}

func duplicatesByID(ctx context.Context, c *conn, w crm.WorkspaceID, ids []crm.DuplicateID) ([]crm.Duplicate, error) {
	return all(ctx, c, `
		SELECT `+duplicateColumns+`
		FROM duplicates
		WHERE workspace_id = @workspace AND id IN (SELECT unhex(value) FROM json_each(@ids))
		ORDER BY id`, args{"workspace": w, "ids": idList(ids)}, scanDuplicate)
}

// DismissDuplicates says that the pairs are two people each.
func (s *Store) DismissDuplicates(
	ctx context.Context, w crm.WorkspaceID, ids []crm.DuplicateID, d crm.Dismissal,
) (dismissed []crm.DuplicateID, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		dismissed = nil
		found, err := duplicatesByID(ctx, t.conn, w, ids)
		if err != nil {
			return err
		}
		for _, pair := range found {
			dismissed = append(dismissed, pair.ID)
			if err := t.dismiss(ctx, w, dismissal{pair.Contacts[0], pair.Contacts[1], d.Actor, d.At, pair.OfProof()}); err != nil {
				return err
			}
			if err := t.addAudit(ctx, w, d.Audit(pair)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("dismiss duplicates: %w", err)
	}
	return dismissed, nil
}

// suggest keeps that two contacts may be one person, unless a person has said that they are two or one of them is gone.
func (t *tx) suggest(ctx context.Context, w crm.WorkspaceID, a, b crm.ContactID, reasons crm.DuplicateReasons, at time.Time) error {
	id := crm.NewDuplicateID(at)
	_, err := t.exec(ctx, `
		INSERT INTO duplicates (workspace_id, id, a, b, reasons, at)
		SELECT @workspace, @id, @a, @b, @reasons, @at
		WHERE NOT EXISTS (SELECT 1 FROM dismissals WHERE workspace_id = @workspace AND a = @a AND b = @b)
		  AND EXISTS (SELECT 1 FROM contacts WHERE workspace_id = @workspace AND id = @a)
		  AND EXISTS (SELECT 1 FROM contacts WHERE workspace_id = @workspace AND id = @b)
		ON CONFLICT (workspace_id, a, b) DO UPDATE SET reasons = reasons | excluded.reasons`, args{
		"workspace": w, "id": id[:], "a": a[:], "b": b[:], "reasons": int(reasons), "at": at.UnixMicro(),
	})
	return err
}
