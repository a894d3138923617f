package service

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kith/internal/crm"
	"kith/storage"
)

// ContactFilter is which contacts a list includes: those that meet every condition. Nil is no condition; an empty list lets
// nobody pass.
type ContactFilter struct {
	Channels                                               []crm.ChannelID
	Types                                                  []crm.ChannelType
	HasEmail, HasPhone, HasNotes, HasUnread, HasOpen       *bool
	ActiveAfter, ActiveBefore, CreatedAfter, CreatedBefore *time.Time
	Email, Phone                                           *string // as somebody writes them
	Identity                                               *storage.IdentityKey
}

// describe writes a filter so that different filters differ.
func (f ContactFilter) describe() string {
	b, _ := json.Marshal(f) // texts, numbers and times are always fit for JSON
	return string(b)
}

// contactFilter reads a filter for storage. An email or phone that cannot be read is a *[crm.InvalidError].
func (s *Service) contactFilter(ctx context.Context, w crm.WorkspaceID, f ContactFilter) (storage.ContactFilter, error) {
	out := storage.ContactFilter{
		HasEmail: f.HasEmail, HasPhone: f.HasPhone, HasNotes: f.HasNotes, Unread: f.HasUnread, OpenSession: f.HasOpen,
		Active:   storage.Period{After: f.ActiveAfter, Before: f.ActiveBefore},
		Created:  storage.Period{After: f.CreatedAfter, Before: f.CreatedBefore},
		Identity: f.Identity,
	}
	if err := errors.Join(fewAlternatives("channelIds", f.Channels), fewAlternatives("channelTypes", f.Types)); err != nil {
		return out, err
	}
	if i := f.Identity; i != nil && (!utf8.ValidString(i.External) || strings.ContainsRune(i.External, 0)) {
		return out, &crm.InvalidError{Field: "filter.identity.externalId", Reason: "must be valid text"}
	}
	if f.Channels != nil {
		out.Channels = append(out.Channels, f.Channels)
	}
	if f.Types != nil {
		channels, err := s.store.Channels(ctx, w)
		if err != nil {
			return out, err
		}
		among := []crm.ChannelID{}
		for _, c := range channels {
			if slices.Contains(f.Types, c.Type) {
				among = append(among, c.ID)
			}
		}
		out.Channels = append(out.Channels, among)
	}
	var err error
	if out.Email, err = normalized("filter.email", f.Email, crm.NormalizeEmail); err != nil {
		return out, err
	}
	if f.Phone == nil {
		return out, nil
	}
	region, err := s.region(ctx, w)
	if err != nil {
		return out, err
	}
	out.Phone, err = normalized("filter.phone", f.Phone, func(s2 string) (string, error) {
		return crm.NormalizePhone(s2, region)
	})
	return out, err
}

// normalized is a value that a filter names, as it is stored.
func normalized(field string, v *string, normalize func(string) (string, error)) (*string, error) {
	if v == nil {
		return nil, nil
	}
	out, err := normalize(*v)
	if invalid, ok := errors.AsType[*crm.InvalidError](err); ok {
		err = &crm.InvalidError{Field: field, Subject: field + ": " + invalid.Message()}
	}
	return &out, err
}

func fewAlternatives[T any](condition string, list []T) error {
	return FewNamed("filter."+condition, "alternatives", list)
}
