package sqlite

import (
	"context"
	"database/sql"
	"time"

	"kith/internal/crm"
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

// ForgetFailures drops failures from before a time.
func (s *Store) ForgetFailures(ctx context.Context, before time.Time) (more bool, err error) {
	more, err = s.forgetRows(ctx, args{"before": before.UnixMicro()},
		`SELECT 1 FROM ingest_failures WHERE at < @before LIMIT 1`,
		`DELETE FROM ingest_failures WHERE n IN (
		  SELECT n FROM ingest_failures INDEXED BY ingest_failures_by_time WHERE at < @before LIMIT @n
		)`)
	return more, wrap("forget failures", err)
}

// ForgetAudit drops audit entries from before a time.
func (s *Store) ForgetAudit(ctx context.Context, before time.Time) (more bool, err error) {
	more, err = s.forgetRows(ctx, args{"before": before.UnixMicro()},
		`SELECT 1 FROM audit WHERE at < @before LIMIT 1`,
		`DELETE FROM audit WHERE (workspace_id, id) IN (
		  SELECT workspace_id, id FROM audit INDEXED BY audit_by_time WHERE at < @before LIMIT @n
		)`)
	return more, wrap("forget audit entries", err)
}

// ForgetHistory drops changes from before a time that have no sequence number any more.
func (s *Store) ForgetHistory(ctx context.Context, before time.Time) (more bool, err error) {
	more, err = s.forgetRows(ctx, args{"before": before.UnixMicro()},
		`SELECT 1 FROM changes WHERE seq = 0 AND at < @before LIMIT 1`,
		`DELETE FROM changes WHERE n IN (
		  SELECT n FROM changes INDEXED BY changes_kept_by_time WHERE seq = 0 AND at < @before LIMIT @n
		)`)
	return more, wrap("forget histories", err)
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
		some := args{"n": forgetRows, "before": a["before"]}
		n, err = t.exec(ctx, deletion, some)
		return err
	})
	s.eraser.ask()
	return n == forgetRows, err
}
