package channels

import (
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"kith/internal/crm"
)

// daily lets each channel keep one failure a day for each reason. Every process has its own.
type daily struct {
	mu   sync.Mutex
	kept *lru.Cache[dailyKey, time.Time]
}

type dailyKey struct {
	channel crm.ChannelID
	reason  reason
}

// day is how long a failure speaks for the others of its reason.
const day = 24 * time.Hour

func newDaily() *daily {
	kept, err := lru.New[dailyKey, time.Time](remembered)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &daily{kept: kept}
}

// take reports whether a failure may be kept now; one without a reason always may. undo is for one that was not kept after
// all.
func (d *daily) take(id crm.ChannelID, why reason, now time.Time) (undo func(), ok bool) {
	if why == "" {
		return func() {}, true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	key := dailyKey{id, why}
	if at, ok := d.kept.Get(key); ok && young(now.Sub(at), day) {
		return nil, false
	}
	d.kept.Add(key, now)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.kept.Remove(key)
	}, true
}
