package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// The messages of graphql-transport-ws.
//
// See https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md.
const (
	messageInit      = "connection_init"
	messageAck       = "connection_ack"
	messagePing      = "ping"
	messagePong      = "pong"
	messageSubscribe = "subscribe"
	messageNext      = "next"
	messageError     = "error"
	messageComplete  = "complete"
)

// maxOperationID is the length in bytes that a client's id of an operation may have.
const maxOperationID = 256

// message is one message of the protocol.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// readMessage reads a message of a client. The error is worded as a close reason.
func readMessage(text []byte) (message, error) {
	invalid := func(reason string) (message, error) { return message{}, errors.New("Invalid message: " + reason) }
	if !utf8.Valid(text) {
		return invalid("not UTF-8")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return invalid("not a JSON object")
	}
	var m message
	if !isString(members["type"]) || json.Unmarshal(members["type"], &m.Type) != nil {
		return invalid("type must be a string")
	}
	m.Payload = members["payload"]
	switch m.Type {
	case messageInit, messagePing, messagePong:
		if !isObjectOrNone(m.Payload) {
			return invalid("payload must be an object")
		}
	case messageSubscribe, messageComplete:
		if !isString(members["id"]) || json.Unmarshal(members["id"], &m.ID) != nil || m.ID == "" {
			return invalid("id must be a string, and not empty")
		}
		if len(m.ID) > maxOperationID {
			return invalid("id can have at most 256 bytes")
		}
		if m.Type == messageSubscribe && !isOperation(m.Payload) {
			return invalid("payload must be an operation")
		}
	default:
		return invalid("unknown type")
	}
	return m, nil
}

// isOperation reports whether the members of a payload that the protocol names have the types that it gives them.
func isOperation(payload json.RawMessage) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(payload, &members) != nil || members == nil {
		return false
	}
	name := members["operationName"]
	return (isString(members["query"]) || isNone(members["query"]) && namesDocument(members)) && (isNone(name) || isString(name)) &&
		isObjectOrNone(members["variables"]) && isObjectOrNone(members["extensions"])
}

// namesDocument reports whether a payload may name a trusted document in place of the query.
func namesDocument(members map[string]json.RawMessage) bool {
	return isString(members["documentId"]) || isString(members["id"]) || isString(members["doc_id"]) || !isNone(members["extensions"])
}

// authorizationOf is the credential in the payload of connection_init; empty without one.
func authorizationOf(payload json.RawMessage) string {
	var members map[string]any
	_ = json.Unmarshal(payload, &members) // is an object, or nothing
	for _, name := range []string{"authorization", "Authorization"} {
		if text, ok := members[name].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

func isString(v json.RawMessage) bool { return len(v) > 0 && v[0] == '"' }

func isNone(v json.RawMessage) bool { return len(v) == 0 || string(v) == "null" }

func isObjectOrNone(v json.RawMessage) bool { return isNone(v) || bytes.HasPrefix(v, []byte("{")) }

// appendMessage appends a message whose payload is JSON already.
func appendMessage(b []byte, id, kind string, payload []byte) []byte {
	b = append(b, '{')
	if id != "" {
		b = append(append(append(b, `"id":`...), quoted(id)...), ',')
	}
	b = append(append(append(b, `"type":"`...), kind...), '"')
	if len(payload) > 0 {
		b = append(append(b, `,"payload":`...), payload...)
	}
	return append(b, '}')
}

func quoted(s string) []byte {
	text, _ := json.Marshal(s) // of a string, never fails
	return text
}
