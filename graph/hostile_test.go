package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/graph"
	"kith/internal/crm"
)

// ways are how an operation can be sent. Each returns the first answer, which is the errors alone where it is refused.
var ways = map[string]func(s *server, document string, variables vars) string{
	"POST": func(s *server, document string, variables vars) string {
		return s.query("staff", document, variables).body
	},
	"SSE": func(s *server, document string, variables vars) string {
		return s.sse(s.t, "staff", document, variables).next("next")
	},
	"WebSocket": func(s *server, document string, variables vars) string {
		c := s.join(s.t, "staff")
		c.subscribe("1", document, variables)
		f := c.hear()
		if f.Type == "error" {
			return `{"errors":` + string(f.Payload) + `}`
		}
		return string(f.Payload)
	},
}

func repeat(n int, format string) string {
	var b strings.Builder
	for i := range n {
		if strings.Contains(format, "%") {
			fmt.Fprintf(&b, format+" ", i)
			continue
		}
		b.WriteString(format + " ")
	}
	return b.String()
}

// spreadTwice is fragments of which each spreads the next one twice.
func spreadTwice(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "fragment F%d on Query{...F%d ...F%d}", i, i+1, i+1)
	}
	return b.String() + fmt.Sprintf("fragment F%d on Query{__typename}", n)
}

// TestHostileOperations sends what would cost a server much by every way there is. Each ends soon, and an ordinary client
// is still served.
func TestHostileOperations(t *testing.T) {
	t.Parallel()
	const ordinary = `query Q($n: Int) { contacts(first: $n) { nodes { ...C } totalCount { value exact } } } fragment C on Contact { id displayName }`
	pages := func(outer, inner int) string {
		return fmt.Sprintf(`{ contacts(first: 100) { nodes { sessions(first: %d) { nodes { contact { sessions(first: %d) { nodes { id } } } } } } } }`, outer, inner)
	}
	shared := serve(t)
	for name, c := range map[string]struct {
		document  string
		variables vars
		want      string // part of the message; empty where it is served
	}{
		"an ordinary query":                {ordinary, vars{"n": 10}, ""},
		"8,000 times the same":             {"{" + repeat(8000, "__typename") + "}", nil, "too long: it can have at most 20480 bytes"},
		"as many as the document can hold": {"{" + repeat(1800, "__typename") + "}", nil, "too long: it can have at most 1000 words and signs"},
		"as many as tokens allow":          {"{" + repeat(990, "__typename") + "}", nil, "repetitions of one field: 51, and at most 50"},
		"a document of 20 KiB":             {"{ __typename } #" + strings.Repeat("x", 20<<10-16), nil, ""},
		"a byte more":                      {"{ __typename } #" + strings.Repeat("x", 20<<10-15), nil, "too long"},
		"1,000 tokens":                     {`{ nodes(ids: [` + strings.Repeat(`"x",`, 986) + `]) { __typename } }`, nil, "ids can name at most 100"},
		"one more":                         {`{ nodes(ids: [` + strings.Repeat(`"x",`, 990) + `]) { __typename } }`, nil, "too long: it can have at most 1000 words and signs"},
		"a chain of fragments":             {"{...F0}" + spreadTwice(30), nil, "too many"},
		"a chain that nobody spreads":      {"{__typename}" + spreadTwice(30), nil, "too many"},
		"a circle of fragments":            {"{...A} fragment A on Query{...B} fragment B on Query{...A}", nil, "Cannot spread fragment"},
		"a circle in fields":               {"{contact(id: 1){...A}} fragment A on Contact{sessions{nodes{contact{...A}}}}", nil, "Cannot spread fragment"},
		"50 operations":                    {repeat(50, "query Q%d{__typename}"), nil, "operations: 50, and at most 10"},
		"many aliases":                     {"{" + repeat(20, "a%d: viewer { x: role y: role }") + "}", nil, "aliases: 60, and at most 30"},
		"just few enough":                  {"{" + repeat(15, "a%d: viewer { x: role }") + "}", nil, ""},
		"many fields of the root":          {"{" + repeat(21, "a%d: __typename") + "}", nil, "root fields: 21, and at most 20"},
		"deep selections":                  {"{ contact(id: 1) " + strings.Repeat("{ sessions { nodes { contact ", 4) + "{ id }" + strings.Repeat("} } }", 4) + "}", nil, "levels of fields: 14, and at most 12"},
		"brackets without end":             {"{ nodes(ids: " + strings.Repeat("[", 900) + ") { id } }", nil, "Syntax error"},
		"pages within pages":               {pages(100, 100), nil, "rows on all pages: 1010100, and at most 50000"},
		"just few enough pages":            {pages(4, 100), nil, ""},
		"just too many":                    {pages(5, 100), nil, "rows on all pages: 50600"},
		"pages by variables":               {`query ($n: Int) { contacts(first: $n) { nodes { sessions(first: $n) { nodes { contact { sessions(first: $n) { nodes { id } } } } } } } }`, vars{"n": 100}, "rows on all pages"},
		"small ones by variables":          {`query ($n: Int) { contacts(first: $n) { nodes { sessions(first: $n) { nodes { contact { sessions(first: $n) { nodes { id } } } } } } } }`, vars{"n": 10}, ""},
		"many directives":                  {"{ __typename " + repeat(51, "@skip(if: false)") + "}", nil, "directives: 51, and at most 50"},
		"many variables":                   {"query (" + repeat(51, "$v%d: Int") + ") { __typename }", nil, "variables: 51, and at most 50"},
		"the schema as tools ask for it":   {introspection, nil, ""},
		"the schema a thousand times":      {"{ __schema { types { ...A } } }" + schemaBomb(12), nil, "too many"},
	} {
		for way, send := range ways {
			t.Run(name+" by "+way, func(t *testing.T) {
				t.Parallel()
				s := &server{Server: shared.Server, t: t}
				begun := time.Now()
				got := send(s, c.document, c.variables)
				if took := time.Since(begun); took > 5*time.Second { // seconds, where it would be hours
					t.Errorf("took %s", took)
				}
				if c.want == "" {
					if strings.Contains(got, `"errors"`) || !strings.Contains(got, `"extensions":{"cost":{"cost":`) {
						t.Errorf("got %.300s", got)
					}
				} else if !strings.Contains(got, c.want) || strings.Contains(strings.ReplaceAll(got, `"data":{"nodes":null}`, ""), `"data":{`) || !strings.Contains(got, `"code":"`) {
					t.Errorf("got %.600s, want %s", got, c.want)
				}
				if after := send(s, ordinary, vars{"n": 10}); strings.Contains(after, `"errors"`) {
					t.Errorf("an ordinary client gets %s", after)
				}
			})
		}
	}
}

