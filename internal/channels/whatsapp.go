package channels

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"kith/internal/crm"
	"kith/internal/ingest"
)

// WhatsApp's Cloud API sends batches of changes of a business account:
// https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages, Graph API
// v24.0, and next to it smb_message_echoes (what the team writes in the WhatsApp Business app), standby (what goes on
// while somebody else answers for the business) and business-scoped-user-ids. Reactions are ignored, as are all other fields
// of an account. Messages of groups (group_id) are left out. An account has several numbers, each with its phone_number_id.
//
// The customer's id is the phone number in from, which WhatsApp vouches for, or where the customer withholds it the
// business-scoped user id (BSUID) in from_user_id. Where a message has neither, contacts may have them (wa_id, user_id). A
// message with both proves that they belong to one person, and so does a status; a system message says which id replaces
// which. The number on a contact card is the sender's own if the card answers the business's request for it.

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
	Statuses json.RawMessage   `json:"statuses,omitempty"`
}

// account is the number that was written to.
func (v whatsAppValue) account() string {
	var m struct {
		ID identifier `json:"phone_number_id"`
	}
	_ = decode(v.Metadata, &m)
	return string(m.ID)
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
	return whatsAppChanged{v, v.account(), v.people(), e.test(), func(v whatsAppValue) func() []byte {
		return func() []byte { return payload(whatsAppChange{c.Field, encode(v)})() }
	}}.items()
}

// test reports whether the console's test button sent the entry: no account has the id 0.
func (e whatsAppEntry) test() bool {
	var id identifier
	return json.Unmarshal(e.ID, &id) == nil && id == "0"
}

// whatsAppChanged is a change of a field that reports messages.
type whatsAppChanged struct {
	value   whatsAppValue
	account string
	people  []whatsAppPerson
	test    bool
	// payload is that of a change with another value.
	payload func(whatsAppValue) func() []byte
}

func (c whatsAppChanged) items() (items []item) {
	var statuses []json.RawMessage
	_ = decode(c.value.Statuses, &statuses) // no message is lost over receipts
	if c.test {
		for range len(c.value.Messages) + len(c.value.Echoes) {
			items = append(items, leftOut(testDelivery))
		}
		return items
	}
	only := len(c.value.Messages)+len(c.value.Echoes)+len(statuses) == 1 && len(c.people) == 1
	for _, data := range c.value.Messages {
		items = append(items, c.message(data, only, false)...)
	}
	for _, data := range c.value.Echoes {
		items = append(items, c.message(data, false, true)...)
	}
	for _, data := range statuses {
		items = append(items, c.status(data, only))
	}
	return items
}

// alone is the payload of a message, echo or status with what the change contains about a customer, and about nobody else.
func (c whatsAppChanged) alone(p *whatsAppPerson, v whatsAppValue) func() []byte {
	v.Product, v.Metadata = c.value.Product, c.value.Metadata
	if p != nil {
		v.Contacts = encode([]json.RawMessage{p.raw})
	}
	return c.payload(v)
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
		if readable(data, decode(data, &p)) {
			p.raw = data
			people = append(people, p)
		}
	}
	return people
}

type whatsAppMessage struct {
	ID            identifier      `json:"id"`
	From          identifier      `json:"from"`
	FromUserID    identifier      `json:"from_user_id"`
	To            identifier      `json:"to"`
	ToUserID      identifier      `json:"to_user_id"`
	GroupID       json.RawMessage `json:"group_id"`
	RecipientType string          `json:"recipient_type"`
	Timestamp     moment          `json:"timestamp"`
	whatsAppContent
	System whatsAppSystem `json:"system"`
	Revoke struct {
		Original identifier `json:"original_message_id"`
	} `json:"revoke"`
	Edit struct {
		Original identifier      `json:"original_message_id"`
		Message  whatsAppContent `json:"message"`
	} `json:"edit"`
}

// whatsAppContent is what a message says.
type whatsAppContent struct {
	Type        string         `json:"type"`
	Text        whatsAppText   `json:"text"`
	Image       whatsAppMedia  `json:"image"`
	Video       whatsAppMedia  `json:"video"`
	Audio       whatsAppMedia  `json:"audio"`
	Document    whatsAppMedia  `json:"document"`
	Button      whatsAppLabel  `json:"button"`
	Order       whatsAppLabel  `json:"order"`
	Origin      string         `json:"origin"`
	Contacts    []whatsAppCard `json:"contacts"`
	Interactive struct {
		Body        whatsAppLabel  `json:"body"`
		ButtonReply whatsAppChoice `json:"button_reply"`
		ListReply   whatsAppChoice `json:"list_reply"`
		FlowReply   *whatsAppForm  `json:"nfm_reply"`
	} `json:"interactive"`
}

