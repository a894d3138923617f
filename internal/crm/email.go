package crm

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
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

// NormalizeEmail returns the address as it is stored: without space around it, the local part as typed, the domain in
// lower case and in its Unicode form. Quoted local parts and address literals are refused: nobody signs up with one.
// The error is an *InvalidError.
func NormalizeEmail(s string) (string, error) {
	if len(s) > 4*MaxEmailBytes || !utf8.ValidString(s) {
		return "", errEmail()
	}
	s = strings.TrimFunc(s, blank)
	local, domain, ok := strings.Cut(s, "@")
	if !ok || !validLocal(local) {
		return "", errEmail()
	}
	ascii, unicoded, ok := readDomain(domain)
	if !ok || len(local)+1+max(len(ascii), len(unicoded)) > MaxEmailBytes {
		return "", errEmail()
	}
	return local + "@" + unicoded, nil
}

func errEmail() error { return &InvalidError{Field: "email", Subject: "Invalid email format"} }

// blank reports whether r is nothing to see at the edge of a value: space, or a format character that a paste brought.
func blank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// validLocal accepts a dot-atom of RFC 5322 with the letters that RFC 6531 adds.
func validLocal(s string) bool {
	if s == "" || len(s) > maxEmailLocal || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
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
	return true
}

// readDomain returns both forms of a domain of two labels or more whose last is no number.
func readDomain(s string) (ascii, unicoded string, ok bool) {
	ascii, err := domains.ToASCII(s)
	if err != nil {
		return "", "", false
	}
	dot := strings.LastIndexByte(ascii, '.')
	if dot < 1 || strings.Trim(ascii[dot+1:], "0123456789") == "" {
		return "", "", false
	}
	unicoded, err = domains.ToUnicode(ascii)
	if err != nil {
		return "", "", false
	}
	return ascii, unicoded, true
}
