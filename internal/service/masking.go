package service

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// masker masks what the viewer reads; nil where the workspace masks nothing for the viewer's role. Everything of contacts that
// leaves the service for a viewer goes through it.
func (s *Service) masker(ctx context.Context, v crm.Viewer) (*crm.Masker, error) {
	if v.Role == crm.RoleAdmin {
		return nil, nil
	}
	settings, err := s.settings(ctx, v.Workspace)
	if err != nil || !settings.Masked(v.Role) {
		return nil, err
	}
	return &crm.Masker{Region: settings.Region(s.options.Region)}, nil
}

// Masks reports whether emails and phones are masked in what the viewer reads.
func (s *Service) Masks(ctx context.Context, v crm.Viewer) (bool, error) {
	m, err := s.masker(ctx, v)
	return m != nil, err
}

// shown is the contact as the masker shows it.
func shown(m *crm.Masker, c crm.Contact) crm.Contact {
	if m == nil {
		return c
	}
	return m.Contact(c)
}

// shownError is an error with its contacts as the masker shows them.
func shownError(m *crm.Masker, err error) error {
	if m == nil || err == nil {
		return err
	}
	return m.Error(err)
}

// maskAll masks values in place.
func maskAll[V any](m *crm.Masker, values []V, mask func(crm.Masker, V) V) {
	if m == nil {
		return
	}
	for i := range values {
		values[i] = mask(*m, values[i])
	}
}

// maskedByID reads the things of some ids as the viewer sees them.
func maskedByID[K comparable, V any](
	ctx context.Context, s *Service, v crm.Viewer, ids []K,
	read func(context.Context, crm.WorkspaceID, []K) (map[K]V, error), mask func(crm.Masker, V) V,
) (map[K]V, error) {
	m, err := s.maskerOf(ctx, v, len(ids))
	if err != nil {
		return nil, err
	}
	found, err := byID(ctx, v, ids, read)
	if m != nil {
		for id, value := range found {
			found[id] = mask(*m, value)
		}
	}
	return found, err
}

// maskerOf is [Service.masker] for so many things. For none, and for those who may read none, it asks nobody.
func (s *Service) maskerOf(ctx context.Context, v crm.Viewer, n int) (*crm.Masker, error) {
	if n == 0 || !v.Role.Can(crm.ReadContacts) {
		return nil, nil
	}
	return s.masker(ctx, v)
}

// maskIdentities masks lists of identities in place.
func (s *Service) maskIdentities(ctx context.Context, v crm.Viewer, lists ...[]crm.Identity) error {
	m, err := s.maskerOf(ctx, v, len(lists))
	if err != nil || m == nil {
		return err
	}
	var ids []crm.ChannelID
	for _, list := range lists {
		for _, i := range list {
			ids = append(ids, i.ChannelID)
		}
	}
	channels, err := s.store.ChannelsByID(ctx, v.Workspace, unique(ids))
	if err != nil {
		return fmt.Errorf("mask identities: %w", err)
	}
	for _, list := range lists {
		s.maskOnChannels(m, list, func(id crm.ChannelID) crm.ChannelType { return channels[id].Type })
	}
	return nil
}

// maskOnChannels masks identities in place. Their ids are sealed: one is a digest of the external id, and there are so few phones that
// all can be tried.
func (s *Service) maskOnChannels(m *crm.Masker, list []crm.Identity, typeOf func(crm.ChannelID) crm.ChannelType) {
	maskAll(m, list, func(m crm.Masker, i crm.Identity) crm.Identity {
		i.Sealed = crm.IdentityID(s.options.Cursors.SealID(uuid.UUID(i.ID())))
		return m.Identity(i, typeOf(i.ChannelID))
	})
}

// identityID is the id of an identity that the viewer knows by another.
func (s *Service) identityID(m *crm.Masker, id crm.IdentityID) crm.IdentityID {
	if m == nil {
		return id
	}
	return crm.IdentityID(s.options.Cursors.OpenID(uuid.UUID(id)))
}

// searchOf is the search of a viewer, who finds by what the masker shows.
func searchOf(m *crm.Masker, q search.Query) search.Query {
	if m == nil || q.Empty() {
		return q
	}
	return q.Masked(*m)
}

// errMaskedOrder refuses the orders that masked values decide: a contact that one may edit shows beside which other it comes.
func errMaskedOrder() error {
	return &crm.InvalidError{Field: "orderBy", Reason: "cannot be EMAIL, nor NAME without a search, while emails and phones are masked"}
}

// checkMasked refuses an order of a list.
func checkMasked(m *crm.Masker, o Order, q search.Query) error {
	if m != nil && (o.Field == ByEmail || o.Field == ByName && q.Empty()) {
		return errMaskedOrder()
	}
	return nil
}

// maskRows masks the rows of a list of contacts in place.
func maskRows(m *crm.Masker, rows []storage.ContactRow) {
	maskAll(m, rows, func(m crm.Masker, r storage.ContactRow) storage.ContactRow {
		r.Contact = m.Contact(r.Contact)
		return r
	})
}
