package channels

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
	"kith/internal/ingest"
)

var update = flag.Bool("update", false, "write what the payloads in testdata are read as")

func TestEveryChannelTypeHasAProvider(t *testing.T) {
	t.Parallel()
	for _, kind := range crm.ChannelTypes {
		p, ok := providers[kind]
		switch {
		case !ok:
			t.Errorf("%s has no row in providers", kind)
		case p.prove == nil || p.items == nil:
			t.Errorf("the row of %s lacks how its deliveries are proved or read", kind)
		case p.browser != kind.Provider().Website:
			t.Errorf("%s: web pages send its deliveries if and only if it is a website", kind)
		case (p.signature == "") != p.browser:
			t.Errorf("the row of %s lacks the header of its signatures", kind)
		case (p.challenge != nil) != kind.Provider().MakesVerifyToken:
			t.Errorf("%s: a verify token is for the provider's question, and the question for the token", kind)
		}
	}
	if len(providers) != len(crm.ChannelTypes) {
		t.Errorf("%d rows for %d channel types", len(providers), len(crm.ChannelTypes))
	}
}

// samples are the payloads of a type, by the names of their files. They lie in a folder that has the type's name.
func samples(t testing.TB, kind crm.ChannelType) map[string][]byte {
	t.Helper()
	folder := strings.ToLower(strings.TrimPrefix(string(kind), "HTML_"))
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no payloads of %s in testdata/%s: %v", kind, folder, err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		body, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(f, ".json")] = body
	}
	return all
}

func TestPayloadsAreReadAsTheirProvidersMeanThem(t *testing.T) {
	t.Parallel()
	for kind, p := range providers {
		for name, body := range samples(t, kind) {
			got := describe(p.items(body))
			if *update {
				if err := os.WriteFile(name+".want", []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(name + ".want")
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("%s: (-want +got)\n%s", name, d)
			}
		}
	}
}

// describe is a line for each item.
func describe(items []item, err error) string {
	if err != nil {
		return "unreadable: " + err.Error() + "\n"
	}
	var b strings.Builder
	for _, i := range items {
		switch {
		case i.err != nil:
			fmt.Fprintf(&b, "error: %v, of %q", i.err, i.customer)
			if i.reason != "" {
				fmt.Fprintf(&b, ", once a day for %s", i.reason)
			}
			b.WriteByte('\n')
		case i.report == nil && i.reason != "":
			fmt.Fprintf(&b, "left out: %s\n", i.reason)
		case i.report == nil:
			b.WriteString("ignored\n")
		default:
			b.WriteString(describeReport(*i.report))
		}
	}
	return b.String()
}

func describeReport(r ingest.Report) string {
	shown := func(s *string, verified bool) string {
		switch {
		case s == nil:
			return "-"
		case verified:
			return fmt.Sprintf("%q verified", *s)
		}
		return fmt.Sprintf("%q", *s)
	}
	at := "now"
	if r.At != nil {
		at = r.At.UTC().Format(time.RFC3339Nano)
	}
	customer := fmt.Sprintf("%q", r.ExternalID)
	if r.Signed {
		customer += " signed"
	}
	if r.Alias != "" {
		customer += fmt.Sprintf(", too %q", r.Alias)
	}
	if r.Previous != "" {
		customer += fmt.Sprintf(", before %q", r.Previous)
	}
	if r.Account != "" {
		customer += fmt.Sprintf(", to %q", r.Account)
	}
	kind := string(r.Direction)
	if r.Kind != crm.Written {
		kind = strings.TrimPrefix(kind+" ", " ") + string(r.Kind)
	}
	return fmt.Sprintf("%s %q at %s, customer %s, name %s, email %s, phone %s, text %s\n", kind, r.MessageID, at,
		customer, shown(r.Profile.Name, false), shown(r.Profile.Email, r.Profile.EmailVerified),
		shown(r.Profile.Phone, r.Profile.PhoneVerified), shown(r.Text, false))
}

// checkPayloads makes sure that the payload of each item is read as that item alone, and never looks another way.
func checkPayloads(t *testing.T, p provider, items []item) {
	t.Helper()
	for n, i := range items {
		if i.report == nil && i.err == nil {
			continue
		}
		payload := i.payload()
		if !bytes.Equal(payload, i.payload()) {
			t.Errorf("item %d has another payload each time", n)
		}
		again, err := p.items(payload)
		if err != nil {
			again = []item{{err: err}}
		}
		if len(again) != 1 {
			t.Errorf("the payload of item %d has %d items: %s", n, len(again), payload)
			continue
		}
		if got, want := describe(again, nil), describe([]item{i}, nil); got != want {
			t.Errorf("item %d is %s, its payload %s", n, want, got)
		}
		if !bytes.Equal(again[0].payload(), payload) {
			t.Errorf("the payload of item %d changes when it is read again: %s and %s", n, payload, again[0].payload())
		}
	}
}

func TestThePayloadOfAnItemIsReadAsThatItemAlone(t *testing.T) {
	t.Parallel()
	for kind, p := range providers {
		if p.browser {
			continue
		}
		for name, body := range samples(t, kind) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				items, err := p.items(body)
				if err == nil {
					checkPayloads(t, p, items)
				}
			})
		}
	}
}

func TestAKeptPayloadTellsOfNobodyElse(t *testing.T) {
	t.Parallel()
	items, err := whatsAppItems(samples(t, crm.WhatsApp)["testdata/whatsapp/batch"])
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		if i.report != nil && i.customer == "551187654321" && bytes.Contains(i.payload(), []byte("Sheena")) {
			t.Errorf("%s", i.payload())
		}
	}
}

// fuzz looks for a body that a provider's reader cannot stand.
func fuzz(f *testing.F, kind crm.ChannelType) {
	p := providers[kind]
	for _, body := range samples(f, kind) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		items, err := p.items(body)
		if err != nil {
			if _, ok := errors.AsType[*crm.InvalidError](err); !ok {
				t.Fatalf("not a sender's mistake: %v", err)
			}
			return
		}
		for _, i := range items {
			if i.err == nil {
				continue
			}
			if _, ok := errors.AsType[*crm.InvalidError](i.err); !ok {
				t.Fatalf("not a sender's mistake: %v", i.err)
			}
		}
		if !p.browser {
			checkPayloads(t, p, items)
		}
	})
}

func FuzzTelegram(f *testing.F)  { fuzz(f, crm.Telegram) }
func FuzzWhatsApp(f *testing.F)  { fuzz(f, crm.WhatsApp) }
func FuzzFacebook(f *testing.F)  { fuzz(f, crm.Facebook) }
func FuzzInstagram(f *testing.F) { fuzz(f, crm.Instagram) }
func FuzzTikTok(f *testing.F)    { fuzz(f, crm.TikTok) }
func FuzzHTMLEmbed(f *testing.F) { fuzz(f, crm.HTMLEmbed) }
