package crm

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// The lengths of texts. Characters are counted as a person would: an accented letter or a family emoji is one. The
// bounds in bytes stop single characters of endless accents.
const (
	MaxName       = 200
	MaxNotes      = 10_000
	MaxNameBytes  = 2_000
	MaxNotesBytes = 80_000
)

// NormalizeName returns a name as staff may give it: trimmed, runs of space made one; nil when nothing visible is left.
// Control characters and bidirectional overrides are refused; marks that only delimit a direction, which come along
// with a paste, are dropped. The error is an *InvalidError.
func NormalizeName(s string) (*string, error) {
	invalid := func(reason string) (*string, error) {
		return nil, &InvalidError{Field: "name", Subject: "Name", Reason: reason}
	}
	switch {
	case len(s) > 4*MaxNameBytes:
		return invalid("can have at most 200 characters")
	case !utf8.ValidString(s):
		return invalid("must be valid UTF-8 text")
	}
	s = strings.TrimFunc(s, unicode.IsSpace)
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || override(r) }) {
		return invalid("cannot contain line breaks or other control characters")
	}
	s = oneLine(s, len(s))
	switch {
	case !visible(s):
		return nil, nil
	case uniseg.GraphemeClusterCount(s) > MaxName:
		return invalid("can have at most 200 characters")
	case len(s) > MaxNameBytes:
		return invalid("takes more than 2,000 bytes; shorten it")
	}
	return &s, nil
}

// CleanName makes a name of what a channel says, whatever that is: what [NormalizeName] would refuse is dropped or cut
// off. It returns nil when nothing visible is left.
func CleanName(s string) *string {
	s = oneLine(s, MaxNameBytes)
	s, _ = shorten(s, MaxName, MaxNameBytes)
	if !visible(s) {
		return nil
	}
	return &s
}

// NormalizeTitle returns the name of a channel or a saved view: a name that cannot be empty. The error is an *InvalidError.
func NormalizeTitle(s string) (string, error) {
	name, err := NormalizeName(s)
	if err != nil {
		return "", err
	}
	if name == nil {
		return "", &InvalidError{Field: "name", Subject: "Name", Reason: "cannot be empty"}
	}
	return *name, nil
}

// NormalizeNotes returns notes as they are stored: as typed, with every line break made \n. Control characters other
// than line breaks and tabs are refused. The error is an *InvalidError.
func NormalizeNotes(s string) (string, error) {
	invalid := func(reason string) (string, error) {
		return "", &InvalidError{Field: "notes", Subject: "Notes", Reason: reason}
	}
	switch {
	case len(s) > 2*MaxNotesBytes:
		return invalid("can have at most 10,000 characters")
	case !utf8.ValidString(s):
		return invalid("must be valid UTF-8 text")
	}
	if strings.Contains(s, "\r") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		return invalid("cannot contain control characters other than line breaks and tabs")
	}
	switch {
	case len(s) > MaxNotes && uniseg.GraphemeClusterCount(s) > MaxNotes:
		return invalid("can have at most 10,000 characters")
	case len(s) > MaxNotesBytes:
		return invalid("take more than 80,000 bytes; shorten them")
	}
	return s, nil
}

// oneLine trims s, makes every run of space one space, and drops what has no place in a line of text: control
// characters, direction marks, and what is not UTF-8. It stops soon after limit bytes.
func oneLine(s string, limit int) string {
	b := make([]byte, 0, min(len(s), limit+utf8.UTFMax))
	space := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = len(b) > 0
			continue
		case r == utf8.RuneError, unicode.IsControl(r), override(r), delimiter(r):
			continue
		}
		if space {
			b = append(b, ' ')
			space = false
		}
		b = utf8.AppendRune(b, r)
		if len(b) > limit {
			break
		}
	}
	return string(b)
}

// override reports whether r forces a direction on the text after it, whatever its letters.
func override(r rune) bool { return r == '\u202D' || r == '\u202E' }

// delimiter reports whether r opens or closes a stretch of one direction. Marks that need no closing are not delimiters.
func delimiter(r rune) bool {
	return '\u202A' <= r && r <= '\u202C' || '\u2066' <= r && r <= '\u2069'
}

// visible reports whether s shows anything at all: joiners, variation selectors and Hangul fillers alone do not.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		switch r {
		case '\u115F', '\u1160', '\u3164', '\uFFA0', '\u2800':
			return false
		}
		return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Variation_Selector, r) && r != '\u034F'
	})
}

// shorten cuts s to at most so many characters and bytes, and reports whether it had to. A first character that is too
// long is cut inside.
func shorten(s string, characters, bytes int) (string, bool) {
	if len(s) <= characters && len(s) <= bytes {
		return s, false
	}
	end, state := 0, -1
	for rest, n := s, 0; rest != ""; n++ {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if n == characters || end+len(cluster) > bytes {
			if end == 0 {
				end = bytes
				for !utf8.RuneStart(s[end]) {
					end--
				}
			}
			return strings.TrimRightFunc(s[:end], unicode.IsSpace), true
		}
		end += len(cluster)
	}
	return s, false
}
