package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
)

// endpoint is a webhook endpoint that is not stored yet, and the audit entry for it.
func (w *world) endpoint(url string) (crm.WebhookEndpoint, crm.AuditEntry) {
	e := crm.WebhookEndpoint{
		ID: crm.NewEndpointID(w.tick()), URL: url, Events: []string{"contact.created", "session.updated"}, Description: "Shop 😀",
		Secrets: crm.Sealed("sealed"), CreatedBy: "ann", CreatedAt: w.now, Enabled: true,
	}
	audit := crm.NewAudit(crm.EndpointCreated, "ann", w.now)
	audit.EndpointID = &e.ID
	return e, audit
}

// newEndpoint creates an endpoint.
func (w *world) newEndpoint(url string) crm.WebhookEndpoint {
	w.t.Helper()
	e, audit := w.endpoint(url)
	w.check(w.CreateEndpoint(w.ctx, w.id, e, audit))
	return w.endpointNow(e.ID)
}

func (w *world) endpoints() []crm.WebhookEndpoint {
	w.t.Helper()
	found, err := w.Endpoints(w.ctx, w.id)
	w.check(err)
	return found
}

func (w *world) endpointNow(id crm.EndpointID) crm.WebhookEndpoint {
	w.t.Helper()
	for _, e := range w.endpoints() {
		if e.ID == id {
			return e
		}
	}
	w.t.Fatalf("no %s", id)
	return crm.WebhookEndpoint{}
}

// delivery is a delivery of an event that is pending and due.
func (w *world) delivery(e crm.WebhookEndpoint, event crm.EventID, seq crm.Sequence) crm.WebhookDelivery {
	return crm.WebhookDelivery{
		ID: crm.DeliveryOf(e.ID, event), EndpointID: e.ID, EventID: &event, Sequence: seq, Type: "contact.created",
		Status: crm.DeliveryPending, CreatedAt: w.tick(), NextAt: new(w.now),
	}
}

// lease is a lease of 15 seconds for somebody, from now on.
func (w *world) lease(owner uuid.UUID) storage.EndpointLease {
	return storage.EndpointLease{Owner: owner, Now: w.now, Until: w.now.Add(15 * time.Second)}
}

// due reports whether an endpoint has something to do.
func (w *world) due(id crm.EndpointID) bool {
	w.t.Helper()
	found, err := w.DueEndpoints(w.ctx, w.now, 10_000)
	w.check(err)
	return slices.Contains(found, storage.OwnedEndpoint{Workspace: w.id, ID: id})
}

// round leases an endpoint, and stores a round in which it got deliveries.
func (w *world) round(e crm.WebhookEndpoint, p crm.WebhookProgress, deliveries ...crm.WebhookDelivery) {
	w.t.Helper()
	owner := uuid.New()
	_, err := w.LeaseEndpoint(w.ctx, w.id, e.ID, w.lease(owner))
	w.check(err)
	w.check(w.SaveRound(w.ctx, w.id, e.ID, storage.WebhookRound{Owner: owner, At: w.now, Progress: p, Deliveries: deliveries}))
	w.check(w.ExtendLease(w.ctx, w.id, e.ID, storage.EndpointLease{Owner: owner, Now: w.now, Until: w.now.Add(-time.Second)}))
}

func (w *world) deliveries(q storage.DeliveryQuery) (found []crm.WebhookDelivery, more bool) {
	w.t.Helper()
	page, err := w.Deliveries(w.ctx, w.id, q)
	w.check(err)
	return page.Deliveries, page.More
}

