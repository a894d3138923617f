package channels

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"kith/internal/crm"
	"kith/internal/ingest"
)

// TikTok sends one event at a time: https://developers.tiktok.com/doc/webhooks-overview and, for direct messages, the
// Webhooks part of the Business Messaging API, v1.3 (https://business-api.tiktok.com/portal/docs). The content is JSON
// in a string. TikTok-Signature is t=…,s=…, the HMAC-SHA256 of the time, a dot and the raw body under the client secret
// (https://developers.tiktok.com/doc/webhooks-verification).
//
// im_receive_msg is what a customer wrote, im_send_msg what the team did, wherever it did. All other events are ignored.
// Nothing vouches for a name but the handle.

// tikTokTolerance is how far the time of a signature may be from the clock, either way.
const tikTokTolerance = 5 * time.Minute

const tikTokHeader = "TikTok-Signature"

func init() {
	providers[crm.TikTok] = provider{signature: tikTokHeader, prove: proveTikTok, items: tikTokItems}
}

func proveTikTok(d delivery) (proof, refusal) {
	var at, signature string
	for part := range strings.SplitSeq(d.header.Get(tikTokHeader), ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			at = value
		case "s":
			signature = value
		}
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || d.now.Sub(time.Unix(seconds, 0)).Abs() > tikTokTolerance {
		return proof{}, notSigned
	}
	return proveSigned(signature, d.secrets.Secret, at+".")
}

type tikTokEvent struct {
	Event   string          `json:"event"`
	Content json.RawMessage `json:"content"`
}

type tikTokUser struct {
	ID identifier `json:"id"`
}

type tikTokMessage struct {
	MessageID identifier `json:"message_id"`
	Timestamp moment     `json:"timestamp"`
	From      string     `json:"from"`
	To        string     `json:"to"`
	FromUser  tikTokUser `json:"from_user"`
	ToUser    tikTokUser `json:"to_user"`
	Type      string     `json:"type"`
	Text      struct {
		Body string `json:"body"`
	} `json:"text"`
}

func tikTokItems(body []byte) ([]item, error) {
	var e tikTokEvent
	if err := decode(body, &e); err != nil {
		return nil, err
	}
	switch e.Event {
	case "":
		return nil, &crm.InvalidError{Field: "event", Subject: "It", Reason: "is no event: event is missing"}
	case "im_receive_msg", "im_send_msg":
	default:
		return []item{ignored()}, nil
	}
	content := []byte(e.Content)
	if len(content) > 0 && content[0] == '"' {
		var text string
		if err := decode(content, &text); err != nil {
			return nil, err
		}
		content = []byte(text)
	}
	var m tikTokMessage
	err := decode(content, &m)
	return []item{message(m.report(e.Event == "im_send_msg"), err, raw(body))}, nil
}

func (m tikTokMessage) report(echo bool) ingest.Report {
	r := ingest.Report{
		ExternalID: string(m.FromUser.ID), MessageID: string(m.MessageID), At: m.Timestamp.at(), Direction: crm.Inbound,
		Text: m.preview(), Profile: crm.Profile{Name: firstText(m.From)},
	}
	if echo {
		r.ExternalID, r.Direction, r.Profile.Name = string(m.ToUser.ID), crm.Outbound, firstText(m.To)
	}
	return r
}

// tikTokKinds are the types of a message that have no text, each with its preview.
var tikTokKinds = map[string]string{
	"text":       "",
	"image":      "Photo",
	"video":      "Video",
	"sticker":    "Sticker",
	"emoji":      "Sticker",
	"share_post": "Shared post",
	"template":   "Template",
}

func (m tikTokMessage) preview() *string {
	words, known := tikTokKinds[m.Type]
	if !known {
		words = unsupported
	}
	return firstText(m.Text.Body, words)
}
