// Package channels takes in what the providers of the channels report by themselves: one file for each provider reads
// its payloads, the rest is shared. A payload is verified before it is read, and answered with success only when each of
// its messages is recorded or kept as a failure, because providers send again what was not answered so, and drop what
// was.
//
// It stores nothing itself, sends nothing to a provider, and logs no text, name or secret.
package channels

import (
	"net/http"
	"net/url"
	"time"

	"kith/internal/crm"
	"kith/internal/ingest"
	"kith/internal/vault"
)

// The bounds of a request's body, in bytes.
const (
	maxBody      = 1 << 20
	maxEmbedBody = 64 << 10
)

// provider is what tells one kind of channel from another.
type provider struct {
	// verify refuses a delivery that nobody sent who knows the channel's secrets. It looks at nothing else of it.
	verify func(delivery) refusal
	// items are the parts of a body, in their order. An error says that the body as a whole cannot be read.
	items func(body []byte) ([]item, error)
	// challenge answers the provider's question whether the address is Kith's; nil for one that does not ask.
	challenge func(query url.Values, s vault.Secrets) (answer string, ok bool)
	// browser tells that a web page sends the deliveries: they carry an Origin, and what is wrong with them is answered
	// instead of kept, because anybody may send them.
	browser bool
	maxBody int64
}

var providers = map[crm.ChannelType]provider{
	crm.Telegram:  {verify: verifyTelegram, items: telegramItems, maxBody: maxBody},
	crm.WhatsApp:  {verify: verifyMeta, items: whatsAppItems, challenge: challengeMeta, maxBody: maxBody},
	crm.Facebook:  {verify: verifyMeta, items: messengerItems("page"), challenge: challengeMeta, maxBody: maxBody},
	crm.Instagram: {verify: verifyMeta, items: messengerItems("instagram"), challenge: challengeMeta, maxBody: maxBody},
	crm.TikTok:    {verify: verifyTikTok, items: tikTokItems, maxBody: maxBody},
	crm.HTMLEmbed: {verify: verifyEmbed, items: embedItems, browser: true, maxBody: maxEmbedBody},
}

// delivery is one request of a provider's, before anything of it is believed.
type delivery struct {
	header  http.Header
	body    []byte
	secrets vault.Secrets
	now     time.Time
	// requireIdentity tells that the channel wants to know who its visitors are.
	requireIdentity bool
}

// refusal is why a delivery is not believed, in words for whoever sent it; empty for one that is.
type refusal string

const (
	verified  refusal = ""
	notSigned refusal = "It is not signed with the channel's secret"
)

// unless refuses what is not so.
func unless(ok bool) refusal {
	if ok {
		return verified
	}
	return notSigned
}

// item is one thing that a provider reports. It is a message when report is set, something that could not be read when
// err is, and otherwise one that is understood and makes no difference: a receipt, a reaction, an edit.
type item struct {
	report *ingest.Report // without its channel
	err    error          // an *crm.InvalidError
	// customer is the customer's id as far as it could be read.
	customer string
	// payload makes a body of the item alone: what items reads to this item and nothing else, the same bytes each time.
	payload func() []byte
}

// message is the item of a message that was read, or of one that could not be.
func message(r ingest.Report, err error, payload func() []byte) item {
	i := item{customer: r.ExternalID, err: err, payload: payload}
	if err == nil {
		i.report = &r
	}
	return i
}

// ignored is the item of what makes no difference.
func ignored() item { return item{} }

// raw is a payload that is there already.
func raw(body []byte) func() []byte { return func() []byte { return body } }