var webhookEndpointCases = []testCase{
	{"a webhook endpoint is kept as it was, with its audit entry, and gets the events after the newest one", func(w *world) {
		w.published(w.marker())
		last, _, err := w.LastSequence(w.ctx, w.id)
		w.check(err)
		e, audit := w.endpoint("https://example.com/hook?ä=😀")
		e.FormerSecretUntil = new(w.now.Add(time.Hour))
		w.check(w.CreateEndpoint(w.ctx, w.id, e, audit))
		e.ReadTo = last
		second := w.newEndpoint("https://example.org/")
		w.same("endpoints", w.endpoints(), []crm.WebhookEndpoint{e, second})
		w.same("audit", w.audited()[1], audit)
		other := w.neighbour()
		w.same("a neighbour's", other.endpoints(), []crm.WebhookEndpoint{})
		w.wantErr("a neighbour deletes", other.DeleteEndpoint(other.ctx, other.id, e.ID, audit), crm.ErrNotFound)
		found := map[crm.EndpointID]crm.WorkspaceID{}
		w.check(w.EachEndpoint(w.ctx, func(of crm.WorkspaceID, e crm.WebhookEndpoint) error {
			found[e.ID] = of
			return nil
		}))
		w.same("each", []crm.WorkspaceID{found[e.ID], found[second.ID]}, []crm.WorkspaceID{w.id, w.id})
	}},
	{"a workspace has room for so many webhook endpoints", func(w *world) {
		for i := range crm.MaxEndpoints {
			w.newEndpoint(fmt.Sprint("https://example.com/", i))
		}
		e, audit := w.endpoint("https://example.com/more")
		w.wantErr("one more", w.CreateEndpoint(w.ctx, w.id, e, audit), crm.ErrTooManyEndpoints)
		w.check(w.DeleteEndpoint(w.ctx, w.id, w.endpoints()[0].ID, crm.NewAudit(crm.EndpointDeleted, "ann", w.now)))
		w.check(w.CreateEndpoint(w.ctx, w.id, e, audit))
	}},
	{"an edit of a webhook endpoint keeps its progress, and is refused with the endpoint", func(w *world) {
		e := w.newEndpoint("https://example.com/")
		refusal := errors.New("no")
		now, err := w.UpdateEndpoint(w.ctx, w.id, e.ID, func(*crm.WebhookEndpoint) error { return refusal }, &crm.AuditEntry{})
		w.wantErr("refused", err, refusal)
		w.same("endpoint", now, e)
		w.round(e, crm.WebhookProgress{ReadTo: 7, Skipped: 3})
		audit := crm.NewAudit(crm.EndpointEdited, "ben", w.tick())
		_, err = w.UpdateEndpoint(w.ctx, w.id, e.ID, func(e *crm.WebhookEndpoint) error {
			e.URL, e.Events, e.Description, e.Secrets = "https://example.org/", []string{"contact.deleted"}, "", crm.Sealed("other")
			e.Enabled, e.DisabledAt, e.DisabledReason = false, new(w.now), crm.DisabledByAdmin
			audit.EndpointID = &e.ID
			return nil
		}, &audit)
		w.check(err)
		want := e
		want.URL, want.Events, want.Description, want.Secrets = "https://example.org/", []string{"contact.deleted"}, "", crm.Sealed("other")
		want.Enabled, want.DisabledAt, want.DisabledReason, want.ReadTo, want.Skipped = false, new(w.now), crm.DisabledByAdmin, 7, 3
		w.same("edited", w.endpointNow(e.ID), want)
		w.same("audit", w.audited()[0], audit)
		_, err = w.UpdateEndpoint(w.ctx, w.id, crm.NewEndpointID(w.now), func(*crm.WebhookEndpoint) error { return nil }, &audit)
		w.wantErr("another", err, crm.ErrNotFound)
	}},
	{"a webhook endpoint is due when there are events to read or deliveries to try, unless it is off, leased or told to wait", func(w *world) {
		e := w.newEndpoint("https://example.com/")
		w.same("new", w.due(e.ID), false)
		w.published(w.marker())
		w.same("with an event", w.due(e.ID), true)
		last, _, err := w.LastSequence(w.ctx, w.id)
		w.check(err)
		p := crm.WebhookProgress{ReadTo: last - 1, HoldUntil: new(w.now.Add(time.Minute)), Failures: 2, FailingSince: new(w.now)}
		w.round(e, p)
		w.same("progress", w.endpointNow(e.ID).WebhookProgress, p)
		w.same("on hold", w.due(e.ID), false)
		p.NextAt = new(w.now.Add(time.Second))
		w.round(e, p)
		w.same("before the next attempt", w.due(e.ID), false)
		w.now = w.now.Add(2 * time.Second)
		w.same("at the next attempt", w.due(e.ID), true)
		owner := uuid.New()
		_, err = w.LeaseEndpoint(w.ctx, w.id, e.ID, w.lease(owner))
		w.check(err)
		w.same("leased", w.due(e.ID), false)
		w.now = w.now.Add(16 * time.Second)
		w.same("after the lease", w.due(e.ID), true)
		_, err = w.UpdateEndpoint(w.ctx, w.id, e.ID, func(e *crm.WebhookEndpoint) error { e.Enabled = false; return nil }, &crm.AuditEntry{})
		w.check(err)
		w.same("off", w.due(e.ID), false)
	}},
	{"one process has a webhook endpoint at a time, and what another has taken over is not stored", func(w *world) {
		e := w.newEndpoint("https://example.com/")
		first, second := uuid.New(), uuid.New()
		_, err := w.LeaseEndpoint(w.ctx, w.id, e.ID, w.lease(first))
		w.check(err)
		_, err = w.LeaseEndpoint(w.ctx, w.id, e.ID, w.lease(second))
		w.wantErr("leased to another", err, crm.ErrLeaseLost)
		_, err = w.LeaseEndpoint(w.ctx, w.id, e.ID, w.lease(first))
		w.check(err)
		w.now = w.now.Add(10 * time.Second)
		w.check(w.ExtendLease(w.ctx, w.id, e.ID, w.lease(first)))
		w.now = w.now.Add(10 * time.Second)
		_, err = w.LeaseEndpoint(w.ctx, w.id, e.ID, w.lease(second))
		w.wantErr("extended", err, crm.ErrLeaseLost)
		w.now = w.now.Add(10 * time.Second)
		_, err = w.LeaseEndpoint(w.ctx, w.id, e.ID, w.lease(second))
		w.check(err)
		lost := storage.WebhookRound{
			Owner: first, At: w.now, Progress: crm.WebhookProgress{ReadTo: 9},
			Deliveries: []crm.WebhookDelivery{w.delivery(e, crm.NewEventID(w.now), 9)}, Disabled: crm.DisabledGone,
		}
		w.wantErr("the first stores", w.SaveRound(w.ctx, w.id, e.ID, lost), crm.ErrLeaseLost)
		w.wantErr("the first extends", w.ExtendLease(w.ctx, w.id, e.ID, w.lease(first)), crm.ErrLeaseLost)
		w.same("endpoint", w.endpointNow(e.ID), e)
		found, _ := w.deliveries(storage.DeliveryQuery{Endpoint: e.ID, Page: aPage})
		w.same("deliveries", len(found), 0)
		lost.Owner = second
		w.check(w.SaveRound(w.ctx, w.id, e.ID, lost))
		now := w.endpointNow(e.ID)
		w.same("switched off", []any{now.Enabled, *now.DisabledAt, now.DisabledReason}, []any{false, w.now, crm.DisabledGone})
	}},
	{"of several processes that want a webhook endpoint one gets it", func(w *world) {
		e := w.newEndpoint("https://example.com/")
		got := make([]bool, 8)
		w.check(together(len(got), func(i int) error {
			_, err := w.LeaseEndpoint(w.ctx, w.id, e.ID, w.lease(uuid.New()))
			if got[i] = err == nil; errors.Is(err, crm.ErrLeaseLost) {
				return nil
			}
			return err
		}))
		n := 0
		for _, is := range got {
			if is {
				n++
			}
		}
		w.same("have it", n, 1)
	}},
	{"pending deliveries come with the lease, in the order of their events, and are listed, counted and found", func(w *world) {
		e, other := w.newEndpoint("https://example.com/"), w.newEndpoint("https://example.org/")
		event := crm.NewEventID(w.tick())
		second := w.delivery(e, event, 12)
		first := w.delivery(e, crm.NewEventID(w.tick()), 11)
		done := w.delivery(e, crm.NewEventID(w.tick()), 10)
		done.Status, done.Attempts, done.LastAt, done.NextAt, done.ResponseStatus, done.Took = crm.DeliveryDone, 2, new(w.now), nil, 204, 17
		w.round(e, crm.WebhookProgress{ReadTo: 12}, second, first, done)
		w.round(other, crm.WebhookProgress{ReadTo: 12}, w.delivery(other, event, 12))
		leased, err := w.LeaseEndpoint(w.ctx, w.id, e.ID, w.lease(uuid.New()))
		w.check(err)
		w.same("pending", leased.Pending, []crm.WebhookDelivery{first, second})
		found, more := w.deliveries(storage.DeliveryQuery{Endpoint: e.ID, Page: aPage})
		w.same("list", found, []crm.WebhookDelivery{done, first, second})
		w.same("more", more, false)
		found, more = w.deliveries(storage.DeliveryQuery{Endpoint: e.ID, Status: crm.DeliveryPending, Page: storage.Page{Size: 1}})
		w.same("pending", found, []crm.WebhookDelivery{first})
		w.same("more pending", more, true)
		after := storage.DeliveryPosition(found[0])
		found, _ = w.deliveries(storage.DeliveryQuery{Endpoint: e.ID, Status: crm.DeliveryPending, Page: storage.Page{Size: 1, After: &after}})
		w.same("the next", found, []crm.WebhookDelivery{second})
		for status, want := range map[crm.DeliveryStatus]int{"": 3, crm.DeliveryPending: 2, crm.DeliveryDone: 1, crm.DeliveryFailed: 0} {
			n, err := w.CountDeliveries(w.ctx, w.id, storage.DeliveryQuery{Endpoint: e.ID, Status: status}, 3)
			w.check(err)
			w.same("count of "+string(status), n, storage.Count{Value: want, Exact: true})
		}
		byID, err := w.DeliveriesByID(w.ctx, w.id, []crm.DeliveryID{done.ID, crm.NewDeliveryID(w.now)})
		w.check(err)
		w.same("by id", byID, map[crm.DeliveryID]crm.WebhookDelivery{done.ID: done})
		neighbour := w.neighbour()
		byID, err = neighbour.DeliveriesByID(w.ctx, neighbour.id, []crm.DeliveryID{done.ID})
		w.check(err)
		w.same("a neighbour's", len(byID), 0)
		w.check(w.DeleteEndpoint(w.ctx, w.id, e.ID, crm.NewAudit(crm.EndpointDeleted, "ben", w.tick())))
		found, _ = w.deliveries(storage.DeliveryQuery{Endpoint: e.ID, Page: aPage})
		w.same("after the deletion", len(found), 0)
		found, _ = w.deliveries(storage.DeliveryQuery{Endpoint: other.ID, Page: aPage})
		w.same("the other endpoint's", len(found), 1)
	}},
	{"so many deliveries that are over are kept of a webhook endpoint, and all that are pending", func(w *world) {
		e := w.newEndpoint("https://example.com/")
		var all []crm.WebhookDelivery
		for i := range crm.KeptDeliveries + 20 {
			d := w.delivery(e, crm.NewEventID(w.tick()), crm.Sequence(i+1))
			if i >= 10 {
				d.Status, d.NextAt = crm.DeliveryDone, nil
			}
			all = append(all, d)
		}
		w.round(e, crm.WebhookProgress{}, all...)
		for status, want := range map[crm.DeliveryStatus]int{crm.DeliveryPending: 10, crm.DeliveryDone: crm.KeptDeliveries} {
			n, err := w.CountDeliveries(w.ctx, w.id, storage.DeliveryQuery{Endpoint: e.ID, Status: status}, 2000)
			w.check(err)
			w.same("count of "+string(status), n.Value, want)
		}
		found, _ := w.deliveries(storage.DeliveryQuery{Endpoint: e.ID, Page: storage.Page{Size: 1}})
		w.same("the newest", found[0], all[len(all)-1])
	}},
	{"a redelivery is due, also where a round is stored after it", func(w *world) {
		event := w.marker()
		w.published(event)
		e := w.newEndpoint("https://example.com/")
		d := w.delivery(e, event, 1)
		d.Status, d.Attempts, d.NextAt = crm.DeliveryDone, 3, nil
		gone := w.delivery(e, crm.NewEventID(w.now), 2)
		gone.Status = crm.DeliveryDone
		w.round(e, e.WebhookProgress, d, gone)
		owner := uuid.New()
		leased, err := w.LeaseEndpoint(w.ctx, w.id, e.ID, w.lease(owner))
		w.check(err)
		audit := crm.NewAudit(crm.WebhookRedelivered, "ben", w.tick())
		d.Status, d.Attempts, d.NextAt = crm.DeliveryPending, 0, new(w.now)
		again, err := w.Redeliver(w.ctx, w.id, d.ID, audit)
		w.check(err)
		w.same("delivery", again, d)
		audit.EndpointID = &e.ID
		w.same("audit", w.audited()[0], audit)
		w.check(w.SaveRound(w.ctx, w.id, e.ID, storage.WebhookRound{
			Owner: owner, At: w.now, Progress: leased.Endpoint.WebhookProgress, Disabled: crm.DisabledFailing,
		}))
		w.now = w.now.Add(time.Minute)
		w.same("due", w.due(e.ID), true)
		_, err = w.Redeliver(w.ctx, w.id, gone.ID, audit)
		w.wantErr("without its event", err, crm.ErrNotFound)
		_, err = w.UpdateEndpoint(w.ctx, w.id, e.ID, func(e *crm.WebhookEndpoint) error { e.Enabled = false; return nil }, &crm.AuditEntry{})
		w.check(err)
		_, err = w.Redeliver(w.ctx, w.id, d.ID, audit)
		w.wantErr("of an endpoint that is off", err, crm.ErrEndpointOff)
	}},
	{"a webhook endpoint that is switched on again tries what it has not got", func(w *world) {
		e := w.newEndpoint("https://example.com/")
		failed := w.delivery(e, crm.NewEventID(w.tick()), 1)
		failed.Status, failed.Attempts, failed.NextAt = crm.DeliveryFailed, 12, nil
		test := crm.WebhookDelivery{ID: crm.NewDeliveryID(w.tick()), EndpointID: e.ID, Type: crm.WebhookTest, Status: crm.DeliveryFailed, CreatedAt: w.now}
		w.round(e, crm.WebhookProgress{Failures: 9, FailingSince: new(w.now), HoldUntil: new(w.now.Add(time.Hour))}, failed)
		audit := crm.NewAudit(crm.WebhookTested, "ben", w.now)
		w.check(w.AddDelivery(w.ctx, w.id, test, audit))
		w.same("audit", w.audited()[0], audit)
		for _, on := range []bool{false, true} {
			_, err := w.UpdateEndpoint(w.ctx, w.id, e.ID, func(e *crm.WebhookEndpoint) error { e.Enabled = on; return nil }, &crm.AuditEntry{})
			w.check(err)
		}
		now := w.endpointNow(e.ID)
		w.same("failures", now.Failures, 0)
		w.same("no hold", []*time.Time{now.FailingSince, now.HoldUntil}, []*time.Time{nil, nil})
		byID, err := w.DeliveriesByID(w.ctx, w.id, []crm.DeliveryID{failed.ID, test.ID})
		w.check(err)
		w.same("the test", byID[test.ID], test)
		d := byID[failed.ID]
		w.same("the delivery", []any{d.Status, d.Attempts, d.NextAt != nil}, []any{crm.DeliveryPending, 0, true})
		test.EndpointID = crm.NewEndpointID(w.now)
		w.wantErr("a test of another endpoint", w.AddDelivery(w.ctx, w.id, test, audit), crm.ErrNotFound)
	}},
	{"events are kept for longer while an enabled webhook endpoint has yet to get them", func(w *world) {
		w.now = time.Date(2008, 4, 1, 12, 0, 0, 0, time.UTC)
		e := w.newEndpoint("https://example.com/")
		ch := w.channel("Shop")
		w.record(w.message(ch, "ann", "1"))
		w.published(w.marker())
		last, _, err := w.LastSequence(w.ctx, w.id)
		w.check(err)
		forget := func(before time.Time) (left int) {
			w.t.Helper()
			w.forget(w.ForgetEvents, before)
			events, err := w.Events(w.ctx, w.id, 0, 1000)
			w.check(err)
			return len(events)
		}
		all, err := w.Events(w.ctx, w.id, 0, 1000)
		w.check(err)
		soon := w.now.Add(time.Hour)
		w.same("unread", forget(soon), len(all))
		w.round(e, crm.WebhookProgress{ReadTo: last}, w.delivery(e, all[2].ID, all[2].Sequence))
		w.same("read, with a pending delivery of the third", forget(soon), len(all)-2)
		w.round(e, crm.WebhookProgress{ReadTo: last - 1})
		pending := w.delivery(e, all[2].ID, all[2].Sequence)
		pending.Status = crm.DeliveryDone
		w.round(e, crm.WebhookProgress{ReadTo: last - 1}, pending)
		w.same("read but for the last", forget(soon), 1)
		w.same("much later", forget(soon.Add(crm.WebhookHold+time.Hour)), 0)
	}},
	{"events are not kept for a webhook endpoint that is off", func(w *world) {
		w.now = time.Date(2007, 4, 1, 12, 0, 0, 0, time.UTC)
		e := w.newEndpoint("https://example.com/")
		w.published(w.marker())
		_, err := w.UpdateEndpoint(w.ctx, w.id, e.ID, func(e *crm.WebhookEndpoint) error { e.Enabled = false; return nil }, &crm.AuditEntry{})
		w.check(err)
		w.forget(w.ForgetEvents, w.now.Add(time.Hour))
		events, err := w.Events(w.ctx, w.id, 0, 1000)
		w.check(err)
		w.same("events", len(events), 0)
	}},
}
