package channels

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"kith/internal/crm"
)

// atOnce is how many customers of one batch are recorded at a time.
const atOnce = 8

// record takes in the items of a batch: each customer's in their order, different customers' at the same time. What
// cannot be taken in is kept as a failure. Any other error is one of the moment: the batch is to be sent again.
func (h *Handler) record(ctx context.Context, ch channel, items []item) error {
	customers := map[string][]int{}
	var order []string
	for n, i := range items {
		if i.reason != "" {
			h.counters.leftOut(ch.Type, i.reason)
		}
		if i.report == nil && i.err == nil {
			continue
		}
		if _, ok := customers[i.customer]; !ok {
			order = append(order, i.customer)
		}
		customers[i.customer] = append(customers[i.customer], n)
	}
	if len(order) == 1 {
		return h.recordInOrder(ctx, ch, items, customers[order[0]], nil)
	}
	var stop atomic.Bool
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, c := range order {
		group.Go(func() error {
			err := h.recordInOrder(ctx, ch, items, customers[c], &stop)
			if err != nil {
				stop.Store(true)
			}
			return err
		})
	}
	return group.Wait()
}

// recordInOrder takes in the items at the positions, one after the other, until one meets an error of the moment or stop
// is set.
func (h *Handler) recordInOrder(
	ctx context.Context, ch channel, items []item, positions []int, stop *atomic.Bool,
) error {
	for _, n := range positions {
		if stop != nil && stop.Load() {
			return nil // whoever set it has the error
		}
		err := h.recordOne(ctx, ch, items[n])
		if invalid, ok := errors.AsType[*crm.InvalidError](err); ok {
			err = h.keep(ctx, ch, n, items[n], invalid)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// recordOne takes in one item. A panic is an error: the items run outside of the request's own goroutine.
func (h *Handler) recordOne(ctx context.Context, ch channel, i item) (err error) {
	if i.err != nil {
		return i.err
	}
	defer func() {
		if p := recover(); p != nil {
			if h.panicked != nil {
				h.panicked()
			}
			h.log.ErrorContext(ctx, "panic",
				"panic", fmt.Sprintf("%T", p), "channel", ch.ID.String(), "stack", string(debug.Stack()))
			err = errors.New("record an item: panic")
		}
	}()
	r := *i.report
	r.ChannelID = ch.ID
	_, err = h.ingest.Record(ctx, ch.viewer(), r)
	return err
}

// keep stores what could not be taken in.
func (h *Handler) keep(ctx context.Context, ch channel, position int, i item, reason *crm.InvalidError) error {
	now := h.now()
	undo, ok := h.daily.take(ch.ID, i.reason, now)
	if !ok {
		return nil
	}
	f := crm.Failure{
		ID: crm.NewFailureID(now), ChannelID: ch.ID, At: now, Position: position, Reason: reason.Message(), Payload: i.payload(),
	}
	if c := i.customer; c != "" && len(c) <= crm.MaxExternalID && utf8.ValidString(c) && !strings.ContainsRune(c, 0) {
		f.ExternalID = &c
	}
	if err := h.failures.AddFailure(ctx, ch.workspace, f); err != nil {
		undo()
		return fmt.Errorf("keep item %d: %w", position, err)
	}
	h.counters.kept.WithLabelValues(string(ch.Type)).Inc()
	h.log.WarnContext(ctx, "item kept as a failure",
		"channel", ch.ID.String(), "type", ch.Type, "position", position, "reason", reason.Message())
	return nil
}

// Replay reads a kept failure again, as a provider sent it, and records it. Nothing of the failure is removed. The error
// is an *crm.InvalidError when it still cannot be taken in, crm.ErrNotFound when its channel is not the workspace's,
// crm.ErrInactive, or one of the moment.
func (h *Handler) Replay(ctx context.Context, w crm.WorkspaceID, f crm.Failure) error {
	ch, err := h.channels.load(ctx, f.ChannelID)
	switch {
	case err != nil:
		return fmt.Errorf("replay %s: %w", f.ID, err)
	case ch.workspace != w:
		return fmt.Errorf("replay %s: %w", f.ID, crm.ErrNotFound)
	case !ch.Active:
		return fmt.Errorf("replay %s: %w", f.ID, crm.ErrInactive)
	case ch.provider.browser: // keeps none, and reads only what was verified
		return &crm.InvalidError{Field: "payload", Subject: "The messages of a web page", Reason: "cannot be replayed"}
	}
	items, err := ch.provider.items(f.Payload)
	if err != nil {
		return err
	}
	for _, i := range items {
		if i.report != nil && i.report.At == nil {
			i.report.At = &f.At
		}
		if i.report == nil && i.err == nil {
			continue
		}
		if err := h.recordOne(ctx, ch, i); err != nil {
			return err
		}
	}
	return nil
}
