package channels

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kith/internal/crm"
	"kith/internal/ingest"
)

// visit is one request, as a rule for a channel that there is.
type visit struct {
	*Handler
	w       http.ResponseWriter
	r       *http.Request
	address string
	ch      channel // zero if there is no such channel
	old     bool    // the channel was remembered, and may have changed since
	read    bool    // the body has been read to its end
}

// serve answers a request for a channel.
func (v *visit) serve() {
	if v.ch.provider.browser && !v.admitOrigin() {
		return
	}
	switch {
	case v.r.Method == http.MethodPost:
		v.deliver()
	case v.r.Method == http.MethodGet && v.ch.provider.challenge != nil:
		v.challenge()
	case v.r.Method == http.MethodOptions && v.ch.provider.browser:
		preflight(v.w)
	default:
		v.w.Header().Set("Allow", strings.Join(v.ch.provider.methods(), ", "))
		refuse(v.w, http.StatusMethodNotAllowed, "Send it by POST")
	}
}

// admitOrigin lets pages of the channel's domains go on, and answers all others.
func (v *visit) admitOrigin() bool {
	v.w.Header().Add("Vary", "Origin")
	origin := v.r.Header.Get("Origin")
	if !allowed(origin, v.ch.Domains) { // it may have been added a moment ago
		if _, err := v.renew(v.r.Context()); err != nil {
			v.answer(err)
			return false
		}
	}
	if !allowed(origin, v.ch.Domains) {
		v.turnAway(http.StatusForbidden, "origin", "A page of this origin may not write to the channel")
		return false
	}
	allowOrigin(v.w.Header(), origin)
	return true
}

// challenge answers a provider that asks whether the address is Kith's.
func (v *visit) challenge() {
	query := v.r.URL.Query()
	answer, ok := v.ch.provider.challenge(query, v.ch.secrets)
	if !ok {
		if renewed, _ := v.renew(v.r.Context()); renewed {
			answer, ok = v.ch.provider.challenge(query, v.ch.secrets)
		}
	}
	if !ok {
		v.turnAway(http.StatusForbidden, "verify token", "The verify token is not the channel's")
		return
	}
	v.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(v.w, answer)
}

// renew looks up once more a channel that was remembered, for what is refused may be right by now, and reports whether it
// did. An address without allowance left has to wait until the cached channel expires.
func (v *visit) renew(ctx context.Context) (bool, error) {
	if !v.old || !v.strangers.Left(v.stranger()) {
		return false, nil
	}
	fresh, err := v.channels.load(ctx, v.ch.ID)
	if err != nil {
		return false, err
	}
	v.ch, v.old = fresh, false
	return true, nil
}

// stranger is the allowance's key for refused requests: the address and the channel, so that one channel with a wrong
// secret costs the provider's other channels nothing.
func (v *visit) stranger() string { return v.address + " " + v.ch.ID.String() }

// turnAway refuses an unverified request with a reason, or with 429 once its sender has sent too many of them.
func (v *visit) turnAway(status int, reason, text string) {
	if _, wait, ok := v.strangers.Take(v.stranger()); !ok {
		v.tooMany(limitUnverified, wait)
		return
	}
	v.log.InfoContext(v.r.Context(), "webhook refused", "channel", v.ch.ID.String(), "type", v.ch.Type, "reason", reason)
	v.refuse(status, text)
}

// refuse answers without what is left of the body, which the server would otherwise wait for.
func (v *visit) refuse(status int, text string) {
	if !v.read && v.r.ContentLength != 0 {
		v.w.Header().Set("Connection", "close")
	}
	refuse(v.w, status, text)
}

// The limits, as the metric calls them.
const (
	limitUnverified  = "unverified"
	limitVisitors    = "visitors"
	limitNewContacts = "new_contacts"
	limitMemory      = "memory"
)

// anyNumber is an allowance without an end.
type anyNumber struct{}

func (anyNumber) Take(string) (undo func(), wait time.Duration, ok bool) { return func() {}, 0, true }
func (anyNumber) Left(string) bool                                       { return true }

// limitedError refuses what is one too many under a limit.
type limitedError struct {
	limit string
	wait  time.Duration
}

func (e *limitedError) Error() string { return "too many: " + e.limit }

// tooMany answers 429 and says how long to wait.
func (v *visit) tooMany(limit string, wait time.Duration) {
	v.counters.refused(v.ch.Type, limit)
	v.w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
	v.refuse(http.StatusTooManyRequests, "Too many messages. Please try again later")
}

// answer responds with the outcome of a delivery.
func (v *visit) answer(err error) {
	invalid, isInvalid := errors.AsType[*crm.InvalidError](err)
	limited, isLimited := errors.AsType[*limitedError](err)
	stranger, isStranger := errors.AsType[*ingest.LimitedError](err)
	switch {
	case err == nil, errors.Is(err, crm.ErrInactive):
		done(v.w)
	case errors.Is(err, crm.ErrNotFound):
		v.refuse(http.StatusNotFound, "There is no such channel")
	case isLimited:
		v.tooMany(limited.limit, limited.wait)
	case isStranger:
		v.tooMany(limitNewContacts, stranger.Wait)
	case isInvalid:
		v.w.Header().Set("Content-Type", "application/json")
		v.w.WriteHeader(http.StatusBadRequest)
		_, _ = v.w.Write(answerInvalid(invalid))
	default:
		v.log.ErrorContext(v.r.Context(), "webhook not recorded", "channel", v.ch.ID.String(), "error", err)
		v.w.Header().Set("Retry-After", retryAfter)
		v.refuse(http.StatusServiceUnavailable, "It cannot be recorded now. Send it again")
	}
}
