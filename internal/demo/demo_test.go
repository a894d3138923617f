package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"

	"kith/internal/crm"
	"kith/storage"
)

func options(contacts int) Options {
	return Options{Contacts: contacts, Seed: 7, Now: time.Date(2026, 3, 2, 10, 0, 0, 123456789, time.UTC)}
}

func TestTheSameOptionsMakeTheSameContacts(t *testing.T) {
	t.Parallel()
	digest := func(o Options) string {
		h := sha256.New()
		for c := range Contacts(o, Channels(o)) {
			write(t, h, c)
		}
		return hex.EncodeToString(h.Sum(nil))
	}
	o := options(1000)
	first := digest(o)
	if again := digest(o); again != first {
		t.Errorf("two runs differ: %s, %s", first, again)
	}
	o.Seed++
	if other := digest(o); other == first {
		t.Error("another seed makes the same contacts")
	}
}

func write(t *testing.T, w io.Writer, v any) {
	t.Helper()
	if err := json.NewEncoder(w).Encode(v); err != nil {
		t.Fatal(err)
	}
}

func TestRangingTwiceMakesTheSameContacts(t *testing.T) {
	t.Parallel()
	o := options(200)
	contacts := Contacts(o, Channels(o))
	if diff := cmp.Diff(slices.Collect(contacts), slices.Collect(contacts)); diff != "" {
		t.Error(diff)
	}
}

func TestEveryCountrysPhonesAreValidAndManyEnough(t *testing.T) {
	t.Parallel()
	for code, c := range countries {
		if n := c.numbers(); n < MaxContacts {
			t.Errorf("%s: only %d numbers", code, n)
		}
		for prefix := range uint64(len(c.prefixes)) {
			for i := range uint64(8) {
				// Numbers that are spread over the prefix's whole range.
				phone := c.phone(prefix*1_000_003 + i*7_919)
				n, err := phonenumbers.Parse(phone, "")
				if err != nil || !phonenumbers.IsValidNumber(n) {
					t.Fatalf("%s: %s is not valid (%v)", code, phone, err)
				}
				if got := phonenumbers.Format(n, phonenumbers.E164); got != phone {
					t.Fatalf("%s: %s is written %s", code, phone, got)
				}
				kind := phonenumbers.GetNumberType(n)
				if kind != phonenumbers.MOBILE && kind != phonenumbers.FIXED_LINE_OR_MOBILE {
					t.Fatalf("%s: %s is no mobile number", code, phone)
				}
			}
		}
	}
}

func TestEveryPrefixTakesEveryNumber(t *testing.T) {
	t.Parallel()
	for code, c := range countries {
		for _, prefix := range c.prefixes {
			for _, digit := range "0123456789" {
				rest := make([]byte, c.rest)
				for i := range rest {
					rest[i] = byte('0' + (i*3)%10)
				}
				rest[0] = byte(digit)
				phone := "+" + c.calling + prefix + string(rest)
				n, err := phonenumbers.Parse(phone, "")
				if err != nil || !phonenumbers.IsValidNumber(n) {
					t.Errorf("%s: %s is not valid (%v)", code, phone, err)
				}
			}
		}
	}
}

func TestEveryListIsFitToUse(t *testing.T) {
	t.Parallel()
	for _, loc := range loaded().locales {
		if len(loc.women) < 15 || len(loc.men) < 15 || len(loc.surnames) < 15 || len(loc.domains) == 0 {
			t.Errorf("%s: a list is short", loc.language)
		}
		if len(loc.replies) == 0 || len(loc.media) == 0 || len(loc.lines[crm.General]) == 0 {
			t.Errorf("%s: messages are missing", loc.language)
		}
		all := slices.Concat(loc.women, loc.men)
		for _, s := range loc.surnames {
			all = append(all, s.men, s.women)
		}
		for _, n := range all {
			if n.ascii == "" || len(n.ascii) > 25 || n.ascii[0] == '-' {
				t.Errorf("%s: %q becomes %q in an address", loc.language, n.text, n.ascii)
			}
			for _, r := range n.latin {
				if r >= utf8.RuneSelf {
					t.Errorf("%s: %q becomes %q in Latin letters", loc.language, n.text, n.latin)
				}
			}
		}
	}
}

