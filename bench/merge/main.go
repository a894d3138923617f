// Command merge measures how long it takes to find pairs of contacts that may be one person, to list them, to merge two
// contacts and to undo that: storage calls, one client and no network. It fills a new workspace with contacts, every second of
// which is the duplicate of the one before.
package main

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"os"
	"slices"
	"time"

	"kith/bench/rig"
	"kith/internal/crm"
	"kith/storage"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	database := flag.String("database", "", "sqlite:PATH or postgres://…, migrated")
	contacts := flag.Int("contacts", 20_000, "how many contacts to load")
	merges := flag.Int("merges", 500, "how many pairs to merge, and to part again")
	flag.Parse()
	store, err := rig.OpenStore(ctx, *database)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	b := bench{store: store}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return b.fill(ctx, *contacts) },
		b.find,
		b.list,
		func(ctx context.Context) error { return b.merge(ctx, *merges) },
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

type bench struct {
	store     storage.Store
	workspace crm.WorkspaceID
	pairs     []crm.Duplicate
}

// fill loads the contacts, each with an identity and a session.
func (b *bench) fill(ctx context.Context, n int) (err error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	if b.workspace, err = b.store.Workspace(ctx, fmt.Sprint("merge ", now.UnixNano())); err != nil {
		return err
	}
	ch := crm.Channel{ID: crm.NewChannelID(now), Name: "Shop", Type: crm.Facebook, Active: true, CreatedAt: now}
	if err := b.store.CreateChannel(ctx, b.workspace, ch); err != nil {
		return err
	}
	begun := time.Now()
	err = b.store.Load(ctx, b.workspace, people(ch, n, now))
	fmt.Printf("loaded %d contacts in %s\n", n, time.Since(begun).Round(time.Millisecond))
	return err
}

func people(ch crm.Channel, n int, now time.Time) iter.Seq[storage.Loaded] {
	return func(yield func(storage.Loaded) bool) {
		for i := range n {
			c := crm.Contact{
				ID: crm.NewContactID(now), Version: 1, CreatedAt: now, UpdatedAt: now, LastActivityAt: &now,
				Name: new(fmt.Sprint("Person ", i)), NameFrom: crm.Provenance{Origin: crm.Claimed, Channel: ch.ID},
				Email: new(fmt.Sprintf("person.%d@gmail.com", i)), EmailFrom: crm.Provenance{Origin: crm.Staff},
			}
			if i%2 == 1 {
				c.Email = new(fmt.Sprintf("person%d@googlemail.com", i-1))
			}
			l := storage.Loaded{
				Contact:    c,
				Identities: []crm.Identity{{ChannelID: ch.ID, ExternalID: fmt.Sprint(i), CreatedAt: now}},
				Sessions: []crm.Session{{
					ID: crm.NewSessionID(now), ChannelID: ch.ID, Status: crm.Active, LastMessageAt: now, StartedAt: now, UnreadCount: 1,
				}},
			}
			if !yield(l) {
				return
			}
		}
	}
}

// find runs the maintenance until every contact has been looked at.
func (b *bench) find(ctx context.Context) error {
	begun := time.Now()
	var took []time.Duration
	for more := true; more; {
		at := time.Now()
		var err error
		if more, err = b.store.Maintain(ctx); err != nil {
			return err
		}
		took = append(took, time.Since(at))
	}
	fmt.Printf("looked at all in %s\n", time.Since(begun).Round(time.Millisecond))
	report("a batch of maintenance", took)
	return nil
}

// list reads the list of pairs page by page, a hundred pages at most.
func (b *bench) list(ctx context.Context) error {
	var took []time.Duration
	q := storage.DuplicateQuery{Page: storage.Page{Size: 25}}
	for range 100 {
		at := time.Now()
		page, err := b.store.Duplicates(ctx, b.workspace, q)
		if err != nil {
			return err
		}
		var ids []crm.ContactID
		for _, d := range page.Duplicates {
			ids = append(ids, d.Contacts[0], d.Contacts[1])
		}
		if _, err := b.store.ContactsByID(ctx, b.workspace, ids); err != nil {
			return err
		}
		took = append(took, time.Since(at))
		b.pairs = append(b.pairs, page.Duplicates...)
		if !page.More {
			break
		}
		q.Page.After = new(storage.DuplicatePosition(page.Duplicates[len(page.Duplicates)-1]))
	}
	report("a page of pairs and their contacts", took)
	return nil
}

// merge merges pairs, and undoes it.
func (b *bench) merge(ctx context.Context, n int) error {
	var merging, undoing []time.Duration
	var ids []crm.MergeID
	for _, d := range b.pairs[:min(n, len(b.pairs))] {
		now := time.Now().UTC().Truncate(time.Microsecond)
		m := crm.Merge{
			ID: crm.NewMergeID(now), At: now, Event: crm.NewEventID(now), Actor: "bench", Undoable: time.Hour,
			Survivor: crm.MergePart{ID: d.Contacts[0]}, Others: []crm.MergePart{{ID: d.Contacts[1]}},
		}
		if _, err := b.store.MergeContacts(ctx, b.workspace, m); err != nil {
			return err
		}
		merging, ids = append(merging, time.Since(now)), append(ids, m.ID)
	}
	for _, id := range ids {
		now := time.Now()
		if _, err := b.store.UndoMerge(ctx, b.workspace, crm.Undo{Merge: id, At: now, Event: crm.NewEventID(now), Actor: "bench"}); err != nil {
			return err
		}
		undoing = append(undoing, time.Since(now))
	}
	report("a merge of two contacts", merging)
	report("its undo", undoing)
	return nil
}

// report prints how long calls took.
func report(what string, took []time.Duration) {
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	at := func(share float64) float64 {
		return float64(took[int(share*float64(len(took)-1))].Microseconds()) / 1000
	}
	fmt.Printf("%-36s p50 %8.2f ms   p99 %8.2f ms   max %8.2f ms   of %d\n", what, at(0.5), at(0.99), at(1), len(took))
}
