package channels

import (
	"cmp"
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
// im_receive_msg is what a customer wrote, im_send_msg what the team did, wherever it did. im_receive_msg_eu says that somebody in
// the EEA, Switzerland or the United Kingdom wrote, and as a rule neither who nor what. All other events are ignored, and
// reactions. The customer is from_user or to_user, else the unique_identifier; user_openid is the team's account, as is the other of
// the two users, and one app may serve several. Nothing vouches for a name but the handle.

const (
	// tikTokTolerance is how far the time of a signature may be ahead of the clock, and how much longer than TikTok retries it
	// may be behind.
	tikTokTolerance = 5 * time.Minute
	// tikTokRetries is for how long TikTok sends again what was not answered with 200. The time is part of what is signed, and a
	// retry may carry the signature of the first attempt. It is as authentic then, and sending it once more changes nothing:
	// refusing it would only lose the messages of an outage.
	tikTokRetries = 72 * time.Hour
)

var errTikTokRegion = &crm.InvalidError{
	Field: "event", Subject: "Somebody in the EEA, Switzerland or the United Kingdom",
	Reason: "wrote, and TikTok does not say who or what: read and answer it in TikTok's app. " +
		"Others like it are counted, and kept once a day",
}

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
	age := d.now.Sub(time.Unix(seconds, 0))
	if err != nil || age < -tikTokTolerance || age > tikTokRetries+tikTokTolerance {
		return proof{}, notSigned
	}
	return proveSigned(signature, d.secrets.Secret, at+".")
}

type tikTokEvent struct {
	Event   string          `json:"event"`
	Account identifier      `json:"user_openid"`
	Content json.RawMessage `json:"content"`
}

type tikTokUser struct {
	ID identifier `json:"id"`
}

type tikTokMessage struct {
	MessageID identifier `json:"message_id"`
	Customer  identifier `json:"unique_identifier"`
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
	err := decode(body, &e)
	switch e.Event {
	case "":
		if err == nil {
			err = &crm.InvalidError{Field: "event", Subject: "It", Reason: "is no event: event is missing"}
		}
		return nil, err
	case "im_receive_msg", "im_send_msg", "im_receive_msg_eu":
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
	err = decode(content, &m)
	r := m.report(e)
	switch {
	case e.Event == "im_receive_msg_eu" && (r.ExternalID == "" || r.MessageID == ""):
		return []item{{err: errTikTokRegion, reason: regionBlocked, payload: raw(body)}}, nil
	case m.Type == "reaction":
		return []item{ignored()}, nil
	}
	return []item{message(r, err, raw(body))}, nil
}

func (m tikTokMessage) report(e tikTokEvent) ingest.Report {
	r := ingest.Report{
		ExternalID: string(m.FromUser.ID), MessageID: string(m.MessageID), At: m.Timestamp.at(), Direction: crm.Inbound,
		Text: m.preview(), Profile: crm.Profile{Name: firstText(m.From)}, Account: string(cmp.Or(e.Account, m.ToUser.ID)),
	}
	if e.Event == "im_send_msg" {
		r.ExternalID, r.Direction, r.Profile.Name = string(m.ToUser.ID), crm.Outbound, firstText(m.To)
		r.Account = string(cmp.Or(e.Account, m.FromUser.ID))
	}
	r.ExternalID = cmp.Or(r.ExternalID, string(m.Customer))
	return r
}

// tikTokKinds are the types of a message that have no text, each with its preview.
var tikTokKinds = map[string]string{
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
