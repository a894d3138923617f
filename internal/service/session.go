package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/storage"
)

// SessionOrderField is what a list of sessions is sorted by.
type SessionOrderField string

// The orders of sessions.
const (
	ByLastMessage SessionOrderField = "LAST_MESSAGE"
	ByStart       SessionOrderField = "STARTED"
)

// SessionOrder is the order of a list of sessions.
type SessionOrder struct {
	Field     SessionOrderField
	Direction Direction
}

var (
	sessionOrders       = map[SessionOrderField]storage.SessionOrder{ByLastMessage: storage.LastMessage, ByStart: storage.Started}
	defaultSessionOrder = SessionOrder{Field: ByLastMessage, Direction: Descending}
)

// SessionList asks for a page of sessions.
type SessionList struct {
	Filter storage.SessionFilter
	Order  *SessionOrder // nil for the newest last message first
	Paging Paging
}

// SessionPage is a page of sessions.
type SessionPage struct {
	Sessions []crm.Session
	PageInfo

	contact crm.ContactID // whose sessions they are; the zero id for the workspace's
	asked   *SessionList
}

// List names the list that the page is of, for cursors.
func (p SessionPage) List() cursor.List { return p.asked.of(p.contact) }

// Position is where one of the page's sessions is in the list, for cursors.
func (p SessionPage) Position(s crm.Session) storage.Position {
	return sessionOrders[p.asked.order().Field].Position(s)
}

// page is what was found of the list: of the sessions of a contact, or for the zero id of the workspace's.
func (l *SessionList) page(contact crm.ContactID, found storage.SessionPage) SessionPage {
	return SessionPage{Sessions: found.Sessions, PageInfo: l.Paging.pageInfo(found.More), contact: contact, asked: l}
}

// query is the question to the store.
func (l SessionList) query(page storage.Page) storage.SessionQuery {
	order := l.order()
	return storage.SessionQuery{
		Filter: l.Filter, Order: sessionOrders[order.Field], Ascending: order.Direction == Ascending, Page: page,
	}
}

// order is the order asked for, or the default.
func (l SessionList) order() SessionOrder {
	if l.Order == nil {
		return defaultSessionOrder
	}
	return *l.Order
}

// of names the list of a contact's sessions, or for the zero id of the workspace's. Only another order than the default is part
// of the name: cursors from before there were orders stay valid.
func (l SessionList) of(contact crm.ContactID) cursor.List {
	name := "" // the workspace's
	if contact != (crm.ContactID{}) {
		name = contact.String()
	}
	named := []string{"sessions", name, describe(l.Filter)}
	if order := l.order(); order != defaultSessionOrder {
		named = append(named, string(order.Field), string(order.Direction))
	}
	return cursor.ListOf(named...)
}

// Sessions returns a page of the workspace's sessions. A contact of the filter that has become part of another stands for that
// one.
func (s *Service) Sessions(ctx context.Context, v crm.Viewer, l SessionList) (SessionPage, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return SessionPage{}, err
	}
	page, err := l.read(crm.ContactID{})
	if err != nil {
		return SessionPage{}, err
	}
	m, err := s.masker(ctx, v)
	if err != nil {
		return SessionPage{}, err
	}
	found, err := s.sessions(ctx, v.Workspace, l.query(page))
	if err != nil {
		return SessionPage{}, fmt.Errorf("list sessions: %w", err)
	}
	maskAll(m, found.Sessions, crm.Masker.Session)
	return l.page(crm.ContactID{}, found), nil
}

// sessions reads the page. Only a contact without sessions may be one that has become part of another.
func (s *Service) sessions(ctx context.Context, w crm.WorkspaceID, q storage.SessionQuery) (storage.SessionPage, error) {
	found, err := s.store.Sessions(ctx, w, q)
	if err != nil || len(found.Sessions) > 0 || q.Filter.Contact == nil {
		return found, err
	}
	contact, err := s.followed(ctx, w, q.Filter.Contact)
	if err != nil || *contact == *q.Filter.Contact {
		return found, err
	}
	q.Filter.Contact = contact
	return s.store.Sessions(ctx, w, q)
}

// CountListed counts the list of sessions that pass a filter, as far as most.
func (s *Service) CountListed(
	ctx context.Context, v crm.Viewer, f storage.SessionFilter, most int,
) (storage.Count, error) {
	if err := checkMost(most); err != nil {
		return storage.Count{}, err
	}
	counts, err := s.CountSessions(ctx, v, f)
	return storage.Counted(counts.Total, most), err
}

// CountSessionsByContact counts the sessions of each of the contacts that pass a filter, as far as most. A contact without any
// is absent.
func (s *Service) CountSessionsByContact(
	ctx context.Context, v crm.Viewer, ids []crm.ContactID, f storage.SessionFilter, most int,
) (map[crm.ContactID]storage.Count, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return nil, err
	}
	if err := checkMost(most); err != nil {
		return nil, err
	}
	if err := checkFilter(f); err != nil {
		return nil, err
	}
	var err error
	if f.Contact, err = s.followed(ctx, v.Workspace, f.Contact); err != nil {
		return nil, fmt.Errorf("count sessions of contacts: %w", err)
	}
	found, err := s.store.CountSessionsByContact(ctx, v.Workspace, ids, f, most)
	if err != nil {
		return nil, fmt.Errorf("count sessions of contacts: %w", err)
	}
	return found, nil
}

