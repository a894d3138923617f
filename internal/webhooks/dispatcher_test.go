package webhooks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/vault"
	"kith/internal/webhooks"
	"kith/storage"
	"kith/storage/sqlite/sqlitetest"
)

// scene is a workspace with a channel, and an endpoint whose receiver answers with status.
type scene struct {
	*testing.T

	store    storage.Store
	vault    *vault.WebhookVault
	id       crm.WorkspaceID
	channel  crm.Channel
	endpoint crm.WebhookEndpoint
	url      string

	mu     sync.Mutex
	status int
	got    []string // the types and ids of what was accepted
	bodies []string
	tries  int
}

func newScene(t *testing.T, events ...string) *scene {
	t.Helper()
	s := &scene{T: t, store: sqlitetest.Open(t), status: http.StatusOK}
	var err error
	if s.vault, err = vault.NewWebhookVault(strings.Repeat("k", vault.MinKey)); err != nil {
		t.Fatal(err)
	}
	receiver := httptest.NewServer(http.HandlerFunc(s.receive))
	t.Cleanup(receiver.Close)
	s.url = receiver.URL
	if s.id, err = s.store.Workspace(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	s.channel = crm.Channel{ID: crm.NewChannelID(now), Name: "Shop", Type: crm.WhatsApp, Active: true, CreatedAt: now}
	if err := s.store.CreateChannel(t.Context(), s.id, s.channel); err != nil {
		t.Fatal(err)
	}
	s.endpoint = crm.WebhookEndpoint{ID: crm.NewEndpointID(now), URL: receiver.URL, Events: events, CreatedAt: now, Enabled: true}
	s.endpoint.Secrets, err = s.vault.Seal(s.id, s.endpoint.ID, vault.WebhookSecrets{Current: vault.NewWebhookSecret()})
	if err == nil {
		err = s.store.CreateEndpoint(t.Context(), s.id, s.endpoint, crm.NewAudit(crm.EndpointCreated, "ann", now))
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scene) receive(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var m struct{ Type string }
	_ = json.Unmarshal(body, &m)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	if s.status == http.StatusOK {
		s.got, s.bodies = append(s.got, m.Type+" "+r.Header.Get("webhook-id")), append(s.bodies, string(body))
	}
	w.WriteHeader(s.status)
}

func (s *scene) answer(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

func (s *scene) accepted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.got...)
}

func (s *scene) attempts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

// run starts a dispatcher that tries again after these waits. It stops when the test ends.
func (s *scene) run(retries ...time.Duration) {
	s.Helper()
	d := webhooks.New(webhooks.Options{
		Store: s.store, Vault: s.vault, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Retries: retries,
		Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Run(ctx, ctx)
	}()
	s.Cleanup(func() {
		cancel()
		<-done
	})
}

// write records a message of a customer.
func (s *scene) write(customer, message string) crm.Recorded {
	s.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	i := crm.Interaction{
		ChannelID: s.channel.ID, ExternalID: customer, MessageID: message, At: now, Received: now,
		Direction: crm.Inbound, Event: crm.NewEventID(now),
	}
	r, err := s.store.RecordInteraction(s.Context(), s.id, i)
	if err != nil {
		s.Fatal(err)
	}
	return r
}

func (s *scene) now() crm.WebhookEndpoint {
	s.Helper()
	all, err := s.store.Endpoints(s.Context(), s.id)
	if err != nil || len(all) != 1 {
		s.Fatalf("%d endpoints, %v", len(all), err)
	}
	return all[0]
}

// until waits for a condition.
func (s *scene) until(what string, is func() bool) {
	s.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("%s: %+v, accepted %d of %d attempts", what, s.now(), len(s.accepted()), s.attempts())
		}
	}
}

func TestAnEndpointThatFailsForTooLongIsSwitchedOff(t *testing.T) {
	t.Parallel()
	s := newScene(t, "contact.created")
	s.answer(http.StatusInternalServerError)
	s.run(10*time.Millisecond, 20*time.Millisecond)
	s.write("ann", "1")
	s.until("switched off", func() bool { return !s.now().Enabled })
	if e := s.now(); e.DisabledReason != crm.DisabledFailing || e.DisabledAt == nil {
		t.Errorf("%+v", e)
	}
	page, err := s.store.Deliveries(t.Context(), s.id, storage.DeliveryQuery{Endpoint: s.endpoint.ID, Page: storage.Page{Size: 10}})
	if err != nil || len(page.Deliveries) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	d := page.Deliveries[0]
	if d.Status != crm.DeliveryFailed || d.Attempts != 3 || d.NextAt != nil || d.ResponseStatus != 500 || d.Error == "" {
		t.Errorf("%+v", d)
	}
}

