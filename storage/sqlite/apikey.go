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

const keyColumns = `k.id, k.name, k.role, k.channel_id, k.hash, k.created_by, k.created_at, k.expires_at, k.last_used_at`

// CreateAPIKey stores a new key.
func (s *Store) CreateAPIKey(ctx context.Context, w crm.WorkspaceID, k crm.APIKey, audit crm.AuditEntry) error {
	return wrap("create API key", s.write(ctx, func(ctx context.Context, t *tx) error {
		var channel []byte
		if k.ChannelID != nil {
			channel = k.ChannelID[:]
		}
		_, err := t.exec(ctx, `
			INSERT INTO api_keys (workspace_id, id, name, role, channel_id, hash, created_by, created_at, expires_at, last_used_at)
			VALUES (@workspace, @id, @name, @role, @channel, @hash, @by, @at, @expires, @used)`, args{
			"workspace": w, "id": k.ID[:], "name": k.Name, "role": string(k.Role), "channel": channel, "hash": k.Hash[:],
			"by": k.CreatedBy, "at": k.CreatedAt.UnixMicro(), "expires": optionalMicros(k.ExpiresAt), "used": optionalMicros(k.LastUsedAt),
		})
		if err != nil {
			return err
		}
		return t.addAudit(ctx, w, audit)
	}))
}

// RevokeAPIKey removes a key and keeps that what was signed in with it is over.
func (s *Store) RevokeAPIKey(ctx context.Context, w crm.WorkspaceID, id crm.KeyID, audit crm.AuditEntry) error {
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, `DELETE FROM api_keys WHERE workspace_id = @workspace AND id = @id`,
			args{"workspace": w, "id": id[:]})
		switch {
		case err != nil:
			return err
		case n == 0:
			return crm.ErrNotFound
		}
		if err := t.endSignIn(ctx, id.Revoked(audit.At)); err != nil {
			return err
		}
		return t.addAudit(ctx, w, audit)
	})
	if err != nil {
		return fmt.Errorf("revoke %s: %w", id, err)
	}
	return nil
}

// APIKeys returns one page of the keys, newest first.
func (s *Store) APIKeys(ctx context.Context, w crm.WorkspaceID, p storage.Page) (storage.APIKeyPage, error) {
	d, beyond := clause.Reading(!p.FromEnd), ""
	a := args{"workspace": w, "n": p.Size + 1}
	if from := p.From(); from != nil {
		beyond = fmt.Sprintf(` AND k.id %s @id`, d.Beyond)
		a["id"] = from.ID[:]
	}
	found, err := read(ctx, s, func(c *conn) ([]crm.APIKey, error) {
		return all(ctx, c, fmt.Sprintf(`
			SELECT `+keyColumns+`
			FROM api_keys k
			WHERE k.workspace_id = @workspace%s
			ORDER BY k.id %s
			LIMIT @n`, beyond, d.Order), a, scanKey)
	})
	if err != nil {
		return storage.APIKeyPage{}, wrap("list API keys", err)
	}
	keys, more := storage.Window(p, found, storage.APIKeyPosition, storage.NewestFirst)
	return storage.APIKeyPage{Keys: keys, More: more}, nil
}

// CountAPIKeys counts the workspace's keys as far as most.
func (s *Store) CountAPIKeys(ctx context.Context, w crm.WorkspaceID, most int) (storage.Count, error) {
	n, err := read(ctx, s, func(c *conn) (int, error) {
		n, _, err := first(ctx, c, `
			SELECT count(*)
			FROM (SELECT 1 FROM api_keys WHERE workspace_id = @workspace LIMIT @n)`,
			args{"workspace": w, "n": most + 1}, scanInt)
		return n, err
	})
	if err != nil {
		return storage.Count{}, wrap("count API keys", err)
	}
	return storage.Counted(n, most), nil
}

// APIKeysByID returns the keys that exist among ids.
func (s *Store) APIKeysByID(ctx context.Context, w crm.WorkspaceID, ids []crm.KeyID) (map[crm.KeyID]crm.APIKey, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.APIKey, error) {
		return all(ctx, c, `
			SELECT `+keyColumns+`
			FROM api_keys k
			WHERE k.workspace_id = @workspace AND k.id IN (SELECT unhex(value) FROM json_each(@ids))`,
			args{"workspace": w, "ids": idList(ids)}, scanKey)
	})
	if err != nil {
		return nil, wrap("look up API keys", err)
	}
	byID := make(map[crm.KeyID]crm.APIKey, len(found))
	for _, k := range found {
		byID[k.ID] = k
	}
	return byID, nil
}

// FindAPIKey returns a key of any workspace.
func (s *Store) FindAPIKey(ctx context.Context, id crm.KeyID) (crm.OwnedKey, error) {
	owned, err := read(ctx, s, func(c *conn) (crm.OwnedKey, error) {
		k, found, err := first(ctx, c, `
			SELECT `+keyColumns+`, k.workspace_id, w.name
			FROM api_keys k
			JOIN workspaces w ON w.workspace_id = k.workspace_id
			WHERE k.id = @id`, args{"id": id[:]}, scanOwnedKey)
		if err == nil && !found {
			err = crm.ErrNotFound
		}
		return k, err
	})
	if err != nil {
		return crm.OwnedKey{}, fmt.Errorf("find %s: %w", id, err)
	}
	return owned, nil
}

// UseAPIKey keeps that a key was used.
func (s *Store) UseAPIKey(ctx context.Context, w crm.WorkspaceID, id crm.KeyID, at time.Time) error {
	return wrap("use API key", s.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `
			UPDATE api_keys
			SET last_used_at = @at
			WHERE workspace_id = @workspace AND id = @id AND coalesce(last_used_at < @at, true)`,
			args{"workspace": w, "id": id[:], "at": at.UnixMicro()})
		return err
	}))
}

func scanKey(rows *sql.Rows) (crm.APIKey, error) { return scanKeyAnd(rows) }

func scanOwnedKey(rows *sql.Rows) (k crm.OwnedKey, err error) {
	k.APIKey, err = scanKeyAnd(rows, &k.Workspace, &k.WorkspaceName)
	return k, err
}

// scanKeyAnd scans keyColumns, and what follows them.
func scanKeyAnd(rows *sql.Rows, more ...any) (k crm.APIKey, err error) {
	var hash []byte
	err = rows.Scan(append([]any{
		idTarget[crm.KeyID]{&k.ID}, &k.Name, &k.Role, optionalIDTarget[crm.ChannelID]{&k.ChannelID}, &hash, &k.CreatedBy,
		instantTarget{&k.CreatedAt}, optionalInstantTarget{&k.ExpiresAt}, optionalInstantTarget{&k.LastUsedAt},
	}, more...)...)
	copy(k.Hash[:], hash)
	return k, err
}

// optionalMicros is how a time is stored, NULL for nil.
func optionalMicros(at *time.Time) any {
	if at == nil {
		return nil
	}
	return at.UnixMicro()
}
