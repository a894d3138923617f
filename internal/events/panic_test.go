package events_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"

	"kith/internal/crm"
	"kith/internal/events"
	"kith/storage"
)

// dizzy is a record that cannot be followed.
type dizzy struct{ *record }

func (dizzy) Follow(context.Context, func(crm.WorkspaceID)) error { panic("Ann is away") }

func TestAPanicInFollowingIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := events.New(dizzy{newRecord()}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		told := make(chan *storage.PanicError)
		hub.Panicked = func(p *storage.PanicError) {
			cancel()
			told <- p
		}
		go hub.Run(ctx)
		if p := <-told; p.What != "string" {
			t.Error(p)
		}
	})
}
