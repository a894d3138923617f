package channels

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/http"
	"net/url"
	"time"

	"kith/internal/crm"
	"kith/internal/ingest"
	"kith/internal/vault"
)

// provider is how deliveries of one channel type are verified and read.
type provider struct {
	// signature is the header by which deliveries show who sent them; empty where they have none.
	signature string
	// prove begins to verify that the sender knows the channel's secrets, before the body is read. It refuses
	// one that no body could prove.
	prove func(delivery) (proof, refusal)
	// inspect refuses a body that is not believed for what it says; nil where it is the proof that counts.
	inspect func(d delivery, body []byte) refusal
	// items are the parts of a body, in their order. An error says that the body as a whole cannot be read.
	items func(body []byte) ([]item, error)
	// challenge answers the provider's question whether the address is Kith's; nil for one that does not ask.
	challenge func(query url.Values, s vault.Secrets) (answer string, ok bool)
	// browser is true when a web page sends the deliveries: they carry an Origin, and what is wrong with them is answered
	// instead of kept, because anybody may send them.
	browser bool
}

// providers has one row for each channel type. The file of each provider adds its own.
var providers = map[crm.ChannelType]provider{}

// delivery is one request of a provider's, before anything of it is believed.
type delivery struct {
	header  http.Header
	secrets vault.Secrets
	now     time.Time
	// requireIdentity is set when the channel accepts only visitors whose identity is signed.
	requireIdentity bool
}

// refusal says to the sender why a delivery is not accepted; empty for one that is.
type refusal string

const (
	verified  refusal = ""
	notSigned refusal = "It is not signed with the channel's secret"
)

// proof is that of a delivery, to which its body goes while it is read. The zero proof wants nothing of a body.
type proof struct {
	mac       hash.Hash
	signature []byte
}

// proveSigned is the proof by a signature, in hexadecimal digits, that is the HMAC-SHA256 of a prefix and the body under the
// secret.
func proveSigned(signature, secret, prefix string) (proof, refusal) {
	given, err := hex.DecodeString(signature)
	if err != nil || len(given) != sha256.Size || secret == "" {
		return proof{}, notSigned
	}
	p := proof{hmac.New(sha256.New, []byte(secret)), given}
	p.write([]byte(prefix))
	return p, verified
}

// proveNothing leaves everything to what the body says.
func proveNothing(delivery) (proof, refusal) { return proof{}, verified }

func (p proof) write(b []byte) {
	if p.mac != nil {
		_, _ = p.mac.Write(b) // never fails
	}
}

// holds refuses a body that is not the one that was signed.
func (p proof) holds() refusal {
	if p.mac != nil && !hmac.Equal(p.signature, p.mac.Sum(nil)) {
		return notSigned
	}
	return verified
}

// item is one thing that a provider reports. It is a message, or news of one or of a customer, when report is set; something
// that could not be read when err is; and otherwise one that is understood and makes no difference: a receipt, a reaction.
type item struct {
	report *ingest.Report // without its channel
	err    error          // an *crm.InvalidError
	// reason says why a message is left out. One with an error as well is kept as a failure, but at most once a day for each
	// channel and reason: a provider that cannot say more sends many of them, and one tells the operator.
	reason reason
	// customer is the customer's id as far as it could be read.
	customer string
	// payload makes a body of the item alone: what items reads to this item and nothing else, the same bytes each time.
	payload func() []byte
}

// reason is why a message is left out, as the metric calls it.
type reason string

const (
	inGroup       reason = "group"        // written to a group, and no private matter of the team's and the customer's
	channelPost   reason = "channel_post" // published, not sent to one person
	testDelivery  reason = "test"         // made up by the provider's console
	noSender      reason = "no_sender"
	regionBlocked reason = "region" // by the law of the sender's region, the provider does not say who it is
)

// errNoSender is that of a message with noSender.
var errNoSender = &crm.InvalidError{
	Field: "externalId", Subject: "The provider",
	Reason: "does not say who wrote the message, so it cannot be recorded. Others like it are counted, and kept once a day",
}

// withdrawn is the preview of a message that was taken back.
const withdrawn = "Message deleted"

// unsupported is the preview of a message of an unknown kind.
const unsupported = "Unsupported message"

// message is the item of a report, which was read with err. A value of the wrong type costs that value and not the message,
// as long as it is known who wrote which message. A change without the id of its message is ignored.
func message(r ingest.Report, err error, payload func() []byte) item {
	i := item{customer: r.ExternalID, payload: payload}
	switch {
	case err == nil && r.MessageID == "" && (r.Kind == crm.Revised || r.Kind == crm.Withdrawn):
		return ignored()
	case r.ExternalID != "" && (err == nil || r.MessageID != "" || r.Kind == crm.Announced):
		i.report = &r
	case err != nil:
		i.err = err
	default:
		i.err, i.reason = errNoSender, noSender
	}
	return i
}

// ignored is the item of what makes no difference.
func ignored() item { return item{} }

// leftOut is the item of a message that is none of Kith's.
func leftOut(why reason) item { return item{reason: why} }

// raw is a payload that is there already.
func raw(body []byte) func() []byte { return func() []byte { return body } }
