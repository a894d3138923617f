package channels_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
	"kith/internal/vault"
)

func TestANumberThatWhatsAppVouchesForIsKeptAndJoinsItsVariant(t *testing.T) {
	t.Parallel()
	for vouched, typed := range map[string]string{
		"551187654321":  "+55 11 98765-4321", // Brazil, before the ninth digit
		"5215512345678": "+52 55 1234 5678",  // Mexico, with the 1 of old
		"22507123456":   "+225 07 07 12 34 56",
		"22997123456":   "+229 01 97 12 34 56",
		"5491123456789": "+54 11 2345-6789",
	} {
		for _, known := range []bool{true, false} {
			p := open(t)
			c := p.channel(crm.WhatsApp)
			if known {
				staff, err := crm.NormalizePhone(typed, "")
				if err != nil {
					t.Fatal(err)
				}
				p.load(crm.Contact{
					ID: crm.NewContactID(start), Version: 1, CreatedAt: start, UpdatedAt: start,
					Phone: &staff, PhoneFrom: crm.Provenance{Origin: crm.Staff},
				})
			}
			p.deliver(c, strings.ReplaceAll(p.sample("whatsapp/text"), "16505551234", vouched), http.StatusOK)
			contacts := p.contacts()
			if len(contacts) != 1 || !slices.Contains(crm.PhoneVariants("+"+vouched), text(contacts[0].Phone)) {
				t.Errorf("%s beside %s (%t): %+v", vouched, typed, known, contacts)
			}
			if !known && text(contacts[0].Phone) != "+"+vouched {
				t.Errorf("%s is kept as %s", vouched, text(contacts[0].Phone))
			}
		}
	}
}

func TestASignedMessageMakesOneContactHoweverOftenItIsSent(t *testing.T) {
	t.Parallel()
	for kind, sender := range senders {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := open(t)
			c := p.channel(kind)
			for range 3 {
				w := p.deliver(c, p.sample(sender.text), http.StatusOK)
				if w.Header().Get("Cache-Control") != "no-store" {
					t.Errorf("%v", w.Header())
				}
			}
			contacts, sessions := p.contacts(), p.sessions()
			if len(contacts) != 1 || len(sessions) != 1 {
				t.Fatalf("%d contacts and %d sessions", len(contacts), len(sessions))
			}
			got := fmt.Sprintf("%s: %s, %s, %s", p.identities(contacts[0].ID)[0], contacts[0].DisplayName(),
				text(contacts[0].Phone), text(sessions[0].LastMessagePreview))
			if got != sender.recorded || sessions[0].UnreadCount != 1 || *sessions[0].ContactID != contacts[0].ID {
				t.Errorf("%s, %d unread", got, sessions[0].UnreadCount)
			}
			if failures := p.failures(); len(failures) > 0 {
				t.Errorf("%+v", failures)
			}
		})
	}
}

func TestWhatIsNotSignedIsRefusedUnread(t *testing.T) {
	t.Parallel()
	for kind, sender := range senders {
		if kind == crm.HTMLEmbed {
			continue
		}
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := open(t)
			c, body := p.channel(kind), p.sample(sender.text)
			send := func(h http.Header, body string) {
				t.Helper()
				if w := p.send(http.MethodPost, c.ID.String(), h, body); w.Code != http.StatusUnauthorized {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			}
			send(nil, body)
			send(header(kind, "", body, start), body)
			send(header(kind, "another secret", body, start), body)
			send(header(kind, secret[:len(secret)-1], body, start), body)
			send(nil, "{")
			if kind != crm.Telegram { // whose header says nothing of the body
				send(header(kind, secret, body, start), body+" ")
				send(header(kind, secret, body, start), "")
			}
			for _, garbage := range []string{"sha256=", "sha256=zz", "t=1,s=", "t=,s=00", ",,,=", "t=9223372036854775807,s=00"} {
				send(http.Header{"X-Hub-Signature-256": {garbage}, "TikTok-Signature": {garbage}}, body)
			}
			c = p.channel(kind)
			p.change(c.ID, func(c *crm.Channel) { c.Secrets = nil })
			send(header(kind, "", body, start), body)
			if n := len(p.contacts()) + len(p.failures()); n > 0 {
				t.Errorf("%d contacts and failures", n)
			}
			if log := p.log.String(); !strings.Contains(log, "reason=signature") || strings.Contains(log, secret) {
				t.Error(log)
			}
		})
	}
}

