package channels

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"kith/internal/crm"
)

// counters count what providers report, by the type of the channel: no label identifies a channel.
type counters struct {
	answers *prometheus.CounterVec
	kept    *prometheus.CounterVec
	left    *prometheus.CounterVec
	limited *prometheus.CounterVec
}

// newCounters registers with r; without one it counts for nobody. inMemory is how many bytes of deliveries are in memory.
func newCounters(r prometheus.Registerer, inMemory func() int) counters {
	promauto.With(r).NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kith_webhook_body_bytes",
		Help: "Bytes of webhooks' bodies in memory, until each is answered.",
	}, func() float64 { return float64(inMemory()) })
	return counters{
		answers: promauto.With(r).NewCounterVec(prometheus.CounterOpts{
			Name: "kith_webhooks_total",
			Help: "Requests of providers and chat widgets to a channel that there is, by the status they were answered with.",
		}, []string{"type", "code"}),
		kept: promauto.With(r).NewCounterVec(prometheus.CounterOpts{
			Name: "kith_webhook_failures_total",
			Help: "Items of providers' reports that could not be taken in and are kept, repeated ones included.",
		}, []string{"type"}),
		left: promauto.With(r).NewCounterVec(prometheus.CounterOpts{
			Name: "kith_webhook_left_out_total",
			Help: "Messages that are not recorded, by the reason: written to a group, made up by a console, without a sender.",
		}, []string{"type", "reason"}),
		limited: promauto.With(r).NewCounterVec(prometheus.CounterOpts{
			Name: "kith_webhooks_limited_total",
			Help: "Requests to webhooks that a limit turned away, by the limit; the type is empty where there is no such channel.",
		}, []string{"type", "limit"}),
	}
}

// refused counts what a limit turned away.
func (c counters) refused(t crm.ChannelType, limit string) {
	c.limited.WithLabelValues(string(t), limit).Inc()
}

// leftOut counts a message that is not recorded.
func (c counters) leftOut(t crm.ChannelType, why reason) {
	c.left.WithLabelValues(string(t), string(why)).Inc()
}

// counted calls serve and counts its answer.
func (c counters) counted(t crm.ChannelType, w http.ResponseWriter, serve func(http.ResponseWriter)) {
	s := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	defer func() { c.answers.WithLabelValues(string(t), strconv.Itoa(s.status)).Inc() }()
	serve(s)
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for [http.ResponseController].
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
