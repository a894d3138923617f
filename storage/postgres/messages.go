package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
)

const (
	// keyAtOnce is how many messages are keyed in one transaction, forgetRows how many rows are forgotten in one.
	keyAtOnce  = 1000
	forgetRows = 1000
	// unkeyedCheck is how often messages are looked for that processes of an older release have stored.
	unkeyedCheck = time.Minute
)

// messageSecret returns the database's key for recognizing repeated messages.
func (s *Store) messageSecret(ctx context.Context) ([]byte, error) {
	known := s.known.Load()
	if secret := known.secret.Load(); secret != nil {
		return *secret, nil
	}
	secret, err := s.secretOf(ctx, "messages")
	if err != nil {
		return nil, err
	}
	known.secret.Store(&secret)
	return secret, nil
}

// keySome puts keys in the place of bare digests, which older releases store, and reports whether there may be more.
func (s *Store) keySome(ctx context.Context) (more bool, err error) {
	if !s.unkeyed.due(unkeyedCheck) {
		return false, nil
	}
	found, err := everywhere(ctx, s, `SELECT workspace_id FROM messages WHERE %[1]s AND NOT keyed LIMIT 1`, nil, pgx.RowTo[crm.WorkspaceID])
	if len(found) == 0 {
		return false, err
	}
	secret, failed := s.messageSecret(ctx)
	if failed != nil {
		return false, errors.Join(err, failed)
	}
	failed = s.inTurn(ctx, found[0], func(ctx context.Context) error {
		return s.tx(ctx, func(tx pgx.Tx) error { return key(ctx, tx, found[0], secret) })
	})
	if failed == nil {
		s.unkeyed.again()
	}
	return failed == nil, errors.Join(err, failed)
}

