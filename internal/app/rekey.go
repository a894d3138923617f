package app

import (
	"context"
	"errors"
	"fmt"

	"kith/internal/crm"
	"kith/internal/vault"
	"kith/storage"
)

type rekeyCommand struct {
	AcceptLoss bool `help:"Accept that secrets which no key decrypts are lost, so that servers start with the keys that are set. Enter those secrets again."`
}

// Run encrypts the secrets of every channel and webhook endpoint with the first key and prints how many there were. It fails when some cannot be
// decrypted, but still encrypts the others.
func (r rekeyCommand) Run(ctx context.Context, p *program) (err error) {
	if err := p.validate(false); err != nil {
		return err
	}
	if p.config.SecretKey == "" {
		return &usageError{errors.New("KITH_SECRET_KEY is not set: encrypting needs it")}
	}
	db := p.database()
	_, _ = fmt.Fprintln(p.stdout, "Database:", db)
	store, err := db.openExisting(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	c, err := newCanary(store, p.config.SecretKeys())
	if err != nil {
		return err
	}
	done, err := rekey(ctx, store, c.vault)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(p.stdout, "Channels whose secrets were re-encrypted: %d. Already encrypted with the first key: %d.\n", done.sealed, done.current)
	webhooks, err := vault.NewWebhookVault(p.config.SecretKeys()...)
	if err != nil {
		return fmt.Errorf("KITH_SECRET_KEY: %w", err)
	}
	endpoints, err := rekeyEndpoints(ctx, store, webhooks)
	if err != nil {
		return err
	}
	if endpoints.sealed+endpoints.current > 0 {
		_, _ = fmt.Fprintf(p.stdout, "Webhook endpoints whose secrets were re-encrypted: %d. Already encrypted with the first key: %d.\n",
			endpoints.sealed, endpoints.current)
	}
	done.closed = append(done.closed, endpoints.closed...)
	for _, id := range done.closed {
		_, _ = fmt.Fprintf(p.stdout, "%s: its secrets cannot be decrypted; enter them again\n", id)
	}
	if n := len(done.closed); n > 0 && !r.AcceptLoss {
		return fmt.Errorf("secrets that are damaged, or encrypted with a key that is not in KITH_SECRET_KEY: %d", n)
	}
	return c.renew(ctx)
}

// rekeyed counts the channels or webhook endpoints with secrets by outcome.
type rekeyed struct {
	sealed, current int
	closed          []fmt.Stringer // the ids of those that cannot be opened
}

// rekey encrypts the secrets of every channel with the first key of v. It can be interrupted and repeated.
func rekey(ctx context.Context, store storage.Store, v *vault.Vault) (rekeyed, error) {
	type sealedChannel struct {
		workspace crm.WorkspaceID
		channel   crm.ChannelID
	}
	var (
		done  rekeyed
		found []sealedChannel // gathered first, so that no write runs during the read
	)
	err := store.EachChannel(ctx, func(w crm.WorkspaceID, c crm.Channel) error {
		if len(c.Secrets) > 0 {
			found = append(found, sealedChannel{w, c.ID})
		}
		return nil
	})
	if err != nil {
		return done, fmt.Errorf("list channels: %w", err)
	}
	for _, f := range found {
		err := done.reseal(f.channel, func(reseal func(*crm.Sealed, sealer) error) error {
			_, err := store.UpdateChannel(ctx, f.workspace, f.channel, func(c *crm.Channel) error {
				return reseal(&c.Secrets, resealing(v, f.workspace, f.channel))
			})
			return err
		})
		if err != nil {
			return done, fmt.Errorf("update %s: %w", f.channel, err)
		}
	}
	return done, nil
}

// rekeyEndpoints does for the secrets of webhook endpoints what rekey does for those of channels.
func rekeyEndpoints(ctx context.Context, store storage.Store, v *vault.WebhookVault) (rekeyed, error) {
	var (
		done  rekeyed
		found []storage.OwnedEndpoint
	)
	err := store.EachEndpoint(ctx, func(w crm.WorkspaceID, e crm.WebhookEndpoint) error {
		found = append(found, storage.OwnedEndpoint{Workspace: w, ID: e.ID})
		return nil
	})
	if err != nil {
		return done, fmt.Errorf("list webhook endpoints: %w", err)
	}
	for _, f := range found {
		err := done.reseal(f.ID, func(reseal func(*crm.Sealed, sealer) error) error {
			_, err := store.UpdateEndpoint(ctx, f.Workspace, f.ID, func(e *crm.WebhookEndpoint) error {
				return reseal(&e.Secrets, resealing(v, f.Workspace, f.ID))
			}, &crm.AuditEntry{})
			if errors.Is(err, crm.ErrNotFound) { // somebody deleted it meanwhile
				return nil
			}
			return err
		})
		if err != nil {
			return done, fmt.Errorf("update %s: %w", f.ID, err)
		}
	}
	return done, nil
}

// sealer opens and seals the secrets of one object.
type sealer struct {
	current func(crm.Sealed) bool
	again   func(crm.Sealed) (crm.Sealed, error)
}

// resealing is the sealer of an object's secrets.
func resealing[ID, S any](v interface {
	Current(sealed crm.Sealed) bool
	Open(w crm.WorkspaceID, id ID, sealed crm.Sealed) (S, error)
	Seal(w crm.WorkspaceID, id ID, s S) (crm.Sealed, error)
}, w crm.WorkspaceID, id ID,
) sealer {
	return sealer{v.Current, func(sealed crm.Sealed) (crm.Sealed, error) {
		secrets, err := v.Open(w, id, sealed)
		if err != nil || v.Current(sealed) {
			return sealed, err
		}
		return v.Seal(w, id, secrets)
	}}
}

// reseal has update seal the secrets of an object with the first key, and counts it.
func (r *rekeyed) reseal(id fmt.Stringer, update func(func(*crm.Sealed, sealer) error) error) error {
	var count *int
	err := update(func(secrets *crm.Sealed, s sealer) (err error) {
		if count = nil; len(*secrets) == 0 { // somebody removed them meanwhile
			return nil
		}
		count = &r.sealed
		if s.current(*secrets) {
			count = &r.current
		}
		*secrets, err = s.again(*secrets)
		return err
	})
	switch {
	case errors.Is(err, vault.ErrSealed):
		r.closed = append(r.closed, id)
	case err != nil:
		return err
	case count != nil:
		*count++
	}
	return nil
}
