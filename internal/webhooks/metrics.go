package webhooks

import "github.com/prometheus/client_golang/prometheus"

// counts are the metrics of a dispatcher.
type counts struct {
	attempts *prometheus.CounterVec
	took     prometheus.Histogram
	disabled prometheus.Counter
	skipped  prometheus.Counter
}

// The outcomes of attempts.
const (
	outcomeDelivered = "delivered"
	outcomeRefused   = "refused"   // answered, but not with 2xx
	outcomeNoAnswer  = "no_answer" // not reached, or too slow
)

func newCounts(registry prometheus.Registerer) *counts {
	c := &counts{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kith_webhook_attempts_total", Help: "Attempts to deliver to webhook endpoints, by outcome.",
		}, []string{"outcome"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "kith_webhook_attempt_duration_seconds", Help: "How long receivers of webhooks take to answer.",
			Buckets: []float64{.01, .03, .1, .3, 1, 3, 10},
		}),
		disabled: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kith_webhook_endpoints_disabled_total", Help: "Webhook endpoints that were switched off because they failed for three days or are gone.",
		}),
		skipped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kith_webhook_events_skipped_total", Help: "Events that webhook endpoints missed because they were switched off for too long.",
		}),
	}
	for _, outcome := range []string{outcomeDelivered, outcomeRefused, outcomeNoAnswer} {
		c.attempts.WithLabelValues(outcome)
	}
	if registry != nil {
		registry.MustRegister(c.attempts, c.took, c.disabled, c.skipped)
	}
	return c
}

func (c *counts) attempt(a answer) {
	outcome := outcomeDelivered
	switch {
	case a.failure != "" && a.status == 0:
		outcome = outcomeNoAnswer
	case a.failure != "":
		outcome = outcomeRefused
	}
	c.attempts.WithLabelValues(outcome).Inc()
	c.took.Observe(a.took.Seconds())
}
