package api

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/go-jose/go-jose/v4"
)

// staffSite is where the browsers of these tests believe Kith to be, at whichever process they ask.
const staffSite = "http://127.0.0.1:9"

// idp is an OpenID Connect provider that lets anybody in who comes with a code, which names the person.
type idp struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu     sync.Mutex
	roles  map[string]string // by person
	nonces map[string]string // by code
	codes  map[string]string // by refresh token
	last   int
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{key: key, roles: map[string]string{}, nonces: map[string]string{}, codes: map[string]string{}}
	mux := http.NewServeMux()
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, vars{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
			"jwks_uri": p.URL + "/jwks", "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256"}, "scopes_supported": []string{"openid", "offline_access"},
		})
	})
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
			{Key: key.Public(), KeyID: "1", Use: "sig", Algorithm: string(jose.RS256)},
		}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		code := r.PostFormValue("code")
		if code == "" {
			code = p.codes[r.PostFormValue("refresh_token")]
		}
		person, _, _ := strings.Cut(code, " ")
		now := time.Now()
		id := idToken(t, key, map[string]any{
			"iss": p.URL, "aud": "kith", "sub": person, "name": person, "workspace": "acme", "role": p.roles[person],
			"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": p.nonces[code],
		})
		p.last++
		refresh := fmt.Sprint("refresh ", p.last)
		p.codes[refresh] = code
		answer(w, vars{"access_token": "access", "token_type": "Bearer", "expires_in": 3600, "id_token": id, "refresh_token": refresh})
	})
	return p
}

// idToken signs claims as the provider does.
func idToken(t *testing.T, key *rsa.PrivateKey, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Error(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Error(err)
		return ""
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	return token
}

func (p *idp) give(person, role string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.roles[person] = role
}

// env has processes sign people in there.
func (p *idp) env(db database) environment {
	return db.env("KITH_OIDC_ISSUER", p.URL, "KITH_OIDC_CLIENT_ID", "kith", "KITH_OIDC_CLIENT_SECRET", "secret",
		"KITH_SECRET_KEY", secretKey, "KITH_PUBLIC_URL", staffSite)
}

// browser is somebody's cookies, whichever process they are shown to.
type browser struct {
	t       *testing.T
	cookies map[string]*http.Cookie
}

// copied is another browser with the same cookies.
func (b *browser) copied() *browser {
	return &browser{b.t, maps.Clone(b.cookies)}
}

func (b *browser) do(method, at string, headers ...string) *http.Response {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, at, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	stay := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := stay.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = res.Body.Close() })
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c
	}
	return res
}

// signIn signs a person in at one of the processes.
func (p *idp) signIn(t *testing.T, s *server, person string) *browser {
	t.Helper()
	b := &browser{t, map[string]*http.Cookie{}}
	to, err := url.Parse(b.do(http.MethodGet, s.url+"/auth/login").Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	code := person + " " + rand.Text()
	p.mu.Lock()
	p.nonces[code] = to.Query().Get("nonce")
	p.mu.Unlock()
	back := url.Values{"code": {code}, "state": {to.Query().Get("state")}}
	if res := b.do(http.MethodGet, s.url+"/auth/callback?"+back.Encode()); res.StatusCode != http.StatusSeeOther || b.cookies["kith"] == nil {
		body, _ := io.ReadAll(res.Body)
		t.Fatalf("not signed in: %d %s", res.StatusCode, body)
	}
	return b
}

// signedIn reports whether a process takes the browser's cookie for a query.
func (b *browser) signedIn(s *server) bool {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, s.url+"/graphql", strings.NewReader(`{"query":"{ viewer { role } }"}`))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Kith-Staff", "1")
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	res, err := transport.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode == http.StatusOK
}

// reads is the status of a query by GET with the browser's cookie and further headers, which come in pairs.
func (b *browser) reads(s *server, headers ...string) int {
	b.t.Helper()
	return b.do(http.MethodGet, s.url+"/graphql?query="+url.QueryEscape("{ viewer { role } }"), headers...).StatusCode
}

// ending is how a socket or a stream has ended.
type ending struct {
	what string
	how  string
}

// noRenewal is the log line for a person who has lost access.
var noRenewal = regexp.MustCompile(`cannot renew a sign-in`)

const watchForEver = `subscription { contactEvents { id } }`

// open opens a socket and an event stream with the browser's cookie, and reports how they end.
func (b *browser) open(s *server, who string, ends chan<- ending) {
	b.t.Helper()
	var cookies []string
	for _, c := range b.cookies {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	header := http.Header{"Cookie": {strings.Join(cookies, "; ")}, "Origin": {staffSite}}
	ws, _, err := websocket.Dial(b.t.Context(), s.url+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header,
		Host: strings.TrimPrefix(staffSite, "http://"),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = ws.CloseNow() })
	for _, m := range []string{
		`{"type":"connection_init"}`, `{"id":"1","type":"subscribe","payload":{"query":"` + watchForEver + `"}}`, `{"type":"ping"}`,
	} {
		if err := ws.Write(b.t.Context(), websocket.MessageText, []byte(m)); err != nil {
			b.t.Fatal(err)
		}
	}
	for _, want := range []string{`"connection_ack"`, `"pong"`} {
		if _, text, err := ws.Read(b.t.Context()); err != nil || !strings.Contains(string(text), want) {
			b.t.Fatalf("%s %v", text, err)
		}
	}
	go func() {
		for {
			_, _, err := ws.Read(context.Background())
			if closed, ok := errors.AsType[websocket.CloseError](err); ok {
				ends <- ending{who + "'s socket", fmt.Sprint(closed.Code, " ", closed.Reason)}
				return
			}
			if err != nil {
				ends <- ending{who + "'s socket", err.Error()}
				return
			}
		}
	}()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, s.url+"/graphql", strings.NewReader(`{"query":"`+watchForEver+`"}`))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header = http.Header{
		"Cookie": header["Cookie"], "X-Kith-Staff": {"1"}, "Content-Type": {"application/json"}, "Accept": {"text/event-stream"},
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil || res.StatusCode != http.StatusOK {
		b.t.Fatal(res, err)
	}
	go func() {
		defer func() { _ = res.Body.Close() }()
		lines := bufio.NewScanner(res.Body)
		how := "without a word"
		for lines.Scan() {
			if strings.Contains(lines.Text(), "UNAUTHENTICATED") {
				how = "UNAUTHENTICATED"
			}
		}
		ends <- ending{who + "'s stream", how}
	}()
}

