package crm

import (
	"regexp"
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

// telegramSecret is what the Bot API takes as the secret_token of setWebhook.
var telegramSecret = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

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
	switch {
	case s == "":
		return "", nil
	case !utf8.ValidString(s), strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) }):
		return invalid("cannot contain control characters")
	case t == Telegram && !telegramSecret.MatchString(s):
		return "", &InvalidError{
			Field: "secret", Subject: "The secret of a Telegram channel",
			Reason: "can have 16 to 256 characters: A-Z, a-z, 0-9, _ and -",
		}
	case utf8.RuneCountInString(s) < MinSecret:
		return invalid("must have at least 16 characters")
	}
	return s, nil
}
