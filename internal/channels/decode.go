package channels

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"kith/internal/crm"
)

// decode reads JSON into v. A value of the wrong type is left out of v and reported by the error, a *crm.InvalidError that
// names the field and never its value. Everything else is in v all the same: see [message] for what becomes of it. The types
// below leave out what they cannot read without an error, because an error of theirs would end the reading.
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

// identifier is an id, which providers write as a string or as a whole number. It is empty where there is none.
type identifier string

// UnmarshalJSON reads either form.
func (i *identifier) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, (*string)(i))
	}
	if digits := bytes.TrimPrefix(b, []byte("-")); len(bytes.Trim(digits, "0123456789")) == 0 { // of any length
		*i = identifier(b)
	}
	return nil
}

// yesNo is a yes or a no, which some providers write as a string: Instagram documents is_deleted so. It is a no where there
// is neither.
type yesNo bool

// UnmarshalJSON reads either form.
func (y *yesNo) UnmarshalJSON(b []byte) error {
	text := strings.ToLower(strings.Trim(string(b), `"`))
	*y = text == "true" || text == "1"
	return nil
}

// moment is a time, which providers write in seconds or milliseconds since 1970, as a number or as a string. It is the
// zero time where there is none.
type moment struct{ time.Time }

// UnmarshalJSON reads each form. Nobody writes a time before 1973 in milliseconds or after 5138 in seconds.
func (m *moment) UnmarshalJSON(b []byte) error {
	n, ok := wholeNumber(bytes.Trim(b, `"`))
	switch {
	case !ok:
	case n >= 100_000_000_000 || n <= -100_000_000_000:
		m.Time = time.UnixMilli(n)
	default:
		m.Time = time.Unix(n, 0)
	}
	return nil
}

func wholeNumber(b []byte) (n int64, ok bool) {
	n, err := strconv.ParseInt(string(b), 10, 64)
	return n, err == nil
}

// at is the moment as a report has it; nil for none. 1970 and before is a clock at zero, and so no time either.
func (m moment) at() *time.Time {
	if m.Year() <= 1970 {
		return nil
	}
	return &m.Time
}

// present reports whether a payload has the value.
func present(value json.RawMessage) bool { return len(value) > 0 && string(value) != "null" }

// readable reports whether a value that decode read with the error is an object, of which details at most are missing.
func readable(value json.RawMessage, err error) bool {
	return err == nil || len(value) > 0 && value[0] == '{'
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
