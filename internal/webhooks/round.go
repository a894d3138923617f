package webhooks

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
)

const (
	// roundSize is how many events one round reads: what is sent once more when a process dies before it has stored the outcome.
	roundSize = 50
	// roundTime is how long a round goes on to begin deliveries.
	roundTime = 5 * time.Second
	// parallel is how many deliveries one endpoint gets at a time.
	parallel = 8
	// outage is after how many rounds without success an endpoint counts as down: then single events are tried, and a success makes
	// everything due.
	outage = 3
	// longestHold is how long new events wait at most while an endpoint is down.
	longestHold = 5 * time.Minute
	// gone is the HTTP status that asks to send nothing any more.
	gone = 410
)

// worker does the rounds of one endpoint, which this process has leased.
type worker struct {
	*Dispatcher

	of      storage.OwnedEndpoint
	builder *builder
}

// item is an event to be delivered, with what is known of its delivery.
type item struct {
	event    crm.Event
	delivery crm.WebhookDelivery
	stored   bool // the delivery has a row
	due      bool

	dropped   bool // nothing is left of it
	tried     bool
	gone      bool
	succeeded bool
}

// keys are what has to be in order: the contact, or else the session. An event of a session has both, because its contact may
// have been deleted since an earlier one.
func keys(e crm.Event) (out []uuid.UUID) {
	if e.ContactID != nil {
		out = append(out, uuid.UUID(*e.ContactID))
	}
	if e.SessionID != nil {
		out = append(out, uuid.UUID(*e.SessionID))
	}
	return out
}

// round delivers what is due and stores what became of it. More is false when there was nothing to do.
func (w *worker) round(ctx, hurry context.Context) (more bool, err error) {
	leased, err := w.options.Store.LeaseEndpoint(ctx, w.of.Workspace, w.of.ID, w.lease(leaseFor))
	if err != nil {
		return false, err
	}
	e := leased.Endpoint
	secrets, err := w.options.Vault.Open(w.of.Workspace, e.ID, e.Secrets)
	if err != nil {
		return false, err
	}
	now := w.now()
	r := &round{endpoint: e, progress: e.WebhookProgress, now: now, retries: w.options.Retries}
	if err := w.pending(ctx, r, leased.Pending); err != nil {
		return false, err
	}
	read, err := w.read(ctx, r)
	if err != nil {
		return false, err
	}
	groups := r.groups()
	if len(groups) == 0 && !read && !r.changed() {
		return false, nil
	}
	sending, stop := context.WithCancel(hurry)
	defer stop()
	var keeping sync.WaitGroup
	keeping.Go(func() { w.keep(sending, stop) })
	err = w.deliver(ctx, sending, r, groups, secrets.Signing(now))
	lost := sending.Err() != nil && hurry.Err() == nil
	stop()
	keeping.Wait()
	switch {
	case lost:
		return false, crm.ErrLeaseLost
	case err != nil && !r.tried():
		return false, err
	}
	return true, errors.Join(w.save(context.WithoutCancel(ctx), r), err)
}

// now is the time as it is stored.
func (w *worker) now() time.Time { return w.options.Now().UTC().Truncate(time.Microsecond) }

// round is what is done for an endpoint in one go.
type round struct {
	endpoint crm.WebhookEndpoint
	progress crm.WebhookProgress
	now      time.Time
	retries  []time.Duration
	items    []*item // in the order of their events
	waiting  int     // pending deliveries
	dropped  []crm.DeliveryID
}

