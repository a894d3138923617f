// Command minimal is the least handler that answers what the benchmark asks: net/http, the SQL of Kith's own store, and
// JSON put together by hand. It knows one question, takes the search from the request's variables and ignores the rest
// of the request; there is no GraphQL, no authorisation and no limit. What Kith adds to the database's time is measured
// against it, so it gets the same collector settings as a tuned server would.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/postgres"
)

const (
	pageSize    = 50
	sessionSize = 5
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where to listen")
	database := flag.String("database", "", "postgres://…")
	workspace := flag.String("workspace", "big", "the workspace to search")
	flag.Parse()
	debug.SetGCPercent(400)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *addr, *database, *workspace); err != nil {
		log.Fatal(err)
	}
}

func serve(ctx context.Context, addr, database, workspace string) error {
	store, err := postgres.Open(ctx, database, postgres.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	w, err := store.Workspace(ctx, workspace)
	if err != nil {
		return err
	}
	s := &http.Server{Addr: addr, Handler: handler{store, w}, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = s.Close() })
	if err := s.ListenAndServe(); ctx.Err() == nil {
		return err
	}
	return nil
}

type handler struct {
	store     storage.Store
	workspace crm.WorkspaceID
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var request struct{ Variables struct{ Search string } }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&request); err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	p, err := h.read(r.Context(), request.Variables.Search)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	b := p.append(make([]byte, 0, 32<<10))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b)
}

// page is what one answer is made of.
type page struct {
	contacts storage.ContactPage
	sessions map[crm.ContactID]storage.SessionPage
	channels map[crm.ChannelID]crm.Channel
}

// read asks the store three times: for the contacts, their sessions, and the sessions' channels.
func (h handler) read(ctx context.Context, text string) (p page, err error) {
	p.contacts, err = h.store.Contacts(ctx, h.workspace, storage.ContactQuery{
		Search: search.Parse(text, ""), Order: storage.Relevance, Page: storage.Page{Size: pageSize},
	})
	if err != nil || len(p.contacts.Rows) == 0 {
		return p, err
	}
	ids := make([]crm.ContactID, len(p.contacts.Rows))
	for i, row := range p.contacts.Rows {
		ids[i] = row.Contact.ID
	}
	newest := storage.SessionQuery{Page: storage.Page{Size: sessionSize}}
	p.sessions, err = h.store.SessionsByContact(ctx, h.workspace, ids, newest)
	if err != nil {
		return p, err
	}
	seen := make(map[crm.ChannelID]bool)
	var channels []crm.ChannelID
	for _, list := range p.sessions {
		for _, s := range list.Sessions {
			if !seen[s.ChannelID] {
				seen[s.ChannelID] = true
				channels = append(channels, s.ChannelID)
			}
		}
	}
	if len(channels) > 0 {
		p.channels, err = h.store.ChannelsByID(ctx, h.workspace, channels)
	}
	return p, err
}
