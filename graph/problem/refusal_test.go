package problem_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"kith/graph/problem"
	"kith/internal/crm"
)

func TestWhatIsRefusedBecauseTheWorkspaceIsGone(t *testing.T) {
	t.Parallel()
	r := problem.Reporter{Log: slog.New(slog.DiscardHandler), RequestID: func(context.Context) string { return "" }}
	refused := r.Refuse(t.Context(), fmt.Errorf("list contacts: %w", crm.ErrWorkspaceGone))
	h := http.Header{}
	refused.SetHeaders(h)
	want := `Bearer realm="kith", error="invalid_token", error_description="This workspace has been deleted"`
	if refused.Status != http.StatusUnauthorized || h.Get("WWW-Authenticate") != want {
		t.Errorf("%d %v", refused.Status, h)
	}
}
