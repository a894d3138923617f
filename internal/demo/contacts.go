package demo

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// Contacts makes o.Contacts contacts one by one, the oldest first, who have written on those of the channels that have
// the types they use. Ranging over it again makes the same ones. Emails, phones and the ids on each channel are all
// different.
func Contacts(o Options, channels []crm.Channel) iter.Seq[storage.Loaded] {
	return func(yield func(storage.Loaded) bool) {
		g := newGenerator(o, channels)
		for i := range o.Contacts {
			if !yield(g.contact(i)) {
				return
			}
		}
	}
}

type generator struct {
	r      *rand.Rand
	lists  lists
	total  int
	now    int64 // microseconds, as all times in here
	offset uint64
	emails seen
	buf    []byte

	channels []*crm.Channel // in the order of crm.ChannelTypes; nil where there is none
}

func newGenerator(o Options, channels []crm.Channel) *generator {
	r := rand.New(rand.NewPCG(o.Seed, contactStream))
	g := &generator{
		r:        r,
		lists:    loaded(),
		total:    o.Contacts,
		now:      o.Now.UnixMicro(),
		offset:   r.Uint64() >> 24,
		emails:   newSeen(o.Contacts),
		buf:      make([]byte, 0, 256),
		channels: make([]*crm.Channel, len(crm.ChannelTypes)),
	}
	for i, t := range crm.ChannelTypes {
		for _, c := range channels {
			if c.Type == t && g.channels[i] == nil {
				g.channels[i] = &c
			}
		}
	}
	return g
}

// number is the contact's own among all that could be made, for what has to be different.
func (g *generator) number(i int) uint64 { return g.offset + uint64(i) }

// contact makes the i-th contact. Contacts come into being ever faster: half of them in the last two fifths of the time.
func (g *generator) contact(i int) storage.Loaded {
	r := g.r
	p := g.person()
	left := 1 - (float64(i)+r.Float64())/float64(g.total)
	created := g.now - int64(math.Pow(left, 1.4)*float64(span/time.Microsecond))

	var l storage.Loaded
	c := &l.Contact
	c.ID = crm.ContactID(newID(created-created%day, r.Uint64()))
	c.CreatedAt = at(created)
	c.UpdatedAt = c.CreatedAt
	c.Version = 1
	g.converse(&l, p, i, created)
	g.introduce(&l, p, i)

	if chance(r, 0.15) {
		c.Notes = g.notes()
	}
	if edits := g.edits(c); edits > 0 {
		c.Version += edits
		c.UpdatedAt = at(created + int64(r.Float64()*float64(g.now-created)))
	}
	return l
}

// introduce gives the contact the values that channels reported and staff entered.
func (g *generator) introduce(l *storage.Loaded, p person, i int) {
	r, c := g.r, &l.Contact
	var web, whatsApp *crm.Identity
	for k := range l.Identities {
		switch id := &l.Identities[k]; id.ChannelID {
		case g.id(crm.HTMLEmbed):
			web = id
		case g.id(crm.WhatsApp):
			whatsApp = id
		}
	}
	nameless, mailed := 0.04, 0.58
	if web != nil {
		nameless, mailed = 0.1, 0.88
	}
	if !chance(r, nameless) {
		c.Name, c.NameFrom = new(p.name), g.source(l, 0.12)
		for k := range l.Identities {
			if id := &l.Identities[k]; id != web || chance(r, 0.4) {
				g.nickname(id, p)
			}
		}
	}
	if chance(r, mailed) {
		c.Email = new(g.email(p, i))
		switch {
		case web == nil:
			c.EmailFrom = g.source(l, 0.45)
		case chance(r, 0.15):
			c.EmailFrom = crm.Provenance{Origin: crm.Verified, Channel: web.ChannelID}
		default:
			c.EmailFrom = crm.Provenance{Origin: crm.Claimed, Channel: web.ChannelID}
		}
	}
	switch {
	case whatsApp != nil:
		c.Phone = new("+" + whatsApp.ExternalID)
		c.PhoneFrom = crm.Provenance{Origin: crm.Verified, Channel: whatsApp.ChannelID}
	case chance(r, 0.44):
		c.Phone = new(p.home.phone(g.number(i)))
		c.PhoneFrom = g.source(l, 0.4)
	}
}

// source is staff for that share of the values, else what the customer said on the first channel.
func (g *generator) source(l *storage.Loaded, staff float64) crm.Provenance {
	if len(l.Identities) == 0 || chance(g.r, staff) {
		return crm.Provenance{Origin: crm.Staff}
	}
	return crm.Provenance{Origin: crm.Claimed, Channel: l.Identities[0].ChannelID}
}

// nickname is what the channel calls the person.
func (g *generator) nickname(id *crm.Identity, p person) {
	if g.handles(id.ChannelID) && chance(g.r, 0.5) {
		id.DisplayName = new(string(local(g.buf[:0], 4, p.first.ascii, p.last.ascii)))
		return
	}
	id.DisplayName = new(p.name)
}

// handles reports whether many customers of the channel go by a handle.
func (g *generator) handles(id crm.ChannelID) bool {
	for _, c := range g.channels {
		if c != nil && c.ID == id {
			return products[c.Type].handles
		}
	}
	return false
}

// id is that of the channel of the type, or no channel's.
func (g *generator) id(t crm.ChannelType) crm.ChannelID {
	for i, known := range crm.ChannelTypes {
		if known == t && g.channels[i] != nil {
			return g.channels[i].ID
		}
	}
	return crm.ChannelID{}
}

func (g *generator) notes() string {
	n := anyOf(g.r, g.lists.notes)
	if chance(g.r, 0.2) {
		if more := anyOf(g.r, g.lists.notes); more != n {
			return n + "\n" + more
		}
	}
	return n
}

// edits is how often the contact was changed: at least once for each thing that only staff can have entered.
func (g *generator) edits(c *crm.Contact) int {
	n := 0
	for _, from := range []crm.Provenance{c.NameFrom, c.EmailFrom, c.PhoneFrom} {
		if from.Origin == crm.Staff {
			n++
		}
	}
	if c.Notes != "" {
		n++
	}
	if n > 0 && chance(g.r, 0.25) {
		n += 1 + g.r.IntN(4)
	}
	return n
}

func at(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
