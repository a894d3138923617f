package channels

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kith/internal/crm"
	"kith/internal/ingest"
)

// The web widget posts one message at a time from the visitor's browser, as JSON:
//
//	{
//	  "visitorId": "4f1c…",                        made up by the widget and kept in the browser; a secret
//	  "messageId": "a7d0…",                        made up for the message, the same when it is sent again
//	  "text": "Hello",
//	  "occurredAt": "2026-11-23T09:30:00Z",        optional, now by default
//	  "name": "Ann", "email": "ann@example.com", "phone": "+49 30 123456",      optional, what the visitor says
//	  "identity": "{\"userId\":\"42\",\"email\":\"ann@example.com\",\"exp\":1795426200}",      optional, for a user
//	  "identityHash": "b0fc…"                      of a signed-in user
//	}
//
// Who has the visitorId writes as the visitor, so it is neither stored nor shown: the external id is "visitor:" and a
// digest of it. What the visitor says are claims. A site that knows the user has its server make the identity: a text that
// is a JSON object with userId and optionally name, email, phone, and exp (seconds since 1970, after which it is refused; a
// year ahead at most, so that a time in milliseconds does not make it last for ever). The identityHash is the HMAC-SHA256
// of that very text under the channel's secret, in hexadecimal digits. The contact is then the user's, on whatever device,
// under the external id "user:" and the userId, and email and phone are verified. A channel can require an identity of
// everybody.
//
// An identity may contain the visitorId of the browser in which the user signed in. Then the site vouches that the visitor is
// the user, who keeps the conversation from before. The visitorId beside the identity is no such proof: a user may sign in
// where somebody else has written.
//
// The page must be of one of the channel's allowed domains, by the Origin that its browser sends. No cookies are used.

// visitorPrefix begins the external ids of visitors, as [crm.SignedPrefix] does those of signed-in users.
const visitorPrefix = "visitor:"

// longestIdentity is how far ahead the exp of an identity may lie, in seconds: a leap year.
const longestIdentity = 366 * 24 * 60 * 60

// Why an identity is refused, beside [notSigned].
const (
	noIdentity      refusal = "Only users who are signed in on the site may write here"
	identityExpired refusal = "The identity has expired"
	identityTooLong refusal = "The identity's exp must be in seconds since 1970, at most a year from now"
)

func init() {
	providers[crm.HTMLEmbed] = provider{prove: proveNothing, inspect: inspectEmbed, items: embedItems, browser: true}
}

type embedMessage struct {
	VisitorID    string  `json:"visitorId"`
	MessageID    string  `json:"messageId"`
	Text         string  `json:"text"`
	OccurredAt   *string `json:"occurredAt"`
	Name         *string `json:"name"`
	Email        *string `json:"email"`
	Phone        *string `json:"phone"`
	Identity     *string `json:"identity"`
	IdentityHash string  `json:"identityHash"`
}

// embedIdentity is what a site says of its user.
type embedIdentity struct {
	UserID identifier `json:"userId"`
	Name   *string    `json:"name"`
	Email  *string    `json:"email"`
	Phone  *string    `json:"phone"`
	Exp    *int64     `json:"exp"`
	// VisitorID is that of the browser in which the site saw the user sign in; empty for one that it does not vouch for.
	VisitorID string `json:"visitorId"`
}

// inspectEmbed refuses a message whose identity the site has not signed, or that has none on a channel that requires one.
// What is no message says nothing of anybody: it is left to embedItems to refuse.
func inspectEmbed(d delivery, body []byte) refusal {
	var m embedMessage
	_ = decode(body, &m)
	switch {
	case m.Identity == nil && m.IdentityHash != "":
		return notSigned
	case m.Identity == nil && d.requireIdentity:
		return noIdentity
	case m.Identity == nil:
		return verified
	}
	p, refused := proveSigned(m.IdentityHash, d.secrets.Secret, *m.Identity)
	if refused == verified {
		refused = p.holds()
	}
	if refused != verified {
		return refused
	}
	var i embedIdentity
	if err := decode([]byte(*m.Identity), &i); err != nil || i.Exp == nil {
		return verified
	}
	switch now := d.now.Unix(); {
	case *i.Exp <= now:
		return identityExpired
	case *i.Exp > now+longestIdentity:
		return identityTooLong
	}
	return verified
}

