package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

const (
	// keyAtOnce is how many messages are keyed in one transaction, forgetRows how many rows are forgotten in one.
	keyAtOnce  = 1000
	forgetRows = 1000
)

// keySome puts keys in the place of bare digests, which were stored once, and reports whether there may be more.
func (s *Store) keySome(ctx context.Context) (more bool, err error) {
	const unkeyed = `SELECT workspace_id, message_key FROM messages INDEXED BY messages_unkeyed WHERE keyed = 0 LIMIT @n`
	more, err = read(ctx, s, func(c *conn) (bool, error) {
		_, found, err := first(ctx, c, unkeyed, args{"n": 1}, scanMessage)
		return found, err
	})
	if err != nil || !more {
		return false, err
	}
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		found, err := all(ctx, t.conn, unkeyed, args{"n": keyAtOnce}, scanMessage)
		for _, m := range found {
			key := crm.MessageKey(t.secret, m.key)
			if err == nil {
				_, err = t.exec(ctx, `
					UPDATE OR REPLACE messages SET message_key = @key, keyed = 1
					WHERE workspace_id = @workspace AND message_key = @digest`,
					args{"workspace": m.workspace, "key": key[:], "digest": m.key[:]})
			}
		}
		return err
	})
	if err == nil {
		s.eraser.ask()
	}
	return err == nil, err
}

// message is what a message is known again by.
type message struct {
	workspace crm.WorkspaceID
	key       [16]byte
}

func scanMessage(rows *sql.Rows) (m message, err error) {
	var key []byte
	err = rows.Scan(&m.workspace, &key)
	copy(m.key[:], key)
	return m, err
}

// ForgetMessages drops messages of days before that of before, and announcements that have waited as long.
func (s *Store) ForgetMessages(ctx context.Context, before time.Time) (more bool, err error) {
	more, err = s.forgetRows(ctx, args{"before": crm.Day(before)},
		`SELECT 1 FROM messages WHERE day < @before LIMIT 1`,
		`DELETE FROM messages WHERE (workspace_id, message_key) IN (
		  SELECT workspace_id, message_key FROM messages INDEXED BY messages_by_day WHERE day < @before LIMIT @n
		)`)
	if err == nil && !more {
		more, err = s.forgetRows(ctx, args{"before": crm.Day(before)},
			`SELECT 1 FROM notices WHERE day < @before LIMIT 1`,
			`DELETE FROM notices WHERE (workspace_id, channel_id, previous) IN (
			  SELECT workspace_id, channel_id, previous FROM notices INDEXED BY notices_by_day WHERE day < @before LIMIT @n
			)`)
	}
	return more, wrap("forget messages", err)
}

// ForgetFailures drops failures from before the cutoff.
func (s *Store) ForgetFailures(ctx context.Context, c storage.Cutoff) (more bool, err error) {
	more, err = s.forgetOld(ctx, c, oldRows{"ingest_failures", "ingest_failures_by_time", "true", &s.swept.failures})
	return more, wrap("forget failures", err)
}

// ForgetAudit drops audit entries from before the cutoff.
func (s *Store) ForgetAudit(ctx context.Context, c storage.Cutoff) (more bool, err error) {
	more, err = s.forgetOld(ctx, c, oldRows{"audit", "audit_by_time", "true", &s.swept.audit})
	return more, wrap("forget audit entries", err)
}

// ForgetHistory drops changes from before the cutoff that have no sequence number any more.
func (s *Store) ForgetHistory(ctx context.Context, c storage.Cutoff) (more bool, err error) {
	more, err = s.forgetOld(ctx, c, oldRows{"changes", "changes_kept_by_time", "seq = 0", &s.swept.history})
	return more, wrap("forget histories", err)
}

// oldRows are rows of a table that meet a condition, with the index of these by time.
type oldRows struct {
	table, index, condition string
	swept                   *storage.Swept
}

// forgetOld drops old rows. Those of workspaces apart are found by their ids, which are in the order of time.
func (s *Store) forgetOld(ctx context.Context, c storage.Cutoff, o oldRows) (more bool, err error) {
	drop := func(a args, from, condition string) (clean bool) {
		left, failed := s.forgetRows(ctx, a, `SELECT 1 FROM `+from+` WHERE `+condition+` LIMIT 1`, `
			DELETE FROM `+o.table+` WHERE (workspace_id, id) IN (SELECT workspace_id, id FROM `+from+` WHERE `+condition+` LIMIT @n)`)
		more, err = more || left, errors.Join(err, failed)
		return failed == nil && !left
	}
	if !c.Before.IsZero() {
		clean := drop(
			args{"from": o.swept.From(c).UnixMicro(), "before": c.Before.UnixMicro(), "apart": jsonList(c.Apart())}, o.table+` INDEXED BY `+o.index,
			o.condition+` AND at >= @from AND at < @before AND workspace_id NOT IN (SELECT value FROM json_each(@apart))`)
		if clean {
			o.swept.Done(c)
		}
	}
	for w, before := range c.Of {
		if before.IsZero() {
			continue
		}
		lowest := crm.LowestID(before)
		drop(args{"workspace": w, "lowest": lowest[:], "before": before.UnixMicro()}, o.table,
			`workspace_id = @workspace AND id < @lowest AND `+o.condition+` AND at < @before`)
	}
	return more && err == nil, err
}

// forgetRows runs a deletion of @n rows if there is anything to delete.
func (s *Store) forgetRows(ctx context.Context, a args, anything, deletion string) (more bool, err error) {
	more, err = read(ctx, s, func(c *conn) (bool, error) {
		_, found, err := first(ctx, c, anything, a, scanInt)
		return found, err
	})
	if err != nil || !more {
		return false, err
	}
	var n int64
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		some := maps.Clone(a)
		some["n"] = forgetRows
		n, err = t.exec(ctx, deletion, some)
		return err
	})
	s.eraser.ask()
	return n == forgetRows, err
}
