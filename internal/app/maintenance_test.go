package app

import (
	"context"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/storage/sqlite/sqlitetest"
)

// TestWorkspacesKeepRecordsAsLongAsTheySay runs the maintenance of a server that keeps audit entries for a year.
func TestWorkspacesKeepRecordsAsLongAsTheySay(t *testing.T) {
	t.Parallel()
	store, ctx := sqlitetest.Open(t), t.Context()
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	ages := []time.Duration{31 * day, 366 * day, 800 * day}
	left := func(days *int) (in func() int) {
		w, err := store.Workspace(ctx, time.Now().String())
		if err != nil {
			t.Fatal(err)
		}
		_, err = store.UpdateSettings(ctx, w, func(s *crm.WorkspaceSettings) error {
			_, err := crm.SettingsPatch{AuditDays: crm.To(days)}.Apply(s)
			return err
		}, &crm.AuditEntry{})
		if err != nil {
			t.Fatal(err)
		}
		for _, age := range ages {
			if err := store.AddAudit(ctx, w, crm.NewAudit(crm.SignedOut, "eve", now.Add(-age))); err != nil {
				t.Fatal(err)
			}
		}
		return func() int {
			n, err := store.CountAudit(ctx, w, 10)
			if err != nil {
				t.Fatal(err)
			}
			return n.Value
		}
	}
	usual, shorter, longer, forever := left(nil), left(new(30)), left(new(700)), left(new(crm.Forever))
	m := &maintenance{
		store: store, now: func() time.Time { return now }, mergeProven: func(context.Context) (bool, error) { return false, nil },
		retention: retention{events: day, messages: 90 * day, failures: 90 * day, audit: 365 * day}, panicked: func() {},
	}
	for more := true; more; {
		var err error
		if more, err = m.once(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for what, c := range map[string]struct{ got, want int }{
		"as the server says": {usual(), 1}, "30 days": {shorter(), 0}, "700 days": {longer(), 2}, "forever": {forever(), 3},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d entries are left, want %d", what, c.got, c.want)
		}
	}
	if c := cutoff(now, 0, nil, func(crm.WorkspaceRetention) *int { return nil }); !c.Before.IsZero() {
		t.Errorf("a server that keeps records forever forgets those from before %v", c.Before)
	}
}
