package crm_test

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/nyaruka/phonenumbers"

	"kith/internal/crm"
)

func TestMaskEmail(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"max.mustermann@example.com":       "m•••@example.com",
		"m@example.com":                    "m•••@example.com", // as long as any other
		"mm@example.com":                   "m•••@example.com",
		"Max@example.com":                  "M•••@example.com",
		"ann+shop@example.com":             "a•••@example.com",
		"+ann@example.com":                 "+•••@example.com",
		"o'brien@example.co.uk":            "o•••@example.co.uk",
		"élodie@example.fr":                "é•••@example.fr",
		"张伟@例子.中国":                         "张•••@例子.中国",
		"info@müller.de":                   "i•••@müller.de",
		"a@b@example.com":                  "a•••@example.com",
		"..ann..@docomo.ne.jp":             ".•••@docomo.ne.jp",
		"m•••@example.com":                 "m•••@example.com",
		"ann＠example.com":                  "a•••＠example.com",
		"@example.com":                     "•••@example.com",
		"\u200bann@example.com":            "•••@example.com", // nothing to see
		"ann at example":                   "•••",
		"":                                 "•••",
		strings.Repeat("x", 64) + "@a.org": "x•••@a.org",
	} {
		if got := crm.MaskEmail(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestMaskPhone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"+4930123456":         "+49 ••• ••56",
		"+493012":             "+49 ••• •••", // too short to leave any
		"+49301234":           "+49 ••• ••34",
		"+14155550134":        "+1 ••• ••34",
		"+353861234567":       "+353 ••• ••67",
		"+29051234":           "+290 ••• •••",
		"+999123456789":       "••• ••89", // nobody has the code
		"+881612345678901":    "+881 ••• ••01",
		"030 123456":          "••• ••56",
		"0049 30 123456":      "+49 ••• ••56",
		"+49 (0)30 123-456":   "+49 ••• ••56",
		"+4930123456 ext. 89": "+49 ••• ••56",
		"+4930123456;ext=89":  "+49 ••• ••56",
		"٠٣٠١٢٣٤٥٦":           "••• ••56",
		"＋４９３０１２３４５６":         "+49 ••• ••56",
		"110":                 "••• •••",
		"":                    "••• •••",
		"+49 ••• ••56":        "+49 ••• ••56",
		"call me":             "••• •••",
	} {
		if got := crm.MaskPhone(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestAMaskOfAPhoneLeavesItsCountryCodeAndTwoDigits tries an example of every kind of number of every country.
func TestAMaskOfAPhoneLeavesItsCountryCodeAndTwoDigits(t *testing.T) {
	t.Parallel()
	tried := 0
	for region := range phonenumbers.GetSupportedRegions() {
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.FIXED_LINE} {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			if n == nil {
				continue
			}
			tried++
			e164 := phonenumbers.Format(n, phonenumbers.E164)
			shown := crm.MaskPhone(e164)
			code := strings.TrimPrefix(strings.SplitN(shown, " ", 2)[0], "+")
			left := digitsOf(shown)
			if want := strconv.Itoa(int(n.GetCountryCode())); code != want {
				t.Errorf("%s: %q has another country code than %s", e164, shown, want)
			}
			if rest := strings.TrimPrefix(left, code); len(rest) > 2 || !strings.HasSuffix(e164, rest) {
				t.Errorf("%s: %q leaves %q", e164, shown, rest)
			}
			c := crm.Masker{}.Contact(crm.Contact{Phone: &e164})
			if *c.PhoneInternational() != shown || c.DisplayName() != shown {
				t.Errorf("%s is written %q and called %q", e164, *c.PhoneInternational(), c.DisplayName())
			}
		}
	}
	if tried < 400 {
		t.Errorf("only %d examples", tried)
	}
}

func TestWhatIsMaskedInNamesAndMessages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, region, want string }{
		"a name":                                   {"Ann Smith", "DE", "Ann Smith"},
		"a name that is an email":                  {"ann@example.com", "", "a•••@example.com"},
		"a name that is a phone":                   {"+49 30 123456", "", "+49 ••• ••56"},
		"a name that is a phone as WhatsApp's are": {"4930123456", "", "••• ••56"},
		"a phone as at home, without a region":     {"030/123456", "", "••• ••56"},
		"a phone as at home":                       {"030/123456", "DE", "+49 ••• ••56"},
		"a link to call":                           {"tel:+49-30-123456", "", "+49 ••• ••56"},
		"a link of WhatsApp":                       {"https://wa.me/4930123456", "", "+49 ••• ••56"},
		"an email within":                          {"Ann (ann@example.com), Berlin", "", "Ann (a•••@example.com), Berlin"},
		"an address of mail":                       {"Ann <mailto:ann@example.com>", "", "Ann <mailto:a•••@example.com>"},
		"two emails":                               {"ann@a.de bob@b.de", "", "a•••@a.de b•••@b.de"},
		"an email that is cut off":                 {"write to ann.smith@exa", "", "write to a•••@exa"},
		"full-width letters":                       {"ａｎｎ＠ｅｘａｍｐｌｅ.com", "", "ａ•••＠ｅｘａｍｐｌｅ.com"},
		"a phone within":                           {"Call +49 30 123456 or 0049 (0)30 123457!", "", "Call +49 ••• ••56 or +49 ••• ••57!"},
		"a phone of the region within":             {"Call 030 123456 now", "DE", "Call +49 ••• ••56 now"},
		"a phone of the United States":             {"call (415) 555-0134", "US", "call +1 ••• ••34"},
		"a time is not a phone":                    {"On 30.11.2026 10:15", "DE", "On 30.11.2026 10:15"},
		"an order is not a phone":                  {"Order 4711-000815 is late", "DE", "Order 4711-000815 is late"},
		"a price is not a phone":                   {"1.299,00 € for 2", "DE", "1.299,00 € for 2"},
		"a handle is not an email":                 {"@ann_smith", "", "@ann_smith"},
		"a masked one":                             {"Ann +49 ••• ••56 m•••@example.com", "DE", "Ann +49 ••• ••56 m•••@example.com"},
		"Arabic digits":                            {"اتصل +٤٩ ٣٠ ١٢٣٤٥٦", "", "اتصل +49 ••• ••56"},
		"no-break spaces":                          {"Call +49\u00a030\u00a0123456 or 030\u202f123457!", "DE", "Call +49 ••• ••56 or +49 ••• ••57!"},
		"wide and thin spaces":                     {"Call +49\u300030\u2009123456 now", "", "Call +49 ••• ••56 now"},
		"characters without width":                 {"Call \u202a+49\u200b30\u00ad12\u200e3456\u202c now", "", "Call \u202a+49 ••• ••56\u202c now"},
		"a space behind the plus":                  {"Call + 49 30 123456 now", "", "Call +49 ••• ••56 now"},
		"square brackets":                          {"Call [+49] [30] 123456 now", "", "Call +49 ••• ••56 now"},
		"a link of WhatsApp within":                {"Write to https://wa.me/4930123456?text=hi", "", "Write to https://wa.me/+49 ••• ••56?text=hi"},
		"another link of WhatsApp": {
			"See https://api.whatsapp.com/send?text=hi&phone=%2B4930123456", "", "See https://api.whatsapp.com/send?text=hi&phone=+49 ••• ••56",
		},
		"an email with quotes":             {`"Ann Smith"@example.com writes`, "", `"•••@example.com writes`},
		"an email behind a no-break space": {"Ann\u00a0ann@example.com", "", "Ann\u00a0a•••@example.com"},
		"two numbers in a row":             {"Ann +4930123456+4930123457", "", "Ann +49 ••• ••57"},
	} {
		m := crm.Masker{Region: c.region}
		got := m.Text(c.in)
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if again := m.Text(got); again != got {
			t.Errorf("%s: masked again it is %q", name, again)
		}
	}
}

