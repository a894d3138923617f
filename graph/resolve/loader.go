package resolve

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

// Loaders gather what the fields of one response ask for one by one. A resolver that returns a page announces its keys
// (expect…): the first field of the page then loads for all its siblings, without waiting and with one call to storage.
// Package fastlist, which writes a whole page, reads ahead (see [BatchLoader.Now]); fields that ask later find what was read.
type Loaders struct {
	service   *service.Service
	viewer    crm.Viewer
	recovered func(ctx context.Context, panicked any) error

	Contacts     *BatchLoader[crm.ContactID, crm.Contact]
	Identities   *BatchLoader[crm.ContactID, []crm.Identity]
	Channels     *BatchLoader[crm.ChannelID, crm.Channel]
	OldIDs       *BatchLoader[crm.ContactID, []crm.ContactID]
	Undoable     *BatchLoader[crm.ContactID, crm.MergeRecord]
	ByAccount    *BatchLoader[crm.AccountID, []crm.Identity]
	living       *BatchLoader[crm.ContactID, crm.Contact] // by old ids, too
	sessionsByID *BatchLoader[crm.SessionID, crm.Session] // for events

	mu    sync.Mutex
	pages [][]crm.ContactID
	// By arguments: each alias has a separate loader.
	sessions  map[string]*BatchLoader[crm.ContactID, service.ContactSessions]
	histories map[string]*BatchLoader[crm.ContactID, service.ContactHistory]
	counts    map[string]*BatchLoader[crm.ContactID, storage.Count]
}

type loadersKey struct{}

// NewLoaders makes the loaders of one response. recovered makes an error of a panic.
func NewLoaders(s *service.Service, v crm.Viewer, recovered func(ctx context.Context, panicked any) error) *Loaders {
	l := &Loaders{
		service: s, viewer: v, recovered: recovered,
		sessions:  make(map[string]*BatchLoader[crm.ContactID, service.ContactSessions]),
		histories: make(map[string]*BatchLoader[crm.ContactID, service.ContactHistory]),
		counts:    make(map[string]*BatchLoader[crm.ContactID, storage.Count]),
	}
	l.Contacts = newBatchLoader(l, l.findContacts)
	l.Identities = newBatchLoader(l, l.findIdentities)
	l.Channels = newBatchLoader(l, l.findChannels)
	l.OldIDs = newBatchLoader(l, l.findOldIDs)
	l.Undoable = newBatchLoader(l, l.findUndoable)
	l.ByAccount = newBatchLoader(l, l.findByAccount)
	l.living = newBatchLoader(l, l.findLiving)
	l.sessionsByID = newBatchLoader(l, l.findSessions)
	return l
}

// WithLoaders returns a context for resolving a response.
func WithLoaders(ctx context.Context, l *Loaders) context.Context {
	return context.WithValue(ctx, loadersKey{}, l)
}

// LoadersOf are the loaders of the response; nil outside of one.
func LoadersOf(ctx context.Context) *Loaders {
	l, _ := ctx.Value(loadersKey{}).(*Loaders)
	return l
}

// reset forgets everything: after a mutation, what was read before may be out of date.
func (l *Loaders) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Contacts.reset()
	l.Identities.reset()
	l.Channels.reset()
	l.OldIDs.reset()
	l.Undoable.reset()
	l.ByAccount.reset()
	l.living.reset()
	l.sessionsByID.reset()
	l.pages = nil
	clear(l.sessions)
	clear(l.histories)
	clear(l.counts)
}

// ExpectEvents announces the contacts and sessions of events that are resolved together.
func (l *Loaders) ExpectEvents(contacts []crm.ContactID, sessions []crm.SessionID) {
	l.Contacts.expect(contacts)
	l.sessionsByID.expect(sessions)
}

// expectContacts announces contacts that are answered together.
func (l *Loaders) expectContacts(ids []crm.ContactID) {
	if len(ids) < 2 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pages = append(l.pages, ids)
	l.Identities.expect(ids)
	l.OldIDs.expect(ids)
	l.Undoable.expect(ids)
	for _, f := range l.sessions {
		f.expect(ids)
	}
	for _, f := range l.histories {
		f.expect(ids)
	}
	for _, f := range l.counts {
		f.expect(ids)
	}
}

// recentChannels is how many announced channels are searched for a duplicate. Announcing one twice does no harm.
const recentChannels = 16

// expectSessions announces sessions that are answered together, on one page or several.
func (l *Loaders) expectSessions(pages ...[]crm.Session) {
	var contacts []crm.ContactID
	var channels []crm.ChannelID
	var accounts []crm.AccountID
	for _, page := range pages {
		for i := range page {
			if id := page[i].AccountID; id != nil && (len(accounts) == 0 || accounts[len(accounts)-1] != *id) {
				accounts = append(accounts, *id)
			}
			if id := page[i].ContactID; id != nil && (len(contacts) == 0 || contacts[len(contacts)-1] != *id) {
				contacts = append(contacts, *id)
			}
			if id := page[i].ChannelID; !slices.Contains(channels[max(0, len(channels)-recentChannels):], id) {
				channels = append(channels, id)
			}
		}
	}
	l.Contacts.expect(contacts)
	l.Channels.expect(channels)
	l.ByAccount.expect(accounts)
}

