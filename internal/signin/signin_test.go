package signin

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/vault"
	"kith/storage"
	"kith/storage/sqlite/sqlitetest"
)

var (
	noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	key  = strings.Repeat("key.", 8)
	ann  = sessionCookie{
		Subject: "ann", Name: "Ann", Workspace: "acme", Role: "staff", Expires: noon.Add(time.Minute).Unix(),
		End: noon.Add(time.Hour).Unix(), Refresh: "a refresh token",
	}
)

// names numbers workspaces by the length of their name, and fails with err where it is set. Sign-ins that are over are kept
// in a store.
type names struct {
	storage.SignIns
	storage.Auditor

	err error
}

func (n names) Workspace(_ context.Context, name string) (crm.WorkspaceID, error) {
	return crm.WorkspaceID(len(name)), n.err
}

func (n names) FindWorkspace(ctx context.Context, name string) (crm.WorkspaceID, error) {
	return n.Workspace(ctx, name)
}

// signIn is one whose provider nobody asks for.
func signIn(t *testing.T, change func(*Config), keys ...string) *SignIn {
	t.Helper()
	return signInOver(t, sqlitetest.Open(t), change, keys...)
}

// signInOver is signIn over a store, but for its workspaces.
func signInOver(t *testing.T, store storage.SignIns, change func(*Config), keys ...string) *SignIn {
	t.Helper()
	return signInWith(t, names{SignIns: store, Auditor: sqlitetest.Open(t)}, change, keys...)
}

