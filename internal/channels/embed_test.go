package channels_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
)

// quote is s as JSON.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// identified is a message of a user whose identity the site signed.
func identified(secret, visitor, message, identity string) string {
	return fmt.Sprintf(`{"visitorId":%q,"messageId":%q,"text":"Hi","identity":%s,"identityHash":%q}`,
		visitor, message, quote(identity), sign(secret, identity))
}

func TestOnlyPagesOfTheAllowedDomainsMayWrite(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.HTMLEmbed)
	for origin, allowed := range map[string]bool{
		"https://shop.example.com": true, "http://shop.example.com": true, "https://a.example.org": true,
		"https://a.b.example.org": true, "http://localhost:3000": true,
		"": false, "null": false, "https://example.com": false, "https://shop.example.com.evil.test": false,
		"https://evilshop.example.com": false, "https://example.org": false, "https://evil-example.org": false,
		"https://shop.example.com:8443": false, "http://localhost": false, "http://localhost:3001": false,
		"https://shop.example.com/": false, "https://shop.example.com@evil.test": false, "file://shop.example.com": false,
		"https://shop.example.com evil": false, "https://*.example.org": false, "https://.example.org": false,
		"shop.example.com": false,
	} {
		h := http.Header{"Content-Type": {"application/json"}}
		if origin != "" {
			h.Set("Origin", origin)
		}
		want := [2]int{http.StatusForbidden, http.StatusForbidden}
		if allowed {
			want = [2]int{http.StatusOK, http.StatusNoContent}
		}
		for i, method := range []string{http.MethodPost, http.MethodOptions} {
			w := p.send(method, c.ID.String(), h, p.sample("embed/anonymous"))
			if w.Code != want[i] || w.Header().Get("Vary") != "Origin" {
				t.Errorf("%s from %q: %d %v", method, origin, w.Code, w.Header())
			}
			if got := w.Header().Get("Access-Control-Allow-Origin"); allowed != (got == origin && got != "") {
				t.Errorf("%s from %q: allows %q", method, origin, got)
			}
			if w.Header().Get("Access-Control-Allow-Credentials") != "" {
				t.Error("credentials are allowed")
			}
		}
	}
	w := p.send(http.MethodOptions, c.ID.String(), http.Header{
		"Origin": {"https://shop.example.com"}, "Access-Control-Request-Method": {"POST"},
		"Access-Control-Request-Headers": {"content-type"},
	}, "")
	h := w.Header()
	if h.Get("Access-Control-Allow-Methods") != "POST" || h.Get("Access-Control-Allow-Headers") != "Content-Type" ||
		h.Get("Access-Control-Max-Age") != "600" || w.Body.Len() > 0 {
		t.Errorf("%v %s", h, w.Body)
	}
	if n := len(p.contacts()); n != 1 {
		t.Errorf("%d contacts", n)
	}
	for _, origin := range []string{"capacitor://localhost", "ionic://localhost"} {
		ask := func() int {
			return p.send(http.MethodOptions, c.ID.String(), http.Header{"Origin": {origin}}, "").Code
		}
		p.change(c.ID, func(c *crm.Channel) { c.Domains = append(c.Domains, "localhost", "*.localhost") })
		if code := ask(); code != http.StatusForbidden {
			t.Errorf("%s is a page of localhost: %d", origin, code)
		}
		p.change(c.ID, func(c *crm.Channel) { c.Domains = append(c.Domains, origin) })
		if code := ask(); code != http.StatusNoContent {
			t.Errorf("%s: %d", origin, code)
		}
	}
	p.change(c.ID, func(c *crm.Channel) { c.Domains = append(c.Domains, "new.example.net") })
	w = p.send(http.MethodOptions, c.ID.String(), http.Header{"Origin": {"https://new.example.net"}}, "")
	if w.Code != http.StatusNoContent {
		t.Errorf("a domain that was just added: %d", w.Code)
	}
	none := p.channel(crm.HTMLEmbed)
	p.change(none.ID, func(c *crm.Channel) { c.Domains = nil })
	p.deliver(none, p.sample("embed/anonymous"), http.StatusForbidden)
}

func TestAChannelWithoutASecretTakesAnonymousVisitorsOnly(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.HTMLEmbed)
	p.change(c.ID, func(c *crm.Channel) { c.Secrets = nil })
	p.deliver(c, p.sample("embed/claims"), http.StatusOK)
	p.deliver(c, identified("", "v", "1", `{"userId":"42"}`), http.StatusUnauthorized)
}