// expectDuplicates announces pairs that are answered together.
func (l *Loaders) expectDuplicates(duplicates []crm.Duplicate) {
	var contacts []crm.ContactID
	for i := range duplicates {
		contacts = append(contacts, duplicates[i].Contacts[:]...)
	}
	l.Contacts.expect(contacts)
}

// expectFailures announces failures that are answered together.
func (l *Loaders) expectFailures(failures []crm.Failure) {
	channels := make([]crm.ChannelID, len(failures))
	for i := range failures {
		channels[i] = failures[i].ChannelID
	}
	l.Channels.expect(channels)
}

// SessionsByContact loads the page of each contact's sessions for one set of arguments.
func (l *Loaders) SessionsByContact(list service.SessionList) *BatchLoader[crm.ContactID, service.ContactSessions] {
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

// historyByContact loads the page of each contact's history for one set of arguments.
func (l *Loaders) historyByContact(p service.Paging) *BatchLoader[crm.ContactID, service.ContactHistory] {
	return pagesOf(l, l.histories, p.Key(), func(
		ctx context.Context, ids []crm.ContactID,
	) (map[crm.ContactID]service.ContactHistory, error) {
		return l.service.HistoryByContact(ctx, l.viewer, ids, p)
	})
}

// SessionCounts counts the sessions of each contact that pass a filter, as far as most.
func (l *Loaders) SessionCounts(f storage.SessionFilter, most int) *BatchLoader[crm.ContactID, storage.Count] {
	key := fmt.Sprint("sessions ", most, " ", service.SessionList{Filter: f}.Key())
	return pagesOf(l, l.counts, key, func(
		ctx context.Context, ids []crm.ContactID,
	) (map[crm.ContactID]storage.Count, error) {
		return l.service.CountSessionsByContact(ctx, l.viewer, ids, f, most)
	})
}

// historyCounts counts the changes of each contact, as far as most.
func (l *Loaders) historyCounts(most int) *BatchLoader[crm.ContactID, storage.Count] {
	return pagesOf(l, l.counts, fmt.Sprint("history ", most), func(
		ctx context.Context, ids []crm.ContactID,
	) (map[crm.ContactID]storage.Count, error) {
		return l.service.CountHistoryByContact(ctx, l.viewer, ids, most)
	})
}

// pagesOf is the loader of a set of arguments, among those that load a page for each contact. A new one expects every contact
// that has been announced.
func pagesOf[P any](
	l *Loaders, byArguments map[string]*BatchLoader[crm.ContactID, P], key string,
	find func(context.Context, []crm.ContactID) (map[crm.ContactID]P, error),
) *BatchLoader[crm.ContactID, P] {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, ok := byArguments[key]
	if !ok {
		f = newBatchLoader(l, find)
		for _, page := range l.pages {
			f.expect(page)
		}
		byArguments[key] = f
	}
	return f
}

// channel is the channel of a session, an identity or a failure. It must exist.
func (l *Loaders) channel(ctx context.Context, id crm.ChannelID) (crm.Channel, error) {
	c, err := l.Channels.load(ctx, id)
	if err != nil {
		return crm.Channel{}, err
	}
	if c == nil {
		return crm.Channel{}, fmt.Errorf("load %s: %w", id, crm.ErrNotFound)
	}
	return *c, nil
}

func (l *Loaders) findContacts(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID]crm.Contact, error) {
	l.expectContacts(ids)
	return l.service.ContactsByID(ctx, l.viewer, ids)
}

func (l *Loaders) findSessions(ctx context.Context, ids []crm.SessionID) (map[crm.SessionID]crm.Session, error) {
	found, err := l.service.SessionsByID(ctx, l.viewer, ids)
	l.expectSessions(values(found))
	return found, err
}

func (l *Loaders) findIdentities(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID][]crm.Identity, error) {
	found, err := l.service.IdentitiesByContact(ctx, l.viewer, ids)
	l.expectIdentities(values(found)...)
	return found, err
}

func (l *Loaders) findByAccount(ctx context.Context, ids []crm.AccountID) (map[crm.AccountID][]crm.Identity, error) {
	found, err := l.service.IdentitiesByAccount(ctx, l.viewer, ids)
	l.expectIdentities(values(found)...)
	return found, err
}

// expectIdentities announces identities that are answered together.
func (l *Loaders) expectIdentities(found ...[]crm.Identity) {
	var channels []crm.ChannelID
	for _, identities := range found {
		for i := range identities {
			channels = append(channels, identities[i].ChannelID)
		}
	}
	l.Channels.expect(channels)
}

func (l *Loaders) findOldIDs(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID][]crm.ContactID, error) {
	return l.service.OldIDs(ctx, l.viewer, ids)
}

func (l *Loaders) findUndoable(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID]crm.MergeRecord, error) {
	return l.service.UndoableMerges(ctx, l.viewer, ids)
}

func (l *Loaders) findLiving(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID]crm.Contact, error) {
	return l.service.LivingContacts(ctx, l.viewer, ids)
}

func (l *Loaders) findChannels(ctx context.Context, ids []crm.ChannelID) (map[crm.ChannelID]crm.Channel, error) {
	return l.service.ChannelsByID(ctx, l.viewer, ids)
}
