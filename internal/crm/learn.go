package crm

import "slices"

// Learn takes in what a channel says of the customer, as [Interaction.Normalize] left it, and reports whether anything
// changed. A channel fills a blank field and refreshes what it wrote itself; what it verified replaces a claim that
// another channel passed on. It writes over nothing that staff entered, and a claim never replaces a verified value.
func (c *Contact) Learn(p Profile, ch ChannelID) (changed bool) {
	name := channelWrites(p.Name, Claimed, ch, &c.Name, &c.NameFrom)
	email := channelWrites(p.Email, origin(p.EmailVerified), ch, &c.Email, &c.EmailFrom)
	phone := channelWrites(p.Phone, origin(p.PhoneVerified), ch, &c.Phone, &c.PhoneFrom)
	further := c.vouch(p, ch)
	return name || email || phone || further
}

// vouch makes further values verified that the channel vouches for, drops those that are first ones now, and reports whether
// any were.
func (c *Contact) vouch(p Profile, ch ChannelID) (changed bool) {
	if len(c.Further) == 0 {
		return false
	}
	before := c.Further
	c.Further = slices.Clone(before)
	for _, proof := range p.Proofs() {
		for i, v := range c.Further {
			if v.same(proof.Field, proof.Values[0]) && v.From.Origin == Claimed {
				c.Further[i].From = Provenance{Origin: Verified, Channel: ch}
			}
		}
	}
	c.dropHeld()
	return !slices.Equal(before, c.Further)
}

func origin(verified bool) Origin {
	if verified {
		return Verified
	}
	return Claimed
}

func channelWrites(v *string, o Origin, ch ChannelID, field **string, from *Provenance) bool {
	if v == nil {
		return false
	}
	same := equal(v, *field)
	switch {
	case *field == nil:
	case from.Origin == Claimed && o == Verified:
	case from.Origin == o && from.Channel == ch && !same:
	default:
		return false
	}
	*field, *from = v, Provenance{Origin: o, Channel: ch}
	return true
}

// Receive moves LastActivityAt, forward only, when the message is inbound.
func (c *Contact) Receive(i Interaction) {
	if i.Direction == Inbound && (c.LastActivityAt == nil || i.Follows(*c.LastActivityAt)) {
		at := i.At
		c.LastActivityAt = &at
	}
}

// ContactFrom is the contact that the first message of an unknown customer makes.
func ContactFrom(i Interaction) Contact {
	c := Contact{ID: NewContactID(i.Received), Version: 1, CreatedAt: i.Received, UpdatedAt: i.Received}
	c.Learn(i.Profile, i.ChannelID)
	c.Receive(i)
	return c
}

// IdentityFrom is the identity that joins the message's sender to the contact, in one of its accounts.
func IdentityFrom(i Interaction, c ContactID, a AccountID) Identity {
	return Identity{
		ContactID:   c,
		AccountID:   a,
		ChannelID:   i.ChannelID,
		ExternalID:  i.ExternalID,
		DisplayName: i.Profile.Name,
		CreatedAt:   i.Received,
	}
}

// SessionFrom is the session that the message starts in an account of the contact, the message itself taken in.
func SessionFrom(i Interaction, c ContactID, a AccountID) Session {
	s := Session{
		ID:            NewSessionID(i.Received),
		ContactID:     &c,
		AccountID:     &a,
		ChannelID:     i.ChannelID,
		Status:        Active,
		LastMessageAt: i.At,
		StartedAt:     i.At,
	}
	s.Receive(i)
	return s
}
