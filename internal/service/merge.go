package service

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// ContactField is a field of a contact.
type ContactField string

// The fields.
const (
	NameField  ContactField = "NAME"
	EmailField ContactField = "EMAIL"
	PhoneField ContactField = "PHONE"
	NotesField ContactField = "NOTES"
)

var contactFields = map[string]ContactField{"name": NameField, "email": EmailField, "phone": PhoneField, "notes": NotesField}

// FieldError says which part of what was asked for an error is about.
type FieldError struct {
	Field string // as the client named it: others.0.id
	Err   error
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }
func (e *FieldError) Unwrap() error { return e.Err }

// MergeContacts makes contacts one. Of m the service sets what is not the viewer's to say. An error that the viewer can
// correct is a *[crm.InvalidError], *[crm.ConflictError], *[crm.MergedError], [crm.ErrNotFound] or one of the errors beside
// [crm.ErrSameContact], within a *[FieldError] where it is about one of the contacts.
func (s *Service) MergeContacts(ctx context.Context, v crm.Viewer, m crm.Merge) (crm.Merged, error) {
	if err := Authorize(v, crm.EditContacts); err != nil {
		return crm.Merged{}, err
	}
	masker, err := s.masker(ctx, v)
	if err != nil {
		return crm.Merged{}, err
	}
	m = s.mergeOf(v, m)
	if err := m.Check(); err != nil {
		return crm.Merged{}, fmt.Errorf("merge contacts: %w", err)
	}
	done, err := s.store.MergeContacts(ctx, v.Workspace, m)
	if err != nil {
		return crm.Merged{}, fmt.Errorf("merge contacts: %w", shownError(masker, s.ofPart(ctx, v.Workspace, mergeParts(m), err)))
	}
	done.Contact = shown(masker, done.Contact)
	return done, nil
}

// mergeOf is the merge as the viewer asks for it now.
func (s *Service) mergeOf(v crm.Viewer, m crm.Merge) crm.Merge {
	now := s.clock()
	m.ID, m.At, m.Event, m.Actor = crm.NewMergeID(now), now, crm.NewEventID(now), v.Subject
	m.Undoable = s.options.UndoMerge
	return m
}

// MergePreview is what a merge would do.
type MergePreview struct {
	// Contact is the merged contact, or the survivor as it is beside a Refusal.
	Contact crm.Contact
	Fields  []MergeField
	// IDs are the merged contacts, the survivor first.
	IDs []crm.ContactID
	// Refusal is why the contacts cannot be merged, as [Service.MergeContacts] would say; nil when they can.
	Refusal error
}

// MergeField is a field of which one contact's value stays.
type MergeField struct {
	Field      ContactField
	ChosenFrom crm.ContactID
	Options    []MergeOption // the survivor's first
}

// MergeOption is one contact's value of a field.
type MergeOption struct {
	ContactID crm.ContactID
	Value     *string
	Verified  bool
}

// PreviewMerge is what [Service.MergeContacts] would do; nil where one of the contacts is not there.
func (s *Service) PreviewMerge(ctx context.Context, v crm.Viewer, m crm.Merge) (*MergePreview, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return nil, err
	}
	masker, err := s.masker(ctx, v)
	if err != nil {
		return nil, err
	}
	m = s.mergeOf(v, m)
	parts := mergeParts(m)
	found, refusal := crm.Merged{}, m.Check()
	if refusal == nil {
		found, refusal = s.store.PreviewMerge(ctx, v.Workspace, m)
	}
	switch {
	case refusal == nil:
		return previewOf(masker, found.Contact, found), nil
	case !refusesMerge(refusal):
		return nil, fmt.Errorf("preview merge: %w", refusal)
	}
	preview, err := s.refused(ctx, v.Workspace, masker, m, found)
	if err != nil || preview == nil {
		return nil, err
	}
	preview.Refusal = shownError(masker, s.ofPart(ctx, v.Workspace, parts, refusal))
	return preview, nil
}

// refused is the preview of a merge that something refuses, with the contacts as they are: those that have become part of
// others in their places. It is nil where one is not there.
func (s *Service) refused(
	ctx context.Context, w crm.WorkspaceID, masker *crm.Masker, m crm.Merge, found crm.Merged,
) (*MergePreview, error) {
	if found.Before.ID != (crm.ContactID{}) && len(found.Others) == len(m.Others) {
		return previewOf(masker, found.Before, found), nil
	}
	contacts, err := s.living(ctx, w, unique(m.IDs()))
	if err != nil {
		return nil, fmt.Errorf("preview merge: %w", err)
	}
	for n, id := range m.IDs() {
		c, ok := contacts[id]
		switch {
		case !ok:
			return nil, nil
		case n == 0:
			found.Before = c
		default:
			found.Others = append(found.Others, crm.MergeSide{Contact: c})
		}
	}
	return previewOf(masker, found.Before, found), nil
}

