package graph

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"kith/graph/problem"
	"kith/internal/crm"
	"kith/internal/service"
)

// stragglers is how long a load waits for others that nobody announced.
const stragglers = time.Millisecond

// loaders gather what the fields of one response ask for one by one. Whoever answers with a page announces it (expect…):
// the first field of the page then loads for all its siblings, at once and with one call to storage. Whoever writes a
// whole page reads ahead instead of waiting (see [family.now]); fields that ask later find what was read.
type loaders struct {
	service *service.Service
	viewer  crm.Viewer
	caught  func(ctx context.Context, panicked any) error

	contacts   *family[crm.ContactID, crm.Contact]
	identities *family[crm.ContactID, []crm.Identity]
	channels   *family[crm.ChannelID, crm.Channel]
	// conversations are sessions by their own ids, for events.
	conversations *family[crm.SessionID, crm.Session]

	mu    sync.Mutex
	pages [][]crm.ContactID
	// By arguments: each alias has its own.
	sessions  map[string]*family[crm.ContactID, service.ContactSessions]
	histories map[string]*family[crm.ContactID, service.ContactHistory]
}

type loadersKey struct{}

// withLoaders returns a context for one response. One that has loaders keeps them: they are those of a run of events.
func (h *Handler) withLoaders(ctx context.Context, v crm.Viewer) context.Context {
	if loadersOf(ctx) != nil {
		return ctx
	}
	return context.WithValue(ctx, loadersKey{}, h.newLoaders(v))
}

func (h *Handler) newLoaders(v crm.Viewer) *loaders {
	l := &loaders{
		service: h.service, viewer: v, caught: h.report.Recovered,
		sessions:  make(map[string]*family[crm.ContactID, service.ContactSessions]),
		histories: make(map[string]*family[crm.ContactID, service.ContactHistory]),
	}
	l.contacts = newFamily(l, l.findContacts)
	l.identities = newFamily(l, l.findIdentities)
	l.channels = newFamily(l, l.findChannels)
	l.conversations = newFamily(l, l.findConversations)
	return l
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
	l.conversations.reset()
	l.pages = nil
	clear(l.sessions)
	clear(l.histories)
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
	for _, f := range l.histories {
		f.expect(ids)
	}
}

// fewChannels is how far back a channel is looked for before it is announced once more, which does no harm.
const fewChannels = 16

// expectSessions announces sessions that are answered together, on one page or several.
func (l *loaders) expectSessions(pages ...[]crm.Session) {
	var contacts []crm.ContactID
	var channels []crm.ChannelID
	for _, page := range pages {
		for i := range page {
			if id := page[i].ContactID; id != nil && (len(contacts) == 0 || contacts[len(contacts)-1] != *id) {
				contacts = append(contacts, *id)
			}
			if id := page[i].ChannelID; !slices.Contains(channels[max(0, len(channels)-fewChannels):], id) {
				channels = append(channels, id)
			}
		}
	}
	l.contacts.expect(contacts)
	l.channels.expect(channels)
}

// expectFailures announces failures that are answered together.
func (l *loaders) expectFailures(failures []crm.Failure) {
	channels := make([]crm.ChannelID, len(failures))
	for i := range failures {
		channels[i] = failures[i].ChannelID
	}
	l.channels.expect(channels)
}

// sessionsOf are the pages of contacts' sessions that one set of arguments asks for.
func (l *loaders) sessionsOf(list service.SessionList) *family[crm.ContactID, service.ContactSessions] {
	return pagesOf(l, l.sessions, list.Key(), func(
		ctx context.Context, ids []crm.ContactID,
	) (map[crm.ContactID]service.ContactSessions, error) {
		found, err := l.service.SessionsByContact(ctx, l.viewer, ids, list)
		pages := make([][]crm.Session, 0, len(found))
		for _, s := range found {
			pages = append(pages, s.Page.Sessions)
		}
		l.expectSessions(pages...)
		return found, err
	})
}

// historyOf are the pages of contacts' histories that one set of arguments asks for.
func (l *loaders) historyOf(p service.Paging) *family[crm.ContactID, service.ContactHistory] {
	return pagesOf(l, l.histories, p.Key(), func(
		ctx context.Context, ids []crm.ContactID,
	) (map[crm.ContactID]service.ContactHistory, error) {
		return l.service.HistoryByContact(ctx, l.viewer, ids, p)
	})
}

// pagesOf is the family of a key among those that load a page for each contact. A new one expects every contact that has
// been announced.
func pagesOf[P any](
	l *loaders, families map[string]*family[crm.ContactID, P], key string,
	find func(context.Context, []crm.ContactID) (map[crm.ContactID]P, error),
) *family[crm.ContactID, P] {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, ok := families[key]
	if !ok {
		f = newFamily(l, find)
		for _, page := range l.pages {
			f.expect(page)
		}
		families[key] = f
	}
	return f
}

// channel is the channel of a session, an identity or a failure, which cannot be without one.
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
	return l.service.ContactsByID(ctx, l.viewer, ids)
}

