package service

import (
	"context"
	"fmt"

	"kith/internal/crm"
	"kith/storage"
)

// SessionCounts are the numbers of sessions beside the values of a filter, zeros included.
type SessionCounts struct {
	Total    int
	Statuses []StatusCount
	Tags     []TagCount
	// ByChannel has the channels with sessions alone.
	ByChannel map[crm.ChannelID]int
}

// StatusCount is how many sessions have a status.
type StatusCount struct {
	Status crm.SessionStatus
	Count  int
}

// TagCount is how many sessions have a tag, or for nil none.
type TagCount struct {
	Tag   *crm.SessionTag
	Count int
}

// CountSessions counts the sessions that pass a filter: in all, and for each status, tag and channel those that pass the
// filter's other conditions.
func (s *Service) CountSessions(ctx context.Context, v crm.Viewer, f storage.SessionFilter) (SessionCounts, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return SessionCounts{}, err
	}
	if err := checkFilter(f); err != nil {
		return SessionCounts{}, err
	}
	var err error
	if f.Contact, err = s.followed(ctx, v.Workspace, f.Contact); err != nil {
		return SessionCounts{}, fmt.Errorf("count sessions: %w", err)
	}
	found, err := s.store.CountSessions(ctx, v.Workspace, f)
	if err != nil {
		return SessionCounts{}, fmt.Errorf("count sessions: %w", err)
	}
	c := SessionCounts{Total: found.Total, ByChannel: found.Channel}
	for _, s := range crm.SessionStatuses {
		c.Statuses = append(c.Statuses, StatusCount{s, found.Status[s]})
	}
	for _, t := range crm.SessionTags {
		c.Tags = append(c.Tags, TagCount{&t, found.Tag[t]})
	}
	c.Tags = append(c.Tags, TagCount{nil, found.Untagged})
	return c, nil
}
