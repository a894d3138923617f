package service

import (
	"context"
	"fmt"
	"time"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/storage"
)

// apiKeyList names the list of API keys, of which there is one in a workspace.
var apiKeyList = cursor.ListOf("API keys")

// APIKeyPage is a page of API keys.
type APIKeyPage struct {
	Keys []crm.APIKey
	PageInfo
}

// List names the list that the page is of, for cursors.
func (APIKeyPage) List() cursor.List { return apiKeyList }

// End is the cursor after the last key of a page that has any.
func (p APIKeyPage) End() string {
	return cursor.Encode(p.List(), storage.APIKeyPosition(p.Keys[len(p.Keys)-1]))
}

// APIKeys returns a page of the keys that have not been revoked, the newest first.
func (s *Service) APIKeys(ctx context.Context, v crm.Viewer, p Paging) (APIKeyPage, error) {
	if err := Authorize(v, crm.ManageKeys); err != nil {
		return APIKeyPage{}, err
	}
	page, err := p.page(apiKeyList)
	if err != nil {
		return APIKeyPage{}, err
	}
	found, err := s.store.APIKeys(ctx, v.Workspace, page)
	if err != nil {
		return APIKeyPage{}, fmt.Errorf("list API keys: %w", err)
	}
	return APIKeyPage{Keys: found.Keys, PageInfo: p.pageInfo(found.More)}, nil
}

// CountAPIKeys counts the keys as far as most.
func (s *Service) CountAPIKeys(ctx context.Context, v crm.Viewer, most int) (storage.Count, error) {
	if err := Authorize(v, crm.ManageKeys); err != nil {
		return storage.Count{}, err
	}
	if err := checkMost(most); err != nil {
		return storage.Count{}, err
	}
	return s.store.CountAPIKeys(ctx, v.Workspace, most)
}

// APIKeysByID returns the keys that exist among ids. For those who may not manage keys none does.
func (s *Service) APIKeysByID(ctx context.Context, v crm.Viewer, ids []crm.KeyID) (map[crm.KeyID]crm.APIKey, error) {
	if !v.Role.Can(crm.ManageKeys) || len(ids) == 0 {
		return nil, Authorize(v, crm.ReadContacts)
	}
	return s.store.APIKeysByID(ctx, v.Workspace, ids)
}

// NewAPIKey is a key to be.
type NewAPIKey struct {
	Name      string
	Role      crm.Role
	Channel   *crm.ChannelID // the only one to report on; nil for any
	ExpiresAt *time.Time     // nil for a key that does not expire
}

// CreateAPIKey adds a key and returns it with its text, which nobody can read again. An error that the viewer can correct is
// a *[crm.InvalidError], or [crm.ErrNotFound] for a channel that is not there.
func (s *Service) CreateAPIKey(ctx context.Context, v crm.Viewer, n NewAPIKey) (k crm.APIKey, text string, err error) {
	if err := Authorize(v, crm.ManageKeys); err != nil {
		return crm.APIKey{}, "", err
	}
	now := s.clock()
	k = crm.APIKey{ID: crm.NewKeyID(now), Role: n.Role, ChannelID: n.Channel, CreatedBy: v.Subject, CreatedAt: now}
	if n.ExpiresAt != nil {
		k.ExpiresAt = new(n.ExpiresAt.UTC().Truncate(time.Microsecond))
	}
	if k.Name, err = crm.NormalizeKeyName(n.Name); err == nil {
		err = k.Check()
	}
	if err == nil && n.Channel != nil {
		err = s.checkChannel(ctx, v, *n.Channel)
	}
	if err != nil {
		return crm.APIKey{}, "", fmt.Errorf("create API key: %w", err)
	}
	text = crm.NewKeyText(k.ID)
	k.Hash = crm.HashKey(text)
	audit := crm.NewAudit(crm.KeyCreated, v.Subject, now)
	audit.KeyID, audit.ChannelID = &k.ID, k.ChannelID
	if err := s.store.CreateAPIKey(ctx, v.Workspace, k, audit); err != nil {
		return crm.APIKey{}, "", fmt.Errorf("create API key: %w", err)
	}
	return k, text, nil
}

// checkChannel is [crm.ErrNotFound] for a channel that is not there.
func (s *Service) checkChannel(ctx context.Context, v crm.Viewer, id crm.ChannelID) error {
	found, err := s.store.ChannelsByID(ctx, v.Workspace, []crm.ChannelID{id})
	if _, ok := found[id]; err == nil && !ok {
		err = crm.ErrNotFound
	}
	return err
}

// RevokeAPIKey ends a key for good, and everything that was signed in with it: here immediately, in other processes within
// a second. A key that is not there is [crm.ErrNotFound].
func (s *Service) RevokeAPIKey(ctx context.Context, v crm.Viewer, id crm.KeyID) error {
	if err := Authorize(v, crm.ManageKeys); err != nil {
		return err
	}
	audit := crm.NewAudit(crm.KeyRevoked, v.Subject, s.clock())
	audit.KeyID = &id
	if err := s.store.RevokeAPIKey(ctx, v.Workspace, id, audit); err != nil {
		return fmt.Errorf("revoke API key: %w", err)
	}
	if s.options.Revoked != nil {
		s.options.Revoked(id.Revoked(audit.At))
	}
	return nil
}
