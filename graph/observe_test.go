package graph_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"kith/graph"
	"kith/internal/crm"
	"kith/storage"
	"kith/storage/storagetest"
)

// stuckStore answers lists of contacts only when nobody waits any more.
type stuckStore struct {
	*storagetest.Counter
	asked chan struct{}
}

func (s stuckStore) Contacts(ctx context.Context, _ crm.WorkspaceID, _ storage.ContactQuery) (storage.ContactPage, error) {
	s.asked <- struct{}{}
	<-ctx.Done()
	return storage.ContactPage{}, ctx.Err()
}

// Whoever types on cancels what was asked before: that is no failure, and no alert should come of it.
func TestAClientThatLeavesIsNoFailure(t *testing.T) {
	t.Parallel()
	codes := make(chan string, 1)
	watch := func(o *graph.Options) {
		o.Instrument = func(ctx context.Context, _ graph.Operation) (context.Context, func(string)) {
			return ctx, func(code string) { codes <- code }
		}
	}
	store := stuckStore{open(t), make(chan struct{}, 1)}
	s := &server{t: t, store: store.Counter, log: &syncBuffer{}}
	handler := s.handler(store, watch)

	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/graphql",
		strings.NewReader(`{"query":"{ contacts(search: \"an\") { nodes { id } } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", token(t, "staff", "acme"))
	go handler.ServeHTTP(nowhere{}, r)
	<-store.asked
	leave()
	select {
	case code := <-codes:
		if code != "CANCELLED" {
			t.Errorf("it ended with %s", code)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it did not end")
	}
}

// nowhere is where answers to those who have left go.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}
