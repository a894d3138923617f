package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"kith/internal/crm"
	"kith/storage"
)

// storeCalls counts and times calls of a store, and recovers panics.
type storeCalls struct {
	vec      *prometheus.HistogramVec
	failed   *prometheus.CounterVec
	panicked func(*storage.PanicError)
}

// InstrumentStore wraps a store so that its calls are counted and timed and panics in them become errors, and panicked is called
// with them, because the caller may never look at the error. It registers with r.
func InstrumentStore(store storage.Store, r prometheus.Registerer, panicked func(*storage.PanicError)) storage.Store {
	calls := &storeCalls{
		panicked: panicked,
		vec: promauto.With(r).NewHistogramVec(prometheus.HistogramOpts{
			Name:    "kith_storage_call_duration_seconds",
			Help:    "Duration of storage calls.",
			Buckets: []float64{.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"call"}),
		failed: promauto.With(r).NewCounterVec(prometheus.CounterOpts{
			Name: "kith_storage_failures_total",
			Help: "Storage calls that failed for a reason outside the client's control: full, read_only, permission, locked, io or damaged, else unavailable, timeout or internal.",
		}, []string{"call", "reason"}),
	}
	return storage.Instrument(store, calls.observe)
}

// observe times a call until the function it returns is called. The function must be deferred, so that it can recover panics.
func (s *storeCalls) observe(call string, err *error) func() {
	began := time.Now()
	return func() {
		if p := recover(); p != nil {
			*err = storage.NewPanicError(p)
		}
		s.vec.WithLabelValues(call).Observe(time.Since(began).Seconds())
		if *err != nil {
			s.fail(call, *err)
		}
	}
}

func (s *storeCalls) fail(call string, err error) {
	if p, ok := errors.AsType[*storage.PanicError](err); ok {
		s.panicked(p)
	}
	if reason := reasonOf(err); reason != "" {
		s.failed.WithLabelValues(call, reason).Inc()
	}
}

// reasonOf is empty for errors that the client can correct, and for cancelled requests.
func reasonOf(err error) string {
	_, invalid := errors.AsType[*crm.InvalidError](err)
	_, taken := errors.AsType[*crm.TakenError](err)
	_, conflict := errors.AsType[*crm.ConflictError](err)
	unavailable, known := errors.AsType[*storage.UnavailableError](err)
	switch {
	case invalid, taken, conflict, errors.Is(err, crm.ErrNotFound), errors.Is(err, crm.ErrInactive),
		errors.Is(err, crm.ErrForbidden), errors.Is(err, context.Canceled):
		return ""
	case known:
		return string(unavailable.Cause)
	case errors.Is(err, crm.ErrUnavailable):
		return "unavailable"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return "internal"
}