// ContactSessions is one contact's page of sessions, or the error.
type ContactSessions = Result[SessionPage]

// SessionsByContact returns the same page of the sessions of each of the contacts, each of whom is in the answer. A
// cursor belongs to the sessions of one contact, so with one the others' answer is [cursor.ErrBad].
func (s *Service) SessionsByContact(
	ctx context.Context, v crm.Viewer, ids []crm.ContactID, l SessionList,
) (map[crm.ContactID]ContactSessions, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return nil, err
	}
	read := func(page storage.Page, ids []crm.ContactID) (map[crm.ContactID]storage.SessionPage, error) {
		query := l.query(page)
		var err error
		if query.Filter.Contact, err = s.followed(ctx, v.Workspace, l.Filter.Contact); err != nil {
			return nil, err
		}
		return s.store.SessionsByContact(ctx, v.Workspace, ids, query)
	}
	m, err := s.masker(ctx, v)
	if err != nil {
		return nil, err
	}
	answers, err := eachOf(ids, l.Paging, l.read, read, func(id crm.ContactID, found storage.SessionPage) SessionPage {
		maskAll(m, found.Sessions, crm.Masker.Session)
		return l.page(id, found)
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions of contacts: %w", err)
	}
	return answers, nil
}

// read checks what is asked for, in the list of one contact's sessions or for the zero id in the workspace's.
func (l SessionList) read(contact crm.ContactID) (storage.Page, error) {
	if err := checkFilter(l.Filter); err != nil {
		return storage.Page{}, err
	}
	var list cursor.List
	if l.Paging.bound() {
		list = l.of(contact)
	}
	page, err := l.Paging.page(list)
	if err != nil {
		return storage.Page{}, err
	}
	page.Skip, err = l.Paging.skip(l.Filter.Empty())
	return page, err
}

func checkFilter(f storage.SessionFilter) error {
	if err := errors.Join(
		fewAlternatives("channelIds", f.Channels), fewAlternatives("statuses", f.Statuses),
		fewAlternatives("tags", f.Tags), fewAlternatives("channelAccounts", f.Accounts),
	); err != nil {
		return err
	}
	for _, a := range f.Accounts {
		if !utf8.ValidString(a) || strings.ContainsRune(a, 0) {
			return &crm.InvalidError{Field: "filter.channelAccounts", Reason: "must be valid text"}
		}
	}
	return nil
}

// Key distinguishes requests for different pages, so that they can be batched.
func (l SessionList) Key() string {
	order := l.order()
	return fmt.Sprintf("%s%s %s %s", l.Paging.Key(), order.Field, order.Direction, describe(l.Filter))
}

// describe writes a filter so that different filters differ: a condition that lets anything pass is not there.
func describe(f storage.SessionFilter) string {
	if f.Empty() {
		return ""
	}
	var b strings.Builder
	if f.Contact != nil {
		fmt.Fprintf(&b, "contact=%s;", f.Contact)
	}
	if f.Anonymous != nil {
		fmt.Fprintf(&b, "anonymous=%t;", *f.Anonymous)
	}
	if f.Channels != nil {
		fmt.Fprintf(&b, "channels=%s;", f.Channels)
	}
	if f.Statuses != nil {
		fmt.Fprintf(&b, "statuses=%s;", f.Statuses)
	}
	if f.Tags != nil {
		fmt.Fprintf(&b, "tags=%q;", f.Tags)
	}
	if f.Accounts != nil {
		fmt.Fprintf(&b, "accounts=%q;", f.Accounts)
	}
	if f.Unread != nil {
		fmt.Fprintf(&b, "unread=%t;", *f.Unread)
	}
	return b.String()
}

// SessionsByID returns the sessions that exist among ids.
func (s *Service) SessionsByID(
	ctx context.Context, v crm.Viewer, ids []crm.SessionID,
) (map[crm.SessionID]crm.Session, error) {
	return maskedByID(ctx, s, v, ids, s.store.SessionsByID, crm.Masker.Session)
}

// UpdateSession edits a session.
func (s *Service) UpdateSession(
	ctx context.Context, v crm.Viewer, id crm.SessionID, p crm.SessionPatch,
) (Edited[crm.Session], error) {
	if err := Authorize(v, crm.EditSessions); err != nil {
		return Edited[crm.Session]{}, err
	}
	m, err := s.masker(ctx, v)
	if err != nil {
		return Edited[crm.Session]{}, err
	}
	show := func(s *crm.Session) *crm.Session {
		if s == nil || m == nil {
			return s
		}
		return new(m.Session(*s))
	}
	now := s.clock()
	event := crm.NewEventID(now)
	var before *crm.Session
	updated, err := s.store.UpdateSession(ctx, v.Workspace, id, crm.SessionEdit{
		At:    now,
		Event: event,
		Actor: v.Subject,
		Change: func(s *crm.Session) error {
			before = new(*s)
			return p.Apply(s)
		},
	})
	if err != nil {
		return Edited[crm.Session]{Now: show(before)}, fmt.Errorf("update session %s: %w", id, err)
	}
	done := Edited[crm.Session]{Now: show(&updated)}
	if len(updated.ChangesFrom(*before)) > 0 {
		done.Event = &event
	}
	return done, nil
}
