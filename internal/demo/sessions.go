package demo

import (
	"slices"
	"strconv"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

const (
	minute = int64(time.Minute / time.Microsecond)
	hour   = 60 * minute
	day    = 24 * hour
)

var (
	moreChannels = newWheel(80, 16, 4)
	unreadWheel  = newWheel(40, 25, 15, 10, 6, 4)
	statuses     = []crm.SessionStatus{crm.Active, crm.Escalated, crm.Closed, crm.Archived}

	// How far a conversation has come, by the age of its last message.
	fewDays   = newWheel(66, 18, 15, 1)
	fortnight = newWheel(30, 12, 50, 8)
	season    = newWheel(4, 1, 70, 25)
	older     = newWheel(1, 0, 35, 64)
)

// converse gives the contact its identities and sessions. The sessions follow one another in time, and each identity has
// at least one.
func (g *generator) converse(l *storage.Loaded, p person, i int, created int64) {
	r := g.r
	used := g.channelsOf(p)
	if len(used) == 0 {
		return
	}
	age := g.now - created
	count := min(g.sessionCount(), 1+int(age/day))
	gap := float64(min(45*day, age/int64(count)))
	contact := l.Contact.ID
	l.Sessions = make([]crm.Session, 0, count)
	for start := created; len(l.Sessions) < count && start <= g.now; {
		channel := used[0]
		if n := len(l.Sessions); n > 0 && n < len(used) {
			channel = used[n]
		} else if n > 0 {
			channel = anyOf(r, used)
		}
		g.meet(l, p, i, channel, start)
		last := min(g.now, start+g.length())
		l.Sessions = append(l.Sessions, crm.Session{
			ID:            crm.SessionID(newID(start, r.Uint64())),
			ContactID:     &contact,
			ChannelID:     channel.ID,
			LastMessageAt: at(last),
			StartedAt:     at(start),
		})
		start = last + 6*hour + int64(r.ExpFloat64()*gap)
	}
	g.finish(l, p)
}

// channelsOf picks the channels that the person uses, the favourite first.
func (g *generator) channelsOf(p person) []*crm.Channel {
	used := make([]*crm.Channel, 0, len(crm.ChannelTypes))
	want := 1 + moreChannels.spin(g.r)
	for range 8 { // few enough to end where there are not so many channels
		c := g.channels[p.locale.channels.spin(g.r)]
		if c == nil || slices.Contains(used, c) {
			continue
		}
		if used = append(used, c); len(used) == want {
			break
		}
	}
	return used
}

// sessionCount is mostly one to four, with a long tail of regulars.
func (g *generator) sessionCount() int {
	switch u := g.r.Float64(); {
	case u < 0.50:
		return 1
	case u < 0.75:
		return 2
	case u < 0.88:
		return 3
	case u < 0.95:
		return 4
	case u < 0.995:
		return 5 + g.r.IntN(8)
	default:
		return 13 + g.r.IntN(48)
	}
}

// length is how long a conversation takes: a single message, minutes, or days of back and forth.
func (g *generator) length() int64 {
	switch u := g.r.Float64(); {
	case u < 0.15:
		return 0
	case u < 0.85:
		return int64(g.r.ExpFloat64() * float64(25*minute))
	default:
		return int64(g.r.ExpFloat64() * float64(14*hour))
	}
}

// meet adds the person's identity on the channel, unless it is there.
func (g *generator) meet(l *storage.Loaded, p person, i int, channel *crm.Channel, when int64) {
	for k := range l.Identities {
		if l.Identities[k].ChannelID == channel.ID {
			return
		}
	}
	l.Identities = append(l.Identities, crm.Identity{
		ContactID:  l.Contact.ID,
		ChannelID:  channel.ID,
		ExternalID: products[channel.Type].id(g, p, i),
		CreatedAt:  at(when),
	})
}

// finish says how far each session has come and what was said last. Only the newest session of an identity can be open.
func (g *generator) finish(l *storage.Loaded, p person) {
	r := g.r
	newest := len(l.Sessions) - 1
	onlyWrittenTo := newest == 0 && chance(r, 0.02)
	for k := newest; k >= 0; k-- {
		s := &l.Sessions[k]
		s.Status = g.status(g.now - s.LastMessageAt.UnixMicro())
		if s.Status.Open() && among(l.Sessions[k+1:], s.ChannelID) {
			s.Status = crm.Closed
		}

		if chance(r, 0.82) {
			s.Tag = new(tags[tagWheel.spin(r)])
		}
		if s.Status.Open() && !onlyWrittenTo {
			s.UnreadCount = unreadWheel.spin(r)
		}
		wrote := s.LastMessageAt
		answered := onlyWrittenTo || s.UnreadCount == 0 && wrote.After(s.StartedAt) && chance(r, 0.45)
		if answered {
			wrote = s.StartedAt.Add(time.Duration(r.Float64() * float64(wrote.Sub(s.StartedAt)))).Truncate(time.Microsecond)
		}
		s.LastMessagePreview = g.preview(p.locale, s.Tag, answered)
		if k == newest && !onlyWrittenTo {
			l.Contact.LastActivityAt = new(wrote)
		}
	}
}

func (g *generator) status(age int64) crm.SessionStatus {
	w := older
	switch {
	case age < 4*day:
		w = fewDays
	case age < 14*day:
		w = fortnight
	case age < 90*day:
		w = season
	}
	return statuses[w.spin(g.r)]
}

// among reports whether one of the sessions is on the channel.
func among(sessions []crm.Session, id crm.ChannelID) bool {
	for k := range sessions {
		if sessions[k].ChannelID == id {
			return true
		}
	}
	return false
}

// preview is the last message as one line; nil now and then, for what has no text.
func (g *generator) preview(loc *locale, tag *crm.SessionTag, answered bool) *string {
	r := g.r
	from := loc.lines[crm.General]
	switch u := r.Float64(); {
	case answered:
		from = loc.replies
	case u < 0.04:
		return nil
	case u < 0.08:
		from = loc.media
	case tag != nil:
		from = loc.lines[*tag]
	}
	said := anyOf(r, from)
	if !said.numbered {
		return new(said.before)
	}
	b := append(g.buf[:0], said.before...)
	number := 10_000 + r.IntN(90_000) // of an order, an invoice, an error
	if tag != nil && (*tag == crm.PricingQuote || *tag == crm.ProjectGuidance) {
		number = 2 + r.IntN(90) // pieces or square metres
	}
	b = strconv.AppendInt(b, int64(number), 10)
	return new(string(append(b, said.after...)))
}
