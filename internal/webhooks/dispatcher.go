package webhooks

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"kith/internal/crm"
	"kith/internal/vault"
	"kith/storage"
)

const (
	// leaseFor is how long a process has an endpoint that it does not extend: so long after its end another takes over.
	leaseFor = 15 * time.Second
	// lookEvery is how often due endpoints are looked for without a wake-up.
	lookEvery = time.Second
	// lookPause is the shortest time between two looks.
	lookPause = 50 * time.Millisecond
	// dueAtOnce is how many endpoints one look finds.
	dueAtOnce = 500
	// storeTimeout bounds a call of storage that must not be cut short by the end of the process.
	storeTimeout = 5 * time.Second
)

// Retries are the waits after failed attempts, three days in all. Each is made up to a fifth longer or shorter by chance.
var Retries = []time.Duration{
	2 * time.Second, 10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour,
	14 * time.Hour, 20 * time.Hour, 20 * time.Hour,
}

// Store is what a dispatcher needs of storage.
type Store interface {
	Objects
	storage.Settings
	storage.Generations
	storage.Events
	storage.WebhookEndpoints
}

// Options are what a dispatcher works with.
type Options struct {
	Store Store
	// Settings is the process's cache of the workspaces' settings; nil makes a separate one.
	Settings *storage.SettingsCache
	// Region is the country of phone numbers without a country code in workspaces that name none; it may be empty.
	Region string
	// SealID seals the ids of identities that are masked. Without it they stay as they are.
	SealID func(uuid.UUID) uuid.UUID
	Vault  *vault.WebhookVault
	Logger *slog.Logger
	Now    func() time.Time
	// Networks are those that may be connected to besides the internet.
	Networks []netip.Prefix
	Registry prometheus.Registerer
	Panicked func(*storage.PanicError)
	// Retries are the waits after failed attempts; nil for [Retries].
	Retries []time.Duration
}

// Dispatcher sends what is due to the endpoints of all workspaces. Any number of processes may do so on one database: each
// endpoint is one process's at a time.
type Dispatcher struct {
	options Options
	owner   uuid.UUID
	sender  *sender
	counts  *counts
	reads   *reads
	woken   chan struct{}

	mu      sync.Mutex
	working map[crm.EndpointID]bool
	workers sync.WaitGroup
}

// New makes a dispatcher.
func New(o Options) *Dispatcher {
	if o.Retries == nil {
		o.Retries = Retries
	}
	if o.Settings == nil {
		o.Settings = storage.NewSettingsCache(o.Store)
	}
	if o.SealID == nil {
		o.SealID = func(id uuid.UUID) uuid.UUID { return id }
	}
	return &Dispatcher{
		options: o, owner: uuid.New(), sender: newSender(o.Networks), counts: newCounts(o.Registry),
		reads: newReads(o.Store), woken: make(chan struct{}, 1), working: make(map[crm.EndpointID]bool),
	}
}

// Wake has the dispatcher look for events soon. It does not block.
func (d *Dispatcher) Wake(crm.WorkspaceID) {
	select {
	case d.woken <- struct{}{}:
	default:
	}
}

// Run works until ctx ends. It returns when what is being sent is sent, or has been interrupted because hurry ended, and all
// outcomes are stored.
func (d *Dispatcher) Run(ctx, hurry context.Context) {
	defer d.sender.close()
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	failed := false
	for ctx.Err() == nil {
		err := d.look(ctx, hurry)
		if err != nil && ctx.Err() == nil && !failed {
			d.options.Logger.Warn("looking for due webhooks failed", "error", err)
		}
		failed = err != nil
		pause := time.After(lookPause)
		select {
		case <-ctx.Done():
		case <-every.C:
		case <-d.woken:
			select {
			case <-ctx.Done():
			case <-pause:
			}
		}
	}
	d.workers.Wait()
}

