package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"kith/internal/crm"
	"kith/internal/vault"
	"kith/storage"
)

// canaryPurpose is what the sealer of the canary is made for.
const canaryPurpose = "canary"

// canary is a known text that the database keeps encrypted with KITH_SECRET_KEY. A key that decrypts it is the right one.
type canary struct {
	store  storage.Store
	sealer *vault.Sealer
	vault  *vault.Vault
}

func newCanary(store storage.Store, keys []string) (canary, error) {
	sealer, err := vault.NewSealer(canaryPurpose, keys...)
	if err != nil {
		return canary{}, fmt.Errorf("KITH_SECRET_KEY: %w", err)
	}
	v, err := vault.New(keys...)
	if err != nil {
		return canary{}, fmt.Errorf("KITH_SECRET_KEY: %w", err)
	}
	return canary{store, sealer, v}, nil
}

// checkSecretKey ends the start with the wrong KITH_SECRET_KEY. A database that cannot be written to is no reason.
func checkSecretKey(ctx context.Context, store storage.Store, keys []string, logger *slog.Logger) error {
	c, err := newCanary(store, keys)
	if err != nil {
		return err
	}
	if err = c.check(ctx, logger); errors.Is(err, crm.ErrUnavailable) {
		logger.WarnContext(ctx, "cannot check KITH_SECRET_KEY", "error", err)
		return nil
	}
	return err
}

var errWrongKey = errors.New("KITH_SECRET_KEY: no key in it is the one that this database's secrets are encrypted with; " +
	"add that key, as new,old, or see `kith rekey --help` if it is lost")

// check reports a usage error when the keys cannot decrypt what the database has. The first key ever is taken as right, unless there are
// secrets of channels that it does not decrypt: an earlier version of Kith kept no canary.
func (c canary) check(ctx context.Context, logger *slog.Logger) error {
	kept, err := c.store.Canary(ctx)
	switch {
	case err != nil:
		return err
	case !c.sealer.Ready() && kept != nil:
		logger.WarnContext(ctx, "KITH_SECRET_KEY is not set, but the database has been used with one: secrets of channels cannot be decrypted")
		return nil
	case !c.sealer.Ready():
		return nil
	case kept != nil:
		return c.open(kept)
	}
	wrong, err := c.opensNone(ctx)
	switch {
	case err != nil:
		return err
	case wrong:
		return &usageError{errWrongKey}
	}
	return c.keep(ctx, nil)
}

func (c canary) open(kept []byte) error {
	if _, err := c.sealer.Open(kept, nil); err != nil {
		return &usageError{errWrongKey}
	}
	return nil
}

// opensNone reports whether there are secrets of channels, and none of them can be decrypted.
func (c canary) opensNone(ctx context.Context) (bool, error) {
	found, opened := false, errors.New("opened")
	err := c.store.EachChannel(ctx, func(w crm.WorkspaceID, ch crm.Channel) error {
		if len(ch.Secrets) == 0 {
			return nil
		}
		found = true
		if _, err := c.vault.Open(w, ch.ID, ch.Secrets); err != nil {
			return nil //nolint:nilerr // the next one may open
		}
		return opened
	})
	if errors.Is(err, opened) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("list channels: %w", err)
	}
	return found, nil
}

// keep encrypts the canary with the first key, in the place of what was kept. When another process was quicker, its canary must open.
func (c canary) keep(ctx context.Context, former []byte) error {
	sealed, err := c.sealer.Seal([]byte("canary"), nil)
	if err != nil {
		return err
	}
	done, err := c.store.SetCanary(ctx, former, sealed)
	if err != nil || done {
		return err
	}
	kept, err := c.store.Canary(ctx)
	if err != nil {
		return err
	}
	return c.open(kept)
}

// renew encrypts the canary with the first key, whatever it was encrypted with.
func (c canary) renew(ctx context.Context) error {
	kept, err := c.store.Canary(ctx)
	if err != nil || kept != nil && c.sealer.Current(kept) {
		return err
	}
	return c.keep(ctx, kept)
}
