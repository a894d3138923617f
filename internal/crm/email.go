package crm

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// The lengths of RFC 5321, section 4.5.3.1, in bytes: of an address, and of the part before its @.
const (
	MaxEmailBytes = 254
	maxEmailLocal = 64
)

// domains reads a domain the way a mail program would: mapped to lower case and full-width forms undone, then strict.
var domains = idna.New(
	idna.MapForLookup(),
	idna.BidiRule(),
	idna.Transitional(false),
	idna.StrictDomainName(true),
	idna.VerifyDNSLength(true),
)

// anyDomains is domains for the names that there are although host names may not be like that: with an underscore, or a
// hyphen at the end of a label. It lets other ASCII characters pass, too.
var anyDomains = idna.New(
	idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false),
	idna.VerifyDNSLength(true),
)

// NormalizeEmail returns the address as it is stored, what its mailbox is called: the local part as typed, but for
// apostrophes and full-width letters that a keyboard made of the plain ones, the domain in lower case and in its Unicode
// form. It takes what people paste: mailto:, the address in angle brackets behind a name, quotes around and a comma,
// semicolon or dot behind it, characters of no width. Quoted local parts that have to be quoted and address literals are
// refused: nobody signs up with one.
//
// The error is an *InvalidError, with Unusual where [unusualEmail] takes the address.
func NormalizeEmail(s string) (string, error) {
	local, domain, ok := readEmail(s)
	if !ok {
		return "", errEmail()
	}
	if isMask(local) {
		return "", errMasked("email", "Email")
	}
	if ascii, unicoded, ok := readDomain(domains, domain); ok && validLocal(local) && fits(local, ascii, unicoded) {
		return local + "@" + unicoded, nil
	}
	if _, ok := anyEmail(local, domain); ok {
		return "", &InvalidError{
			Field: "email", Unusual: true,
			Subject: "Invalid email format by the rules of mail: if the mailbox exists, save it with allowUnusual",
		}
	}
	return "", errEmail()
}

// unusualEmail is [NormalizeEmail] that takes addresses, too, which break the rules and exist: with dots side by side or at
// an end of the local part, as docomo and au had them, a longer local part, an underscore in the domain.
func unusualEmail(s string) (string, error) {
	email, err := NormalizeEmail(s)
	if err == nil {
		return email, nil
	}
	if local, domain, ok := readEmail(s); ok {
		if email, ok := anyEmail(local, domain); ok {
			return email, nil
		}
	}
	return "", err
}

// EmailKey returns the form in which emails are compared: NFKC, apostrophes as the ASCII one, case folded, the domain in
// ASCII and without a dot at its end. Case makes no difference: a domain has none, and no provider in use tells local parts
// apart by it (RFC 5321, section 2.4). It takes any string.
func EmailKey(s string) string {
	local, domain := s, ""
	if at := strings.LastIndexAny(s, "@"); at >= 0 {
		local, domain = s[:at], s[at+1:]
		if ascii, err := anyDomains.ToASCII(strings.TrimSuffix(domain, ".")); err == nil {
			domain = ascii
		}
		domain = "@" + strings.ToLower(domain)
	}
	if !isASCII(local) {
		local = norm.NFKC.String(local)
	}
	return strings.Map(foldEmailRune, local) + domain
}

// UnicodeDomain returns s with each label of a domain that is in its ASCII form, xn--mller-kva, as its letters: müller.
// Emails are stored with those. What is no such label, or only half of one, stays as it is.
func UnicodeDomain(s string) string {
	return asciiLabel.ReplaceAllStringFunc(s, func(label string) string {
		letters, err := anyDomains.ToUnicode(label)
		if err != nil {
			return label
		}
		return letters
	})
}

var asciiLabel = regexp.MustCompile(`(?i)\bxn--[a-z0-9-]+`)

