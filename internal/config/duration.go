package config

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

const day = 24 * time.Hour

// ParseDuration reads a duration as Go writes it, which may begin with days of 24 hours: 30d, 1d12h, 90m.
func ParseDuration(s string) (time.Duration, error) {
	count, rest, hasDays := strings.Cut(s, "d")
	if !hasDays {
		d, err := time.ParseDuration(s)
		if err != nil {
			return 0, errDuration
		}
		return d, nil
	}
	days, err := strconv.ParseUint(count, 10, 31)
	if err != nil || days > uint64(math.MaxInt64/day) {
		return 0, errDuration
	}
	d := time.Duration(days) * day
	if rest == "" {
		return d, nil
	}
	more, err := time.ParseDuration(rest)
	if err != nil || rest[0] == '-' || rest[0] == '+' || more > math.MaxInt64-d {
		return 0, errDuration
	}
	return d + more, nil
}

// FormatDuration writes a duration as [ParseDuration] reads it, in days where it has nothing but whole ones.
func FormatDuration(d time.Duration) string {
	if d > 0 && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return d.String()
}

var errDuration = errors.New("is not a duration")

// mappers make kong read durations as [ParseDuration] does, and retentions as [ParseRetention].
func mappers() []kong.Option {
	return []kong.Option{
		mapper(func(s string) (time.Duration, error) {
			d, err := ParseDuration(s)
			if err != nil {
				err = fmt.Errorf("must be a duration, such as 30d, 12h, 1h30m or 90s; got %q", s)
			}
			return d, err
		}),
		mapper(func(s string) (Retention, error) {
			r, err := ParseRetention(s)
			if err != nil {
				err = fmt.Errorf("must be a duration, such as 365d, or forever; got %q", s)
			}
			return r, err
		}),
	}
}

// mapper makes kong read values of a type with parse.
func mapper[T ~int64](parse func(string) (T, error)) kong.Option {
	decode := func(ctx *kong.DecodeContext, target reflect.Value) error {
		var s string
		if err := ctx.Scan.PopValueInto("duration", &s); err != nil {
			return err
		}
		d, err := parse(s)
		if err == nil {
			target.SetInt(int64(d))
		}
		return err
	}
	return kong.TypeMapper(reflect.TypeFor[T](), kong.MapperFunc(decode))
}
