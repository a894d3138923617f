package profiles

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kith/internal/crm"
)

// Meta's Graph API shows the profile of a customer under the id that the page or account knows them by, to a token of that
// page or account, once the customer has written to it:
// https://developers.facebook.com/documentation/business-messaging/messenger-platform/identity/user-profile,
// https://developers.facebook.com/documentation/business-messaging/instagram-messaging/features/user-profile and
// https://developers.facebook.com/documentation/instagram-platform/instagram-api-with-instagram-login/messaging-api/user-profile.
// Graph API v24.0. Its errors: https://developers.facebook.com/docs/graph-api/guides/error-handling.

const (
	facebookGraph  = "https://graph.facebook.com"
	instagramGraph = "https://graph.instagram.com"
	graphVersion   = "/v24.0/"

	// maxAnswer is the size in bytes that an answer may have, and its headers.
	maxAnswer = 64 << 10
)

// reply is what the provider said of a customer.
type reply struct {
	result                result
	name                  string
	wait                  time.Duration // how long the provider wants to be left alone; 0 where it does not say
	unproven              bool          // the provider does not accept the proof
	status, code, subcode int
	err                   error
}

func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = maxAnswer
	return &http.Client{
		Transport: transport,
		// A redirect would carry the token elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// call asks the provider for a customer. The proof that goes along is made with the app's secret; a token of another app's
// needs one of that app, or none, so a proof that is not accepted is left out from then on.
func (l *Lookups) call(line *line, external string) reply {
	ch := line.channel
	if ch.token == line.unproven {
		ch.secret = ""
	}
	answer := l.get(ch, external)
	if answer.unproven && ch.secret != "" {
		line.unproven, ch.secret = ch.token, ""
		answer = l.get(ch, external)
	}
	return answer
}

func (l *Lookups) get(ch channel, external string) reply {
	select {
	case l.calls <- struct{}{}:
		defer func() { <-l.calls }()
	case <-l.ctx.Done():
		return reply{result: failed, err: l.ctx.Err()}
	}
	ctx, cancel := context.WithTimeout(l.ctx, l.pace.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.address(ch, external), nil)
	if err != nil {
		return reply{result: failed, err: errors.New("make a request")} // without the address
	}
	r.Header.Set("Authorization", "Bearer "+ch.token)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "Kith")
	res, err := l.client.Do(r)
	if err != nil {
		return reply{result: failed, err: withoutAddress(err)}
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return reply{result: failed, status: res.StatusCode, err: withoutAddress(err)}
	case len(body) > maxAnswer:
		return reply{result: failed, status: res.StatusCode, err: fmt.Errorf("the answer has more than %d bytes", maxAnswer)}
	}
	return read(res.StatusCode, res.Header, body)
}

// address is that of a customer's profile.
func (l *Lookups) address(ch channel, external string) string {
	base, query := facebookGraph, url.Values{"fields": {"name,first_name,last_name"}}
	if ch.kind == crm.Instagram {
		query.Set("fields", "name,username")
		if strings.HasPrefix(ch.token, "IG") { // of Instagram's own sign-in; a page's begins with EA
			base = instagramGraph
		}
	}
	if l.options.BaseURL != "" {
		base = l.options.BaseURL
	}
	if ch.secret != "" {
		query.Set("appsecret_proof", appSecretProof(ch))
	}
	return base + graphVersion + url.PathEscape(external) + "?" + query.Encode()
}

// appSecretProof proves that the caller has the app's secret as well as the token:
// https://developers.facebook.com/docs/graph-api/guides/secure-requests.
func appSecretProof(ch channel) string {
	mac := hmac.New(sha256.New, []byte(ch.secret))
	mac.Write([]byte(ch.token))
	return hex.EncodeToString(mac.Sum(nil))
}

// withoutAddress is the cause of an error alone: the address contains the customer's id.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// graphAnswer is a profile or an error, whatever the status says. Its Content-Type may be text/javascript.
type graphAnswer struct {
	Name      text        `json:"name"`
	FirstName text        `json:"first_name"`
	LastName  text        `json:"last_name"`
	Username  text        `json:"username"`
	Error     *graphError `json:"error"`
}

