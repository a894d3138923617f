package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Operations counts GraphQL operations.
type Operations struct {
	took *prometheus.HistogramVec
	cost prometheus.Histogram
}

// NewOperations registers with r.
func NewOperations(r prometheus.Registerer) *Operations {
	return &Operations{
		took: promauto.With(r).NewHistogramVec(prometheus.HistogramOpts{
			Name: "kith_operation_duration_seconds",
			Help: "Duration of GraphQL operations, by kind, root field and result code." +
				" A subscription ends, in this sense, once it is established.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"kind", "field", "code"}),
		cost: promauto.With(r).NewHistogram(prometheus.HistogramOpts{
			Name:    "kith_operation_cost",
			Help:    "Cost of operations, as computed for the limits.",
			Buckets: prometheus.ExponentialBuckets(1, 4, 10),
		}),
	}
}

// Ended counts an operation.
func (o *Operations) Ended(kind, field, code string, cost int, took time.Duration) {
	if kind == "" {
		kind = "refused"
	}
	o.took.WithLabelValues(kind, field, code).Observe(took.Seconds())
	if cost > 0 {
		o.cost.Observe(float64(cost))
	}
}

// Panics counts recovered panics, by where: request, operation, storage or background.
type Panics struct{ count *prometheus.CounterVec }

// NewPanics registers with r.
func NewPanics(r prometheus.Registerer) *Panics {
	p := &Panics{promauto.With(r).NewCounterVec(prometheus.CounterOpts{
		Name: "kith_panics_total",
		Help: "Panics that were recovered. The log has the stack of each.",
	}, []string{"where"})}
	for _, where := range []string{"request", "operation", "storage", "background"} {
		p.count.WithLabelValues(where)
	}
	return p
}

// Caught counts a panic.
func (p *Panics) Caught(where string) { p.count.WithLabelValues(where).Inc() }

// Pool holds the statistics of a connection pool: connections and acquisitions.
type Pool struct {
	Max, Open, InUse int
	Acquired, Waited int64
	WaitedFor        time.Duration
}

// InstrumentPool registers the metrics of a pool.
func InstrumentPool(r prometheus.Registerer, pool func() Pool) {
	f := promauto.With(r)
	gauge := func(name, help string, value func(Pool) float64) {
		f.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(pool()) })
	}
	counter := func(name, help string, value func(Pool) float64) {
		f.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return value(pool()) })
	}
	gauge("kith_pool_connections_max", "Maximum number of database connections.",
		func(p Pool) float64 { return float64(p.Max) })
	gauge("kith_pool_connections_open", "Open database connections.", func(p Pool) float64 { return float64(p.Open) })
	gauge("kith_pool_connections_in_use", "Database connections in use.",
		func(p Pool) float64 { return float64(p.InUse) })
	counter("kith_pool_acquired_total", "Connections acquired from the pool.",
		func(p Pool) float64 { return float64(p.Acquired) })
	counter("kith_pool_waited_total", "Acquisitions that had to wait for a connection.",
		func(p Pool) float64 { return float64(p.Waited) })
	counter("kith_pool_wait_seconds_total", "Total time spent waiting for a connection.",
		func(p Pool) float64 { return p.WaitedFor.Seconds() })
}

// InstrumentConnections registers metrics of WebSockets and event streams: how many are open, how many of them are not
// authenticated yet, and how many were refused, by reason.
func InstrumentConnections(
	r prometheus.Registerer, open func() (all, unacknowledged int), refused func(reason string) int64, reasons []string,
) {
	f := promauto.With(r)
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kith_live_connections", Help: "Open WebSockets and event streams.",
	}, func() float64 { all, _ := open(); return float64(all) })
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kith_unacknowledged_sockets", Help: "Open WebSockets that are not acknowledged yet.",
	}, func() float64 { _, unacknowledged := open(); return float64(unacknowledged) })
	for _, reason := range reasons {
		f.NewCounterFunc(prometheus.CounterOpts{
			Name:        "kith_live_connections_refused_total",
			Help:        "WebSockets and event streams that were refused, by reason.",
			ConstLabels: prometheus.Labels{"reason": reason},
		}, func() float64 { return float64(refused(reason)) })
	}
}

// InstrumentBacklog registers metrics of unread answers: their bytes, and how many slow readers were disconnected.
func InstrumentBacklog(r prometheus.Registerer, counts func() (bytes int, cut int64)) {
	f := promauto.With(r)
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kith_backlog_bytes", Help: "Bytes of answers that clients have not read yet.",
	}, func() float64 { bytes, _ := counts(); return float64(bytes) })
	f.NewCounterFunc(prometheus.CounterOpts{
		Name: "kith_slow_readers_cut_total", Help: "Connections closed because too many answers were unread.",
	}, func() float64 { _, cut := counts(); return float64(cut) })
}

// InstrumentSubscriptions registers how many subscriptions are open, and how many ended because they could not keep up.
func InstrumentSubscriptions(r prometheus.Registerer, open, dropped func() int64) {
	f := promauto.With(r)
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "kith_subscriptions", Help: "Open subscriptions."},
		func() float64 { return float64(open()) })
	f.NewCounterFunc(prometheus.CounterOpts{
		Name: "kith_subscriptions_dropped_total",
		Help: "Subscriptions ended because their queues were full.",
	}, func() float64 { return float64(dropped()) })
}

// InstrumentAnswers registers how many subscriptions were refused because their subjects had too many, and how long the
// answers of others were delayed.
func InstrumentAnswers(r prometheus.Registerer, refused func() int64, rested func() time.Duration) {
	f := promauto.With(r)
	f.NewCounterFunc(prometheus.CounterOpts{
		Name: "kith_subscriptions_refused_total",
		Help: "Subscriptions refused because their subjects had reached the limit.",
	}, func() float64 { return float64(refused()) })
	f.NewCounterFunc(prometheus.CounterOpts{
		Name: "kith_subscription_rest_seconds_total",
		Help: "Total delay of answers to subscriptions whose subjects had used up their share of the machine.",
	}, func() float64 { return rested().Seconds() })
}