func TestContactsKeepTheRulesOfTheDomain(t *testing.T) {
	t.Parallel()
	o := options(10_000)
	now := o.Now.Truncate(time.Microsecond)
	channels := make(map[crm.ChannelID]crm.Channel)
	for _, c := range Channels(o) {
		channels[c.ID] = c
	}
	for l := range Contacts(o, Channels(o)) {
		c := l.Contact
		valid(t, c)
		if c.UpdatedAt.Before(c.CreatedAt) || c.UpdatedAt.After(now) || (c.Version == 1) != c.UpdatedAt.Equal(c.CreatedAt) {
			t.Fatalf("%s: version %d, created %s, updated %s", c.ID, c.Version, c.CreatedAt, c.UpdatedAt)
		}
		for _, from := range []crm.Provenance{c.NameFrom, c.EmailFrom, c.PhoneFrom} {
			if _, known := channels[from.Channel]; known != (from.Origin == crm.Claimed || from.Origin == crm.Verified) {
				t.Fatalf("%s: provenance %+v", c.ID, from)
			}
		}
		identities := make(map[crm.ChannelID]crm.Identity)
		for _, id := range l.Identities {
			if channel, ok := channels[id.ChannelID]; !ok || channel.CreatedAt.After(id.CreatedAt) || id.ContactID != c.ID {
				t.Fatalf("%s: identity %+v", c.ID, id)
			}
			identities[id.ChannelID] = id
		}
		if len(identities) != len(l.Identities) || len(identities) == 0 {
			t.Fatalf("%s: identities %+v", c.ID, l.Identities)
		}
		conversations(t, l, identities, now)
	}
}

func valid(t *testing.T, c crm.Contact) {
	t.Helper()
	if c.Name != nil {
		if name, err := crm.NormalizeName(*c.Name); err != nil || name == nil || *name != *c.Name {
			t.Fatalf("name %q: %v", *c.Name, err)
		}
	}
	if c.Email != nil {
		if email, err := crm.NormalizeEmail(*c.Email); err != nil || email != *c.Email {
			t.Fatalf("email %q: %q, %v", *c.Email, email, err)
		}
	}
	if notes, err := crm.NormalizeNotes(c.Notes); err != nil || notes != c.Notes {
		t.Fatalf("notes %q: %v", c.Notes, err)
	}
	for _, f := range []struct {
		value *string
		from  crm.Provenance
	}{{c.Name, c.NameFrom}, {c.Email, c.EmailFrom}, {c.Phone, c.PhoneFrom}} {
		if (f.value == nil) != (f.from.Origin == crm.Nobody) {
			t.Fatalf("%s: provenance %+v of a value that is %v", c.ID, f.from, f.value)
		}
	}
}

// conversations checks that sessions follow one another, on channels where the contact is known, up to now.
func conversations(t *testing.T, l storage.Loaded, identities map[crm.ChannelID]crm.Identity, now time.Time) {
	t.Helper()
	c, n := l.Contact, len(l.Sessions)
	if n == 0 || !l.Sessions[0].StartedAt.Equal(c.CreatedAt) {
		t.Fatalf("%s: sessions %+v", c.ID, l.Sessions)
	}
	before := c.CreatedAt
	first := make(map[crm.ChannelID]time.Time)
	newest := make(map[crm.ChannelID]crm.Session)
	for _, s := range l.Sessions {
		if *s.ContactID != c.ID || s.StartedAt.Before(before) || s.LastMessageAt.Before(s.StartedAt) || s.LastMessageAt.After(now) {
			t.Fatalf("%s: session %+v", c.ID, s)
		}
		if old, ok := newest[s.ChannelID]; ok && old.Status.Open() {
			t.Fatalf("%s: a session was open when the next one started", c.ID)
		}
		if s.UnreadCount < 0 || s.UnreadCount > 5 || s.UnreadCount > 0 && !s.Status.Open() {
			t.Fatalf("%s: %d unread, %s", c.ID, s.UnreadCount, s.Status)
		}
		if s.LastMessagePreview != nil && *crm.Preview(*s.LastMessagePreview) != *s.LastMessagePreview {
			t.Fatalf("preview %q", *s.LastMessagePreview)
		}
		if _, ok := first[s.ChannelID]; !ok {
			first[s.ChannelID] = s.StartedAt
		}
		newest[s.ChannelID] = s
		before = s.LastMessageAt
	}
	for channel, id := range identities {
		if !first[channel].Equal(id.CreatedAt) {
			t.Fatalf("%s: identity of %s, first session of %s", c.ID, id.CreatedAt, first[channel])
		}
	}
	if len(first) != len(identities) {
		t.Fatalf("%s: sessions on %d channels, identities on %d", c.ID, len(first), len(identities))
	}
	switch last := l.Sessions[n-1]; {
	case c.LastActivityAt == nil:
		if n > 1 || last.UnreadCount > 0 {
			t.Fatalf("%s: never active, but sessions %+v", c.ID, l.Sessions)
		}
	case c.LastActivityAt.Before(last.StartedAt) || c.LastActivityAt.After(last.LastMessageAt):
		t.Fatalf("%s: active %s, session from %s to %s", c.ID, c.LastActivityAt, last.StartedAt, last.LastMessageAt)
	}
}

