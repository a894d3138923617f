package config

import (
	"strings"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]time.Duration{
		"30d": 30 * day, "0d": 0, "1d12h": 36 * time.Hour, "90m": 90 * time.Minute, "1.5h": 90 * time.Minute, "0": 0, "0s": 0,
		"106751d": 106751 * day, "2h45m": 165 * time.Minute, "-1s": -time.Second,
	} {
		if got, err := ParseDuration(s); err != nil || got != want {
			t.Errorf("%s: got %s, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", "d", "30", "30 d", "-1d", "+1d", "1.5d", "1d-2h", "1d+2h", "1d2d", "12h1d", "1dd", "106752d", "106751d24h", "4294967296d", "1w", "30D",
	} {
		if got, err := ParseDuration(s); err == nil {
			t.Errorf("%q passes for %s", s, got)
		}
	}
}

func TestSettingsTakeDays(t *testing.T) {
	t.Parallel()
	got, err := load(t, map[string]string{"KITH_EVENT_RETENTION": "2d"}, "--oidc-lifetime=1d12h")
	if err != nil || got.EventRetention != 2*day || got.OIDC.Lifetime != 36*time.Hour {
		t.Errorf("got %s, %s, %v", got.EventRetention, got.OIDC.Lifetime, err)
	}
	_, err = load(t, map[string]string{"KITH_EVENT_RETENTION": "soon"})
	if err == nil || !strings.Contains(err.Error(), `KITH_EVENT_RETENTION: "soon" is not a duration; for example KITH_EVENT_RETENTION=24h`) {
		t.Errorf("got %v", err)
	}
}
