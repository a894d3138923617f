package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
)

const secret = "a secret of at least thirty-two bytes"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// names numbers workspaces by the length of their name, and fails with err where it is set.
type names struct{ err error }

func (n names) Workspace(_ context.Context, name string) (crm.WorkspaceID, error) {
	return crm.WorkspaceID(len(name)), n.err
}

// leeway is that of the authenticators under test.
const leeway = 5 * time.Second

func newAuthenticator(t *testing.T, c Config) *Authenticator {
	t.Helper()
	c.Leeway = leeway
	a, err := New(t.Context(), c, names{}, slog.New(slog.DiscardHandler), func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func goodClaims() map[string]any {
	return map[string]any{
		"sub": "ann", "workspace": "acme", "role": "staff", "iss": "us", "aud": "kith",
		"exp": noon.Add(time.Hour).Unix(),
	}
}

// signed is a token made by hand: no library that checks it has a part in it.
func signed(t *testing.T, algorithm string, key any, kid string, c map[string]any) string {
	t.Helper()
	header := map[string]any{"alg": algorithm, "typ": "JWT"}
	if kid != "" {
		header["kid"] = kid
	}
	return encoded(t, algorithm, key, asJSON(t, header), asJSON(t, c))
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// encoded is a token of parts that need not be JSON.
func encoded(t *testing.T, algorithm string, key any, header, payload string) string {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	signature, err := signature(algorithm, key, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func signature(algorithm string, key any, text []byte) ([]byte, error) {
	short, long := sha256.Sum256(text), sha512.Sum512(text)
	switch algorithm {
	case "HS256", "HS512":
		h := sha256.New
		if algorithm == "HS512" {
			h = sha512.New
		}
		mac := hmac.New(h, key.([]byte))
		_, err := mac.Write(text)
		return mac.Sum(nil), err
	case "RS256":
		return rsa.SignPKCS1v15(nil, key.(*rsa.PrivateKey), crypto.SHA256, short[:])
	case "RS512":
		return rsa.SignPKCS1v15(nil, key.(*rsa.PrivateKey), crypto.SHA512, long[:])
	case "PS256":
		return rsa.SignPSS(rand.Reader, key.(*rsa.PrivateKey), crypto.SHA256, short[:], nil)
	case "ES256":
		r, s, err := ecdsa.Sign(rand.Reader, key.(*ecdsa.PrivateKey), short[:])
		if err != nil {
			return nil, err
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), nil
	case "EdDSA":
		return ed25519.Sign(key.(ed25519.PrivateKey), text), nil
	}
	return nil, nil // none
}

// signRaw signs a payload that need not be JSON.
func signRaw(t *testing.T, header, payload string) string {
	t.Helper()
	return encoded(t, "HS256", []byte(secret), header, payload)
}

func TestAuthenticateAcceptsAGoodToken(t *testing.T) {
	t.Parallel()
	a := newAuthenticator(t, Config{Secrets: []string{secret}, Issuer: "us", Audience: "kith"})
	c := goodClaims()
	c["name"] = "Ann Smith"
	c["aud"] = []string{"others", "kith"}
	for _, scheme := range []string{"Bearer ", "bearer ", "  BEARER   "} {
		got, err := a.Authenticate(t.Context(), scheme+signed(t, "HS256", []byte(secret), "", c))
		if err != nil {
			t.Fatal(err)
		}
		want := crm.Viewer{
			Workspace: 4, WorkspaceName: "acme", Subject: "ann", Name: "Ann Smith", Role: crm.RoleStaff,
			ExpiresAt: noon.Add(time.Hour),
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("viewer (-want +got):\n%s", d)
		}
	}
}

const channelID = "channel_0198c2f07b3a7c5d9e1f2a3b4c5d6e7f"

func TestATokenMayBeBoundToAChannel(t *testing.T) {
	t.Parallel()
	id, ok := crm.ParseChannelID(channelID)
	if !ok {
		t.Fatal("no id")
	}
	a := newAuthenticator(t, Config{Secrets: []string{secret}})
	for channel, want := range map[string]crm.ChannelID{"": {}, channelID: id} {
		token, err := Sign(secret, Grant{
			Workspace: "acme", Role: "channel", Subject: "adapter", Channel: channel, IssuedAt: noon, ExpiresAt: noon.Add(time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := a.Authenticate(t.Context(), "Bearer "+token); err != nil || v.Channel != want || v.Role != crm.RoleChannel {
			t.Errorf("%q: %+v, %v", channel, v, err)
		}
	}
	bare := goodClaims()
	bare["channel"] = nil // as some issuers write what there is not
	if _, err := a.Authenticate(t.Context(), "Bearer "+signed(t, "HS256", []byte(secret), "", bare)); err != nil {
		t.Errorf("null: %v", err)
	}
	for role, channel := range map[string]string{"channel": "shop", "admin": channelID} {
		_, err := Sign(secret, Grant{Workspace: "acme", Role: role, Subject: "a", Channel: channel, IssuedAt: noon, ExpiresAt: noon.Add(time.Hour)})
		if err == nil || !strings.Contains(err.Error(), "claim channel") {
			t.Errorf("%s, %s: %v", role, channel, err)
		}
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	a := newAuthenticator(t, Config{Secrets: []string{secret}, Issuer: "us", Audience: "kith"})

	with := func(claim string, value any) string {
		c := goodClaims()
		c[claim] = value
		return signed(t, "HS256", []byte(secret), "", c)
	}
	without := func(claim string) string {
		c := goodClaims()
		delete(c, claim)
		return signed(t, "HS256", []byte(secret), "", c)
	}
	withChannel := func(channel any) string {
		c := goodClaims()
		c["role"], c["channel"] = "channel", channel
		return signed(t, "HS256", []byte(secret), "", c)
	}
	good := with("sub", "ann")
	const hs256 = `{"alg":"HS256"}`
	for name, c := range map[string]struct{ token, reason string }{
		"no token":                       {"", reasonScheme},
		"garbage":                        {"garbage", reasonMalformed},
		"three parts of garbage":         {"a.b.c", reasonMalformed},
		"a huge token":                   {strings.Repeat("a", maxToken+1), reasonMalformed},
		"a payload that is not JSON":     {signRaw(t, hs256, "hello"), reasonMalformed},
		"a payload that is null":         {signRaw(t, hs256, "null"), reasonNoEnd},
		"a payload that is a list":       {signRaw(t, hs256, "[]"), reasonMalformed},
		"a header that is a list":        {signRaw(t, "[]", "{}"), reasonMalformed},
		"a critical extension":           {signRaw(t, `{"alg":"HS256","crit":["b64"],"b64":true}`, "{}"), reasonMalformed},
		"no signature":                   {good[:strings.LastIndex(good, ".")+1], reasonSignature},
		"another's signature":            {good[:strings.LastIndex(good, ".")+1] + strings.Repeat("A", 43), reasonSignature},
		"alg none":                       {signed(t, "none", nil, "", goodClaims()), reasonSignature},
		"alg made up":                    {signRaw(t, `{"alg":"XS1"}`, "{}"), reasonSignature},
		"alg a number":                   {signRaw(t, `{"alg":1}`, "{}"), reasonSignature},
		"HS512 with the right secret":    {signed(t, "HS512", []byte(secret), "", goodClaims()), reasonSignature},
		"RS256 without a JWKS":           {signed(t, "RS256", private, "", goodClaims()), reasonSignature},
		"HS256 signed with a public key": {signed(t, "HS256", public, "", goodClaims()), reasonSignature},
		"expired":                        {with("exp", noon.Add(-6*time.Second).Unix()), reasonExpired},
		"no end":                         {without("exp"), reasonNoEnd},
		"an end that is text":            {with("exp", "tomorrow"), reasonMalformed},
		"an end beyond all numbers":      {with("exp", 1e300), reasonExpired},
		"not valid yet":                  {with("nbf", noon.Add(6*time.Second).Unix()), reasonEarly},
		"another issuer":                 {with("iss", "them"), reasonIssuer},
		"another audience":               {with("aud", "others"), reasonAudience},
		"no issuer":                      {without("iss"), reasonIssuer},
		"no audience":                    {without("aud"), reasonAudience},
		"an empty audience":              {with("aud", []string{}), reasonAudience},
		"no subject":                     {without("sub"), "claim sub"},
		"a subject that is a number":     {with("sub", 7), reasonMalformed},
		"no workspace":                   {without("workspace"), "claim workspace"},
		"an empty workspace":             {with("workspace", ""), "claim workspace"},
		"a workspace that is a number":   {with("workspace", 7), "claim workspace"},
		"a workspace in a list of lists": {with("workspace", [][]string{{"acme"}}), "claim workspace"},
		"a workspace of 129 bytes":       {with("workspace", strings.Repeat("é", 64)+"a"), "claim workspace"},
		"a workspace with NUL":           {with("workspace", "ac\x00me"), "claim workspace"},
		"a workspace that is not UTF-8":  {signRaw(t, hs256, "{\"sub\":\"ann\",\"iss\":\"us\",\"aud\":\"kith\",\"role\":\"staff\",\"exp\":9999999999,\"workspace\":\"a\xff\"}"), "claim workspace"},
		"no role":                        {without("role"), "claim role"},
		"an unknown role":                {with("role", "owner"), "claim role"},
		"a role in capitals":             {with("role", "ADMIN"), "claim role"},
		"a role in a list of lists":      {with("role", [][]string{{"admin"}}), "claim role"},
		"a name with a control":          {with("name", "Ann\n"), "claim name"},
		"an invalid channel":             {withChannel("shop"), "claim channel: must be"},
		"a channel that is empty":        {withChannel(""), "claim channel: must be"},
		"a channel that is a contact":    {withChannel("contact_" + strings.Repeat("0", 32)), "claim channel: must be"},
		"a channel that is a list":       {withChannel([]string{channelID}), "claim channel"},
		"a channel of a staff member":    {with("channel", channelID), "claim channel: goes with"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := a.Authenticate(t.Context(), "Bearer "+c.token)
			if !errors.Is(err, ErrUnauthenticated) || v != (crm.Viewer{}) {
				t.Fatalf("Authenticate: %v, %v", v, err)
			}
			if !strings.HasPrefix(Reason(err), c.reason) {
				t.Errorf("reason %q, want %q", Reason(err), c.reason)
			}
		})
	}
}

func TestATokenThatWasGoodEndsInTime(t *testing.T) {
	t.Parallel()
	now := noon
	a, err := New(t.Context(), Config{Secrets: []string{secret}, Leeway: leeway}, names{}, slog.New(slog.DiscardHandler), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	header := "Bearer " + signed(t, "HS256", []byte(secret), "", goodClaims())
	var first crm.Viewer
	for i, c := range []struct {
		at   time.Time
		good bool
	}{
		{noon, true}, {noon, true}, {noon.Add(time.Hour + leeway - time.Second), true},
		{noon.Add(time.Hour + leeway), false}, {noon.Add(2 * time.Hour), false},
	} {
		now = c.at
		v, err := a.Authenticate(t.Context(), header)
		if (err == nil) != c.good || !c.good && !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%d: %v", i, err)
		}
		v.ExpiresAt = time.Time{} // TestTheLeewayIsASetting looks at it
		if i == 0 {
			first = v
		} else if diff := cmp.Diff(first, v); c.good && diff != "" {
			t.Errorf("%d: %s", i, diff)
		}
		if _, err := a.Authenticate(t.Context(), header+"x"); err == nil {
			t.Errorf("%d: another signature is good", i)
		}
	}
}

func TestClaimsMayHaveOtherNames(t *testing.T) {
	t.Parallel()
	nested := ClaimNames{
		Workspace: "https://kith.example/workspace", Role: "realm_access.roles", Name: "profile.full.name", Channel: "kith.channel",
	}
	id, _ := crm.ParseChannelID(channelID)
	for name, c := range map[string]struct {
		names  ClaimNames
		claims string // beside sub and exp
		want   crm.Viewer
		reason string
	}{
		"the usual names":                      {ClaimNames{}, `"workspace":"acme","role":"staff","name":"Ann"`, crm.Viewer{WorkspaceName: "acme", Role: crm.RoleStaff, Name: "Ann"}, ""},
		"paths":                                {nested, `"https://kith.example/workspace":"acme","realm_access":{"roles":["offline_access","staff"]},"profile":{"full":{"name":"Ann"}}`, crm.Viewer{WorkspaceName: "acme", Role: crm.RoleStaff, Name: "Ann"}, ""},
		"a whole name before a path":           {nested, `"https://kith.example/workspace":"acme","realm_access.roles":"reader","realm_access":{"roles":["admin"]}`, crm.Viewer{WorkspaceName: "acme", Role: crm.RoleReader}, ""},
		"a channel":                            {nested, `"https://kith.example/workspace":"acme","realm_access":{"roles":["channel"]},"kith":{"channel":"` + channelID + `"}`, crm.Viewer{WorkspaceName: "acme", Role: crm.RoleChannel, Channel: id}, ""},
		"the role that may do the most":        {ClaimNames{}, `"workspace":["acme"],"role":["reader","x","admin","staff",7,null]`, crm.Viewer{WorkspaceName: "acme", Role: crm.RoleAdmin}, ""},
		"a reader that is also a channel":      {ClaimNames{}, `"workspace":"acme","role":["channel","reader"]`, crm.Viewer{WorkspaceName: "acme", Role: crm.RoleReader}, ""},
		"no known role":                        {nested, `"https://kith.example/workspace":"acme","realm_access":{"roles":["Staff","ADMIN"]}`, crm.Viewer{}, "claim realm_access.roles: must be reader, staff, admin or channel"},
		"the usual names where others are set": {nested, `"workspace":"acme","role":"admin"`, crm.Viewer{}, "claim https://kith.example/workspace: must be"},
		"two workspaces":                       {ClaimNames{}, `"workspace":["acme","globex"],"role":"staff"`, crm.Viewer{}, "claim workspace: must be"},
		"a path through a text":                {nested, `"https://kith.example/workspace":"acme","realm_access":"roles"`, crm.Viewer{}, "claim realm_access.roles"},
		"a name that is a list":                {ClaimNames{}, `"workspace":"acme","role":"staff","name":["Ann"]`, crm.Viewer{}, "claim name"},
		"a channel that is a list":             {ClaimNames{}, `"workspace":"acme","role":"channel","channel":["` + channelID + `"]`, crm.Viewer{}, "claim channel"},
		"a role with words":                    {ClaimNames{}, `"workspace":"acme","role":"staff admin"`, crm.Viewer{}, "claim role"},
		"a role in capitals as a claim":        {ClaimNames{}, `"workspace":"acme","Role":"staff"`, crm.Viewer{}, "claim role"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthenticator(t, Config{Secrets: []string{secret}, Claims: c.names})
			end := noon.Add(time.Hour)
			payload := fmt.Sprintf(`{"sub":"ann","exp":%d,%s}`, end.Unix(), c.claims)
			got, err := a.Authenticate(t.Context(), "Bearer "+signRaw(t, `{"alg":"HS256"}`, payload))
			if c.reason != "" {
				if !strings.HasPrefix(Reason(err), c.reason) {
					t.Errorf("%v, want %s", err, c.reason)
				}
				return
			}
			c.want.Workspace, c.want.Subject, c.want.ExpiresAt = 4, "ann", end
			if d := cmp.Diff(c.want, got); d != "" || err != nil {
				t.Errorf("%v, viewer (-want +got):\n%s", err, d)
			}
		})
	}
	t.Run("tokens of kith", func(t *testing.T) {
		t.Parallel()
		token, err := Sign(secret, Grant{
			Workspace: "acme", Role: "channel", Subject: "bot", Name: "Bot", Channel: channelID, IssuedAt: noon, ExpiresAt: noon.Add(time.Hour), Claims: nested,
		})
		if err != nil {
			t.Fatal(err)
		}
		v, err := newAuthenticator(t, Config{Secrets: []string{secret}, Claims: nested}).Authenticate(t.Context(), "Bearer "+token)
		if err != nil || v.Role != crm.RoleChannel || v.Channel != id || v.Name != "Bot" {
			t.Errorf("%v, %v", v, err)
		}
	})
}

func TestTheLeewayIsASetting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		leeway, past time.Duration
		good         bool
	}{{0, 0, false}, {0, -time.Second, true}, {time.Minute, 59 * time.Second, true}, {time.Minute, time.Minute, false}} {
		a := newAuthenticator(t, Config{Secrets: []string{secret}})
		a.config.Leeway = c.leeway
		claims := goodClaims()
		claims["exp"] = noon.Add(-c.past).Unix()
		v, err := a.Authenticate(t.Context(), "Bearer "+signed(t, "HS256", []byte(secret), "", claims))
		if (err == nil) != c.good {
			t.Errorf("%v after the end with %v: %v", c.past, c.leeway, err)
		}
		if end := noon.Add(c.leeway - c.past); err == nil && c.past > 0 && !v.ExpiresAt.Equal(end) {
			t.Errorf("a connection ends at %v, want %v", v.ExpiresAt, end) // else it would end while requests are still answered
		}
	}
}

func TestAuthenticateRefusesOtherHeaders(t *testing.T) {
	t.Parallel()
	a := newAuthenticator(t, Config{Secrets: []string{secret}})
	for header, reason := range map[string]string{
		"": reasonMissing, "   ": reasonMissing, "Bearer": reasonScheme, "Bearer ": reasonScheme, "Basic YTpi": reasonScheme,
		"Bearer a b": reasonMalformed,
	} {
		_, err := a.Authenticate(t.Context(), header)
		if Reason(err) != reason || !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("header %q: %v, want %q", header, err, reason)
		}
	}
	if _, err := newAuthenticator(t, Config{}).Authenticate(t.Context(), ""); Reason(err) != reasonMissing {
		t.Errorf("without any setting: %v", err)
	}
}

func TestDevelopmentTakesWhoBringsNoToken(t *testing.T) {
	t.Parallel()
	a := newAuthenticator(t, Config{Development: true})
	got, err := a.Authenticate(t.Context(), "")
	want := crm.Viewer{Workspace: 4, WorkspaceName: "demo", Subject: "development", Name: "Development", Role: crm.RoleAdmin}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("error %v, viewer (-want +got):\n%s", err, d)
	}
	if _, err := a.Authenticate(t.Context(), "Bearer abc"); Reason(err) != reasonNoAuth {
		t.Errorf("a token that cannot be checked: %v", err)
	}
}

func TestADatabaseThatIsAwayIsNoRefusal(t *testing.T) {
	t.Parallel()
	a := newAuthenticator(t, Config{Development: true})
	for _, cause := range []error{crm.ErrUnavailable, errors.New("closed")} {
		a.workspaces = names{cause}
		_, err := a.Authenticate(t.Context(), "")
		if !errors.Is(err, crm.ErrUnavailable) || errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%v became %v", cause, err)
		}
	}
}

func TestSign(t *testing.T) {
	t.Parallel()
	g := Grant{
		Workspace: "acme", Role: "channel", Subject: "bot", Name: "Bot", Issuer: "us", Audience: "kith",
		IssuedAt: noon, ExpiresAt: noon.Add(time.Minute),
	}
	token, err := Sign(secret, g)
	if err != nil {
		t.Fatal(err)
	}
	v, err := newAuthenticator(t, Config{Secrets: []string{secret}, Issuer: "us", Audience: "kith"}).Authenticate(t.Context(), "Bearer "+token)
	if err != nil || v.Role != crm.RoleChannel || v.Subject != "bot" || v.Name != "Bot" {
		t.Errorf("got %v, %v", v, err)
	}
	for name, change := range map[string]func(*Grant){
		"an unknown role":    func(g *Grant) { g.Role = "root" },
		"no subject":         func(g *Grant) { g.Subject = "" },
		"a long workspace":   func(g *Grant) { g.Workspace = strings.Repeat("a", 129) },
		"no time to live":    func(g *Grant) { g.ExpiresAt = g.IssuedAt },
		"a control in names": func(g *Grant) { g.Name = "\x00" },
	} {
		bad := g
		change(&bad)
		if _, err := Sign(secret, bad); err == nil {
			t.Errorf("%s was signed", name)
		}
	}
	if _, err := Sign("short", g); err == nil {
		t.Error("a short secret signed")
	}
}

func TestChallenge(t *testing.T) {
	t.Parallel()
	if got := Challenge(refuse(reasonMissing)); got != `Bearer realm="kith"` {
		t.Error(got)
	}
	if got := Challenge(refuse(reasonExpired)); got != `Bearer realm="kith", error="invalid_token", error_description="token expired"` {
		t.Error(got)
	}
}

func TestAContextWithoutAViewerMayDoNothing(t *testing.T) {
	t.Parallel()
	if v := Viewer(t.Context()); v.Role.Can(crm.ReadContacts) || v.Role.Can(crm.ReportInteractions) {
		t.Errorf("%v", v)
	}
	want := crm.Viewer{Subject: "ann", Role: crm.RoleStaff}
	if got := Viewer(WithViewer(t.Context(), want)); got != want {
		t.Errorf("got %v", got)
	}
}

func FuzzAuthenticate(f *testing.F) {
	f.Add("Bearer a.b.c")
	f.Add("Bearer eyJhbGciOiJub25lIn0.e30.")
	a, err := New(f.Context(), Config{Secrets: []string{secret}}, names{}, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if _, err := a.Authenticate(t.Context(), header); !errors.Is(err, ErrUnauthenticated) || Reason(err) == "" {
			t.Errorf("got %v", err)
		}
	})
}

func TestWithoutKeysNoTokenIsGood(t *testing.T) {
	t.Parallel()
	a := newAuthenticator(t, Config{})
	empty := signed(t, "HS256", []byte(""), "", goodClaims())
	unsigned := signed(t, "none", nil, "", goodClaims())
	for _, header := range []string{"", "Bearer " + empty, "Bearer " + unsigned, "Bearer x"} {
		if v, err := a.Authenticate(t.Context(), header); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%q: %v, %v", header, v, err)
		}
	}
}

