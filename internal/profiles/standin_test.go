package profiles

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kith/internal/crm"
	"kith/internal/ingest"
	"kith/internal/vault"
	"kith/storage"
	"kith/storage/sqlite/sqlitetest"
)

const (
	pageToken = "EAAGm0PX4ZCpsBAKZBtoken-of-the-page"
	appSecret = "secret-of-the-app"
	psid      = "7352460911820412"
)

// quick is a pace for tests, in which a channel is read each time.
var quick = pace{
	timeout: 2 * time.Second, retry: time.Millisecond, limited: time.Millisecond, longest: 5 * time.Millisecond,
	refused: time.Hour, again: time.Hour, failed: time.Hour, waits: time.Hour, rate: 1e6,
}

// fixture is a workspace on SQLite whose customers are looked up at a stand-in of the provider.
type fixture struct {
	*testing.T
	store    storage.Store
	ingest   *ingest.Ingest
	lookups  *Lookups
	viewer   crm.Viewer
	keys     *vault.Vault
	registry *prometheus.Registry
	log      *syncBuffer

	mu       sync.Mutex
	requests []*http.Request
	sent     int
}

// start looks customers up at what answer writes. Nothing in the log may be a secret, an id or a name.
func start(t *testing.T, answer http.HandlerFunc) *fixture {
	t.Helper()
	return startOn(t, sqlitetest.Open(t), answer)
}

func startOn(t *testing.T, store storage.Store, answer http.HandlerFunc) *fixture {
	t.Helper()
	f := &fixture{T: t, store: store, registry: prometheus.NewRegistry(), log: &syncBuffer{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.requests = append(f.requests, r)
		f.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	workspace, err := f.store.Workspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	f.viewer = crm.Viewer{Workspace: workspace, Role: crm.RoleAdmin, Subject: "ann"}
	if f.keys, err = vault.New(strings.Repeat("a key of", 4)); err != nil {
		t.Fatal(err)
	}
	f.ingest = ingest.New(f.store, "DE", time.Now)
	f.lookups = New(t.Context(), Options{
		Channels: f.store, Open: f.keys.Open, Ingest: f.ingest, Logger: slog.New(slog.NewTextHandler(f.log, nil)), Now: time.Now,
		Registry: f.registry, Panicked: func() { t.Error("panicked") }, BaseURL: server.URL,
	})
	f.lookups.pace = quick
	f.ingest.Recorded = f.lookups.Recorded
	t.Cleanup(func() {
		if err := f.lookups.Close(); err != nil {
			t.Error(err)
		}
		for _, private := range []string{pageToken, appSecret, psid, "Peter", "Chang", "appsecret_proof="} {
			if strings.Contains(f.log.String(), private) {
				t.Errorf("the log contains %q: %s", private, f.log)
			}
		}
	})
	return f
}

// channel makes a channel with the secrets.
func (f *fixture) channel(kind crm.ChannelType, s vault.Secrets) crm.ChannelID {
	f.Helper()
	c := crm.Channel{ID: crm.NewChannelID(time.Now()), Name: "Page", Type: kind, Active: true, CreatedAt: time.Now()}
	var err error
	if c.Secrets, err = f.keys.Seal(f.viewer.Workspace, c.ID, s); err != nil {
		f.Fatal(err)
	}
	if err := f.store.CreateChannel(f.Context(), f.viewer.Workspace, c); err != nil {
		f.Fatal(err)
	}
	return c.ID
}

// page makes a Messenger channel with a token.
func (f *fixture) page() crm.ChannelID {
	f.Helper()
	return f.channel(crm.Facebook, vault.Secrets{Secret: appSecret, AccessToken: pageToken})
}

// setToken gives a channel another token.
func (f *fixture) setToken(id crm.ChannelID, token string) {
	f.Helper()
	if _, err := f.store.UpdateChannel(f.Context(), f.viewer.Workspace, id, func(c *crm.Channel) (err error) {
		c.Secrets, err = f.keys.Seal(f.viewer.Workspace, id, vault.Secrets{Secret: appSecret, AccessToken: token})
		return err
	}); err != nil {
		f.Fatal(err)
	}
}

// message records a message and returns whose it is.
func (f *fixture) message(ch crm.ChannelID, external string, direction crm.Direction) crm.ContactID {
	f.Helper()
	f.mu.Lock()
	f.sent++
	n := f.sent
	f.mu.Unlock()
	done, err := f.ingest.Record(f.Context(), f.viewer, ingest.Report{
		ChannelID: ch, ExternalID: external, MessageID: fmt.Sprint("m_", n), Direction: direction, Text: new("Hello"),
	})
	if err != nil {
		f.Fatal(err)
	}
	return done.Contact.ID
}

func (f *fixture) contact(id crm.ContactID) crm.Contact {
	f.Helper()
	found, err := f.store.ContactsByID(f.Context(), f.viewer.Workspace, []crm.ContactID{id})
	if err != nil {
		f.Fatal(err)
	}
	return found[id]
}

// name is the contact's; empty without one.
func (f *fixture) name(id crm.ContactID) string {
	f.Helper()
	if c := f.contact(id); c.Name != nil {
		return *c.Name
	}
	return ""
}

// count is how many look-ups had the result.
func (f *fixture) count(r result) (n int) {
	f.Helper()
	families, err := f.registry.Gather()
	if err != nil {
		f.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if label.GetName() == "result" && label.GetValue() == string(r) {
					n += int(m.GetCounter().GetValue())
				}
			}
		}
	}
	return n
}

// calls is how many requests the provider got.
func (f *fixture) calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.requests)
}

// until waits for something to become true.
func (f *fixture) until(what string, happened func() bool) {
	f.Helper()
	for range 2000 {
		if happened() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	f.Fatalf("%s never came: %s", what, f.log)
}

// idle waits until all look-ups are done.
func (f *fixture) idle() {
	f.Helper()
	f.until("the end of the line", func() bool {
		f.lookups.mu.Lock()
		defer f.lookups.mu.Unlock()
		for _, line := range f.lookups.lines.Values() {
			if line.running {
				return false
			}
		}
		return f.lookups.waiting == 0
	})
}

// answers are written one after the other, the last one again and again.
func answers(all ...func(http.ResponseWriter)) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		next := all[0]
		if len(all) > 1 {
			all = all[1:]
		}
		mu.Unlock()
		next(w)
	}
}

// with writes a status and a body; headers come in pairs.
func with(status int, body string, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/javascript; charset=UTF-8")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

var peter = with(200, `{"name":"Peter Chang","first_name":"Peter","last_name":"Chang","id":"`+psid+`"}`)

// syncBuffer is a log that can be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
