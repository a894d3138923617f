package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"kith/graph"
	"kith/internal/crm"
)

const (
	watchContacts = `subscription ($after: ID) { contactEvents(after: $after) { id kind contactId contact { name } changedFields } }`
	minute        = time.Minute
)

func TestSocketCloseCodes(t *testing.T) {
	t.Parallel()
	bearer := token(t, "staff", "acme")
	initialise := `{"type":"connection_init","payload":{"authorization":"` + bearer + `"}}`
	subscribe := `{"id":"1","type":"subscribe","payload":{"query":"subscription { contactEvents { id } }"}}`
	for name, c := range map[string]struct {
		says   []string
		code   websocket.StatusCode
		reason string
	}{
		"text that is no JSON":                  {[]string{`hello`}, 4400, "Invalid message: not a JSON object"},
		"JSON with something behind":            {[]string{initialise + `{}`}, 4400, "Invalid message: not a JSON object"},
		"JSON that is no object":                {[]string{`["ping"]`}, 4400, "Invalid message: not a JSON object"},
		"null":                                  {[]string{`null`}, 4400, "Invalid message: not a JSON object"},
		"text that is not UTF-8":                {[]string{"{\"type\":\"ping\",\"payload\":{\"a\":\"\xff\"}}"}, 4400, "Invalid message: not UTF-8"},
		"a message without a type":              {[]string{`{"id":"1"}`}, 4400, "Invalid message: type must be a string"},
		"a type that is a number":               {[]string{`{"type":1}`}, 4400, "Invalid message: type must be a string"},
		"a type that nobody knows":              {[]string{initialise, `{"type":"start","id":"1"}`}, 4400, "Invalid message: unknown type"},
		"a type that only the server sends":     {[]string{initialise, `{"type":"next","id":"1","payload":{}}`}, 4400, "Invalid message: unknown type"},
		"an init payload that is a string":      {[]string{`{"type":"connection_init","payload":"x"}`}, 4400, "Invalid message: payload must be an object"},
		"a ping payload that is a list":         {[]string{`{"type":"ping","payload":[]}`}, 4400, "Invalid message: payload must be an object"},
		"a subscribe without an id":             {[]string{initialise, `{"type":"subscribe","payload":{"query":"{a}"}}`}, 4400, "Invalid message: id must be a string, and not empty"},
		"a subscribe with an empty id":          {[]string{initialise, `{"type":"subscribe","id":"","payload":{"query":"{a}"}}`}, 4400, "Invalid message: id must be a string, and not empty"},
		"an id that is too long":                {[]string{initialise, `{"type":"complete","id":"` + strings.Repeat("x", 257) + `"}`}, 4400, "Invalid message: id can have at most 256 bytes"},
		"a subscribe without a payload":         {[]string{initialise, `{"type":"subscribe","id":"1"}`}, 4400, "Invalid message: payload must be an operation"},
		"a subscribe without a query":           {[]string{initialise, `{"type":"subscribe","id":"1","payload":{}}`}, 4400, "Invalid message: payload must be an operation"},
		"a query that is a number":              {[]string{initialise, `{"type":"subscribe","id":"1","payload":{"query":1}}`}, 4400, "Invalid message: payload must be an operation"},
		"variables that are a list":             {[]string{initialise, `{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}`}, 4400, "Invalid message: payload must be an operation"},
		"a complete without an id":              {[]string{initialise, `{"type":"complete"}`}, 4400, "Invalid message: id must be a string, and not empty"},
		"a subscribe before the init":           {[]string{subscribe}, 4401, "Unauthorized"},
		"an init without a token":               {[]string{`{"type":"connection_init"}`}, 4403, "Forbidden: token missing"},
		"an init with a bad token":              {[]string{`{"type":"connection_init","payload":{"authorization":"Bearer x.y.z"}}`}, 4403, "Forbidden: token malformed"},
		"an init with another scheme":           {[]string{`{"type":"connection_init","payload":{"authorization":"Basic x"}}`}, 4403, "Forbidden: the Authorization header must be Bearer and a token"},
		"a second subscriber of an id":          {[]string{initialise, subscribe, subscribe}, 4409, "Subscriber for 1 already exists"},
		"a second init":                         {[]string{initialise, initialise}, 4429, "Too many initialisation requests"},
		"a second init that is not even needed": {[]string{initialise, `{"type":"connection_init"}`}, 4429, "Too many initialisation requests"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t).dial(t)
			for _, text := range c.says {
				client.say(text)
			}
			client.wantClose(c.code, c.reason)
		})
	}
}

