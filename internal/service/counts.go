package service

import (
	"context"
	"fmt"
	"sync"

	"kith/internal/crm"
	"kith/storage"
)

// DefaultMost is how far a list is counted where nobody says how far.
const DefaultMost = 1000

// checkMost refuses to count a list not at all, or too far.
func checkMost(most int) error {
	if most < 1 || most > storage.CountLimit {
		return &crm.InvalidError{Field: "max", Reason: "must be between 1 and 10,000"}
	}
	return nil
}

// CountOnce counts a list as far as is asked for, once for each limit, however often it is asked.
func CountOnce(count func(most int) (storage.Count, error)) func(most int) (storage.Count, error) {
	var known sync.Map // limits with functions
	return func(most int) (storage.Count, error) {
		if err := checkMost(most); err != nil {
			return storage.Count{}, err
		}
		once, _ := known.LoadOrStore(most, sync.OnceValues(func() (storage.Count, error) { return count(most) }))
		return once.(func() (storage.Count, error))()
	}
}

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
