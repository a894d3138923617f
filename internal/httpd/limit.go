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
	// burst is how many seconds' worth of requests a burst may have.
	burst = 10
	// remembered is how many askers a limiter keeps; the least recently seen is evicted first.
	remembered = 16 << 10
)

// Limiter limits the requests of each asker per second, in this process. A request is one token or more, and ten
// seconds' worth of tokens may be taken in a burst.
type Limiter struct {
	perSecond float64
	buckets   buckets
}

// buckets are those of the askers that a limiter knows, by name.
type buckets struct {
	known *lru.Cache[string, *rate.Limiter]
}

func newBuckets() buckets {
	known, err := lru.New[string, *rate.Limiter](remembered)
	if err != nil {
		panic(err) // only for a size below one
	}
	return buckets{known}
}

// of is the bucket of a name, filled at a rate and full at first.
func (b buckets) of(name string, perSecond float64, size int) *rate.Limiter {
	known, found := b.known.Get(name)
	if !found {
		known = rate.NewLimiter(rate.Limit(perSecond), size)
		if before, found, _ := b.known.PeekOrAdd(name, known); found {
			known = before
		}
	}
	return known
}

// Asker is a subject or an address whose requests are counted.
type Asker struct {
	Name   string
	Factor float64 // multiplies the rate
}

// NewLimiter returns a limiter of that many requests a second, which must be more than 0.
func NewLimiter(perSecond float64) *Limiter {
	return &Limiter{perSecond, newBuckets()}
}

// Allow takes tokens from all of the askers, or takes none and returns how long to wait. More tokens than a bucket holds count
// as a full bucket.
func (l *Limiter) Allow(tokens int, askers ...Asker) (wait time.Duration, ok bool) {
	now := time.Now()
	taken := make([]*rate.Reservation, 0, 2)
	for _, a := range askers {
		b := l.bucket(a)
		r := b.ReserveN(now, min(tokens, b.Burst()))
		taken = append(taken, r)
		wait = max(wait, r.DelayFrom(now))
	}
	if wait == 0 {
		return 0, true
	}
	for _, r := range taken {
		r.CancelAt(now)
	}
	return wait, false
}

func (l *Limiter) bucket(a Asker) *rate.Limiter {
	perSecond := l.perSecond * a.Factor
	return l.buckets.of(a.Name, perSecond, int(math.Ceil(perSecond*burst)))
}

// TooMany answers a request beyond a limit.
func TooMany(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	Refused(r.Context(), reasonRate)
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	WriteError(w, r, http.StatusTooManyRequests, "RATE_LIMITED", fmt.Sprintf("Too many requests. Try again in %d s", seconds))
}

// Address names the network that a request came from: the IPv4 address, or the /64 of an IPv6 address, which belongs to one customer.
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
