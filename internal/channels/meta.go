package channels

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/url"
	"strings"

	"kith/internal/crm"
	"kith/internal/vault"
)

// WhatsApp, Messenger and Instagram are Meta's, whose webhooks look alike:
// https://developers.facebook.com/docs/graph-api/webhooks/getting-started, Graph API v24.0. X-Hub-Signature-256 is the
// HMAC-SHA256 of the raw body under the app secret; a GET asks whether the address is the one that was entered.

const metaHeader = "X-Hub-Signature-256"

func proveMeta(d delivery) (proof, refusal) {
	signature, ok := strings.CutPrefix(d.header.Get(metaHeader), "sha256=")
	if !ok {
		return proof{}, notSigned
	}
	return proveSigned(signature, d.secrets.Secret, "")
}

func challengeMeta(query url.Values, s vault.Secrets) (string, bool) {
	ok := query.Get("hub.mode") == "subscribe" && sameSecret(query.Get("hub.verify_token"), s.VerifyToken)
	return query.Get("hub.challenge"), ok
}

// sameSecret compares what was sent with a secret in constant time. Where no secret is set nothing is the same.
func sameSecret(sent, secret string) bool {
	a, b := sha256.Sum256([]byte(sent)), sha256.Sum256([]byte(secret)) // of one length
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && secret != ""
}

// metaBody is what all bodies of Meta's have in common: a batch of entries, one for each account. What is inside is read
// piece by piece, so that a piece that cannot be read takes no other with it.
type metaBody struct {
	Object string            `json:"object"`
	Entry  []json.RawMessage `json:"entry"`
}

// metaEntries reads a body of the object.
func metaEntries(body []byte, object string) ([]json.RawMessage, error) {
	var b metaBody
	if err := decode(body, &b); err != nil {
		return nil, err
	}
	if b.Object != object {
		return nil, &crm.InvalidError{Field: "object", Subject: "The object of the report", Reason: "is not " + object}
	}
	return b.Entry, nil
}

// metaPayload is a body with one entry.
func metaPayload(object string, entry any) func() []byte {
	return func() []byte {
		return encode(struct {
			Object string `json:"object"`
			Entry  []any  `json:"entry"`
		}{object, []any{entry}})
	}
}
