package channels_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
)

// kept are the failures as lines of position, customer and reason.
func (p *place) kept() (lines []string) {
	p.Helper()
	for _, f := range p.failures() {
		lines = append(lines, fmt.Sprintf("%d %s: %s", f.Position, text(f.ExternalID), f.Reason))
	}
	return lines
}

func TestABadItemIsKeptAndTheOthersAreRecorded(t *testing.T) {
	t.Parallel()
	p := open(t)
	for range 2 { // once more changes nothing
		p.deliver(p.channels(crm.WhatsApp), p.sample("whatsapp/batch"), http.StatusOK)
	}
	want := []string{
		"0 -: In the whole there is a value of the wrong type: string",
		"5 16505551234: messageId cannot be empty",
		"8 -: In the whole there is a value of the wrong type: number",
		"11 -: In messages there is a value of the wrong type: object",
	}
	if d := cmp.Diff(want, p.kept()); d != "" {
		t.Error(d)
	}
	got := map[string]int{}
	for _, s := range p.sessions() {
		got[text(s.LastMessagePreview)] = s.UnreadCount
	}
	if d := cmp.Diff(map[string]int{"Sixth": 4, "Oi": 1}, got); d != "" {
		t.Error(d)
	}
	log := p.log.String()
	if strings.Count(log, "item kept as a failure") != 8 || !strings.Contains(log, "position=5") {
		t.Error(log)
	}
	for _, personal := range []string{"Sheena", "16505551234", "Sixth", "wamid"} {
		if strings.Contains(log, personal) {
			t.Errorf("%s is in the log", personal)
		}
	}
}

// channels is the place's channel of the type, made when it is first asked for.
func (p *place) channels(kind crm.ChannelType) crm.Channel {
	p.Helper()
	all, err := p.store.Channels(p.Context(), p.workspace)
	if err != nil {
		p.Fatal(err)
	}
	for _, c := range all {
		if c.Type == kind {
			return c
		}
	}
	return p.channel(kind)
}

func TestABodyThatCannotBeReadIsKeptAsAWhole(t *testing.T) {
	t.Parallel()
	for kind, sender := range senders {
		if sender.broken == "" {
			continue
		}
		p := open(t)
		body := p.sample(sender.broken)
		p.deliver(p.channel(kind), body, http.StatusOK)
		failures := p.failures()
		if len(failures) != 1 || string(failures[0].Payload) != body || failures[0].Position != 0 ||
			failures[0].Reason == "" {
			t.Errorf("%s: %+v", kind, failures)
		}
	}
}

func TestAnIdThatNoDatabaseTakesIsKept(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.deliver(p.channel(crm.Facebook), `{"object":"page","entry":[{"id":"1","messaging":[
		{"sender":{"id":"a\u0000b"},"recipient":{"id":"1"},"timestamp":1763890200123,"message":{"mid":"m1","text":"Hi"}},
		{"sender":{"id":"`+strings.Repeat("9", 600)+`"},"recipient":{"id":"1"},"timestamp":1763890200123,
			"message":{"mid":"m2","text":"Hi"}},
		{"sender":{"id":"7"},"recipient":{"id":"1"},"timestamp":1763890200123,"message":{"mid":"m\u00004","text":"Hi"}},
		{"sender":{"id":"7"},"recipient":{"id":"1"},"timestamp":1763890200123,"message":{"mid":"m5","text":"N\u0000UL"}}
		]}]}`, http.StatusOK)
	want := []string{
		"0 -: externalId cannot contain NUL characters",
		"1 -: externalId can have at most 512 bytes",
		"2 7: messageId cannot contain NUL characters",
	}
	if d := cmp.Diff(want, p.kept()); d != "" {
		t.Error(d)
	}
	if s := p.sessions(); len(s) != 1 || *s[0].LastMessagePreview != "NUL" {
		t.Errorf("%+v", s)
	}
}

func TestAKeptItemIsReplayed(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.WhatsApp)
	p.deliver(c, p.sample("whatsapp/batch"), http.StatusOK)
	for _, f := range p.failures() {
		err := p.handler.Replay(t.Context(), p.workspace, f)
		if _, ok := errors.AsType[*crm.InvalidError](err); !ok {
			t.Errorf("position %d: %v", f.Position, err)
		}
	}
	contacts := len(p.contacts())

	// As one that an older Kith could not read.
	f := crm.Failure{
		ID: crm.NewFailureID(start), ChannelID: c.ID, At: start, Payload: []byte(p.sample("whatsapp/user-id-alone")),
	}
	for range 2 {
		if err := p.handler.Replay(t.Context(), p.workspace, f); err != nil {
			t.Error(err)
		}
	}
	if n := len(p.contacts()); n != contacts+1 {
		t.Errorf("%d contacts, then %d", contacts, n)
	}
	other, err := p.store.Workspace(t.Context(), "other")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.handler.Replay(t.Context(), other, f); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("in another workspace: %v", err)
	}
	p.change(c.ID, func(c *crm.Channel) { c.Active = false })
	if err := p.handler.Replay(t.Context(), p.workspace, f); !errors.Is(err, crm.ErrInactive) {
		t.Errorf("on an inactive channel: %v", err)
	}
	f.ChannelID, f.Payload = p.channel(crm.HTMLEmbed).ID, []byte(p.sample("embed/identity"))
	if err := p.handler.Replay(t.Context(), p.workspace, f); err == nil {
		t.Error("an identity is believed without its signature")
	}
}