type (
	whatsAppText  struct{ Body string }
	whatsAppLabel struct{ Text string }
	whatsAppMedia struct {
		Caption string
		Voice   yesNo
	}
	whatsAppChoice struct{ Title string }
	whatsAppForm   struct {
		Response string `json:"response_json"`
	}
	whatsAppCard struct {
		Origin string `json:"origin"`
		Phones []struct {
			Phone string     `json:"phone"`
			WaID  identifier `json:"wa_id"`
		} `json:"phones"`
	}
	whatsAppSystem struct {
		Type       string     `json:"type"`
		WaID       identifier `json:"wa_id,omitempty"`
		NewWaID    identifier `json:"new_wa_id,omitempty"` // before Graph API v12.0
		Customer   identifier `json:"customer,omitempty"`
		UserID     identifier `json:"user_id,omitempty"`
		PreviousID identifier `json:"previous_user_id,omitempty"`
	}
)

// whatsAppIgnored are the types that are no message.
var whatsAppIgnored = []string{"reaction", "request_welcome", "ephemeral", "errors"}

// message reads one message. When only is set it is from the only one of the people, whatever the ids.
func (c whatsAppChanged) message(data json.RawMessage, only, echo bool) []item {
	var m whatsAppMessage
	err := decode(data, &m)
	if readable(data, err) {
		switch {
		case present(m.GroupID), m.RecipientType == "group":
			return []item{leftOut(inGroup)}
		case slices.Contains(whatsAppIgnored, m.Type):
			return []item{ignored()}
		case m.Type == "system":
			return c.system(data, m)
		}
	}
	r := ingest.Report{Direction: crm.Inbound, Account: c.account}
	number, user := string(m.From), string(m.FromUserID)
	one := whatsAppValue{Messages: []json.RawMessage{data}}
	if echo {
		r.Direction, number, user = crm.Outbound, string(m.To), string(m.ToUserID)
		one = whatsAppValue{Echoes: []json.RawMessage{data}}
	}
	number, user = whatsAppIDs(number, user)
	p := c.person(number, user, only)
	if p != nil {
		r.Profile.Name = firstText(p.Profile.Name, p.Profile.Username)
	}
	number, user = p.complete(number, user)
	identify(&r, number, user)
	m.fill(&r)
	return []item{message(r, err, c.alone(p, one))}
}

// fill adds what the message says to the report.
func (m whatsAppMessage) fill(r *ingest.Report) {
	switch m.Type {
	case "edit": // its time is that of the edit
		r.Kind, r.MessageID, r.Text = crm.Revised, string(m.Edit.Original), m.Edit.Message.preview()
	case "revoke":
		r.Kind, r.MessageID, r.Text = crm.Withdrawn, string(m.Revoke.Original), new(withdrawn)
	default:
		r.MessageID, r.At, r.Text = string(m.ID), m.Timestamp.at(), m.preview()
		if r.Profile.Phone == nil && r.Direction == crm.Inbound {
			r.Profile.Phone = m.ownNumber()
			r.Profile.PhoneVerified = r.Profile.Phone != nil
		}
	}
}

// whatsAppIDs are a number and a user id, either of which WhatsApp may have put into the place of a number, and the team with
// the number's plus.
func whatsAppIDs(number, user string) (string, string) {
	number = strings.TrimPrefix(number, "+")
	if strings.Trim(number, "0123456789") == "" {
		return number, user
	}
	if user == "" {
		user = number
	}
	return "", user
}

// complete adds the id that is missing of the two ids of the person, who is nil if unknown.
func (p *whatsAppPerson) complete(number, user string) (string, string) {
	if p == nil {
		return number, user
	}
	theirs, id := whatsAppIDs(string(p.WaID), string(p.UserID))
	return cmp.Or(number, theirs), cmp.Or(user, id)
}

// identify says in the report whose it is.
func identify(r *ingest.Report, number, user string) {
	if number == "" {
		r.ExternalID = user
		return
	}
	r.ExternalID, r.Alias = number, user
	r.Profile.Phone, r.Profile.PhoneVerified = international(number), true
}

// ownNumber is the number of a card that the sender was asked for and sent: WhatsApp puts the sender's own on it. Any other
// card is of whomever the sender chose.
func (m whatsAppContent) ownNumber() *string {
	if m.Type != "contacts" || len(m.Contacts) != 1 || len(m.Contacts[0].Phones) != 1 ||
		m.Origin != "contact_request" && m.Contacts[0].Origin != "contact_request" {
		return nil
	}
	phone := m.Contacts[0].Phones[0]
	if id, _ := whatsAppIDs(string(phone.WaID), ""); id != "" {
		return international(id)
	}
	return firstText(phone.Phone)
}

