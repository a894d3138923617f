package crm

import "time"

// Channel is a place where customers write in.
type Channel struct {
	ID        ChannelID
	Name      string
	Type      ChannelType
	Active    bool
	CreatedAt time.Time
}

// ChannelType is the messaging product behind a channel.
type ChannelType string

// The channel types.
const (
	HTMLEmbed ChannelType = "HTML_EMBED"
	Facebook  ChannelType = "FACEBOOK"
	Instagram ChannelType = "INSTAGRAM"
	Telegram  ChannelType = "TELEGRAM"
	WhatsApp  ChannelType = "WHATSAPP"
	TikTok    ChannelType = "TIKTOK"
)

// ChannelTypes lists every type, in the order the schema names them.
var ChannelTypes = []ChannelType{HTMLEmbed, Facebook, Instagram, Telegram, WhatsApp, TikTok}

// ChannelPatch is an edit of a channel: an absent change leaves its field alone.
type ChannelPatch struct {
	Name   Change[string]
	Active Change[bool]
}
