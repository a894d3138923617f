package channels_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kith/internal/channels"
	"kith/internal/crm"
	"kith/internal/httpd"
	"kith/internal/ingest"
)

// metric is the value of a counter or gauge, of the label values where it has labels.
func (p *place) metric(name string, labels ...string) float64 {
	p.Helper()
	families, err := p.metrics.Gather()
	if err != nil {
		p.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			var got []string
			for _, l := range m.GetLabel() {
				got = append(got, l.GetName()+"="+l.GetValue())
			}
			if strings.Join(got, ",") == strings.Join(labels, ",") {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return 0
}

// nothingInMemory checks that what was read is given back.
func (p *place) nothingInMemory() {
	p.Helper()
	if n := p.metric("kith_webhook_body_bytes"); n != 0 {
		p.Errorf("%.0f bytes are still in memory", n)
	}
}

// from sends a body as somebody at an address.
func (p *place) from(address string, c crm.Channel, h http.Header, body string) *httptest.ResponseRecorder {
	h = h.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("X-Address", address)
	return p.send(http.MethodPost, c.ID.String(), h, body)
}

// limited checks that an answer says when to come back.
func (p *place) limited(w *httptest.ResponseRecorder) {
	p.Helper()
	if after, err := strconv.Atoi(w.Header().Get("Retry-After")); w.Code != http.StatusTooManyRequests || err != nil || after < 1 {
		p.Errorf("%d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
}

// counting counts how often channels are looked for.
type counting struct {
	channels interface {
		ChannelByID(ctx context.Context, id crm.ChannelID) (crm.WorkspaceID, crm.Channel, error)
		Generation() uint64
	}
	n atomic.Int64
}

func (c *counting) ChannelByID(ctx context.Context, id crm.ChannelID) (crm.WorkspaceID, crm.Channel, error) {
	c.n.Add(1)
	return c.channels.ChannelByID(ctx, id)
}

func (c *counting) Generation() uint64 { return c.channels.Generation() }

func TestChannelsThatAreNotThereAreLookedForAFewTimes(t *testing.T) {
	t.Parallel()
	var looks counting
	p := openWith(t, func(o *channels.Options) {
		looks.channels = o.Channels
		o.Channels = &looks
		o.Strangers = httpd.NewAllowance(5, time.Hour)
	})
	c, unseen := p.channel(crm.WhatsApp), p.channel(crm.WhatsApp)
	body := p.sample("whatsapp/text")
	good := header(c.Type, secret, body, start)
	if w := p.from("here", c, good, body); w.Code != http.StatusOK {
		t.Fatalf("%d", w.Code)
	}
	looks.n.Store(0)
	var all sync.WaitGroup
	var missing, limited atomic.Int64
	for range 25 {
		all.Go(func() {
			for n := range 100 {
				unknown := crm.Channel{ID: crm.NewChannelID(start)}
				if n%4 == 0 {
					unknown.ID = crm.ChannelID{1}
				}
				switch w := p.from("here", unknown, nil, "{}"); w.Code {
				case http.StatusNotFound:
					missing.Add(1)
				case http.StatusTooManyRequests:
					limited.Add(1)
				default:
					t.Errorf("%d", w.Code)
				}
			}
		})
	}
	all.Wait()
	if missing.Load() != 5 || limited.Load() != 2495 || looks.n.Load() > 5 {
		t.Errorf("%d are not there, %d are too many, %d looks", missing.Load(), limited.Load(), looks.n.Load())
	}
	p.limited(p.send(http.MethodPost, "no-id", http.Header{"X-Address": {"here"}}, "{}"))
	if n := p.metric("kith_webhooks_limited_total", "limit=unverified", "type="); n != 2496 {
		t.Errorf("%.0f are counted", n)
	}
	for _, ch := range []crm.Channel{c, unseen} { // the provider may share the address
		if w := p.from("here", ch, good, body); w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	looks.n.Store(0)
	for range 100 { // nor does what looks signed have a look each
		p.limited(p.from("here", crm.Channel{ID: crm.NewChannelID(start)}, good, body))
	}
	if n := looks.n.Load(); n > 40 {
		t.Errorf("%d looks for what looks signed", n)
	}
	looks.n.Store(0)
	for range 4 {
		if w := p.from("there", crm.Channel{ID: crm.ChannelID{2}}, nil, "{}"); w.Code != http.StatusNotFound {
			t.Errorf("from another address: %d", w.Code)
		}
	}
	if n := looks.n.Load(); n != 1 {
		t.Errorf("%d looks for one channel", n)
	}
}

func TestManyChannelsOfOneProviderAreFound(t *testing.T) {
	t.Parallel()
	p := openWith(t, func(o *channels.Options) { o.Strangers = httpd.NewAllowance(2, time.Hour) })
	body := p.sample("telegram/text")
	for range 20 {
		c := p.channel(crm.Telegram)
		if w := p.from("here", c, header(c.Type, secret, body, start), body); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}

func TestWhatIsNotVerifiedIsLimitedAndNothingElse(t *testing.T) {
	t.Parallel()
	for kind, sender := range senders {
		if kind == crm.HTMLEmbed {
			continue
		}
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			var looks counting
			p := openWith(t, func(o *channels.Options) {
				looks.channels = o.Channels
				o.Channels = &looks
				o.Strangers = httpd.NewAllowance(3, time.Hour)
			})
			c, other, body := p.channel(kind), p.channel(kind), p.sample(sender.text)
			good := header(kind, secret, body, start)
			bad := []http.Header{nil, header(kind, "another secret", body, start), {}}
			for n := range 3 {
				if w := p.from("here", c, bad[n], body); w.Code != http.StatusUnauthorized {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			}
			looks.n.Store(0)
			for n := range 30 {
				p.limited(p.from("here", c, bad[n%3], body))
				if w := p.from("here", c, good, body); w.Code != http.StatusOK {
					t.Errorf("a signed one: %d %s", w.Code, w.Body)
				}
			}
			if n := looks.n.Load(); n != 0 {
				t.Errorf("the channel is looked for %d times", n)
			}
			for _, w := range []*httptest.ResponseRecorder{
				p.from("here", other, nil, body), p.from("there", c, nil, body), p.from("there", c, nil, body),
			} {
				if w.Code != http.StatusUnauthorized {
					t.Errorf("another channel, another address: %d", w.Code)
				}
			}
			if n := p.metric("kith_webhooks_limited_total", "limit=unverified", "type="+string(kind)); n != 30 {
				t.Errorf("%.0f are counted", n)
			}
		})
	}
}

func TestGuessesOfAVerifyTokenAreLimited(t *testing.T) {
	t.Parallel()
	p := openWith(t, func(o *channels.Options) { o.Strangers = httpd.NewAllowance(2, time.Hour) })
	c := p.channel(crm.Instagram)
	ask := func(token string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		p.mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet,
			"/channels/"+c.ID.String()+"/webhook?hub.mode=subscribe&hub.challenge=1&hub.verify_token="+token, nil))
		return w
	}
	for range 2 {
		if w := ask("guess"); w.Code != http.StatusForbidden {
			t.Errorf("%d", w.Code)
		}
	}
	p.limited(ask("guess"))
	if w := ask("verify-me"); w.Code != http.StatusOK {
		t.Errorf("the token itself: %d", w.Code)
	}
}

func TestVisitorsOfAnAddressAreLimitedAndSignedInUsersAreNot(t *testing.T) {
	t.Parallel()
	p := openWith(t, func(o *channels.Options) { o.Visitors = httpd.NewAllowance(3, time.Hour) })
	c, other := p.channel(crm.HTMLEmbed), p.channel(crm.HTMLEmbed)
	h := header(crm.HTMLEmbed, "", "", start)
	visit := func(address string, c crm.Channel, n int) *httptest.ResponseRecorder {
		return p.from(address, c, h, fmt.Sprintf(`{"visitorId":"v%d","messageId":"%d","text":"Hi"}`, n, n))
	}
	for n := range 2 {
		if w := visit("here", c, n); w.Code != http.StatusOK {
			t.Errorf("%d", w.Code)
		}
	}
	if w := p.from("here", c, h, `{"visitorId":""}`); w.Code != http.StatusBadRequest { // it counts as well
		t.Errorf("%d", w.Code)
	}
	for n := range 50 {
		for _, ch := range []crm.Channel{c, other} {
			w := visit("here", ch, n)
			p.limited(w)
			if o := w.Header(); o.Get("Access-Control-Allow-Origin") == "" || o.Get("Access-Control-Expose-Headers") != "Retry-After" {
				t.Errorf("the page cannot read %v", o)
			}
		}
		user := identified(secret, "v", fmt.Sprint(n), `{"userId":"42"}`)
		if w := p.from("here", c, h, user); w.Code != http.StatusOK {
			t.Errorf("a signed-in user: %d", w.Code)
		}
		p.limited(p.from("here", c, h, identified("another secret", "v", "1", `{"userId":"42"}`)))
	}
	if w := visit("there", c, 9); w.Code != http.StatusOK {
		t.Errorf("from another address: %d", w.Code)
	}
	if n := len(p.contacts()); n != 4 {
		t.Errorf("%d contacts", n)
	}
	if n := p.metric("kith_webhooks_limited_total", "limit=visitors", "type=HTML_EMBED"); n != 150 {
		t.Errorf("%.0f are counted", n)
	}
}

func TestNewContactsOfAChannelAreLimited(t *testing.T) {
	t.Parallel()
	p := openWith(t, func(o *channels.Options) {
		messages := o.Ingest.(*ingest.Ingest)
		messages.NewContacts = httpd.NewAllowance(3, time.Hour)
	})
	c, other := p.channel(crm.HTMLEmbed), p.channel(crm.HTMLEmbed)
	h := header(crm.HTMLEmbed, "", "", start)
	said := 0
	say := func(c crm.Channel, visitor int) *httptest.ResponseRecorder {
		said++
		return p.from(fmt.Sprint("address ", said), c, h, fmt.Sprintf(`{"visitorId":"v%d","messageId":"%d","text":"Hi"}`, visitor, said))
	}
	var all sync.WaitGroup
	for range 8 { // one visitor's first messages, all at once, make one contact
		body := `{"visitorId":"v0","messageId":"1","text":"Hi"}`
		all.Go(func() {
			if w := p.from("elsewhere", c, h, body); w.Code != http.StatusOK {
				t.Errorf("%d", w.Code)
			}
		})
	}
	all.Wait()
	for n := 1; n < 3; n++ {
		if w := say(c, n); w.Code != http.StatusOK {
			t.Errorf("%d", w.Code)
		}
	}
	for n := range 40 {
		p.limited(say(c, 3+n))
		if w := say(c, n%3); w.Code != http.StatusOK {
			t.Errorf("a visitor who is known: %d", w.Code)
		}
	}
	for n := range 5 {
		user := identified(secret, "v", "1", fmt.Sprintf(`{"userId":"%d"}`, n))
		if w := p.from("here", c, h, user); w.Code != http.StatusOK {
			t.Errorf("a signed-in user: %d", w.Code)
		}
	}
	if w := say(other, 99); w.Code != http.StatusOK {
		t.Errorf("on another channel: %d", w.Code)
	}
	app := p.channel(crm.WhatsApp)
	for n := range 9 { // whose provider vouches for everybody
		p.deliver(app, batch(written(n, n, 1_700_000_000, "Hi")), http.StatusOK)
	}
	if n := len(p.contacts()); n != 3+5+1+9 {
		t.Errorf("%d contacts", n)
	}
	if n := p.metric("kith_webhooks_limited_total", "limit=new_contacts", "type=HTML_EMBED"); n != 40 {
		t.Errorf("%.0f are counted", n)
	}
}

// slow is a delivery that stops short of its end.
type slow struct {
	conn   net.Conn
	status chan int // of the answer, when there is one; 0 when the connection is closed without
}

// sendSlowly sends all but the last byte of a body of a size, signed by nobody.
func (p *place) sendSlowly(url, address string, c crm.Channel, size int) slow {
	p.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = conn.Close() })
	s := slow{conn, make(chan int, 1)}
	go func() {
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			s.status <- 0
			return
		}
		_ = res.Body.Close()
		s.status <- res.StatusCode
	}()
	head := fmt.Sprintf("POST /channels/%s/webhook HTTP/1.1\r\nHost: x\r\nX-Address: %s\r\nX-Hub-Signature-256: sha256=%064d\r\nContent-Length: %d\r\n\r\n",
		c.ID, address, 0, size)
	go func() { _, _ = conn.Write([]byte(head + strings.Repeat("x", size-1))) }()
	return s
}

