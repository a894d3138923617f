package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// contacts are edited in turn, so that each is left alone for seconds.
	contacts = 2000
	// editors is how many edits are on the way at a time, at most.
	editors = 16
)

// connect opens subscriptions, each on a separate socket.
func (k kith) connect(ctx context.Context, n int) ([]*socket, error) {
	sockets := make([]*socket, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(32)
	for i := range sockets {
		group.Go(func() (err error) {
			sockets[i], err = dial(ctx, strings.TrimPrefix(k.Base, "http://"))
			return err
		})
	}
	return sockets, group.Wait()
}

// holdIdle measures the memory of idle subscribers.
func (k kith) holdIdle(ctx context.Context, kind string, n int) error {
	warm, err := k.connect(ctx, 100)
	if err != nil {
		return err
	}
	before := k.Memory()
	sockets, err := k.connect(ctx, n)
	if err != nil {
		return err
	}
	time.Sleep(time.Second) // what connecting has left behind is collected meanwhile, or not
	after := k.Memory()
	fmt.Printf("%s: %d idle subscribers: %.1f kB each (%.0f MB, %.0f MB before)\n",
		kind, n, (after-before)/float64(n), after/1024, before/1024)
	for _, s := range append(sockets, warm...) {
		_ = s.conn.Close()
	}
	return nil
}

// publish measures how fast subscribers get edits.
func (k kith) publish(ctx context.Context, kind string, o options) error {
	ids, err := k.fill(ctx)
	if err != nil {
		return err
	}
	sockets, err := k.connect(ctx, o.subscribers)
	if err != nil {
		return err
	}
	edits := int(o.rate * o.lasting.Seconds())
	var readers sync.WaitGroup
	ended := make([]error, len(sockets))
	for i, s := range sockets {
		readers.Go(func() { ended[i] = s.count(edits) })
	}
	cpu := k.CPU()
	began := time.Now()
	group, editing := errgroup.WithContext(ctx)
	group.SetLimit(editors)
	late := 0
	for i := range edits {
		due := began.Add(time.Duration(float64(i) / o.rate * float64(time.Second)))
		time.Sleep(time.Until(due))
		if time.Since(due) > 50*time.Millisecond {
			late++
		}
		group.Go(func() error {
			return k.Ask(editing, "staff", `mutation ($id: ID!, $name: String!) { updateContact(input: {id: $id, name: $name}) { eventId } }`,
				map[string]string{"id": ids[i%len(ids)], "name": stamp(time.Now())}, nil)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	took := time.Since(began)
	done := make(chan struct{})
	go func() {
		defer close(done)
		readers.Wait()
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		log.Print("some subscribers have not got everything in 20 s")
	}
	for _, s := range sockets {
		_ = s.conn.Close()
	}
	<-done
	var all []time.Duration
	missed := 0
	for i, s := range sockets {
		all = append(all, s.took...)
		missed += edits - len(s.took)
		if ended[i] != nil && len(s.took) < edits {
			log.Printf("a subscriber ended after %d events: %v", len(s.took), ended[i])
		}
	}
	slices.Sort(all)
	if len(all) == 0 {
		return errors.New("no event arrived")
	}
	at := func(q float64) time.Duration {
		return all[min(len(all)-1, int(q*float64(len(all))))].Round(100 * time.Microsecond)
	}
	fmt.Printf("%s: %d subscribers, %.0f edits/s for %.0f s (%d late): %d events received, %d missed; p50 %v, p99 %v, p99.9 %v, most %v; kith used %.2f processors\n",
		kind, len(sockets), float64(edits)/took.Seconds(), took.Seconds(), late, len(all), missed, at(0.5), at(0.99), at(0.999), at(1),
		(k.CPU()-cpu)/took.Seconds())
	if missed > 0 {
		return errors.New("events were missed")
	}
	return nil
}

// fill makes contacts to edit.
func (k kith) fill(ctx context.Context) ([]string, error) {
	var made struct {
		CreateChannel struct{ Channel struct{ ID string } }
	}
	if err := k.Ask(ctx, "admin", `mutation { createChannel(input: {name: "Bench", type: TELEGRAM}) { channel { id } } }`, nil, &made); err != nil {
		return nil, err
	}
	ids := make([]string, contacts)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(editors)
	for i := range ids {
		group.Go(func() error {
			var recorded struct {
				RecordInteraction struct{ Contact struct{ ID string } }
			}
			err := k.Ask(ctx, "channel", `mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { contact { id } } }`,
				map[string]any{"input": map[string]any{
					"channelId": made.CreateChannel.Channel.ID, "externalId": strconv.Itoa(i), "messageId": "1",
					"profile": map[string]any{"email": fmt.Sprintf("customer%d@example.com", i), "phone": fmt.Sprintf("+4930%07d", i)},
				}}, &recorded)
			ids[i] = recorded.RecordInteraction.Contact.ID
			return err
		})
	}
	return ids, group.Wait()
}
