package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Operations counts what is asked over GraphQL.
type Operations struct {
	took *prometheus.HistogramVec
	cost prometheus.Histogram
}

// NewOperations registers with r.
func NewOperations(r prometheus.Registerer) *Operations {
	return &Operations{
		took: promauto.With(r).NewHistogramVec(prometheus.HistogramOpts{
			Name: "kith_operation_duration_seconds",
			Help: "How long GraphQL operations took, and by its count how many there were; by kind, the field of the root and" +
				" the code they ended with. A subscription is over, in this sense, when it stands.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"kind", "field", "code"}),
		cost: promauto.With(r).NewHistogram(prometheus.HistogramOpts{
			Name:    "kith_operation_cost",
			Help:    "What the limits reckoned operations to cost.",
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

// Panics counts panics that were caught, by where: request, operation, storage or background.
type Panics struct{ count *prometheus.CounterVec }

// NewPanics registers with r.
func NewPanics(r prometheus.Registerer) *Panics {
	p := &Panics{promauto.With(r).NewCounterVec(prometheus.CounterOpts{
		Name: "kith_panics_total",
		Help: "Panics that were caught. Each is in the log with its stack.",
	}, []string{"where"})}
	for _, where := range []string{"request", "operation", "storage", "background"} {
		p.count.WithLabelValues(where)
	}
	return p
}

// Caught counts a panic.
func (p *Panics) Caught(where string) { p.count.WithLabelValues(where).Inc() }

// Pool is what a pool of connections does, in numbers of connections and of acquisitions.
type Pool struct {
	Max, Open, InUse int
	Acquired, Waited int64
	WaitedFor        time.Duration
}

// InstrumentPool shows a pool.
func InstrumentPool(r prometheus.Registerer, pool func() Pool) {
	f := promauto.With(r)
	gauge := func(name, help string, value func(Pool) float64) {
		f.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(pool()) })
	}
	counter := func(name, help string, value func(Pool) float64) {
		f.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return value(pool()) })
	}
	gauge("kith_pool_connections_max", "How many connections to the database there may be.",
		func(p Pool) float64 { return float64(p.Max) })
	gauge("kith_pool_connections_open", "Connections to the database.", func(p Pool) float64 { return float64(p.Open) })
	gauge("kith_pool_connections_in_use", "Connections to the database that are at work.",
		func(p Pool) float64 { return float64(p.InUse) })
	counter("kith_pool_acquired_total", "How often a connection was taken.",
		func(p Pool) float64 { return float64(p.Acquired) })
	counter("kith_pool_waited_total", "How often a connection was waited for.",
		func(p Pool) float64 { return float64(p.Waited) })
	counter("kith_pool_wait_seconds_total", "How long connections were waited for, in all.",
		func(p Pool) float64 { return p.WaitedFor.Seconds() })
}

// InstrumentConnections shows how many WebSockets and event streams are open, how many of them nobody has shown a credential on
// yet, and how many more were turned away, by each of the reasons.
func InstrumentConnections(
	r prometheus.Registerer, open func() (all, unacknowledged int), refused func(reason string) int64, reasons []string,
) {
	f := promauto.With(r)
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kith_live_connections", Help: "WebSockets and event streams that are open.",
	}, func() float64 { all, _ := open(); return float64(all) })
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kith_unacknowledged_sockets", Help: "WebSockets that are open and have not been acknowledged.",
	}, func() float64 { _, unacknowledged := open(); return float64(unacknowledged) })
	for _, reason := range reasons {
		f.NewCounterFunc(prometheus.CounterOpts{
			Name:        "kith_live_connections_refused_total",
			Help:        "WebSockets and event streams that were turned away.",
			ConstLabels: prometheus.Labels{"reason": reason},
		}, func() float64 { return float64(refused(reason)) })
	}
}

// InstrumentBacklog shows how many bytes of answers wait for their readers, and how many slow readers have been cut off.
func InstrumentBacklog(r prometheus.Registerer, counts func() (bytes int, cut int64)) {
	f := promauto.With(r)
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kith_backlog_bytes", Help: "Answers that are made and wait to be read, in bytes.",
	}, func() float64 { bytes, _ := counts(); return float64(bytes) })
	f.NewCounterFunc(prometheus.CounterOpts{
		Name: "kith_slow_readers_cut_total", Help: "Connections that were cut because too many answers waited to be read.",
	}, func() float64 { _, cut := counts(); return float64(cut) })
}

// InstrumentSubscriptions shows how many subscriptions there are, and how many were ended because they could not keep up.
func InstrumentSubscriptions(r prometheus.Registerer, open, dropped func() int64) {
	f := promauto.With(r)
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "kith_subscriptions", Help: "Subscriptions that stand."},
		func() float64 { return float64(open()) })
	f.NewCounterFunc(prometheus.CounterOpts{
		Name: "kith_subscriptions_dropped_total",
		Help: "Subscriptions that were ended because their queues were full.",
	}, func() float64 { return float64(dropped()) })
}

// InstrumentAnswers shows how many subscriptions were refused because their subjects had enough, and how long the answers of
// others have rested.
func InstrumentAnswers(r prometheus.Registerer, refused func() int64, rested func() time.Duration) {
	f := promauto.With(r)
	f.NewCounterFunc(prometheus.CounterOpts{
		Name: "kith_subscriptions_refused_total",
		Help: "Subscriptions that were refused because their subjects had as many as they may.",
	}, func() float64 { return float64(refused()) })
	f.NewCounterFunc(prometheus.CounterOpts{
		Name: "kith_subscription_rest_seconds_total",
		Help: "How long answers to subscriptions have waited, in all, because their subjects had taken their share of the machine.",
	}, func() float64 { return rested().Seconds() })
}
