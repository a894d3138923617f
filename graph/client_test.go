package graph_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"kith/graph"
)

// client is a WebSocket client that sends any message, valid or not.
type client struct {
	t  *testing.T
	ws *websocket.Conn
}

// frame is one message of graphql-transport-ws.
type frame struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

// dial opens a socket. Headers come in pairs.
func (s *server) dial(t *testing.T, headers ...string) *client {
	t.Helper()
	return s.dialAs(t, []string{"graphql-transport-ws"}, headers...)
}

func (s *server) dialAs(t *testing.T, subprotocols []string, headers ...string) *client {
	t.Helper()
	header := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		header.Set(headers[i], headers[i+1])
	}
	ws, resp, err := websocket.Dial(t.Context(), s.URL, &websocket.DialOptions{Subprotocols: subprotocols, HTTPHeader: header})
	if err != nil {
		t.Fatalf("%v %v", err, resp)
	}
	ws.SetReadLimit(-1)
	t.Cleanup(func() { _ = ws.CloseNow() })
	return &client{t, ws}
}

// join opens a socket and initialises it as somebody (see query).
func (s *server) join(t *testing.T, who string) *client {
	t.Helper()
	role, workspace, ok := strings.Cut(who, "/")
	if !ok {
		workspace = "acme"
	}
	c := s.dial(t)
	c.say(`{"type":"connection_init","payload":{"authorization":"` + token(t, role, workspace) + `"}}`)
	if f := c.hear(); f.Type != "connection_ack" {
		t.Fatalf("%+v", f)
	}
	return c
}

// say sends a message as it is.
func (c *client) say(text string) {
	c.t.Helper()
	if err := c.ws.Write(c.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// subscribe sends an operation.
func (c *client) subscribe(id, document string, variables vars) {
	c.t.Helper()
	text, err := json.Marshal(vars{
		"id": id, "type": "subscribe", "payload": vars{"query": document, "variables": variables},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.say(string(text))
}

// hear returns the next message.
func (c *client) hear() frame {
	c.t.Helper()
	f, err := c.listen(30 * time.Second)
	if err != nil {
		c.t.Fatal(err)
	}
	return f
}

func (c *client) listen(patience time.Duration) (f frame, err error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	_, text, err := c.ws.Read(ctx)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(text, &f)
}

// want checks the next message, but for its payload.
func (c *client) want(kind, id string) frame {
	c.t.Helper()
	f := c.hear()
	for f.Type == "ping" && kind != "ping" { // the server asks whether the client is there, whenever it likes
		f = c.hear()
	}
	if f.Type != kind || f.ID != id {
		c.t.Fatalf("got %s %q %s, want %s %q", f.Type, f.ID, f.Payload, kind, id)
	}
	return f
}

// barrier returns when the server has dealt with everything that was said, and nothing has come back.
func (c *client) barrier() {
	c.t.Helper()
	c.say(`{"type":"ping","payload":{"n":1}}`)
	if f := c.want("pong", ""); string(f.Payload) != `{"n":1}` {
		c.t.Fatalf("%s", f.Payload)
	}
}

// wantClose checks how the server closes the socket; messages before that do not matter.
func (c *client) wantClose(code websocket.StatusCode, reason string) {
	c.t.Helper()
	for {
		_, err := c.listen(10 * time.Second)
		if err == nil {
			continue
		}
		got, ok := errors.AsType[websocket.CloseError](err)
		if !ok || got.Code != code || got.Reason != reason {
			c.t.Errorf("got %v, want %d %q", err, code, reason)
		}
		return
	}
}

// stream is an answer of server-sent events.
type stream struct {
	t      *testing.T
	status int
	header http.Header
	lines  *bufio.Scanner
	end    context.CancelFunc
}

// sse sends an operation as somebody and asks for events.
func (s *server) sse(t *testing.T, who, document string, variables vars) *stream {
	t.Helper()
	role, workspace, ok := strings.Cut(who, "/")
	if !ok {
		workspace = "acme"
	}
	body, err := json.Marshal(vars{"query": document, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return s.sseRaw(t, string(body), "Authorization", token(t, role, workspace))
}

func (s *server) sseRaw(t *testing.T, body string, headers ...string) *stream {
	t.Helper()
	return s.sseOf(t, http.MethodPost, "", body, headers...)
}

// sseOf is sseRaw by any method, with a query component.
func (s *server) sseOf(t *testing.T, method, query, body string, headers ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, method, s.URL+"/"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = resp.Body.Close()
	})
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return &stream{t, resp.StatusCode, resp.Header, lines, cancel}
}

// event returns the next event, a comment as one without a name; not ok at the end.
func (s *stream) event() (name, data string, ok bool) {
	s.t.Helper()
	for s.lines.Scan() {
		switch field, value, _ := strings.Cut(s.lines.Text(), ":"); field {
		case "event":
			name = strings.TrimPrefix(value, " ")
		case "data":
			data = strings.TrimPrefix(value, " ")
		default:
			if s.lines.Text() == "" {
				return name, data, true
			}
		}
	}
	return "", "", false
}

// next returns the data of the next event that is no comment, which must be of the name.
func (s *stream) next(want string) string {
	s.t.Helper()
	for {
		name, data, ok := s.event()
		if !ok {
			s.t.Fatalf("ended instead of %s: %v", want, s.lines.Err())
		}
		if name == "" {
			continue
		}
		if name != want {
			s.t.Fatalf("got %s %s, want %s", name, data, want)
		}
		return data
	}
}

func at(now func() time.Time) option { return func(o *graph.Options) { o.Now = now } }
