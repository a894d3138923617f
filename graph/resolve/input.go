package resolve

import (
	"crypto/sha256"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/model"
	"kith/internal/crm"
	"kith/internal/ingest"
	"kith/internal/service"
	"kith/storage"
)

// An id that Kith did not issue becomes the zero id, which is never issued: the answer is that for a deleted object.

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// ContactOrder translates an order input; nil for the default.
func ContactOrder(in *model.ContactOrder) *service.Order {
	if in == nil {
		return nil
	}
	return &service.Order{Field: in.Field, Direction: in.Direction}
}

// SessionList is what the arguments of a list of sessions ask for.
func SessionList(
	filter *model.SessionFilter, orderBy *model.SessionOrder, first *int, after *string, last *int, before *string,
) service.SessionList {
	l := service.SessionList{Filter: SessionFilter(filter), Paging: paging(first, after, last, before)}
	if orderBy != nil {
		l.Order = &service.SessionOrder{Field: orderBy.Field, Direction: orderBy.Direction}
	}
	return l
}

// SessionFilter translates a filter input. A nil input gives the empty filter.
func SessionFilter(in *model.SessionFilter) storage.SessionFilter {
	if in == nil {
		return storage.SessionFilter{}
	}
	return storage.SessionFilter{
		Contact: contactID(in.ContactID), Anonymous: in.Anonymous, Unread: in.Unread,
		Channels: channelIDs(in.ChannelIds), Statuses: in.Statuses, Tags: sessionTags(in.Tags), Accounts: in.ChannelAccounts,
	}
}

// sessionTags are the tags of a list that may be missing; null means sessions without a tag.
func sessionTags(in []*crm.SessionTag) []crm.SessionTag {
	if in == nil {
		return nil
	}
	tags := make([]crm.SessionTag, len(in))
	for i, t := range in {
		if t != nil {
			tags[i] = *t
		}
	}
	return tags
}

// ContactFilter translates a filter input. A nil input gives the empty filter.
func ContactFilter(in *model.ContactFilter) service.ContactFilter {
	if in == nil {
		return service.ContactFilter{}
	}
	f := service.ContactFilter{
		Channels: channelIDs(in.ChannelIds), Types: in.ChannelTypes,
		HasEmail: in.HasEmail, HasPhone: in.HasPhone, HasNotes: in.HasNotes, HasUnread: in.HasUnread, HasOpen: in.HasOpenSession,
		ActiveAfter: in.ActiveAfter, ActiveBefore: in.ActiveBefore, CreatedAfter: in.CreatedAfter, CreatedBefore: in.CreatedBefore,
		Email: in.Email, Phone: in.Phone,
	}
	if i := in.Identity; i != nil {
		channel, _ := crm.ParseChannelID(i.ChannelID)
		f.Identity = &storage.IdentityKey{Channel: channel, External: i.ExternalID}
	}
	return f
}

// channelIDs are ids of a list that may be missing.
func channelIDs(in []string) []crm.ChannelID {
	if in == nil {
		return nil
	}
	ids := make([]crm.ChannelID, len(in))
	for i, s := range in {
		ids[i], _ = crm.ParseChannelID(s)
	}
	return ids
}

func contactPatch(in model.UpdateContactInput) crm.ContactPatch {
	return crm.ContactPatch{
		Name:            optional(in.Name),
		Email:           optional(in.Email),
		Phone:           optional(in.Phone),
		Notes:           optional(in.Notes),
		ExpectedVersion: in.ExpectedVersion,
		AllowDuplicate:  in.AllowDuplicate,
		AllowUnusual:    in.AllowUnusual,
	}
}

func merge(in model.MergeContactsInput) crm.Merge {
	m := crm.Merge{
		Survivor: mergePart(in.SurvivorID, in.ExpectedVersion),
		NameFrom: mergedID(in.NameFrom), EmailFrom: mergedID(in.EmailFrom), PhoneFrom: mergedID(in.PhoneFrom), Notes: in.Notes,
	}
	for _, o := range in.Others {
		m.Others = append(m.Others, mergePart(o.ID, o.ExpectedVersion))
	}
	return m
}

