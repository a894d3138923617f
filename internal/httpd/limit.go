package httpd

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

const (
	// burst is how many seconds' worth of requests may come at once.
	burst = 10
	// remembered is how many askers a limiter knows; the one silent longest is forgotten first.
	remembered = 16 << 10
)

// Limiter lets each asker make so many requests a second, in this process.
type Limiter struct {
	perSecond float64
	buckets   *lru.Cache[string, *rate.Limiter]
}

// NewLimiter returns a limiter of that many requests a second, which must be more than 0.
func NewLimiter(perSecond float64) *Limiter {
	buckets, err := lru.New[string, *rate.Limiter](remembered)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &Limiter{perSecond, buckets}
}

// Allow takes one request of the asker's in, or tells how long to wait. An asker may make factor times as many as others.
func (l *Limiter) Allow(asker string, factor float64) (wait time.Duration, ok bool) {
	b, found := l.buckets.Get(asker)
	if !found {
		perSecond := l.perSecond * factor
		b = rate.NewLimiter(rate.Limit(perSecond), int(math.Ceil(perSecond*burst)))
		if before, found, _ := l.buckets.PeekOrAdd(asker, b); found {
			b = before
		}
	}
	now := time.Now()
	r := b.ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	return 0, true
}

// TooMany answers a request that a limiter has turned away.
func TooMany(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	WriteError(w, r, http.StatusTooManyRequests, "RATE_LIMITED", fmt.Sprintf("Too many requests. Try again in %d s", seconds))
}

// Address names the network that a request came from: the IPv4 address, or the /64 of an IPv6 one, which is one customer's.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	network, err := ip.Prefix(64)
	if err != nil {
		return host
	}
	return network.String()
}
