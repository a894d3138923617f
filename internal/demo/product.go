package demo

import (
	"encoding/binary"
	"strconv"

	"github.com/google/uuid"

	"kith/internal/crm"
)

// product says how the customers of a channel type look in the demo. How many write on it, the locales say.
type product struct {
	channel string // the name of the channel
	// id makes an id such as the product gives out, different for each contact.
	id func(g *generator, p person, i int) string
	// handles is true where many customers go by a handle instead of their name.
	handles bool
}

// products has one row for each of crm.ChannelTypes.
var products = map[crm.ChannelType]product{
	crm.HTMLEmbed: {channel: "Website chat", id: visitorID},
	crm.Facebook:  {channel: "Facebook page", id: scopedID},
	crm.Instagram: {channel: "Instagram shop", id: scopedID, handles: true},
	crm.Telegram:  {channel: "Telegram bot", id: userID, handles: true},
	crm.WhatsApp:  {channel: "WhatsApp support", id: phoneID},
	crm.TikTok:    {channel: "TikTok messages", id: openID, handles: true},
}

func phoneID(g *generator, p person, i int) string { return p.home.phone(g.number(i))[1:] }

func userID(g *generator, _ person, i int) string {
	return strconv.FormatUint(100_000_000+scatter(g.number(i), 7_000_000_000), 10)
}

func scopedID(g *generator, _ person, i int) string {
	return strconv.FormatUint(1e15+scatter(g.number(i), 9e15), 10)
}

func openID(g *generator, _ person, _ int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := append(g.buf[:0], "_000"...)
	for range 32 {
		b = append(b, alphabet[g.r.Uint64()&63])
	}
	return string(b)
}

func visitorID(g *generator, _ person, _ int) string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], g.r.Uint64())
	binary.BigEndian.PutUint64(u[8:], g.r.Uint64())
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u.String()
}