// schemaBomb is fragments on types of which each asks twice for the types within.
func schemaBomb(n int) string {
	var b strings.Builder
	name := func(i int) string { return string(rune('A' + i)) }
	for i := range n {
		fmt.Fprintf(&b, "fragment %s on __Type{a:ofType{...%s}b:ofType{...%s}}", name(i), name(i+1), name(i+1))
	}
	return b.String() + "fragment " + name(n) + " on __Type{name}"
}

func TestTheCostIsTold(t *testing.T) {
	t.Parallel()
	s := serve(t)
	got := s.query("staff", `query ($n: Int = 10) { contacts(first: $n) { edges { node { id } } } }`, nil)
	var answer struct {
		Extensions struct{ Cost struct{ Cost, Limit int } }
	}
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
		t.Fatal(err)
	}
	if c := answer.Extensions.Cost; c.Cost != 21 || c.Limit != 100_000 {
		t.Errorf("%s", got.body)
	}
}

func TestCostlyOperationsTakeMoreOfTheRateLimit(t *testing.T) {
	t.Parallel()
	const costly = `{ contacts(first: 100) { nodes { sessions(first: 20) { nodes { id } } } } }` // 2,201
	for way, send := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			taken, left := []int{}, 10
			s := serve(t, func(o *graph.Options) {
				o.Allow = func(_ context.Context, _ crm.Viewer, n int) (time.Duration, bool) {
					mu.Lock()
					defer mu.Unlock()
					taken = append(taken, n)
					left -= n
					return 1500 * time.Millisecond, left > 0
				}
			})
			if got := send(s, costly, nil); strings.Contains(got, "errors") {
				t.Error(got)
			}
			mu.Lock()
			if want := []int{2}; !slices.Equal(taken, want) && !slices.Equal(taken, []int{1, 2}) {
				t.Errorf("%d tokens, want %d, and one for the operation itself on a socket", taken, want)
			}
			left = 2
			mu.Unlock()
			if got := send(s, costly, nil); !strings.Contains(got, `"RATE_LIMITED"`) || !strings.Contains(got, "Try again in 2 s") {
				t.Error(got)
			}
		})
	}
	t.Run("the header says when to retry", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(o *graph.Options) {
			o.Allow = func(context.Context, crm.Viewer, int) (time.Duration, bool) { return 1500 * time.Millisecond, false }
		})
		got := s.query("staff", costly, nil)
		if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "2" {
			t.Errorf("%d %v %s", got.status, got.header, got.body)
		}
	})
}

func TestAChannelCannotReadTheSchema(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for who, want := range map[string]bool{"staff": true, "admin": true, "channel": false} {
		got := s.query(who, `{ __schema { queryType { name } } }`, nil)
		if strings.Contains(got.body, `"name":"Query"`) != want || strings.Contains(got.body, "FORBIDDEN") == want {
			t.Errorf("%s: %s", who, got.body)
		}
	}
}

// TestConcurrency fills every slot with an operation that does not end, and the queue behind them.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	for way, send := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			var h *graph.Handler
			s := serveHandler(t, &h, func(o *graph.Options) { o.Concurrency = 1 }, following(t))
			running, finish := make(chan struct{}), make(chan struct{})
			graph.Block(h, running, finish)
			first := make(chan string, 1)
			go func() { first <- s.query("staff", `{ viewer { role } }`, nil).body }()
			<-running
			// Four may wait, for two seconds; subscriptions have no part in it.
			got := send(s, `{ viewer { role } }`, nil)
			if !strings.Contains(got, `"UNAVAILABLE"`) || !strings.Contains(got, "busy") {
				t.Errorf("got %s", got)
			}
			s.join(t, "staff").subscribe("s", `subscription { contactEvents { id } }`, nil)
			close(finish)
			if got := <-first; strings.Contains(got, "errors") {
				t.Error(got)
			}
			if got := send(s, `{ viewer { role } }`, nil); strings.Contains(got, "errors") {
				t.Errorf("afterwards: %s", got)
			}
		})
	}
	t.Run("over HTTP it is 503", func(t *testing.T) {
		t.Parallel()
		var h *graph.Handler
		s := serveHandler(t, &h, func(o *graph.Options) { o.Concurrency = 1 })
		running, finish := make(chan struct{}), make(chan struct{})
		graph.Block(h, running, finish)
		done := make(chan struct{})
		go func() { defer close(done); s.query("staff", `{ viewer { role } }`, nil) }()
		<-running
		if got := s.query("staff", `{ viewer { role } }`, nil); got.status != 503 || got.header.Get("Retry-After") != "1" {
			t.Errorf("%d %v %s", got.status, got.header, got.body)
		}
		close(finish)
		<-done
	})
}
