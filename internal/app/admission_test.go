package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"kith/internal/auth"
	"kith/internal/crm"
)

func TestACookieThatIsCheckedAgainCountsWhenItIsRefused(t *testing.T) {
	t.Parallel()
	var (
		refused []string
		over    error
	)
	a := newAdmission(
		func(context.Context, string) (crm.Viewer, error) { return crm.Viewer{}, auth.Refuse("token missing") },
		func(*http.Request) (crm.Viewer, bool, error) { return crm.Viewer{}, true, over },
		0, func(reason string) { refused = append(refused, reason) },
	)
	a.admit(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := a.again(r.Context(), ""); err != nil {
			t.Error(err)
		}
		over = auth.Refuse("signed out")
		if _, err := a.again(r.Context(), ""); auth.Reason(err) != "signed out" {
			t.Error(err)
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/graphql", http.NoBody))
	if !slices.Equal(refused, []string{"signed out"}) {
		t.Errorf("counted %q", refused)
	}
}
