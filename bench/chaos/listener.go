package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"kith/bench/rig"
)

// event is one that a subscriber receives.
type event struct {
	ID, Kind, ContactID, SessionID string
	Version                        int
}

const (
	contactEvents = `contactEvents(after: %s) { id kind contactId version }`
	sessionEvents = `sessionEvents(after: %s) { id: eventId kind contactId sessionId }`
	// silence is how long a connection may be without a sign of life: Kith pings more often.
	silence = 45 * time.Second
)

// listener is a subscriber. When its connection ends it comes back and continues after the last event that it has.
type listener struct {
	name, base, field string
	socket            bool // else an event stream

	mu      sync.Mutex
	last    string
	seen    []event
	resumed int
}

// run receives until ctx ends. The error is a violation.
func (l *listener) run(ctx context.Context) error {
	for {
		if v, ok := errors.AsType[*violation](l.follow(ctx)); ok {
			return v
		}
		if wait(ctx, 100*time.Millisecond) != nil {
			return nil //nolint:nilerr // the run is over
		}
		l.mu.Lock()
		l.resumed++
		l.mu.Unlock()
	}
}

func (l *listener) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	alive := time.AfterFunc(silence, cancel)
	defer alive.Stop()
	l.mu.Lock()
	query := "subscription { event: " + fmt.Sprintf(l.field, strconv.Quote(l.last)) + " }"
	l.mu.Unlock()
	token, err := rig.Token("staff")
	if err != nil {
		return err
	}
	if l.socket {
		return l.overSocket(ctx, query, token, func() { alive.Reset(silence) })
	}
	return l.overStream(ctx, query, token, func() { alive.Reset(silence) })
}

// take takes an answer.
func (l *listener) take(text []byte) error {
	var a struct {
		Data   struct{ Event *event }
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return violate("%s: received %q", l.name, text)
	}
	if len(a.Errors) > 0 {
		e := a.Errors[0]
		if e.Extensions.Code == "UNAVAILABLE" || e.Extensions.Code == "SLOW_CONSUMER" {
			return errors.New(e.Message)
		}
		return violate("%s: after %s: %s %s", l.name, l.last, e.Extensions.Code, e.Message)
	}
	if a.Data.Event == nil {
		return violate("%s: received %q", l.name, text)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = a.Data.Event.ID
	l.seen = append(l.seen, *a.Data.Event)
	return nil
}

func (l *listener) overStream(ctx context.Context, query, token string, alive func()) error {
	res, err := rig.Subscribe(ctx, l.base, token, query)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		alive()
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && data != "" {
			if err := l.take([]byte(data)); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

func (l *listener) overSocket(ctx context.Context, query, token string, alive func()) error {
	//nolint:bodyclose // the library closes it
	ws, _, err := websocket.Dial(ctx, l.base+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return err
	}
	defer func() { _ = ws.CloseNow() }()
	ws.SetReadLimit(1 << 20)
	say := func(message map[string]any) error {
		text, err := json.Marshal(message)
		if err != nil {
			return err
		}
		return ws.Write(ctx, websocket.MessageText, text)
	}
	if err := say(map[string]any{"type": "connection_init", "payload": map[string]any{"authorization": "Bearer " + token}}); err != nil {
		return err
	}
	for {
		_, text, err := ws.Read(ctx)
		if err != nil {
			return err
		}
		alive()
		var m struct {
			Type    string
			Payload json.RawMessage
		}
		if err := json.Unmarshal(text, &m); err != nil {
			return violate("%s: received %q", l.name, text)
		}
		switch m.Type {
		case "connection_ack":
			err = say(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": query}})
		case "ping":
			err = say(map[string]any{"type": "pong"})
		case "next":
			err = l.take(m.Payload)
		case "error":
			err = l.take([]byte(`{"errors":` + string(m.Payload) + `}`))
		case "complete":
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// has reports whether an event has been received.
func (l *listener) has(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range slices.Backward(l.seen) {
		if e.ID == id {
			return true
		}
	}
	return false
}

// lasting are the events that every subscriber receives. Activity is reported at most once a second, so which of it is there may
// differ; and of a contact that has been erased meanwhile, one that was away receives no more than that.
func lasting(all []event, erased map[string]bool) (kept []event) {
	for _, e := range all {
		switch {
		case e.Kind == "ACTIVITY", e.Kind == "CONTACT_CHANGED" && e.ContactID == "": // the contact is erased
		case e.SessionID != "":
			e.ContactID = "" // the session's now, whose it may not be for ever
			kept = append(kept, e)
		case !erased[e.ContactID], e.Kind == "DELETED", e.Kind == "CONTACT_DELETED":
			kept = append(kept, e)
		}
	}
	return kept
}

// compare finds the first difference of what was received with the record.
func (l *listener) compare(record []event, erased map[string]bool) error {
	seen := make(map[string]bool)
	for _, e := range l.seen {
		if seen[e.ID+e.ContactID] {
			return violate("%s: event %s came twice", l.name, e.ID)
		}
		seen[e.ID+e.ContactID] = true
	}
	mine, whole := lasting(l.seen, erased), lasting(record, erased)
	for n, e := range whole {
		if n >= len(mine) {
			return violate("%s: event %d, %+v, is missing", l.name, n, e)
		}
		if mine[n] != e {
			return violate("%s: event %d is %+v, which is %d in the record, not %+v, which it has at %d",
				l.name, n, mine[n], slices.Index(whole, mine[n]), e, slices.Index(mine, e))
		}
	}
	if len(mine) > len(whole) {
		return violate("%s: event %+v is not in the record", l.name, mine[len(whole)])
	}
	return nil
}

// inOrder checks the life of each contact but the first, which is there before, and those that are erased: created first, then
// versions that rise, then no more.
func inOrder(record []event, first string, erased map[string]bool) error {
	last := map[string]event{first: {Kind: "CREATED"}}
	for _, e := range lasting(record, erased) {
		before, known := last[e.ContactID]
		switch {
		case erased[e.ContactID]:
			if known {
				return violate("contact %s is %s after %s", e.ContactID, e.Kind, before.Kind)
			}
		case before.Kind == "MERGED":
			return violate("contact %s is %s after %s", e.ContactID, e.Kind, before.Kind)
		case known != (e.Kind != "CREATED"):
			return violate("contact %s: %s after %q", e.ContactID, e.Kind, before.Kind)
		case known && e.Kind == "UPDATED" && e.Version <= before.Version:
			return violate("contact %s: version %d after %d", e.ContactID, e.Version, before.Version)
		}
		last[e.ContactID] = e
	}
	return nil
}
