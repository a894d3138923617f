package graph

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"kith/internal/crm"
	"kith/internal/desk"
)

// stragglers is how long a load waits for others that nobody announced.
const stragglers = time.Millisecond

// loaders gather what the fields of one response ask for one by one. Whoever answers with a page announces it (expect…):
// the first field of the page then loads for all its siblings, at once and with one call to storage.
type loaders struct {
	desk   *desk.Desk
	viewer crm.Viewer

	contacts   *family[crm.ContactID, crm.Contact]
	identities *family[crm.ContactID, []crm.Identity]
	channels   *family[crm.ChannelID, crm.Channel]

	mu       sync.Mutex
	pages    [][]crm.ContactID
	sessions map[string]*family[crm.ContactID, desk.ContactSessions] // by arguments: each alias has its own
}

type loadersKey struct{}

// withLoaders returns a context for one response.
func withLoaders(ctx context.Context, d *desk.Desk, v crm.Viewer) context.Context {
	l := &loaders{desk: d, viewer: v, sessions: make(map[string]*family[crm.ContactID, desk.ContactSessions])}
	l.contacts = newFamily(l.findContacts)
	l.identities = newFamily(l.findIdentities)
	l.channels = newFamily(l.findChannels)
	return context.WithValue(ctx, loadersKey{}, l)
}

func loadersOf(ctx context.Context) *loaders {
	l, _ := ctx.Value(loadersKey{}).(*loaders)
	return l
}

// reset forgets everything: after a mutation, what was read before may be out of date.
func (l *loaders) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.contacts.reset()
	l.identities.reset()
	l.channels.reset()
	l.pages = nil
	clear(l.sessions)
}

// expectContacts announces contacts that are answered together.
func (l *loaders) expectContacts(ids []crm.ContactID) {
	if len(ids) < 2 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pages = append(l.pages, ids)
	l.identities.expect(ids)
	for _, f := range l.sessions {
		f.expect(ids)
	}
}

// expectSessions announces sessions that are answered together.
func (l *loaders) expectSessions(sessions []crm.Session) {
	contacts := make([]crm.ContactID, 0, len(sessions))
	channels := make([]crm.ChannelID, 0, len(sessions))
	for _, s := range sessions {
		if s.ContactID != nil {
			contacts = append(contacts, *s.ContactID)
		}
		channels = append(channels, s.ChannelID)
	}
	l.contacts.expect(contacts)
	l.channels.expect(channels)
}

// sessionsOf are the pages of contacts' sessions that one set of arguments asks for.
func (l *loaders) sessionsOf(list desk.SessionList) *family[crm.ContactID, desk.ContactSessions] {
	key := list.Key()
	l.mu.Lock()
	defer l.mu.Unlock()
	f, ok := l.sessions[key]
	if !ok {
		f = newFamily(func(
			ctx context.Context, ids []crm.ContactID,
		) (map[crm.ContactID]desk.ContactSessions, error) {
			found, err := l.desk.SessionsByContact(ctx, l.viewer, ids, list)
			var all []crm.Session
			for _, s := range found {
				all = append(all, s.Page.Sessions...)
			}
			l.expectSessions(all)
			return found, err
		})
		for _, page := range l.pages {
			f.expect(page)
		}
		l.sessions[key] = f
	}
	return f
}

// channel is the channel of a session or an identity, which cannot be without one.
func (l *loaders) channel(ctx context.Context, id crm.ChannelID) (crm.Channel, error) {
	c, err := l.channels.load(ctx, id)
	if err != nil {
		return crm.Channel{}, err
	}
	if c == nil {
		return crm.Channel{}, fmt.Errorf("load %s: %w", id, crm.ErrNotFound)
	}
	return *c, nil
}

func (l *loaders) findContacts(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID]crm.Contact, error) {
	l.expectContacts(ids)
	return l.desk.ContactsByID(ctx, l.viewer, ids)
}

