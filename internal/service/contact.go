package service

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/search"
	"kith/storage"
)

// MaxSearch is the length in bytes that a search may have.
const MaxSearch = 1000

// OrderField is what a list of contacts is sorted by.
type OrderField string

// The orders; [storage.Order.Check] says which of them a list may have.
const (
	ByLastActivity OrderField = "LAST_ACTIVITY"
	ByName         OrderField = "NAME"
	ByCreated      OrderField = "CREATED"
	ByRelevance    OrderField = "RELEVANCE"
	ByEmail        OrderField = "EMAIL"
)

// Direction is which way a list runs.
type Direction string

// Ascending lists run from the start of the alphabet, the oldest, the best match.
const (
	Ascending  Direction = "ASC"
	Descending Direction = "DESC"
)

// Order is a list's order.
type Order struct {
	Field     OrderField
	Direction Direction
}

var orders = map[OrderField]storage.Order{
	ByLastActivity: storage.LastActivity,
	ByName:         storage.Name,
	ByCreated:      storage.Created,
	ByRelevance:    storage.Relevance,
	ByEmail:        storage.Email,
}

// ContactList asks for a page of contacts.
type ContactList struct {
	Search string
	Filter ContactFilter
	// Order is the most recently active first by default, and the best match first under a search.
	Order  *Order
	Paging Paging
	// Counted are the limits that the count will be asked for with: it is read while the page is.
	Counted []int
}

// ContactPage is a page of contacts.
type ContactPage struct {
	Rows []storage.ContactRow
	PageInfo
	// Search is the search as applied: as typed, or empty when nothing was searched for.
	Search string
	// Count counts the contacts of the list as far as most, 1 to [storage.CountLimit]; without a search all of them. It asks
	// once for each limit, however often it is called.
	Count func(most int) (storage.Count, error)
	list  cursor.List
}

// List names the list that the page is of, for cursors.
func (p ContactPage) List() cursor.List { return p.list }

// contactQuery reads what a list of contacts is asked for. It returns the list's query without a page, the list's name, and
// the search as applied.
func (s *Service) contactQuery(
	ctx context.Context, w crm.WorkspaceID, m *crm.Masker, l ContactList,
) (storage.ContactQuery, cursor.List, string, error) {
	fail := func(err error) (storage.ContactQuery, cursor.List, string, error) {
		return storage.ContactQuery{}, cursor.List{}, "", err
	}
	query, err := s.readSearch(ctx, w, l.Search)
	if err != nil {
		return fail(err)
	}
	if query.Empty() {
		l.Search = ""
	}
	order, err := l.order(query)
	if err == nil {
		err = checkMasked(m, order, query)
	}
	if err != nil {
		return fail(err)
	}
	by := string(order.Field)
	if order.Field == ByCreated {
		by = "created_at" // cursors of the order by id, which it was once, hold no time
	}
	filter, err := s.contactFilter(ctx, w, l.Filter)
	if err != nil {
		return fail(err)
	}
	named := []string{"contacts", by, string(order.Direction), query.Text()}
	if !filter.Empty() {
		named = append(named, l.Filter.describe())
	}
	if m != nil {
		named = append(named, "masked")
	}
	return storage.ContactQuery{
		Search: searchOf(m, query), Filter: filter, Order: orders[order.Field], Descending: order.Direction == Descending,
	}, s.options.Cursors.List(named...), l.Search, nil
}

// Contacts returns a page of a list of contacts.
func (s *Service) Contacts(ctx context.Context, v crm.Viewer, l ContactList) (ContactPage, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return ContactPage{}, err
	}
	m, err := s.masker(ctx, v)
	if err != nil {
		return ContactPage{}, err
	}
	listed, list, applied, err := s.contactQuery(ctx, v.Workspace, m, l)
	if err != nil {
		return ContactPage{}, err
	}
	if listed.Page, err = l.Paging.page(list); err != nil {
		return ContactPage{}, err
	}
	if listed.Page.Skip, err = l.Paging.skip(listed.Search.Empty() && listed.Filter.Empty()); err != nil {
		return ContactPage{}, err
	}
	count := CountOnce(func(most int) (n storage.Count, err error) {
		defer func() {
			if p := recover(); p != nil {
				caught := storage.NewPanicError(p)
				s.options.Panicked(caught)
				n, err = storage.Count{}, caught
			}
		}()
		return s.store.CountContacts(ctx, v.Workspace, listed, most)
	})
	for _, most := range l.Counted {
		go func() { _, _ = count(most) }()
	}
	found, err := s.store.Contacts(ctx, v.Workspace, listed)
	if err != nil {
		return ContactPage{}, fmt.Errorf("list contacts: %w", err)
	}
	maskRows(m, found.Rows)
	return ContactPage{
		Rows: found.Rows, PageInfo: l.Paging.pageInfo(found.More), Search: applied, Count: count, list: list,
	}, nil
}

// order is the order asked for, or the default.
func (l ContactList) order(q search.Query) (Order, error) {
	switch {
	case l.Order != nil:
		return *l.Order, orders[l.Order.Field].Check(q)
	case q.Empty():
		return Order{Field: ByLastActivity, Direction: Descending}, nil
	}
	return Order{Field: ByRelevance, Direction: Ascending}, nil
}

