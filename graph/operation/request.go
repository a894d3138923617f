package operation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"kith/internal/crm"
)

// Request is what a client asks for.
type Request struct {
	graphql.RawParams
	// DocumentID is the id of a trusted document, in place of the query.
	DocumentID string
}

// Decode reads the body of a request: one JSON object with the members of GraphQL over HTTP, or those that name a trusted
// document in place of the query: documentId, in the specification's appendix, and id or doc_id, as Relay's clients send it.
// It is strict, so that a misspelt member is not silently ignored, and its errors repeat nothing of the body.
func Decode(body []byte) (*Request, error) {
	invalid := func(subject, reason string) (*Request, error) {
		return nil, &crm.InvalidError{Subject: subject, Reason: reason}
	}
	if !utf8.Valid(body) {
		return invalid("The body", "must be valid UTF-8")
	}
	body = bytes.TrimLeft(body, " \t\r\n")
	if len(body) > 0 && body[0] == '[' {
		return invalid("The body", "must be one JSON object: send one operation at a time")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return invalid("The body", "must be one JSON object with a query, and nothing after it")
	}
	var params Request
	for name, value := range members {
		var err error
		switch name {
		case "query":
			err = decodeMember(value, '"', &params.Query)
		case "documentId", "id", "doc_id":
			err = decodeMember(value, '"', &params.DocumentID)
		case "operationName":
			err = decodeMember(value, '"', &params.OperationName)
		case "variables":
			err = decodeMember(value, '{', &params.Variables)
		case "extensions":
			err = decodeMember(value, '{', &params.Extensions)
		default:
			return invalid("The body", "can have the members query, documentId, operationName, variables and extensions only")
		}
		if err != nil {
			return invalid(name, err.Error())
		}
	}
	if params.DocumentID == "" {
		params.DocumentID = persistedID(params.Extensions)
	}
	if params.Query == "" && params.DocumentID == "" {
		if _, ok := params.Extensions["persistedQuery"]; ok {
			return invalid("PersistedQueryNotSupported", "") // in the words that Apollo Client understands
		}
		return invalid("query", "must be a GraphQL document")
	}
	return &params, nil
}

// decodeMember reads a member that is null or starts as its type does.
func decodeMember(value json.RawMessage, first byte, into any) error {
	if string(value) == "null" {
		return nil
	}
	if value[0] != first || json.Unmarshal(value, into) != nil {
		return fmt.Errorf("must be %s or null", map[byte]string{'"': "a string", '{': "an object"}[first])
	}
	return nil
}

// persistedID is the id of a trusted document as Apollo's clients give it.
func persistedID(extensions map[string]any) string {
	persisted, _ := extensions["persistedQuery"].(map[string]any)
	id, _ := persisted["sha256Hash"].(string)
	return id
}
