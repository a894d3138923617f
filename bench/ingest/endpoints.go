package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"kith/bench/rig"
)

// receiver is where webhook endpoints send to. It answers after a while.
type receiver struct {
	*httptest.Server
	took     time.Duration
	received atomic.Int64
}

func newReceiver(took time.Duration) *receiver {
	r := &receiver{took: took}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		select {
		case <-time.After(r.took):
		case <-q.Context().Done():
			return
		}
		r.received.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	return r
}

// rounds is how often each number of endpoints is measured.
const rounds = 5

// endpoints measures what webhook endpoints cost: as many messages as the connections carry, with different endpoints in turns. The
// ratios are within a round.
func (l *load) endpoints(ctx context.Context, k kith, lasting time.Duration) error {
	fast, slow := newReceiver(0), newReceiver(9*time.Second) // a second less than Kith waits
	defer fast.Close()
	defer slow.CloseClientConnections()
	kinds := []struct {
		name string
		n    int
		to   *receiver
	}{
		{"no endpoint", 0, fast}, {"one endpoint", 1, fast}, {"ten endpoints", 10, fast}, {"one slow endpoint", 1, slow},
	}
	rates, ratios, p95 := make([][]float64, len(kinds)), make([][]float64, len(kinds)), make([][]float64, len(kinds))
	delivered := make([]int64, len(kinds))
	for round := range rounds {
		round95 := make([]float64, len(kinds))
		for i := range kinds {
			if round%2 == 1 { // every other round in reverse
				i = len(kinds) - 1 - i
			}
			kind := kinds[i]
			var ids []string
			for range kind.n {
				id, err := k.endpoint(ctx, kind.to.URL)
				if err != nil {
					return err
				}
				ids = append(ids, id)
			}
			before := kind.to.received.Load()
			r := l.allOut(ctx, lasting)
			delivered[i] += kind.to.received.Load() - before
			for _, id := range ids {
				if err := k.remove(ctx, id); err != nil {
					return err
				}
			}
			if ctx.Err() != nil || len(r.took) == 0 {
				return ctx.Err()
			}
			slices.Sort(r.took)
			rates[i] = append(rates[i], float64(len(r.took)-r.failed)/r.elapsed.Seconds())
			round95[i] = float64(r.took[len(r.took)*95/100].Microseconds()) / 1000
			p95[i] = append(p95[i], round95[i])
		}
		for i := range kinds {
			ratios[i] = append(ratios[i], rates[i][round]/rates[0][round])
		}
	}
	fmt.Printf("%-34s %10s %8s %8s %12s\n", "all out, medians of rounds", "messages/s", "ratio", "p95 ms", "delivered/s")
	for i, kind := range kinds {
		fmt.Printf("%-34s %10.0f %8.2f %8.1f %12.0f\n", kind.name, rig.Median(rates[i]), rig.Median(ratios[i]), rig.Median(p95[i]),
			float64(delivered[i])/lasting.Seconds()/rounds)
	}
	return nil
}

// endpoint makes a webhook endpoint that gets all events.
func (k kith) endpoint(ctx context.Context, to string) (id string, err error) {
	var made struct {
		CreateWebhookEndpoint struct {
			WebhookEndpoint struct{ ID string }
			UserErrors      []struct{ Message string }
		}
	}
	err = k.Ask(ctx, "admin", `mutation ($url: String!) { createWebhookEndpoint(input: { url: $url, events: [
		"contact.created", "contact.updated", "contact.deleted", "contact.merged", "contact.split", "session.created", "session.updated"] }) {
		webhookEndpoint { id } userErrors { message } } }`, map[string]any{"url": strings.TrimSuffix(to, "/") + "/"}, &made)
	if err == nil && len(made.CreateWebhookEndpoint.UserErrors) > 0 {
		err = fmt.Errorf("create a webhook endpoint: %s", made.CreateWebhookEndpoint.UserErrors[0].Message)
	}
	return made.CreateWebhookEndpoint.WebhookEndpoint.ID, err
}

func (k kith) remove(ctx context.Context, id string) error {
	return k.Ask(ctx, "admin", `mutation ($id: ID!) { deleteWebhookEndpoint(input: { id: $id }) { userErrors { message } } }`,
		map[string]any{"id": id}, &struct{}{})
}
