package scalar_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/scalar"
)

func TestDateTime(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2026-11-23T09:30:00Z":            `"2026-11-23T09:30:00Z"`,
		"2026-11-23T09:30:00.5Z":          `"2026-11-23T09:30:00.5Z"`,
		"2026-11-23T09:30:00.123456789Z":  `"2026-11-23T09:30:00.123456Z"`,
		"2026-11-23T09:30:00.1+05:30":     `"2026-11-23T04:00:00.1Z"`,
		"2024-02-29T23:59:59-00:00":       `"2024-02-29T23:59:59Z"`,
		"0001-01-01T00:00:00+01:00":       "",
		"2025-02-29T00:00:00Z":            "",
		"2026-11-23 09:30:00Z":            "",
		"2026-11-23T9:30:00Z":             "",
		"2026-11-23T09:30:00":             "",
		"2026-11-23T09:30:00,5Z":          "",
		"2026-11-23T09:30:00Z and":        "",
		"2026-11-23":                      "",
		"":                                "",
		strings.Repeat("2026-11-23T", 99): "",
	} {
		got, err := scalar.UnmarshalDateTime(in)
		if (err != nil) != (want == "") {
			t.Errorf("%q: %v", in, err)
			continue
		}
		var b strings.Builder
		if scalar.MarshalDateTime(got).MarshalGQL(&b); err == nil && b.String() != want {
			t.Errorf("%q is written %s, want %s", in, b.String(), want)
		}
	}
	if _, err := scalar.UnmarshalDateTime(time.Now().Unix()); err == nil {
		t.Error("a number is a moment")
	}
}

func FuzzStringsAreWrittenAsGqlgenWritesThem(f *testing.F) {
	for _, s := range []string{"", "Ann", `"\\/`, "a\x00\x1f\x7f\t\r\nb", "\u2028<&>\ufffd", "\xff\xc3", "😀é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b strings.Builder
		graphql.MarshalString(s).MarshalGQL(&b)
		if got := string(scalar.AppendString(nil, s)); got != b.String() {
			t.Errorf("%q is written %s, want %s", s, got, b.String())
		}
	})
}

func TestInt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   any
		want int
		ok   bool
	}{
		{25, 25, true},
		{int64(-1), -1, true},
		{2.0, 2, true},
		{json.Number("7"), 7, true},
		{float64(math.MaxInt32), math.MaxInt32, true},
		{float64(math.MaxInt32 + 1), 0, false},
		{int64(math.MinInt32 - 1), 0, false},
		{2.5, 0, false},
		{math.NaN(), 0, false},
		{math.Inf(-1), 0, false},
		{json.Number("1e2"), 0, false},
		{"25", 0, false},
		{true, 0, false},
		{nil, 0, false},
	} {
		got, err := scalar.UnmarshalInt(c.in)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%v (%T): %d, %v", c.in, c.in, got, err)
		}
	}
}
