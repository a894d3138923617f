package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// client asks one server with one token.
type client struct {
	url   string
	token string
}

func (s *server) client(token string) client { return client{url: s.url + "/graphql", token: token} }

// transport lets as many connections live as the tests have clients.
var transport = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}, Timeout: time.Minute}

// vars are the variables of an operation.
type vars = map[string]any

// answer is an answer over HTTP.
type answer struct {
	Status int         `json:"-"`
	Header http.Header `json:"-"`
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
}

// codes are the codes of the answer's errors.
func (a answer) codes() string {
	var all []string
	for _, e := range a.Errors {
		all = append(all, e.Extensions.Code)
	}
	return strings.Join(all, " ")
}

// send sends one operation.
func (c client) send(ctx context.Context, operation string, v vars) (answer, error) {
	body, err := json.Marshal(vars{"query": operation, "variables": v})
	if err != nil {
		return answer{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := transport.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{Status: res.StatusCode, Header: res.Header}
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		return answer{}, fmt.Errorf("status %d: %w", res.StatusCode, err)
	}
	return a, nil
}

// ask sends one operation and reads its data. An error in the answer is an error.
func ask[T any](ctx context.Context, c client, operation string, v vars) (data T, err error) {
	a, err := c.send(ctx, operation, v)
	if err != nil {
		return data, err
	}
	if a.Status != http.StatusOK || len(a.Errors) > 0 {
		return data, fmt.Errorf("status %d: %v", a.Status, a.Errors)
	}
	return data, json.Unmarshal(a.Data, &data)
}

// must is ask, for what must work.
func must[T any](t *testing.T, c client, operation string, v vars) T {
	t.Helper()
	data, err := ask[T](t.Context(), c, operation, v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// refused sends what must be refused, and returns the codes.
func (c client) refused(t *testing.T, operation string, v vars) string {
	t.Helper()
	a, err := c.send(t.Context(), operation, v)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Errors) == 0 {
		t.Fatalf("not refused: %s", a.Data)
	}
	return a.codes()
}

// together runs n functions at once and waits for them.
func together(n int, f func(i int) error) error {
	var all sync.WaitGroup
	failed := make([]error, n)
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-begin
			failed[i] = f(i)
		})
	}
	close(begin)
	all.Wait()
	return errors.Join(failed...)
}
