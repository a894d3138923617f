package crm

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxSecret is the length in bytes that a channel's secret may have.
	MaxSecret = 1024
	// MinSecret is how many characters it must have: what is shorter can be guessed.
	MinSecret = 16
)

// NormalizeSecret returns a channel's secret as it is kept: without the space that comes along with a paste; empty for
// none. The error is an *InvalidError.
func NormalizeSecret(t ChannelType, s string) (string, error) {
	invalid := func(reason string) (string, error) {
		return "", &InvalidError{Field: "secret", Subject: "The secret", Reason: reason}
	}
	if len(s) > MaxSecret {
		return invalid("can have at most 1,024 bytes")
	}
	s = strings.TrimFunc(s, unicode.IsSpace)
	p := t.Provider()
	switch {
	case s == "":
		return "", nil
	case !utf8.ValidString(s), strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) }):
		return invalid("cannot contain control characters")
	case !p.SecretForm.accepts(s):
		return "", &InvalidError{
			Field: "secret", Subject: "The secret of a " + p.Name + " channel", Reason: p.SecretForm.reason,
		}
	case utf8.RuneCountInString(s) < MinSecret:
		return invalid("must have at least 16 characters")
	}
	return s, nil
}

// NormalizeAccessToken returns a channel's access token as it is kept: without the space that comes along with a paste;
// empty for none. The error is an *InvalidError.
func NormalizeAccessToken(t ChannelType, s string) (string, error) {
	invalid := func(subject, reason string) (string, error) {
		return "", &InvalidError{Field: "accessToken", Subject: subject, Reason: reason}
	}
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return "", nil
	case !t.Provider().TakesAccessToken:
		return invalid("Only FACEBOOK and INSTAGRAM channels", "have an access token")
	case len(s) > MaxSecret:
		return invalid("The access token", "can have at most 1,024 bytes")
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }):
		return invalid("The access token", "can have letters, digits and punctuation only")
	case len(s) < MinSecret:
		return invalid("The access token", "must have at least 16 characters")
	}
	return s, nil
}
