package graph_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"kith/graph"
	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// hotPage is the page that matters most: what a keystroke in the search box asks for.
const hotPage = `query ($search: String!) {
	contacts(search: $search, first: 50) {
		edges {
			cursor
			match { field kind }
			node {
				id displayName name email phone version lastActivityAt
				sessions(first: 5) { nodes { id status tag lastMessagePreview lastMessageAt unreadCount channel { id name type } } }
			}
		}
		pageInfo { hasNextPage endCursor }
		search
	}
}`

// mostAllocations is how many allocations the hot page may cost, without those of the storage.
const mostAllocations = 800

// prepared is a store that answers the hot page from memory without allocating.
type prepared struct {
	storage.Store
	page     storage.ContactPage
	sessions map[crm.ContactID]storage.SessionPage
	channels map[crm.ChannelID]crm.Channel
}

func prepare() prepared {
	p := prepared{sessions: map[crm.ContactID]storage.SessionPage{}, channels: map[crm.ChannelID]crm.Channel{}}
	var channels []crm.ChannelID
	for i, kind := range crm.ChannelTypes {
		c := crm.Channel{ID: crm.NewChannelID(start), Name: fmt.Sprintf("Channel %d", i), Type: kind, Active: true}
		p.channels[c.ID] = c
		channels = append(channels, c.ID)
	}
	for i := range 50 {
		at := start.Add(time.Duration(i) * 1_234_567 * time.Microsecond)
		c := crm.Contact{
			ID: crm.NewContactID(at), Name: new(fmt.Sprintf("Anna “Annie” Müller %02d", i)), Email: new(fmt.Sprintf("anna%02d@example.com", i)),
			Phone: new(fmt.Sprintf("+49301234%03d", i)), Version: 1, CreatedAt: at, UpdatedAt: at, LastActivityAt: &at,
		}
		p.page.Rows = append(p.page.Rows, storage.ContactRow{
			Contact:  c,
			Position: storage.Position{Key: fmt.Sprintf("anna “annie” muller %02d", i), ID: [16]byte(c.ID)},
			Match:    &search.Match{Field: search.MatchName, Kind: search.MatchPrefix},
		})
		page := storage.SessionPage{More: i%3 == 0}
		for j := range 5 {
			page.Sessions = append(page.Sessions, crm.Session{
				ID: crm.NewSessionID(at), ContactID: &c.ID, ChannelID: channels[(i+j)%len(channels)], Status: crm.Active,
				Tag: new(crm.OrderStatus), LastMessagePreview: new("Hello, where is my \"order\"?"), LastMessageAt: at, UnreadCount: j, StartedAt: at,
			})
		}
		p.sessions[c.ID] = page
	}
	p.page.More = true
	return p
}

func (p prepared) Workspace(context.Context, string) (crm.WorkspaceID, error) { return 1, nil }

func (p prepared) Settings(context.Context, crm.WorkspaceID) (crm.WorkspaceSettings, error) {
	return crm.NewWorkspaceSettings(), nil
}

func (p prepared) Generation() uint64 { return 0 }

func (p prepared) CursorKey(context.Context) ([]byte, error) { return make([]byte, 32), nil }

func (p prepared) Contacts(context.Context, crm.WorkspaceID, storage.ContactQuery) (storage.ContactPage, error) {
	return p.page, nil
}

func (p prepared) SessionsByContact(
	context.Context, crm.WorkspaceID, []crm.ContactID, storage.SessionQuery,
) (map[crm.ContactID]storage.SessionPage, error) {
	return p.sessions, nil
}

func (p prepared) ChannelsByID(
	context.Context, crm.WorkspaceID, []crm.ChannelID,
) (map[crm.ChannelID]crm.Channel, error) {
	return p.channels, nil
}

// asker asks a handler for the hot page, again and again, without a network and without allocating.
type asker struct {
	handler http.Handler
	request *http.Request
	body    *bytes.Reader
	answer  reusableWriter
}

func newAsker(tb testing.TB, options ...option) *asker {
	tb.Helper()
	b := body(hotPage, vars{"search": "anna"})
	a := &asker{body: bytes.NewReader([]byte(b)), answer: reusableWriter{header: http.Header{}}}
	a.handler = handlerOver(tb, prepare(), &syncBuffer{}, options...)
	a.request = &http.Request{
		Method: http.MethodPost, Body: io.NopCloser(a.body), ContentLength: int64(len(b)),
		Header: http.Header{"Content-Type": {"application/json"}, "Authorization": {token(tb, "staff", "acme")}},
	}
	return a
}

// ask returns the answer, which is good until the next question.
func (a *asker) ask() []byte {
	a.body.Seek(0, io.SeekStart)
	clear(a.answer.header)
	a.answer.Reset()
	a.handler.ServeHTTP(&a.answer, a.request)
	return a.answer.Bytes()
}

type reusableWriter struct {
	bytes.Buffer
	header http.Header
}

func (w *reusableWriter) Header() http.Header { return w.header }
func (w *reusableWriter) WriteHeader(int)     {}

// TestTheHotPageCostsFewAllocations counts every allocation between the parsed HTTP request and the last byte of the answer:
// checking the token, reading the body, gqlgen, service, loaders and writing. The store's own are left out, and so are net/http's.
func TestTheHotPageCostsFewAllocations(t *testing.T) { //nolint:paralleltest // others would be counted too
	a := newAsker(t)
	if got := a.ask(); !bytes.HasPrefix(got, []byte(`{"data":{"contacts":{"edges":[{"cursor":"`)) || len(got) < 50_000 {
		t.Fatalf("%d bytes: %.200s", len(got), got)
	}
	if n := testing.AllocsPerRun(100, func() { a.ask() }); n > mostAllocations {
		t.Errorf("%.0f allocations, want at most %d", n, mostAllocations)
	} else {
		t.Logf("%.0f allocations", n)
	}
}

// BenchmarkHotPage compares the page as Kith writes it with the page as gqlgen would.
func BenchmarkHotPage(b *testing.B) {
	for name, options := range map[string][]option{"written": nil, "gqlgen": {graph.Stock}} {
		b.Run(name, func(b *testing.B) {
			a := newAsker(b, options...)
			b.SetBytes(int64(len(a.ask())))
			b.ReportAllocs()
			for b.Loop() {
				a.ask()
			}
		})
	}
}
