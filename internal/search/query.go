package search

import (
	"slices"
	"strings"
)

// The bounds of a query: of the folded text, and of its tokens. Anything beyond is ignored, so that a longer
// query finds what its beginning finds.
const (
	maxTyped  = 4_000
	maxQuery  = 200
	maxTokens = 8
)

// Query is a search as it is understood.
type Query struct {
	text    string
	tokens  []string
	longest string
}

// Parse reads a search as people type it. Digits and phone punctuation alone are one phone number: its digits, without
// a trunk zero in brackets and without the 00 or + before a country code. Anything else is split at spaces. A plus or
// bracket around the digits of a single word is dropped, for it says that they are a phone's.
func Parse(s string) Query {
	text := cut(Fold(cut(s, maxTyped)), maxQuery)
	if digits, ok := phoneDigits(text); ok {
		return Query{text: digits, tokens: []string{digits}, longest: digits}
	}
	q := Query{text: text}
	for token := range strings.SplitSeq(text, " ") {
		if bare := strings.Trim(token, "+()"); bare != token && strings.Trim(bare, "0123456789") == "" && bare != "" {
			token = bare
		}
		q.add(token)
	}
	return q
}

// add takes a token in, unless one that is there contains it, and takes those out that it contains itself: where the
// longer one is found, so is the shorter.
func (q *Query) add(token string) {
	if token == "" || slices.ContainsFunc(q.tokens, func(t string) bool { return strings.Contains(t, token) }) {
		return
	}
	q.tokens = slices.DeleteFunc(q.tokens, func(t string) bool { return strings.Contains(token, t) })
	if len(q.tokens) == maxTokens {
		return
	}
	q.tokens = append(q.tokens, token)
	if len(token) > len(q.longest) {
		q.longest = token
	}
}

// Empty reports whether nothing is searched for, so that every contact matches.
func (q Query) Empty() bool { return len(q.tokens) == 0 }

// Text is the whole folded query, or the digits of a phone number.
func (q Query) Text() string { return q.text }

// Tokens are the strings that a contact's text must all contain, in the order typed. Treat them as read-only.
func (q Query) Tokens() []string { return q.tokens }

// Longest is the longest token, the first of several.
func (q Query) Longest() string { return q.longest }

// phoneDigits reads a folded query that holds at least one digit and nothing else but phone punctuation.
func phoneDigits(s string) (string, bool) {
	var b []byte
	international := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			b = append(b, c)
		case c == '(' && len(b) > 0 && (strings.HasPrefix(s[i:], "(0)") || s[i:] == "(0"): // or about to be
			i++
		case c == '+':
			international = international || len(b) == 0
		case !strings.ContainsRune(" -.()/", rune(c)):
			return "", false
		}
	}
	digits := string(b)
	if rest, ok := strings.CutPrefix(digits, "00"); ok && rest != "" && !international {
		digits = rest
	}
	return digits, digits != ""
}
