package channels_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/channels"
	"kith/internal/crm"
	"kith/internal/ingest"
)

// recorder keeps the reports that reach it.
type recorder struct {
	mu      sync.Mutex
	reports []ingest.Report
}

func (r *recorder) Record(_ context.Context, _ crm.Viewer, report ingest.Report) (crm.Recorded, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reports = append(r.reports, report)
	return crm.Recorded{}, nil
}

// lines are what was reported, in the order of its text: a batch may be recorded in any.
func (r *recorder) lines() (lines []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range r.reports {
		line := fmt.Sprintf("%s %s %s: %s", one.Kind, one.Direction, one.MessageID, one.ExternalID)
		for _, part := range []struct{ words, value string }{
			{" too", one.Alias}, {" before", one.Previous}, {" to", one.Account}, {",", text(one.Text)},
		} {
			if part.value != "" {
				line += part.words + " " + part.value
			}
		}
		if one.Signed {
			line += ", signed"
		}
		if one.Profile.PhoneVerified {
			line += ", phone " + text(one.Profile.Phone)
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	slices.Sort(lines)
	return lines
}

func TestWhatADeliveryReports(t *testing.T) {
	t.Parallel()
	const number, user, page, person = "16505550100", "US.13491208655302741918", "1906385232743851", "6254738921473812"
	for sample, want := range map[string][]string{
		"whatsapp/statuses-with-both-ids": {
			"ANNOUNCED  : " + number + " too " + user + " to 106540352242922, -, phone +" + number,
			"ANNOUNCED  : " + number + " too " + user + " to 106540352242922, -, phone +" + number,
		},
		"whatsapp/statuses": nil,
		"whatsapp/user-id-changed": {
			"ANNOUNCED  : 16505551234 too US.2222 before US.1111 to 106540352242922, -, phone +16505551234",
			"ANNOUNCED  : US.2222 before US.1111 to 106540352242922, -",
			"ANNOUNCED  : US.2222 before US.1111 to 106540352242922, -",
		},
		"whatsapp/second-number": {
			"INBOUND wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQz0130: 16505550188 to 106540352242999, To the other shop, phone +16505550188",
		},
		"whatsapp/test-button": nil,
		"facebook/test-button": nil,
		"facebook/edits": {
			"REVISED INBOUND m_1: " + person + " to " + page + ", Tomorrow",
			"REVISED OUTBOUND m_2: " + person + " to " + page + ", We open at ten",
			"WITHDRAWN OUTBOUND m_4: " + person + " to " + page + ", Message deleted",
		},
		"instagram/unsent": {
			"INBOUND aWd22: 1234567890123456 to 17841405309211844, Still here",
			"WITHDRAWN INBOUND aWd20: 1234567890123456 to 17841405309211844, Message deleted",
			"WITHDRAWN OUTBOUND aWd21: 1234567890123456 to 17841405309211844, Message deleted",
		},
		"telegram/edited":  {"REVISED INBOUND 7301112345/210: 7301112345, Guten Tag!"},
		"telegram/group":   nil,
		"tiktok/text":      {"INBOUND u5Buqc6lAghuOelnHUZV01==: " + tikTokCustomer + " to " + tikTokAccount + ", Is it oak?"},
		"tiktok/sent":      {"OUTBOUND u5Buqc6lAghuOelnHUZV05==: " + tikTokCustomer + " to " + tikTokAccount + ", It is."},
		"tiktok/no-sender": {"INBOUND u5Buqc6lAghuOelnHUZV07==: " + tikTokCustomer + " to " + tikTokAccount + ", ?"},
		"embed/anonymous":  {"INBOUND a7d0e2: visitor:024dd8e2770e04114a9cb2878ba90895, Hi, is anybody there?"},
	} {
		r := &recorder{}
		p := openWith(t, func(o *channels.Options) { o.Ingest = r })
		folder, _, _ := strings.Cut(sample, "/")
		kind := crm.ChannelType(strings.ToUpper(folder))
		if folder == "embed" {
			kind = crm.HTMLEmbed
		}
		p.deliver(p.channel(kind), p.sample(sample), http.StatusOK)
		if d := cmp.Diff(want, r.lines()); d != "" {
			t.Errorf("%s: (-want +got)\n%s", sample, d)
		}
		if failures := p.kept(); len(failures) > 0 {
			t.Errorf("%s: %v", sample, failures)
		}
	}
}

func TestEverySampleIsReportedOverHTTPAsItIsRead(t *testing.T) {
	t.Parallel()
	wants, err := filepath.Glob(filepath.Join("testdata", "*", "*.want"))
	if err != nil || len(wants) == 0 {
		t.Fatal(err)
	}
	r := &recorder{}
	p := openWith(t, func(o *channels.Options) { o.Ingest = r })
	of := map[string]crm.Channel{}
	for _, kind := range crm.ChannelTypes {
		if kind != crm.HTMLEmbed { // whose samples are not signed
			of[strings.ToLower(string(kind))] = p.channel(kind)
		}
	}
	for _, path := range wants {
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.ToSlash(path), ".want")
		c, ok := of[strings.Split(name, "/")[1]]
		if !ok {
			continue
		}
		before := len(r.lines())
		p.deliver(c, p.sample(strings.TrimPrefix(name, "testdata/")), http.StatusOK)
		reports := 0
		for line := range strings.Lines(string(want)) {
			if !strings.HasPrefix(line, "ignored") && !strings.HasPrefix(line, "left out") && !strings.HasPrefix(line, "error") &&
				!strings.HasPrefix(line, "unreadable") {
				reports++
			}
		}
		if got := len(r.lines()) - before; got != reports {
			t.Errorf("%s: %d reports, %d are read", name, got, reports)
		}
	}
}

const (
	tikTokCustomer = "+ZMM6I2kBFMYfuEhZjEEt6o0FEebXi68VHcHvO0WgQlZ"
	tikTokAccount  = "-000m4JH_b1JiHPxoOSKii9FmQCeIA2fZ7Jw"
)

func TestASignedUserIsTheVisitorOnlyWhereTheSiteSaysSo(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	p := openWith(t, func(o *channels.Options) { o.Ingest = r })
	c := p.channel(crm.HTMLEmbed)
	p.deliver(c, identified(secret, "4f1c2b7e-visitor", "1", `{"userId":"42","visitorId":"4f1c2b7e-visitor"}`), http.StatusOK)
	p.deliver(c, identified(secret, "4f1c2b7e-visitor", "2", `{"userId":"42"}`), http.StatusOK)
	p.deliver(c, identified("another", "4f1c2b7e-visitor", "3", `{"userId":"42","visitorId":"4f1c2b7e-visitor"}`),
		http.StatusUnauthorized)
	p.deliver(c, identified(secret, "4f1c2b7e-visitor", "4", `{"userId":"42","visitorId":7}`), http.StatusBadRequest)
	want := []string{
		"INBOUND 1: user:42 too visitor:024dd8e2770e04114a9cb2878ba90895, Hi, signed",
		"INBOUND 2: user:42, Hi, signed",
	}
	if d := cmp.Diff(want, r.lines()); d != "" {
		t.Error(d)
	}
}

func TestAMessageSentAgainWithoutItsNumberCountsOnce(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.WhatsApp)
	for _, sample := range []string{"user-id-beside-number", "without-number-in-from", "without-any-from"} {
		p.deliver(c, p.sample("whatsapp/"+sample), http.StatusOK)
	}
	contacts, sessions := p.contacts(), p.sessions()
	if len(contacts) != 1 || len(sessions) != 1 || sessions[0].UnreadCount != 1 {
		t.Errorf("%+v, %+v", contacts, sessions)
	}
	p = open(t)
	c = p.channel(crm.TikTok)
	for _, from := range []string{`from_user`, `nobody`} {
		p.deliver(c, strings.ReplaceAll(p.sample("tiktok/text"), "from_user", from), http.StatusOK)
	}
	if s := p.sessions(); len(s) != 1 || s[0].UnreadCount != 1 || len(p.contacts()) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestWhatNobodyWrotePrivatelyIsCounted(t *testing.T) {
	t.Parallel()
	for sample, want := range map[string]float64{
		"TELEGRAM group telegram/group": 1, "TELEGRAM group telegram/edited-group": 1,
		"TELEGRAM group telegram/callback-query-in-group": 1, "TELEGRAM channel_post telegram/channel-post": 1,
		"WHATSAPP test whatsapp/test-button": 1, "FACEBOOK test facebook/test-button": 3,
		"INSTAGRAM test instagram/test-button": 2, "WHATSAPP group whatsapp/group": 3,
		"TIKTOK region tiktok/europe": 1, "TIKTOK no_sender tiktok/without-any-id": 1,
		"INSTAGRAM no_sender instagram/edit-without-sender": 1,
	} {
		part := strings.Fields(sample)
		p := open(t)
		p.deliver(p.channel(crm.ChannelType(part[0])), p.sample(part[2]), http.StatusOK)
		got := p.metric("kith_webhook_left_out_total", "reason="+part[1], "type="+part[0])
		if got != want {
			t.Errorf("%s: %v", sample, got)
		}
		if part[2] == "whatsapp/group" {
			continue // one of them is private
		}
		if n := len(p.contacts()); n > 0 {
			t.Errorf("%s: %d contacts", sample, n)
		}
	}
}

func TestWhoCannotBeNamedIsKeptOnceADay(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.TikTok)
	sent := 0
	for range 3 {
		for range 5 {
			sent++
			unique := fmt.Sprintf("17638902%02d", sent)
			p.deliver(c, strings.ReplaceAll(p.sample("tiktok/europe"), "1763890200", unique), http.StatusOK)
			p.deliver(c, strings.ReplaceAll(p.sample("tiktok/without-any-id"), "1763890200", unique), http.StatusOK)
		}
		p.passed.Add(int64(24 * time.Hour))
	}
	reasons := map[string]int{}
	for _, f := range p.failures() {
		reasons[f.Reason]++
	}
	if len(reasons) != 2 {
		t.Errorf("%v", reasons)
	}
	for reason, n := range reasons {
		if n != 3 || !strings.Contains(reason, "does not say who") {
			t.Errorf("%d times %s", n, reason)
		}
	}
	counted := p.metric("kith_webhook_left_out_total", "reason=region", "type=TIKTOK")
	if counted != float64(sent) {
		t.Errorf("%v of %d are counted", counted, sent)
	}
	other := p.channel(crm.TikTok)
	p.deliver(other, p.sample("tiktok/europe"), http.StatusOK)
	if n := len(p.failures()); n != 7 {
		t.Errorf("%d failures, with one of another channel", n)
	}
}