// previewOf shows the contact, and the values of the contacts before the merge.
func previewOf(masker *crm.Masker, contact crm.Contact, m crm.Merged) *MergePreview {
	before := []crm.Contact{shown(masker, m.Before)}
	for _, o := range m.Others {
		before = append(before, shown(masker, o.Contact))
	}
	preview := &MergePreview{Contact: shown(masker, contact)}
	for _, c := range before {
		preview.IDs = append(preview.IDs, c.ID)
	}
	for _, f := range []struct {
		name     string
		value    func(crm.Contact) *string
		verified func(crm.Contact) bool
	}{
		{"name", func(c crm.Contact) *string { return c.Name }, func(c crm.Contact) bool { return c.Name != nil && c.NameFrom.Vouches() }},
		{"email", func(c crm.Contact) *string { return c.Email }, crm.Contact.EmailVerified},
		{"phone", func(c crm.Contact) *string { return c.Phone }, crm.Contact.PhoneVerified},
	} {
		field := MergeField{Field: contactFields[f.name], ChosenFrom: m.Before.ID}
		if id, ok := m.Chosen[f.name]; ok {
			field.ChosenFrom = id
		}
		for _, c := range before {
			field.Options = append(field.Options, MergeOption{ContactID: c.ID, Value: f.value(c), Verified: f.verified(c)})
		}
		preview.Fields = append(preview.Fields, field)
	}
	return preview
}

// SessionCount is how many sessions the contacts of a preview have together.
func (s *Service) SessionCount(ctx context.Context, v crm.Viewer, p MergePreview) (total int, err error) {
	for _, id := range unique(p.IDs) {
		n, err := s.CountSessions(ctx, v, storage.SessionFilter{Contact: &id})
		if err != nil {
			return 0, err
		}
		total += n.Total
	}
	return total, nil
}

// IdentityCount is how many identities the contacts of a preview have together.
func (s *Service) IdentityCount(ctx context.Context, v crm.Viewer, p MergePreview) (total int, err error) {
	found, err := s.IdentitiesByContact(ctx, v, unique(p.IDs))
	for _, identities := range found {
		total += len(identities)
	}
	return total, err
}

// Undone is what became of taking a merge back.
type Undone struct {
	crm.Undone

	Kept  []ContactField
	Event crm.EventID
}

// UndoMerge takes a merge back. An error that the viewer can correct is [crm.ErrNotFound], [crm.ErrNotNewest] or
// [crm.ErrUndoExpired].
func (s *Service) UndoMerge(ctx context.Context, v crm.Viewer, id crm.MergeID) (Undone, error) {
	if err := Authorize(v, crm.EditContacts); err != nil {
		return Undone{}, err
	}
	m, err := s.masker(ctx, v)
	if err != nil {
		return Undone{}, err
	}
	now := s.clock()
	u := crm.Undo{Merge: id, At: now, Event: crm.NewEventID(now), Actor: v.Subject}
	undone, err := s.store.UndoMerge(ctx, v.Workspace, u)
	if err != nil {
		return Undone{}, fmt.Errorf("undo %s: %w", id, err)
	}
	undone.Contact = shown(m, undone.Contact)
	maskAll(m, undone.Restored, func(m crm.Masker, side crm.MergeSide) crm.MergeSide {
		side.Contact = m.Contact(side.Contact)
		return side
	})
	out := Undone{Undone: undone, Kept: []ContactField{}, Event: u.Event}
	for _, field := range undone.Kept {
		out.Kept = append(out.Kept, contactFields[field])
	}
	return out, nil
}

// Split is what a viewer wants to split off a contact. Identities are named by their ids, see [crm.IdentityKey.ID].
type Split struct {
	ID         crm.ContactID
	Version    int
	Identities []string
	Sessions   []crm.SessionID
	Into       *crm.ContactID // nil for a new contact
}

// SplitDone is what became of a split.
type SplitDone struct {
	crm.SplitDone

	Event crm.EventID
}

