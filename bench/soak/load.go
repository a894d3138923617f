package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kith/bench/rig"
)

// customers write in turn; there are so many, and no more, so that what grows is not the data.
const customers = 5000

// load is what keeps Kith busy.
type load struct {
	kith    *rig.Kith
	channel string
	stop    context.CancelFunc
	workers sync.WaitGroup

	messages, pages, edits, events, refused atomic.Int64

	mu     sync.Mutex
	failed error // the first failure
}

// done is the outcome of a load.
type done struct {
	messages, pages, edits, events, refused int64
	err                                     error
}

// begin starts a number of workers of each kind.
func begin(ctx context.Context, k *rig.Kith, clients int) (*load, error) {
	var made struct {
		CreateChannel struct{ Channel struct{ ID string } }
	}
	err := k.Ask(ctx, "admin", `mutation { createChannel(input: {name: "Soak", type: TELEGRAM}) { channel { id } } }`, nil, &made)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	l := &load{kith: k, channel: made.CreateChannel.Channel.ID, stop: stop}
	for range clients {
		l.work(ctx, l.write)
		l.work(ctx, l.search)
		l.work(ctx, l.edit)
		l.work(ctx, l.listen)
	}
	return l, nil
}

// work repeats one thing until the load ends.
func (l *load) work(ctx context.Context, do func(context.Context) error) {
	l.workers.Go(func() {
		for ctx.Err() == nil {
			if err := do(ctx); err != nil && ctx.Err() == nil {
				l.mu.Lock()
				l.failed = errors.Join(l.failed, err)
				l.mu.Unlock()
				return
			}
		}
	})
}

func (l *load) end() done {
	l.stop()
	l.workers.Wait()
	return done{l.messages.Load(), l.pages.Load(), l.edits.Load(), l.events.Load(), l.refused.Load(), l.failed}
}

// write has a customer write once more.
func (l *load) write(ctx context.Context) error {
	n := rand.IntN(customers)
	err := l.kith.Ask(ctx, "channel", `mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { session { id } } }`,
		map[string]any{"input": map[string]any{
			"channelId": l.channel, "externalId": fmt.Sprint(n), "messageId": fmt.Sprint(rand.Uint64()), "text": "Hello again",
			"profile": map[string]any{"name": name(n), "email": fmt.Sprintf("customer%d@example.com", n)},
		}}, nil)
	return l.count(&l.messages, err)
}

// search reads a page as the staff page does.
func (l *load) search(ctx context.Context) error {
	typed := name(rand.IntN(customers))
	err := l.kith.Ask(ctx, "staff", `query ($q: String) { contacts(search: $q, first: 50) {
		edges { match { kind } node { id displayName email phone notes lastActivityAt sessions(first: 5) { nodes { status channel { name } } } } }
		totalCount { value } } }`, map[string]any{"q": typed[:1+rand.IntN(len(typed))]}, nil)
	return l.count(&l.pages, err)
}

// edit changes the notes of somebody on the first page.
func (l *load) edit(ctx context.Context) error {
	var found struct {
		Contacts struct{ Nodes []struct{ ID string } }
	}
	err := l.kith.Ask(ctx, "staff", `{ contacts(first: 25) { nodes { id } } }`, nil, &found)
	if err == nil && len(found.Contacts.Nodes) > 0 {
		id := found.Contacts.Nodes[rand.IntN(len(found.Contacts.Nodes))].ID
		err = l.kith.Ask(ctx, "staff", `mutation ($id: ID!, $notes: String!) { updateContact(input: {id: $id, notes: $notes}) { eventId } }`,
			map[string]any{"id": id, "notes": fmt.Sprint("note ", rand.Uint64())}, nil)
	}
	return l.count(&l.edits, err)
}

// listen hears of events for some seconds, then leaves, so that subscriptions come and go.
func (l *load) listen(ctx context.Context) error {
	token, err := rig.Token("staff")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	res, err := rig.Subscribe(ctx, l.kith.Base, token, `subscription { contactEvents { id kind contact { displayName } } }`)
	if err != nil {
		if ctx.Err() != nil {
			return nil // it was time to leave
		}
		return err
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if lines.Text() == "event: next" {
			l.events.Add(1)
		}
	}
	return nil
}

// count counts what went well. What is refused for the moment under such load is counted too, and is no failure.
func (l *load) count(of *atomic.Int64, err error) error {
	switch {
	case err == nil:
		of.Add(1)
	case strings.Contains(strings.ToLower(err.Error()), "unavailable") || strings.Contains(err.Error(), "busy"):
		l.refused.Add(1)
		return nil
	}
	return err
}

// name is the name of a customer.
func name(n int) string {
	first := []string{"ann", "ben", "cleo", "dora", "emil", "fatma", "gus", "hana", "ivo", "jun"}
	last := []string{"adler", "bauer", "costa", "diaz", "evans", "fuchs", "gomez", "haas", "ito", "jansen"}
	return first[n%10] + " " + last[n/10%10] + fmt.Sprint(n/100)
}
