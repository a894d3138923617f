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
// A message makes a contact of the person who wrote it in the chat that the two have with the bot. What is written in groups
// is no private matter, and what is posted in channels is for everybody: both are left out. What no person wrote is ignored:
// messages of bots, and about the chat itself. So are reactions, polls and membership. A tap on a bot's button
// (callback_query) is the customer's answer, in the words of the button. An edit has the new text under the old message_id;
// only a business account hears of deletions.
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
	UpdateID              json.RawMessage `json:"update_id"`
	Message               json.RawMessage `json:"message,omitempty"`
	EditedMessage         json.RawMessage `json:"edited_message,omitempty"`
	BusinessMessage       json.RawMessage `json:"business_message,omitempty"`
	EditedBusinessMessage json.RawMessage `json:"edited_business_message,omitempty"`
	DeletedBusiness       json.RawMessage `json:"deleted_business_messages,omitempty"`
	ChannelPost           json.RawMessage `json:"channel_post,omitempty"`
	EditedChannelPost     json.RawMessage `json:"edited_channel_post,omitempty"`
	CallbackQuery         json.RawMessage `json:"callback_query,omitempty"`
}

type telegramUser struct {
	ID        identifier `json:"id"`
	IsBot     yesNo      `json:"is_bot"`
	FirstName string     `json:"first_name"`
	LastName  string     `json:"last_name"`
	Username  string     `json:"username"`
}

// name is what the user is called.
func (u telegramUser) name() *string {
	return firstText(strings.TrimSpace(u.FirstName+" "+u.LastName), u.Username)
}

type telegramMessage struct {
	MessageID            identifier      `json:"message_id"`
	From                 *telegramUser   `json:"from"`
	SenderChat           json.RawMessage `json:"sender_chat"`
	Chat                 telegramChat    `json:"chat"`
	Date                 moment          `json:"date"`
	BusinessConnectionID identifier      `json:"business_connection_id"`
	Text                 string          `json:"text"`
	Caption              string          `json:"caption"`
	Contact              *telegramCard   `json:"contact"`
	Dice                 *telegramEmoji  `json:"dice"`
	Sticker              *telegramEmoji  `json:"sticker"`
	WebAppData           *struct {
		ButtonText string `json:"button_text"`
	} `json:"web_app_data"`

	kind     crm.InteractionKind
	business bool // in a chat of a business account
}

type telegramChat struct {
	Type string `json:"type"`
	telegramUser
}

// notPrivate is why a message in the chat is left out; empty for a private one. The ids of groups and channels are negative.
func (c telegramChat) notPrivate() reason {
	switch {
	case c.Type == "channel":
		return channelPost
	case c.Type == "group", c.Type == "supergroup", strings.HasPrefix(string(c.ID), "-"):
		return inGroup
	}
	return ""
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
	switch {
	case !present(u.UpdateID):
		return nil, &crm.InvalidError{Field: "update_id", Subject: "It", Reason: "is no update: update_id is missing"}
	case present(u.ChannelPost), present(u.EditedChannelPost):
		return []item{leftOut(channelPost)}, nil
	case present(u.CallbackQuery):
		return []item{telegramTap(u.CallbackQuery, raw(body))}, nil
	case present(u.DeletedBusiness):
		return u.deletions(), nil
	}
	for _, m := range []struct {
		data     json.RawMessage
		kind     crm.InteractionKind
		business bool
	}{
		{u.Message, crm.Written, false},
		{u.EditedMessage, crm.Revised, false},
		{u.BusinessMessage, crm.Written, true},
		{u.EditedBusinessMessage, crm.Revised, true},
	} {
		if present(m.data) {
			return []item{telegramItem(m.data, telegramMessage{kind: m.kind, business: m.business}, raw(body))}, nil
		}
	}
	return []item{ignored()}, nil
}

// telegramItem reads a message into m.
func telegramItem(data json.RawMessage, m telegramMessage, payload func() []byte) item {
	err := decode(data, &m)
	if readable(data, err) {
		if why := m.Chat.notPrivate(); why != "" {
			return leftOut(why)
		}
		if m.ignored(data) {
			return ignored()
		}
	}
	return message(m.report(data), err, payload)
}