// SplitContact splits identities, with all that belongs to them, off a contact. The errors are as those of
// [Service.MergeContacts].
func (s *Service) SplitContact(ctx context.Context, v crm.Viewer, in Split) (SplitDone, error) {
	if err := Authorize(v, crm.EditContacts); err != nil {
		return SplitDone{}, err
	}
	if err := FewNamed("sessionIds", "sessions", in.Sessions); err != nil {
		return SplitDone{}, err
	}
	m, err := s.masker(ctx, v)
	if err != nil {
		return SplitDone{}, err
	}
	now := s.clock()
	split := crm.Split{
		ID: in.ID, Version: in.Version, Sessions: unique(in.Sessions), Into: in.Into, At: now, Event: crm.NewEventID(now), Actor: v.Subject,
	}
	parts := []part{{"id", "expectedVersion", in.ID}}
	if in.Into != nil {
		parts = append(parts, part{"into", "into", *in.Into})
	}
	done, err := s.split(ctx, v.Workspace, m, split, in.Identities)
	if err != nil {
		return SplitDone{}, fmt.Errorf("split contact %s: %w", in.ID, shownError(m, s.ofPart(ctx, v.Workspace, parts, err)))
	}
	done.Contact, done.Split = shown(m, done.Contact), shown(m, done.Split)
	return SplitDone{done, split.Event}, nil
}

// split finds the identities by their ids. One that is not the contact's stays in the split, for the store to refuse.
func (s *Service) split(
	ctx context.Context, w crm.WorkspaceID, m *crm.Masker, split crm.Split, identities []string,
) (crm.SplitDone, error) {
	found, err := s.store.IdentitiesByContact(ctx, w, []crm.ContactID{split.ID})
	if err != nil {
		return crm.SplitDone{}, err
	}
	keys := map[crm.IdentityID]crm.IdentityKey{}
	for _, i := range found[split.ID] {
		keys[i.ID()] = i.Key()
	}
	for _, text := range unique(identities) {
		id, _ := crm.ParseIdentityID(text)
		split.Identities = append(split.Identities, keys[s.identityID(m, id)])
	}
	return s.store.SplitContact(ctx, w, split)
}

// part is a contact as it is named in what was asked for.
type part struct {
	field, version string // as the client named the id and the version
	id             crm.ContactID
}

func mergeParts(m crm.Merge) []part {
	parts := []part{{"survivorId", "expectedVersion", m.Survivor.ID}}
	for n, o := range m.Others {
		at := "others." + strconv.Itoa(n) + "."
		parts = append(parts, part{at + "id", at + "expectedVersion", o.ID})
	}
	return parts
}

// ofPart is an error of several contacts as one of the part that it is about, as far as that is known.
func (s *Service) ofPart(ctx context.Context, w crm.WorkspaceID, parts []part, err error) error {
	if conflict, ok := errors.AsType[*crm.ConflictError](err); ok {
		for _, p := range parts {
			if p.id == conflict.Current.ID {
				return &FieldError{p.version, err}
			}
		}
		return err
	}
	_, merged := errors.AsType[*crm.MergedError](err)
	if !merged && !errors.Is(err, crm.ErrNotFound) {
		return err
	}
	ids := make([]crm.ContactID, len(parts))
	for i, p := range parts {
		ids[i] = p.id
	}
	there, notThere := s.store.ContactsByID(ctx, w, unique(ids))
	if notThere != nil {
		return notThere
	}
	for _, p := range parts {
		if _, ok := there[p.id]; !ok {
			return &FieldError{p.field, s.merged(ctx, w, p.id, crm.ErrNotFound)}
		}
	}
	return err
}

// refusesMerge reports whether an error is about the contacts, and a person can do something about it.
func refusesMerge(err error) bool {
	for _, refusal := range []error{crm.ErrNotFound, crm.ErrSameContact, crm.ErrTooMany, crm.ErrNotesTooLong} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	_, invalid := errors.AsType[*crm.InvalidError](err)
	_, conflict := errors.AsType[*crm.ConflictError](err)
	_, merged := errors.AsType[*crm.MergedError](err)
	return invalid || conflict || merged
}

// UndoableUntil is until when a merge can be undone; nil if it cannot.
func UndoableUntil(m crm.Merged) *time.Time {
	if m.Record.Undo == nil || !m.Record.Until.After(m.Record.At) {
		return nil
	}
	return &m.Record.Until
}

func unique[K comparable](keys []K) []K {
	var out []K
	seen := make(map[K]bool, len(keys))
	for _, k := range keys {
		if !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	return out
}
