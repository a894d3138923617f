package crm

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// masked stands for what a mask leaves out, however long that is.
const masked = "•••"

// MaskEmail is an email of which the first letter and the domain are left: m•••@example.com. That is enough to keep two
// emails of a contact apart and to recognize the company. How long the local part is does not show, because short ones would
// otherwise be guessed. A text without an @ leaves nothing.
func MaskEmail(s string) string {
	at := strings.LastIndexAny(s, "@＠")
	if at < 0 {
		return masked
	}
	first, size := utf8.DecodeRuneInString(s[:at])
	if size == 0 || !unicode.IsGraphic(first) || s[:at] == masked {
		return masked + s[at:]
	}
	return string(first) + masked + s[at:]
}

// fewestHidden is how many digits a masked phone must leave out to show its last two.
const fewestHidden = 4

// MaskPhone is a phone of which the country code and the last two digits are left: +49 ••• ••56. The country is needed to
// know when and in which language to call, and two digits are enough to recognize a number that one has at hand. A
// number without a country code leaves the last two digits, and one of fewer than six digits behind the code none of them. How long
// it is does not show. Of an extension nothing is left.
func MaskPhone(s string) string {
	if strings.Contains(s, masked) {
		return s
	}
	if without, cut := cutExtension(s); cut {
		s = without
	}
	var digits []byte
	abroad := false
	for _, r := range s {
		if d, ok := Digit(r); ok {
			digits = append(digits, d)
		} else if (r == '+' || r == '＋') && len(digits) == 0 {
			abroad = true
		}
	}
	rest := string(digits)
	if without, found := strings.CutPrefix(rest, "00"); found && !abroad {
		abroad, rest = true, without
	}
	code := ""
	if abroad {
		if country, number := splitCountry(rest); country != "" {
			code, rest = "+"+country+" ", number
		}
	}
	if len(rest) < fewestHidden+2 {
		return code + masked + " " + masked
	}
	return code + masked + " ••" + rest[len(rest)-2:]
}

// Masker masks what a viewer reads. Region is the country of phone numbers without a country code; it may be empty.
type Masker struct{ Region string }

// Contact is the contact with its emails and phones masked, and those in its name.
func (m Masker) Contact(c Contact) Contact {
	c.Name, c.Email, c.Phone = m.contactName(c), mapped(c.Email, MaskEmail), mapped(c.Phone, MaskPhone)
	further := slices.Clone(c.Further)
	for i, v := range further {
		further[i].Value = *m.value(v.Field, &v.Value)
	}
	c.Further = further
	return c
}

// contactName is the name of a contact with what is in it of emails and phones masked: its own phones also where they are
// written without a country code.
func (m Masker) contactName(c Contact) *string {
	phones := c.FurtherOf("phone")
	if c.Phone != nil {
		phones = append(phones, *c.Phone)
	}
	return mapped(c.Name, func(s string) string { return m.text(s, phones) })
}

// Hidden reports whether a name shows less of itself when it is masked.
func (m Masker) Hidden(c Contact) bool {
	return c.Name != nil && *m.contactName(c) != *c.Name
}

// Text is a name or a message with the emails and phones in it masked. A phone is a text of seven digits or more with nothing
// but what people write between those; within other text, one with its country code or one of the region. Names and messages of
// which a number is a part otherwise, as of an order, stay as they are.
func (m Masker) Text(s string) string { return m.text(s, nil) }

func (m Masker) text(s string, phones []string) string {
	if !strings.ContainsAny(s, "@＠") && !strings.ContainsFunc(s, isDigit) {
		return s
	}
	if wholePhone(s) {
		return m.phone(s)
	}
	s = emailsWithin.ReplaceAllStringFunc(s, MaskEmail)
	s = linksWithin.ReplaceAllStringFunc(s, func(link string) string {
		before := strings.TrimRightFunc(link, isDigit)
		number := link[len(before):]
		return strings.TrimSuffix(strings.TrimSuffix(before, "+"), "%2B") + MaskPhone(plus(number))
	})
	return phonesWithin.ReplaceAllStringFunc(s, func(number string) string {
		if !m.isPhone(number, phones) {
			return number
		}
		return m.phone(number)
	})
}

var (
	emailsWithin = regexp.MustCompile(`("[^"\n]+"|[^\s\p{Z}<>()\[\]{}"“”„«»,;:|]+)[@＠][^\s\p{Z}<>()\[\]{}"“”„«»,;:|]+`)
	// linksWithin are links of WhatsApp, in which a number has its country code and no plus.
	linksWithin = regexp.MustCompile(`(?i)(wa\.me/|whatsapp(\.com/|://)send/?\?(\S*&)?phone=)(\+|%2B)?\p{Nd}{5,}`)
	// phonesWithin have between digits what phoneText passes over: spaces of any width and characters without any, as programs put
	// them around numbers and into them.
	phonesWithin = regexp.MustCompile(`([+＋(（\[［][\s\v\x{85}\p{Z}\p{Cf}]*)*\p{Nd}[\p{Nd}\s\v\x{85}\p{Z}\p{Cf}\p{Pd}()（）\[\]［］.．/／·・+＋−]*\p{Nd}`)
)

// wholePhone reports whether a text is a phone and nothing else, in whatever notation.
func wholePhone(s string) bool {
	typed, ok := readPhone(s)
	return ok && !typed.letters && len(strings.TrimPrefix(typed.text, "+")) >= minE164
}