// signInWith is signIn with a store.
func signInWith(t *testing.T, store Store, change func(*Config), keys ...string) *SignIn {
	t.Helper()
	c := Config{
		Issuer: "https://id.example.com", ClientID: "kith", ClientSecret: "s3cret", PublicURL: "https://kith.example.com:443/",
		WorkspaceClaim: "workspace", RoleClaim: "role", Lifetime: 12 * time.Hour,
	}
	if change != nil {
		change(&c)
	}
	if keys == nil {
		keys = []string{key}
	}
	sealer, err := vault.NewSealer(Purpose, keys...)
	if err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	s, err := New(ended, c, sealer, store, slog.New(slog.DiscardHandler), func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// cookie is the session cookie as the browser keeps it.
func cookie(t *testing.T, s *SignIn, p sessionCookie) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	if _, err := s.keep(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), p); err != nil {
		t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

func request(t *testing.T, c *http.Cookie, header map[string]string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", nil)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	if c != nil {
		r.AddCookie(c)
	}
	return r
}

var staff = map[string]string{StaffHeader: "1"}

func TestACookieIsForHTTPSAndItsHostAlone(t *testing.T) {
	t.Parallel()
	c := cookie(t, signIn(t, nil), ann)
	want := http.Cookie{
		Name: "__Host-kith", Path: "/", MaxAge: 3600, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
	got := *c
	got.Value, got.Raw = "", ""
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	c = cookie(t, signIn(t, func(c *Config) { c.PublicURL = "http://127.0.0.1:8080" }), ann)
	if c.Name != "kith" || c.Secure {
		t.Errorf("by http: %v", c)
	}
	once := ann
	once.Refresh = ""
	if c := cookie(t, signIn(t, nil), once); c.MaxAge != 60 {
		t.Errorf("without a refresh token it lasts %d s", c.MaxAge)
	}
}

func TestACookieOpensForWhomItWasSealed(t *testing.T) {
	t.Parallel()
	s := signIn(t, nil)
	c := cookie(t, s, ann)
	got, err := s.sessionCookieOf(request(t, c, nil))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(ann, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	older := strings.Repeat("old.", 8)
	for name, other := range map[string]*SignIn{
		"another key":      signIn(t, nil, older),
		"another provider": signIn(t, func(c *Config) { c.Issuer = "https://other.example.com" }),
		"another client":   signIn(t, func(c *Config) { c.ClientID = "other" }),
		"more is required": signIn(t, func(c *Config) { c.Require = map[string][]string{"hd": {"example.com"}} }),
	} {
		if _, err := other.sessionCookieOf(request(t, c, nil)); !errors.Is(err, errBadCookie) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := signIn(t, nil, older, key).sessionCookieOf(request(t, c, nil)); err != nil {
		t.Errorf("with the key behind another: %v", err)
	}
	if _, err := s.sessionCookieOf(request(t, nil, nil)); !errors.Is(err, errNoCookie) {
		t.Errorf("without a cookie: %v", err)
	}
	value := c.Value
	for at := range value {
		changed := byte('A')
		if value[at] == changed {
			changed = 'B'
		}
		c.Value = value[:at] + string(changed) + value[at+1:]
		if _, err := s.sessionCookieOf(request(t, c, nil)); !errors.Is(err, errBadCookie) {
			t.Fatalf("changed at %d: %v", at, err)
		}
	}
	attempt, err := s.seal(attemptCookie+"ABCDEFGH", ann)
	if err != nil {
		t.Fatal(err)
	}
	c.Value = attempt
	if _, err := s.sessionCookieOf(request(t, c, nil)); !errors.Is(err, errBadCookie) {
		t.Errorf("sealed for another cookie: %v", err)
	}
}

func TestARefreshTokenThatDoesNotFitIsLeftOut(t *testing.T) {
	t.Parallel()
	s := signIn(t, nil)
	p := ann
	p.Refresh = strings.Repeat("x", 2600)
	if c := cookie(t, s, p); c.MaxAge != 3600 || len(c.Name)+len(c.Value) > maxCookie {
		t.Errorf("a long one: %d s, %d bytes", c.MaxAge, len(c.Value))
	}
	p.Refresh = strings.Repeat("x", 4000)
	c := cookie(t, s, p)
	got, err := s.sessionCookieOf(request(t, c, nil))
	if err != nil || got.Refresh != "" || got.Subject != "ann" || c.MaxAge != 60 {
		t.Errorf("too long: %v, %d bytes, %d s, %v", got.Subject, len(got.Refresh), c.MaxAge, err)
	}
}

func TestTheCookieCountsForKithsOwnPagesAlone(t *testing.T) {
	t.Parallel()
	s := signIn(t, nil)
	c := cookie(t, s, ann)
	own, socket := "https://kith.example.com", map[string]string{"Connection": "Upgrade", "Upgrade": "websocket"}
	with := func(base map[string]string, more ...string) map[string]string {
		header := map[string]string{}
		maps.Copy(header, base)
		for i := 0; i < len(more); i += 2 {
			header[more[i]] = more[i+1]
		}
		return header
	}
	for name, each := range map[string]struct {
		header map[string]string
		good   bool
	}{
		"a staff page":                          {with(staff, "Sec-Fetch-Site", "same-origin", "Origin", own), true},
		"a staff page that hides its origin":    {with(staff, "Sec-Fetch-Site", "same-origin", "Origin", "null"), true},
		"a program":                             {staff, true},
		"an old browser":                        {with(staff, "Origin", own), true},
		"without the header":                    {with(nil, "Sec-Fetch-Site", "same-origin", "Origin", own), false},
		"another value of the header":           {map[string]string{StaffHeader: "true"}, false},
		"the same site":                         {with(staff, "Sec-Fetch-Site", "same-site", "Origin", own), false},
		"another site":                          {with(staff, "Sec-Fetch-Site", "cross-site"), false},
		"an old browser with another origin":    {with(staff, "Origin", "https://kith.example.com.evil.example"), false},
		"an old browser without an origin":      {with(staff, "Origin", "null"), false},
		"another scheme":                        {with(staff, "Origin", "http://kith.example.com"), false},
		"a WebSocket":                           {with(socket, "Origin", own), true},
		"a WebSocket, spelled in another way":   {with(socket, "Origin", own, "Upgrade", "WebSocket"), true},
		"a WebSocket without an origin":         {socket, false},
		"a WebSocket of another origin":         {with(socket, "Origin", "https://evil.example"), false},
		"a WebSocket of nowhere":                {with(socket, "Origin", "null", StaffHeader, "1"), false},
		"a WebSocket of a port":                 {with(socket, "Origin", own+":8443"), false},
		"a WebSocket among others, by a header": {with(socket, "Upgrade", "websocket, h2c", "Origin", own), false},
	} {
		v, found, err := s.Viewer(request(t, c, each.header))
		if !found || (err == nil) != each.good || err != nil && !errors.Is(err, auth.ErrUnauthenticated) || each.good && v.Subject != "ann" {
			t.Errorf("%s: %v, %v, %v", name, v.Subject, found, err)
		}
	}
}

func TestTheSessionCookieDefinesTheViewer(t *testing.T) {
	t.Parallel()
	s := signIn(t, nil)
	named := ann
	named.SignIn, named.Issued = "sign-in", noon.UnixMicro()
	got, found, err := s.Viewer(request(t, cookie(t, s, named), staff))
	want := crm.Viewer{
		Workspace: 4, WorkspaceName: "acme", Subject: "ann", Name: "Ann", Role: crm.RoleStaff, ExpiresAt: noon.Add(time.Minute),
		SignIn: "sign-in", IssuedAt: noon,
	}
	if d := cmp.Diff(want, got); d != "" || !found || err != nil {
		t.Errorf("%v, %v (-want +got):\n%s", found, err, d)
	}
	if _, found, err := s.Viewer(request(t, nil, staff)); found || err != nil {
		t.Errorf("without a cookie: %v, %v", found, err)
	}
	s.now = func() time.Time { return noon.Add(time.Minute) }
	if _, found, err := s.Viewer(request(t, &http.Cookie{Name: "__Host-kith", Value: sealed(t, s, ann)}, staff)); !found ||
		auth.Reason(err) != "session expired" {
		t.Errorf("at its end: %v, %v", found, err)
	}
	s = signIn(t, nil)
	s.workspaces = names{err: crm.ErrUnavailable}
	if _, found, err := s.Viewer(request(t, cookie(t, s, ann), staff)); !found || !errors.Is(err, crm.ErrUnavailable) {
		t.Errorf("while the database is away: %v, %v", found, err)
	}
}

func sealed(t *testing.T, s *SignIn, p sessionCookie) string {
	t.Helper()
	value, err := s.seal(sessionCookieName, p)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestASessionCookieEndsWithTheTokensAndTheSettings(t *testing.T) {
	t.Parallel()
	s := signIn(t, nil)
	end := noon.Add(12 * time.Hour)
	for name, c := range map[string]struct {
		tokens tokens
		end    time.Time
		want   time.Duration
	}{
		"with the tokens":                             {tokens{end: noon.Add(5 * time.Minute), refresh: "x"}, end, 5 * time.Minute},
		"after an hour, to be renewed":                {tokens{end: noon.Add(24 * time.Hour), refresh: "x"}, end, time.Hour},
		"with the tokens, where there is no renewing": {tokens{end: noon.Add(8 * time.Hour)}, end, 8 * time.Hour},
		"with the lifetime":                           {tokens{end: noon.Add(24 * time.Hour)}, end, 12 * time.Hour},
		"with the lifetime, at its end":               {tokens{end: noon.Add(time.Hour), refresh: "x"}, noon.Add(time.Minute), time.Minute},
	} {
		if got := s.issue("sign-in", person{}, c.tokens, c.end); got.Expires != noon.Add(c.want).Unix() || got.End != c.end.Unix() {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestMembersAloneGetIn(t *testing.T) {
	t.Parallel()
	s := signIn(t, nil)
	guarded := s.Members(
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }),
		func(_ context.Context, header string) (crm.Viewer, error) {
			if header == "Bearer good" {
				return crm.Viewer{}, nil
			}
			return crm.Viewer{}, auth.ErrUnauthenticated
		})
	once, renewable, over := ann, ann, ann
	once.Refresh = ""
	renewable.Expires = noon.Add(-time.Second).Unix()
	over.Expires, over.Refresh = renewable.Expires, ""
	login := "/auth/login?returnTo=%2Fplayground%2F%3Fa%3Db"
	for name, c := range map[string]struct {
		cookie *http.Cookie
		header map[string]string
		status int
		to     string
	}{
		"nobody":                                     {nil, nil, 303, login},
		"a session cookie":                           {cookie(t, s, once), nil, 418, ""},
		"a session cookie that can be renewed":       {&http.Cookie{Name: "__Host-kith", Value: sealed(t, s, renewable)}, nil, 418, ""},
		"a session cookie that has ended":            {&http.Cookie{Name: "__Host-kith", Value: sealed(t, s, over)}, nil, 303, login},
		"something made up":                          {&http.Cookie{Name: "__Host-kith", Value: "made up"}, nil, 303, login},
		"a token":                                    {nil, map[string]string{"Authorization": "Bearer good"}, 418, ""},
		"a wrong token":                              {nil, map[string]string{"Authorization": "Bearer bad"}, 303, login},
		"led here by another site":                   {nil, map[string]string{"Sec-Fetch-Site": "cross-site"}, 200, ""},
		"from elsewhere on the same site":            {nil, map[string]string{"Sec-Fetch-Site": "same-site"}, 303, login},
		"reloaded by the page":                       {nil, map[string]string{"Sec-Fetch-Site": "same-origin"}, 303, login},
		"a session cookie, led here by another site": {cookie(t, s, ann), map[string]string{"Sec-Fetch-Site": "cross-site"}, 418, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(t, c.cookie, c.header)
			r.Method, r.URL.Path, r.URL.RawQuery = http.MethodGet, "/playground/", "a=b"
			w := httptest.NewRecorder()
			guarded.ServeHTTP(w, r)
			if w.Code != c.status || w.Header().Get("Location") != c.to {
				t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
			}
			reloads := strings.Contains(w.Body.String(), `<meta http-equiv="refresh" content="0">`)
			if reloads != (c.status == http.StatusOK) {
				t.Errorf("reloads: %v", reloads)
			}
		})
	}
}

func TestBelowABasePathBrowsersAreSentThere(t *testing.T) {
	t.Parallel()
	s := signIn(t, func(c *Config) { c.PublicURL = "https://example.com/kith/" })
	c := cookie(t, s, ann)
	if c.Name != "__Secure-kith" || c.Path != "/kith/" || !c.Secure || !c.HttpOnly {
		t.Errorf("the cookie is %+v", c)
	}
	status := s.status(ann)
	got := []string{status.LoginURL, status.LogoutURL, status.RefreshURL}
	if diff := cmp.Diff([]string{"/kith/auth/login", "/kith/auth/logout", "/kith/auth/refresh"}, got); diff != "" {
		t.Error(diff)
	}

	mux := http.NewServeMux()
	s.Handle(mux, func(h http.Handler) http.Handler { return h })
	members := s.Members(http.NotFoundHandler(), nil)
	get := func(h http.Handler, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w
	}
	if to := get(members, "/playground?a=b").Header().Get("Location"); to != "/kith/auth/login?returnTo=%2Fkith%2Fplayground%3Fa%3Db" {
		t.Errorf("the playground leads to %s", to)
	}
	if page := get(mux, SignedOutPath).Body.String(); !strings.Contains(page, `href="/kith/auth/page.css"`) ||
		!strings.Contains(page, `href="/kith/auth/login?returnTo=%2Fkith%2Fstaff%2Fcontacts"`) {
		t.Errorf("the page after signing out is %s", page)
	}
	if page := get(mux, LogoutPath).Body.String(); !strings.Contains(page, `action="/kith/auth/logout"`) {
		t.Errorf("the page that asks to sign out is %s", page)
	}
	if w := get(mux, LoginPath+"?returnTo=/staff/contacts"); w.Code != http.StatusBadRequest {
		t.Errorf("a path of another application: %d", w.Code)
	}
}
