package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/storage"
)

// count checks the counter of contacts. Counting a large workspace may take longer than a statement otherwise may.
func (c *checkup) count(ctx context.Context) error {
	const off = `
		SELECT
		  (SELECT count(*) FROM contacts WHERE workspace_id = @workspace) -
		  (SELECT coalesce(sum(contacts), 0)::bigint FROM contact_counts WHERE workspace_id = @workspace) AS n`
	args := pgx.NamedArgs{"workspace": c.workspace, "slot": rand.IntN(countSlots)}
	var n int
	err := c.atLeisure(ctx, func(tx pgx.Tx) error { return tx.QueryRow(ctx, off, args).Scan(&n) })
	if err != nil || n == 0 {
		return err
	}
	// Writers change the contacts and the counter in one transaction, so that they do not alter by how much it is off.
	// Two checks at once would.
	return c.report(ctx, storage.Finding{Kind: storage.WrongCount}, func(ctx context.Context) error {
		return c.atLeisure(ctx, func(tx pgx.Tx) error {
			if err := c.lockValues(ctx, tx, value(c.workspace, "check", "count")); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `
				INSERT INTO contact_counts (workspace_id, slot, contacts)
				SELECT @workspace, @slot, o.n FROM (`+off+`) o
				ON CONFLICT (workspace_id, slot) DO UPDATE SET contacts = contact_counts.contacts + excluded.contacts`, args)
			return err
		})
	})
}

// sessionCounts checks the counters of sessions, in the same way.
func (c *checkup) sessionCounts(ctx context.Context) error {
	var off []storage.KindCount
	err := c.atLeisure(ctx, func(tx pgx.Tx) (err error) {
		off, err = c.miscounted(ctx, tx)
		return err
	})
	if err != nil || len(off) == 0 {
		return err
	}
	return c.report(ctx, storage.Finding{Kind: storage.WrongSessionCount}, func(ctx context.Context) error {
		return c.atLeisure(ctx, func(tx pgx.Tx) error {
			if err := c.lockValues(ctx, tx, value(c.workspace, "check", "sessions")); err != nil {
				return err
			}
			off, err := c.miscounted(ctx, tx)
			if err != nil || len(off) == 0 {
				return err
			}
			b := &pgx.Batch{}
			addToSessions(b, c.workspace, off...)
			return tx.SendBatch(ctx, b).Close()
		})
	})
}

// miscounted is by how much the counters of sessions are too low.
func (c *checkup) miscounted(ctx context.Context, tx pgx.Tx) ([]storage.KindCount, error) {
	rows, err := tx.Query(ctx, `
		SELECT channel_id, status, tag, anonymous, sum(n)::bigint
		FROM (
		  SELECT s.channel_id, s.status, coalesce(s.tag, '') AS tag,
		    s.contact_id IS NULL OR s.contact_id IN (`+deletedContacts+`) AS anonymous, count(*) AS n
		  FROM sessions s
		  WHERE s.workspace_id = @workspace
		  GROUP BY 1, 2, 3, 4
		  UNION ALL
		  SELECT channel_id, status, tag, anonymous, -sum(sessions)
		  FROM session_counts
		  WHERE workspace_id = @workspace
		  GROUP BY 1, 2, 3, 4
		) k
		GROUP BY 1, 2, 3, 4
		HAVING sum(n) <> 0`, pgx.NamedArgs{"workspace": c.workspace})
	return all(ctx, rows, err, scanSessionCount)
}

// changes checks that no change of a contact that is gone holds values.
func (c *checkup) changes(ctx context.Context) error {
	type row struct {
		change  crm.EventID
		contact pgtype.UUID
		kept    bool
	}
	reported := map[crm.ContactID]bool{}
	var last row
	for {
		rows, err := c.pool.Query(ctx, fmt.Sprintf(`
			SELECT
			  e.id, e.contact_id,
			  e.session_id IS NULL AND e.contact_id IS NOT NULL AND e.kind <> 'DELETED'
			    AND (SELECT true FROM contacts c WHERE c.workspace_id = @workspace AND c.id = e.contact_id) IS NULL
			FROM changes e
			WHERE e.workspace_id = @workspace AND e.id > @id
			ORDER BY e.id
			LIMIT %d`, checkRows), pgx.NamedArgs{"workspace": c.workspace, "id": [16]byte(last.change)})
		batch, err := all(ctx, rows, err, func(from pgx.CollectableRow) (r row, err error) {
			return r, from.Scan((*[16]byte)(&r.change), &r.contact, &r.kept)
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		last = batch[len(batch)-1]
		for _, r := range batch {
			id := crm.ContactID(r.contact.Bytes)
			if !r.kept || reported[id] {
				continue
			}
			reported[id] = true
			err := c.report(ctx, storage.Finding{Kind: storage.KeptValues, Contact: &id}, func(ctx context.Context) error {
				return c.tx(ctx, func(tx pgx.Tx) error { return c.mendChanges(ctx, tx, id) })
			})
			if err != nil {
				return err
			}
		}
		c.progress(len(batch))
	}
}

// mendChanges takes out of the changes what a deletion would, unless the contact is there by now.
func (c *checkup) mendChanges(ctx context.Context, tx pgx.Tx, id crm.ContactID) error {
	_, err := c.lockContact(ctx, tx, c.workspace, id)
	if !errors.Is(err, crm.ErrNotFound) {
		return err
	}
	b := &pgx.Batch{}
	scrub(b, c.args(id))
	return tx.SendBatch(ctx, b).Close()
}
