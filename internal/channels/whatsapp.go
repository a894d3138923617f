package channels

import (
	"encoding/json"
	"slices"
	"strings"

	"kith/internal/crm"
	"kith/internal/ingest"
)

// WhatsApp's Cloud API sends batches of changes of a business account:
// https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages, Graph API
// v24.0, and next to it smb_message_echoes (what the team writes in the WhatsApp Business app), standby (what goes on
// while somebody else answers for the business) and business-scoped-user-ids. Statuses, reactions, edits, revocations
// and system messages (a customer's new number) are ignored, as are all other fields of an account.
//
// The customer's id is the phone number in from, which WhatsApp vouches for, or where the customer withholds it the
// business-scoped user id (BSUID) in from_user_id. A message with both proves that the two are one person,
// whichever comes alone before or after.

const whatsAppObject = "whatsapp_business_account"

// whatsAppFields are the fields of an account that report messages.
var whatsAppFields = []string{"messages", "smb_message_echoes", "standby"}

func init() {
	providers[crm.WhatsApp] = provider{signature: metaHeader, prove: proveMeta, items: whatsAppItems, challenge: challengeMeta}
}

type whatsAppEntry struct {
	ID      json.RawMessage   `json:"id,omitempty"`
	Changes []json.RawMessage `json:"changes"`
}

type whatsAppChange struct {
	Field string          `json:"field"`
	Value json.RawMessage `json:"value"`
}

type whatsAppValue struct {
	Product  json.RawMessage   `json:"messaging_product,omitempty"`
	Metadata json.RawMessage   `json:"metadata,omitempty"`
	Contacts json.RawMessage   `json:"contacts,omitempty"`
	Messages []json.RawMessage `json:"messages,omitempty"`
	Echoes   []json.RawMessage `json:"message_echoes,omitempty"`
	Statuses []json.RawMessage `json:"statuses,omitempty"`
}

func whatsAppItems(body []byte) ([]item, error) {
	entries, err := metaEntries(body, whatsAppObject)
	if err != nil {
		return nil, err
	}
	var items []item
	for _, data := range entries {
		var e whatsAppEntry
		if err := decode(data, &e); err != nil {
			items = append(items, item{err: err, payload: metaPayload(whatsAppObject, data)})
			continue
		}
		for _, data := range e.Changes {
			items = append(items, e.items(data)...)
		}
	}
	return items, nil
}

// items are those of one change.
func (e whatsAppEntry) items(data json.RawMessage) (items []item) {
	payload := func(change any) func() []byte {
		return metaPayload(whatsAppObject, struct {
			ID      json.RawMessage `json:"id,omitempty"`
			Changes []any           `json:"changes"`
		}{e.ID, []any{change}})
	}
	var c whatsAppChange
	if err := decode(data, &c); err != nil {
		return []item{{err: err, payload: payload(data)}}
	}
	if !slices.Contains(whatsAppFields, c.Field) {
		return []item{ignored()}
	}
	var v whatsAppValue
	if err := decode(c.Value, &v); err != nil {
		return []item{{err: err, payload: payload(data)}}
	}
	people := v.people()
	for _, data := range v.Messages {
		alone := func(contacts json.RawMessage) func() []byte {
			one := whatsAppValue{v.Product, v.Metadata, contacts, []json.RawMessage{data}, nil, nil}
			return func() []byte { return payload(whatsAppChange{c.Field, encode(one)})() }
		}
		only := len(v.Messages) == 1 && len(people) == 1
		items = append(items, whatsAppItem(data, people, only, false, alone))
	}
	for _, data := range v.Echoes {
		alone := func(contacts json.RawMessage) func() []byte {
			one := whatsAppValue{v.Product, v.Metadata, contacts, nil, []json.RawMessage{data}, nil}
			return func() []byte { return payload(whatsAppChange{c.Field, encode(one)})() }
		}
		items = append(items, whatsAppItem(data, people, false, true, alone))
	}
	for range v.Statuses {
		items = append(items, ignored())
	}
	return items
}

// whatsAppPerson is what a change contains about a customer.
type whatsAppPerson struct {
	WaID    identifier `json:"wa_id"`
	UserID  identifier `json:"user_id"`
	Profile struct {
		Name     string `json:"name"`
		Username string `json:"username"`
	} `json:"profile"`
	raw json.RawMessage
}

