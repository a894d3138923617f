package channels_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"kith/internal/crm"
)

// sender is how the tests act as the provider of a channel type.
type sender struct {
	text     string // a payload of testdata with one message
	recorded string // what becomes of it: the customer's id, name and phone, and the preview
	broken   string // a payload that cannot be read; empty where such a one is answered instead of kept
	// sign adds what shows who sent the body.
	sign func(h http.Header, secret, body string, at time.Time)
}

// senders has one row for each of crm.ChannelTypes.
var senders = map[crm.ChannelType]sender{
	crm.Telegram: {
		"telegram/text", "7301112345: Anna Berger, -, Guten Tag, ist der Sessel noch da?", "telegram/no-json",
		func(h http.Header, secret, _ string, _ time.Time) { h.Set("X-Telegram-Bot-Api-Secret-Token", secret) },
	},
	crm.WhatsApp: {
		"whatsapp/text", "16505551234: Sheena Nelson, +16505551234, Does it come in another color?",
		"whatsapp/other-object", signMeta,
	},
	crm.Facebook: {
		"facebook/text", "6254738921473812: Unknown, -, Hello, do you ship to Norway?", "facebook/other-object", signMeta,
	},
	crm.Instagram: {
		"instagram/text", "1234567890123456: Unknown, -, Love this! Price? 😍", "facebook/text", signMeta,
	},
	crm.TikTok: {
		"tiktok/text", "+ZMM6I2kBFMYfuEhZjEEt6o0FEebXi68VHcHvO0WgQlZ: wood.fan, -, Is it oak?", "tiktok/content-broken",
		func(h http.Header, secret, body string, at time.Time) {
			t := fmt.Sprint(at.Unix())
			h.Set("TikTok-Signature", "t="+t+",s="+sign(secret, t+"."+body))
		},
	},
	crm.HTMLEmbed: {
		"embed/anonymous", "visitor:024dd8e2770e04114a9cb2878ba90895: Unknown, -, Hi, is anybody there?", "",
		func(h http.Header, _, _ string, _ time.Time) { h.Set("Origin", "https://shop.example.com") },
	},
}

func signMeta(h http.Header, secret, body string, _ time.Time) {
	h.Set("X-Hub-Signature-256", "sha256="+sign(secret, body))
}

func TestEveryChannelTypeHasASender(t *testing.T) {
	t.Parallel()
	for _, kind := range crm.ChannelTypes {
		if s := senders[kind]; s.text == "" || s.recorded == "" || s.sign == nil || (s.broken == "") != kind.Provider().Website {
			t.Errorf("%s lacks its row in senders, or a part of it", kind)
		}
	}
}