// settle waits until a delivery is in memory as a whole, or answered, and returns the answer's status; 0 for none.
func (p *place) settle(s slow, inMemory int) int {
	p.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); runtime.Gosched() {
		select {
		case status := <-s.status:
			return status
		default:
		}
		if p.metric("kith_webhook_body_bytes") == float64(inMemory) {
			return 0
		}
	}
	p.Fatal("nothing came of it")
	return 0
}

func TestBodiesThatNobodyHasVerifiedHaveABoundInMemory(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.WhatsApp)
	server := httptest.NewServer(p.mux)
	t.Cleanup(server.Close)
	const size = 1 << 20
	var waiting []slow
	send := func(address string) int {
		t.Helper()
		s := p.sendSlowly(server.URL, address, c, size)
		status := p.settle(s, (len(waiting)+1)*size)
		if status == 0 {
			waiting = append(waiting, s)
		}
		if n := p.metric("kith_webhook_body_bytes"); n > 32<<20 {
			t.Errorf("%.0f bytes are in memory", n)
		}
		return status
	}
	for n := range 24 {
		want := 0
		if n >= 16 {
			want = http.StatusTooManyRequests
		}
		if status := send("one"); status != want {
			t.Errorf("body %d of one address: %d", n, status)
		}
	}
	for n := range 24 {
		want := 0
		if n >= 16 {
			want = http.StatusServiceUnavailable
		}
		if status := send(fmt.Sprint("address ", n)); status != want {
			t.Errorf("body %d of another address: %d", n, status)
		}
	}
	if n := p.metric("kith_webhooks_limited_total", "limit=memory", "type=WHATSAPP"); n != 16 {
		t.Errorf("%.0f are counted", n)
	}

	// Those that wait give way, the oldest first, to one who sends at once.
	p.passed.Store(int64(2 * time.Second))
	body := padded(1, 3<<20)
	h := header(c.Type, secret, body, start)
	h.Set("X-Address", "one")
	if w := p.send(http.MethodPost, c.ID.String(), h, body); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for n, s := range waiting[:3] {
		if status := <-s.status; status != http.StatusServiceUnavailable {
			t.Errorf("the one that has waited longest but %d: %d", n, status)
		}
	}
	for _, s := range waiting[3:] {
		_ = s.conn.Close()
		<-s.status
	}
	for deadline := time.Now().Add(time.Minute); p.metric("kith_webhook_body_bytes") > 0 && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	p.nothingInMemory()
	if n := len(p.contacts()); n != 1 {
		t.Errorf("%d contacts", n)
	}
}