func (l *loaders) findConversations(ctx context.Context, ids []crm.SessionID) (map[crm.SessionID]crm.Session, error) {
	found, err := l.service.SessionsByID(ctx, l.viewer, ids)
	l.expectSessions(values(found))
	return found, err
}

func (l *loaders) findIdentities(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID][]crm.Identity, error) {
	found, err := l.service.IdentitiesByContact(ctx, l.viewer, ids)
	var channels []crm.ChannelID
	for _, identities := range found {
		for i := range identities {
			channels = append(channels, identities[i].ChannelID)
		}
	}
	l.channels.expect(channels)
	return found, err
}

func (l *loaders) findChannels(ctx context.Context, ids []crm.ChannelID) (map[crm.ChannelID]crm.Channel, error) {
	return l.service.ChannelsByID(ctx, l.viewer, ids)
}

// family is what one response loads of one kind, in batches of keys that were announced together.
type family[K comparable, V any] struct {
	find   func(context.Context, []K) (map[K]V, error)
	caught func(ctx context.Context, panicked any) error

	mu        sync.Mutex
	announced [][]K // and not yet in batches
	batches   map[K]*batch[K, V]
	strays    *dataloader.Loader[K, *V]
}

// batch is a set of keys that are read together as soon as one of them is asked for.
type batch[K comparable, V any] struct {
	keys  []K
	once  sync.Once
	found map[K]V
	err   error

	start  sync.Once
	loader *dataloader.Loader[K, *V]
}

func newFamily[K comparable, V any](l *loaders, find func(context.Context, []K) (map[K]V, error)) *family[K, V] {
	return &family[K, V]{find: find, caught: l.caught}
}

func (f *family[K, V]) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.announced, f.batches, f.strays = nil, nil, nil
}

// expect makes one batch of the keys that have none yet.
func (f *family[K, V]) expect(keys []K) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.announced = append(f.announced, keys)
}

// batchOf is the batch that a key was announced in; nil without one. The caller holds the lock.
func (f *family[K, V]) batchOf(key K) *batch[K, V] {
	for _, keys := range f.announced {
		f.newBatch(keys)
	}
	f.announced = nil
	return f.batches[key]
}

func (f *family[K, V]) newBatch(keys []K) *batch[K, V] {
	if f.batches == nil {
		f.batches = make(map[K]*batch[K, V], len(keys))
	}
	b := &batch[K, V]{keys: make([]K, 0, len(keys))}
	for _, k := range keys {
		if f.batches[k] == nil {
			f.batches[k] = b
			b.keys = append(b.keys, k)
		}
	}
	return b
}

// load returns the value of a key, nil if there is none.
func (f *family[K, V]) load(ctx context.Context, key K) (*V, error) {
	f.mu.Lock()
	b := f.batchOf(key)
	if b == nil && f.strays == nil {
		f.strays = loader(f.read, dataloader.WithInputCapacity[K, *V](16))
	}
	strays := f.strays
	f.mu.Unlock()
	if b == nil {
		return strays.Load(ctx, key)()
	}
	b.start.Do(func() {
		n := len(b.keys) // the capacity: the batch goes off with its last key and waits for nobody
		b.loader = loader(func(ctx context.Context, _ []K) (map[K]V, error) { return b.read(ctx, f) },
			dataloader.WithInputCapacity[K, *V](n), dataloader.WithBatchCapacity[K, *V](n))
		for _, k := range b.keys {
			b.loader.Load(ctx, k)
		}
	})
	return b.loader.Load(ctx, key)()
}

// now returns the value of a key, and whether there is one, without waiting for others to ask: it reads all that were
// announced with the key.
func (f *family[K, V]) now(ctx context.Context, key K) (V, bool, error) {
	f.mu.Lock()
	b := f.batchOf(key)
	if b == nil {
		b = f.newBatch([]K{key})
	}
	f.mu.Unlock()
	found, err := b.read(ctx, f)
	v, ok := found[key]
	return v, ok, err
}

// read reads the batch once, for however many who want something of it.
func (b *batch[K, V]) read(ctx context.Context, f *family[K, V]) (map[K]V, error) {
	b.once.Do(func() { b.found, b.err = f.read(ctx, b.keys) })
	return b.found, b.err
}

// read finds what the keys stand for, and turns a panic into an error: dataloader would write it to a log that is not
// ours.
func (f *family[K, V]) read(ctx context.Context, keys []K) (found map[K]V, err error) {
	defer func() {
		if value := recover(); value != nil {
			found, err = nil, &problem.SharedError{Err: f.caught(ctx, value)}
		}
	}()
	if found, err = f.find(ctx, keys); err != nil {
		return nil, &problem.SharedError{Err: err}
	}
	return found, nil
}

func loader[K comparable, V any](
	read func(context.Context, []K) (map[K]V, error), options ...dataloader.Option[K, *V],
) *dataloader.Loader[K, *V] {
	return dataloader.NewBatchedLoader(func(ctx context.Context, keys []K) []*dataloader.Result[*V] {
		found, err := read(ctx, keys)
		return inOrder(keys, found, err)
	}, append(options, dataloader.WithWait[K, *V](stragglers))...)
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
