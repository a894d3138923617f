package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// writers write into a workspace until stopped: new customers, more messages of theirs, and new names.
type writers struct {
	store     storage.Store
	workspace crm.WorkspaceID
	channel   crm.ChannelID
	pace      time.Duration // rest after each write

	mu       sync.Mutex
	err      error
	inserted []time.Duration // what a new customer's first message took
}

// start starts n writers and returns a function that stops them and reports their results.
func start(
	ctx context.Context, store storage.Store, w crm.WorkspaceID, n int, pace time.Duration,
) (stop func() ([]time.Duration, error), err error) {
	channels, err := store.Channels(ctx, w)
	if err != nil {
		return nil, err
	}
	if len(channels) == 0 {
		return nil, fmt.Errorf("the workspace has no channels")
	}
	ctx, cancel := context.WithCancel(ctx)
	all := &writers{store: store, workspace: w, channel: channels[0].ID, pace: pace}
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() { all.write(ctx, rand.New(rand.NewPCG(uint64(i), uint64(time.Now().UnixNano())))) })
	}
	return func() ([]time.Duration, error) {
		cancel()
		running.Wait()
		return all.inserted, all.err
	}, nil
}

func (w *writers) write(ctx context.Context, r *rand.Rand) {
	var known []customer
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(w.pace):
		}
		var err error
		began := time.Now()
		switch n % 3 {
		case 0:
			from := newCustomer(r)
			var done crm.Recorded
			done, err = w.store.RecordInteraction(ctx, w.workspace, w.message(r, from))
			if err == nil {
				from.contact = done.Contact.ID
				known = append(known, from)
				w.mu.Lock()
				w.inserted = append(w.inserted, time.Since(began))
				w.mu.Unlock()
			}
		case 1:
			_, err = w.store.RecordInteraction(ctx, w.workspace, w.message(r, known[r.IntN(len(known))]))
		default:
			edit, now := crm.ContactPatch{Name: crm.To(new(name(r)))}, time.Now()
			_, err = w.store.UpdateContact(ctx, w.workspace, known[r.IntN(len(known))].contact, crm.ContactEdit{
				At: now, Event: crm.NewEventID(now), Actor: "staff",
				Change: func(c *crm.Contact) error { return edit.Apply(c, "") },
			})
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.mu.Lock()
			w.err = err
			w.mu.Unlock()
			return
		}
	}
}

// customer is somebody who writes: under one name and from one address, as people do.
type customer struct {
	externalID  string
	name, email string
	contact     crm.ContactID
}

func newCustomer(r *rand.Rand) customer {
	n := r.Uint64()
	return customer{externalID: fmt.Sprintf("writer-%x", n), name: name(r), email: fmt.Sprintf("writer.%x@example.com", n)}
}

func (w *writers) message(r *rand.Rand, from customer) crm.Interaction {
	now := time.Now().UTC().Truncate(time.Microsecond)
	text := "Is this still available?"
	return crm.Interaction{
		ChannelID: w.channel, ExternalID: from.externalID, MessageID: fmt.Sprint(r.Uint64()), At: now, Received: now,
		Direction: crm.Inbound, Preview: &text, Profile: crm.Profile{Name: &from.name, Email: &from.email},
	}
}

func name(r *rand.Rand) string {
	first := []string{"Maria", "Jürgen", "Olga", "Ahmed", "Linh", "Zoë", "Paul", "Ines"}
	last := []string{"Silva", "Müller", "Petrova", "Hassan", "Nguyen", "Smith", "Moreau", "Costa"}
	return fmt.Sprintf("%s %s %d", first[r.IntN(len(first))], last[r.IntN(len(last))], r.IntN(1000))
}
