package service

import (
	"context"
	"errors"
	"fmt"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/storage"
)

// failureList names the list of failures, of which there is one in a workspace.
var failureList = cursor.ListOf("failures")

// FailurePage is a page of failures.
type FailurePage struct {
	Failures []crm.Failure
	PageInfo
}

// List names the list that the page is of, for cursors.
func (FailurePage) List() cursor.List { return failureList }

// Failures returns a page of what could not be taken in, the newest first.
func (s *Service) Failures(ctx context.Context, v crm.Viewer, p Paging) (FailurePage, error) {
	if err := Authorize(v, crm.ManageChannels); err != nil {
		return FailurePage{}, err
	}
	page, err := p.page(failureList)
	if err != nil {
		return FailurePage{}, err
	}
	found, err := s.store.Failures(ctx, v.Workspace, page)
	if err != nil {
		return FailurePage{}, fmt.Errorf("list failures: %w", err)
	}
	return FailurePage{Failures: found.Failures, PageInfo: p.pageInfo(found.More)}, nil
}

// CountFailures counts what could not be taken in, as far as most.
func (s *Service) CountFailures(ctx context.Context, v crm.Viewer, most int) (storage.Count, error) {
	if err := Authorize(v, crm.ManageChannels); err != nil {
		return storage.Count{}, err
	}
	if err := checkMost(most); err != nil {
		return storage.Count{}, err
	}
	return s.store.CountFailures(ctx, v.Workspace, most)
}

// FailuresByID returns the failures that exist among ids. For staff who may not manage channels none does.
func (s *Service) FailuresByID(
	ctx context.Context, v crm.Viewer, ids []crm.FailureID,
) (map[crm.FailureID]crm.Failure, error) {
	if !v.Role.Can(crm.ManageChannels) || len(ids) == 0 {
		return nil, Authorize(v, crm.ReadContacts)
	}
	return byID(ctx, v, ids, s.store.FailuresByID)
}

// ReplayFailures takes each of the failures in once more and removes those that succeed. It returns what became of each,
// in the order of ids: nil, or why it stays. The error is of the whole: some may be taken in by then.
func (s *Service) ReplayFailures(ctx context.Context, v crm.Viewer, ids []crm.FailureID) ([]error, error) {
	if err := s.mayMend(v, ids); err != nil {
		return nil, err
	}
	if s.options.Replayer == nil {
		return nil, fmt.Errorf("replay failures: %w", crm.ErrUnavailable)
	}
	found, err := s.store.FailuresByID(ctx, v.Workspace, ids)
	if err != nil {
		return nil, fmt.Errorf("load failures: %w", err)
	}
	return each(ids, func(id crm.FailureID) error {
		f, ok := found[id]
		if !ok {
			return crm.ErrNotFound
		}
		if err := s.options.Replayer.Replay(ctx, v.Workspace, f); err != nil {
			return fmt.Errorf("replay %s: %w", id, err)
		}
		audit := s.auditOfFailure(crm.FailureReplayed, v, f)
		err := s.store.RemoveFailure(ctx, v.Workspace, id, &audit)
		if errors.Is(err, crm.ErrNotFound) { // somebody else removed it meanwhile
			err = s.store.AddAudit(ctx, v.Workspace, audit)
		}
		if err != nil {
			return fmt.Errorf("remove %s: %w", id, err)
		}
		return nil
	})
}

// DismissFailures removes the failures for good. It returns what became of each, in the order of ids: nil, or
// crm.ErrNotFound. The error is of the whole: some may be gone by then.
func (s *Service) DismissFailures(ctx context.Context, v crm.Viewer, ids []crm.FailureID) ([]error, error) {
	if err := s.mayMend(v, ids); err != nil {
		return nil, err
	}
	found, err := s.store.FailuresByID(ctx, v.Workspace, ids)
	if err != nil {
		return nil, fmt.Errorf("load failures: %w", err)
	}
	return each(ids, func(id crm.FailureID) error {
		f, ok := found[id]
		if !ok {
			return crm.ErrNotFound
		}
		audit := s.auditOfFailure(crm.FailureDismissed, v, f)
		if err := s.store.RemoveFailure(ctx, v.Workspace, id, &audit); err != nil {
			return fmt.Errorf("remove %s: %w", id, err)
		}
		return nil
	})
}

func (s *Service) auditOfFailure(action crm.AuditAction, v crm.Viewer, f crm.Failure) crm.AuditEntry {
	a := crm.NewAudit(action, v.Subject, s.clock())
	a.ChannelID, a.FailureID = &f.ChannelID, &f.ID
	return a
}

func (s *Service) mayMend(v crm.Viewer, ids []crm.FailureID) error {
	if err := Authorize(v, crm.ManageChannels); err != nil {
		return err
	}
	return FewNamed("ids", "failures", ids)
}

// each does something with every id, once however often it is named. It stops at an error that is not about the one id.
func each(ids []crm.FailureID, do func(crm.FailureID) error) ([]error, error) {
	done := make(map[crm.FailureID]error, len(ids))
	out := make([]error, len(ids))
	for i, id := range ids {
		err, again := done[id]
		if !again {
			err = do(id)
			done[id] = err
		}
		if err != nil && !correctable(err) {
			return nil, err
		}
		out[i] = err
	}
	return out, nil
}

// correctable reports whether an error is about one item, and somebody can do something about it.
func correctable(err error) bool {
	_, invalid := errors.AsType[*crm.InvalidError](err)
	return invalid || errors.Is(err, crm.ErrNotFound) || errors.Is(err, crm.ErrInactive)
}
