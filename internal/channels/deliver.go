package channels

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"kith/internal/crm"
)

// deliver takes in what is posted to a channel.
func (v *visit) deliver() {
	if !v.ch.Active { // nothing is read
		done(v.w)
		return
	}
	var p proof
	refused, open := v.check(v.r.Context(), func(bool) (r refusal) {
		p, r = v.ch.provider.prove(v.delivery())
		return r
	})
	if !open {
		return
	}
	most := v.ch.provider.most()
	switch {
	case refused != verified:
		v.turnAwayUnsigned(refused)
		return
	case v.r.ContentLength > int64(most):
		v.turnAway(http.StatusRequestEntityTooLarge, "size", "The body is too large")
		return
	}
	b, err := v.readBody(p, most)
	defer b.held.leave()
	if err != nil {
		v.brokeOff(err)
		return
	}
	v.read = true
	// The provider may go away without waiting for the answer; what it sent is recorded all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.r.Context()), recordTimeout)
	defer cancel()
	v.receive(ctx, b, p)
}

// check asks whether to refuse a delivery, and once more of a channel that was remembered and is renewed. It reports whether
// the delivery is still to be answered.
func (v *visit) check(ctx context.Context, refuse func(renewed bool) refusal) (refused refusal, open bool) {
	if refused = refuse(false); refused == verified {
		return verified, true
	}
	renewed, err := v.renew(ctx)
	switch {
	case err != nil:
		v.answer(err)
		return refused, false
	case renewed && !v.ch.Active:
		done(v.w)
		return refused, false
	case renewed:
		refused = refuse(true)
	}
	return refused, true
}

func (v *visit) delivery() delivery {
	return delivery{v.r.Header, v.ch.secrets, v.now(), v.ch.RequireSignedIdentity}
}

func (v *visit) turnAwayUnsigned(why refusal) {
	reason := "signature"
	if v.ch.secrets.Secret == "" {
		reason = "the channel has no secret"
	}
	v.turnAway(http.StatusUnauthorized, reason, string(why))
}

// most is how long a body can be.
func (p provider) most() int {
	if p.browser {
		return maxEmbedBody
	}
	return maxStream
}

// complete reports whether nothing of the body is needed for the proof.
func (p proof) complete(of provider) bool { return p.mac == nil && of.inspect == nil }

// brokeOff answers a delivery whose body was not read to its end.
func (v *visit) brokeOff(err error) {
	switch {
	case errors.Is(err, errTooLarge):
		v.turnAway(http.StatusRequestEntityTooLarge, "size", "The body is too large")
	case errors.Is(err, errNoAddressRoom):
		v.tooMany(limitMemory, time.Second)
	case errors.Is(err, errNoRoom), errors.Is(err, errGivenUp):
		v.counters.refused(v.ch.Type, limitMemory)
		v.w.Header().Set("Retry-After", "1")
		v.refuse(http.StatusServiceUnavailable, "Too much is on its way. Send it again")
	default:
		v.turnAway(http.StatusBadRequest, "broken off", "The body broke off")
	}
}

// receive verifies and records a body that has come.
func (v *visit) receive(ctx context.Context, b body, p proof) {
	refused, open := v.check(ctx, func(renewed bool) refusal {
		if renewed {
			return v.again(b)
		}
		return p.holds()
	})
	switch {
	case !open:
		return
	case refused != verified:
		v.turnAwayUnsigned(refused)
		return
	}
	if !v.ch.provider.browser && !b.held.believe() {
		v.brokeOff(errGivenUp)
		return
	}
	whole, release, err := v.whole(ctx, b)
	if err != nil {
		v.brokeOff(err)
		return
	}
	defer release()
	if v.ch.provider.browser {
		v.receivePage(ctx, whole)
		return
	}
	v.answer(v.take(ctx, v.ch, whole, b.size))
}

// again verifies a body with the channel as it is now, when all of it is there.
func (v *visit) again(b body) refusal {
	p, refused := v.ch.provider.prove(v.delivery())
	if refused != verified || b.size > maxKept {
		return notSigned
	}
	for _, piece := range b.pieces {
		p.write(piece)
	}
	return p.holds()
}

// receivePage records the message of a web page. One for which the site has not signed takes from what the visitors of its
// address may send, whether it can be taken in or not.
func (v *visit) receivePage(ctx context.Context, body []byte) {
	refused, open := v.check(ctx, func(bool) refusal { return v.ch.provider.inspect(v.delivery(), body) })
	if !open {
		return
	}
	var items []item
	var err error
	if refused == verified {
		items, err = v.ch.provider.items(body)
	}
	if refused != verified || err != nil || items[0].report.Stranger {
		if _, wait, ok := v.visitors.Take(v.address); !ok {
			v.tooMany(limitVisitors, wait)
			return
		}
	}
	switch {
	case refused != verified:
		v.turnAwayUnsigned(refused)
	case err != nil:
		v.answer(err)
	default:
		v.answer(v.recordOne(ctx, v.ch, items[0]))
	}
}

// take records what a provider's body of a size holds. The body is the beginning of it alone where it is larger than can be
// kept.
func (h *Handler) take(ctx context.Context, ch channel, body []byte, size int) error {
	if size > maxBody {
		return h.keepLarge(ctx, ch, body, size)
	}
	items, err := ch.provider.items(body)
	if err != nil {
		items = []item{{err: err, payload: raw(body)}}
	}
	return h.record(ctx, ch, items)
}

// keepLarge keeps what is too large to be taken in.
func (h *Handler) keepLarge(ctx context.Context, ch channel, body []byte, size int) error {
	reason := fmt.Sprintf("is too large to be recorded automatically: it has %d bytes, the limit is %d. Replay it to record it", size, maxBody)
	if size > maxKept {
		reason = fmt.Sprintf("is too large to be kept: it has %d bytes, the limit is %d. Only its beginning is stored", size, maxKept)
	}
	err := &crm.InvalidError{Field: "payload", Subject: "The report", Reason: reason}
	return h.keep(ctx, ch, 0, item{payload: raw(body)}, err)
}