// look starts a worker for each endpoint that is due and has none here.
func (d *Dispatcher) look(ctx, hurry context.Context) (err error) {
	defer storage.Recovered(&err)
	due, err := d.options.Store.DueEndpoints(ctx, d.options.Now(), dueAtOnce)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range due {
		if d.working[o.ID] {
			continue
		}
		d.working[o.ID] = true
		d.workers.Go(func() { d.work(ctx, hurry, o) })
	}
	return nil
}

// work does rounds for an endpoint until it has nothing more to do.
func (d *Dispatcher) work(ctx, hurry context.Context, o storage.OwnedEndpoint) {
	w := &worker{Dispatcher: d, of: o, builder: &builder{options: d.options, objects: d.options.Store, reads: d.reads, workspace: o.Workspace}}
	leased, worked := true, false
	for ctx.Err() == nil {
		more, err := w.guarded(ctx, hurry)
		if err != nil {
			if leased = ctx.Err() != nil || errors.Is(err, crm.ErrLeaseLost); !leased { // it may be off, and still leased
				d.options.Logger.Warn("sending webhooks failed: it is tried again when the lease has ended",
					"endpoint", o.ID.String(), "error", err)
			}
			break
		}
		if !more {
			break
		}
		worked = true
	}
	if leased {
		_ = w.extend(context.WithoutCancel(ctx), -time.Second) // else it ends later
	}
	d.mu.Lock()
	delete(d.working, o.ID)
	d.mu.Unlock()
	if worked {
		d.Wake(o.Workspace) // what came while this worker was at its end
	}
}

// guarded is a round whose panics are errors.
func (w *worker) guarded(ctx, hurry context.Context) (more bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			caught := storage.NewPanicError(p)
			if w.options.Panicked != nil {
				w.options.Panicked(caught)
			}
			err = caught
		}
	}()
	return w.round(ctx, hurry)
}

// extend has the lease end after a time.
func (w *worker) extend(ctx context.Context, after time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return w.options.Store.ExtendLease(ctx, w.of.Workspace, w.of.ID, w.lease(after))
}

func (w *worker) lease(after time.Duration) storage.EndpointLease {
	now := w.options.Now()
	return storage.EndpointLease{Owner: w.owner, Now: now, Until: now.Add(after)}
}

// keep extends the lease until ctx ends, and calls lost when it is lost.
func (w *worker) keep(ctx context.Context, lost func()) {
	every := time.NewTicker(leaseFor / 3)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			if err := w.extend(ctx, leaseFor); errors.Is(err, crm.ErrLeaseLost) {
				lost()
				return
			}
		}
	}
}

// jittered is a wait that is up to a fifth longer or shorter.
func jittered(d time.Duration) time.Duration {
	return d - d/5 + rand.N(2*d/5+1)
}

// CheckURL refuses a URL that nothing can be sent to, with an *crm.InvalidError.
func (d *Dispatcher) CheckURL(url string) error { return d.sender.addresses.checkURL(url) }

// Test sends a message of no event to an endpoint, whether or not it is enabled, and returns what became of it. It stores nothing.
func (d *Dispatcher) Test(ctx context.Context, w crm.WorkspaceID, e crm.WebhookEndpoint) (crm.WebhookDelivery, error) {
	now := d.options.Now().UTC().Truncate(time.Microsecond)
	out := crm.WebhookDelivery{
		ID: crm.NewDeliveryID(now), EndpointID: e.ID, Type: crm.WebhookTest, Status: crm.DeliveryFailed, Attempts: 1, CreatedAt: now, LastAt: &now,
	}
	secrets, err := d.options.Vault.Open(w, e.ID, e.Secrets)
	if err != nil {
		return out, err
	}
	text, err := testBody(e.ID, now)
	if err != nil {
		return out, err
	}
	a := d.sender.send(ctx, message{url: e.URL, id: out.ID.String(), at: now, body: text, secrets: secrets.Signing(now)})
	d.counts.attempt(a)
	out.ResponseStatus, out.Error, out.Took = a.status, a.failure, int(a.took.Milliseconds())
	if a.failure == "" {
		out.Status = crm.DeliveryDone
	}
	return out, nil
}
