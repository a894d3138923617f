package httpd

import (
	"time"
)

// Allowance is a rate limit per name, in this process: a token bucket that holds the tokens of one span of time. A nil one
// allows everything.
type Allowance struct {
	n       int
	per     time.Duration
	buckets buckets
}

// NewAllowance allows n in each span of time; nil for an n of 0.
func NewAllowance(n int, per time.Duration) *Allowance {
	if n == 0 {
		return nil
	}
	return &Allowance{n, per, newBuckets()}
}

// Take takes one token of the name, which undo returns. If none is left, wait is the time until the next one.
func (a *Allowance) Take(name string) (undo func(), wait time.Duration, ok bool) {
	if a == nil {
		return func() {}, 0, true
	}
	now := time.Now()
	perSecond := float64(a.n) / a.per.Seconds()
	b := a.buckets.of(name, perSecond, a.n)
	if missing := 1 - b.TokensAt(now); missing > 0 { // without a reservation, which would delay the tokens that undo returns
		return nil, time.Duration(missing / perSecond * float64(time.Second)), false
	}
	r := b.ReserveN(now, 1)
	undo = func() { r.CancelAt(now) }
	if wait = r.DelayFrom(now); wait > 0 {
		undo()
		return nil, wait, false
	}
	return undo, 0, true
}

// Left reports whether the name has a token left.
func (a *Allowance) Left(name string) bool {
	if a == nil {
		return true
	}
	b, found := a.buckets.known.Get(name)
	return !found || b.Tokens() >= 1
}
