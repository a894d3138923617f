package channels

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"

	"kith/internal/crm"
	"kith/internal/ingest"
	"kith/internal/vault"
)

// recordTimeout is how long recording a delivery may take; then the provider is to send it again.
const recordTimeout = 15 * time.Second

// retryAfter is how many seconds a provider that knows the header may wait when the database cannot answer.
const retryAfter = "5"

// Options are what the webhooks need.
type Options struct {
	Channels interface {
		// ChannelByID is [kith/storage.Webhooks.ChannelByID].
		ChannelByID(ctx context.Context, id crm.ChannelID) (crm.WorkspaceID, crm.Channel, error)
	}
	Ingest interface {
		// Record is [ingest.Ingest.Record].
		Record(ctx context.Context, v crm.Viewer, r ingest.Report) (crm.Recorded, error)
	}
	Failures interface {
		// AddFailure is [kith/storage.Failures.AddFailure].
		AddFailure(ctx context.Context, w crm.WorkspaceID, f crm.Failure) error
	}
	// Open opens a channel's secrets, as [vault.Vault.Open] does. It is asked only for a channel that has some.
	Open func(crm.WorkspaceID, crm.ChannelID, crm.Sealed) (vault.Secrets, error)
	// Limit takes in one message from a web page, or tells how long to wait. Nil lets all in. Providers have no limit:
	// they would only send again.
	Limit  func(r *http.Request) (wait time.Duration, ok bool)
	Logger *slog.Logger
	Now    func() time.Time
	// Registry is where deliveries are counted; nil for nowhere.
	Registry prometheus.Registerer
}

// Handler answers the providers, and web pages that embed the widget, at /channels/{id}/webhook.
type Handler struct {
	channels *lookup
	ingest   interface {
		Record(ctx context.Context, v crm.Viewer, r ingest.Report) (crm.Recorded, error)
	}
	failures interface {
		AddFailure(ctx context.Context, w crm.WorkspaceID, f crm.Failure) error
	}
	limit    func(r *http.Request) (time.Duration, bool)
	log      *slog.Logger
	now      func() time.Time
	counters counters
}

// New makes the handler.
func New(o Options) *Handler {
	known, err := lru.New[crm.ChannelID, channel](remembered)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &Handler{
		channels: &lookup{store: o.Channels, open: o.Open, now: o.Now, known: known},
		ingest:   o.Ingest, failures: o.Failures, limit: o.Limit, log: o.Logger, now: o.Now,
		counters: newCounters(o.Registry),
	}
}

// ServeHTTP answers one delivery, question or preflight for the channel of the path's id:
//
//   - 200 when every message is recorded, was before, makes no difference, or is kept as a failure; also when the
//     channel is inactive, whoever calls, and then nothing is recorded
//   - 400 when a web page's message cannot be taken in; nothing of it is kept
//   - 401 when it is not signed with the channel's secret, or the channel has none; nothing of it is read further
//   - 403 when the verify token or the page's origin is not one of the channel's
//   - 404 for an unknown channel, 405 for another method, 413 for a body that is too large, 429 for too many from a
//     page
//   - 503 when something could not be recorded now: what was is known when it is sent again
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	id, ok := crm.ParseChannelID(r.PathValue("id"))
	if !ok {
		refuse(w, http.StatusNotFound, "There is no such channel")
		return
	}
	ch, old, err := h.channels.find(r.Context(), id)
	if err != nil {
		h.answer(w, r, id, err)
		return
	}
	h.counters.counted(ch.Type, w, func(w http.ResponseWriter) { h.serve(w, r, ch, old) })
}

// serve answers a request for a channel. old tells that the channel was remembered, and may have changed since.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, ch channel, old bool) {
	if ch.provider.browser {
		w.Header().Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if old && !allowed(origin, ch.Domains) { // it may have been added a moment ago
			fresh, err := h.channels.load(r.Context(), ch.ID)
			if err != nil {
				h.answer(w, r, ch.ID, err)
				return
			}
			ch, old = fresh, false
		}
		if !allowed(origin, ch.Domains) {
			h.log.InfoContext(r.Context(), "webhook refused", "channel", ch.ID.String(), "type", ch.Type, "reason", "origin")
			refuse(w, http.StatusForbidden, "A page of this origin may not write to the channel")
			return
		}
		allowOrigin(w.Header(), origin)
	}
	switch {
	case r.Method == http.MethodPost:
		h.deliver(w, r, ch, old)
	case r.Method == http.MethodGet && ch.provider.challenge != nil:
		h.challenge(w, r, ch, old)
	case r.Method == http.MethodOptions && ch.provider.browser:
		preflight(w)
	default:
		w.Header().Set("Allow", strings.Join(ch.provider.methods(), ", "))
		refuse(w, http.StatusMethodNotAllowed, "Send it by POST")
	}
}