// pending adds the pending deliveries. Those whose event is not kept any more are dropped.
func (w *worker) pending(ctx context.Context, r *round, pending []crm.WebhookDelivery) error {
	ids := make([]crm.EventID, 0, len(pending))
	for _, d := range pending {
		if d.EventID != nil {
			ids = append(ids, *d.EventID)
		}
	}
	events := map[crm.EventID]crm.Event{}
	if len(ids) > 0 {
		var err error
		if events, err = w.options.Store.EventsByID(ctx, w.of.Workspace, ids); err != nil {
			return err
		}
	}
	for _, d := range pending {
		event, ok := crm.Event{}, false
		if d.EventID != nil {
			event, ok = events[*d.EventID]
		}
		if !ok || crm.WebhookEvent(event) == "" {
			r.dropped = append(r.dropped, d.ID)
			continue
		}
		event.Sequence = d.Sequence // it may be history by now
		r.items = append(r.items, &item{event: event, delivery: d, stored: true, due: d.NextAt == nil || !d.NextAt.After(r.now)})
	}
	r.waiting = len(r.items)
	return nil
}

// read adds the events that the endpoint has not had yet, as far as it may have them now. It reports whether there were any.
func (w *worker) read(ctx context.Context, r *round) (bool, error) {
	p := &r.progress
	if p.HoldUntil != nil && p.HoldUntil.After(r.now) || r.waiting >= crm.MaxPendingDeliveries {
		return false, nil
	}
	events, err := w.options.Store.Events(ctx, w.of.Workspace, p.ReadTo, roundSize)
	if err != nil || len(events) == 0 {
		return false, err
	}
	for _, e := range events {
		if missed := int(e.Sequence - p.ReadTo - 1); missed > 0 {
			p.Skipped += missed
			w.counts.skipped.Add(float64(missed))
			w.options.Logger.Warn("a webhook endpoint missed events that are not kept any more", "endpoint", w.of.ID.String(), "events", missed)
		}
		p.ReadTo = e.Sequence
		name := crm.WebhookEvent(e)
		if !slices.Contains(r.endpoint.Events, name) {
			continue
		}
		r.items = append(r.items, &item{event: e, due: true, delivery: crm.WebhookDelivery{
			ID: crm.DeliveryOf(r.endpoint.ID, e.ID), EndpointID: r.endpoint.ID, EventID: &e.ID, Sequence: e.Sequence, Type: name,
			Status: crm.DeliveryPending, CreatedAt: r.now, NextAt: new(r.now),
		}})
		if p.Failures >= outage {
			break // one is enough to see whether the receiver is back
		}
	}
	return true, nil
}

// groups are the deliveries to make, those of one contact in order in one group. What comes after a delivery of the same contact
// that is not due waits.
func (r *round) groups() (out [][]*item) {
	held := map[uuid.UUID]bool{}
	of := map[uuid.UUID]int{}
	n := 0
	for _, i := range r.items {
		mine := keys(i.event)
		at := -1
		for _, k := range mine {
			if g, ok := of[k]; ok {
				at = g
			}
		}
		blocked := !i.due || n >= roundSize || slices.ContainsFunc(mine, func(k uuid.UUID) bool { return held[k] })
		for _, k := range mine {
			if g, ok := of[k]; ok && g != at {
				blocked = true // what it follows is in two groups
			}
		}
		if blocked {
			for _, k := range mine {
				held[k] = true
			}
			continue
		}
		if at < 0 {
			at = len(out)
			out = append(out, nil)
		}
		for _, k := range mine {
			of[k] = at
		}
		out[at] = append(out[at], i)
		n++
	}
	return out
}

func (r *round) changed() bool { return len(r.dropped) > 0 }

func (r *round) tried() bool {
	return slices.ContainsFunc(r.items, func(i *item) bool { return i.tried || i.dropped })
}

// deliver makes the deliveries, several groups at a time, until it is time to stop.
func (w *worker) deliver(ctx, sending context.Context, r *round, groups [][]*item, secrets []string) error {
	until := time.Now().Add(roundTime)
	var all errgroup.Group
	all.SetLimit(parallel)
	for _, group := range groups {
		all.Go(func() (err error) {
			defer storage.Recovered(&err)
			for _, i := range group {
				if ctx.Err() != nil || sending.Err() != nil || time.Now().After(until) {
					return nil
				}
				text, ok, err := w.builder.build(ctx, i.event)
				if err != nil {
					return err
				}
				if i.dropped = !ok; i.dropped {
					continue
				}
				at := w.now()
				a := w.sender.send(sending, message{
					url: r.endpoint.URL, id: i.delivery.ID.String(), at: at, body: text, secrets: secrets,
				})
				if a.failure != "" && sending.Err() != nil {
					return nil // interrupted: it is tried again
				}
				w.counts.attempt(a)
				i.outcome(a, at, r.retries)
				if !i.succeeded {
					return nil // what follows waits
				}
			}
			return nil
		})
	}
	return all.Wait()
}

