package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/graph"
	"kith/internal/auth"
	"kith/internal/channels"
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/events"
	"kith/internal/ingest"
	"kith/internal/service"
	"kith/internal/vault"
	"kith/internal/webhooks"
	"kith/storage"
	"kith/storage/sqlite/sqlitetest"
	"kith/storage/storagetest"
)

const secret = "a secret of at least thirty-two bytes"

// start is when the clock of every test begins; each look at it is a second later.
var start = time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC)

// server is the endpoint over a separate database.
type server struct {
	*httptest.Server
	t     *testing.T
	store *storagetest.Counter
	log   *syncBuffer
}

type option func(*graph.Options)

func withoutIntrospection(o *graph.Options) { o.Introspection = false }

func serve(t *testing.T, options ...option) *server {
	t.Helper()
	return serveStore(t, open(t), options...)
}

func open(t *testing.T) *storagetest.Counter {
	t.Helper()
	return storagetest.Count(sqlitetest.Open(t))
}

// serveStore serves a store. Its calls are counted where it is a counter.
func serveStore(t *testing.T, store storage.Store, options ...option) *server {
	t.Helper()
	s := &server{t: t, log: &syncBuffer{}}
	s.store, _ = store.(*storagetest.Counter)
	s.Server = httptest.NewServer(s.handler(store, options...))
	t.Cleanup(s.Close)
	return s
}

// serveHandler is serve that also hands out the endpoint.
func serveHandler(t *testing.T, h **graph.Handler, options ...option) *server {
	t.Helper()
	s := &server{t: t, store: open(t), log: &syncBuffer{}}
	*h = s.handler(s.store, options...).(*graph.Handler)
	s.Server = httptest.NewServer(*h)
	t.Cleanup(s.Close)
	return s
}

func (s *server) handler(store storage.Store, options ...option) http.Handler {
	s.t.Helper()
	return handlerOver(s.t, store, s.log, options...)
}

func handlerOver(tb testing.TB, store storage.Store, log io.Writer, options ...option) http.Handler {
	tb.Helper()
	logger := slog.New(slog.NewTextHandler(log, nil))
	tokens, err := auth.New(tb.Context(), auth.Config{Secrets: []string{secret}}, store, logger, func() time.Time { return start })
	if err != nil {
		tb.Fatal(err)
	}
	clock := clock()
	keys, err := vault.New(secret)
	if err != nil {
		tb.Fatal(err)
	}
	cursorKey, err := store.CursorKey(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	cursors, err := cursor.NewSealer(cursorKey)
	if err != nil {
		tb.Fatal(err)
	}
	webhookKeys, err := vault.NewWebhookVault(secret)
	if err != nil {
		tb.Fatal(err)
	}
	messages := ingest.New(store, "DE", clock)
	messages.UndoMerge = 30 * 24 * time.Hour
	hub := events.New(store, logger)
	o := graph.Options{
		Service: service.New(store, service.Options{
			Region: "DE", Now: clock, Vault: keys, PublicURL: "https://kith.example.com", Events: hub, Cursors: cursors,
			UndoMerge: 30 * 24 * time.Hour, WebhookVault: webhookKeys,
			Webhooks: webhooks.New(webhooks.Options{
				Store: store, Vault: webhookKeys, Logger: logger, Now: clock, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
			}),
			Replayer: channels.New(channels.Options{
				Channels: store, Ingest: messages, Failures: store, Open: keys.Open, Logger: logger, Now: clock,
			}),
		}),
		Ingest:        messages,
		Authenticate:  tokens.Authenticate,
		Logger:        logger,
		Introspection: true,
		ImportLimit:   1 << 20,
		Now:           func() time.Time { return start },
		RequestID:     func(context.Context) string { return "request-1" },
	}
	hubs.Store(o.Service, hub)
	for _, option := range options {
		option(&o)
	}
	return graph.New(o)
}

// hubs are the hubs of the endpoints' services. They do not run, so that tests can count calls, unless with following.
var hubs sync.Map

// following delivers events to the endpoint immediately, until the test ends.
func following(t *testing.T) option {
	return func(o *graph.Options) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
		done := make(chan struct{})
		go func() {
			defer close(done)
			hub, _ := hubs.Load(o.Service)
			hub.(*events.Hub).Run(ctx)
		}()
		t.Cleanup(func() {
			cancel()
			<-done
		})
	}
}

func clock() func() time.Time {
	var mu sync.Mutex
	now := start
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}
}