// methods are those that a provider uses.
func (p provider) methods() []string {
	m := []string{http.MethodPost}
	if p.challenge != nil {
		m = slices.Insert(m, 0, http.MethodGet)
	}
	if p.browser {
		m = append(m, http.MethodOptions)
	}
	return m
}

// challenge answers a provider that asks whether the address is Kith's.
func (h *Handler) challenge(w http.ResponseWriter, r *http.Request, ch channel, old bool) {
	query := r.URL.Query()
	answer, ok := ch.provider.challenge(query, ch.secrets)
	if !ok && old {
		if fresh, err := h.channels.load(r.Context(), ch.ID); err == nil {
			answer, ok = ch.provider.challenge(query, fresh.secrets)
		}
	}
	if !ok {
		h.log.InfoContext(r.Context(), "webhook refused",
			"channel", ch.ID.String(), "type", ch.Type, "reason", "verify token")
		refuse(w, http.StatusForbidden, "The verify token is not the channel's")
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, answer)
}

// deliver takes in what a provider posts. old tells that the channel was remembered, and may have changed since.
func (h *Handler) deliver(w http.ResponseWriter, r *http.Request, ch channel, old bool) {
	if !ch.Active { // nothing is read
		done(w)
		return
	}
	if ch.provider.browser && h.limit != nil {
		if wait, ok := h.limit(r); !ok {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			refuse(w, http.StatusTooManyRequests, "Too many messages")
			return
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, ch.provider.maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			refuse(w, http.StatusRequestEntityTooLarge, "The body is too large")
			return
		}
		refuse(w, http.StatusBadRequest, "The body broke off")
		return
	}
	// The provider may go away without waiting for the answer; what it sent is recorded all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), recordTimeout)
	defer cancel()
	refused := ch.verify(r.Header, body, h.now())
	if refused != verified && old {
		fresh, err := h.channels.load(ctx, ch.ID)
		if err != nil {
			h.answer(w, r, ch.ID, err)
			return
		}
		ch = fresh
		refused = ch.verify(r.Header, body, h.now())
	}
	switch {
	case !ch.Active:
		done(w)
		return
	case refused != verified:
		reason := "signature"
		if ch.secrets.Secret == "" {
			reason = "the channel has no secret"
		}
		h.log.InfoContext(ctx, "webhook refused", "channel", ch.ID.String(), "type", ch.Type, "reason", reason)
		refuse(w, http.StatusUnauthorized, string(refused))
		return
	}
	h.answer(w, r, ch.ID, h.take(ctx, ch, body))
}

// take records what a body holds.
func (h *Handler) take(ctx context.Context, ch channel, body []byte) error {
	items, err := ch.provider.items(body)
	if ch.provider.browser {
		if err == nil {
			err = h.recordOne(ctx, ch, items[0])
		}
		return err
	}
	if err != nil {
		items = []item{{err: err, payload: raw(body)}}
	}
	return h.record(ctx, ch, items)
}

// answer tells what became of a delivery.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, id crm.ChannelID, err error) {
	invalid, ok := errors.AsType[*crm.InvalidError](err)
	switch {
	case err == nil, errors.Is(err, crm.ErrInactive):
		done(w)
	case errors.Is(err, crm.ErrNotFound):
		refuse(w, http.StatusNotFound, "There is no such channel")
	case ok:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(answerInvalid(invalid))
	default:
		h.log.ErrorContext(r.Context(), "webhook not recorded", "channel", id.String(), "error", err)
		w.Header().Set("Retry-After", retryAfter)
		refuse(w, http.StatusServiceUnavailable, "It cannot be recorded now. Send it again")
	}
}

func done(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"ok":true}`)
}

func refuse(w http.ResponseWriter, status int, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"error":"`+reason+`"}`)
}
