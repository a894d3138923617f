package channels

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"kith/internal/crm"
)

// decode reads JSON into v. A value of the wrong type is left out of v and reported by the error, a *crm.InvalidError that
// names the field and never its value.
func decode(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	subject, reason := "It", "is not valid JSON"
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		kind, _, _ := strings.Cut(wrong.Value, " ") // the value may follow
		field := wrong.Field
		if field == "" {
			field = "the whole"
		}
		subject, reason = "In "+field, "there is a value of the wrong type: "+kind
	}
	return &crm.InvalidError{Field: "payload", Subject: subject, Reason: reason}
}

// encode writes a payload of parts that came as JSON.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // the parts were valid when they were read
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// identifier is an id, which providers write as a string or as a whole number.
type identifier string

// UnmarshalJSON reads either form.
func (i *identifier) UnmarshalJSON(b []byte) error {
	switch {
	case b[0] == '"':
		return json.Unmarshal(b, (*string)(i))
	case string(b) == "null":
		return nil
	}
	if _, err := strconv.ParseInt(string(b), 10, 64); err != nil {
		return wrongType[identifier](b)
	}
	*i = identifier(b)
	return nil
}

// moment is a time, which providers write in seconds or milliseconds since 1970, as a number or as a string. It is the
// zero time where there is none.
type moment struct{ time.Time }

// UnmarshalJSON reads each form. Nobody writes a time before 1973 in milliseconds or after 5138 in seconds.
func (m *moment) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	digits := string(b)
	if b[0] == '"' {
		if err := json.Unmarshal(b, &digits); err != nil {
			return err
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil || n == math.MinInt64:
		return wrongType[moment](b)
	case n >= 100_000_000_000 || n <= -100_000_000_000:
		m.Time = time.UnixMilli(n)
	default:
		m.Time = time.Unix(n, 0)
	}
	return nil
}

// at is the moment as a report has it.
func (m moment) at() *time.Time {
	if m.IsZero() {
		return nil
	}
	return &m.Time
}

func wrongType[T any](b []byte) error {
	kind := "number"
	switch b[0] {
	case '"':
		kind = "string"
	case '{':
		kind = "object"
	case '[':
		kind = "array"
	case 't', 'f':
		kind = "bool"
	}
	return &json.UnmarshalTypeError{Value: kind, Type: reflect.TypeFor[T]()}
}

// firstText is the first of the texts that is not empty; nil when all are.
func firstText(texts ...string) *string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return &t
		}
	}
	return nil
}
