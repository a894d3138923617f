package transport

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// The media types of answers (GraphQL over HTTP).
const (
	typeGraphQL = "application/graphql-response+json"
	typeJSON    = "application/json"
	typeEvents  = "text/event-stream"
)

// answerTypes are how a client wants answers: the media type of those with data, the one of refusals, and the status of data
// beside errors.
type answerTypes struct {
	data    string
	refusal string
	partial int
}

// statusPartial is the status of an answer with data and errors (GraphQL over HTTP, "Status Codes").
const statusPartial = 294

// The usual ones. A client that takes JSON alone gets refusals, and only these, in the type made for GraphQL: that is how it
// knows that they are Kith's and not a proxy's ("Body"). One that names no type, as Go's clients, gets the status that it looks for.
var (
	graphQLAnswers = answerTypes{typeGraphQL, typeGraphQL, statusPartial}
	jsonAnswers    = answerTypes{typeJSON, typeGraphQL, statusPartial}
	anyAnswers     = answerTypes{typeJSON, typeGraphQL, http.StatusOK}
	eventAnswers   = answerTypes{typeJSON, typeJSON, http.StatusOK} // of HTTP itself, before there is a stream
)

// negotiate picks the media types of the answer. Without an Accept header, or where anything goes, data is JSON; where both
// types are as welcome and named, it is the one made for GraphQL. It is not ok when the client takes neither.
func negotiate(accept []string) (types answerTypes, ok bool) {
	if len(accept) == 1 && accept[0] == typeGraphQL {
		return graphQLAnswers, true
	}
	ranges := strings.Split(strings.Join(accept, ","), ",")
	if len(accept) == 0 || len(ranges) == 1 && strings.TrimSpace(ranges[0]) == "" {
		return anyAnswers, true
	}
	var graphQL, json wish
	for _, text := range ranges {
		name, params, err := mime.ParseMediaType(text)
		if err != nil || !utf8Charset(params) {
			continue
		}
		q := quality(params)
		switch name {
		case typeGraphQL:
			graphQL.say(2, q)
		case typeJSON:
			json.say(2, q)
		case "application/*":
			graphQL.say(1, q)
			json.say(1, q)
		case "*/*":
			graphQL.say(0, q)
			json.say(0, q)
		}
	}
	switch {
	case graphQL.q == 0 && json.q == 0:
		return eventAnswers, false
	case graphQL.q > json.q, graphQL.q == json.q && graphQL.named == 2:
		return graphQLAnswers, true
	case json.named < 2:
		return anyAnswers, true
	case graphQL.named == 2 && graphQL.q > 0: // and less welcome
		return answerTypes{typeJSON, typeJSON, statusPartial}, true
	default:
		return jsonAnswers, true
	}
}

// eventsWish is how much a client wants server-sent events.
type eventsWish uint8

const (
	no        eventsWish = iota // it does not name them
	welcome                     // for subscriptions, which need them
	preferred                   // for everything
)

// acceptsEvents reports whether a client asks for server-sent events. It must name them: a wildcard does not count.
func acceptsEvents(accept []string) eventsWish {
	if len(accept) == 1 && (accept[0] == typeGraphQL || accept[0] == typeJSON) {
		return no
	}
	var stream, others float64
	for text := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		name, params, err := mime.ParseMediaType(text)
		switch {
		case err != nil:
		case name == typeEvents:
			stream = max(stream, quality(params))
		default:
			others = max(others, quality(params))
		}
	}
	switch {
	case stream == 0:
		return no
	case stream > others:
		return preferred
	default:
		return welcome
	}
}

// acceptsHTML reports whether a client asks for pages, as browsers do.
func acceptsHTML(accept []string) bool {
	for text := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		if name, params, err := mime.ParseMediaType(text); err == nil && name == "text/html" && quality(params) > 0 {
			return true
		}
	}
	return false
}

// wish is how welcome a type is. The most specific range that covers it counts (RFC 9110, section 12.5.1).
type wish struct {
	named int
	q     float64
}

func (w *wish) say(named int, q float64) {
	if w.q == 0 && w.named == 0 || named > w.named {
		w.named, w.q = named, q
	}
}

func quality(params map[string]string) float64 {
	text, ok := params["q"]
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || !(0 <= q && q <= 1) {
		return 0
	}
	return q
}

// isJSON reports whether a Content-Type is JSON in UTF-8.
func isJSON(contentType string) bool {
	if contentType == typeJSON {
		return true
	}
	name, params, err := mime.ParseMediaType(contentType)
	return err == nil && name == typeJSON && utf8Charset(params)
}

func utf8Charset(params map[string]string) bool {
	charset, ok := params["charset"]
	return !ok || strings.EqualFold(charset, "utf-8")
}
