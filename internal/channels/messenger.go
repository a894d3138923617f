package channels

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"kith/internal/crm"
	"kith/internal/ingest"
)

// Messenger and Instagram send batches of events of a page or an account:
// https://developers.facebook.com/documentation/business-messaging/messenger-platform/webhooks/webhook-events and
// https://developers.facebook.com/documentation/instagram-platform/webhooks/examples, Graph API v24.0.
//
// Messages and postbacks (a tap on a button, which appears in the conversation as the customer's words) are taken in,
// from standby as well: there another app answers, but the customer wrote to the team all the same. Echoes are what the
// team wrote. Edits (message_edit) and unsent messages (is_deleted) have the mid of the message. Receipts, reactions, opt-ins,
// referrals, handovers and comments are ignored, and so is the echo of a private reply that names the comment alone. Some
// events come as changes, with the event as the value.
//
// The ids are scoped to the page or account, which is the entry; names do not come with the events.

func init() {
	providers[crm.Facebook] = provider{
		signature: metaHeader, prove: proveMeta, items: messengerItems("page"), challenge: challengeMeta,
	}
	providers[crm.Instagram] = provider{
		signature: metaHeader, prove: proveMeta, items: messengerItems("instagram"), challenge: challengeMeta,
	}
}

type messengerEntry struct {
	ID        identifier        `json:"id"`
	Time      json.RawMessage   `json:"time,omitempty"`
	Messaging []json.RawMessage `json:"messaging"`
	Standby   []json.RawMessage `json:"standby"`
	Changes   []json.RawMessage `json:"changes"`
}

type messengerChange struct {
	Field string          `json:"field"`
	Value json.RawMessage `json:"value"`
}

type messengerEvent struct {
	Sender    messengerParty     `json:"sender"`
	Recipient messengerParty     `json:"recipient"`
	Timestamp moment             `json:"timestamp"`
	Message   *messengerMessage  `json:"message"`
	Postback  *messengerPostback `json:"postback"`
	Edit      *messengerEdit     `json:"message_edit"`
}

// messengerParty is who writes or is written to: a person or page by its id, else somebody by what they did.
type messengerParty struct {
	ID        identifier `json:"id"`
	CommentID identifier `json:"comment_id"`
	PostID    identifier `json:"post_id"`
	UserRef   identifier `json:"user_ref"`
}

// unnamed reports whether it is somebody by what they did alone.
func (p messengerParty) unnamed() bool {
	return p.ID == "" && (p.CommentID != "" || p.PostID != "" || p.UserRef != "")
}

type messengerMessage struct {
	ID          identifier            `json:"mid"`
	Text        string                `json:"text"`
	IsEcho      yesNo                 `json:"is_echo"`
	IsSelf      yesNo                 `json:"is_self"`
	IsDeleted   yesNo                 `json:"is_deleted"`
	StickerID   *json.RawMessage      `json:"sticker_id"`
	Attachments []messengerAttachment `json:"attachments"`
}

type messengerEdit struct {
	ID   identifier `json:"mid"`
	Text string     `json:"text"`
}

type messengerAttachment struct {
	Type    string          `json:"type"`
	Title   string          `json:"title"`
	Payload json.RawMessage `json:"payload"`
}

type messengerPostback struct {
	ID    identifier `json:"mid"`
	Title string     `json:"title"`
}

// messengerItems reads the bodies of an object, page or instagram.
func messengerItems(object string) func([]byte) ([]item, error) {
	return func(body []byte) ([]item, error) {
		entries, err := metaEntries(body, object)
		if err != nil {
			return nil, err
		}
		var items []item
		for _, data := range entries {
			var e messengerEntry
			if err := decode(data, &e); err != nil {
				items = append(items, item{err: err, payload: metaPayload(object, data)})
				continue
			}
			items = append(items, e.items(object)...)
		}
		return items, nil
	}
}

// messengerFields are the fields whose changes have an event as their value.
var messengerFields = []string{"messages", "messaging_postbacks", "message_echoes", "message_edit", "message_edits", "standby"}

func (e messengerEntry) items(object string) (items []item) {
	payload := func(kind string, part json.RawMessage) func() []byte {
		entry := map[string]any{"id": e.ID, kind: []json.RawMessage{part}}
		if len(e.Time) > 0 {
			entry["time"] = e.Time
		}
		return metaPayload(object, entry)
	}
	for _, data := range e.Messaging {
		items = append(items, e.item(data, false, payload("messaging", data)))
	}
	for _, data := range e.Standby {
		items = append(items, e.item(data, false, payload("standby", data)))
	}
	for _, data := range e.Changes {
		var c messengerChange
		err := decode(data, &c)
		switch {
		case err != nil:
			items = append(items, item{err: err, payload: payload("changes", data)})
		case slices.Contains(messengerFields, c.Field):
			items = append(items, e.item(c.Value, true, payload("changes", data)))
		default:
			items = append(items, ignored())
		}
	}
	return items
}

