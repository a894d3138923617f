package channels_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kith/internal/channels"
	"kith/internal/crm"
	"kith/internal/ingest"
	"kith/internal/vault"
	"kith/storage"
	"kith/storage/sqlite"
	"kith/storage/sqlite/sqlitetest"
)

const secret = "app_secret-of-the-channel"

var start = time.Date(2026, 1, 2, 3, 4, 5, 678_901_000, time.UTC)

// place is a workspace on SQLite whose channels take webhooks.
type place struct {
	*testing.T
	store     *sqlite.Store
	workspace crm.WorkspaceID
	vault     *vault.Vault
	handler   *channels.Handler
	mux       *http.ServeMux
	log       *output
	metrics   *prometheus.Registry
	passed    atomic.Int64 // how long it is since the start, as a time.Duration
}

// output is what was logged.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func open(t *testing.T) *place {
	t.Helper()
	return openWith(t, func(*channels.Options) {})
}

// openWith is open with other options.
func openWith(t *testing.T, change func(*channels.Options)) *place {
	t.Helper()
	store := sqlitetest.Open(t)
	var err error
	p := &place{T: t, store: store, log: &output{}, mux: http.NewServeMux(), metrics: prometheus.NewRegistry()}
	if p.workspace, err = store.Workspace(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	if p.vault, err = vault.New(strings.Repeat("k", vault.MinKey)); err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return start.Add(time.Duration(p.passed.Load())) }
	o := channels.Options{
		Channels: store, Ingest: ingest.New(store, "DE", now), Failures: store, Open: p.vault.Open, Now: now,
		Address: func(r *http.Request) string { return r.Header.Get("X-Address") }, Registry: p.metrics,
		Logger: slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	change(&o)
	p.handler = channels.New(o)
	p.mux.Handle("/channels/{id}/webhook", p.handler)
	return p
}

// channel makes an active channel with the secret.
func (p *place) channel(kind crm.ChannelType) crm.Channel {
	p.Helper()
	c := crm.Channel{ID: crm.NewChannelID(start), Name: string(kind), Type: kind, Active: true, CreatedAt: start}
	if kind == crm.HTMLEmbed {
		c.Domains = []string{"shop.example.com", "*.example.org", "localhost:3000"}
	}
	var err error
	c.Secrets, err = p.vault.Seal(p.workspace, c.ID, vault.Secrets{Secret: secret, VerifyToken: "verify-me"})
	if err != nil {
		p.Fatal(err)
	}
	if err := p.store.CreateChannel(p.Context(), p.workspace, c); err != nil {
		p.Fatal(err)
	}
	return c
}

// change edits a channel.
func (p *place) change(id crm.ChannelID, f func(*crm.Channel)) {
	p.Helper()
	_, err := p.store.UpdateChannel(p.Context(), p.workspace, id, func(c *crm.Channel) error {
		f(c)
		return nil
	})
	if err != nil {
		p.Fatal(err)
	}
}

// sample is a payload of testdata.
func (p *place) sample(name string) string {
	p.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)+".json"))
	if err != nil {
		p.Fatal(err)
	}
	return string(b)
}

// header signs a body as the provider does.
func header(kind crm.ChannelType, secret, body string, at time.Time) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	senders[kind].sign(h, secret, body, at)
	return h
}

func sign(secret, text string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// send sends a request to a channel's webhook.
func (p *place) send(method string, id string, h http.Header, body string) *httptest.ResponseRecorder {
	ctx := context.WithoutCancel(p.Context())
	r := httptest.NewRequestWithContext(ctx, method, "/channels/"+id+"/webhook", strings.NewReader(body))
	for name, values := range h {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	w := httptest.NewRecorder()
	p.mux.ServeHTTP(w, r)
	return w
}

// deliver sends a body as the channel's provider does, and checks the status.
func (p *place) deliver(c crm.Channel, body string, status int) *httptest.ResponseRecorder {
	p.Helper()
	w := p.send(http.MethodPost, c.ID.String(), header(c.Type, secret, body, start), body)
	if w.Code != status {
		p.Fatalf("%s: %d %s", c.Type, w.Code, w.Body)
	}
	return w
}

// load stores a contact as it is.
func (p *place) load(c crm.Contact) {
	p.Helper()
	if err := p.store.Load(p.Context(), p.workspace, slices.Values([]storage.Loaded{{Contact: c}})); err != nil {
		p.Fatal(err)
	}
}

// contacts are all contacts, oldest first.
func (p *place) contacts() (all []crm.Contact) {
	p.Helper()
	page, err := p.store.Contacts(p.Context(), p.workspace, storage.ContactQuery{
		Order: storage.Created, Page: storage.Page{Size: 100},
	})
	if err != nil {
		p.Fatal(err)
	}
	for _, r := range page.Rows {
		all = append(all, r.Contact)
	}
	return all
}

// sessions are all sessions, the newest last message first.
func (p *place) sessions() []crm.Session {
	p.Helper()
	page, err := p.store.Sessions(p.Context(), p.workspace, storage.SessionQuery{Page: storage.Page{Size: 100}})
	if err != nil {
		p.Fatal(err)
	}
	return page.Sessions
}

// identities are the external ids of a contact, oldest first.
func (p *place) identities(id crm.ContactID) (ids []string) {
	p.Helper()
	found, err := p.store.IdentitiesByContact(p.Context(), p.workspace, []crm.ContactID{id})
	if err != nil {
		p.Fatal(err)
	}
	for _, i := range found[id] {
		ids = append(ids, i.ExternalID)
	}
	return ids
}

// failures are all that is kept, in the order of their positions.
func (p *place) failures() []crm.Failure {
	p.Helper()
	page, err := p.store.Failures(p.Context(), p.workspace, storage.Page{Size: 100})
	if err != nil {
		p.Fatal(err)
	}
	byPosition := page.Failures
	for i := range byPosition {
		for j := i; j > 0 && byPosition[j].Position < byPosition[j-1].Position; j-- {
			byPosition[j], byPosition[j-1] = byPosition[j-1], byPosition[j]
		}
	}
	return byPosition
}

// text is what a string pointer points at, or a dash.
func text(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}
