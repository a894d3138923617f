package metrics

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kith/storage"
)

func TestFiguresOfTheDatabaseAreReadSeldomAndOutliveAnOutage(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	var reads int
	var fails bool
	stats := storage.Stats{Size: 5000, Failures: 3, OldestFailure: now.Add(-time.Hour), OldestUnpublished: now.Add(-90 * time.Second)}
	r := New("v1")
	InstrumentDatabase(r, func(context.Context) (storage.Stats, error) {
		if reads++; fails {
			return storage.Stats{}, errors.New("away")
		}
		return stats, nil
	}, func() time.Time { return now })
	scrape := func() string {
		w := httptest.NewRecorder()
		Handler(r).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return w.Body.String()
	}
	shown := ""
	for range 5 {
		shown = scrape()
	}
	for _, want := range []string{
		"kith_database_size_bytes 5000", "kith_kept_failures 3", "kith_oldest_kept_failure_timestamp_seconds 996400",
		"kith_event_lag_seconds 90", "kith_replicas 0", "kith_database_stats_timestamp_seconds 1e+06",
	} {
		if !strings.Contains(shown, "\n"+want+"\n") {
			t.Errorf("no %s", want)
		}
	}
	for _, unknown := range []string{"kith_disk_free_bytes", "kith_replica_lag_seconds"} {
		if strings.Contains(shown, unknown) {
			t.Errorf("%s is shown, and nothing is known", unknown)
		}
	}
	if reads != 1 {
		t.Errorf("5 scrapes read %d times", reads)
	}
	fails = true
	now = now.Add(statsInterval)
	if shown := scrape(); reads != 2 || !strings.Contains(shown, "kith_kept_failures 3") ||
		!strings.Contains(shown, "kith_database_stats_timestamp_seconds 1e+06") {
		t.Errorf("after an outage, %d reads", reads)
	}
	now = now.Add(statsKept)
	if strings.Contains(scrape(), "kith_kept_failures") {
		t.Error("figures outlive a long outage")
	}
	fails, stats.Failures, stats.OldestFailure = false, 0, time.Time{}
	now = now.Add(statsInterval)
	if shown := scrape(); !strings.Contains(shown, "kith_kept_failures 0") || strings.Contains(shown, "kith_oldest_kept") {
		t.Error("after the outage, the figures are not shown again")
	}
}