func TestAnyNameIsTaken(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Ann\u0000\u0007 \u202eSmith\n":            "Ann Smith",
		"\u0001\u0002":                             "-",
		"👩‍👩‍👧‍👦":                                  "👩‍👩‍👧‍👦",
		"🎉🎉":                                       "🎉🎉",
		strings.Repeat("n", 4096):                  strings.Repeat("n", crm.MaxName),
		strings.Repeat("👩‍👩‍👧‍👦", 300):             strings.Repeat("👩‍👩‍👧‍👦", 2000/25),
		"محمد الأحمد":                              "محمد الأحمد",
		"שלום \u200fעולם":                          "שלום \u200fעולם",
		"A\u0301" + strings.Repeat("\u0301", 4000): "A" + strings.Repeat("\u0301", 999),
		"   ":               "-",
		"\xff\xfe":          "-",
		"<b>Bob</b> & 'Co'": "<b>Bob</b> & 'Co'",
	} {
		p := open(t)
		first := `"first_name": ` + quote(name) + `,`
		body := strings.ReplaceAll(p.sample("telegram/text"), `"first_name": "Anna",`, first)
		body = strings.ReplaceAll(strings.ReplaceAll(body, `"last_name": "Berger",`, ""), `"username": "annab",`, "")
		p.deliver(p.channel(crm.Telegram), body, http.StatusOK)
		contacts := p.contacts()
		if len(contacts) != 1 || text(contacts[0].Name) != want {
			t.Errorf("%.40q: %d contacts, %.40q", name, len(contacts), text(contacts[0].Name))
		}
	}
}

func TestAPreviewIsOneLineOfPlainText(t *testing.T) {
	t.Parallel()
	family := "👩‍👩‍👧‍👦"
	for message, want := range map[string]string{
		"One\r\n\ttwo\u0000\u0007\u2028three": "One two three",
		strings.Repeat("x", 140):              strings.Repeat("x", 140),
		strings.Repeat("x", 141):              strings.Repeat("x", 139) + "…",
		strings.Repeat("é", 10_000):           strings.Repeat("é", 139) + "…",
		strings.Repeat(family, 30):            strings.Repeat(family, 30),
		strings.Repeat(family, 200):           strings.Repeat(family, 39) + "…",
		"🇩🇪🇫🇷 e\u0301":                        "🇩🇪🇫🇷 e\u0301",
		"\u200b\u2060":                        "-",
		"مرحبا":                               "مرحبا",
	} {
		p := open(t)
		body := strings.ReplaceAll(batch(written(1, 1, 1_700_000_000, "TEXT")), `"TEXT"`, quote(message))
		p.deliver(p.channel(crm.WhatsApp), body, http.StatusOK)
		if s := p.sessions(); len(s) != 1 || text(s[0].LastMessagePreview) != want {
			t.Errorf("%.60q: %q", message, text(s[0].LastMessagePreview))
		}
	}
}

func TestAPersonOfTwoIdsIsOneContactInAnyOrder(t *testing.T) {
	t.Parallel()
	const both, alone = "whatsapp/user-id-beside-number", "whatsapp/user-id-alone"
	for _, order := range [][]string{{both, alone}, {alone, both}, {"number", both, alone}, {alone, both, "number"}} {
		p := open(t)
		c := p.channel(crm.WhatsApp)
		for _, sample := range order {
			body := batch(`{"from":"16505550100","id":"wamid.n","timestamp":"1763890190","type":"text","text":{"body":"Hi"}}`)
			if sample != "number" {
				body = p.sample(sample)
			}
			p.deliver(c, body, http.StatusOK)
		}
		contacts, sessions := p.contacts(), p.sessions()
		if len(contacts) != 1 || len(sessions) != 1 || sessions[0].UnreadCount != len(order) {
			t.Fatalf("%v: %d contacts, %d sessions", order, len(contacts), len(sessions))
		}
		ids := slices.Sorted(slices.Values(p.identities(contacts[0].ID)))
		d := cmp.Diff([]string{"16505550100", "US.13491208655302741918"}, ids)
		if d != "" || text(contacts[0].Phone) != "+16505550100" {
			t.Errorf("%v: %s, %+v", order, d, contacts[0])
		}
	}
}