func TestAMaskedContact(t *testing.T) {
	t.Parallel()
	c := crm.Contact{
		Name: new("Ann 030 123456"), Email: new("ann@example.com"), Phone: new("+4930123456"), Notes: "Call +4930123456",
		Further: []crm.FurtherValue{{Field: "email", Value: "ann.smith@example.org"}, {Field: "phone", Value: "+14155550134"}},
	}
	before := c.Clone()
	got := crm.Masker{}.Contact(c)
	want := crm.Contact{
		Name: new("Ann ••• ••56"), Email: new("a•••@example.com"), Phone: new("+49 ••• ••56"), Notes: "Call +4930123456",
		Further: []crm.FurtherValue{{Field: "email", Value: "a•••@example.org"}, {Field: "phone", Value: "+1 ••• ••34"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, c); diff != "" {
		t.Error("the contact itself changed:", diff)
	}
	if !(crm.Masker{}).Hidden(c) || (crm.Masker{}).Hidden(crm.Contact{Name: new("Ann 7")}) || (crm.Masker{}).Hidden(crm.Contact{}) {
		t.Error("which names are hidden")
	}
}

func TestMaskedIdentities(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		on       crm.ChannelType
		in, want string
	}{
		{crm.WhatsApp, "4930123456", "+49 ••• ••56"},
		{crm.WhatsApp, "+4930123456", "+49 ••• ••56"},
		{crm.WhatsApp, "4930123456@c.us", "4•••@c.us"},
		{crm.WhatsApp, "DE.13491208655302741918", "DE.13491208655302741918"}, // the id of a user without a number
		{crm.HTMLEmbed, "ann@example.com", "a•••@example.com"},
		{crm.HTMLEmbed, "user:ann@example.com", "user:a•••@example.com"},
		{crm.HTMLEmbed, "030 123456", "••• ••56"},
		{crm.HTMLEmbed, "0f1e2d3c4b5a6978", "0f1e2d3c4b5a6978"},
		{crm.Telegram, "1234567890", "1234567890"}, // an account
		{crm.Telegram, "+4930123456", "+49 ••• ••56"},
		{crm.Facebook, "ann@example.com", "a•••@example.com"},
	} {
		i := crm.Masker{}.Identity(crm.Identity{ExternalID: c.in, DisplayName: new("+49 30 123456")}, c.on)
		if i.ExternalID != c.want || *i.DisplayName != "+49 ••• ••56" {
			t.Errorf("%s on %s: %q, %q", c.in, c.on, i.ExternalID, *i.DisplayName)
		}
	}
}

func TestAnEditLeavesWhatIsMaskedAlone(t *testing.T) {
	t.Parallel()
	stored := crm.Contact{Name: new("+49 30 123456"), Email: new("ann@example.com"), Phone: new("+4930123456"), Version: 1}
	m := crm.Masker{}
	shown := m.Contact(stored)
	for name, c := range map[string]struct {
		patch  crm.ContactPatch
		want   crm.Contact
		refuse string
	}{
		"all as shown":    {crm.ContactPatch{Name: crm.To(shown.Name), Email: crm.To(shown.Email), Phone: crm.To(shown.Phone)}, stored, ""},
		"with spaces":     {crm.ContactPatch{Email: crm.To(new(" a•••@example.com\n"))}, stored, ""},
		"a new email":     {crm.ContactPatch{Email: crm.To(new("bob@example.com"))}, crm.Contact{Name: stored.Name, Email: new("bob@example.com"), Phone: stored.Phone}, ""},
		"nothing":         {crm.ContactPatch{Phone: crm.To[*string](nil)}, crm.Contact{Name: stored.Name, Email: stored.Email}, ""},
		"another's email": {crm.ContactPatch{Email: crm.To(new("b•••@example.com"))}, stored, "email: Email is masked: enter all of it"},
		"another's phone": {crm.ContactPatch{Phone: crm.To(new("+49 ••• ••57"))}, stored, "phone: Phone number is masked: enter all of it"},
		"another's name":  {crm.ContactPatch{Name: crm.To(new("+49 ••• ••57"))}, stored, "name: Name is masked: enter all of it"},
	} {
		edited := stored.Clone()
		patch, err := m.Unmasked(c.patch, stored)
		if err == nil {
			err = patch.Apply(&edited, "DE")
		}
		if c.refuse == "" && err != nil || c.refuse != "" && (err == nil || err.Error() != c.refuse) {
			t.Errorf("%s: %v", name, err)
		}
		for _, f := range []struct{ got, want *string }{{edited.Name, c.want.Name}, {edited.Email, c.want.Email}, {edited.Phone, c.want.Phone}} {
			if cmp.Diff(f.got, f.want) != "" {
				t.Errorf("%s: %s", name, cmp.Diff(f.want, f.got))
			}
		}
	}
}

// TestAMaskIsNoEmail is about systems that write back what they were sent.
func TestAMaskIsNoEmail(t *testing.T) {
	t.Parallel()
	for _, unusual := range []bool{false, true} {
		c := crm.Contact{}
		err := crm.ContactPatch{Email: crm.To(new("m•••@example.com")), AllowUnusual: unusual}.Apply(&c, "")
		if err == nil || err.Error() != "email: Email is masked: enter all of it" || c.Email != nil {
			t.Errorf("unusual %v: %v", unusual, err)
		}
		err = crm.ContactPatch{Phone: crm.To(new("+49 ••• ••56")), AllowUnusual: unusual}.Apply(&c, "DE")
		if err == nil || c.Phone != nil {
			t.Errorf("unusual %v: %v", unusual, err)
		}
	}
}

func TestMaskedViews(t *testing.T) {
	t.Parallel()
	m := crm.Masker{}
	view := crm.SavedView{Name: "All of +49 30 123456", Address: "/staff/contacts?q=ann%40example.com&order=CREATED"}
	shown := m.View(view)
	if shown.Name != "All of +49 ••• ••56" || shown.Address != "/staff/contacts?order=CREATED&q=a%E2%80%A2%E2%80%A2%E2%80%A2%40example.com" {
		t.Errorf("%+v", shown)
	}
	if plain := (crm.SavedView{Name: "Berlin", Address: "/staff/contacts?z=1&q=berlin"}); m.View(plain) != plain {
		t.Errorf("%+v", m.View(plain))
	}
	patch := m.UnmaskedView(crm.ViewPatch{
		Name: crm.To(shown.Name), Address: crm.To(strings.Replace(shown.Address, "CREATED", "NAME", 1)),
	}, view)
	if err := patch.Apply(&view); err != nil || view.Name != "All of +49 30 123456" || view.Address != "/staff/contacts?order=NAME&q=ann%40example.com" {
		t.Errorf("%+v, %v", view, err)
	}
}

// FuzzMask puts an email and a phone inside other text.
func FuzzMask(f *testing.F) {
	for _, s := range []string{"ann@example.com", "+4930123456", "Ann +49 30 123456, ann@example.com", "٠٣٠", "@@", "+", "\xff@a", "00"} {
		f.Add(s, "", "DE")
		f.Add("", s, "")
		f.Add(s, s, "US")
	}
	f.Fuzz(func(t *testing.T, before, after, region string) {
		m := crm.Masker{Region: region}
		for _, secret := range []string{"ann.smith@example.com", "+4930901820", "+49 30 90-18-20"} {
			text := before + " " + secret + " " + after
			got := m.Text(text)
			if strings.Contains(got, "nn.smith") && !strings.Contains(before+after, "nn.smith") ||
				strings.Contains(digitsOf(got), "30901820") && !strings.Contains(digitsOf(before)+digitsOf(after), "90") {
				t.Errorf("%q shows %q", text, got)
			}
			if utf8.ValidString(text) && !utf8.ValidString(got) {
				t.Errorf("%q of %q", got, text)
			}
		}
		for name, mask := range map[string]func(string) string{"email": crm.MaskEmail, "phone": crm.MaskPhone} {
			got := mask(before)
			if again := mask(got); again != got {
				t.Errorf("%s of %q: %q, and again %q", name, before, got, again)
			}
		}
	})
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func TestMaskedEventsAndErrors(t *testing.T) {
	t.Parallel()
	m := crm.Masker{}
	e := crm.Event{Changes: []crm.FieldChange{
		{Field: "name", Old: new("Ann"), New: new("ann@example.com")},
		{Field: "email", New: new("ann@example.com")}, {Field: "phone", Old: new("+4930123456")}, {Field: "notes", New: new("+4930123456")},
	}}
	want := []crm.FieldChange{
		{Field: "name", Old: new("Ann"), New: new("a•••@example.com")},
		{Field: "email", New: new("a•••@example.com")}, {Field: "phone", Old: new("+49 ••• ••56")}, {Field: "notes", New: new("+4930123456")},
	}
	if diff := cmp.Diff(want, m.Event(e).Changes); diff != "" || *e.Changes[1].New != "ann@example.com" {
		t.Error(diff)
	}
	c := crm.Contact{ID: crm.ContactID(uuid.New()), Email: new("ann@example.com")}
	conflict, taken, into := &crm.ConflictError{Current: c}, &crm.TakenError{Field: "email", Holder: c}, &crm.MergedError{Into: c}
	for _, err := range []error{conflict, taken, into} {
		_ = m.Error(err)
	}
	for _, got := range []crm.Contact{conflict.Current, taken.Holder, into.Into} {
		if *got.Email != "a•••@example.com" {
			t.Errorf("%v shows %s", got.ID, *got.Email)
		}
	}
}