// item is the one of an event, which came as a change or not.
func (e messengerEntry) item(data json.RawMessage, change bool, payload func() []byte) item {
	var v messengerEvent
	err := decode(data, &v)
	if readable(data, err) {
		switch {
		case v.ignored():
			return ignored()
		case e.test(v, change):
			return leftOut(testDelivery)
		}
	}
	return message(v.report(e.ID), err, payload)
}

// test reports whether the console's test button sent the event. Its samples are the same for everybody, and no page or account
// has the id 0.
func (e messengerEntry) test(v messengerEvent, change bool) bool {
	if v.Sender.ID == "12334" && v.Recipient.ID == "23245" {
		return true
	}
	if v.Message != nil && (v.Message.ID == "random_mid" || strings.HasPrefix(string(v.Message.ID), "test_message")) {
		return true
	}
	return e.ID == "0" && (change || !present(e.Time) || string(e.Time) == "0")
}

// ignored reports whether the event is no message, or one that the team wrote to itself or to nobody that is known.
func (v messengerEvent) ignored() bool {
	switch {
	case v.Sender.ID != "" && v.Sender.ID == v.Recipient.ID:
		return true
	case v.Message != nil:
		return bool(v.Message.IsSelf) || bool(v.Message.IsEcho) && v.Recipient.unnamed()
	case v.Edit != nil: // without either, Instagram reports that there is a message, and neither whose nor what it is
		return v.Sender.ID != "" && firstText(v.Edit.Text) == nil
	}
	return v.Postback == nil
}

func (v messengerEvent) report(page identifier) ingest.Report {
	if page == "0" {
		page = ""
	}
	r := ingest.Report{
		ExternalID: string(v.Sender.ID), At: v.Timestamp.at(), Direction: crm.Inbound, Account: string(cmp.Or(page, v.Recipient.ID)),
	}
	if v.Message != nil && bool(v.Message.IsEcho) || page != "" && v.Sender.ID == page {
		r.ExternalID, r.Direction, r.Account = string(v.Recipient.ID), crm.Outbound, string(cmp.Or(page, v.Sender.ID))
	}
	switch {
	case v.Message != nil && bool(v.Message.IsDeleted):
		r.Kind, r.MessageID, r.At, r.Text = crm.Withdrawn, string(v.Message.ID), nil, new(withdrawn)
	case v.Message != nil:
		r.MessageID, r.Text = string(v.Message.ID), v.Message.preview()
	case v.Edit != nil:
		r.Kind, r.MessageID, r.At, r.Text = crm.Revised, string(v.Edit.ID), nil, &v.Edit.Text
	case v.Postback != nil:
		r.MessageID, r.Text = string(v.Postback.ID), firstText(v.Postback.Title, "Button")
		if r.MessageID == "" && r.At != nil { // in standby, and before Graph API v8.0
			r.MessageID = "postback " + r.At.UTC().Format("20060102T150405.000")
		}
	}
	return r
}

// messengerKinds are the types of an attachment, each with its preview.
var messengerKinds = map[string]string{
	"image":               "Photo",
	"video":               "Video",
	"audio":               "Audio",
	"file":                "Document",
	"location":            "Location",
	"template":            "Template",
	"fallback":            "Link",
	"share":               "Shared post",
	"post":                "Shared post",
	"ig_post":             "Shared post",
	"reel":                "Reel",
	"ig_reel":             "Reel",
	"story_mention":       "Story mention",
	"ig_story":            "Story",
	"story":               "Story",
	"ephemeral":           "Disappearing photo",
	"sticker":             "Sticker",
	"like_heart":          "❤️",
	"product":             "Product",
	"appointment_booking": "Appointment",
}

// preview is the text, or the words for the first attachment.
func (m messengerMessage) preview() *string {
	switch {
	case firstText(m.Text) != nil:
		return &m.Text
	case m.StickerID != nil:
		return new("Sticker")
	case len(m.Attachments) == 0:
		return new(unsupported)
	}
	a := m.Attachments[0]
	var p struct {
		StickerID *json.RawMessage `json:"sticker_id"`
	}
	if decode(a.Payload, &p) == nil && p.StickerID != nil {
		return new("Sticker")
	}
	words, known := messengerKinds[strings.ToLower(a.Type)]
	switch {
	case !known:
		words = unsupported
	case a.Type == "fallback", a.Type == "template":
		return firstText(a.Title, words)
	}
	return &words
}
