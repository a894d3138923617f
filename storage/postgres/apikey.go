package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/storage"
)

const keyColumns = `k.id, k.name, k.role, k.channel_id, k.hash, k.created_by, k.created_at, k.expires_at, k.last_used_at`

// CreateAPIKey stores a new key.
func (s *Store) CreateAPIKey(ctx context.Context, w crm.WorkspaceID, k crm.APIKey, audit crm.AuditEntry) error {
	err := s.tx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO api_keys (workspace_id, id, name, role, channel_id, hash, created_by, created_at, expires_at, last_used_at)
			VALUES (@workspace, @id, @name, @role, @channel, @hash, @by, @at, @expires, @used)`, pgx.NamedArgs{
			"workspace": w, "id": [16]byte(k.ID), "name": k.Name, "role": string(k.Role), "channel": (*[16]byte)(k.ChannelID),
			"hash": k.Hash[:], "by": k.CreatedBy, "at": k.CreatedAt.UTC(), "expires": k.ExpiresAt, "used": k.LastUsedAt,
		})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, insertAudit, auditArgs(w, audit))
		return err
	})
	if err != nil {
		return fmt.Errorf("create API key: %w", err)
	}
	return nil
}

// RevokeAPIKey removes a key and keeps that what was signed in with it is over.
func (s *Store) RevokeAPIKey(ctx context.Context, w crm.WorkspaceID, id crm.KeyID, audit crm.AuditEntry) error {
	err := s.tx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM api_keys WHERE workspace_id = @workspace AND id = @id`,
			pgx.NamedArgs{"workspace": w, "id": [16]byte(id)})
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return crm.ErrNotFound
		}
		if err := endSignIn(ctx, tx, id.Revoked(audit.At)); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, insertAudit, auditArgs(w, audit))
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke %s: %w", id, err)
	}
	return nil
}

// APIKeys returns one page of the keys, newest first.
func (s *Store) APIKeys(ctx context.Context, w crm.WorkspaceID, p storage.Page) (storage.APIKeyPage, error) {
	beyond, order := newestFirst(p)
	rows, err := s.pool.Query(ctx, `
		SELECT `+keyColumns+`
		FROM api_keys k
		WHERE workspace_id = @workspace`+beyond+`
		`+order, pageArgs(w, p))
	found, err := all(ctx, rows, err, scanKey)
	if err != nil {
		return storage.APIKeyPage{}, fmt.Errorf("list API keys: %w", err)
	}
	keys, more := storage.Window(p, found, storage.APIKeyPosition, storage.NewestFirst)
	return storage.APIKeyPage{Keys: keys, More: more}, nil
}

// CountAPIKeys counts the workspace's keys as far as most.
func (s *Store) CountAPIKeys(ctx context.Context, w crm.WorkspaceID, most int) (storage.Count, error) {
	var n int
	err := s.pool.QueryRow(ctx, `
		SELECT count(*)
		FROM (SELECT FROM api_keys WHERE workspace_id = @workspace LIMIT @n) k`,
		pgx.NamedArgs{"workspace": w, "n": most + 1}).Scan(&n)
	if err != nil {
		return storage.Count{}, fmt.Errorf("count API keys: %w", translate(ctx, err))
	}
	return storage.Counted(n, most), nil
}

// APIKeysByID returns the keys that exist among ids.
func (s *Store) APIKeysByID(ctx context.Context, w crm.WorkspaceID, ids []crm.KeyID) (map[crm.KeyID]crm.APIKey, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+keyColumns+`
		FROM api_keys k
		WHERE workspace_id = @workspace AND id = ANY(@ids)`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	found, err := all(ctx, rows, err, scanKey)
	if err != nil {
		return nil, fmt.Errorf("look up API keys: %w", err)
	}
	byID := make(map[crm.KeyID]crm.APIKey, len(found))
	for _, k := range found {
		byID[k.ID] = k
	}
	return byID, nil
}

// FindAPIKey returns a key of any workspace. The tables are reference tables on Citus.
func (s *Store) FindAPIKey(ctx context.Context, id crm.KeyID) (crm.OwnedKey, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+keyColumns+`, k.workspace_id, w.name
		FROM api_keys k
		JOIN workspaces w ON w.workspace_id = k.workspace_id
		WHERE k.id = @id`, pgx.NamedArgs{"id": [16]byte(id)})
	found, err := all(ctx, rows, err, scanOwnedKey)
	if err == nil && len(found) == 0 {
		err = crm.ErrNotFound
	}
	if err != nil {
		return crm.OwnedKey{}, fmt.Errorf("find %s: %w", id, err)
	}
	return found[0], nil
}

// UseAPIKey keeps that a key was used.
func (s *Store) UseAPIKey(ctx context.Context, w crm.WorkspaceID, id crm.KeyID, at time.Time) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE api_keys
		SET last_used_at = @at
		WHERE workspace_id = @workspace AND id = @id AND coalesce(last_used_at < @at, true)`,
		pgx.NamedArgs{"workspace": w, "id": [16]byte(id), "at": at.UTC()})
	if err != nil {
		return fmt.Errorf("use API key: %w", translate(ctx, err))
	}
	return nil
}

func scanKey(row pgx.CollectableRow) (crm.APIKey, error) { return scanKeyAnd(row) }

func scanOwnedKey(row pgx.CollectableRow) (k crm.OwnedKey, err error) {
	k.APIKey, err = scanKeyAnd(row, &k.Workspace, &k.WorkspaceName)
	return k, err
}

// scanKeyAnd scans keyColumns, and what follows them.
func scanKeyAnd(row pgx.CollectableRow, more ...any) (k crm.APIKey, err error) {
	var channel pgtype.UUID
	var hash []byte
	err = row.Scan(append([]any{
		(*[16]byte)(&k.ID), &k.Name, (*string)(&k.Role), &channel, &hash, &k.CreatedBy, &k.CreatedAt, &k.ExpiresAt, &k.LastUsedAt,
	}, more...)...)
	copy(k.Hash[:], hash)
	k.CreatedAt = k.CreatedAt.UTC()
	if channel.Valid {
		k.ChannelID = (*crm.ChannelID)(&channel.Bytes)
	}
	for _, at := range []*time.Time{k.ExpiresAt, k.LastUsedAt} {
		if at != nil {
			*at = at.UTC()
		}
	}
	return k, err
}
