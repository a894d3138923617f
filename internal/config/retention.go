package config

import (
	"errors"
	"strings"
	"time"
)

// Forever is the [Retention] of what is never deleted.
const Forever Retention = 0

// Retention is how long records are kept.
type Retention time.Duration

func (r Retention) String() string {
	if r == Forever {
		return "forever"
	}
	return FormatDuration(time.Duration(r))
}

var errRetention = errors.New("is not a duration, nor forever")

// ParseRetention reads a duration as [ParseDuration] does, or forever.
func ParseRetention(s string) (Retention, error) {
	if strings.EqualFold(s, "forever") {
		return Forever, nil
	}
	d, err := ParseDuration(s)
	if err != nil || d <= 0 { // none at all would be taken for forever
		return 0, errRetention
	}
	return Retention(d), nil
}

// atLeast reports whether records are kept for d or longer.
func (r Retention) atLeast(d time.Duration) bool { return r == Forever || time.Duration(r) >= d }