func TestOneThatCouldNotBeKeptDoesNotSpeakForTheOthers(t *testing.T) {
	t.Parallel()
	broken := &brokenFailures{}
	p := openWith(t, func(o *channels.Options) {
		broken.next, o.Failures = o.Failures, broken
	})
	c := p.channel(crm.TikTok)
	broken.fail = true
	p.deliver(c, p.sample("tiktok/europe"), http.StatusServiceUnavailable)
	broken.fail = false
	p.deliver(c, p.sample("tiktok/europe"), http.StatusOK)
	if n := len(p.failures()); n != 1 {
		t.Errorf("%d failures", n)
	}
}

// brokenFailures keeps nothing as long as it is to fail.
type brokenFailures struct {
	fail bool
	next interface {
		AddFailure(ctx context.Context, w crm.WorkspaceID, f crm.Failure) error
	}
}

func (b *brokenFailures) AddFailure(ctx context.Context, w crm.WorkspaceID, f crm.Failure) error {
	if b.fail {
		return context.DeadlineExceeded
	}
	return b.next.AddFailure(ctx, w, f)
}

func TestAValueOfTheWrongTypeCostsThatValue(t *testing.T) {
	t.Parallel()
	for sample, want := range map[string]int{
		"whatsapp/wrong-types": 14, "facebook/wrong-types": 9, "telegram/wrong-types": 1, "tiktok/wrong-types": 1,
	} {
		r := &recorder{}
		p := openWith(t, func(o *channels.Options) { o.Ingest = r })
		folder, _, _ := strings.Cut(sample, "/")
		p.deliver(p.channel(crm.ChannelType(strings.ToUpper(folder))), p.sample(sample), http.StatusOK)
		if got := len(r.lines()); got != want {
			t.Errorf("%s: %d of %d\n%s", sample, got, want, strings.Join(r.lines(), "\n"))
		}
	}
}
