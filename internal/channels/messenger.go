package channels

import (
	"encoding/json"
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
// team wrote. Receipts, reactions, edits, unsent messages, opt-ins, referrals, handovers and comments are ignored.
// Instagram reports some events as changes, with the event as the value.
//
// The ids are scoped to the page; names do not come with the events.

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
	Messaging []json.RawMessage `json:"messaging"`
	Standby   []json.RawMessage `json:"standby"`
	Changes   []json.RawMessage `json:"changes"`
}

type messengerChange struct {
	Field string          `json:"field"`
	Value json.RawMessage `json:"value"`
}

type messengerEvent struct {
	Sender    struct{ ID identifier } `json:"sender"`
	Recipient struct{ ID identifier } `json:"recipient"`
	Timestamp moment                  `json:"timestamp"`
	Message   *messengerMessage       `json:"message"`
	Postback  *messengerPostback      `json:"postback"`
}

type messengerMessage struct {
	ID            identifier            `json:"mid"`
	Text          string                `json:"text"`
	IsEcho        bool                  `json:"is_echo"`
	IsSelf        bool                  `json:"is_self"`
	IsDeleted     bool                  `json:"is_deleted"`
	IsUnsupported bool                  `json:"is_unsupported"`
	StickerID     *json.RawMessage      `json:"sticker_id"`
	Attachments   []messengerAttachment `json:"attachments"`
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

func (e messengerEntry) items(object string) (items []item) {
	payload := func(kind string, part json.RawMessage) func() []byte {
		return metaPayload(object, map[string]any{"id": e.ID, kind: []json.RawMessage{part}})
	}
	for _, data := range e.Messaging {
		items = append(items, e.item(data, payload("messaging", data)))
	}
	for _, data := range e.Standby {
		items = append(items, e.item(data, payload("standby", data)))
	}
	for _, data := range e.Changes {
		var c messengerChange
		err := decode(data, &c)
		switch {
		case err != nil:
			items = append(items, item{err: err, payload: payload("changes", data)})
		case object == "instagram" && (c.Field == "messages" || c.Field == "messaging_postbacks" || c.Field == "standby"):
			items = append(items, e.item(c.Value, payload("changes", data)))
		default:
			items = append(items, ignored())
		}
	}
	return items
}

// item is the one of an event.
func (e messengerEntry) item(data json.RawMessage, payload func() []byte) item {
	var v messengerEvent
	err := decode(data, &v)
	if err == nil && v.ignored() {
		return ignored()
	}
	return message(v.report(e.ID), err, payload)
}

// ignored reports whether the event is no message, or one that the team wrote to itself.
func (v messengerEvent) ignored() bool {
	if v.Message == nil {
		return v.Postback == nil
	}
	return v.Message.IsDeleted || v.Message.IsSelf || v.Sender.ID != "" && v.Sender.ID == v.Recipient.ID
}

func (v messengerEvent) report(page identifier) ingest.Report {
	r := ingest.Report{ExternalID: string(v.Sender.ID), At: v.Timestamp.at(), Direction: crm.Inbound}
	if v.Message != nil {
		if v.Message.IsEcho || page != "" && page != "0" && v.Sender.ID == page {
			r.ExternalID, r.Direction = string(v.Recipient.ID), crm.Outbound
		}
		r.MessageID, r.Text = string(v.Message.ID), v.Message.preview()
	} else if v.Postback != nil {
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
