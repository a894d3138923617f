package service

import (
	"context"
	"errors"
	"maps"
	"slices"

	"kith/internal/crm"
)

// LivingContacts returns the contacts of ids, those that have become part of other contacts as these. What is not there at
// all is absent.
func (s *Service) LivingContacts(
	ctx context.Context, v crm.Viewer, ids []crm.ContactID,
) (map[crm.ContactID]crm.Contact, error) {
	return maskedByID(ctx, s, v, ids, s.living, crm.Masker.Contact)
}

func (s *Service) living(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID,
) (map[crm.ContactID]crm.Contact, error) {
	found, err := s.store.ContactsByID(ctx, w, ids)
	if err != nil {
		return nil, err
	}
	var missing []crm.ContactID
	for _, id := range ids {
		if _, ok := found[id]; !ok && id != (crm.ContactID{}) {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	survivors, err := s.store.Survivors(ctx, w, missing)
	if err != nil || len(survivors) == 0 {
		return found, err
	}
	var asked []crm.ContactID
	for _, survivor := range survivors {
		asked = append(asked, survivor)
	}
	others, err := s.store.ContactsByID(ctx, w, unique(asked))
	if err != nil {
		return nil, err
	}
	if found == nil {
		found = make(map[crm.ContactID]crm.Contact, len(survivors))
	}
	for id, survivor := range survivors {
		if c, ok := others[survivor]; ok {
			found[id] = c
		}
	}
	return found, nil
}

// Survivors returns the contact that each of the ids has become part of. An id that has not is absent.
func (s *Service) Survivors(
	ctx context.Context, v crm.Viewer, ids []crm.ContactID,
) (map[crm.ContactID]crm.ContactID, error) {
	return byID(ctx, v, ids, s.store.Survivors)
}

// OldIDs returns the ids of the contacts that have become part of each of the contacts.
func (s *Service) OldIDs(
	ctx context.Context, v crm.Viewer, ids []crm.ContactID,
) (map[crm.ContactID][]crm.ContactID, error) {
	return byID(ctx, v, ids, s.store.OldIDs)
}

// UndoableMerges returns the newest merge into each of the contacts, if it can still be undone.
func (s *Service) UndoableMerges(
	ctx context.Context, v crm.Viewer, ids []crm.ContactID,
) (map[crm.ContactID]crm.MergeRecord, error) {
	return byID(ctx, v, ids, func(
		ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID,
	) (map[crm.ContactID]crm.MergeRecord, error) {
		return s.store.UndoableMerges(ctx, w, ids, s.clock())
	})
}

// IdentitiesByAccount returns the identities of each of the accounts, oldest first.
func (s *Service) IdentitiesByAccount(
	ctx context.Context, v crm.Viewer, ids []crm.AccountID,
) (map[crm.AccountID][]crm.Identity, error) {
	found, err := byID(ctx, v, ids, s.store.AccountIdentities)
	if err != nil {
		return nil, err
	}
	return found, s.maskIdentities(ctx, v, slices.Collect(maps.Values(found))...)
}

// merged makes a *crm.MergedError of the error of a contact that is not there because it has become part of another.
func (s *Service) merged(ctx context.Context, w crm.WorkspaceID, id crm.ContactID, err error) error {
	if !errors.Is(err, crm.ErrNotFound) {
		return err
	}
	survivor, found := s.survivor(ctx, w, id)
	if found != nil {
		return found
	}
	if survivor == nil {
		return err
	}
	return &crm.MergedError{Into: *survivor}
}

// survivor is the contact that another one, which is not there, has become part of; nil if there is none.
func (s *Service) survivor(ctx context.Context, w crm.WorkspaceID, id crm.ContactID) (*crm.Contact, error) {
	survivors, err := s.store.Survivors(ctx, w, []crm.ContactID{id})
	if err != nil || survivors[id] == (crm.ContactID{}) {
		return nil, err
	}
	found, err := s.store.ContactsByID(ctx, w, []crm.ContactID{survivors[id]})
	if err != nil {
		return nil, err
	}
	if c, ok := found[survivors[id]]; ok {
		return &c, nil
	}
	return nil, nil
}

// followed is the filter's contact, or the one that this has become part of.
func (s *Service) followed(ctx context.Context, w crm.WorkspaceID, contact *crm.ContactID) (*crm.ContactID, error) {
	if contact == nil {
		return nil, nil
	}
	survivors, err := s.store.Survivors(ctx, w, []crm.ContactID{*contact})
	if err != nil {
		return nil, err
	}
	if survivor, ok := survivors[*contact]; ok {
		return &survivor, nil
	}
	return contact, nil
}
