package service

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
)

// exportAtOnce is how many rows an export reads in one call.
const exportAtOnce = 500

// ExportContact returns everything that is held on a contact as a JSON document, and keeps in the audit that it did. A
// contact that is not there is crm.ErrNotFound, one that has become part of another a *crm.MergedError.
func (s *Service) ExportContact(ctx context.Context, v crm.Viewer, id crm.ContactID) ([]byte, error) {
	if err := Authorize(v, crm.ExportContacts); err != nil {
		return nil, err
	}
	now := s.clock()
	held, err := s.held(ctx, v.Workspace, id)
	if err != nil {
		return nil, fmt.Errorf("export contact %s: %w", id, s.merged(ctx, v.Workspace, id, err))
	}
	held.ExportedAt = now
	document, err := json.Marshal(held)
	if err != nil {
		return nil, fmt.Errorf("export contact %s: %w", id, err)
	}
	audit := crm.NewAudit(crm.ContactExported, v.Subject, now)
	audit.ContactID = &id
	if err := s.store.AddAudit(ctx, v.Workspace, audit); err != nil {
		return nil, fmt.Errorf("export contact %s: %w", id, err)
	}
	return document, nil
}

// export is the document. Times are RFC 3339 in UTC, ids as everywhere; what there is no value for is null.
type export struct {
	ExportedAt time.Time          `json:"exportedAt"`
	Contact    exportedContact    `json:"contact"`
	Identities []ExportedIdentity `json:"identities"`
	Sessions   []exportedSession  `json:"sessions"` // the newest last message first
	History    []exportedChange   `json:"history"`  // the newest first
	Merges     []exportedMerge    `json:"merges"`   // the oldest first
	Failures   []exportedFailure  `json:"ingestFailures"`
}

type exportedContact struct {
	ID    string        `json:"id"`
	Name  exportedValue `json:"name"`
	Email exportedValue `json:"email"`
	Phone exportedValue `json:"phone"`

	FurtherEmails []exportedValue `json:"furtherEmails"`
	FurtherPhones []exportedValue `json:"furtherPhones"`
	MergedFrom    []string        `json:"mergedFrom"` // the ids of contacts that have become part of this one

	Notes          string     `json:"notes"`
	Version        int        `json:"version"`
	CreatedAt      time.Time  `json:"createdAt"`
	UpdatedAt      time.Time  `json:"updatedAt"`
	LastActivityAt *time.Time `json:"lastActivityAt"`
}

// exportedValue is a value and where it comes from: STAFF, CLAIMED (typed in by the customer) or VERIFIED (by a channel) or
// IMPORTED (from another system).
type exportedValue struct {
	Value  *string          `json:"value"`
	Origin *string          `json:"origin"`
	From   *ExportedChannel `json:"channel"`
}

// ExportedChannel is a channel in an export.
type ExportedChannel struct {
	ID   string          `json:"id"`
	Name string          `json:"name"`
	Type crm.ChannelType `json:"type"`
}

// ExportedIdentity is an identity in an export, of a contact or of a list.
type ExportedIdentity struct {
	Channel     ExportedChannel `json:"channel"`
	ExternalID  string          `json:"externalId"`
	DisplayName *string         `json:"displayName"`
	CreatedAt   time.Time       `json:"createdAt"`
}

type exportedSession struct {
	ID                 string            `json:"id"`
	Channel            ExportedChannel   `json:"channel"`
	ChannelAccount     *string           `json:"channelAccount"` // the workspace's account that the customer wrote to
	ExternalID         *string           `json:"externalId"`     // the customer's id that answers go to
	Status             crm.SessionStatus `json:"status"`
	Tag                *crm.SessionTag   `json:"tag"`
	LastMessagePreview *string           `json:"lastMessagePreview"`
	LastMessageAt      time.Time         `json:"lastMessageAt"`
	UnreadCount        int               `json:"unreadCount"`
	StartedAt          time.Time         `json:"startedAt"`
}

// exportedMerge is a merge and, while it can be undone, the contacts as they were before, the one that stayed first.
type exportedMerge struct {
	ID            string            `json:"id"`
	Actor         string            `json:"actor"`
	At            time.Time         `json:"at"`
	UndoableUntil *time.Time        `json:"undoableUntil"`
	MergedFrom    []string          `json:"mergedFrom"`
	Before        []exportedContact `json:"before"`
}

