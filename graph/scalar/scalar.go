package scalar

import (
	"encoding/json"
	"io"
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"kith/internal/crm"
)

// strictTime refuses what time.Parse is lenient about: a comma for the point, an hour of one digit.
var strictTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

// MarshalDateTime writes a moment.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = w.Write(AppendDateTime(make([]byte, 0, len(time.RFC3339Nano)), t))
	})
}

// AppendDateTime appends a moment to JSON: RFC 3339 in UTC with as many decimals as it needs, six at most.
func AppendDateTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().Truncate(time.Microsecond).AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

// AppendString appends a text to JSON, byte for byte as [graphql.MarshalString] writes it: only what JSON insists on is
// escaped.
func AppendString(b []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		case '\n':
			b = append(b, '\\', 'n')
		case '"', '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
	}
	return append(append(b, s[start:]...), '"')
}

// StringSize is how many bytes [AppendString] appends.
func StringSize(s string) int {
	n := len(s) + len(`""`)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"', c == '\\', c == '\t', c == '\r', c == '\n':
			n++
		case c < ' ':
			n += len(`\u0000`) - 1
		}
	}
	return n
}

// UnmarshalDateTime reads a moment with any offset; the year is in the four digits that RFC 3339 knows.
func UnmarshalDateTime(v any) (time.Time, error) {
	invalid := &crm.InvalidError{Reason: "must be a moment in RFC 3339, for example 2026-11-23T09:30:00Z"}
	s, ok := v.(string)
	if !ok || len(s) > 64 || !strictTime.MatchString(s) {
		return time.Time{}, invalid
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, invalid
	}
	t = t.UTC().Truncate(time.Microsecond)
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, invalid
	}
	return t, nil
}

// MarshalInt writes a whole number.
func MarshalInt(i int) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = w.Write(strconv.AppendInt(make([]byte, 0, 12), int64(i), 10))
	})
}

// UnmarshalInt reads a whole number of 32 bits, as GraphQL has them.
func UnmarshalInt(v any) (int, error) {
	n, ok := whole(v)
	if !ok || n < math.MinInt32 || n > math.MaxInt32 {
		return 0, &crm.InvalidError{Reason: "must be a whole number of 32 bits"}
	}
	return int(n), nil
}

func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case float64:
		// Out of the range of 32 bits everything is refused, so the conversion is exact where it matters.
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	}
	return 0, false
}
