package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// InstrumentReadiness registers whether the process is ready for requests.
func InstrumentReadiness(r prometheus.Registerer, ready func() bool) {
	promauto.With(r).NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kith_ready",
		Help: "1 while the process has its database and can write to it, 0 otherwise.",
	}, func() float64 {
		if ready() {
			return 1
		}
		return 0
	})
}

// Identity counts requests to those that vouch for users: the JWKS and the OpenID provider.
type Identity struct {
	requests *prometheus.CounterVec
	up       *prometheus.GaugeVec
}

// NewIdentity registers with r.
func NewIdentity(r prometheus.Registerer) *Identity {
	f := promauto.With(r)
	return &Identity{
		requests: f.NewCounterVec(prometheus.CounterOpts{
			Name: "kith_identity_requests_total",
			Help: "Requests to the JWKS and to the OpenID provider, by result.",
		}, []string{"provider", "result"}),
		up: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kith_identity_up",
			Help: "1 if the last request to the JWKS or OpenID provider succeeded, 0 otherwise.",
		}, []string{"provider"}),
	}
}

// Requests returns what to call with the result of each request to a provider: jwks or oidc.
func (i *Identity) Requests(provider string) func(error) {
	ok, failed, up := i.requests.WithLabelValues(provider, "ok"), i.requests.WithLabelValues(provider, "failed"), i.up.WithLabelValues(provider)
	return func(err error) {
		if err != nil {
			failed.Inc()
			up.Set(0)
			return
		}
		ok.Inc()
		up.Set(1)
	}
}

// Refusals counts requests that were refused before they did anything.
type Refusals struct{ count *prometheus.CounterVec }

// NewRefusals registers with r, with the reasons that there are.
func NewRefusals(r prometheus.Registerer, reasons ...string) *Refusals {
	f := &Refusals{promauto.With(r).NewCounterVec(prometheus.CounterOpts{
		Name: "kith_refusals_total",
		Help: "Requests and WebSockets that were refused: beyond the rate limit, or for their credential.",
	}, []string{"reason"})}
	for _, reason := range reasons {
		f.count.WithLabelValues(reason)
	}
	return f
}

// Refused counts a refusal.
func (f *Refusals) Refused(reason string) { f.count.WithLabelValues(reason).Inc() }