type exportedChange struct {
	ID      string          `json:"id"`
	Contact string          `json:"contactId"` // the contact, or one that has become part of it
	Kind    crm.EventKind   `json:"kind"`
	Version int             `json:"version"`
	Actor   string          `json:"actor"`
	At      time.Time       `json:"at"`
	Fields  []exportedField `json:"fields"`
}

type exportedField struct {
	Field string  `json:"field"`
	Old   *string `json:"old"`
	New   *string `json:"new"`
}

type exportedFailure struct {
	ID      string          `json:"id"`
	Channel ExportedChannel `json:"channel"`
	At      time.Time       `json:"at"`
	Reason  string          `json:"reason"`
	Payload string          `json:"payload"`
}

// held gathers everything.
func (s *Service) held(ctx context.Context, w crm.WorkspaceID, id crm.ContactID) (export, error) {
	ids := []crm.ContactID{id}
	contacts, err := s.store.ContactsByID(ctx, w, ids)
	if err != nil {
		return export{}, err
	}
	c, ok := contacts[id]
	if !ok {
		return export{}, crm.ErrNotFound
	}
	channels, err := s.exportedChannels(ctx, w)
	if err != nil {
		return export{}, err
	}
	old, err := s.store.OldIDs(ctx, w, ids)
	if err != nil {
		return export{}, err
	}
	out := export{
		Contact:  channels.contact(c, old[id]),
		Failures: []exportedFailure{},
	}
	if out.Merges, err = s.heldMerges(ctx, w, append(ids, old[id]...), channels); err != nil {
		return export{}, err
	}
	identities, err := s.store.IdentitiesByContact(ctx, w, ids)
	if err != nil {
		return export{}, err
	}
	out.Identities = channels.identities(identities[id])
	if out.Sessions, err = s.heldSessions(ctx, w, id, channels); err != nil {
		return export{}, err
	}
	if out.History, err = s.heldHistory(ctx, w, id); err != nil {
		return export{}, err
	}
	failures, err := s.store.FailuresOfContact(ctx, w, id)
	if err != nil {
		return export{}, err
	}
	for _, f := range failures {
		out.Failures = append(out.Failures, channels.failure(f))
	}
	return out, nil
}

func (s *Service) heldMerges(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, channels exportedChannels,
) ([]exportedMerge, error) {
	records, err := s.store.MergesOf(ctx, w, ids)
	out := []exportedMerge{}
	for _, r := range records {
		out = append(out, exportedMergeOf(r, channels))
	}
	return out, err
}

func idStrings(ids []crm.ContactID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}

func (s *Service) heldSessions(
	ctx context.Context, w crm.WorkspaceID, id crm.ContactID, channels exportedChannels,
) ([]exportedSession, error) {
	out := []exportedSession{}
	page := storage.Page{Size: exportAtOnce}
	for {
		found, err := s.store.SessionsByContact(ctx, w, []crm.ContactID{id}, storage.SessionQuery{Page: page})
		if err != nil {
			return nil, err
		}
		identities, err := s.identitiesOf(ctx, w, found[id].Sessions)
		if err != nil {
			return nil, err
		}
		for n, s := range found[id].Sessions {
			out = append(out, channels.session(s, identities[n]))
			page.After = &storage.Position{At: s.LastMessageAt, ID: uuid.UUID(s.ID)}
		}
		if !found[id].More {
			return out, nil
		}
	}
}

// identitiesOf are the external ids that answers in each of the sessions go to; nil where there is none.
func (s *Service) identitiesOf(ctx context.Context, w crm.WorkspaceID, sessions []crm.Session) ([]*string, error) {
	var accounts []crm.AccountID
	for _, session := range sessions {
		if session.AccountID != nil {
			accounts = append(accounts, *session.AccountID)
		}
	}
	found, err := s.store.AccountIdentities(ctx, w, unique(accounts))
	out := make([]*string, len(sessions))
	for n, session := range sessions {
		if session.AccountID == nil {
			continue
		}
		if newest := crm.NewestIdentity(found[*session.AccountID]); newest != nil {
			out[n] = &newest.ExternalID
		}
	}
	return out, err
}

func (s *Service) heldHistory(ctx context.Context, w crm.WorkspaceID, id crm.ContactID) ([]exportedChange, error) {
	out := []exportedChange{}
	page := storage.Page{Size: exportAtOnce}
	for {
		pages, err := s.store.HistoryByContact(ctx, w, []crm.ContactID{id}, page)
		if err != nil {
			return nil, err
		}
		found := pages[id]
		for _, e := range found.Events {
			out = append(out, exportedChangeOf(e))
			page.After = new(storage.EventPosition(e))
		}
		if !found.More {
			return out, nil
		}
	}
}