func TestSocketSubprotocols(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for name, offered := range map[string][]string{
		"none":       nil,
		"the old":    {"graphql-ws"},
		"misspelt":   {"graphql-transport-ws2"},
		"of another": {"chat", "superchat"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, resp, err := websocket.Dial(t.Context(), s.URL, &websocket.DialOptions{Subprotocols: offered})
			if err == nil || resp.StatusCode != http.StatusBadRequest {
				t.Fatal(err, resp)
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil || !strings.Contains(string(body), "must offer graphql-transport-ws") {
				t.Errorf("%s, %v", body, err)
			}
		})
	}
	t.Run("among others", func(t *testing.T) {
		t.Parallel()
		c := s.dialAs(t, []string{"graphql-ws", "graphql-transport-ws"}, "Authorization", token(t, "staff", "acme"))
		c.say(`{"type":"connection_init"}`)
		c.want("connection_ack", "")
	})
}

func TestSocketInit(t *testing.T) {
	t.Parallel()
	t.Run("must come in time", func(t *testing.T) {
		t.Parallel()
		c := serve(t, graph.QuickTimes(50*time.Millisecond, minute)).dial(t)
		c.say(`{"type":"ping"}`)
		c.want("pong", "")
		c.wantClose(4408, "Connection initialisation timeout")
	})
	t.Run("in time is in time", func(t *testing.T) {
		t.Parallel()
		c := serve(t, graph.QuickTimes(200*time.Millisecond, 100*time.Millisecond)).join(t, "staff")
		for range 4 { // longer than the clock that must not ring
			c.want("ping", "")
		}
	})
	t.Run("takes the header of the request", func(t *testing.T) {
		t.Parallel()
		c := serve(t).dial(t, "Authorization", token(t, "staff", "acme"))
		c.say(`{"type":"connection_init","payload":null}`)
		c.want("connection_ack", "")
	})
	t.Run("prefers its own credential", func(t *testing.T) {
		t.Parallel()
		c := serve(t).dial(t, "Authorization", "Bearer x.y.z")
		c.say(`{"type":"connection_init","payload":{"Authorization":"` + token(t, "staff", "acme") + `"}}`)
		c.want("connection_ack", "")
	})
	t.Run("that cannot be judged is to be tried again", func(t *testing.T) {
		t.Parallel()
		c := serve(t, func(o *graph.Options) {
			o.Authenticate = func(context.Context, string) (crm.Viewer, error) { return crm.Viewer{}, crm.ErrUnavailable }
		}).dial(t)
		c.say(`{"type":"connection_init"}`)
		c.wantClose(1013, "Try again later")
	})
}

func TestSocketOperations(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.join(t, "staff")
	t.Run("a query is answered once", func(t *testing.T) {
		c.subscribe("1", `{ viewer { subject } }`, nil)
		if f := c.want("next", "1"); string(f.Payload) != `{"data":{"viewer":{"subject":"staff@example.com"}},"extensions":{"cost":{"cost":1,"limit":100000}}}` {
			t.Errorf("%s", f.Payload)
		}
		c.want("complete", "1")
	})
	t.Run("an id can be used again", func(t *testing.T) {
		c.subscribe("1", `{ contacts { nodes { id } } }`, nil)
		if f := c.want("next", "1"); string(f.Payload) != `{"data":{"contacts":{"nodes":[]}},"extensions":{"cost":{"cost":26,"limit":100000}}}` {
			t.Errorf("%s", f.Payload)
		}
		c.want("complete", "1")
	})
	t.Run("an error of a field comes with the data", func(t *testing.T) {
		c.subscribe("2", `mutation { createChannel(input: {name: "x", type: TELEGRAM}) { channel { id } } }`, nil)
		if f := c.want("next", "2"); !strings.Contains(string(f.Payload), `"code":"FORBIDDEN"`) {
			t.Errorf("%s", f.Payload)
		}
		c.want("complete", "2")
	})
	for name, payload := range map[string]string{
		"a syntax error":                  `{"query":"{"}`,
		"an unknown field":                `{"query":"{ nothing }"}`,
		"an unknown operation":            `{"query":"query A { viewer { role } }","operationName":"B"}`,
		"a missing variable":              `{"query":"query ($id: ID!) { contact(id: $id) { id } }"}`,
		"an empty query":                  `{"query":""}`,
		"two fields of a subscription":    `{"query":"subscription { contactEvents { id } sessionEvents { id } }"}`,
		"no field of a subscription":      `{"query":"subscription { contactEvents @skip(if: true) { id } }"}`,
		"a subscription's type":           `{"query":"subscription { __typename }"}`,
		"a filter that does not exist":    `{"query":"subscription { sessionEvents(filter: {statuses: [OPEN]}) { id } }"}`,
		"a document of too many words":    `{"query":"{` + strings.Repeat(" viewer { role }", 600) + `}"}`,
		"an operation of more than 128 K": `{"query":"{ viewer { role } } #` + strings.Repeat("x", 128<<10) + `"}`,
	} {
		t.Run(name+" is one error and nothing else", func(t *testing.T) {
			c.say(`{"id":"3","type":"subscribe","payload":` + payload + `}`)
			f := c.want("error", "3")
			var errs []struct {
				Message    string
				Extensions struct{ Code string }
			}
			if err := json.Unmarshal(f.Payload, &errs); err != nil || len(errs) == 0 ||
				!slices.Contains([]string{"BAD_USER_INPUT", "QUERY_TOO_COMPLEX"}, errs[0].Extensions.Code) {
				t.Errorf("%s", f.Payload)
			}
			c.barrier()
		})
	}
	t.Run("after an unknown event everything is to be read anew", func(t *testing.T) {
		for _, after := range []string{"x", "event_0198c2a100007000800001234567890a", "contact_0198c2a100007000800001234567890a"} {
			c.subscribe("4", watchContacts, vars{"after": after})
			if f := c.want("error", "4"); !strings.Contains(string(f.Payload), `"code":"RESYNC_REQUIRED"`) {
				t.Errorf("after %q: %s", after, f.Payload)
			}
		}
		c.barrier()
	})
	t.Run("a channel credential hears nothing", func(t *testing.T) {
		c := s.join(t, "channel")
		c.subscribe("1", watchContacts, nil)
		if f := c.want("error", "1"); !strings.Contains(string(f.Payload), `"code":"FORBIDDEN"`) {
			t.Errorf("%s", f.Payload)
		}
	})
	t.Run("completing what nobody started is no error", func(t *testing.T) {
		c.say(`{"id":"9","type":"complete"}`)
		c.say(`{"type":"pong"}`)
		c.say(`{"type":"pong","payload":{"late":true}}`)
		c.barrier()
	})
}

