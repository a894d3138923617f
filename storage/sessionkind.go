package storage

import (
	"bytes"
	"cmp"
	"slices"

	"kith/internal/crm"
)

// SessionKind is what sessions are counted by.
type SessionKind struct {
	Channel   crm.ChannelID
	Status    crm.SessionStatus
	Tag       crm.SessionTag // empty for none
	Anonymous bool
}

// KindOf is the kind of a session.
func KindOf(s crm.Session) SessionKind {
	k := SessionKind{Channel: s.ChannelID, Status: s.Status, Anonymous: s.ContactID == nil}
	if s.Tag != nil {
		k.Tag = *s.Tag
	}
	return k
}

// Compare orders kinds, as [cmp.Compare] does: by channel, status, tag, and those with a contact first.
func (k SessionKind) Compare(o SessionKind) int {
	nobody := func(k SessionKind) int {
		if k.Anonymous {
			return 1
		}
		return 0
	}
	return cmp.Or(
		bytes.Compare(k.Channel[:], o.Channel[:]), cmp.Compare(k.Status, o.Status), cmp.Compare(k.Tag, o.Tag),
		cmp.Compare(nobody(k), nobody(o)),
	)
}

// KindCount is a number of sessions of one kind.
type KindCount struct {
	SessionKind
	N int
}

// Passes reports which of the filter's conditions sessions of a kind pass. Whether they are anonymous is not among them.
func (f SessionFilter) Passes(k SessionKind) (status, tag, channel bool) {
	status = f.Statuses == nil || slices.Contains(f.Statuses, k.Status)
	tag = f.Tags == nil || slices.Contains(f.Tags, k.Tag)
	channel = f.Channels == nil || slices.Contains(f.Channels, k.Channel)
	return status, tag, channel
}

// Sum adds counts up under the filter, as CountSessions returns them. The counts must be of sessions of f.Contact, where
// the filter names one.
func (f SessionFilter) Sum(counts []KindCount) SessionCounts {
	out := SessionCounts{
		Status: map[crm.SessionStatus]int{}, Tag: map[crm.SessionTag]int{}, Channel: map[crm.ChannelID]int{},
	}
	for _, c := range counts {
		if c.N == 0 || f.Anonymous != nil && *f.Anonymous != c.Anonymous {
			continue
		}
		status, tag, channel := f.Passes(c.SessionKind)
		if status && tag && channel {
			out.Total += c.N
		}
		if tag && channel {
			out.Status[c.Status] += c.N
		}
		if status && channel && c.Tag != "" {
			out.Tag[c.Tag] += c.N
		}
		if status && channel && c.Tag == "" {
			out.Untagged += c.N
		}
		if status && tag {
			out.Channel[c.Channel] += c.N
		}
	}
	return out
}