// embedItems reads a body that inspectEmbed let through. What is wrong is an error of the whole.
func embedItems(body []byte) ([]item, error) {
	var m embedMessage
	if err := decode(body, &m); err != nil {
		return nil, err
	}
	r := ingest.Report{
		ExternalID: visitor(m.VisitorID), MessageID: m.MessageID, Direction: crm.Inbound, Text: &m.Text,
		Profile: crm.Profile{Name: m.Name, Email: m.Email, Phone: m.Phone},
	}
	if m.OccurredAt != nil {
		at, err := time.Parse(time.RFC3339, *m.OccurredAt)
		if err != nil {
			return nil, &crm.InvalidError{Field: "occurredAt", Reason: "must be a time as in 2026-11-23T09:30:00Z"}
		}
		r.At = &at
	}
	switch {
	case m.VisitorID == "" && m.Identity == nil:
		return nil, &crm.InvalidError{Field: "visitorId", Reason: "cannot be empty"}
	case strings.HasPrefix(m.VisitorID, crm.SignedPrefix):
		return nil, &crm.InvalidError{Field: "visitorId", Reason: "cannot begin with " + crm.SignedPrefix}
	case len(m.VisitorID) > crm.MaxExternalID:
		return nil, &crm.InvalidError{Field: "visitorId", Reason: "can have at most 512 bytes"}
	case m.Identity == nil:
		r.Former, r.Stranger = former(m.VisitorID), true
		return []item{message(r, nil, raw(body))}, nil
	}
	var i embedIdentity
	if err := decode([]byte(*m.Identity), &i); err != nil || i.UserID == "" {
		return nil, &crm.InvalidError{Field: "identity", Reason: "must be the text of a JSON object with a userId"}
	}
	r.ExternalID, r.Signed = crm.SignedPrefix+string(i.UserID), true
	if i.VisitorID != "" {
		r.Alias = visitor(i.VisitorID)
	}
	r.Profile.Name = orElse(i.Name, m.Name)
	r.Profile.Email, r.Profile.EmailVerified = orElse(i.Email, m.Email), i.Email != nil
	r.Profile.Phone, r.Profile.PhoneVerified = orElse(i.Phone, m.Phone), i.Phone != nil
	return []item{message(r, nil, raw(body))}, nil
}

// visitor is the external id of the visitor whose browser keeps the id. 128 bits of SHA-256 distinguish visitors, and say
// nothing of an id that cannot be guessed.
func visitor(id string) string {
	digest := sha256.Sum256([]byte(id))
	return visitorPrefix + hex.EncodeToString(digest[:16])
}

// former is what earlier versions stored the visitor's identity under: the id itself. An external id that staff see is
// never taken for one.
func former(id string) string {
	if strings.HasPrefix(id, visitorPrefix) {
		return ""
	}
	return id
}

func orElse(a, b *string) *string {
	if a != nil {
		return a
	}
	return b
}

// allowed reports whether a page of the origin (RFC 6454, section 6.2) may use a channel with such domains: its host is
// one of them to the letter, port included where it is not the scheme's own, or below one that begins with *. . An app's web
// view has an origin of the app's own making, such as capacitor://localhost, which must be among them as it is.
func allowed(origin string, domains []string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme+"://"+u.Host != origin {
		return false
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		app, err := crm.NormalizeDomain(origin)
		return err == nil && slices.Contains(domains, app)
	}
	host, err := crm.NormalizeDomain(u.Host)
	if err != nil || strings.HasPrefix(host, "*") {
		return false
	}
	return slices.ContainsFunc(domains, func(d string) bool {
		if below, ok := strings.CutPrefix(d, "*"); ok {
			return len(host) > len(below) && strings.HasSuffix(host, below)
		}
		return host == d
	})
}

// allowOrigin lets a page of the origin read the answer (Fetch, section 3.2), and send what it may send.
func allowOrigin(h http.Header, origin string) {
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Retry-After")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// preflight answers a browser's question whether the page may post.
func preflight(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// answerInvalid is what a page gets to know of a message that cannot be taken in.
func answerInvalid(err *crm.InvalidError) []byte {
	body, _ := json.Marshal(map[string]string{"error": err.Message(), "field": err.Field}) // cannot fail
	return body
}
