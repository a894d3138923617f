package crm

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Failure is one item of a channel's report that could not be taken in, kept so that nothing is lost.
type Failure struct {
	ID        FailureID
	ChannelID ChannelID
	// ExternalID is the customer's id on the channel, where that much could be read: the failure goes when the customer's
	// contact is deleted.
	ExternalID *string
	At         time.Time // of the first time
	// Position is the item's place in the report, from 0.
	Position int
	// Reason is a sentence for an operator; it holds no personal data.
	Reason string
	// Payload is the item as the provider sent it, in a form that the channel's adapter reads again.
	Payload []byte
}

// Mentions reports whether the payload names one of a customer's external ids: as a whole string or number of its JSON,
// including JSON within a string; in a payload that is not JSON, as a whole word.
func (f Failure) Mentions(externals []string) bool { return mentions(f.Payload, externals) }

func mentions(payload []byte, externals []string) bool {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return false
		}
		if err != nil {
			return slices.ContainsFunc(externals, func(id string) bool { return hasWord(string(payload), id) })
		}
		var value string
		switch v := token.(type) {
		case string:
			value = v
		case json.Number:
			value = v.String()
		}
		if slices.Contains(externals, value) {
			return true
		}
		inner := strings.TrimSpace(value)
		if (strings.HasPrefix(inner, "{") || strings.HasPrefix(inner, "[")) && mentions([]byte(inner), externals) {
			return true
		}
	}
}

// hasWord reports whether a text holds a word that is not part of a longer one.
func hasWord(text, word string) bool {
	for word != "" {
		at := strings.Index(text, word)
		if at < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		text = text[at+len(word):]
		after, _ := utf8.DecodeRuneInString(text)
		if !wordly(before) && !wordly(after) {
			return true
		}
	}
	return false
}

func wordly(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
