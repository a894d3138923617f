package channels

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

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
		// Generation is [kith/storage.Generations.Generation].
		Generation() uint64
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
	// Address names the place that a request comes from; nil where all are one.
	Address func(r *http.Request) string
	// Strangers is how often an address may send a channel what is refused, or ask for channels that are not there; nil for any
	// number. What is verified is never counted: providers send much from few addresses.
	Strangers ingest.Allowance
	// Visitors is how many messages visitors may send from an address, without those whom their site has signed for; nil for
	// any number.
	Visitors ingest.Allowance
	Logger   *slog.Logger
	Now      func() time.Time
	// Registry is where deliveries are counted; nil for nowhere.
	Registry prometheus.Registerer
	// Panicked is called for each panic that was caught and logged. Nil does nothing.
	Panicked func()
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
	address   func(r *http.Request) string
	strangers ingest.Allowance
	visitors  ingest.Allowance
	bodies    *bodies
	heavy     *semaphore.Weighted // of the bytes of bodies that are made whole and read
	reserve   *rate.Limiter       // of looks for channels that nobody has asked for before
	log       *slog.Logger
	now       func() time.Time
	panicked  func()
	daily     *daily
	counters  counters
}

// maxHeavy is how many bytes of bodies may be read, once verified, at a time: reading takes several times as much. It is
// more than any body has.
const maxHeavy = 16 << 20

// reserve is how many channels may be looked for in a second for those whose address has asked for too many.
const reserve = 20

// New makes the handler.
func New(o Options) *Handler {
	if o.Address == nil {
		o.Address = func(*http.Request) string { return "" }
	}
	if o.Strangers == nil {
		o.Strangers = anyNumber{}
	}
	if o.Visitors == nil {
		o.Visitors = anyNumber{}
	}
	h := &Handler{
		channels: newLookup(o), ingest: o.Ingest, failures: o.Failures,
		address: o.Address, strangers: o.Strangers, visitors: o.Visitors,
		bodies: newBodies(o.Now), heavy: semaphore.NewWeighted(maxHeavy), reserve: rate.NewLimiter(reserve, reserve),
		log: o.Logger, now: o.Now, panicked: o.Panicked, daily: newDaily(),
	}
	h.counters = newCounters(o.Registry, h.bodies.inMemory)
	return h
}

// ServeHTTP answers one delivery, question or preflight for the channel of the path's id:
//
//   - 200 when every message is recorded, was before, makes no difference, is left out, or is kept as a failure; also when the
//     channel is inactive, whoever calls, and then nothing is recorded
//   - 400 when a web page's message cannot be taken in; nothing of it is kept
//   - 401 when it is not signed with the channel's secret, or the channel has none; nothing of it is read further
//   - 403 when the verify token or the page's origin is not one of the channel's
//   - 404 for an unknown channel, 405 for another method, 413 for a body that is too large
//   - 429 in place of any of these, and for a web page's message, when its address has sent too many; also when too much
//     that is not verified yet is on its way from the address, and when a page's visitor would be one new contact too many
//   - 503 when something could not be recorded now, or too much is on its way: what was recorded is known when it is sent
//     again
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	v := visit{Handler: h, w: w, r: r, address: h.address(r)}
	id, known := crm.ParseChannelID(r.PathValue("id"))
	err := crm.ErrNotFound
	if known {
		v.ch, v.old, known, err = h.channels.recall(r.Context(), id)
	}
	if !known {
		v.ch, err = h.lookUp(r, id, v.address, err)
	}
	if err != nil {
		v.ch.ID = id
		v.answer(err)
		return
	}
	h.counters.counted(v.ch.Type, w, func(w http.ResponseWriter) {
		v.w = w
		v.serve()
	})
}

// lookUp loads a channel that is not cached. known is an error cached from an earlier look-up. Asking for a channel that
// does not exist uses up the allowance of the address; after that only requests that look signed are looked up, a limited
// number per second in all, because a provider may share the address.
func (h *Handler) lookUp(r *http.Request, id crm.ChannelID, address string, known error) (channel, error) {
	undo, wait, ok := h.strangers.Take(address)
	if !ok && (known != nil || !looksSigned(r.Header) || !h.reserve.Allow()) {
		return channel{}, &limitedError{limitUnverified, wait}
	}
	if known != nil {
		return channel{}, known
	}
	ch, err := h.channels.load(r.Context(), id)
	switch missing := errors.Is(err, crm.ErrNotFound); {
	case missing && !ok:
		err = &limitedError{limitUnverified, wait}
	case !missing && ok:
		undo()
	}
	return ch, err
}

// looksSigned reports whether the headers have a signature of some provider's.
func looksSigned(h http.Header) bool {
	for _, p := range providers {
		if p.signature != "" && h.Get(p.signature) != "" {
			return true
		}
	}
	return false
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

func done(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"ok":true}`)
}

// refuse says why; reason is fit for JSON as it is.
func refuse(w http.ResponseWriter, status int, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"error":"`+reason+`"}`)
}
