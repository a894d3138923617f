package graph_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kith/graph"
	"kith/internal/crm"
)

// distinct is a subscription that shares its answers with no other.
func distinct(n int) string {
	return fmt.Sprintf(`subscription { contactEvents { a%d: id kind contact { name sessions(first: 100) { nodes { id } } } } }`, n)
}

// TestASubjectThatRestsGetsAllItsAnswers has somebody else at work all the time.
func TestASubjectThatRestsGetsAllItsAnswers(t *testing.T) {
	t.Parallel()
	s := serve(t, following(t), graph.Share(0.2))
	shop := s.channel("admin", "Shop", "WHATSAPP")
	ann, _ := s.record("channel", vars{"channelId": shop, "externalId": "1", "messageId": "1"})
	c := s.join(t, "staff")
	const n = 20
	for i := range n {
		c.subscribe(fmt.Sprint(i), distinct(i), nil)
	}
	c.barrier()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			s.query("admin", `{ contacts { nodes { id } } }`, nil)
		}
	}()
	defer func() {
		cancel()
		<-done
	}()
	for range 10 { // somebody is at work before anything has been answered
		s.query("admin", `{ contacts { nodes { id } } }`, nil)
	}
	for round := range 3 {
		s.change("staff", ann, "name", fmt.Sprint("Ann ", round))
		seen := map[string]bool{}
		for len(seen) < n {
			f, err := c.listen(time.Minute) // it rests for as long as a slow machine makes it work
			if err != nil {
				t.Fatal(err)
			}
			if f.Type == "ping" || strings.Contains(string(f.Payload), "ACTIVITY") {
				continue
			}
			if f.Type != "next" || seen[f.ID] || !strings.Contains(string(f.Payload), fmt.Sprintf(`"a%s":`, f.ID)) ||
				!strings.Contains(string(f.Payload), fmt.Sprint("Ann ", round)) {
				t.Fatalf("%d: %+v", round, f)
			}
			seen[f.ID] = true
		}
	}
}

// as has credentials begin with the subject that they are for and a bar.
func as(o *graph.Options) {
	authenticate := o.Authenticate
	o.Authenticate = func(ctx context.Context, header string) (crm.Viewer, error) {
		subject, bearer, ok := strings.Cut(header, "|")
		if !ok {
			return authenticate(ctx, header)
		}
		v, err := authenticate(ctx, bearer)
		v.Subject = subject
		return v, err
	}
}

func (s *server) joinAs(t *testing.T, subject string) *client {
	t.Helper()
	c := s.dial(t, "Authorization", subject+"|"+token(t, "staff", "acme"))
	c.say(`{"type":"connection_init"}`)
	c.want("connection_ack", "")
	return c
}

func TestSubscriptionsOfASubjectAreBounded(t *testing.T) {
	t.Parallel()
	var h *graph.Handler
	s := serveHandler(t, &h, as, func(o *graph.Options) { o.Subscriptions = 3 })
	ann, again := s.joinAs(t, "ann"), s.joinAs(t, "ann")
	ann.subscribe("1", watchContacts, nil)
	ann.barrier()
	again.subscribe("1", watchContacts, nil)
	again.barrier()
	body := `{"query": "subscription { contactEvents { id } }"}`
	bearer := token(t, "staff", "acme")
	stream := s.sseRaw(t, body, "Authorization", "ann|"+bearer)
	stream.event() // the first comment: it stands
	for _, c := range []*client{ann, again} {
		c.subscribe("2", watchContacts, nil)
		if f := c.want("error", "2"); !strings.Contains(string(f.Payload), `"code":"RATE_LIMITED"`) {
			t.Errorf("%s", f.Payload)
		}
	}
	if data := s.sseRaw(t, body, "Authorization", "ann|"+bearer).next("next"); !strings.Contains(data, `"code":"RATE_LIMITED"`) {
		t.Error(data)
	}
	if n := h.SubscriptionsRefused(); n != 3 {
		t.Errorf("%d refused", n)
	}
	ann.subscribe("q", `{ viewer { role } }`, nil) // queries are not counted
	ann.want("next", "q")
	ann.want("complete", "q")
	ben := s.joinAs(t, "ben")
	ben.subscribe("1", watchContacts, nil)
	ben.barrier()
	ann.say(`{"id":"1","type":"complete"}`)
	for deadline := time.Now().Add(10 * time.Second); ; { // there is room again
		again.subscribe("3", watchContacts, nil)
		again.say(`{"type":"ping","payload":{"n":1}}`)
		if f := again.hear(); f.Type == "pong" {
			break
		}
		again.want("pong", "")
		if time.Now().After(deadline) {
			t.Fatal("a subscription that has ended still counts")
		}
	}
}

func TestASubscriptionThatCostsTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.join(t, "staff")
	page := func(n int) string {
		return fmt.Sprintf(`subscription { contactEvents { contact { sessions(first: %d) { nodes { id a: channel { id } b: channel { id } c: channel { id } d: channel { id } } } } } }`, n)
	}
	c.subscribe("1", page(10), nil)
	c.barrier()
	nested := `subscription { sessionEvents { session { contact { sessions(first: 100) { nodes { contact { sessions(first: 100) { nodes { id } } } } } } } } }`
	for _, document := range []string{page(100), nested} {
		c.subscribe("2", document, nil)
		if f := c.want("error", "2"); !strings.Contains(string(f.Payload), `"code":"QUERY_TOO_COMPLEX"`) ||
			!strings.Contains(string(f.Payload), "for each event") {
			t.Errorf("%s", f.Payload)
		}
		if data := s.sse(t, "staff", document, nil).next("next"); !strings.Contains(data, `"code":"QUERY_TOO_COMPLEX"`) {
			t.Error(data)
		}
	}
}

// TestAnswersOfOneSubjectComeOneAtATime holds an answer up: of its subject no other is made meanwhile, those of others are,
// also what both have asked for.
func TestAnswersOfOneSubjectComeOneAtATime(t *testing.T) {
	t.Parallel()
	var h *graph.Handler
	s := serveHandler(t, &h, as, following(t))
	shop := s.channel("admin", "Shop", "WHATSAPP")
	contact, _ := s.record("channel", vars{"channelId": shop, "externalId": "1", "messageId": "1"})
	entered, finish := make(chan struct{}, 100), make(chan struct{})
	graph.Hold(h, "sessions(first: 100)", entered, finish)
	ann, ben := s.joinAs(t, "ann"), s.joinAs(t, "ben")
	for i := range 5 {
		ann.subscribe(fmt.Sprint(i), distinct(i), nil)
	}
	for _, c := range []*client{ann, ben} {
		c.subscribe("common", `subscription { contactEvents { kind contact { name } } }`, nil)
		c.barrier()
	}
	s.change("admin", contact, "name", "Ann")
	<-entered
	for _, c := range []*client{ben, ann} {
		if got := c.events("common", 1)[0]; !strings.Contains(got, `"name":"Ann"`) {
			t.Error(got)
		}
		c.barrier()
	}
	if n := len(entered); n > 0 {
		t.Errorf("%d more are made at the same time", n)
	}
	close(finish)
	for range 5 {
		if f := ann.hear(); f.Type != "next" {
			t.Errorf("%+v", f)
		}
	}
}
