package desk

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

// History returns a page of what was changed of a contact, the newest change first.
func (d *Desk) History(ctx context.Context, v crm.Viewer, id crm.ContactID, p Paging) (HistoryPage, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return HistoryPage{}, err
	}
	page, err := p.page(historyOf(id))
	if err != nil {
		return HistoryPage{}, err
	}
	found, err := d.store.History(ctx, v.Workspace, id, page)
	if err != nil {
		return HistoryPage{}, fmt.Errorf("list changes: %w", err)
	}
	return HistoryPage{Changes: found.Events, Around: p.around(found.More), contact: id}, nil
}