// token is a bearer of the role in the workspace.
func token(tb testing.TB, role, workspace string) string {
	tb.Helper()
	signed, err := auth.Sign(secret, auth.Grant{
		Workspace: workspace, Role: role, Subject: role + "@example.com", Name: "The " + role,
		IssuedAt: start, ExpiresAt: start.Add(time.Hour),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return "Bearer " + signed
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// errors are the codes and messages of the GraphQL errors.
func (a answer) errors(t *testing.T) (codes, messages []string) {
	t.Helper()
	var r struct {
		Errors []struct {
			Message    string
			Extensions map[string]any
		}
	}
	if err := json.Unmarshal([]byte(a.body), &r); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	for _, e := range r.Errors {
		code, _ := e.Extensions["code"].(string)
		codes = append(codes, code)
		messages = append(messages, e.Message)
	}
	return codes, messages
}

// into decodes the data, which must have come without an error.
func (a answer) into(t *testing.T, data any) {
	t.Helper()
	if codes, messages := a.errors(t); len(codes) > 0 {
		t.Fatalf("%s: %s", codes, messages)
	}
	if err := json.Unmarshal([]byte(a.body), &struct{ Data any }{data}); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

// post sends a body as it is. Headers come in pairs.
func (s *server) post(body string, headers ...string) answer {
	s.t.Helper()
	return s.send(http.MethodPost, body, append([]string{
		"Content-Type", "application/json", "Authorization", token(s.t, "admin", "acme"),
	}, headers...)...)
}

func (s *server) send(method, body string, headers ...string) answer {
	s.t.Helper()
	return s.sendTo(method, "", body, headers...)
}

// sendTo sends to the endpoint with a query component, question mark included.
func (s *server) sendTo(method, query, body string, headers ...string) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+"/"+query, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(got)}
}

type vars = map[string]any

// query runs an operation as somebody: "admin", "staff" or "channel", of workspace acme unless a slash and a name follow.
func (s *server) query(who, document string, variables vars) answer {
	s.t.Helper()
	role, workspace, ok := strings.Cut(who, "/")
	if !ok {
		workspace = "acme"
	}
	body, err := json.Marshal(vars{"query": document, "variables": variables})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.post(string(body), "Authorization", token(s.t, role, workspace))
}

// channel adds a channel and returns its id.
func (s *server) channel(who, name string, kind crm.ChannelType) string {
	s.t.Helper()
	var data struct {
		CreateChannel struct{ Channel struct{ ID string } }
	}
	s.query(who, `mutation ($name: String!, $type: ChannelType!) {
		createChannel(input: {name: $name, type: $type}) { channel { id } }
	}`, vars{"name": name, "type": kind}).into(s.t, &data)
	return data.CreateChannel.Channel.ID
}

const record = `mutation ($input: RecordInteractionInput!) {
	recordInteraction(input: $input) { contact { id } session { id } userErrors { code field message } }
}`

// record reports a message and returns the ids of its contact and session.
func (s *server) record(who string, input vars) (contact, session string) {
	s.t.Helper()
	var data struct {
		RecordInteraction struct {
			Contact, Session struct{ ID string }
			UserErrors       []any
		}
	}
	s.query(who, record, vars{"input": input}).into(s.t, &data)
	if len(data.RecordInteraction.UserErrors) > 0 {
		s.t.Fatal(data.RecordInteraction.UserErrors)
	}
	return data.RecordInteraction.Contact.ID, data.RecordInteraction.Session.ID
}

var (
	idPattern       = regexp.MustCompile(`(contact|session|channel|failure|event|change|audit|viewer|identity|merge|duplicate|view)_[0-9a-f]{32}`)
	tokenPattern    = regexp.MustCompile(`("verifyToken": ?)"[A-Z2-7]{26}"`)
	variablePattern = regexp.MustCompile(`\$(\w+): ID`)
	cursorPattern   = regexp.MustCompile(`("(?:cursor|startCursor|endCursor)": ?)"[^"]+"`)
)

// steady replaces what differs from run to run: the first id of a type that was issued becomes contact_1, and so on.
func steady(s string) string {
	seen := map[string]string{}
	count := map[string]int{}
	s = idPattern.ReplaceAllStringFunc(s, func(id string) string {
		if strings.HasSuffix(id, strings.Repeat("0", 32)) {
			return id
		}
		if seen[id] == "" {
			kind, _, _ := strings.Cut(id, "_")
			count[kind]++
			seen[id] = kind + "_" + string(rune('0'+count[kind]))
		}
		return seen[id]
	})
	s = tokenPattern.ReplaceAllString(s, `${1}"TOKEN"`)
	return cursorPattern.ReplaceAllString(s, `${1}"CURSOR"`)
}

// syncBuffer is a buffer for a logger.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
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