// ignored reports whether no customer, and not the team either, wrote the message.
func (m telegramMessage) ignored(data []byte) bool {
	if present(m.SenderChat) || m.From != nil && bool(m.From.IsBot) && !m.outbound() {
		return true // a bot may write for the owner of a business account
	}
	return m.preview(data) == nil
}

// outbound reports whether the owner of the business account wrote the message.
func (m telegramMessage) outbound() bool {
	return m.business && m.From != nil && m.From.ID != "" && m.Chat.ID != "" && m.From.ID != m.Chat.ID
}

// telegramMessageID is the id of a message: they are numbered within their chat.
func telegramMessageID(connection, chat, number identifier) string {
	if chat == "" || number == "" {
		return ""
	}
	return strings.TrimPrefix(string(connection)+"/", "/") + string(chat) + "/" + string(number)
}

func (m telegramMessage) report(data []byte) ingest.Report {
	r := ingest.Report{
		Kind: m.kind, MessageID: telegramMessageID(m.BusinessConnectionID, m.Chat.ID, m.MessageID),
		At: m.Date.at(), Direction: crm.Inbound, Text: m.preview(data),
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

// telegramDeleted is what a business account hears of messages that are gone from a chat, whoever wrote them.
type telegramDeleted struct {
	BusinessConnectionID json.RawMessage   `json:"business_connection_id,omitempty"`
	Chat                 json.RawMessage   `json:"chat"`
	MessageIDs           []json.RawMessage `json:"message_ids"`
}

// deletions are the items of the update's deleted messages.
func (u telegramUpdate) deletions() (items []item) {
	var d telegramDeleted
	payload := func(d any) func() []byte {
		return func() []byte { return encode(telegramUpdate{UpdateID: u.UpdateID, DeletedBusiness: encode(d)}) }
	}
	if err := decode(u.DeletedBusiness, &d); err != nil {
		return []item{{err: err, payload: payload(u.DeletedBusiness)}}
	}
	for _, number := range d.MessageIDs {
		one := telegramDeleted{d.BusinessConnectionID, d.Chat, []json.RawMessage{number}}
		var m struct {
			BusinessConnectionID identifier   `json:"business_connection_id"`
			Chat                 telegramChat `json:"chat"`
			MessageIDs           []identifier `json:"message_ids"`
		}
		err := decode(encode(one), &m)
		if why := m.Chat.notPrivate(); why != "" {
			items = append(items, leftOut(why))
			continue
		}
		items = append(items, message(ingest.Report{
			Kind: crm.Withdrawn, ExternalID: string(m.Chat.ID), Text: new(withdrawn),
			MessageID: telegramMessageID(m.BusinessConnectionID, m.Chat.ID, m.MessageIDs[0]),
		}, err, payload(one)))
	}
	return items
}

// telegramTap reads a tap on a button below a message of the bot's.
func telegramTap(data json.RawMessage, payload func() []byte) item {
	var t struct {
		ID      identifier   `json:"id"`
		From    telegramUser `json:"from"`
		Data    string       `json:"data"`
		Message *struct {
			Chat        telegramChat `json:"chat"`
			ReplyMarkup struct {
				Keyboard [][]struct {
					Text string `json:"text"`
					Data string `json:"callback_data"`
				} `json:"inline_keyboard"`
			} `json:"reply_markup"`
		} `json:"message"`
	}
	err := decode(data, &t)
	if readable(data, err) {
		if t.Message == nil || bool(t.From.IsBot) { // in a chat that the bot is no part of
			return ignored()
		}
		if why := t.Message.Chat.notPrivate(); why != "" {
			return leftOut(why)
		}
	}
	r := ingest.Report{
		ExternalID: string(t.From.ID), Direction: crm.Inbound, Text: new("Button"), Profile: crm.Profile{Name: t.From.name()},
	}
	if t.ID != "" {
		r.MessageID = "callback " + string(t.ID)
	}
	if t.Message != nil && t.Data != "" {
		for _, row := range t.Message.ReplyMarkup.Keyboard {
			for _, button := range row {
				if button.Data == t.Data {
					r.Text = firstText(button.Text, "Button")
				}
			}
		}
	}
	return message(r, err, payload)
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
	{"users_shared", "Contact card"},
	{"user_shared", "Contact card"}, // before Bot API 7.0
	{"chat_shared", "Shared chat"},
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
	"migrate_", "pinned_message", "connected_website", "write_access_", "passport_",
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
