package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"kith/internal/crm"
	"kith/internal/vault"
)

// Channels returns every channel of the workspace, oldest first.
func (s *Service) Channels(ctx context.Context, v crm.Viewer) ([]crm.Channel, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return nil, err
	}
	return s.store.Channels(ctx, v.Workspace)
}

// ChannelsByID returns the channels that exist among ids.
func (s *Service) ChannelsByID(
	ctx context.Context, v crm.Viewer, ids []crm.ChannelID,
) (map[crm.ChannelID]crm.Channel, error) {
	return byID(ctx, v, ids, s.store.ChannelsByID)
}

// NewChannel is a channel to be.
type NewChannel struct {
	Name    string
	Type    crm.ChannelType
	Secret  string // empty for none
	Domains []string
	// RequireSignedIdentity is for HTML_EMBED channels, which need a secret for it.
	RequireSignedIdentity bool
}

// ChannelEdit is an edit of a channel: an absent change leaves its field alone.
type ChannelEdit struct {
	crm.ChannelPatch
	Secret crm.Change[string] // empty for none
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
		Secret: crm.To(n.Secret),
	}
	if err := s.applyChannel(v.Workspace, &c, edit); err != nil {
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
		if err := s.applyChannel(v.Workspace, c, e); err != nil {
			return err
		}
		audit = crm.AuditOfChannel(*before, *c, v.Subject, s.clock())
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

// applyChannel makes the edit on c. What is wrong with it comes as joined *crm.InvalidErrors.
func (s *Service) applyChannel(w crm.WorkspaceID, c *crm.Channel, e ChannelEdit) error {
	edited := *c
	if err := errors.Join(e.ChannelPatch.Apply(&edited), s.applySecret(w, &edited, e.Secret)); err != nil {
		return err
	}
	*c = edited
	return nil
}

// applySecret seals a new secret, and what Kith makes for a channel that lacks it. Secrets that cannot be opened, for
// want of their key, stay until there are others to put in their place.
func (s *Service) applySecret(w crm.WorkspaceID, c *crm.Channel, change crm.Change[string]) error {
	before, openErr := s.openSecrets(w, *c)
	after := before
	text, asked := change.Value()
	if asked {
		secret, err := crm.NormalizeSecret(c.Type, text)
		if err != nil {
			return err
		}
		if secret != "" && !s.options.Vault.Ready() {
			return &crm.InvalidError{
				Field: "secret", Subject: "This server", Reason: "cannot keep secrets yet: its operator has to set KITH_SECRET_KEY",
			}
		}
		after.Secret = secret
		if c.Type.Provider().MakesSecret {
			after.VerifyToken = ""
		}
	}
	if openErr != nil && !asked {
		return nil
	}
	if c.RequireSignedIdentity && after.Secret == "" {
		return &crm.InvalidError{Field: "secret", Subject: "Signed identities", Reason: "cannot be required without a secret to sign them with"}
	}
	if s.options.Vault.Ready() {
		makeMissing(c.Type.Provider(), &after)
	}
	switch {
	case after == before && openErr == nil:
		return nil
	case after == (vault.Secrets{}) || !s.options.Vault.Ready():
		c.Secrets = nil
		return nil
	}
	sealed, err := s.options.Vault.Seal(w, c.ID, after)
	if err != nil {
		return fmt.Errorf("seal secrets: %w", err)
	}
	c.Secrets = sealed
	return nil
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