// people are the customers in the change. What cannot be read is left out: no message is lost over a name.
func (v whatsAppValue) people() (people []whatsAppPerson) {
	var all []json.RawMessage
	if decode(v.Contacts, &all) != nil {
		return nil
	}
	for _, data := range all {
		var p whatsAppPerson
		if decode(data, &p) == nil {
			p.raw = data
			people = append(people, p)
		}
	}
	return people
}

type whatsAppMessage struct {
	ID          identifier    `json:"id"`
	From        identifier    `json:"from"`
	FromUserID  identifier    `json:"from_user_id"`
	To          identifier    `json:"to"`
	ToUserID    identifier    `json:"to_user_id"`
	Timestamp   moment        `json:"timestamp"`
	Type        string        `json:"type"`
	Text        whatsAppText  `json:"text"`
	Image       whatsAppMedia `json:"image"`
	Video       whatsAppMedia `json:"video"`
	Audio       whatsAppMedia `json:"audio"`
	Document    whatsAppMedia `json:"document"`
	Button      whatsAppLabel `json:"button"`
	Order       whatsAppLabel `json:"order"`
	Interactive struct {
		Body        whatsAppLabel  `json:"body"`
		ButtonReply whatsAppChoice `json:"button_reply"`
		ListReply   whatsAppChoice `json:"list_reply"`
		FlowReply   *struct{}      `json:"nfm_reply"`
	} `json:"interactive"`
}

type (
	whatsAppText  struct{ Body string }
	whatsAppLabel struct{ Text string }
	whatsAppMedia struct {
		Caption string
		Voice   bool
	}
	whatsAppChoice struct{ Title string }
)

// whatsAppIgnored are the types that are no message.
var whatsAppIgnored = []string{"reaction", "system", "edit", "revoke", "request_welcome", "ephemeral", "errors"}

// whatsAppItem reads one message. When only is set it is from the only one of the people, whatever the ids. alone makes
// the payload of the message with what the change contains about its sender, and about nobody else.
func whatsAppItem(
	data json.RawMessage, people []whatsAppPerson, only, echo bool, alone func(contacts json.RawMessage) func() []byte,
) item {
	var m whatsAppMessage
	err := decode(data, &m)
	if err == nil && slices.Contains(whatsAppIgnored, m.Type) {
		return ignored()
	}
	r := ingest.Report{MessageID: string(m.ID), At: m.Timestamp.at(), Direction: crm.Inbound, Text: m.preview()}
	number, user := string(m.From), string(m.FromUserID)
	if echo {
		// The team may have written the number with its plus.
		r.Direction, number, user = crm.Outbound, strings.TrimPrefix(string(m.To), "+"), string(m.ToUserID)
	}
	var contacts json.RawMessage
	if p := personOf(people, number, user); p != nil || only {
		if p == nil {
			p = &people[0]
		}
		if user == "" {
			user = string(p.UserID)
		}
		r.Profile.Name = firstText(p.Profile.Name, p.Profile.Username)
		contacts = encode([]json.RawMessage{p.raw})
	}
	if number == "" {
		r.ExternalID = user
	} else {
		r.ExternalID, r.Alias = number, user
		r.Profile.Phone, r.Profile.PhoneVerified = international(number), true
	}
	return message(r, err, alone(contacts))
}

// personOf is the one of the people who has one of the ids; nil for none.
func personOf(people []whatsAppPerson, number, user string) *whatsAppPerson {
	for i, p := range people {
		if number != "" && string(p.WaID) == number || user != "" && string(p.UserID) == user {
			return &people[i]
		}
	}
	return nil
}

// whatsAppKinds are the types of a message that have no text, each with its preview.
var whatsAppKinds = map[string]string{
	"image":       "Photo",
	"video":       "Video",
	"audio":       "Audio",
	"document":    "Document",
	"sticker":     "Sticker",
	"location":    "Location",
	"contacts":    "Contact card",
	"order":       "Order",
	"poll":        "Poll",
	"template":    "Template",
	"interactive": "Message with buttons",
	"button":      "Button",
	"text":        "",
}

func (m whatsAppMessage) preview() *string {
	words, known := whatsAppKinds[m.Type]
	switch {
	case !known:
		words = unsupported
	case m.Type == "audio" && m.Audio.Voice:
		words = "Voice message"
	case m.Interactive.FlowReply != nil:
		words = "Form"
	}
	return firstText(
		m.Text.Body, m.Image.Caption, m.Video.Caption, m.Document.Caption, m.Button.Text, m.Order.Text,
		m.Interactive.ButtonReply.Title, m.Interactive.ListReply.Title, m.Interactive.Body.Text, words,
	)
}
