package desk

import (
	"context"
	"errors"
	"fmt"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/events"
	"kith/storage"
)

// Subscribe starts a subscription of the events of the viewer's workspace (see [events.Hub.Subscribe]): of contacts and of
// sessions alike.
func (d *Desk) Subscribe(ctx context.Context, v crm.Viewer, after *crm.EventID) (*events.Subscription, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return nil, err
	}
	return d.options.Events.Subscribe(ctx, v.Workspace, after)
}

// MarkEvents returns an id that a subscription may begin after (see [events.Hub.Mark]).
func (d *Desk) MarkEvents(ctx context.Context, v crm.Viewer) (crm.EventID, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return crm.EventID{}, err
	}
	return d.options.Events.Mark(ctx, v.Workspace)
}

// CheckFilter refuses a filter that names more alternatives than a list of sessions takes.
func CheckFilter(f storage.SessionFilter) error { return checkFilter(f) }

// HistoryPage is a page of a contact's changes.
type HistoryPage struct {
	Changes []crm.Event
	Around

	contact crm.ContactID
}

// List names the list that the page is of, for cursors.
func (p HistoryPage) List() cursor.List { return historyOf(p.contact) }

func historyOf(id crm.ContactID) cursor.List { return cursor.ListOf("history", id.String()) }

// ContactHistory is one contact's page of changes, or why there is none.
type ContactHistory struct {
	Page HistoryPage
	Err  error
}

// HistoryByContact returns the same page of what was changed of each of the contacts, the newest change first; each is in
// the answer. A cursor belongs to the history of one contact, so with one the others' answer is [cursor.ErrBad].
func (d *Desk) HistoryByContact(
	ctx context.Context, v crm.Viewer, ids []crm.ContactID, p Paging,
) (map[crm.ContactID]ContactHistory, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil || len(ids) == 0 {
		return nil, err
	}
	var (
		answers = make(map[crm.ContactID]ContactHistory, len(ids))
		asked   = make([]crm.ContactID, 0, len(ids))
		window  storage.Page
	)
	for i, id := range ids {
		if i == 0 || p.bound() {
			page, err := p.page(historyOf(id))
			if errors.Is(err, cursor.ErrBad) {
				answers[id] = ContactHistory{Err: err}
				continue
			}
			if err != nil {
				return nil, err
			}
			window = page
		}
		asked = append(asked, id)
		answers[id] = ContactHistory{Page: HistoryPage{Around: p.around(false), contact: id}}
	}
	if len(asked) == 0 {
		return answers, nil
	}
	found, err := d.store.HistoryByContact(ctx, v.Workspace, asked, window)
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	for id, page := range found {
		answers[id] = ContactHistory{Page: HistoryPage{Changes: page.Events, Around: p.around(page.More), contact: id}}
	}
	return answers, nil
}
