package problem

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/graph/limit"
)

// OfDocument words the errors of the parser and the validator: with names of the schema and of the document, and with
// positions, but without any value.
func OfDocument(list gqlerror.List) gqlerror.List {
	out := make(gqlerror.List, 0, min(len(list), MaxErrors))
	for _, e := range list[:min(len(list), MaxErrors)] {
		message, code := withoutValue(e), BadUserInput
		if tooLong(e) {
			code = TooComplex
		}
		if len(e.Path) > 1 && e.Path[0] == ast.PathName("variable") {
			message = "Variable $" + dotted(e.Path[1:]) + " " + message
		}
		out = append(out, &gqlerror.Error{
			Message:    shorten(message),
			Locations:  e.Locations,
			Extensions: Extensions(code),
		})
	}
	return out
}

// tooLong reports whether the parser gave up on a document for its length.
func tooLong(e *gqlerror.Error) bool {
	return e.Rule == "" && strings.HasPrefix(e.Message, "exceeded token limit")
}

// withoutValue cuts the value at fault out of a message of gqlparser.
func withoutValue(e *gqlerror.Error) string {
	m := e.Message
	switch {
	case strings.HasPrefix(e.Rule, "ValuesOfCorrectType"):
		m, suggestion := cutSuggestion(m)
		if i := strings.LastIndex(m, enumBefore); i >= 0 {
			m = "The value does not exist in enum " + strings.TrimSuffix(m[i+len(enumBefore):], `" enum.`)
		}
		m, _, _ = strings.Cut(m, ", found ")
		m, _, _ = strings.Cut(m, ": ")
		if suggestion != "" {
			m = strings.TrimSuffix(m, ".") + "." + suggestion
		}
		return m
	case e.Rule != "":
	case len(e.Path) > 1:
		switch {
		case m == "must be defined", m == "cannot be null", m == "unknown field":
		case strings.Contains(m, " is not a valid "):
			m = "is not a valid " + m[strings.LastIndexByte(m, ' ')+1:]
		default:
			m = "has the wrong type"
		}
	case strings.HasPrefix(m, "Unexpected "), strings.HasPrefix(m, "Expected "):
		for _, kind := range []string{"BlockString", "String", "Int", "Float", "Comment"} {
			if before, _, ok := strings.Cut(m, kind+` "`); ok {
				m = before + kind
			}
		}
		m = "Syntax error: " + m
	case tooLong(e):
		m = fmt.Sprintf("The document is too long: it can have at most %d words and signs", limit.MaxTokens)
	default:
		m, _, _ = strings.Cut(m, ": ")
		m = "Syntax error: " + m
	}
	return m
}

const enumBefore = `" does not exist in "`

// cutSuggestion cuts the suggestion, which has names of the schema alone, off a message of the validator: any other message
// ends with a full stop.
func cutSuggestion(m string) (rest, suggestion string) {
	i := strings.LastIndex(m, " Did you mean ")
	if i < 0 || !strings.HasSuffix(m, "?") {
		return m, ""
	}
	return m[:i], m[i:]
}

func shorten(m string) string {
	m = strings.ToValidUTF8(m, "\uFFFD")
	if len(m) <= maxMessage {
		return m
	}
	end := maxMessage - len("…")
	for !utf8.RuneStart(m[end]) {
		end--
	}
	return m[:end] + "…"
}