func TestSocketPings(t *testing.T) {
	t.Parallel()
	t.Run("of the client are answered in kind", func(t *testing.T) {
		t.Parallel()
		c := serve(t).dial(t) // before the init, too
		c.say(`{"type":"ping"}`)
		if f := c.want("pong", ""); f.Payload != nil {
			t.Errorf("%s", f.Payload)
		}
		c.say(`{"type":"ping","payload":null}`)
		c.want("pong", "")
		c.barrier()
	})
	t.Run("of the server come again and again", func(t *testing.T) {
		t.Parallel()
		c := serve(t, graph.QuickTimes(minute, 20*time.Millisecond)).join(t, "staff")
		for range 3 {
			c.want("ping", "")
			c.say(`{"type":"pong"}`)
		}
	})
}

func TestSocketLimits(t *testing.T) {
	t.Parallel()
	t.Run("a hundred subscriptions, and one more when one has ended", func(t *testing.T) {
		t.Parallel()
		c := serve(t).join(t, "staff")
		for i := range 100 {
			c.subscribe(fmt.Sprint(i), watchContacts, nil)
		}
		c.barrier()
		c.subscribe("100", watchContacts, nil)
		if f := c.want("error", "100"); !strings.Contains(string(f.Payload), `"code":"RATE_LIMITED"`) {
			t.Errorf("%s", f.Payload)
		}
		c.subscribe("q", `{ viewer { role } }`, nil) // and queries all the same
		c.want("next", "q")
		c.want("complete", "q")
		c.say(`{"id":"50","type":"complete"}`)
		c.subscribe("100", watchContacts, nil)
		c.barrier()
		c.subscribe("101", watchContacts, nil)
		c.want("error", "101")
	})
	t.Run("a message of 256 KiB, and not a byte more", func(t *testing.T) {
		t.Parallel()
		c := serve(t).join(t, "staff")
		message := func(size int) string {
			head, tail := `{"type":"pong","payload":{"x":"`, `"}}`
			return head + strings.Repeat("x", size-len(head)-len(tail)) + tail
		}
		c.say(message(256 << 10))
		c.barrier()
		c.say(message(256<<10 + 1))
		c.wantClose(1009, "read limited at 262145 bytes")
	})
	t.Run("half of all connections of one address, and one more when one has ended", func(t *testing.T) {
		t.Parallel()
		s := serve(t, graph.QuickTimes(minute, minute), func(o *graph.Options) { // nobody is ended for saying nothing
			o.Connections = 6
			o.Address = func(r *http.Request) string { return r.Header.Get("X-Address") }
		})
		refused := func(address string, status int, message string) {
			t.Helper()
			headers := http.Header{"Authorization": {token(t, "staff", "acme")}, "X-Address": {address}}
			_, resp, err := websocket.Dial(t.Context(), s.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: headers})
			if err == nil {
				t.Fatal("one connection too many")
			}
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != status || resp.Header.Get("Retry-After") == "" || !strings.Contains(string(body), message) {
				t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
			}
			stream := s.sseRaw(t, `{"query": "subscription { contactEvents { id } }"}`,
				"Authorization", headers.Get("Authorization"), "X-Address", address)
			if stream.status != status || stream.header.Get("Retry-After") == "" {
				t.Errorf("a stream: %d %v", stream.status, stream.header)
			}
		}
		first := s.dial(t, "X-Address", "a")
		s.dial(t, "X-Address", "a")
		stream := s.sseRaw(t, `{"query": "subscription { contactEvents { id } }"}`,
			"Authorization", token(t, "staff", "acme"), "X-Address", "a")
		if stream.status != http.StatusOK {
			t.Fatal(stream.status)
		}
		refused("a", http.StatusTooManyRequests, `"code":"RATE_LIMITED"`)
		for range 3 {
			s.dial(t, "X-Address", "b")
		}
		refused("c", http.StatusServiceUnavailable, `"code":"UNAVAILABLE"`)
		if got := s.query("staff", `{ viewer { role } }`, nil); got.status != http.StatusOK { // requests are counted elsewhere
			t.Error(got.status, got.body)
		}
		_ = first.ws.CloseNow()
		for deadline := time.Now().Add(5 * time.Second); ; {
			_, resp, err := websocket.Dial(t.Context(), s.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"X-Address": {"a"}}})
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("a connection that has ended still counts: ", resp.Status)
			}
		}
	})
	t.Run("operations are counted", func(t *testing.T) {
		t.Parallel()
		left := 2
		c := serve(t, func(o *graph.Options) {
			o.Allow = func(_ context.Context, v crm.Viewer, _ int) (time.Duration, bool) {
				left--
				return 1500 * time.Millisecond, left >= 0 && v.Subject == "staff@example.com"
			}
		}).join(t, "staff")
		for range 2 {
			c.subscribe("1", `{ viewer { role } }`, nil)
			c.want("next", "1")
			c.want("complete", "1")
		}
		c.subscribe("1", `{ viewer { role } }`, nil)
		if f := c.want("error", "1"); !strings.Contains(string(f.Payload), `"code":"RATE_LIMITED"`) {
			t.Errorf("%s", f.Payload)
		}
	})
}

