package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/storage"
)

// auditTimeout is how long the audit entry of an export may take that has ended, also because its client has left.
const auditTimeout = 5 * time.Second

// ContactExport asks for a whole list of contacts, or for the part of it after a cursor.
type ContactExport struct {
	Search     string
	Filter     ContactFilter
	Order      *Order // as in [ContactList]
	After      *string
	Identities bool // whether the contacts' identities are read
}

// ExportPart is a part of an exported list.
type ExportPart struct {
	Contacts []ExportedContact
}

// ExportedContact is a contact of an exported list.
type ExportedContact struct {
	crm.Contact
	Identities []ExportedIdentity // oldest first, if they were asked for

	list     cursor.List
	position storage.Position
}

// Cursor is the cursor after which the list continues with the next contact.
func (c ExportedContact) Cursor() string { return cursor.Encode(c.list, c.position) }

// authorizeExport says who may export lists of contacts: those whom the workspace's settings allow it.
func (s *Service) authorizeExport(ctx context.Context, v crm.Viewer) error {
	refused := Authorize(v, crm.ExportContacts)
	if refused == nil {
		return nil
	}
	settings, err := s.settings(ctx, v.Workspace)
	switch {
	case err != nil:
		return fmt.Errorf("who may export: %w", err)
	case settings.CanExport(v.Role):
		return nil
	}
	return refused
}

// AuthorizeExport returns the error that [Service.ExportContacts] would have for the viewer's role.
func (s *Service) AuthorizeExport(ctx context.Context, v crm.Viewer) error {
	return s.authorizeExport(ctx, v)
}

// ExportContacts hands a list of contacts to each, part by part, as it is at one moment, and returns how many there were.
// Before the first part, an audit entry is kept; at the end, also of an export that fails, the number is added to it. An error
// from each ends the export and is returned as it is.
func (s *Service) ExportContacts(
	ctx context.Context, v crm.Viewer, e ContactExport, each func(ExportPart) error,
) (n int, err error) {
	if err := s.authorizeExport(ctx, v); err != nil {
		return 0, err
	}
	m, err := s.masker(ctx, v)
	if err != nil {
		return 0, err
	}
	q, list, err := s.exportQuery(ctx, v, m, e)
	if err != nil {
		return 0, err
	}
	channels, err := s.exportedChannels(ctx, v.Workspace)
	if err != nil {
		return 0, fmt.Errorf("export contacts: %w", err)
	}
	audit := crm.NewAudit(crm.ListExported, v.Subject, s.clock())
	if err := s.store.AddAudit(ctx, v.Workspace, audit); err != nil {
		return 0, fmt.Errorf("export contacts: %w", err)
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
		defer cancel()
		if failed := s.store.SetAuditItems(ending, v.Workspace, audit.ID, n); failed != nil {
			err = errors.Join(err, fmt.Errorf("export contacts: %w", failed))
		}
	}()
	var stopped error
	err = s.store.ExportContacts(ctx, v.Workspace, q, e.Identities, func(part storage.Exported) error {
		maskRows(m, part.Rows)
		for _, list := range part.Identities {
			s.maskOnChannels(m, list, func(id crm.ChannelID) crm.ChannelType { return channels[id].Type })
		}
		out := ExportPart{Contacts: make([]ExportedContact, len(part.Rows))}
		for i, r := range part.Rows {
			out.Contacts[i] = ExportedContact{
				Contact: r.Contact, Identities: channels.identities(part.Identities[r.Contact.ID]), list: list, position: r.Position,
			}
		}
		n += len(part.Rows) // also those of a part that is not written whole: some of it may have been
		if stopped = each(out); stopped != nil {
			return fmt.Errorf("%w: %w", context.Canceled, stopped) // it is no failure of storage
		}
		return nil
	})
	if stopped != nil {
		err = stopped
	}
	return n, err
}

// CountExport counts the contacts of the whole list, whatever its cursor, as far as most under a search or a filter.
func (s *Service) CountExport(ctx context.Context, v crm.Viewer, e ContactExport, most int) (storage.Count, error) {
	if err := s.authorizeExport(ctx, v); err != nil {
		return storage.Count{}, err
	}
	e.After = nil
	m, err := s.masker(ctx, v)
	if err != nil {
		return storage.Count{}, err
	}
	q, _, err := s.exportQuery(ctx, v, m, e)
	if err != nil {
		return storage.Count{}, err
	}
	return s.store.CountContacts(ctx, v.Workspace, q, most)
}

func (s *Service) exportQuery(
	ctx context.Context, v crm.Viewer, m *crm.Masker, e ContactExport,
) (storage.ContactQuery, cursor.List, error) {
	q, list, _, err := s.contactQuery(ctx, v.Workspace, m, ContactList{Search: e.Search, Filter: e.Filter, Order: e.Order})
	if err != nil || e.After == nil {
		return q, list, err
	}
	at, err := cursor.Decode(list, *e.After)
	q.Page.After = &at
	return q, list, err
}