func exportedChangeOf(e crm.Event) exportedChange {
	change := exportedChange{
		ID: e.ID.String(), Kind: e.Kind, Version: e.Version, Actor: e.Actor, At: e.At, Fields: make([]exportedField, len(e.Changes)),
	}
	if e.ContactID != nil {
		change.Contact = e.ContactID.String()
	}
	for i, f := range e.Changes {
		change.Fields[i] = exportedField(f)
	}
	return change
}

func exportedMergeOf(r crm.MergeRecord, channels exportedChannels) exportedMerge {
	m := exportedMerge{
		ID: r.ID.String(), Actor: r.Actor, At: r.At, MergedFrom: idStrings(r.Others), Before: []exportedContact{},
	}
	if r.Undo != nil {
		m.UndoableUntil = &r.Until
		m.Before = append(m.Before, channels.contact(r.Undo.Before, nil))
		for _, o := range r.Undo.Others {
			m.Before = append(m.Before, channels.contact(o.Contact, o.OldIDs))
		}
	}
	return m
}

// exportedChannels are the channels of the workspace.
type exportedChannels map[crm.ChannelID]ExportedChannel

func (s *Service) exportedChannels(ctx context.Context, w crm.WorkspaceID) (exportedChannels, error) {
	known, err := s.store.Channels(ctx, w)
	channels := make(exportedChannels, len(known))
	for _, ch := range known {
		channels[ch.ID] = ExportedChannel{ID: ch.ID.String(), Name: ch.Name, Type: ch.Type}
	}
	return channels, err
}

func (cs exportedChannels) identities(of []crm.Identity) []ExportedIdentity {
	out := make([]ExportedIdentity, len(of))
	for n, i := range of {
		out[n] = ExportedIdentity{
			Channel: cs.of(i.ChannelID), ExternalID: i.ExternalID, DisplayName: i.DisplayName, CreatedAt: i.CreatedAt,
		}
	}
	return out
}

func (cs exportedChannels) of(id crm.ChannelID) ExportedChannel {
	if c, ok := cs[id]; ok {
		return c
	}
	return ExportedChannel{ID: id.String()}
}

func (cs exportedChannels) session(s crm.Session, externalID *string) exportedSession {
	return exportedSession{
		ID: s.ID.String(), Channel: cs.of(s.ChannelID), ChannelAccount: s.OwnAccount(), ExternalID: externalID, Status: s.Status, Tag: s.Tag,
		LastMessagePreview: s.LastMessagePreview, LastMessageAt: s.LastMessageAt, UnreadCount: s.UnreadCount, StartedAt: s.StartedAt,
	}
}

func (cs exportedChannels) failure(f crm.Failure) exportedFailure {
	return exportedFailure{
		ID: f.ID.String(), Channel: cs.of(f.ChannelID), At: f.At, Reason: f.Reason,
		Payload: strings.ToValidUTF8(string(f.Payload), "\uFFFD"),
	}
}

func (cs exportedChannels) contact(c crm.Contact, old []crm.ContactID) exportedContact {
	out := exportedContact{
		ID: c.ID.String(), Name: cs.value(c.Name, c.NameFrom), Email: cs.value(c.Email, c.EmailFrom),
		Phone: cs.value(c.Phone, c.PhoneFrom), FurtherEmails: []exportedValue{}, FurtherPhones: []exportedValue{},
		MergedFrom: idStrings(old), Notes: c.Notes, Version: c.Version,
		CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, LastActivityAt: c.LastActivityAt,
	}
	for _, v := range c.Further {
		if value := cs.value(&v.Value, v.From); v.Field == "phone" {
			out.FurtherPhones = append(out.FurtherPhones, value)
		} else {
			out.FurtherEmails = append(out.FurtherEmails, value)
		}
	}
	return out
}

func (cs exportedChannels) value(v *string, from crm.Provenance) exportedValue {
	out := exportedValue{Value: v}
	origins := map[crm.Origin]string{crm.Staff: "STAFF", crm.Claimed: "CLAIMED", crm.Verified: "VERIFIED", crm.Imported: "IMPORTED"}
	if name, ok := origins[from.Origin]; ok && v != nil {
		out.Origin = &name
	}
	if from.Channel != (crm.ChannelID{}) {
		out.From = new(cs.of(from.Channel))
	}
	return out
}
