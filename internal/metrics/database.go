package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kith/storage"
)

const (
	// statsInterval is how often a process reads the figures of the database, at most: however often it is scraped.
	statsInterval = 30 * time.Second
	// statsTimeout is how long a scrape waits for them.
	statsTimeout = 3 * time.Second
	// statsKept is how long figures are shown after the database stopped answering: an alert must not end because of that.
	statsKept = 15 * time.Minute
)

// database collects the figures of the database.
type database struct {
	read func(context.Context) (storage.Stats, error)
	now  func() time.Time

	mu    sync.Mutex
	stats storage.Stats
	at    time.Time // when they were read; zero before
	tried time.Time
}

var (
	sizeDesc = prometheus.NewDesc("kith_database_size_bytes", "Bytes of the database, indexes included.", nil, nil)
	keptDesc = prometheus.NewDesc("kith_kept_failures",
		"Messages that could not be recorded and are neither replayed nor dismissed; 10000 at most.", nil, nil)
	oldestKeptDesc = prometheus.NewDesc("kith_oldest_kept_failure_timestamp_seconds",
		"When the oldest of these messages came; absent without any.", nil, nil)
	eventLagDesc = prometheus.NewDesc("kith_event_lag_seconds",
		"Age of the oldest change that has not been published to subscribers.", nil, nil)
	diskFreeDesc = prometheus.NewDesc("kith_disk_free_bytes",
		"Bytes that can still be written where the SQLite file lies.", nil, nil)
	replicasDesc   = prometheus.NewDesc("kith_replicas", "Replicas that follow the PostgreSQL server.", nil, nil)
	replicaLagDesc = prometheus.NewDesc("kith_replica_lag_seconds",
		"How far the slowest replica is behind; absent without any, and without the privilege to see it.", nil, nil)
	statsAtDesc = prometheus.NewDesc("kith_database_stats_timestamp_seconds",
		"When the figures about the database were read.", nil, nil)
)

// InstrumentDatabase registers figures about the whole database, which every process of it shows. read reads them; it is called
// for a scrape, seldom and never twice at the same time.
func InstrumentDatabase(r prometheus.Registerer, read func(context.Context) (storage.Stats, error), now func() time.Time) {
	r.MustRegister(&database{read: read, now: now})
}

// Describe implements [prometheus.Collector].
func (*database) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		sizeDesc, keptDesc, oldestKeptDesc, eventLagDesc, diskFreeDesc, replicasDesc, replicaLagDesc, statsAtDesc,
	} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (d *database) Collect(to chan<- prometheus.Metric) {
	s, at, ok := d.current()
	if !ok {
		return
	}
	gauge := func(desc *prometheus.Desc, value float64) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
	}
	gauge(statsAtDesc, seconds(at))
	gauge(sizeDesc, float64(s.Size))
	gauge(keptDesc, float64(s.Failures))
	if !s.OldestFailure.IsZero() {
		gauge(oldestKeptDesc, seconds(s.OldestFailure))
	}
	lag := 0.0
	if !s.OldestUnpublished.IsZero() {
		lag = max(0, at.Sub(s.OldestUnpublished).Seconds())
	}
	gauge(eventLagDesc, lag)
	if s.DiskFree != nil {
		gauge(diskFreeDesc, float64(*s.DiskFree))
	}
	gauge(replicasDesc, float64(s.Replicas))
	if s.ReplicaLag != nil {
		gauge(replicaLagDesc, s.ReplicaLag.Seconds())
	}
}

// current is what was read last, and when; ok is false without figures that are new enough to be shown.
func (d *database) current() (s storage.Stats, at time.Time, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := d.now(); now.Sub(d.tried) >= statsInterval {
		d.tried = now
		ctx, cancel := context.WithTimeout(context.Background(), statsTimeout)
		defer cancel()
		if s, err := d.read(ctx); err == nil {
			d.stats, d.at = s, now
		}
	}
	return d.stats, d.at, !d.at.IsZero() && d.now().Sub(d.at) < statsKept
}

// seconds is a time as Prometheus has it.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