// isPhone reports whether digits within a text are a phone, or one of these.
func (m Masker) isPhone(s string, phones []string) bool {
	typed, ok := readPhone(s)
	if !ok {
		return strings.ContainsAny(s, "+＋") // two numbers, side by side
	}
	text := strings.Replace(typed.text, "(0)", "", 1)
	digits := strings.TrimLeft(text, "+0")
	if len(digits) < minE164-1 {
		return false
	}
	if typed.international() || slices.ContainsFunc(phones, func(p string) bool { return strings.HasSuffix(p, digits) }) {
		return true
	}
	e164, planned := typed.planned(m.Region)
	_, national, _ := PhoneForms(e164)
	return planned && text == national // dates, too, are the rest of numbers
}

// phone masks a number as somebody wrote it.
func (m Masker) phone(s string) string {
	if e164, err := vouchedPhone(s, m.Region); err == nil {
		s = e164
	}
	return MaskPhone(s)
}

// value is a contact's value in a field as it is shown.
func (m Masker) value(field string, v *string) *string {
	switch field {
	case "email":
		return mapped(v, MaskEmail)
	case "phone":
		return mapped(v, MaskPhone)
	case "name":
		return mapped(v, m.Text)
	}
	return v
}

func mapped(v *string, f func(string) string) *string {
	if v == nil {
		return nil
	}
	return new(f(*v))
}

// Identity is the identity on a channel of a type with its ids and names masked. WhatsApp's external ids are phones. On
// the team's own site, and where an adapter reports, they are whatever the site calls its users: emails and phones there, too,
// are masked. Other providers number their accounts.
func (m Masker) Identity(i Identity, on ChannelType) Identity {
	shown := emailsWithin.ReplaceAllStringFunc(i.ExternalID, MaskEmail)
	switch {
	case on == WhatsApp && allDigits(shown):
		shown = MaskPhone(plus(shown))
	case (on == WhatsApp || on == HTMLEmbed || strings.HasPrefix(shown, "+")) && wholePhone(shown):
		shown = m.phone(shown)
	}
	i.ExternalID, i.DisplayName = shown, mapped(i.DisplayName, m.Text)
	return i
}

// Session is the session with what is in its message masked.
func (m Masker) Session(s Session) Session {
	s.LastMessagePreview = mapped(s.LastMessagePreview, m.Text)
	return s
}

// Event is the event with the values before and after masked.
func (m Masker) Event(e Event) Event {
	changes := slices.Clone(e.Changes)
	for i, c := range changes {
		changes[i].Old, changes[i].New = m.value(c.Field, c.Old), m.value(c.Field, c.New)
	}
	e.Changes = changes
	return e
}

// Error masks the contacts within an error, which is its caller's alone.
func (m Masker) Error(err error) error {
	if e, ok := errors.AsType[*ConflictError](err); ok {
		e.Current = m.Contact(e.Current)
	}
	if e, ok := errors.AsType[*TakenError](err); ok {
		e.Holder = m.Contact(e.Holder)
	}
	if e, ok := errors.AsType[*MergedError](err); ok {
		e.Into = m.Contact(e.Into)
	}
	return err
}

// View is the view with what is in its name and in the query of its address masked.
func (m Masker) View(v SavedView) SavedView {
	v.Name = m.Text(v.Name)
	v.Address = m.address(v.Address, func(_, value string) string { return m.Text(value) })
	return v
}

// address is an address with the values of its query changed. One whose values stay is the same to the letter.
func (m Masker) address(address string, change func(name, value string) string) string {
	u, err := url.Parse(address)
	if err != nil {
		return m.Text(address)
	}
	values, err := url.ParseQuery(u.RawQuery)
	changed := err != nil
	for name, all := range values {
		for i, v := range all {
			all[i] = change(name, v)
			changed = changed || all[i] != v
		}
	}
	if !changed {
		return address
	}
	u.RawQuery = values.Encode()
	return u.String()
}

// Unmasked is an edit by a viewer who sees c masked. What comes back as it was shown stays as it is. A mask of anything else, of
// a value that has been changed since for one, is an *[InvalidError].
func (m Masker) Unmasked(p ContactPatch, c Contact) (ContactPatch, error) {
	shown := m.Contact(c)
	var errs []error
	for _, f := range []struct {
		field, subject string
		edit           *Change[*string]
		shown          *string
	}{
		{"name", "Name", &p.Name, shown.Name}, {"email", "Email", &p.Email, shown.Email}, {"phone", "Phone number", &p.Phone, shown.Phone},
	} {
		v, ok := f.edit.Value()
		switch {
		case !ok || v == nil:
		case f.shown != nil && strings.TrimFunc(*v, blank) == *f.shown:
			*f.edit = Change[*string]{}
		case isMask(*v):
			errs = append(errs, errMasked(f.field, f.subject))
		}
	}
	return p, errors.Join(errs...)
}

// UnmaskedView is [Masker.Unmasked] of an edit of a saved view.
func (m Masker) UnmaskedView(p ViewPatch, v SavedView) ViewPatch {
	shown := m.View(v)
	if name, ok := p.Name.Value(); ok && name == shown.Name {
		p.Name = Change[string]{}
	}
	if address, ok := p.Address.Value(); ok {
		p.Address = To(m.address(address, func(name, value string) string {
			if was, found := queryValue(shown.Address, name); found && was == value {
				value, _ = queryValue(v.Address, name)
			}
			return value
		}))
	}
	return p
}

// queryValue is the first value of a name in the query of an address.
func queryValue(address, name string) (value string, found bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	values := u.Query()
	return values.Get(name), values.Has(name)
}

// errMasked refuses a value that is a mask.
func errMasked(field, subject string) error {
	return &InvalidError{Field: field, Subject: subject, Reason: "is masked: enter all of it"}
}

// isMask reports whether a value has been masked.
func isMask(s string) bool { return strings.Contains(s, masked) }
