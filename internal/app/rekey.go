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

// Run encrypts every channel's secrets with the first key and prints how many there were. It fails when some cannot be
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
	for _, id := range done.closed {
		_, _ = fmt.Fprintf(p.stdout, "%s: its secrets cannot be decrypted; enter them again\n", id)
	}
	if n := len(done.closed); n > 0 && !r.AcceptLoss {
		return fmt.Errorf("channels whose secrets are damaged, or encrypted with a key that is not in KITH_SECRET_KEY: %d", n)
	}
	return c.renew(ctx)
}

// rekeyed counts the channels with secrets by outcome.
type rekeyed struct {
	sealed, current int
	closed          []crm.ChannelID // cannot be opened
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
		var count *int
		_, err := store.UpdateChannel(ctx, f.workspace, f.channel, func(c *crm.Channel) error {
			if count = nil; len(c.Secrets) == 0 { // somebody removed them meanwhile
				return nil
			}
			secrets, err := v.Open(f.workspace, c.ID, c.Secrets)
			if err != nil {
				return err
			}
			if v.Current(c.Secrets) {
				count = &done.current
				return nil
			}
			count = &done.sealed
			c.Secrets, err = v.Seal(f.workspace, c.ID, secrets)
			return err
		})
		switch {
		case errors.Is(err, vault.ErrSealed):
			done.closed = append(done.closed, f.channel)
		case err != nil:
			return done, fmt.Errorf("update %s: %w", f.channel, err)
		case count != nil:
			*count++
		}
	}
	return done, nil
}