// graphError is an error. Its message can contain the token and the customer's id: it is read, and goes nowhere.
type graphError struct {
	Message   text   `json:"message"`
	Code      number `json:"code"`
	Subcode   number `json:"error_subcode"`
	Transient bool   `json:"is_transient"`
}

// text is a string; empty where there is something else.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*t = text(s)
	}
	return nil
}

// number is an integer, quoted or not; 0 where there is something else.
type number int

func (n *number) UnmarshalJSON(data []byte) error {
	i, _ := strconv.Atoi(strings.Trim(string(data), `"`))
	*n = number(i)
	return nil
}

// read is what an answer says.
func read(status int, header http.Header, body []byte) reply {
	var a graphAnswer
	err := json.Unmarshal(body, &a)
	switch {
	case a.Error != nil:
		return a.Error.reply(status, header)
	case status == http.StatusTooManyRequests || status >= 500:
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return reply{result: refused, status: status}
	case status == http.StatusNotFound:
		return reply{result: unknown, status: status}
	case status == http.StatusOK && err == nil:
		if name := a.name(); name != nil {
			return reply{result: learned, status: status, name: *name}
		}
		return reply{result: nameless, status: status}
	}
	return (&graphError{}).reply(status, header)
}

// name is the name that the profile has, in the order that its owner chose where that is known.
func (a graphAnswer) name() *string {
	for _, s := range []text{a.Name, a.FirstName + " " + a.LastName, a.Username} {
		if name := crm.CleanName(string(s)); name != nil {
			return name
		}
	}
	return nil
}

// The codes of errors that say something of the customer, the token, or how often was asked.
const (
	parameterError = 100 // anything from a customer who is not there to an app that lacks a permission
	noPermission   = 2018247
	noConsent      = 230
	noInstagrammer = 9010
)

func (e *graphError) reply(status int, header http.Header) reply {
	r := reply{result: failed, status: status, code: int(e.Code), subcode: int(e.Subcode), wait: waitOf(header)}
	switch code := int(e.Code); {
	case code == parameterError && e.aboutProof():
		r.result, r.unproven = refused, true
	case code == parameterError && e.Subcode == noPermission:
		r.result = refused
	case limits(code), code == 0 && status == http.StatusTooManyRequests: // some of them count as transient
		r.result = limited
	case e.Transient:
	case code == parameterError, code == noConsent, code == noInstagrammer:
		r.result = unknown
	case code == 3, code == 10, code == 101, code == 102, code == 104, code == 190, code == 2500, code >= 200 && code < 300:
		r.result = refused
	}
	return r
}

// aboutProof reports whether the proof is missing or wrong: these errors have no code.
func (e *graphError) aboutProof() bool {
	message := strings.ToLower(string(e.Message))
	return strings.Contains(message, "appsecret_proof") || strings.Contains(message, "app secret proof")
}

// limits reports whether a code says that the app, the page or the account asks too often.
func limits(code int) bool {
	switch code {
	case 4, 17, 32, 341, 368, 613:
		return true
	}
	return code >= 80000 && code <= 80014
}

// waitOf is how long the provider wants to be left alone, as its headers say; 0 where they do not.
func waitOf(h http.Header) time.Duration {
	seconds, _ := strconv.Atoi(h.Get("Retry-After"))
	wait := time.Duration(max(0, min(seconds, 1<<20))) * time.Second
	var usage map[string][]struct {
		Minutes int `json:"estimated_time_to_regain_access"`
	}
	if json.Unmarshal([]byte(h.Get("X-Business-Use-Case-Usage")), &usage) != nil {
		return wait
	}
	for _, uses := range usage {
		for _, u := range uses {
			wait = max(wait, time.Duration(min(u.Minutes, 1<<14))*time.Minute)
		}
	}
	return wait
}
