package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/coder/websocket"

	"kith/graph"
	"kith/internal/crm"
	"kith/storage"
)

// TestReadersThatAreTooSlow lets a client stop reading while events go on: others get theirs; it gets SLOW_CONSUMER, and continues
// after the last event it has seen, without a gap or a repeat.
func TestReadersThatAreTooSlow(t *testing.T) {
	t.Parallel()
	s := serve(t, following(t), graph.Patient) // however long the edits take
	shop := s.channel("admin", "Shop", "WHATSAPP")
	ann, _ := s.record("channel", vars{"channelId": shop, "externalId": "1", "messageId": "1"})
	document := `subscription ($after: ID) { contactEvents(after: $after) { id kind version contact { name notes } } }`

	// A small window, so that what is on the way is soon full.
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if e := c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10) }); e != nil {
			return e
		}
		return err
	}}
	ws, _, err := websocket.Dial(t.Context(), s.URL, &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"},
		HTTPHeader:   http.Header{"Authorization": {token(t, "staff", "acme")}},
		HTTPClient:   &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()
	ws.SetReadLimit(-1)
	slow := &client{t, ws}
	slow.say(`{"type":"connection_init"}`)
	slow.want("connection_ack", "")
	slow.subscribe("1", document, nil)
	slow.barrier()
	quick := s.join(t, "staff")
	quick.subscribe("1", `subscription { contactEvents { kind version } }`, nil)
	quick.barrier()

	const edits = 900
	s.change("staff", ann, "notes", strings.Repeat("x", 9000))
	quick.events("1", 1)
	for i := range edits {
		s.change("staff", ann, "name", fmt.Sprint(i))
		if (i+1)%50 > 0 {
			continue
		}
		for j, got := range quick.events("1", 50) {
			if !strings.Contains(got, fmt.Sprintf(`"version":%d}`, i-49+j+3)) {
				t.Fatalf("edit %d: %s", i-49+j, got)
			}
		}
	}

	var (
		last    string
		version = 1
		ended   bool
	)
	for version < edits+2 {
		f := slow.hear()
		if f.Type == "ping" {
			continue
		}
		if f.Type == "error" {
			if !strings.Contains(string(f.Payload), `"code":"SLOW_CONSUMER"`) {
				t.Fatalf("%s", f.Payload)
			}
			ended = true
			slow.subscribe("1", document, vars{"after": last}) // the id is free again
			continue
		}
		var data struct {
			Data struct {
				ContactEvents struct {
					ID, Kind string
					Version  int
				}
			}
		}
		if err := json.Unmarshal(f.Payload, &data); err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		e := data.Data.ContactEvents
		last = e.ID
		if e.Kind != "UPDATED" {
			continue
		}
		if version++; e.Version != version {
			t.Fatalf("version %d, want %d", e.Version, version)
		}
	}
	if !ended {
		t.Error("the slow client never got SLOW_CONSUMER")
	}
}

// flaky is a store whose reads can be made to fail.
type flaky struct {
	storage.Store

	down   atomic.Bool
	failed chan struct{}
}

func (f *flaky) ContactsByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID,
) (map[crm.ContactID]crm.Contact, error) {
	if f.down.Load() {
		f.failed <- struct{}{}
		return nil, crm.ErrUnavailable
	}
	return f.Store.ContactsByID(ctx, w, ids)
}

// TestAnEventWaitsForStorage takes the contacts away between an event and its answer: nobody gets an event that says that the contact is
// gone.
func TestAnEventWaitsForStorage(t *testing.T) {
	t.Parallel()
	store := &flaky{Store: open(t), failed: make(chan struct{}, 100)}
	s := serveStore(t, store, following(t))
	shop := s.channel("admin", "Shop", "WHATSAPP")
	ann, _ := s.record("channel", vars{"channelId": shop, "externalId": "1", "messageId": "1"})
	c := s.join(t, "staff")
	c.subscribe("1", `subscription { contactEvents { kind contact { name } } }`, nil)
	c.barrier()
	store.down.Store(true)
	s.change("staff", ann, "name", "Ann")
	for range 3 {
		<-store.failed
	}
	store.down.Store(false)
	if got := c.events("1", 1)[0]; got != `{"data":{"contactEvents":{"kind":"UPDATED","contact":{"name":"Ann"}}}}` {
		t.Error(got)
	}
}
