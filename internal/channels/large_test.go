package channels_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kith/internal/crm"
)

// padded is a body of WhatsApp's of a size, with a message of a customer in front.
func padded(customer, size int) string {
	body := strings.TrimSuffix(batch(written(customer, customer, 1_700_000_000, fmt.Sprint("from ", customer))), "}") + `,"x":"`
	return body + strings.Repeat("x", size-len(body)-2) + `"}`
}

// untold sends a body whose length is not told beforehand.
func (p *place) untold(c crm.Channel, h http.Header, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(p.Context(), http.MethodPost, "/channels/"+c.ID.String()+"/webhook", body)
	r.Header, r.ContentLength = h, -1
	w := httptest.NewRecorder()
	p.mux.ServeHTTP(w, r)
	return w
}

func TestABodyOfFourMegabytesIsTakenIn(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.WhatsApp)
	sizes := []int{1 << 20, 1<<20 + 1, 3 << 20, 4 << 20}
	for n, size := range sizes {
		body := padded(2*n, size)
		p.deliver(c, body, http.StatusOK)
		body = padded(2*n+1, size)
		w := p.untold(c, header(c.Type, secret, body, start), strings.NewReader(body))
		if w.Code != http.StatusOK {
			t.Errorf("%d bytes of a length that is not told: %d %s", size, w.Code, w.Body)
		}
	}
	if contacts, kept := p.contacts(), p.kept(); len(contacts) != 2*len(sizes) || len(kept) != 0 {
		t.Errorf("%d contacts, %v", len(contacts), kept)
	}
	p.nothingInMemory()
}

func TestABodyThatIsLargerIsKeptAndCanBeReplayed(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"a byte": 4<<20 + 1, "5 MiB": 5 << 20, "8 MiB": 8 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			c, body := p.channel(crm.WhatsApp), padded(1, size)
			p.deliver(c, body, http.StatusOK)
			p.deliver(c, body, http.StatusOK) // the same once more is kept once
			w := p.untold(c, header(c.Type, secret, body, start), strings.NewReader(body))
			failures := p.failures()
			if w.Code != http.StatusOK || len(failures) != 1 || string(failures[0].Payload) != body || len(p.contacts()) != 0 {
				t.Fatalf("%d, %d failures", w.Code, len(failures))
			}
			if r := failures[0].Reason; !strings.Contains(r, fmt.Sprint(size)) || !strings.Contains(r, "Replay") {
				t.Error(r)
			}
			if err := p.handler.Replay(t.Context(), p.workspace, failures[0]); err != nil || len(p.contacts()) != 1 {
				t.Errorf("%v, %d contacts", err, len(p.contacts()))
			}
			p.nothingInMemory()
		})
	}
}

func TestOfABodyThatCannotBeKeptTheBeginningIs(t *testing.T) {
	t.Parallel()
	for _, kind := range []crm.ChannelType{crm.WhatsApp, crm.Telegram, crm.TikTok} {
		p := open(t)
		c, body := p.channel(kind), padded(1, 9<<20)
		p.deliver(c, body, http.StatusOK)
		w := p.untold(c, header(c.Type, secret, body, start), strings.NewReader(body))
		failures := p.failures()
		if w.Code != http.StatusOK || len(failures) == 0 {
			t.Fatalf("%s: %d, %d failures", kind, w.Code, len(failures))
		}
		for _, f := range failures { // of two lengths, for one came in other pieces
			if n := len(f.Payload); !strings.HasPrefix(body, string(f.Payload)) || n < 64<<10 || n > 192<<10 ||
				!strings.Contains(f.Reason, fmt.Sprint(9<<20)) {
				t.Errorf("%s: %s, %d bytes", kind, f.Reason, n)
			}
		}
		p.nothingInMemory()
	}
}

