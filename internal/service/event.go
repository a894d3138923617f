package service

import (
	"context"
	"fmt"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/events"
	"kith/storage"
)

// Subscribe starts a subscription of the events of the viewer's workspace (see [events.Hub.Subscribe]): of contacts and of
// sessions alike.
func (s *Service) Subscribe(ctx context.Context, v crm.Viewer, after *crm.EventID) (*events.Subscription, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return nil, err
	}
	return s.options.Events.Subscribe(ctx, v.Workspace, after)
}

// ResumeToken returns an id after which a subscription may begin (see [events.Hub.ResumeToken]).
func (s *Service) ResumeToken(ctx context.Context, v crm.Viewer) (crm.EventID, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return crm.EventID{}, err
	}
	return s.options.Events.ResumeToken(ctx, v.Workspace)
}

// EventsByID returns the events that are kept among ids.
func (s *Service) EventsByID(
	ctx context.Context, v crm.Viewer, ids []crm.EventID,
) (map[crm.EventID]crm.Event, error) {
	return maskedByID(ctx, s, v, ids, s.store.EventsByID, crm.Masker.Event)
}

// CheckFilter refuses a filter that names more alternatives than a list of sessions takes.
func CheckFilter(f storage.SessionFilter) error { return checkFilter(f) }

// HistoryPage is a page of a contact's changes.
type HistoryPage struct {
	Changes []crm.Event
	PageInfo

	contact crm.ContactID
}

// List names the list that the page is of, for cursors.
func (p HistoryPage) List() cursor.List { return historyOf(p.contact) }

func historyOf(id crm.ContactID) cursor.List { return cursor.ListOf("history", id.String()) }

// ContactHistory is one contact's page of changes, or the error.
type ContactHistory = Result[HistoryPage]

// CountHistoryByContact counts the changes of each of the contacts as far as most. A contact without any is absent.
func (s *Service) CountHistoryByContact(
	ctx context.Context, v crm.Viewer, ids []crm.ContactID, most int,
) (map[crm.ContactID]storage.Count, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return nil, err
	}
	if err := checkMost(most); err != nil {
		return nil, err
	}
	found, err := s.store.CountHistoryByContact(ctx, v.Workspace, ids, most)
	if err != nil {
		return nil, fmt.Errorf("count changes: %w", err)
	}
	return found, nil
}

// HistoryByContact returns the same page of what was changed of each of the contacts, the newest change first; each is in
// the answer. A cursor belongs to the history of one contact, so with one the others' answer is [cursor.ErrBad].
func (s *Service) HistoryByContact(
	ctx context.Context, v crm.Viewer, ids []crm.ContactID, p Paging,
) (map[crm.ContactID]ContactHistory, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return nil, err
	}
	m, err := s.masker(ctx, v)
	if err != nil {
		return nil, err
	}
	window := func(id crm.ContactID) (storage.Page, error) { return p.page(historyOf(id)) }
	read := func(page storage.Page, ids []crm.ContactID) (map[crm.ContactID]storage.EventPage, error) {
		return s.store.HistoryByContact(ctx, v.Workspace, ids, page)
	}
	answers, err := eachOf(ids, p, window, read, func(id crm.ContactID, found storage.EventPage) HistoryPage {
		maskAll(m, found.Events, crm.Masker.Event)
		return HistoryPage{Changes: found.Events, PageInfo: p.pageInfo(found.More), contact: id}
	})
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	return answers, nil
}