func TestSocketEndsWithTheToken(t *testing.T) {
	t.Parallel()
	var ended endings
	s := serve(t, ended.note, at(func() time.Time { return start.Truncate(time.Second).Add(time.Hour - 200*time.Millisecond) }))
	c := s.join(t, "staff")
	c.subscribe("1", watchContacts, nil)
	c.wantClose(4403, "token expired")
	ended.want(t, "token expired")
}

func TestSocketShutdown(t *testing.T) {
	t.Parallel()
	t.Run("sends subscribers elsewhere", func(t *testing.T) {
		t.Parallel()
		var h *graph.Handler
		s := serveHandler(t, &h)
		c, idle := s.join(t, "staff"), s.dial(t)
		c.subscribe("1", watchContacts, nil)
		c.barrier()
		done := make(chan error, 1)
		go func() { done <- h.Shutdown(t.Context()) }()
		c.wantClose(1001, "Going away")
		idle.wantClose(1001, "Going away")
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, resp, err := websocket.Dial(t.Context(), s.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}); err == nil || resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%v %v", resp, err)
		}
	})
	t.Run("lets a mutation finish", func(t *testing.T) {
		t.Parallel()
		var h *graph.Handler
		s := serveHandler(t, &h)
		running, finish := make(chan struct{}), make(chan struct{})
		graph.Block(h, running, finish)
		c := s.join(t, "staff")
		c.subscribe("1", `{ viewer { role } }`, nil)
		<-running
		done := make(chan error, 1)
		go func() { done <- h.Shutdown(t.Context()) }()
		c.barrier() // not closed
		close(finish)
		c.want("next", "1")
		c.want("complete", "1")
		c.wantClose(1001, "Going away")
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Run("waits no longer than it may", func(t *testing.T) {
		t.Parallel()
		var h *graph.Handler
		s := serveHandler(t, &h)
		running, finish := make(chan struct{}), make(chan struct{})
		graph.Block(h, running, finish)
		c := s.join(t, "staff")
		c.subscribe("1", `{ viewer { role } }`, nil)
		<-running
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := h.Shutdown(ctx); err == nil {
			t.Error("no error")
		}
		if _, err := c.listen(5 * time.Second); err == nil {
			t.Error("still open")
		}
		close(finish)
	})
}

func TestSocketHandshake(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"a plain GET":                {nil, http.StatusUnauthorized},
		"an upgrade to another":      {[]string{"Connection", "Upgrade", "Upgrade", "h2c"}, http.StatusUnauthorized},
		"a WebSocket without a key":  {[]string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Protocol", "graphql-transport-ws"}, http.StatusBadRequest},
		"a WebSocket of old version": {[]string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "8", "Sec-WebSocket-Protocol", "graphql-transport-ws"}, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := s.send(http.MethodGet, "", c.headers...); got.status != c.status {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}