func TestWhatCameDuringAnOutageIsDeliveredWhenItIsOver(t *testing.T) {
	t.Parallel()
	s := newScene(t, "contact.created")
	s.answer(http.StatusServiceUnavailable)
	s.run(time.Second, time.Hour) // the second attempt of none would come in time
	for i := range 3 {
		s.write(fmt.Sprint("early ", i), "1")
	}
	s.until("down", func() bool { return s.now().Failures >= 3 || s.now().Failures > 0 && s.attempts() >= 6 })
	for i := range 70 {
		s.write(fmt.Sprint("late ", i), "1")
	}
	s.until("down for long", func() bool { return s.now().Failures >= 3 })
	s.answer(http.StatusOK)
	s.until("all", func() bool { return len(s.accepted()) >= 73 })
	seen := map[string]bool{}
	for _, m := range s.accepted() {
		seen[m] = true
	}
	if len(seen) != 73 {
		t.Errorf("%d of 73 events", len(seen))
	}
	if e := s.now(); e.FailingSince != nil || e.Failures != 0 {
		t.Errorf("%+v", e)
	}
}

func TestSeveralProcessesDeliverEachEventOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t, "contact.created")
	for range 3 {
		s.run(time.Second)
	}
	const n = 60
	for i := range n {
		s.write(fmt.Sprint(i), "1")
	}
	s.until("all", func() bool { return len(s.accepted()) >= n })
	seen := map[string]bool{}
	for _, m := range s.accepted() {
		seen[m] = true
	}
	if got := s.accepted(); len(seen) != n || len(got) != n {
		t.Errorf("%d deliveries of %d events, of %d", len(got), len(seen), n)
	}
}

func TestEventsThatAreNotKeptAreCountedAsSkipped(t *testing.T) {
	t.Parallel()
	s := newScene(t, "contact.created")
	off := func(enabled bool) {
		_, err := s.store.UpdateEndpoint(t.Context(), s.id, s.endpoint.ID, func(e *crm.WebhookEndpoint) error {
			e.Enabled = enabled
			return nil
		}, &crm.AuditEntry{})
		if err != nil {
			t.Fatal(err)
		}
	}
	off(false)
	s.write("gone", "1")
	last, _, err := s.store.LastSequence(t.Context(), s.id)
	for more := true; more && err == nil; {
		more, err = s.store.ForgetEvents(t.Context(), time.Now().Add(time.Hour))
	}
	if err != nil {
		t.Fatal(err)
	}
	s.write("kept", "1")
	off(true)
	s.run(time.Second)
	s.until("the one that is kept", func() bool { return len(s.accepted()) == 1 })
	s.until("those that are gone", func() bool { return s.now().Skipped == int(last) })
}

// counted counts reads of contacts.
type counted struct {
	storage.Store

	mu    sync.Mutex
	reads int
}

func (c *counted) ContactsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID]crm.Contact, error) {
	c.mu.Lock()
	c.reads++
	c.mu.Unlock()
	time.Sleep(2 * time.Millisecond) // as a database takes that others use, too
	return c.Store.ContactsByID(ctx, w, ids)
}

// TestDeliveriesShareReads has several endpoints get the same events: their bodies take far fewer reads than there are deliveries.
func TestDeliveriesShareReads(t *testing.T) {
	t.Parallel()
	s := newScene(t, "contact.created")
	now := time.Now().UTC().Truncate(time.Microsecond)
	const endpoints, customers = 4, 40
	for i := 1; i < endpoints; i++ {
		e := s.endpoint
		e.ID = crm.NewEndpointID(now.Add(time.Duration(i) * time.Microsecond))
		var err error
		e.Secrets, err = s.vault.Seal(s.id, e.ID, vault.WebhookSecrets{Current: vault.NewWebhookSecret()})
		if err == nil {
			err = s.store.CreateEndpoint(t.Context(), s.id, e, crm.NewAudit(crm.EndpointCreated, "ann", now))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	store := &counted{Store: s.store}
	s.store = store
	for i := range customers {
		s.write(fmt.Sprint("customer ", i), "1")
	}
	s.run()
	for deadline := time.Now().Add(20 * time.Second); len(s.accepted()) < customers*endpoints; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d deliveries", len(s.accepted()), customers*endpoints)
		}
	}
	store.mu.Lock()
	defer store.mu.Unlock()
	if most := customers * endpoints / 2; store.reads > most {
		t.Errorf("%d reads for %d deliveries, more than %d", store.reads, customers*endpoints, most)
	}
}