// sameEmail reports whether two emails have one key.
func sameEmail(a, b string) bool {
	return strings.EqualFold(a, b) || EmailKey(a) == EmailKey(b)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

func foldEmailRune(r rune) rune {
	if apostrophe(r) {
		return '\''
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

// apostrophe reports whether a keyboard may have made r of an apostrophe.
func apostrophe(r rune) bool { return strings.ContainsRune("‘’‛ʼ＇", r) }

func errEmail() error { return &InvalidError{Field: "email", Subject: "Invalid email format"} }

// blank reports whether r is nothing to see at the edge of a value: space, or a format character that a paste brought.
func blank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// readEmail parts the address in what was typed or pasted at its @.
func readEmail(s string) (local, domain string, ok bool) {
	if len(s) > 8*MaxEmailBytes || !utf8.ValidString(s) {
		return "", "", false
	}
	s = bareEmail(s)
	if open := strings.LastIndexByte(s, '<'); open >= 0 && strings.HasSuffix(s, ">") && !strings.ContainsAny(s[:open], "\n\r\x00") {
		s = bareEmail(s[open+1 : len(s)-1])
	}
	if rest, found := cutScheme(s, "mailto:"); found {
		rest, _, _ = strings.Cut(rest, "?")
		if plain, err := url.PathUnescape(rest); err == nil {
			rest = plain
		}
		s = bareEmail(rest)
	}
	if len(s) > 4*MaxEmailBytes {
		return "", "", false
	}
	s = norm.NFC.String(strings.Map(plainEmailRune, s))
	if !strings.Contains(s, "@") {
		s = strings.Replace(s, "＠", "@", 1)
	}
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return "", "", false
	}
	local, domain = s[:at], strings.TrimSuffix(s[at+1:], ".")
	if inner := strings.TrimSuffix(strings.TrimPrefix(local, `"`), `"`); len(inner) == len(local)-2 && validAny(inner) {
		local = inner // quoted for the dots, as standards ask
	}
	return local, domain, true
}

// bareEmail is s without what a sentence or a list puts around an address.
func bareEmail(s string) string {
	s = strings.TrimFunc(s, blank)
	s = strings.TrimRightFunc(s, func(r rune) bool { return blank(r) || strings.ContainsRune(",;.、。，；", r) })
	for _, pair := range []string{`""`, "''", "“”", "‘’", "«»", "()", "[]"} {
		before, size := utf8.DecodeRuneInString(pair)
		if strings.HasPrefix(s, string(before)) && strings.HasSuffix(s, pair[size:]) && len(s) >= len(pair) && !strings.HasSuffix(s, `@`+pair[size:]) {
			return bareEmail(s[size : len(s)-len(pair[size:])])
		}
	}
	return s
}

// cutScheme is s without the scheme of a link before it.
func cutScheme(s, scheme string) (string, bool) {
	if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
		return s[len(scheme):], true
	}
	return s, false
}

// plainEmailRune drops characters of no width, and undoes what a keyboard makes of ASCII.
func plainEmailRune(r rune) rune {
	switch {
	case strings.ContainsRune("\u00AD\u200B\u200C\u200D\u2060\uFEFF", r):
		return -1
	case apostrophe(r):
		return '\''
	case '！' <= r && r <= '～' && r != '＠':
		return r - '！' + '!'
	}
	return r
}

// validLocal accepts a dot-atom of RFC 5322 with the letters that RFC 6531 adds.
func validLocal(s string) bool {
	return len(s) <= maxEmailLocal && validAny(s) && s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

// validAny accepts the characters of a local part in any order.
func validAny(s string) bool {
	for _, r := range s {
		switch {
		case r >= utf8.RuneSelf:
			if !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune("＠﹫\uFFFD", r) {
				return false
			}
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		case !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r):
			return false
		}
	}
	return s != ""
}

// anyEmail is the address if there may be such a mailbox, whatever the rules say.
func anyEmail(local, domain string) (string, bool) {
	ascii, unicoded, ok := readDomain(anyDomains, domain)
	named := strings.Trim(ascii, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
	return local + "@" + unicoded, ok && named && validAny(local) && !isMask(local) && strings.Trim(local, ".") != "" && fits(local, ascii, unicoded)
}

// fits reports whether an address is short enough with its domain in either form.
func fits(local, ascii, unicoded string) bool {
	return len(local)+1+max(len(ascii), len(unicoded)) <= MaxEmailBytes
}

// readDomain returns both forms of a domain of two labels or more whose last is no number.
func readDomain(profile *idna.Profile, s string) (ascii, unicoded string, ok bool) {
	ascii, err := profile.ToASCII(s)
	if err != nil {
		return "", "", false
	}
	dot := strings.LastIndexByte(ascii, '.')
	if dot < 1 || strings.Trim(ascii[dot+1:], "0123456789") == "" {
		return "", "", false
	}
	unicoded, err = profile.ToUnicode(ascii)
	if err != nil {
		return "", "", false
	}
	return ascii, unicoded, true
}
