package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/clause"
)

const duplicateColumns = `d.id, d.a, d.b, d.reasons, d.at`

func scanDuplicate(row pgx.CollectableRow) (d crm.Duplicate, err error) {
	err = row.Scan((*[16]byte)(&d.ID), (*[16]byte)(&d.Contacts[0]), (*[16]byte)(&d.Contacts[1]), &d.Reasons, &d.At)
	d.At = d.At.UTC()
	return d, err
}

// duplicatesWhere are the conditions of a list of pairs.
func duplicatesWhere(w crm.WorkspaceID, q storage.DuplicateQuery) (where string, args pgx.NamedArgs) {
	where, args = "d.workspace_id = @workspace", pgx.NamedArgs{"workspace": w}
	if q.Contact != nil {
		args["contact"] = [16]byte(*q.Contact)
		where += " AND (d.a = @contact OR d.b = @contact)"
	}
	if q.Reasons != 0 {
		args["reasons"] = int(q.Reasons)
		where += " AND d.reasons & @reasons <> 0"
	}
	return where, args
}

// Duplicates returns one page of the pairs that staff have not reviewed, the most certain first.
func (s *Store) Duplicates(ctx context.Context, w crm.WorkspaceID, q storage.DuplicateQuery) (storage.DuplicatePage, error) {
	where, args := duplicatesWhere(w, q)
	d := clause.Reading(!q.Page.FromEnd)
	if from := q.Page.From(); from != nil {
		args["tier"], args["id"] = from.Tier, [16]byte(from.ID)
		where += fmt.Sprintf(" AND (d.reasons, d.id) %s (@tier::smallint, @id)", d.Beyond)
	}
	rows, err := s.pool.Query(ctx, fmt.Sprintf(`
		SELECT `+duplicateColumns+`
		FROM duplicates d
		WHERE %[1]s
		ORDER BY d.reasons %[2]s, d.id %[2]s
		LIMIT %[3]d`, where, d.Order, q.Page.Size+1), args)
	found, err := all(ctx, rows, err, scanDuplicate)
	if err != nil {
		return storage.DuplicatePage{}, fmt.Errorf("list duplicates: %w", err)
	}
	page, more := storage.Window(q.Page, found, storage.DuplicatePosition, q.Before)
	return storage.DuplicatePage{Duplicates: page, More: more}, nil
}

// CountDuplicates counts the pairs as far as most.
func (s *Store) CountDuplicates(ctx context.Context, w crm.WorkspaceID, q storage.DuplicateQuery, most int) (storage.Count, error) {
	where, args := duplicatesWhere(w, q)
	var n int
	err := s.pool.QueryRow(ctx, fmt.Sprintf(`
		SELECT count(*) FROM (SELECT FROM duplicates d WHERE %s LIMIT %d) d`, where, most+1), args).Scan(&n)
	if err != nil {
		return storage.Count{}, fmt.Errorf("count duplicates: %w", translate(ctx, err))
	}
	return storage.Counted(n, most), nil
}

// DuplicatesByID returns the pairs that exist among ids.
func (s *Store) DuplicatesByID(ctx context.Context, w crm.WorkspaceID, ids []crm.DuplicateID) (map[crm.DuplicateID]crm.Duplicate, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+duplicateColumns+` FROM duplicates d WHERE d.workspace_id = @workspace AND d.id = ANY(@ids)`,
		pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	found, err := all(ctx, rows, err, scanDuplicate)
	if err != nil {
		return nil, fmt.Errorf("look up duplicates: %w", err)
	}
	out := make(map[crm.DuplicateID]crm.Duplicate, len(found))
	for _, d := range found {
		out[d.ID] = d
	}
	return out, nil
}

// DismissDuplicates says that the pairs are two people each.
func (s *Store) DismissDuplicates(
	ctx context.Context, w crm.WorkspaceID, ids []crm.DuplicateID, d crm.Dismissal,
) (dismissed []crm.DuplicateID, err error) {
	err = s.tx(ctx, func(tx pgx.Tx) error {
		dismissed = nil
		rows, err := tx.Query(ctx, `
			DELETE FROM duplicates d
			WHERE d.workspace_id = @workspace AND d.id = ANY(@ids)
			RETURNING `+duplicateColumns, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
		found, err := all(ctx, rows, err, scanDuplicate)
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		for _, pair := range found {
			dismissed = append(dismissed, pair.ID)
			dismiss(b, w, dismissal{pair.Contacts[0], pair.Contacts[1], d.Actor, d.At, pair.OfProof()})
			b.Queue(insertAudit, auditArgs(w, d.Audit(pair)))
		}
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return nil, fmt.Errorf("dismiss duplicates: %w", err)
	}
	return dismissed, nil
}

// suggest queues that two contacts may be one person, unless a person has said that they are two or one of them is gone.
func suggest(b *pgx.Batch, w crm.WorkspaceID, x, y crm.ContactID, reasons crm.DuplicateReasons, at time.Time) {
	first, second := crm.OrderedPair(x, y)
	b.Queue(`
		INSERT INTO duplicates (workspace_id, id, a, b, reasons, at)
		SELECT @workspace, @id, @a, @b, @reasons, @at
		WHERE NOT EXISTS (SELECT FROM dismissals WHERE workspace_id = @workspace AND a = @a AND b = @b)
		  AND 2 = (SELECT count(*) FROM contacts WHERE workspace_id = @workspace AND id IN (@a, @b))
		ON CONFLICT (workspace_id, a, b) DO UPDATE SET reasons = duplicates.reasons | excluded.reasons`, pgx.NamedArgs{
		"workspace": w, "id": [16]byte(crm.NewDuplicateID(at)), "a": [16]byte(first), "b": [16]byte(second),
		"reasons": int(reasons), "at": at.UTC(),
	})
}
