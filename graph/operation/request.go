package operation

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/problem"
)

// Request is what a client asks for.
type Request struct {
	graphql.RawParams
	// DocumentID is the id of a trusted document, in place of the query. It is empty beside a query.
	DocumentID string
	// Safe is true for a request by a safe method (RFC 9110, section 9.2.1): a mutation is refused.
	Safe bool
}

// documentIDs are the members that name a trusted document: documentId, and id and doc_id, as Relay's clients send it.
var documentIDs = []string{"documentId", "id", "doc_id"}

// Decode reads the body of a request: one JSON object with the members of GraphQL over HTTP, or one that names a trusted document
// in place of the query. Other members are ignored, as the specification requires. The errors repeat nothing of the body.
func Decode(body []byte) (*Request, *problem.Refusal) {
	if !utf8.Valid(body) {
		return nil, problem.BadRequest("The body must be valid UTF-8")
	}
	var members map[string]json.RawMessage
	err := json.Unmarshal(body, &members)
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, problem.BadRequest("The body must be one JSON object with a query, and nothing after it")
	}
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		return nil, problem.Unprocessable("The body must be one JSON object: send one operation at a time")
	}
	if err != nil || members == nil {
		return nil, problem.Unprocessable("The body must be one JSON object with a query")
	}
	return decodeMembers(members)
}

// DecodeURL reads the query component of the URL of a GET request, in the format application/x-www-form-urlencoded. Its
// parameters are the members of a body; variables and extensions are JSON. An empty parameter is absent, others are ignored.
func DecodeURL(query string) (*Request, *problem.Refusal) {
	members := make(map[string]json.RawMessage)
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		name, nameErr := url.QueryUnescape(name)
		value, err := url.QueryUnescape(value)
		if nameErr != nil || err != nil || !utf8.ValidString(value) {
			return nil, problem.BadRequest("The parameters of the URL must be percent-encoded UTF-8")
		}
		if !isParameter(name) || value == "" {
			continue
		}
		if _, twice := members[name]; twice {
			return nil, problem.Unprocessable(name + " must be given once")
		}
		switch {
		case !isMap(name):
			members[name], _ = json.Marshal(value) // of a string, never fails
		case json.Valid([]byte(value)):
			members[name] = json.RawMessage(strings.TrimLeft(value, " \t\r\n"))
		default:
			return nil, problem.Unprocessable(name + " must be a JSON object")
		}
	}
	asked, refused := decodeMembers(members)
	if refused == nil {
		asked.Safe = true
	}
	return asked, refused
}

func isMap(name string) bool { return name == "variables" || name == "extensions" }

func isParameter(name string) bool {
	switch name {
	case "query", "operationName", "variables", "extensions", "documentId", "id", "doc_id":
		return true
	}
	return false
}

func decodeMembers(members map[string]json.RawMessage) (*Request, *problem.Refusal) {
	var asked Request
	for _, m := range []struct {
		name string
		into any
	}{
		{"query", &asked.Query},
		{"operationName", &asked.OperationName},
		{"variables", &asked.Variables},
		{"extensions", &asked.Extensions},
	} {
		if refused := decodeMember(m.name, members[m.name], m.into); refused != nil {
			return nil, refused
		}
	}
	if asked.Query != "" {
		return &asked, nil
	}
	for _, name := range documentIDs {
		if refused := decodeMember(name, members[name], &asked.DocumentID); refused != nil {
			return nil, refused
		}
		if asked.DocumentID != "" {
			return &asked, nil
		}
	}
	if asked.DocumentID = persistedID(asked.Extensions); asked.DocumentID == "" && !isPersisted(asked.Extensions) {
		return nil, problem.Unprocessable("query must be a GraphQL document")
	}
	return &asked, nil
}

// decodeMember reads a member that is absent, null, or of the type of into: a string or a map.
func decodeMember(name string, value json.RawMessage, into any) *problem.Refusal {
	if len(value) == 0 || string(value) == "null" {
		return nil
	}
	first, what := byte('"'), "a string"
	if isMap(name) {
		first, what = '{', "an object"
	}
	if value[0] != first || json.Unmarshal(value, into) != nil {
		return problem.Unprocessable(name + " must be " + what + " or null")
	}
	return nil
}

// isPersisted reports whether a request is one for a persisted query, as Apollo's clients send it.
func isPersisted(extensions map[string]any) bool {
	_, ok := extensions["persistedQuery"]
	return ok
}

// persistedID is the SHA-256 hash of the document of such a request.
func persistedID(extensions map[string]any) string {
	persisted, _ := extensions["persistedQuery"].(map[string]any)
	id, _ := persisted["sha256Hash"].(string)
	return id
}