func TestNothingIsGivenOutTwice(t *testing.T) {
	t.Parallel()
	o := options(100_000)
	given := make(map[string]bool)
	once := func(kind, value string) {
		if given[kind+value] {
			t.Fatalf("%s twice: %s", kind, value)
		}
		given[kind+value] = true
	}
	for l := range Contacts(o, Channels(o)) {
		once("contact", l.Contact.ID.String())
		if l.Contact.Email != nil {
			once("email", *l.Contact.Email)
		}
		if l.Contact.Phone != nil {
			once("phone", *l.Contact.Phone)
		}
		for _, id := range l.Identities {
			once(id.ChannelID.String(), id.ExternalID)
		}
		for _, s := range l.Sessions {
			once("session", s.ID.String())
		}
	}
}

func TestSharesAreBelievable(t *testing.T) {
	t.Parallel()
	o := options(20_000)
	count := make(map[string]int)
	add := func(what string, yes bool) {
		if yes {
			count[what]++
		}
	}
	names := make(map[string]bool)
	for l := range Contacts(o, Channels(o)) {
		c := l.Contact
		add("nameless", c.Name == nil)
		add("email", c.Email != nil)
		add("phone", c.Phone != nil)
		add("notes", c.Notes != "")
		add("Unknown", c.DisplayName() == "Unknown")
		add("never active", c.LastActivityAt == nil)
		add("one to four sessions", len(l.Sessions) <= 4)
		add("regular", len(l.Sessions) > 12)
		if c.Name != nil {
			names[*c.Name] = true
			add("Latin", latinName(*c.Name))
		}
		for _, s := range l.Sessions {
			add("sessions", true)
			add("recent", o.Now.Sub(s.LastMessageAt) < 3*24*time.Hour)
			add("recent and open", o.Now.Sub(s.LastMessageAt) < 3*24*time.Hour && s.Status.Open())
		}
	}
	for what, want := range map[string][2]int{ // percent
		"nameless": {4, 10}, "email": {62, 78}, "phone": {52, 68}, "notes": {13, 17}, "Unknown": {0, 3},
		"never active": {0, 3}, "one to four sessions": {90, 99}, "regular": {0, 1}, "Latin": {65, 85}, "sessions": {160, 320},
	} {
		if share := 100 * count[what] / o.Contacts; share < want[0] || share > want[1] {
			t.Errorf("%s: %d %%, want %d to %d", what, share, want[0], want[1])
		}
	}
	if 2*count["recent and open"] < count["recent"] {
		t.Errorf("of %d recent sessions only %d are open", count["recent"], count["recent and open"])
	}
	if len(names) < o.Contacts/2 {
		t.Errorf("only %d names", len(names))
	}
	t.Log(count, len(names))
}

func latinName(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r < 0x250
}

func TestIDsAreLaidOutLikeTheOthers(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
	got, want := newID(at.UnixMicro(), ^uint64(0)), crm.NewSessionID(at)
	if diff := cmp.Diff(want[:8], got[:8]); diff != "" {
		t.Error(diff)
	}
	if got.Version() != 7 || got[8]>>6 != 2 {
		t.Errorf("%s is no UUID of version 7", got)
	}
}

func TestOnlyChannelsThatAreThereAreUsed(t *testing.T) {
	t.Parallel()
	o := options(500)
	telegram := slices.DeleteFunc(Channels(o), func(c crm.Channel) bool { return c.Type != crm.Telegram })
	for _, channels := range [][]crm.Channel{telegram, nil} {
		made := 0
		for l := range Contacts(o, channels) {
			made++
			for _, s := range l.Sessions {
				if s.ChannelID != telegram[0].ID {
					t.Fatalf("session on %s", s.ChannelID)
				}
			}
		}
		if made != o.Contacts {
			t.Errorf("%d contacts with %d channels", made, len(channels))
		}
	}
}

func TestProgressEndsWithTheTotal(t *testing.T) {
	t.Parallel()
	o := options(2500)
	var heard []int
	o.Progress = func(done, total int) { heard = append(heard, done, total) }
	for range reported(Contacts(o, Channels(o)), o) {
	}
	if diff := cmp.Diff([]int{1000, 2500, 2000, 2500, 2500, 2500}, heard); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkContacts(b *testing.B) {
	o := options(b.N)
	channels := Channels(o)
	b.ReportAllocs()
	b.ResetTimer()
	for range Contacts(o, channels) {
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "contacts/s")
}
