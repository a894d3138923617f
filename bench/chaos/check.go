package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"
)

// check compares what is there with what was answered.
func (t *trial) check(ctx context.Context) error {
	all := append([]*worker{t.probe}, t.workers...)
	for _, check := range []func(context.Context, []*worker) error{t.checkContacts, t.checkSessions, t.checkEvents} {
		if err := check(ctx, all); err != nil {
			return err
		}
	}
	if err := t.system.check(ctx); err != nil {
		return err
	}
	return t.checkLogs(all)
}

// checkContacts reads every contact, those that are no more, and counts.
func (t *trial) checkContacts(ctx context.Context, all []*worker) error {
	contacts, dead := 0, 0
	for _, w := range all {
		seen := make(map[*contact]bool)
		for _, c := range w.people {
			if c.contact == nil || seen[c.contact] {
				continue
			}
			seen[c.contact] = true
			if err := w.read(ctx, c.contact); err != nil {
				return err
			}
		}
		contacts += len(seen)
		for some := range slices.Chunk(w.dead, 100) {
			var got struct{ Nodes []*struct{ ID string } }
			if _, err := w.ask(ctx, "staff", `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": some}, &got); err != nil {
				return err
			}
			for _, n := range got.Nodes {
				if n != nil {
					return violate("contact %s was deleted or merged, and is there", n.ID)
				}
			}
			dead += len(some)
		}
	}
	var got struct {
		Contacts struct {
			TotalCount struct{ Value int }
		}
		IngestFailures struct {
			TotalCount struct{ Value int }
		}
	}
	if _, err := t.probe.ask(ctx, "admin", `{ contacts { totalCount(max: 10000) { value } } ingestFailures { totalCount { value } } }`, nil, &got); err != nil {
		return err
	}
	if n := got.Contacts.TotalCount.Value; n != contacts {
		return violate("%d contacts are counted, not %d", n, contacts)
	}
	if n := got.IngestFailures.TotalCount.Value; n != 0 {
		return violate("%d messages are kept as failed", n)
	}
	fmt.Printf("%d contacts are there as they were answered, %d are deleted or merged\n", contacts, dead)
	return nil
}

// checkSessions walks all sessions and compares their messages with those that were answered, by contact.
func (t *trial) checkSessions(ctx context.Context, all []*worker) error {
	type count struct{ Sessions, Unread int }
	want, got := make(map[string]count), make(map[string]count)
	add := func(to map[string]count, contact string, sessions, unread int) {
		c := to[contact]
		to[contact] = count{c.Sessions + sessions, c.Unread + unread}
	}
	for _, w := range all {
		if w.anonymous.sessions > 0 {
			add(want, "", w.anonymous.sessions, w.anonymous.unread)
		}
		for _, c := range w.people {
			if c.contact != nil {
				add(want, c.contact.id, c.sessions, c.unread)
			}
		}
	}
	for after := (*string)(nil); ; {
		var page struct {
			Sessions struct {
				Nodes []struct {
					Contact     *struct{ ID string }
					UnreadCount int
				}
				PageInfo struct {
					HasNextPage bool
					EndCursor   *string
				}
			}
		}
		_, err := t.probe.ask(ctx, "staff", `query ($after: String) { sessions(first: 100, after: $after) {
			nodes { contact { id } unreadCount } pageInfo { hasNextPage endCursor } } }`, map[string]any{"after": after}, &page)
		if err != nil {
			return err
		}
		for _, s := range page.Sessions.Nodes {
			id := ""
			if s.Contact != nil {
				id = s.Contact.ID
			}
			add(got, id, 1, s.UnreadCount)
		}
		if !page.Sessions.PageInfo.HasNextPage {
			break
		}
		after = page.Sessions.PageInfo.EndCursor
	}
	total := count{}
	for id, c := range want {
		if got[id] != c {
			return violate("contact %q has %+v, not %+v", id, got[id], c)
		}
		total = count{total.Sessions + c.Sessions, total.Unread + c.Unread}
	}
	if len(got) != len(want) {
		return violate("sessions of %d contacts, not of %d", len(got), len(want))
	}
	fmt.Printf("%d messages are in %d sessions, each once\n", total.Unread, total.Sessions)
	return nil
}

// checkEvents compares what the listeners have received with each other, with the record as it is read afterwards, and with what
// was answered.
func (t *trial) checkEvents(ctx context.Context, all []*worker) error {
	records := make(map[string][]event) // by field
	erased := make(map[string]bool)
	for _, w := range all {
		maps.Copy(erased, w.erased)
	}
	for _, l := range t.listeners {
		record, known := records[l.field]
		if !known {
			again := &listener{name: l.name + ", again", base: t.system.base, field: l.field, last: t.first.ID}
			whole, leave := context.WithCancel(ctx)
			ended := make(chan error, 1)
			go func() { ended <- again.run(whole) }()
			kept := lasting(l.seen, erased)
			err := until(ctx, 3*time.Minute, again.name, func() error {
				if len(kept) == 0 || again.has(kept[len(kept)-1].ID) {
					return nil
				}
				select {
				case err := <-ended:
					ended <- err
					return err
				default:
					return errors.New("it is on its way")
				}
			})
			time.Sleep(time.Second) // for what may follow
			leave()
			if err := <-ended; err != nil {
				return err
			}
			if err != nil {
				return err
			}
			record = again.seen
			records[l.field] = record
		}
		if err := l.compare(record, erased); err != nil {
			return err
		}
		fmt.Printf("%s: %d events, in order, none missing, none twice; resumed %d times\n", l.name, len(l.seen), l.resumed)
	}
	contacts := make(map[string]bool)
	for _, e := range records[contactEvents] {
		contacts[e.ID] = true
	}
	answered := 0
	for _, w := range all {
		for _, e := range w.events {
			if !contacts[e.ID] && !erased[e.ContactID] {
				return violate("event %s of %s was answered, and no subscriber received it", e.ID, e.ContactID)
			}
			answered++
		}
	}
	fmt.Printf("%d events that were answered were received\n", answered)
	return inOrder(records[contactEvents], t.first.ContactID, erased)
}

// checkLogs refuses panics, and sums up what was done.
func (t *trial) checkLogs(all []*worker) error {
	for _, k := range t.system.kith {
		if text, err := os.ReadFile(k.log); err != nil || bytes.Contains(text, []byte("panic")) {
			return violate("%s: there is a panic in %s (%v)", k.name, k.log, err)
		}
	}
	done, retried := make(map[string]int), 0
	for _, w := range all {
		for what, n := range w.done {
			done[what] += n
		}
		retried += w.retried
	}
	for _, what := range slices.Sorted(maps.Keys(done)) {
		fmt.Printf("%d %s, ", done[what], what)
	}
	fmt.Printf("sent again %d times\n", retried)
	return nil
}
