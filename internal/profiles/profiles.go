// Package profiles looks up the names of customers whose provider sends none with their messages: Messenger's and
// Instagram's, with the access token of the channel. It works in the background, on messages that have been recorded, and
// hands what it learns to ingest, so that a name goes where the rules of contacts let a channel write.
//
// All it does is bounded: how many customers wait, how often a channel asks, how long an answer takes, how large it is, and
// how often it is asked for again. What waits is in memory only: after a restart the customer's next message asks again.
//
// It decides nothing about contacts, stores nothing itself, and logs no name, no customer's id, no token, and nothing of an
// answer but its numbers.
package profiles

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"kith/internal/crm"
	"kith/internal/ingest"
	"kith/internal/vault"
)

const (
	// maxWaiting is how many customers wait altogether, maxOfChannel how many of them on one channel.
	maxWaiting   = 2048
	maxOfChannel = 512
	// maxCalls is how many answers are waited for at a time; of one channel it is one.
	maxCalls = 8
	// maxTries is how often a look-up that fails is tried.
	maxTries = 4
	// knownChannels and knownCustomers are how many are remembered, the latter as asked for lately.
	knownChannels  = 4 << 10
	knownCustomers = 32 << 10
)

// pace is how long things take.
type pace struct {
	timeout time.Duration // the most that one call takes
	retry   time.Duration // after a failure; twice as long after each further one
	limited time.Duration // after the provider said that it was asked too often; likewise
	longest time.Duration // the most of either
	stale   time.Duration // how long a channel is known before it is read again
	refused time.Duration // how long a token that was refused is not tried again
	again   time.Duration // how long after a look-up the same customer is not asked for again
	failed  time.Duration // the same after one that failed
	waits   time.Duration // how long a customer waits at most
	rate    rate.Limit    // calls a second for a channel
}

var usual = pace{
	timeout: 5 * time.Second,
	retry:   time.Second,
	limited: time.Minute,
	longest: 15 * time.Minute,
	stale:   30 * time.Second,
	refused: 15 * time.Minute,
	again:   time.Hour,
	failed:  5 * time.Minute,
	waits:   time.Hour,
	rate:    5,
}

// Options are what look-ups work with.
type Options struct {
	Channels interface {
		ChannelByID(ctx context.Context, id crm.ChannelID) (crm.WorkspaceID, crm.Channel, error)
	}
	// Open opens a channel's secrets.
	Open func(crm.WorkspaceID, crm.ChannelID, crm.Sealed) (vault.Secrets, error)
	// Ingest takes in what is learned.
	Ingest interface {
		Record(ctx context.Context, v crm.Viewer, r ingest.Report) (crm.Recorded, error)
	}
	Logger   *slog.Logger
	Now      func() time.Time
	Registry prometheus.Registerer // if nil, the counts are not shown
	// Panicked is called for each panic that was recovered.
	Panicked func()
	// BaseURL takes the place of the providers' addresses; empty outside tests.
	BaseURL string
}

// Lookups look customers up, one at a time for each channel.
type Lookups struct {
	options Options
	client  *http.Client
	counts  counters
	pace    pace
	calls   chan struct{}   // holds one for each call under way
	ctx     context.Context //nolint:containedctx // ends all that is under way, see Close
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	waiting int
	lines   *lru.Cache[crm.ChannelID, *line]
	asked   *lru.Cache[customer, time.Time] // until when they are not asked for again
}

// customer is one as a channel knows them.
type customer struct {
	channel  crm.ChannelID
	external string
}

// request is a customer who waits to be looked up.
type request struct {
	customer
	since time.Time
	tries int
}

// New makes look-ups that end with ctx or with [Lookups.Close].
func New(ctx context.Context, o Options) *Lookups {
	l := &Lookups{options: o, client: newClient(), counts: newCounters(o.Registry), pace: usual, calls: make(chan struct{}, maxCalls)}
	l.ctx, l.cancel = context.WithCancel(ctx)
	var err error
	if l.lines, err = lru.New[crm.ChannelID, *line](knownChannels); err == nil {
		l.asked, err = lru.New[customer, time.Time](knownCustomers)
	}
	if err != nil {
		panic(err) // only for a size below one
	}
	return l
}

// Close ends what is under way and waits for it. What waited is given up.
func (l *Lookups) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.cancel()
	l.running.Wait()
	l.client.CloseIdleConnections()
	return nil
}

// Recorded asks for the customer of a message that was recorded, if it comes from one whose contact has no name. It never
// waits: when too many customers wait already, this one is asked for with the next message.
func (l *Lookups) Recorded(i crm.Interaction, done crm.Recorded) {
	if i.Kind != crm.Written || i.Direction != crm.Inbound || done.Repeated || done.Contact == nil || done.Contact.Name != nil {
		return
	}
	if profileID(i.ExternalID) {
		l.ask(customer{i.ChannelID, i.ExternalID})
	}
}

// profileID reports whether an id can be a customer's of Meta's. Nothing else becomes part of an address.
func profileID(s string) bool {
	return s != "" && len(s) <= 32 && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func (l *Lookups) ask(c customer) {
	now := l.options.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	line := l.lineOf(c.channel)
	until, lately := l.asked.Get(c)
	switch {
	case l.closed, now.Before(line.off), lately && now.Before(until):
		return
	case l.waiting >= maxWaiting, len(line.queue) >= maxOfChannel:
		l.counts.count(line.kind, dropped)
		return
	}
	l.asked.Add(c, now.Add(l.pace.again))
	l.enqueue(line, request{customer: c, since: now})
	if !line.running {
		line.running = true
		l.running.Go(func() { l.serve(line) })
	}
}

// lineOf is the line of a channel. The lock is held.
func (l *Lookups) lineOf(id crm.ChannelID) *line {
	found, ok := l.lines.Get(id)
	if !ok {
		found = &line{id: id, limiter: rate.NewLimiter(l.pace.rate, max(1, int(l.pace.rate)))}
		l.lines.Add(id, found)
	}
	return found
}

// enqueue adds to the end of a line. The lock is held.
func (l *Lookups) enqueue(line *line, r request) {
	line.queue = append(line.queue, r)
	l.waiting++
}

// restFor lets a customer be asked for again only after a while; zero for immediately.
func (l *Lookups) restFor(c customer, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked.Add(c, l.options.Now().Add(d))
}

// backoff is a pause after the nth failure in a row: twice as long each time, and up to half of it less.
func (p pace) backoff(first time.Duration, n int) time.Duration {
	d := min(first<<min(n, 20), p.longest)
	return d - rand.N(d/2+1)
}
