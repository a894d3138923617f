package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
)

// snapshotKey is the key of a transaction in a context: what reads lists reads within it.
type snapshotKey struct{}

// reader is what lists are read from: the snapshot of the context, if it has one.
func (s *Store) reader(ctx context.Context) queryer {
	if tx, ok := ctx.Value(snapshotKey{}).(pgx.Tx); ok {
		return tx
	}
	return s.pool
}

// inSnapshot reports whether the context has a snapshot.
func inSnapshot(ctx context.Context) bool { return ctx.Value(snapshotKey{}) != nil }

// ExportContacts reads a whole list from one snapshot. The time limit of statements holds for each part; those of transactions
// would end a long export.
func (s *Store) ExportContacts(
	ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery, identities bool, each func(storage.Exported) error,
) error {
	read := storage.ExportReader{
		Page: func(ctx context.Context, q storage.ContactQuery) (storage.ContactPage, error) {
			return s.list(ctx, w, q)
		},
		Identities: func(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID][]crm.Identity, error) {
			return s.IdentitiesByContact(ctx, w, ids)
		},
	}
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			SELECT set_config(name, '0', true) FROM pg_settings
			WHERE name IN ('transaction_timeout', 'idle_in_transaction_session_timeout')`)
		if err != nil {
			return err
		}
		return read.All(context.WithValue(ctx, snapshotKey{}, tx), q, identities, each)
	})
	if refused, ok := errors.AsType[*storage.ExportRefusedError](err); ok {
		return refused.Err
	}
	if err != nil {
		return fmt.Errorf("export contacts: %w", translate(ctx, err))
	}
	return nil
}