func TestAViewerWithoutATokenIsHeldToTheSameRules(t *testing.T) {
	t.Parallel()
	want := crm.Viewer{WorkspaceName: "acme", Subject: "ann", Name: "Ann", Role: crm.RoleAdmin}
	if got, err := NewViewer("ann", "Ann", "acme", "admin"); err != nil || got != want {
		t.Errorf("%v, %v", got, err)
	}
	for _, c := range [][4]string{
		{"", "Ann", "acme", "admin"}, {"ann", "Ann", "", "admin"}, {"ann", "Ann", "acme", "ADMIN"}, {"ann", "A\x00", "acme", "admin"},
		{"ann", "", strings.Repeat("x", crm.MaxWorkspaceName+1), "staff"}, {strings.Repeat("x", maxSubject+1), "", "acme", "staff"},
	} {
		if got, err := NewViewer(c[0], c[1], c[2], c[3]); !errors.Is(err, ErrUnauthenticated) || Reason(err) == "" {
			t.Errorf("%q: %v, %v", c, got, err)
		}
	}
}

func TestTokensThatEndTooFarAwayAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lifetime time.Duration // 0 is the usual
		exp      any
		reason   string
	}{
		"thirty days":                {0, noon.Add(UsualLifetime).Unix(), ""},
		"a clock that is ahead":      {0, noon.Add(UsualLifetime + leeway).Unix(), ""},
		"more":                       {0, noon.Add(UsualLifetime + leeway + time.Second).Unix(), reasonFar},
		"more, where it may be more": {2 * UsualLifetime, noon.Add(UsualLifetime + time.Minute).Unix(), ""},
		"an hour, where it may not":  {time.Minute, noon.Add(time.Hour).Unix(), reasonFar},
		"milliseconds":               {0, noon.Add(time.Hour).UnixMilli(), reasonFar},
		"the year 9999":              {0, 253402300799, reasonFar},
		"more than a time can be":    {0, 1e18, reasonFar},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthenticator(t, Config{Secrets: []string{secret}, Lifetime: c.lifetime})
			claims := goodClaims()
			claims["exp"] = c.exp
			token := "Bearer " + signed(t, "HS256", []byte(secret), "", claims)
			for range 2 { // also when it has been seen
				if _, err := a.Authenticate(t.Context(), token); Reason(err) != c.reason {
					t.Errorf("got %v, want %q", err, c.reason)
				}
			}
		})
	}
}