func TestNothingIsKeptOfALargeBodyThatIsNotSigned(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, kind := range []crm.ChannelType{crm.WhatsApp, crm.Facebook, crm.Instagram, crm.Telegram, crm.TikTok} {
		c := p.channel(kind)
		for _, size := range []int{5 << 20, 9 << 20} {
			body := padded(1, size)
			another := body[:size-3] + "y" + body[size-2:]
			headers := []http.Header{nil, header(kind, "another secret", body, start)}
			if kind != crm.Telegram { // whose header says nothing of the body
				headers = append(headers, header(kind, secret, another, start), header(kind, secret, body[:64<<10], start))
			}
			for _, h := range headers {
				if w := p.send(http.MethodPost, c.ID.String(), h, body); w.Code != http.StatusUnauthorized {
					t.Errorf("%s: %d", kind, w.Code)
				}
				if w := p.untold(c, h, strings.NewReader(body)); w.Code != http.StatusUnauthorized {
					t.Errorf("%s, of a length that is not told: %d", kind, w.Code)
				}
			}
		}
	}
	if n := len(p.failures()) + len(p.contacts()); n != 0 {
		t.Errorf("%d failures and contacts", n)
	}
	p.nothingInMemory()
}

func TestWhatIsRefusedForItsHeadersIsNotRead(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, kind := range []crm.ChannelType{crm.WhatsApp, crm.Facebook, crm.Instagram, crm.Telegram, crm.TikTok} {
		c := p.channel(kind)
		bare := p.channel(kind)
		p.change(bare.ID, func(c *crm.Channel) { c.Secrets = nil })
		for _, h := range []http.Header{
			nil,
			{"X-Hub-Signature-256": {"sha256=00"}, "Tiktok-Signature": {"t=1,s=00"}, "X-Telegram-Bot-Api-Secret-Token": {"x"}},
			header(crm.TikTok, secret, "", start.Add(-1e6)),
		} {
			if kind == crm.TikTok && h.Get("Tiktok-Signature") != "" {
				h.Set("Tiktok-Signature", strings.Replace(h.Get("Tiktok-Signature"), "s=", "s=0", 1)) // half a byte too many
			}
			for _, c := range []crm.Channel{c, bare} {
				if w := p.untold(c, h, unreadable{t}); w.Code != http.StatusUnauthorized {
					t.Errorf("%s: %d", kind, w.Code)
				}
			}
		}
		w := p.untold(bare, header(kind, secret, "", start), unreadable{t})
		if w.Code != http.StatusUnauthorized || w.Header().Get("Connection") != "close" {
			t.Errorf("%s without a secret: %d %v", kind, w.Code, w.Header())
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/channels/"+c.ID.String()+"/webhook", unreadable{t})
		r.Header, r.ContentLength = header(kind, secret, "", start), 65<<20
		w = httptest.NewRecorder()
		if p.mux.ServeHTTP(w, r); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s, 65 MiB: %d", kind, w.Code)
		}
	}
}

// unreadable is a body that nobody may read.
type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("it is read")
	return 0, io.EOF
}

func TestABodyThatBreaksOffIsNotTakenForAWhole(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.Telegram)
	body := p.sample("telegram/text")
	for _, more := range []io.Reader{strings.NewReader(""), lost{}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/channels/"+c.ID.String()+"/webhook",
			io.MultiReader(strings.NewReader(body[:len(body)-9]), more))
		r.Header, r.ContentLength = header(c.Type, secret, body, start), int64(len(body))
		w := httptest.NewRecorder()
		if p.mux.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if w := p.untold(c, header(c.Type, secret, body, start), io.MultiReader(strings.NewReader(body), lost{})); w.Code != http.StatusBadRequest {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if n := len(p.failures()) + len(p.contacts()); n != 0 {
		t.Errorf("%d failures and contacts", n)
	}
	p.nothingInMemory()
}

// lost is a connection that is lost within a chunk.
type lost struct{}

func (lost) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestABodyOfAPageHasItsOwnBound(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.channel(crm.HTMLEmbed)
	of := func(size int) string {
		body := `{"visitorId":"1","messageId":"1","text":"`
		return body + strings.Repeat("x", size-len(body)-2) + `"}`
	}
	p.deliver(c, of(64<<10), http.StatusOK)
	p.deliver(c, of(64<<10+1), http.StatusRequestEntityTooLarge)
	for size, status := range map[int]int{64 << 10: http.StatusOK, 64<<10 + 1: http.StatusRequestEntityTooLarge} {
		if w := p.untold(c, header(c.Type, "", "", start), bytes.NewReader([]byte(of(size)))); w.Code != status {
			t.Errorf("%d bytes: %d", size, w.Code)
		}
	}
	p.nothingInMemory()
}
