package contactfile

import (
	"strings"
	"unicode/utf8"
)

// Defuse makes a text one that no spreadsheet takes for a formula: it gets an apostrophe in front if it begins with a character
// that formulas begin with, or with such a character after apostrophes, so that removing one apostrophe brings the text back.
// A + before digits alone, as phones have it, is a number and stays. See
// https://owasp.org/www-community/attacks/CSV_Injection.
func Defuse(s string) string {
	if !isFormula(strings.TrimLeft(s, "'")) {
		return s
	}
	if s[0] == '+' && len(s) > 1 && strings.Trim(s[1:], "0123456789") == "" {
		return s
	}
	return "'" + s
}

// isFormula reports whether a text begins with a character that formulas begin with.
func isFormula(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first)
}

// Restore is the text that [Defuse] was given.
func Restore(s string) string {
	if rest, is := strings.CutPrefix(s, "'"); is && isFormula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return s
}
