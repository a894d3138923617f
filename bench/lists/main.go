// Command lists measures lists of contacts under filters and from far rows on against a store that kith demo filled, and
// prints how long the storage calls took: one client, no network.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"kith/bench/rig"
	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	database := flag.String("database", "", "sqlite:PATH or postgres://…")
	workspace := flag.String("workspace", "big", "the workspace to list")
	n := flag.Int("n", 10, "how often each page is read")
	flag.Parse()
	store, err := rig.OpenStore(ctx, *database)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	w, err := store.Workspace(ctx, *workspace)
	if err != nil {
		return err
	}
	m := measurement{store, w, *n}
	if err := m.skips(ctx); err != nil {
		return err
	}
	return m.filters(ctx)
}

type measurement struct {
	store     storage.Store
	workspace crm.WorkspaceID
	n         int
}

var orders = map[string]storage.Order{
	"last activity": storage.LastActivity, "name": storage.Name, "created": storage.Created, "email": storage.Email,
}

// skips reads pages of 50 from anywhere in every order.
func (m measurement) skips(ctx context.Context) error {
	total, err := m.store.CountContacts(ctx, m.workspace, storage.ContactQuery{}, storage.CountLimit)
	if err != nil {
		return err
	}
	for name, order := range orders {
		err := m.measure("skip by "+name, 10, func() error {
			_, err := m.store.Contacts(ctx, m.workspace, storage.ContactQuery{
				Order: order, Descending: rand.IntN(2) == 0, Page: storage.Page{Size: 50, Skip: rand.IntN(total.Value)},
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return m.measure("skip sessions", 10, func() error {
		_, err := m.store.Sessions(ctx, m.workspace, storage.SessionQuery{Page: storage.Page{Size: 50, Skip: rand.IntN(total.Value)}})
		return err
	})
}

// filters reads first pages of 50 and counts, under filters that nobody, few, some and nearly all pass.
func (m measurement) filters(ctx context.Context) error {
	channels, err := m.store.Channels(ctx, m.workspace)
	if err != nil {
		return err
	}
	yes, no := new(true), new(false)
	old, recent := time.Unix(0, 0), time.Now().AddDate(0, 0, -7)
	all := map[string]storage.ContactFilter{
		"nobody's channel": {Channels: [][]crm.ChannelID{{}}}, "a channel": {Channels: [][]crm.ChannelID{{channels[0].ID}}},
		"two channels": {Channels: [][]crm.ChannelID{{channels[0].ID}, {channels[1].ID}}},
		"email":        {HasEmail: yes}, "no email": {HasEmail: no}, "notes": {HasNotes: yes}, "no notes": {HasNotes: no},
		"nothing": {HasEmail: no, HasPhone: no, HasNotes: no}, "everything": {HasEmail: yes, HasPhone: yes, HasNotes: yes},
		"unread": {Unread: yes}, "read": {Unread: no}, "open": {OpenSession: yes}, "not open": {OpenSession: no},
		"unread, not open": {Unread: yes, OpenSession: no},
		"created long ago": {Created: storage.Period{Before: &old}}, "created since": {Created: storage.Period{After: &old}},
		"active lately": {Active: storage.Period{After: &recent}}, "active before": {Active: storage.Period{Before: &recent}},
		"by email": {Email: new("nobody@example.com")}, "by phone": {Phone: new("+4930901820")},
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		q := storage.ContactQuery{Filter: all[name], Page: storage.Page{Size: 50}}
		lists := map[string]storage.ContactQuery{}
		for order, o := range orders {
			q.Order, q.Descending = o, o == storage.LastActivity
			lists[order] = q
		}
		q.Order, q.Search = storage.Relevance, search.Parse("ann", "")
		lists["search"] = q
		for list, q := range lists {
			err := m.measure(name+" by "+list, m.n, func() error { _, err := m.store.Contacts(ctx, m.workspace, q); return err })
			if err != nil {
				return err
			}
		}
		for what, q := range map[string]storage.ContactQuery{"counted": lists["name"], "search counted": lists["search"]} {
			err := m.measure(name+", "+what, m.n, func() error { _, err := m.store.CountContacts(ctx, m.workspace, q, 1000); return err })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// measure calls once, and then so many times with a watch.
func (m measurement) measure(what string, times int, call func() error) error {
	start := time.Now()
	if err := call(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	first := time.Since(start)
	if first > time.Second {
		times = min(times, 2)
	}
	took := make([]time.Duration, times)
	for i := range took {
		start := time.Now()
		if err := call(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fmt.Printf("%-40s first %8.2f  p50 %8.2f  max %8.2f ms\n", what, ms(first), ms(took[len(took)/2]), ms(took[len(took)-1]))
	return nil
}