func (l *loaders) findIdentities(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID][]crm.Identity, error) {
	found, err := l.desk.IdentitiesByContact(ctx, l.viewer, ids)
	var channels []crm.ChannelID
	for _, identities := range found {
		for _, i := range identities {
			channels = append(channels, i.ChannelID)
		}
	}
	l.channels.expect(channels)
	return found, err
}

func (l *loaders) findChannels(ctx context.Context, ids []crm.ChannelID) (map[crm.ChannelID]crm.Channel, error) {
	return l.desk.ChannelsByID(ctx, l.viewer, ids)
}

// family is what one response loads of one kind, in batches of keys that were announced together.
type family[K comparable, V any] struct {
	find func(context.Context, []K) (map[K]V, error)

	mu      sync.Mutex
	batches map[K]*batch[K, V]
	strays  *dataloader.Loader[K, *V]
}

// batch is a set of keys that are loaded together as soon as one of them is asked for.
type batch[K comparable, V any] struct {
	keys   []K
	start  sync.Once
	loader *dataloader.Loader[K, *V]
}

func newFamily[K comparable, V any](find func(context.Context, []K) (map[K]V, error)) *family[K, V] {
	f := &family[K, V]{find: find}
	f.reset()
	return f
}

func (f *family[K, V]) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = make(map[K]*batch[K, V])
	f.strays = f.loader(dataloader.WithInputCapacity[K, *V](16))
}

func (f *family[K, V]) loader(option dataloader.Option[K, *V], more ...dataloader.Option[K, *V]) *dataloader.Loader[K, *V] {
	options := append([]dataloader.Option[K, *V]{dataloader.WithWait[K, *V](stragglers), option}, more...)
	return dataloader.NewBatchedLoader(func(ctx context.Context, keys []K) (out []*dataloader.Result[*V]) {
		defer func() {
			if value := recover(); value != nil { // or dataloader writes it to a log that is not ours
				out = inOrder[K, V](keys, nil, &sharedError{err: &panicError{value, debug.Stack()}})
			}
		}()
		found, err := f.find(ctx, keys)
		if err != nil {
			err = &sharedError{err: err}
		}
		return inOrder(keys, found, err)
	}, options...)
}

// sharedError is what went wrong once and is the answer of many fields.
type sharedError struct {
	err  error
	told atomic.Bool // in the log
}

func (e *sharedError) Error() string { return e.err.Error() }
func (e *sharedError) Unwrap() error { return e.err }

// expect makes one batch of the keys that have none yet.
func (f *family[K, V]) expect(keys []K) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := &batch[K, V]{keys: make([]K, 0, len(keys))}
	for _, k := range keys {
		if f.batches[k] == nil {
			f.batches[k] = b
			b.keys = append(b.keys, k)
		}
	}
}

// load returns the value of a key, nil if there is none.
func (f *family[K, V]) load(ctx context.Context, key K) (*V, error) {
	f.mu.Lock()
	b, strays := f.batches[key], f.strays
	f.mu.Unlock()
	if b == nil {
		return strays.Load(ctx, key)()
	}
	b.start.Do(func() {
		n := len(b.keys) // the capacity: the batch goes off with its last key and waits for nobody
		b.loader = f.loader(dataloader.WithInputCapacity[K, *V](n), dataloader.WithBatchCapacity[K, *V](n))
		for _, k := range b.keys {
			b.loader.Load(ctx, k)
		}
	})
	return b.loader.Load(ctx, key)()
}

// inOrder answers each key in its place. A missing value is not an error: sessions outlive contacts.
func inOrder[K comparable, V any](keys []K, found map[K]V, err error) []*dataloader.Result[*V] {
	out := make([]*dataloader.Result[*V], len(keys))
	for i, k := range keys {
		out[i] = &dataloader.Result[*V]{Error: err}
		if v, ok := found[k]; ok {
			out[i].Data = &v
		}
	}
	return out
}
