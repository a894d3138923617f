package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/vault"
	"kith/storage"
)

// Channels returns every channel of the workspace, oldest first.
func (s *Service) Channels(ctx context.Context, v crm.Viewer) ([]crm.Channel, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return nil, err
	}
	return s.store.Channels(ctx, v.Workspace)
}

// channelList names the list of channels, of which there is one in a workspace.
var channelList = cursor.ListOf("channels")

// ChannelPage is a page of the workspace's channels.
type ChannelPage struct {
	Channels []crm.Channel
	Total    int // of the whole list
	PageInfo
}

// List names the list that the page is of, for cursors.
func (ChannelPage) List() cursor.List { return channelList }

// Count counts the whole list as far as most.
func (p ChannelPage) Count(most int) (storage.Count, error) {
	return storage.Counted(p.Total, most), checkMost(most)
}

// ChannelsPage returns a page of the workspace's channels, the oldest first. A workspace has so few that all are read.
func (s *Service) ChannelsPage(ctx context.Context, v crm.Viewer, p Paging) (ChannelPage, error) {
	all, err := s.Channels(ctx, v)
	if err != nil {
		return ChannelPage{}, err
	}
	page, err := p.page(channelList)
	if err != nil {
		return ChannelPage{}, err
	}
	found, more := storage.PageOf(page, all, storage.ChannelPosition, storage.OldestFirst)
	return ChannelPage{Channels: found, Total: len(all), PageInfo: p.pageInfo(more)}, nil
}

// ChannelsByID returns the channels that exist among ids.
func (s *Service) ChannelsByID(
	ctx context.Context, v crm.Viewer, ids []crm.ChannelID,
) (map[crm.ChannelID]crm.Channel, error) {
	return byID(ctx, v, ids, s.store.ChannelsByID)
}

// NewChannel is a channel to be.
type NewChannel struct {
	Name   string
	Type   crm.ChannelType
	Secret string // empty for none
	// AccessToken is for channels whose provider takes one; empty for none.
	AccessToken string
	Domains     []string
	// RequireSignedIdentity is for HTML_EMBED channels, which need a secret for it.
	RequireSignedIdentity bool
}

// ChannelEdit is an edit of a channel: an absent change leaves its field alone.
type ChannelEdit struct {
	crm.ChannelPatch
	Secret      crm.Change[string] // empty for none
	AccessToken crm.Change[string] // empty for none
}

// Connection is a channel, and what connects it with its provider.
type Connection struct {
	Channel crm.Channel
	Setup   ChannelSetup
}

// CreateChannel adds an active channel.
func (s *Service) CreateChannel(ctx context.Context, v crm.Viewer, n NewChannel) (Connection, error) {
	if err := Authorize(v, crm.ManageChannels); err != nil {
		return Connection{}, err
	}
	now := s.clock()
	c := crm.Channel{ID: crm.NewChannelID(now), Type: n.Type, Active: true, CreatedAt: now}
	edit := ChannelEdit{
		ChannelPatch: crm.ChannelPatch{
			Name: crm.To(n.Name), Domains: crm.To(n.Domains), RequireSignedIdentity: crm.To(n.RequireSignedIdentity),
		},
		Secret: crm.To(n.Secret), AccessToken: crm.To(n.AccessToken),
	}
	if _, err := s.applyChannel(v.Workspace, &c, edit); err != nil {
		return Connection{}, err
	}
	audit := crm.NewAudit(crm.ChannelCreated, v.Subject, now)
	audit.ChannelID = &c.ID
	if err := s.store.CreateChannel(ctx, v.Workspace, c, &audit); err != nil {
		return Connection{}, fmt.Errorf("create channel: %w", err)
	}
	return s.connection(v.Workspace, c), nil
}

// UpdateChannel edits a channel. It returns the channel as it is now, also beside an error that the viewer can correct: then
// it is the channel that the edit was refused for, nil if it does not exist.
func (s *Service) UpdateChannel(ctx context.Context, v crm.Viewer, id crm.ChannelID, e ChannelEdit) (*Connection, error) {
	if err := Authorize(v, crm.ManageChannels); err != nil {
		return nil, err
	}
	var before *crm.Channel
	var audit crm.AuditEntry
	updated, err := s.store.UpdateChannel(ctx, v.Workspace, id, func(c *crm.Channel) error {
		before = new(*c)
		secrets, err := s.applyChannel(v.Workspace, c, e)
		if err != nil {
			return err
		}
		audit = crm.AuditOfChannel(*before, *c, secrets, v.Subject, s.clock())
		return nil
	}, &audit)
	switch {
	case err != nil && before == nil:
		return nil, fmt.Errorf("update channel %s: %w", id, err)
	case err != nil:
		return new(s.connection(v.Workspace, *before)), fmt.Errorf("update channel %s: %w", id, err)
	}
	return new(s.connection(v.Workspace, updated)), nil
}