func TestASignatureOfTikTokHoldsForAsLongAsItIsSentAgain(t *testing.T) {
	t.Parallel()
	p := open(t)
	c, body := p.channel(crm.TikTok), p.sample("tiktok/text")
	for off, status := range map[time.Duration]int{
		0: http.StatusOK, 4 * time.Minute: http.StatusOK, -4 * time.Minute: http.StatusOK,
		-5 * time.Hour: http.StatusOK, -72 * time.Hour: http.StatusOK,
		6 * time.Minute: http.StatusUnauthorized, -73 * time.Hour: http.StatusUnauthorized,
		-1e6 * time.Hour: http.StatusUnauthorized,
	} {
		w := p.send(http.MethodPost, c.ID.String(), header(crm.TikTok, secret, body, start.Add(off)), body)
		if w.Code != status {
			t.Errorf("%s: %d", off, w.Code)
		}
	}
	h := header(crm.TikTok, secret, body, start)
	h.Set("TikTok-Signature", strings.ReplaceAll(h.Get("TikTok-Signature"), ",", ", "))
	if w := p.send(http.MethodPost, c.ID.String(), h, body); w.Code != http.StatusOK {
		t.Errorf("with a space between its parts: %d", w.Code)
	}
	if s := p.sessions(); len(s) != 1 || s[0].UnreadCount != 1 {
		t.Errorf("sent again, it is %+v", s)
	}
}

func TestChannelsThatAreNotThereAndMethods(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, id := range []string{
		"", "x", "channel_", crm.NewChannelID(start).String(), crm.NewContactID(start).String(), "..%2f..",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions, http.MethodDelete} {
			if w := p.send(method, id, nil, "{}"); w.Code != http.StatusNotFound && w.Code != http.StatusTemporaryRedirect &&
				w.Code != http.StatusMovedPermanently {
				t.Errorf("%s %q: %d", method, id, w.Code)
			}
		}
	}
	for kind, allow := range map[crm.ChannelType]string{
		crm.Telegram: "POST", crm.TikTok: "POST", crm.WhatsApp: "GET, POST", crm.HTMLEmbed: "POST, OPTIONS",
	} {
		c := p.channel(kind)
		for _, method := range []string{http.MethodPut, http.MethodHead, http.MethodDelete} {
			w := p.send(method, c.ID.String(), header(kind, secret, "", start), "")
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != allow {
				t.Errorf("%s %s: %d, %q", method, kind, w.Code, w.Header().Get("Allow"))
			}
		}
	}
	if w := p.send(http.MethodGet, p.channel(crm.Telegram).ID.String(), nil, ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("%d", w.Code)
	}
}

func TestAnInactiveChannelAnswersAndRecordsNothing(t *testing.T) {
	t.Parallel()
	for kind, sender := range senders {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := open(t)
			c, body := p.channel(kind), p.sample(sender.text)
			activate := func(on bool) { p.change(c.ID, func(c *crm.Channel) { c.Active = on }) }
			activate(false)
			p.deliver(c, body, http.StatusOK)
			if kind != crm.HTMLEmbed {
				if w := p.send(http.MethodPost, c.ID.String(), nil, "{"); w.Code != http.StatusOK {
					t.Errorf("unsigned: %d", w.Code)
				}
			}
			if n := len(p.contacts()) + len(p.failures()); n > 0 {
				t.Errorf("%d contacts and failures", n)
			}
			activate(true)
			p.deliver(c, body, http.StatusOK)
			if n := len(p.contacts()); n != 1 {
				t.Errorf("%d contacts after the activation", n)
			}
			activate(false) // within the second that the channel is remembered
			p.deliver(c, strings.NewReplacer("7301112345", "99", "16505551234", "4915112345678", "6254738921473812", "99",
				"1234567890123456", "99", "+ZMM6", "+YMM6", "4f1c2b7e", "guest").Replace(body), http.StatusOK)
			if n := len(p.contacts()); n != 1 {
				t.Errorf("%d contacts after the deactivation", n)
			}
		})
	}
}

func TestANewSecretHoldsAtOnceAndTheOldOneForASecond(t *testing.T) {
	t.Parallel()
	p := open(t)
	c, body := p.channel(crm.Facebook), p.sample("facebook/text")
	p.deliver(c, body, http.StatusOK)
	sealed, err := p.vault.Seal(p.workspace, c.ID, vault.Secrets{Secret: "new secret", VerifyToken: "new token"})
	if err != nil {
		t.Fatal(err)
	}
	p.change(c.ID, func(c *crm.Channel) { c.Secrets = sealed })
	p.deliver(c, body, http.StatusOK)
	w := p.send(http.MethodPost, c.ID.String(), header(c.Type, "new secret", body, start), body)
	if w.Code != http.StatusOK {
		t.Errorf("the new secret: %d", w.Code)
	}
	p.deliver(c, body, http.StatusUnauthorized)
}

