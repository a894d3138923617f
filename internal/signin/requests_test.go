package signin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

func TestRequestsToTheProviderAreReportedWithTheirResults(t *testing.T) {
	t.Parallel()
	var got []bool
	client := &http.Client{Transport: bounded{http.DefaultTransport, func(err error) { got = append(got, err == nil) }}}
	status := http.StatusOK
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	ask := func(ctx context.Context) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, provider.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if res, err := client.Do(r); err == nil {
			_ = res.Body.Close()
		}
	}
	ask(t.Context())
	status = http.StatusBadRequest // it is there, and refuses
	ask(t.Context())
	status = http.StatusBadGateway
	ask(t.Context())
	left, cancel := context.WithCancel(t.Context())
	cancel()
	ask(left) // the user has gone, which says nothing about the provider
	provider.Close()
	ask(t.Context())
	if want := []bool{true, true, false, false}; !slices.Equal(got, want) {
		t.Errorf("the results are %v, want %v", got, want)
	}
}