// ReadVerifyToken returns the verify token of a channel's setup, nil for a channel without one, and records
// that in the audit.
func (s *Service) ReadVerifyToken(ctx context.Context, v crm.Viewer, setup ChannelSetup) (*string, error) {
	if err := Authorize(v, crm.ManageChannels); err != nil || setup.VerifyToken == nil {
		return nil, err
	}
	audit := crm.NewAudit(crm.VerifyTokenRead, v.Subject, s.clock())
	audit.ChannelID = &setup.ChannelID
	if err := s.store.AddAudit(ctx, v.Workspace, audit); err != nil {
		return nil, fmt.Errorf("read the verify token of %s: %w", setup.ChannelID, err)
	}
	return setup.VerifyToken, nil
}

// applyChannel makes the edit on c and returns the names of the secrets that it changed. What is wrong with it comes as
// joined *crm.InvalidErrors.
func (s *Service) applyChannel(w crm.WorkspaceID, c *crm.Channel, e ChannelEdit) (secrets []string, err error) {
	edited := *c
	patchErr := e.ChannelPatch.Apply(&edited)
	secrets, secretErr := s.applySecrets(w, &edited, e)
	if err := errors.Join(patchErr, secretErr); err != nil {
		return nil, err
	}
	*c = edited
	return secrets, nil
}

// applySecrets seals new secrets, and what Kith makes for a channel that lacks it, and returns the names of those that
// changed. Secrets that cannot be opened, for want of their key, stay until there are others to put in their place.
func (s *Service) applySecrets(w crm.WorkspaceID, c *crm.Channel, e ChannelEdit) (changed []string, err error) {
	before, openErr := s.openSecrets(w, *c)
	after := before
	_, asked := e.Secret.Value()
	if err := errors.Join(s.changeSecret(c.Type, &after, e.Secret), s.changeAccessToken(c.Type, &after, e.AccessToken)); err != nil {
		return nil, err
	}
	if openErr != nil && !asked {
		if _, token := e.AccessToken.Value(); token {
			return nil, &crm.InvalidError{
				Field: "accessToken", Subject: "The access token",
				Reason: "cannot be changed while the channel's secret cannot be decrypted: enter the secret, too",
			}
		}
		return nil, nil
	}
	if c.RequireSignedIdentity && after.Secret == "" {
		return nil, &crm.InvalidError{Field: "secret", Subject: "Signed identities", Reason: "cannot be required without a secret to sign them with"}
	}
	if s.options.Vault.Ready() {
		makeMissing(c.Type.Provider(), &after)
	}
	changed = secretFields(before, after, openErr != nil)
	switch {
	case len(changed) == 0:
		return nil, nil
	case after == (vault.Secrets{}) || !s.options.Vault.Ready():
		c.Secrets = nil
		return changed, nil
	}
	if c.Secrets, err = s.options.Vault.Seal(w, c.ID, after); err != nil {
		return nil, fmt.Errorf("seal secrets: %w", err)
	}
	return changed, nil
}

// secretFields are the names of the secrets that differ. What was lost has been replaced.
func secretFields(before, after vault.Secrets, lost bool) (fields []string) {
	if lost || before.Secret != after.Secret || before.VerifyToken != after.VerifyToken {
		fields = append(fields, "secret")
	}
	if before.AccessToken != after.AccessToken {
		fields = append(fields, "accessToken")
	}
	return fields
}

func (s *Service) changeSecret(t crm.ChannelType, secrets *vault.Secrets, change crm.Change[string]) error {
	text, asked := change.Value()
	if !asked {
		return nil
	}
	secret, err := crm.NormalizeSecret(t, text)
	if err == nil {
		err = s.storable("secret", secret)
	}
	if err != nil {
		return err
	}
	secrets.Secret = secret
	if t.Provider().MakesSecret {
		secrets.VerifyToken = ""
	}
	return nil
}

func (s *Service) changeAccessToken(t crm.ChannelType, secrets *vault.Secrets, change crm.Change[string]) error {
	text, asked := change.Value()
	if !asked {
		return nil
	}
	token, err := crm.NormalizeAccessToken(t, text)
	if err == nil {
		err = s.storable("accessToken", token)
	}
	if err != nil {
		return err
	}
	secrets.AccessToken = token
	return nil
}

// storable refuses a secret on a server without a key to seal it with.
func (s *Service) storable(field, secret string) error {
	if secret == "" || s.options.Vault.Ready() {
		return nil
	}
	return &crm.InvalidError{
		Field: field, Subject: "This server", Reason: "cannot keep secrets yet: its operator has to set KITH_SECRET_KEY",
	}
}

// makeMissing adds what Kith makes for the channels of a provider.
func makeMissing(p crm.Provider, s *vault.Secrets) {
	if p.MakesVerifyToken && s.VerifyToken == "" {
		s.VerifyToken = rand.Text()
	}
	if p.MakesSecret && s.Secret == "" {
		s.Secret = rand.Text()
		s.VerifyToken = s.Secret
	}
}

// openSecrets are a channel's secrets; zero without any.
func (s *Service) openSecrets(w crm.WorkspaceID, c crm.Channel) (vault.Secrets, error) {
	if len(c.Secrets) == 0 {
		return vault.Secrets{}, nil
	}
	return s.options.Vault.Open(w, c.ID, c.Secrets)
}
