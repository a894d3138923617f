package service

import (
	"context"
	"fmt"
	"strconv"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/storage"
)

// DuplicateList asks for a page of pairs of contacts that may be one person.
type DuplicateList struct {
	Contact *crm.ContactID
	// Reasons has the alternatives; nil for any, empty for none.
	Reasons []crm.DuplicateReason
	Paging  Paging
}

// list names the list, for cursors.
func (l DuplicateList) list() cursor.List {
	contact := ""
	if l.Contact != nil {
		contact = l.Contact.String()
	}
	reasons := "any"
	if l.Reasons != nil {
		reasons = strconv.Itoa(int(crm.ReasonsOf(l.Reasons...)))
	}
	return cursor.ListOf("duplicates", contact, reasons)
}

// DuplicatePage is a page of pairs.
type DuplicatePage struct {
	Duplicates []crm.Duplicate
	PageInfo

	list cursor.List
}

// List names the list that the page is of, for cursors.
func (p DuplicatePage) List() cursor.List { return p.list }

// Duplicates returns a page of the pairs that staff have not reviewed, the most certain first.
func (s *Service) Duplicates(ctx context.Context, v crm.Viewer, l DuplicateList) (DuplicatePage, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return DuplicatePage{}, err
	}
	page, err := l.Paging.page(l.list())
	if err != nil {
		return DuplicatePage{}, err
	}
	out := DuplicatePage{list: l.list()}
	query, ok, err := s.duplicateQuery(ctx, v.Workspace, l)
	if err != nil || !ok {
		return out, err
	}
	query.Page = page
	found, err := s.store.Duplicates(ctx, v.Workspace, query)
	if err != nil {
		return DuplicatePage{}, fmt.Errorf("list duplicates: %w", err)
	}
	out.Duplicates, out.PageInfo = found.Duplicates, l.Paging.pageInfo(found.More)
	return out, nil
}

// CountDuplicates counts the pairs of the list as far as most.
func (s *Service) CountDuplicates(ctx context.Context, v crm.Viewer, l DuplicateList, most int) (storage.Count, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return storage.Count{}, err
	}
	if err := checkMost(most); err != nil {
		return storage.Count{}, err
	}
	query, ok, err := s.duplicateQuery(ctx, v.Workspace, l)
	if err != nil || !ok {
		return storage.Count{Exact: err == nil}, err
	}
	return s.store.CountDuplicates(ctx, v.Workspace, query, most)
}

// duplicateQuery is what the list asks storage for; not ok where it has no pairs.
func (s *Service) duplicateQuery(
	ctx context.Context, w crm.WorkspaceID, l DuplicateList,
) (q storage.DuplicateQuery, ok bool, err error) {
	if l.Reasons != nil && len(l.Reasons) == 0 {
		return q, false, nil
	}
	q.Reasons = crm.ReasonsOf(l.Reasons...)
	if q.Contact, err = s.followed(ctx, w, l.Contact); err != nil {
		return q, false, fmt.Errorf("list duplicates: %w", err)
	}
	return q, true, nil
}

// DuplicatesByID returns the pairs that exist among ids.
func (s *Service) DuplicatesByID(
	ctx context.Context, v crm.Viewer, ids []crm.DuplicateID,
) (map[crm.DuplicateID]crm.Duplicate, error) {
	return byID(ctx, v, ids, s.store.DuplicatesByID)
}

// DismissDuplicates says that the contacts of each of the pairs are two people. It returns what became of each, in the order
// of ids: nil, or crm.ErrNotFound.
func (s *Service) DismissDuplicates(ctx context.Context, v crm.Viewer, ids []crm.DuplicateID) ([]error, error) {
	if err := Authorize(v, crm.EditContacts); err != nil {
		return nil, err
	}
	if err := FewNamed("ids", "pairs", ids); err != nil {
		return nil, err
	}
	dismissed := make(map[crm.DuplicateID]bool, len(ids))
	if len(ids) > 0 {
		d := crm.Dismissal{Actor: v.Subject, At: s.clock()}
		done, err := s.store.DismissDuplicates(ctx, v.Workspace, unique(ids), d)
		if err != nil {
			return nil, fmt.Errorf("dismiss duplicates: %w", err)
		}
		for _, id := range done {
			dismissed[id] = true
		}
	}
	out := make([]error, len(ids))
	for i, id := range ids {
		if !dismissed[id] {
			out[i] = crm.ErrNotFound
		}
	}
	return out, nil
}