// outcome notes what became of an attempt.
func (i *item) outcome(a answer, at time.Time, retries []time.Duration) {
	d := &i.delivery
	i.tried, i.succeeded, i.gone = true, a.failure == "", a.status == gone
	d.Attempts++
	d.LastAt, d.NextAt, d.ResponseStatus, d.Error, d.Took = &at, nil, a.status, a.failure, int(a.took.Milliseconds())
	switch {
	case i.succeeded:
		d.Status = crm.DeliveryDone
	case i.gone || d.Attempts > len(retries):
		d.Status = crm.DeliveryFailed
	default:
		d.NextAt = new(at.Add(max(jittered(retries[d.Attempts-1]), a.retryAfter)))
	}
}

// save stores the round.
func (w *worker) save(ctx context.Context, r *round) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	stored := r.result(w.now())
	stored.Owner = w.owner
	if err := w.options.Store.SaveRound(ctx, w.of.Workspace, w.of.ID, stored); err != nil {
		return err
	}
	if stored.Disabled != "" {
		w.counts.disabled.Inc()
		w.options.Logger.Warn("a webhook endpoint was switched off", "endpoint", w.of.ID.String(), "reason", string(stored.Disabled))
	}
	return nil
}

// result is what is stored of the round.
func (r *round) result(now time.Time) storage.WebhookRound {
	p := r.progress
	out := storage.WebhookRound{At: now, Dropped: r.dropped}
	succeeded, failed := 0, 0
	for _, i := range r.items {
		switch {
		case !i.tried:
		case i.succeeded:
			succeeded++
		default:
			failed++
			if i.gone {
				out.Disabled = crm.DisabledGone
			} else if i.delivery.Status == crm.DeliveryFailed && out.Disabled == "" {
				out.Disabled = crm.DisabledFailing
			}
		}
	}
	back := succeeded > 0 && p.Failures >= outage
	switch {
	case succeeded > 0:
		p.Failures, p.FailingSince, p.HoldUntil = 0, nil, nil
	case failed > 0:
		if p.Failures++; p.FailingSince == nil {
			p.FailingSince = &now
		}
		p.HoldUntil = new(now.Add(jittered(min(longestHold, time.Second<<min(p.Failures-1, 10)))))
	}
	held := map[uuid.UUID]bool{}
	next := map[time.Time]bool{}
	for _, i := range r.items {
		d := i.delivery
		write := i.tried || !i.stored
		switch {
		case i.dropped:
			if write = false; i.stored {
				out.Dropped = append(out.Dropped, d.ID)
			}
		case d.Status == crm.DeliveryPending:
			if back && (d.NextAt == nil || d.NextAt.After(now)) {
				d.NextAt, write = &now, true
			}
			mine := keys(i.event)
			if !slices.ContainsFunc(mine, func(k uuid.UUID) bool { return held[k] }) && d.NextAt != nil {
				next[*d.NextAt] = true
			}
			for _, k := range mine {
				held[k] = true
			}
		}
		if write {
			out.Deliveries = append(out.Deliveries, d)
		}
	}
	p.NextAt = nil
	for _, at := range slices.SortedFunc(maps.Keys(next), time.Time.Compare) {
		p.NextAt = &at
		break
	}
	if p.NextAt != nil && r.waiting >= crm.MaxPendingDeliveries && p.HoldUntil == nil {
		p.HoldUntil = p.NextAt // there is room once one of them is through
	}
	out.Progress = p
	return out
}
