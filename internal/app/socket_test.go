package app

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"kith/internal/crm"
	"kith/internal/events"
	"kith/storage"
	"kith/storage/sqlite/sqlitetest"
)

func TestStoppingSendsSubscribersElsewhere(t *testing.T) {
	t.Parallel()
	s := start(t, environment{"KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db"), "KITH_DEMO": "off"})
	ws, _, err := websocket.Dial(t.Context(), s.url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()
	for _, step := range [][2]string{
		{`{"type":"connection_init"}`, `{"type":"connection_ack"}`},
		{`{"type":"subscribe","id":"1","payload":{"query":"subscription { contactEvents { id } }"}}`},
		{`{"type":"ping"}`, `{"type":"pong"}`},
	} {
		if err := ws.Write(t.Context(), websocket.MessageText, []byte(step[0])); err != nil {
			t.Fatal(err)
		}
		if step[1] == "" {
			continue
		}
		if _, got, err := ws.Read(t.Context()); err != nil || string(got) != step[1] {
			t.Fatalf("%s %v", got, err)
		}
	}
	s.stop()
	if _, got, err := ws.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("%s %v", got, err)
	}
	err = <-s.done
	s.done <- err
	if err != nil {
		t.Error(err)
	}
}

func TestOnlyOurOwnPagesMayOpenSockets(t *testing.T) {
	t.Parallel()
	s := start(t, environment{"KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db"), "KITH_DEMO": "off"})
	for origin, status := range map[string]int{
		"": 101, s.url: 101, "https://evil.example": 403, "null": 403, strings.Replace(s.url, "127.0.0.1", "localhost", 1): 403,
	} {
		header := map[string][]string{}
		if origin != "" {
			header["Origin"] = []string{origin}
		}
		ws, resp, err := websocket.Dial(t.Context(), s.url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header})
		if err == nil {
			_ = ws.CloseNow()
		}
		if resp == nil || resp.StatusCode != status {
			t.Errorf("%q: %v %v", origin, resp, err)
		}
	}
}

func TestUpkeepForgetsWhatIsKeptNoLonger(t *testing.T) {
	t.Parallel()
	store := sqlitetest.Open(t)
	w, err := store.Workspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	channel := crm.Channel{ID: crm.NewChannelID(now), Name: "Shop", Type: crm.WhatsApp, Active: true, CreatedAt: now}
	if err := store.CreateChannel(t.Context(), w, channel); err != nil {
		t.Fatal(err)
	}
	message := crm.Interaction{
		ChannelID: channel.ID, ExternalID: "1", MessageID: "1", At: now, Received: now, Direction: crm.Inbound,
		Event: crm.NewEventID(now),
	}
	if _, err := store.RecordInteraction(t.Context(), w, message); err != nil {
		t.Fatal(err)
	}
	hub := events.New(store, slog.New(slog.DiscardHandler))
	at := now.Add(30 * time.Minute)
	failure := crm.Failure{ID: crm.NewFailureID(now), ChannelID: channel.ID, At: now, Payload: []byte("{}")}
	if err := store.AddFailure(t.Context(), w, failure); err != nil {
		t.Fatal(err)
	}
	const day = 24 * time.Hour
	keep := &maintenance{
		store: store, mergeProven: func(context.Context) (bool, error) { return false, nil },
		retention: retention{events: time.Hour, messages: 7 * day, failures: 30 * day}, now: func() time.Time { return at }, panicked: func() {},
	}
	upkeep := func() {
		t.Helper()
		for more := true; more; {
			if more, err = keep.once(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, want := range []error{nil, events.ErrResync} {
		upkeep()
		s, err := hub.Subscribe(t.Context(), w, &message.Event)
		if !errors.Is(err, want) {
			t.Errorf("after %v: %v", at.Sub(now), err)
		}
		if s != nil {
			s.Close()
		}
		at = now.Add(2 * time.Hour)
	}
	for _, c := range []struct {
		age      time.Duration
		repeated bool
		failures int
	}{{6 * day, true, 1}, {29 * day, false, 1}, {31 * day, true, 0}} {
		at = now.Add(c.age)
		upkeep()
		message.Received = at
		r, err := store.RecordInteraction(t.Context(), w, message)
		if err != nil || r.Repeated != c.repeated {
			t.Errorf("after %v a message is repeated: %v, %v", c.age, r.Repeated, err)
		}
		if n, err := store.CountFailures(t.Context(), w, storage.CountLimit); err != nil || n.Value != c.failures {
			t.Errorf("after %v there are %d failures, %v", c.age, n.Value, err)
		}
	}
}