func TestWhatAVisitorSaysJoinsNobody(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.HTMLEmbed)
	say := func(visitor string) {
		p.deliver(c, strings.Replace(p.sample("embed/claims"), "4f1c2b7e-visitor", visitor, 1), http.StatusOK)
	}
	say("one")
	say("two")
	contacts := p.contacts()
	if len(contacts) != 2 {
		t.Fatalf("%d contacts", len(contacts))
	}
	for _, c := range contacts {
		if *c.Name != "Ann" || *c.Email != "ann@example.com" || *c.Phone != "+4930123456" ||
			c.EmailFrom.Origin != crm.Claimed {
			t.Errorf("%+v", c)
		}
	}
}

func TestWhatStaffSeeOfAVisitorDoesNotLetAnybodyWriteAsTheVisitor(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.HTMLEmbed)
	const visitorID = "4f1c2b7e-visitor"
	p.deliver(c, p.sample("embed/claims"), http.StatusOK)
	ann := p.contacts()[0]
	shown := p.identities(ann.ID)[0]
	if strings.Contains(shown, visitorID) {
		t.Fatalf("staff see the visitor's secret in %s", shown)
	}
	for n, guess := range []string{shown, strings.TrimPrefix(shown, "visitor:"), "visitor:" + visitorID} {
		p.deliver(c, fmt.Sprintf(`{"visitorId":%q,"messageId":"%d","text":"I am Ann","name":"Eve"}`, guess, n), http.StatusOK)
	}
	p.deliver(c, `{"visitorId":"`+visitorID+`","messageId":"again","text":"I am"}`, http.StatusOK)
	contacts := p.contacts()
	n := slices.IndexFunc(contacts, func(c crm.Contact) bool { return c.ID == ann.ID })
	if len(contacts) != 4 || n < 0 || *contacts[n].Name != *ann.Name {
		t.Errorf("%+v", contacts)
	}
	if ids := p.identities(ann.ID); !slices.Equal(ids, []string{shown}) {
		t.Errorf("%q", ids)
	}
}

func TestAVisitorWhoWasStoredUnderTheIdItselfStaysOneContact(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.HTMLEmbed)
	_, err := p.store.RecordInteraction(t.Context(), p.workspace, crm.Interaction{
		ChannelID: c.ID, ExternalID: "4f1c2b7e-visitor", MessageID: "1", At: start, Received: start, Direction: crm.Inbound,
	})
	if err != nil {
		t.Fatal(err)
	}
	before := p.contacts()[0]
	p.deliver(c, p.sample("embed/claims"), http.StatusOK)
	if n := len(p.contacts()); n != 1 {
		t.Errorf("%d contacts", n)
	}
	if ids := p.identities(before.ID); !slices.Equal(ids, []string{"visitor:024dd8e2770e04114a9cb2878ba90895"}) {
		t.Errorf("%q", ids)
	}
}

func TestASignedIdentityIsThePersonAnywhere(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.HTMLEmbed)
	p.deliver(c, p.sample("embed/anonymous"), http.StatusOK)
	const ann = `{"userId":"42","name":"Ann Smith","email":"ann@example.com","phone":"+49 30 123456"}`
	p.deliver(c, identified(secret, "laptop", "1", ann), http.StatusOK)
	p.deliver(c, identified(secret, "phone", "2", ann), http.StatusOK)
	p.deliver(c, identified(secret, "", "3", `{"userId":42}`), http.StatusOK)
	const elsewhere = `{"userId":"other id","email":"ann@example.com"}`
	p.deliver(p.channel(crm.HTMLEmbed), identified(secret, "x", "1", elsewhere), http.StatusOK)
	contacts := p.contacts()
	if len(contacts) != 2 {
		t.Fatalf("%+v", contacts)
	}
	got := contacts[slices.IndexFunc(contacts, func(c crm.Contact) bool { return c.Email != nil })]
	ids := slices.Sorted(slices.Values(p.identities(got.ID)))
	if d := cmp.Diff([]string{"user:42", "user:other id"}, ids); d != "" {
		t.Error(d)
	}
	if got.EmailFrom.Origin != crm.Verified || got.PhoneFrom.Origin != crm.Verified || *got.Name != "Ann Smith" ||
		*got.Phone != "+4930123456" {
		t.Errorf("%+v", got)
	}
}

