package channels

import (
	"encoding/json"
	"strings"

	"kith/internal/crm"
	"kith/internal/ingest"
)

// Telegram sends one update of the Bot API at a time: https://core.telegram.org/bots/api#update, version 9.2. The header
// is the secret_token that the webhook was set with (#setwebhook).
//
// A message makes a contact of the person who wrote it, in groups too. What no person wrote is ignored: posts of
// channels, messages on behalf of a chat, of bots, and about the chat itself. So are edits, reactions, polls,
// membership, and taps on a bot's buttons (callback_query): these carry the bot's own data and message, nothing that the
// customer wrote.
//
// In a business_message the customer is the other side of the chat, and the account's owner may be the one who writes.

const telegramHeader = "X-Telegram-Bot-Api-Secret-Token"

func init() {
	providers[crm.Telegram] = provider{signature: telegramHeader, prove: proveTelegram, items: telegramItems}
}

func proveTelegram(d delivery) (proof, refusal) {
	if !sameSecret(d.header.Get(telegramHeader), d.secrets.Secret) {
		return proof{}, notSigned
	}
	return proof{}, verified
}

type telegramUpdate struct {
	UpdateID        *int64          `json:"update_id"`
	Message         json.RawMessage `json:"message"`
	BusinessMessage json.RawMessage `json:"business_message"`
}

type telegramUser struct {
	ID        identifier `json:"id"`
	IsBot     bool       `json:"is_bot"`
	FirstName string     `json:"first_name"`
	LastName  string     `json:"last_name"`
	Username  string     `json:"username"`
}

// name is what the user is called.
func (u telegramUser) name() *string {
	return firstText(strings.TrimSpace(u.FirstName+" "+u.LastName), u.Username)
}

type telegramMessage struct {
	MessageID            identifier     `json:"message_id"`
	From                 *telegramUser  `json:"from"`
	SenderChat           *struct{}      `json:"sender_chat"`
	Chat                 telegramChat   `json:"chat"`
	Date                 moment         `json:"date"`
	BusinessConnectionID string         `json:"business_connection_id"`
	Text                 string         `json:"text"`
	Caption              string         `json:"caption"`
	Contact              *telegramCard  `json:"contact"`
	Dice                 *telegramEmoji `json:"dice"`
	Sticker              *telegramEmoji `json:"sticker"`
	WebAppData           *struct {
		ButtonText string `json:"button_text"`
	} `json:"web_app_data"`
}

type telegramChat struct {
	Type string `json:"type"`
	telegramUser
}

type telegramCard struct {
	PhoneNumber string     `json:"phone_number"`
	UserID      identifier `json:"user_id"`
}

type telegramEmoji struct {
	Emoji string `json:"emoji"`
}

func telegramItems(body []byte) ([]item, error) {
	var u telegramUpdate
	if err := decode(body, &u); err != nil {
		return nil, err
	}
	data := u.Message
	if len(data) == 0 {
		data = u.BusinessMessage
	}
	switch {
	case u.UpdateID == nil:
		return nil, &crm.InvalidError{Field: "update_id", Subject: "It", Reason: "is no update: update_id is missing"}
	case len(data) == 0:
		return []item{ignored()}, nil
	}
	var m telegramMessage
	err := decode(data, &m)
	if err == nil && m.ignored(data) {
		return []item{ignored()}, nil
	}
	return []item{message(m.report(data), err, raw(body))}, nil
}

// ignored reports whether no customer, and not the team either, wrote the message.
func (m telegramMessage) ignored(data []byte) bool {
	switch {
	case m.SenderChat != nil, m.From == nil && m.Chat.Type == "channel":
		return true
	case m.From != nil && m.From.IsBot && !m.outbound(): // a bot may write for the owner of a business account
		return true
	}
	return m.preview(data) == nil
}

// outbound reports whether the owner of the business account wrote the message.
func (m telegramMessage) outbound() bool {
	return m.BusinessConnectionID != "" && m.From != nil && m.From.ID != "" && m.Chat.ID != "" && m.From.ID != m.Chat.ID
}

func (m telegramMessage) report(data []byte) ingest.Report {
	r := ingest.Report{At: m.Date.at(), Direction: crm.Inbound, Text: m.preview(data)}
	if m.MessageID != "" && m.Chat.ID != "" { // messages are numbered within their chat
		r.MessageID = strings.TrimPrefix(m.BusinessConnectionID+"/", "/") + string(m.Chat.ID) + "/" + string(m.MessageID)
	}
	customer := m.From
	if m.outbound() {
		r.Direction, customer = crm.Outbound, &m.Chat.telegramUser
	}
	if customer == nil {
		return r
	}
	r.ExternalID = string(customer.ID)
	r.Profile.Name = customer.name()
	// Telegram fills in whose number a shared contact is.
	if c := m.Contact; c != nil && c.UserID != "" && c.UserID == customer.ID && r.Direction == crm.Inbound {
		r.Profile.Phone = international(c.PhoneNumber)
		r.Profile.PhoneVerified = true
	}
	return r
}

// telegramKinds are what a message can be made of, each with its preview. A venue comes with a location
// as well, a GIF with a document.
var telegramKinds = []struct{ field, words string }{
	{"photo", "Photo"},
	{"animation", "GIF"},
	{"video", "Video"},
	{"video_note", "Video message"},
	{"voice", "Voice message"},
	{"audio", "Audio"},
	{"document", "Document"},
	{"sticker", "Sticker"},
	{"location", "Location"},
	{"venue", "Location"},
	{"contact", "Contact card"},
	{"poll", "Poll"},
	{"dice", "Dice"},
	{"game", "Game"},
	{"story", "Story"},
	{"paid_media", "Paid media"},
	{"checklist", "Checklist"},
	{"invoice", "Invoice"},
	{"successful_payment", "Payment"},
}

// telegramService are the beginnings of the fields that only a message about the chat has.
var telegramService = []string{
	"new_chat_", "left_chat_", "delete_chat_", "group_chat_", "supergroup_chat_", "channel_chat_", "message_auto_delete_",
	"migrate_", "pinned_message", "users_shared", "chat_shared", "connected_website", "write_access_", "passport_",
	"proximity_alert_", "boost_", "chat_background_", "checklist_tasks_", "direct_message_price_", "paid_message_price_",
	"forum_topic_", "general_forum_", "giveaway", "gift", "unique_gift", "refunded_payment", "suggested_post_",
	"video_chat_", "chat_owner_",
}

// preview is the message's text, or the words for what was sent; nil for a message about the chat. What a person sends in a chat
// of their own and Kith does not know is a message all the same.
func (m telegramMessage) preview(data []byte) *string {
	if t := firstText(m.Text, m.Caption); t != nil {
		return t
	}
	if m.WebAppData != nil {
		return firstText(m.WebAppData.ButtonText, "Form")
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return nil
	}
	for _, k := range telegramKinds {
		if _, ok := fields[k.field]; ok {
			return &k.words
		}
	}
	if m.Chat.Type != "private" {
		return nil
	}
	for name := range fields {
		for _, s := range telegramService {
			if strings.HasPrefix(name, s) {
				return nil
			}
		}
	}
	return new(unsupported)
}

// international is a number in international form that came without its plus; nil for none.
func international(digits string) *string {
	if digits == "" {
		return nil
	}
	return new("+" + strings.TrimPrefix(digits, "+"))
}
