package channels_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"kith/internal/channels"
	"kith/internal/crm"
	"kith/internal/ingest"
)

// dizzy panics with what it is to record.
type dizzy struct{}

func (dizzy) Record(_ context.Context, _ crm.Viewer, r ingest.Report) (crm.Recorded, error) {
	panic(*r.Text)
}

func TestAPanicInAnItemIsCounted(t *testing.T) {
	t.Parallel()
	p := open(t)
	panics := 0
	p.handler = channels.New(channels.Options{
		Channels: p.store, Ingest: dizzy{}, Failures: p.store, Open: p.vault.Open, Now: func() time.Time { return start },
		Logger: slog.New(slog.NewTextHandler(p.log, nil)), Panicked: func() { panics++ },
	})
	p.mux = http.NewServeMux()
	p.mux.Handle("/channels/{id}/webhook", p.handler)
	c := p.channel(crm.HTMLEmbed)
	got := p.send(http.MethodPost, c.ID.String(), http.Header{"Origin": {"https://shop.example.com"}},
		`{"visitorId": "1", "messageId": "1", "text": "Ann is away"}`)
	if got.Code != http.StatusServiceUnavailable || panics != 1 {
		t.Errorf("%d, %d panics", got.Code, panics)
	}
	if log := p.log.String(); strings.Count(log, "msg=panic") != 1 || strings.Contains(log, "Ann is away") {
		t.Error(log)
	}
}