func TestAChannelCanRequireSignedIdentities(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.HTMLEmbed)
	p.deliver(c, p.sample("embed/anonymous"), http.StatusOK)
	p.change(c.ID, func(c *crm.Channel) { c.RequireSignedIdentity = true })
	required := p.channel(crm.HTMLEmbed)
	p.change(required.ID, func(c *crm.Channel) { c.RequireSignedIdentity = true })
	for name, body := range map[string]string{
		"nobody":                    p.sample("embed/anonymous"),
		"one who claims":            p.sample("embed/claims"),
		"null":                      `{"visitorId":"v","messageId":"1","text":"Hi","identity":null,"identityHash":""}`,
		"a hash alone":              `{"visitorId":"v","messageId":"1","text":"Hi","identityHash":"` + sign(secret, "") + `"}`,
		"another site's user":       identified("another secret", "v", "1", `{"userId":"42"}`),
		"the name of a user":        `{"visitorId":"user:42","messageId":"1","text":"Hi"}`,
		"a user without a secret":   identified("", "v", "1", `{"userId":"42"}`),
		"a hash that is the id":     `{"visitorId":"v","messageId":"1","identity":"{\"userId\":\"42\"}","identityHash":"42"}`,
		"one who is a user no more": identified(secret, "v", "1", `{"userId":"42","exp":1}`),
	} {
		if w := p.deliver(required, body, http.StatusUnauthorized); !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %s", name, w.Body)
		}
	}
	p.deliver(required, identified(secret, "v", "1", `{"userId":"42"}`), http.StatusOK)
	if n := len(p.contacts()); n != 2 {
		t.Errorf("%d contacts", n)
	}
	p.change(required.ID, func(c *crm.Channel) { c.RequireSignedIdentity = false })
	p.deliver(required, p.sample("embed/anonymous"), http.StatusOK) // at once, though the channel is remembered
}

func TestABadIdentityIsRefused(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.HTMLEmbed)
	expiring := func(d time.Duration) string { return fmt.Sprintf(`{"userId":"42","exp":%d}`, start.Add(d).Unix()) }
	for status, bodies := range map[int][]string{
		http.StatusUnauthorized: {
			identified("another secret", "v", "1", `{"userId":"42"}`),
			strings.Replace(identified(secret, "v", "1", `{"userId":"42"}`), `\"42`, `\"43`, 1),
			`{"visitorId":"v","messageId":"1","identity":"{\"userId\":\"42\"}"}`,
			`{"visitorId":"v","messageId":"1","identity":"{\"userId\":\"42\"}","identityHash":""}`,
			`{"visitorId":"v","messageId":"1","identity":"{\"userId\":\"42\"}","identityHash":"zz"}`,
			`{"visitorId":"v","messageId":"1","identityHash":"00"}`,
			`{"visitorId":"v","messageId":"1","text":[],"identity":"{\"userId\":\"42\"}","identityHash":"00"}`,
			identified(secret, "v", "1", expiring(-time.Second)),
			identified(secret, "v", "1", expiring(0)),
			identified(secret, "v", "1", expiring(367*24*time.Hour)),
			identified(secret, "v", "1", fmt.Sprintf(`{"userId":"42","exp":%d}`, start.Add(time.Hour).UnixMilli())),
			identified(secret, "v", "1", fmt.Sprintf(`{"userId":"42","exp":%d}`, start.Add(time.Hour).UnixNano())),
			identified(secret, "v", "1", `{"userId":"42","exp":9223372036854775807}`),
			identified(secret, "v", "1", `{"userId":"42","exp":-9223372036854775808}`),
			`{"visitorId":"v","messageId":"1","identity":{"userId":"42"},"identityHash":"00"}`,
		},
		http.StatusOK: {
			identified(secret, "v", "1", expiring(time.Second)),
			identified(secret, "v", "2", expiring(365*24*time.Hour)),
		},
		http.StatusBadRequest: {
			identified(secret, "v", "1", `{"userId":""}`),
			identified(secret, "v", "1", `null`),
			identified(secret, "v", "1", `[1]`),
			identified(secret, "v", "1", `{"userId":"42","exp":1.5e12}`),
			identified(secret, "v", "1", `{"userId":"42","exp":"1795426200000"}`),
			`{"visitorId":"user:42","messageId":"1","text":"I am 42"}`,
			`{"visitorId":"v","text":"no message id"}`,
			`{"visitorId":"","messageId":"1"}`,
			`{"visitorId":"` + strings.Repeat("v", 513) + `","messageId":"1"}`,
			`{"visitorId":"v","messageId":"1","occurredAt":"now"}`,
			`{"visitorId":"v","messageId":"1","occurredAt":"1970-01-01T00:00:00Z"}`,
			`[]`,
			``,
		},
	} {
		for _, body := range bodies {
			w := p.send(http.MethodPost, c.ID.String(), header(c.Type, secret, body, start), body)
			if w.Code != status || w.Header().Get("Access-Control-Allow-Origin") == "" {
				t.Errorf("%.90s: %d %s", body, w.Code, w.Body)
			}
			if w.Code == http.StatusBadRequest && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s", w.Body)
			}
		}
	}
	if failures := p.failures(); len(failures) > 0 {
		t.Errorf("anybody can fill the failures: %+v", failures)
	}
	if contacts := p.contacts(); len(contacts) != 1 || p.identities(contacts[0].ID)[0] != "user:42" {
		t.Errorf("%+v", contacts)
	}
}