// key puts keys in the place of some bare digests of a workspace.
func key(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, secret []byte) error {
	rows, err := tx.Query(ctx, `
		SELECT message_key FROM messages
		WHERE workspace_id = @workspace AND NOT keyed
		LIMIT @n
		FOR UPDATE SKIP LOCKED`, pgx.NamedArgs{"workspace": w, "n": keyAtOnce})
	digests, err := all(ctx, rows, err, pgx.RowTo[[16]byte])
	if err != nil || len(digests) == 0 {
		return err
	}
	keys := make([][16]byte, len(digests))
	for i, d := range digests {
		keys[i] = crm.MessageKey(secret, d)
	}
	args := pgx.NamedArgs{"workspace": w, "digests": digests, "keys": keys}
	// A message that an older release took in again after this one had: it is known by its key already.
	if _, err := tx.Exec(ctx, `
		DELETE FROM messages m
		USING unnest(@digests::uuid[], @keys::uuid[]) k(digest, key)
		WHERE m.workspace_id = @workspace AND m.message_key = k.digest
		  AND EXISTS (SELECT FROM messages o WHERE o.workspace_id = @workspace AND o.message_key = k.key)`, args); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE messages m
		SET message_key = k.key, keyed = true, session_id = (
		  SELECT s.id FROM sessions s WHERE s.workspace_id = @workspace AND s.id = m.session_id AND s.account_id IS NOT NULL
		)
		FROM unnest(@digests::uuid[], @keys::uuid[]) k(digest, key)
		WHERE m.workspace_id = @workspace AND m.message_key = k.digest`, args)
	return err
}

// ForgetMessages drops messages of days before that of before, and announcements that have waited as long.
func (s *Store) ForgetMessages(ctx context.Context, before time.Time) (more bool, err error) {
	more, err = s.forgetRows(ctx, "forget messages", pgx.NamedArgs{"before": crm.Day(before)},
		`SELECT workspace_id FROM messages WHERE %[1]s AND day < @before LIMIT 1`, `
		DELETE FROM messages
		WHERE workspace_id = @workspace AND message_key IN (
		  SELECT message_key FROM messages WHERE workspace_id = @workspace AND day < @before LIMIT @n
		)`)
	if err != nil || more {
		return more, err
	}
	return s.forgetRows(ctx, "forget announcements", pgx.NamedArgs{"before": crm.Day(before)},
		`SELECT workspace_id FROM notices WHERE %[1]s AND day < @before LIMIT 1`, `
		DELETE FROM notices
		WHERE workspace_id = @workspace AND (channel_id, previous) IN (
		  SELECT channel_id, previous FROM notices WHERE workspace_id = @workspace AND day < @before LIMIT @n
		)`)
}

// ForgetFailures drops failures from before the cutoff.
func (s *Store) ForgetFailures(ctx context.Context, c storage.Cutoff) (more bool, err error) {
	return s.forgetOld(ctx, "forget failures", "ingest_failures", "true", &s.swept.failures, c)
}

// ForgetAudit drops audit entries from before the cutoff.
func (s *Store) ForgetAudit(ctx context.Context, c storage.Cutoff) (more bool, err error) {
	return s.forgetOld(ctx, "forget audit entries", "audit", "true", &s.swept.audit, c)
}

// ForgetHistory drops changes from before the cutoff that have no sequence number any more.
func (s *Store) ForgetHistory(ctx context.Context, c storage.Cutoff) (more bool, err error) {
	return s.forgetOld(ctx, "forget histories", "changes", "seq = 0", &s.swept.history, c)
}

// forgetOld drops rows of a table, which has an index by time, that meet a condition. Those of workspaces apart are found by their
// ids, which are in the order of time.
func (s *Store) forgetOld(
	ctx context.Context, what, table, condition string, swept *storage.Swept, c storage.Cutoff,
) (more bool, err error) {
	if !c.Before.IsZero() {
		args := pgx.NamedArgs{"from": swept.From(c).UTC(), "before": c.Before.UTC(), "apart": c.Apart()}
		more, err = s.forgetRows(ctx, what, args, `
			SELECT workspace_id
			FROM `+table+`
			WHERE %[1]s AND `+condition+` AND at >= @from AND at < @before AND workspace_id <> ALL(@apart)
			LIMIT 1`, `
			DELETE FROM `+table+`
			WHERE workspace_id = @workspace AND id IN (
			  SELECT id FROM `+table+` WHERE workspace_id = @workspace AND `+condition+` AND at < @before LIMIT @n
			)`)
		if err == nil && !more {
			swept.Done(c)
		}
	}
	for w, before := range c.Of {
		if before.IsZero() {
			continue
		}
		failed := s.inTurn(ctx, w, func(ctx context.Context) error {
			tag, err := s.pool.Exec(ctx, `
				DELETE FROM `+table+`
				WHERE workspace_id = @workspace AND id IN (
				  SELECT id FROM `+table+` WHERE workspace_id = @workspace AND id < @lowest AND `+condition+` AND at < @before LIMIT @n
				)`, pgx.NamedArgs{"workspace": w, "lowest": crm.LowestID(before), "before": before.UTC(), "n": forgetRows})
			more = more || tag.RowsAffected() == forgetRows
			return translate(ctx, err)
		})
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", what, failed))
		}
	}
	return more && err == nil, err
}

// forgetRows runs a deletion of @n rows in a @workspace that has something to delete. where finds one, see [everywhere].
func (s *Store) forgetRows(ctx context.Context, what string, args pgx.NamedArgs, where, deletion string) (more bool, err error) {
	found, err := everywhere(ctx, s, where, args, pgx.RowTo[crm.WorkspaceID])
	if len(found) > 0 {
		args["workspace"], args["n"] = found[0], forgetRows
		failed := s.inTurn(ctx, found[0], func(ctx context.Context) error {
			_, err := s.pool.Exec(ctx, deletion, args)
			return translate(ctx, err)
		})
		err = errors.Join(err, failed)
		more = err == nil
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", what, err)
	}
	return more, nil
}
