package profiles

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"kith/internal/crm"
)

// result is what became of a look-up.
type result string

const (
	learned  result = "learned"  // there is a name
	nameless result = "nameless" // the profile has none
	unknown  result = "unknown"  // the provider shows no profile of the customer
	refused  result = "refused"  // the provider does not accept the token
	limited  result = "limited"  // the provider was asked too often
	failed   result = "failed"   // anything else; tried again
	dropped  result = "dropped"  // not asked for: too many wait, or waited too long
)

// counters count look-ups by the type of the channel: no label identifies a channel.
type counters struct{ lookups *prometheus.CounterVec }

// newCounters registers with r; if r is nil the counts are not shown.
func newCounters(r prometheus.Registerer) counters {
	return counters{promauto.With(r).NewCounterVec(prometheus.CounterOpts{
		Name: "kith_profile_lookups_total",
		Help: "Look-ups of customers' names at providers, by the result.",
	}, []string{"type", "result"})}
}

func (c counters) count(t crm.ChannelType, r result) {
	c.lookups.WithLabelValues(string(t), string(r)).Inc()
}