func (s *Service) readSearch(ctx context.Context, w crm.WorkspaceID, text string) (search.Query, error) {
	invalid := func(reason string) (search.Query, error) {
		return search.Query{}, &crm.InvalidError{Field: "search", Reason: reason}
	}
	switch {
	case len(text) > MaxSearch:
		return invalid("can have at most 1,000 bytes")
	case !utf8.ValidString(text):
		return invalid("must be valid UTF-8 text")
	case strings.ContainsRune(text, 0):
		return invalid("cannot contain NUL characters")
	}
	if text == "" {
		return search.Query{}, nil
	}
	region, err := s.region(ctx, w)
	return search.Parse(text, region), err
}

// HasContacts reports whether the workspace has any contact.
func (s *Service) HasContacts(ctx context.Context, v crm.Viewer) (bool, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return false, err
	}
	return s.store.HasContacts(ctx, v.Workspace)
}

// ContactsByID returns the contacts that exist among ids.
func (s *Service) ContactsByID(
	ctx context.Context, v crm.Viewer, ids []crm.ContactID,
) (map[crm.ContactID]crm.Contact, error) {
	return maskedByID(ctx, s, v, ids, s.store.ContactsByID, crm.Masker.Contact)
}

// IdentitiesByContact returns the identities of each of the contacts, oldest first.
func (s *Service) IdentitiesByContact(
	ctx context.Context, v crm.Viewer, ids []crm.ContactID,
) (map[crm.ContactID][]crm.Identity, error) {
	found, err := byID(ctx, v, ids, s.store.IdentitiesByContact)
	if err != nil {
		return nil, err
	}
	return found, s.maskIdentities(ctx, v, slices.Collect(maps.Values(found))...)
}

// IdentitiesByID returns the identities that exist among ids.
func (s *Service) IdentitiesByID(
	ctx context.Context, v crm.Viewer, ids []crm.IdentityID,
) (map[crm.IdentityID]crm.Identity, error) {
	m, err := s.maskerOf(ctx, v, len(ids))
	if err != nil {
		return nil, err
	}
	asked := make([]crm.IdentityID, len(ids))
	for i, id := range ids {
		asked[i] = s.identityID(m, id)
	}
	found, err := byID(ctx, v, asked, s.store.IdentitiesByID)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return found, nil
	}
	list := slices.Collect(maps.Values(found))
	if err := s.maskIdentities(ctx, v, list); err != nil {
		return nil, err
	}
	out := make(map[crm.IdentityID]crm.Identity, len(list))
	for _, i := range list {
		out[i.ID()] = i
	}
	return out, nil
}

// UpdateContact edits a contact. One that has become part of another is a *[crm.MergedError].
func (s *Service) UpdateContact(
	ctx context.Context, v crm.Viewer, id crm.ContactID, p crm.ContactPatch,
) (Edited[crm.Contact], error) {
	if err := Authorize(v, crm.EditContacts); err != nil {
		return Edited[crm.Contact]{}, err
	}
	region, err := s.region(ctx, v.Workspace)
	if err != nil {
		return Edited[crm.Contact]{}, err
	}
	m, err := s.masker(ctx, v)
	if err != nil {
		return Edited[crm.Contact]{}, err
	}
	now := s.clock()
	event := crm.NewEventID(now)
	var before *crm.Contact
	updated, err := s.store.UpdateContact(ctx, v.Workspace, id, crm.ContactEdit{
		At:     now,
		Event:  event,
		Actor:  v.Subject,
		Unique: !p.AllowDuplicate,
		Change: func(c *crm.Contact) error {
			before = new(*c)
			if m == nil {
				return p.Apply(c, region)
			}
			unmasked, err := m.Unmasked(p, *c)
			if err != nil {
				return err
			}
			return unmasked.Apply(c, region)
		},
	})
	if err != nil {
		err = shownError(m, s.merged(ctx, v.Workspace, id, err))
		if before != nil {
			before = new(shown(m, *before))
		}
		return Edited[crm.Contact]{Now: before}, fmt.Errorf("update contact %s: %w", id, err)
	}
	done := Edited[crm.Contact]{Now: new(shown(m, updated))}
	if updated.Version != before.Version {
		done.Event = &event
	}
	return done, nil
}

// DeleteContact removes a contact, its identities and its notes for good. Its sessions stay. It returns the id of the
// event that the deletion caused. A contact that has become part of another is a *[crm.MergedError].
func (s *Service) DeleteContact(ctx context.Context, v crm.Viewer, id crm.ContactID) (crm.EventID, error) {
	if err := Authorize(v, crm.DeleteContacts); err != nil {
		return crm.EventID{}, err
	}
	now := s.clock()
	deletion := crm.ContactDeletion{At: now, Event: crm.NewEventID(now), Actor: v.Subject}
	if err := s.store.DeleteContact(ctx, v.Workspace, id, deletion); err != nil {
		m, masking := s.masker(ctx, v)
		if masking != nil {
			return crm.EventID{}, masking
		}
		return crm.EventID{}, fmt.Errorf("delete contact %s: %w", id, shownError(m, s.merged(ctx, v.Workspace, id, err)))
	}
	return deletion.Event, nil
}