func TestMetaIsAnsweredWhoeverKnowsTheVerifyToken(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, kind := range []crm.ChannelType{crm.WhatsApp, crm.Facebook, crm.Instagram} {
		c := p.channel(kind)
		ask := func(query string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			p.mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/channels/"+c.ID.String()+"/webhook?"+query, nil))
			return w
		}
		w := ask("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-me")
		if w.Code != http.StatusOK || w.Body.String() != "1158201444" ||
			!strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
		}
		for _, query := range []string{
			"", "hub.mode=subscribe&hub.challenge=1", "hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
			"hub.mode=subscribe&hub.challenge=1&hub.verify_token=verify-m", "hub.challenge=1&hub.verify_token=verify-me",
			"hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=verify-me",
		} {
			if w := ask(query); w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "1") {
				t.Errorf("%s: %d %q", query, w.Code, w.Body)
			}
		}
		p.change(c.ID, func(c *crm.Channel) { c.Secrets = nil })
		if w := ask("hub.mode=subscribe&hub.challenge=1&hub.verify_token="); w.Code != http.StatusForbidden {
			t.Errorf("without a token: %d", w.Code)
		}
	}
}

func TestADatabaseThatCannotAnswerMakesTheProviderSendAgain(t *testing.T) {
	t.Parallel()
	for _, remembered := range []bool{false, true} {
		p := open(t)
		c := p.channel(crm.Telegram)
		if remembered {
			p.deliver(c, p.sample("telegram/text"), http.StatusOK)
		}
		_ = p.store.Close()
		w := p.deliver(c, p.sample("telegram/photo"), http.StatusServiceUnavailable)
		if w.Header().Get("Retry-After") == "" {
			t.Error("it does not say when")
		}
		p.deliver(c, p.sample("telegram/no-sender"), http.StatusServiceUnavailable)
	}
}

func TestSecretsThatCannotBeOpenedMakeTheProviderSendAgain(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.Telegram)
	p.change(c.ID, func(c *crm.Channel) { c.Secrets[len(c.Secrets)-1] ^= 1 })
	p.deliver(c, p.sample("telegram/text"), http.StatusServiceUnavailable)
}

func TestAProviderThatGoesAwayHasItsMessageRecorded(t *testing.T) {
	t.Parallel()
	p := open(t)
	c, body := p.channel(crm.WhatsApp), p.sample("whatsapp/text")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := "/channels/" + c.ID.String() + "/webhook"
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(body))
	r.Header = header(c.Type, secret, body, start)
	p.mux.ServeHTTP(httptest.NewRecorder(), r)
	if n := len(p.contacts()); n != 1 {
		t.Errorf("%d contacts", n)
	}
}

// batch is a body of WhatsApp's with the messages.
func batch(messages ...string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[` +
		`{"field":"messages","value":{"messages":[` + strings.Join(messages, ",") + `]}}]}]}`
}

func written(customer, id int, at int64, text string) string {
	return fmt.Sprintf(
		`{"from":"49151%08d","id":"wamid.%d","timestamp":"%d","type":"text","text":{"body":%q}}`, customer, id, at, text)
}

func TestMessagesOfABatchKeepTheirOrderForEachCustomer(t *testing.T) {
	t.Parallel()
	p := open(t)
	var messages []string
	for n := range 300 {
		messages = append(messages, written(n%30, n, 1_700_000_000, fmt.Sprint("message ", n)))
	}
	p.deliver(p.channel(crm.WhatsApp), batch(messages...), http.StatusOK)
	got := map[string]int{}
	for _, s := range p.sessions() {
		got[*s.LastMessagePreview] = s.UnreadCount
	}
	want := map[string]int{}
	for n := 270; n < 300; n++ {
		want[fmt.Sprint("message ", n)] = 10
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDeliveriesOverlapRepeatAndComeOutOfOrder(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.WhatsApp)
	var bodies []string
	for b := range 40 { // each message is in two batches, and each batch is sent twice
		var messages []string
		for n := b * 5; n < b*5+10; n++ {
			id := n % 200
			messages = append(messages, written(id%7, id, 1_700_000_000+int64(id), fmt.Sprint("message ", id)))
		}
		bodies = append(bodies, batch(messages...), batch(messages...))
	}
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
	var all sync.WaitGroup
	for _, body := range bodies {
		all.Go(func() {
			if w := p.send(http.MethodPost, c.ID.String(), header(c.Type, secret, body, start), body); w.Code != http.StatusOK {
				t.Errorf("%d", w.Code)
			}
		})
	}
	all.Wait()
	unread := 0
	sessions := p.sessions()
	for _, s := range sessions {
		unread += s.UnreadCount
	}
	if len(sessions) != 7 || unread != 200 || len(p.contacts()) != 7 {
		t.Errorf("%d sessions, %d contacts, %d messages", len(sessions), len(p.contacts()), unread)
	}
}