// system reads what WhatsApp says of a customer's ids. A new number brings a new user id; whichever of the old ones the
// customer was known by is the former of both, and each is an announcement of its own.
func (c whatsAppChanged) system(data json.RawMessage, m whatsAppMessage) []item {
	from, fromUser := whatsAppIDs(string(m.From), string(m.FromUserID))
	announce := func(data json.RawMessage, r ingest.Report) item {
		r.Kind, r.At, r.Account = crm.Announced, m.Timestamp.at(), c.account
		return message(r, nil, c.alone(nil, whatsAppValue{Messages: []json.RawMessage{data}}))
	}
	var r ingest.Report
	var previous []string
	old := cmp.Or(string(m.System.PreviousID), fromUser)
	switch m.System.Type {
	case "user_changed_number", "customer_changed_number":
		if from == "" {
			from, _ = whatsAppIDs(string(m.System.Customer), "")
		}
		number, user := whatsAppIDs(string(cmp.Or(m.System.WaID, m.System.NewWaID)), string(m.System.UserID))
		identify(&r, number, user)
		previous = []string{from, old}
	case "user_changed_user_id":
		identify(&r, from, string(m.System.UserID))
		previous = []string{old}
	default:
		return []item{ignored()}
	}
	previous = slices.DeleteFunc(slices.Compact(previous), func(id string) bool {
		return id == "" || id == r.ExternalID || id == r.Alias
	})
	if r.ExternalID == "" || len(previous) == 0 {
		return []item{ignored()}
	}
	var items []item
	for _, id := range previous {
		one := r
		one.Previous = id
		alone := data
		if len(previous) > 1 {
			alone = m.follows(data, from == id, one)
		}
		items = append(items, announce(alone, one))
	}
	return items
}

// follows is the system message as far as it says that the customer of the report had the previous id, a number or not.
func (m whatsAppMessage) follows(data json.RawMessage, number bool, r ingest.Report) json.RawMessage {
	var one struct {
		From      string          `json:"from,omitempty"`
		Timestamp json.RawMessage `json:"timestamp,omitempty"`
		Type      string          `json:"type"`
		System    whatsAppSystem  `json:"system"`
	}
	_ = decode(data, &one)
	one.From = ""
	one.System = whatsAppSystem{Type: m.System.Type, WaID: identifier(r.ExternalID), UserID: identifier(r.Alias)}
	if number {
		one.From = r.Previous
	} else {
		one.System.PreviousID = identifier(r.Previous)
	}
	return encode(one)
}

// status reads what became of a message of the team's. It matters only if it has both ids of the customer.
func (c whatsAppChanged) status(data json.RawMessage, only bool) item {
	var s struct {
		Recipient     identifier `json:"recipient_id"`
		RecipientUser identifier `json:"recipient_user_id"`
		RecipientType string     `json:"recipient_type"`
		Timestamp     moment     `json:"timestamp"`
	}
	_ = decode(data, &s)
	number, user := whatsAppIDs(string(s.Recipient), string(s.RecipientUser))
	p := c.person(number, user, only)
	r := ingest.Report{Kind: crm.Announced, At: s.Timestamp.at(), Account: c.account}
	number, user = p.complete(number, user)
	identify(&r, number, user)
	if s.RecipientType == "group" || r.Alias == "" {
		return ignored()
	}
	return message(r, nil, c.alone(p, whatsAppValue{Statuses: encode([]json.RawMessage{data})}))
}

// person is the one of the people who has one of the ids; nil for none. When only is set it is the only one of them, unless
// that one has another user id: a number may differ from the wa_id, which lacks or has digits of old.
func (c whatsAppChanged) person(number, user string, only bool) *whatsAppPerson {
	for i, p := range c.people {
		if number != "" && string(p.WaID) == number || user != "" && string(p.UserID) == user {
			return &c.people[i]
		}
	}
	if only && (user == "" || c.people[0].UserID == "") {
		return &c.people[0]
	}
	return nil
}

// whatsAppKinds are the types of a message that have no text as a rule, each with its preview.
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
}

func (m whatsAppContent) preview() *string {
	words, known := whatsAppKinds[m.Type]
	switch {
	case !known:
		words = unsupported
	case m.Type == "audio" && bool(m.Audio.Voice):
		words = "Voice message"
	case m.Interactive.FlowReply != nil:
		words = m.Interactive.FlowReply.answers()
	}
	return firstText(
		m.Text.Body, m.Image.Caption, m.Video.Caption, m.Document.Caption, m.Button.Text, m.Order.Text,
		m.Interactive.ButtonReply.Title, m.Interactive.ListReply.Title, m.Interactive.Body.Text, words,
	)
}

// maxAnswer is how long an answer in a form is to be shown. Photos are longer.
const maxAnswer = 200

// answers is what the customer entered into a form (https://developers.facebook.com/docs/whatsapp/flows), in its order.
func (f whatsAppForm) answers() string {
	var given []string
	if json.Valid([]byte(f.Response)) {
		d := json.NewDecoder(strings.NewReader(f.Response))
		d.UseNumber()
		given = formAnswers(d, "")
	}
	if len(given) == 0 {
		return "Form"
	}
	return "Form: " + strings.Join(given, ", ")
}

// formAnswers are those of the next value, which has the name.
func formAnswers(d *json.Decoder, name string) (given []string) {
	token, _ := d.Token() // of a whole that is valid
	switch v := token.(type) {
	case json.Delim:
		for d.More() {
			if v == '{' {
				key, _ := d.Token()
				name, _ = key.(string)
			}
			given = append(given, formAnswers(d, name)...)
		}
		_, _ = d.Token()
	case string:
		if name != "flow_token" && strings.TrimSpace(v) != "" && len(v) <= maxAnswer {
			given = append(given, v)
		}
	case json.Number:
		given = append(given, v.String())
	}
	return given
}