func mergePart(id string, version int) crm.MergePart {
	return crm.MergePart{ID: *mergedID(&id), Version: &version}
}

// mergedID is an id that may be missing. One that Kith did not issue becomes an id that is never issued: of two of them it
// can be said whether they are the same.
func mergedID(s *string) *crm.ContactID {
	if s == nil {
		return nil
	}
	id, ok := crm.ParseContactID(*s)
	if !ok {
		digest := sha256.Sum256([]byte(*s))
		id = crm.ContactID(digest[:16])
	}
	return &id
}

func split(in model.SplitContactInput) service.Split {
	s := service.Split{
		ID: *mergedID(&in.ID), Version: in.ExpectedVersion, Identities: in.IdentityIds, Into: mergedID(in.Into),
	}
	for _, id := range in.SessionIds {
		session, _ := crm.ParseSessionID(id)
		s.Sessions = append(s.Sessions, session)
	}
	return s
}

// contactID is an id that may be missing.
func contactID(s *string) *crm.ContactID {
	if s == nil {
		return nil
	}
	id, _ := crm.ParseContactID(*s)
	return &id
}

func sessionPatch(in model.UpdateSessionInput) crm.SessionPatch {
	return crm.SessionPatch{Status: optional(in.Status), Tag: optional(in.Tag), Read: in.MarkRead}
}

func channelEdit(in model.UpdateChannelInput) (service.ChannelEdit, error) {
	name, err := required("input.name", in.Name)
	if err != nil {
		return service.ChannelEdit{}, err
	}
	active, err := required("input.active", in.Active)
	if err != nil {
		return service.ChannelEdit{}, err
	}
	signed, err := required("input.requireSignedIdentity", in.RequireSignedIdentity)
	if err != nil {
		return service.ChannelEdit{}, err
	}
	edit := service.ChannelEdit{ChannelPatch: crm.ChannelPatch{Name: name, Active: active, RequireSignedIdentity: signed}}
	if secret, ok := in.Secret.ValueOK(); ok {
		edit.Secret = crm.To(text(secret))
	}
	if token, ok := in.AccessToken.ValueOK(); ok {
		edit.AccessToken = crm.To(text(token))
	}
	if list, ok := in.AllowedDomains.ValueOK(); ok {
		edit.Domains = crm.To(list)
	}
	return edit, nil
}

func report(in model.RecordInteractionInput) ingest.Report {
	r := ingest.Report{
		ExternalID: in.ExternalID,
		MessageID:  in.MessageID,
		At:         in.OccurredAt,
		Direction:  in.Direction,
		Text:       in.Text,
		Account:    text(in.ChannelAccount),
	}
	r.ChannelID, _ = crm.ParseChannelID(in.ChannelID)
	if p := in.Profile; p != nil {
		r.Profile = crm.Profile{
			Name:          p.Name,
			Email:         p.Email,
			EmailVerified: p.EmailVerified,
			Phone:         p.Phone,
			PhoneVerified: p.PhoneVerified,
		}
	}
	return r
}

// paging are the arguments of a list.
func paging(first *int, after *string, last *int, before *string) service.Paging {
	return service.Paging{First: first, After: given(after), Last: last, Before: given(before)}
}

// given is a cursor, or nil if it is empty: typed clients send an empty string when they have no cursor.
func given(cursor *string) *string {
	if cursor != nil && *cursor == "" {
		return nil
	}
	return cursor
}

// optional turns an omittable input into a change of a field that can be empty: absent leaves it alone, null clears it.
func optional[T any](in graphql.Omittable[*T]) crm.Change[*T] {
	v, ok := in.ValueOK()
	if !ok {
		return crm.Change[*T]{}
	}
	return crm.To(v)
}

// required turns an omittable input into a change of a field that cannot be empty: absent leaves it alone, null is the
// caller's mistake.
func required[T any](field string, in graphql.Omittable[*T]) (crm.Change[T], error) {
	v, ok := in.ValueOK()
	switch {
	case !ok:
		return crm.Change[T]{}, nil
	case v == nil:
		return crm.Change[T]{}, &crm.InvalidError{Field: field, Reason: "cannot be null"}
	}
	return crm.To(*v), nil
}
