package service

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/storage"
)

// viewList names the list of saved views, of which there is one in a workspace.
var viewList = cursor.ListOf("saved views")

// ViewPage is a page of saved views.
type ViewPage struct {
	Views []crm.SavedView
	Total int
	PageInfo
}

// List names the list that the page is of, for cursors.
func (ViewPage) List() cursor.List { return viewList }

// Count is the length of the whole list, as far as most.
func (p ViewPage) Count(most int) (storage.Count, error) {
	return storage.Counted(p.Total, most), checkMost(most)
}

// Views returns a page of the workspace's saved views, the oldest first. There are so few that all are read.
func (s *Service) Views(ctx context.Context, v crm.Viewer, p Paging) (ViewPage, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return ViewPage{}, err
	}
	page, err := p.page(viewList)
	if err != nil {
		return ViewPage{}, err
	}
	m, err := s.masker(ctx, v)
	if err != nil {
		return ViewPage{}, err
	}
	all, err := s.store.Views(ctx, v.Workspace)
	if err != nil {
		return ViewPage{}, fmt.Errorf("list views: %w", err)
	}
	maskAll(m, all, crm.Masker.View)
	found, more := storage.PageOf(page, all, storage.ViewPosition, storage.OldestFirst)
	return ViewPage{Views: found, Total: len(all), PageInfo: p.pageInfo(more)}, nil
}

// ViewsByID returns the views that exist among ids.
func (s *Service) ViewsByID(ctx context.Context, v crm.Viewer, ids []crm.ViewID) (map[crm.ViewID]crm.SavedView, error) {
	read := func(ctx context.Context, w crm.WorkspaceID, ids []crm.ViewID) (map[crm.ViewID]crm.SavedView, error) {
		all, err := s.store.Views(ctx, w)
		found := make(map[crm.ViewID]crm.SavedView, len(ids))
		for _, each := range all {
			if slices.Contains(ids, each.ID) {
				found[each.ID] = each
			}
		}
		return found, err
	}
	return maskedByID(ctx, s, v, ids, read, crm.Masker.View)
}

// CreateView saves a view. An error that the viewer can correct is of *[crm.InvalidError], [crm.ErrViewTaken] or
// [crm.ErrTooManyViews].
func (s *Service) CreateView(ctx context.Context, v crm.Viewer, name, address string) (crm.SavedView, error) {
	if err := Authorize(v, crm.EditContacts); err != nil {
		return crm.SavedView{}, err
	}
	m, err := s.masker(ctx, v)
	if err != nil {
		return crm.SavedView{}, err
	}
	now := s.clock()
	view := crm.SavedView{ID: crm.NewViewID(now), CreatedBy: v.Subject, CreatedAt: now}
	err = crm.ViewPatch{Name: crm.To(name), Address: crm.To(address)}.Apply(&view)
	if err == nil {
		err = s.store.CreateView(ctx, v.Workspace, view)
	}
	if err != nil {
		return crm.SavedView{}, fmt.Errorf("create view: %w", aboutView(err))
	}
	return shownView(m, view), nil
}

// shownView is the view as the masker shows it.
func shownView(m *crm.Masker, v crm.SavedView) crm.SavedView {
	if m == nil {
		return v
	}
	return m.View(v)
}

// aboutView names the field that an error of storage is about.
func aboutView(err error) error {
	switch {
	case errors.Is(err, crm.ErrViewTaken):
		return &FieldError{"name", err}
	case errors.Is(err, crm.ErrViewChanged):
		return &FieldError{"expectedVersion", err}
	}
	return err
}

// UpdateView edits a view. The errors are those of [Service.CreateView], [crm.ErrNotFound], and [crm.ErrViewChanged] with the
// view as it is.
func (s *Service) UpdateView(ctx context.Context, v crm.Viewer, id crm.ViewID, p crm.ViewPatch) (crm.SavedView, error) {
	if err := Authorize(v, crm.EditContacts); err != nil {
		return crm.SavedView{}, err
	}
	m, err := s.masker(ctx, v)
	if err != nil {
		return crm.SavedView{}, err
	}
	view, err := s.store.UpdateView(ctx, v.Workspace, id, func(now *crm.SavedView) error {
		if m == nil {
			return p.Apply(now)
		}
		return m.UnmaskedView(p, *now).Apply(now)
	})
	return shownView(m, view), aboutView(err)
}

// DeleteView removes a view. One that is not there is [crm.ErrNotFound].
func (s *Service) DeleteView(ctx context.Context, v crm.Viewer, id crm.ViewID) error {
	if err := Authorize(v, crm.EditContacts); err != nil {
		return err
	}
	return s.store.DeleteView(ctx, v.Workspace, id)
}