// wantEnds checks how some connections of who end, and that no others do.
func wantEnds(t *testing.T, ends <-chan ending, who, reason string, pairs int) {
	t.Helper()
	for range 2 * pairs {
		select {
		case e := <-ends:
			if e != (ending{who + "'s socket", "StatusCode(4403) " + reason}) && e != (ending{who + "'s stream", "UNAUTHENTICATED"}) {
				t.Errorf("%+v", e)
			}
		case <-time.After(20 * time.Second): // long before they are looked at again
			t.Fatal("a connection stays open")
		}
	}
}

// TestSigningOutEndsWhatIsOpenAtEveryProcess has two processes where the database is one for several.
func TestSigningOutEndsWhatIsOpenAtEveryProcess(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		p := newIDP(t)
		for _, person := range []string{"ann", "ben"} {
			p.give(person, "staff")
		}
		env := p.env(db)
		here := start(t, binary(t), env)
		there := here
		if db.isPostgres() {
			there = start(t, binary(t), env)
		}
		ends := make(chan ending, 100)
		ann, ben := p.signIn(t, here, "ann"), p.signIn(t, there, "ben")
		ann.open(here, "ann", ends)
		ann.open(there, "ann", ends)
		ben.open(here, "ben", ends)
		ben.open(there, "ben", ends)
		stolen := ann.copied()
		if !stolen.signedIn(here) || !stolen.signedIn(there) {
			t.Fatal("the cookie is not taken")
		}
		if alone, ours := stolen.reads(here), stolen.reads(here, "X-Kith-Staff", "1"); alone != http.StatusUnauthorized || ours != http.StatusOK {
			t.Errorf("reading with the cookie alone is answered %d, and by a page of Kith's %d", alone, ours)
		}
		if res := ann.do(http.MethodPost, here.url+"/auth/logout"); res.StatusCode != http.StatusSeeOther {
			t.Fatal(res.Status)
		}
		wantEnds(t, ends, "ann", "signed out", 2)
		for _, s := range []*server{here, there} {
			s.logs(t, `msg="connection ended" reason="signed out" request=`, 2)
		}
		if stolen.signedIn(here) || stolen.signedIn(there) {
			t.Error("a copy of the cookie is taken after signing out")
		}
		if res := stolen.do(http.MethodPost, there.url+"/auth/refresh", "X-Kith-Staff", "1"); res.StatusCode != http.StatusUnauthorized {
			t.Error("a copy of the cookie is renewed after signing out:", res.Status)
		}
		if !ben.signedIn(here) || !ben.signedIn(there) || len(ends) > 0 {
			t.Error("somebody else is signed out, too")
		}
		if n := db.number(t, `SELECT count(*) FROM ended_sign_ins`); n != 1 {
			t.Errorf("%d sign-ins are over", n)
		}
	})
}

func TestARenewalWithAnotherRoleEndsWhatIsOpen(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		p := newIDP(t)
		p.give("ann", "admin")
		env := p.env(db)
		here := start(t, binary(t), env)
		there := here
		if db.isPostgres() {
			there = start(t, binary(t), env)
		}
		here.tolerated, there.tolerated = noRenewal, noRenewal
		ends := make(chan ending, 100)
		ann := p.signIn(t, here, "ann")
		ann.open(there, "ann", ends)
		before := ann.copied()
		p.give("ann", "staff")
		if res := ann.do(http.MethodPost, here.url+"/auth/refresh", "X-Kith-Staff", "1"); res.StatusCode != http.StatusOK {
			t.Fatal(res.Status)
		}
		wantEnds(t, ends, "ann", "signed out", 1)
		if before.signedIn(here) || before.signedIn(there) {
			t.Error("the cookie with the role of before is taken")
		}
		if !ann.signedIn(here) || !ann.signedIn(there) {
			t.Error("the new cookie is not taken")
		}
		ann.open(there, "ann", ends)
		before = ann.copied()
		p.give("ann", "guest")
		if res := ann.do(http.MethodPost, here.url+"/auth/refresh", "X-Kith-Staff", "1"); res.StatusCode != http.StatusUnauthorized {
			t.Fatal(res.Status)
		}
		wantEnds(t, ends, "ann", "signed out", 1)
		if before.signedIn(here) || before.signedIn(there) {
			t.Error("the cookie of somebody without access is taken")
		}
	})
}
