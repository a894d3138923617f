package app

import (
	"context"
	"fmt"
	"time"

	"kith/internal/cursor"
	"kith/internal/vault"
	"kith/internal/webhooks"
)

// sendingGrace is how long webhooks that are being sent may go on when Kith stops.
const sendingGrace = time.Second

// outgoing is what webhook endpoints are managed with.
type outgoing struct {
	vault      *vault.WebhookVault
	dispatcher *webhooks.Dispatcher
}

// outgoingWebhooks starts to send events to webhook endpoints, until ctx ends or Kith stops.
func (w wiring) outgoingWebhooks(ctx context.Context, cursors *cursor.Sealer) (outgoing, error) {
	secrets, err := vault.NewWebhookVault(w.config.SecretKeys()...)
	if err != nil {
		return outgoing{}, fmt.Errorf("KITH_SECRET_KEY: %w", err)
	}
	d := webhooks.New(webhooks.Options{
		Store: w.store, Settings: w.settings, Region: w.config.DefaultRegion, SealID: cursors.SealID, Vault: secrets, Logger: w.logger, Now: w.now, Networks: w.config.WebhookNets(), Registry: w.telemetry.registry,
		Panicked: w.telemetry.panicLogger("background", w.logger),
	})
	w.hub.Woken = d.Wake
	ctx, stop := context.WithCancel(ctx)
	hurry, interrupt := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Run(ctx, hurry)
	}()
	w.opened.add("outgoing webhooks", func() error {
		stop()
		defer time.AfterFunc(sendingGrace, interrupt).Stop()
		<-done
		interrupt()
		return nil
	})
	return outgoing{secrets, d}, nil
}
