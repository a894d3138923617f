package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kith/internal/crm"
)

// issuer publishes the public halves of its keys.
type issuer struct {
	URL     string
	fetches atomic.Int64
	away    atomic.Bool

	mu   sync.Mutex
	keys map[string]crypto.Signer
	more []any // published as they are
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{keys: map[string]crypto.Signer{}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.fetches.Add(1)
		if i.away.Load() {
			http.Error(w, "away", http.StatusBadGateway)
			return
		}
		i.mu.Lock()
		defer i.mu.Unlock()
		body := struct {
			Keys []any `json:"keys"`
		}{slices.Clone(i.more)}
		for id, key := range i.keys {
			body.Keys = append(body.Keys, published(t, key, jwk{ID: id}))
		}
		if err := json.NewEncoder(w).Encode(body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	i.URL = s.URL
	return i
}

func (i *issuer) publish(id string, key crypto.Signer) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys[id] = key
}

func newKeys(t *testing.T) (*rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey) {
	t.Helper()
	r, err1 := rsa.GenerateKey(rand.Reader, 2048)
	e, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, d, err3 := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	return r, e, d
}

func TestKeysOfAJWKS(t *testing.T) {
	t.Parallel()
	rsaKey, ecKey, edKey := newKeys(t)
	i := newIssuer(t)
	i.publish("r", rsaKey)
	i.publish("e", ecKey)
	i.publish("d", edKey)
	a := newAuthenticator(t, Config{JWKSURL: i.URL})
	other, _, _ := newKeys(t)
	for name, c := range map[string]struct {
		token  string
		reason string
	}{
		"RS256 is accepted":               {signed(t, "RS256", rsaKey, "r", goodClaims()), ""},
		"ES256 is accepted":               {signed(t, "ES256", ecKey, "e", goodClaims()), ""},
		"EdDSA is accepted":               {signed(t, "EdDSA", edKey, "d", goodClaims()), ""},
		"a token may leave its key out":   {signed(t, "ES256", ecKey, "", goodClaims()), ""},
		"RS512 is refused":                {signed(t, "RS512", rsaKey, "r", goodClaims()), reasonSignature},
		"PS256 is refused":                {signed(t, "PS256", rsaKey, "r", goodClaims()), reasonSignature},
		"HS256 is refused":                {signed(t, "HS256", []byte(secret), "r", goodClaims()), reasonSignature},
		"HS256 with an empty secret, too": {signed(t, "HS256", []byte{}, "r", goodClaims()), reasonSignature},
		"another's key is refused":        {signed(t, "RS256", other, "r", goodClaims()), reasonSignature},
		"a key of another kind":           {signed(t, "RS256", rsaKey, "e", goodClaims()), reasonSignature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := a.Authenticate(t.Context(), "Bearer "+c.token)
			if Reason(err) != c.reason || (c.reason == "") != (err == nil) {
				t.Errorf("got %v, want %q", err, c.reason)
			}
		})
	}
}

// published is the public half of a key, with the rest of what a JWKS says of it.
func published(t *testing.T, key crypto.Signer, said jwk) jwk {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKey{Key: key.Public()})
	if err != nil {
		t.Error(err)
	}
	made := jwk{}
	if err := json.Unmarshal(text, &made); err != nil {
		t.Error(err)
	}
	made.ID, made.Use, made.Operations, made.Algorithm = said.ID, said.Use, said.Operations, said.Algorithm
	return made
}

func TestKeysThatAreNotForSigningAreLeftOut(t *testing.T) {
	t.Parallel()
	rsaKey, ecKey, edKey := newKeys(t)
	weak, err1 := rsa.GenerateKey(rand.Reader, 2047)
	p384, err2 := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key    crypto.Signer
		method string
		said   jwk
		good   bool
	}{
		"no use":                        {rsaKey, "RS256", jwk{}, true},
		"use sig":                       {rsaKey, "RS256", jwk{Use: "sig", Algorithm: "RS256"}, true},
		"key_ops verify":                {ecKey, "ES256", jwk{Operations: []string{"verify"}}, true},
		"use enc":                       {rsaKey, "RS256", jwk{Use: "enc"}, false},
		"use enc of a curve":            {ecKey, "ES256", jwk{Use: "enc"}, false},
		"a use made up":                 {rsaKey, "RS256", jwk{Use: "SIG"}, false},
		"key_ops encrypt":               {rsaKey, "RS256", jwk{Operations: []string{"encrypt", "wrapKey"}}, false},
		"use sig, but key_ops wrap":     {rsaKey, "RS256", jwk{Use: "sig", Operations: []string{"wrapKey"}}, false},
		"alg of encryption":             {rsaKey, "RS256", jwk{Algorithm: "RSA-OAEP"}, false},
		"alg of another scheme":         {rsaKey, "RS256", jwk{Algorithm: "PS256"}, false},
		"alg EdDSA":                     {edKey, "EdDSA", jwk{Algorithm: "EdDSA"}, true},
		"alg of another type":           {ecKey, "ES256", jwk{Algorithm: "RS256"}, false},
		"RSA of 2047 bits":              {weak, "RS256", jwk{Use: "sig"}, false},
		"another curve that says ES256": {p384, "ES256", jwk{Algorithm: "ES256"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t)
			said := c.said
			said.ID = "k"
			i.more = []any{published(t, c.key, said)}
			a := newAuthenticator(t, Config{JWKSURL: i.URL})
			for _, kid := range []string{"", "k"} {
				if c.key == p384 {
					continue // no library signs like that; that the key is left out shows below
				}
				_, err := a.Authenticate(t.Context(), "Bearer "+signed(t, c.method, c.key, kid, goodClaims()))
				if c.good != (err == nil) || err != nil && !errors.Is(err, ErrUnauthenticated) {
					t.Errorf("kid %q: got %v", kid, err)
				}
			}
			if _, complaint := readKey(json.RawMessage(asJSON(t, i.more[0]))); c.good != (complaint == "") {
				t.Errorf("complaint %q", complaint)
			}
		})
	}
}

func TestAnOddKeyDoesNotHideTheOthers(t *testing.T) {
	t.Parallel()
	rsaKey, ecKey, _ := newKeys(t)
	i := newIssuer(t)
	i.more = []any{
		map[string]string{"kty": "oct", "kid": "r", "k": "c2VjcmV0"},
		published(t, ecKey, jwk{ID: "r", Use: "enc"}),
		published(t, ecKey, jwk{ID: "x", Use: "tls", Operations: []string{"dance"}}),
		jwk{Type: "EC", Curve: "secp256k1", ID: "y", X: "AQ", Y: "AQ"},
	}
	i.publish("r", rsaKey)
	a := newAuthenticator(t, Config{JWKSURL: i.URL})
	for _, kid := range []string{"", "r"} {
		if _, err := a.Authenticate(t.Context(), "Bearer "+signed(t, "RS256", rsaKey, kid, goodClaims())); err != nil {
			t.Errorf("kid %q: %v", kid, err)
		}
	}
}

func TestANewKeyIsFetchedOnceForAllWhoWait(t *testing.T) {
	t.Parallel()
	old, _, next := newKeys(t)
	i := newIssuer(t)
	i.publish("old", old)
	a := newAuthenticator(t, Config{Secrets: []string{secret}, JWKSURL: i.URL})
	i.publish("next", next)
	token := "Bearer " + signed(t, "EdDSA", next, "next", goodClaims())
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if _, err := a.Authenticate(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := i.fetches.Load(); n != 2 {
		t.Errorf("%d fetches, want 2: at start and for the new key", n)
	}

	for n := range 100 { // a flood of unknown keys
		forged := signed(t, "EdDSA", next, strconv.Itoa(n), goodClaims())
		if _, err := a.Authenticate(t.Context(), "Bearer "+forged); Reason(err) != reasonKey {
			t.Fatalf("got %v", err)
		}
	}
	if n := i.fetches.Load(); n != 2 {
		t.Errorf("%d fetches after the flood", n)
	}
	if _, err := a.Authenticate(t.Context(), "Bearer "+signed(t, "HS256", []byte(secret), "", goodClaims())); err != nil {
		t.Errorf("a secret beside a JWKS: %v", err)
	}
}

func TestWithoutItsKeysKithStartsAndSaysUnavailable(t *testing.T) {
	t.Parallel()
	key, _, _ := newKeys(t)
	i := newIssuer(t)
	i.publish("r", key)
	i.away.Store(true)
	a := newAuthenticator(t, Config{JWKSURL: i.URL})
	for _, kid := range []string{"r", ""} {
		_, err := a.Authenticate(t.Context(), "Bearer "+signed(t, "RS256", key, kid, goodClaims()))
		if !errors.Is(err, crm.ErrUnavailable) || errors.Is(err, ErrUnauthenticated) {
			t.Errorf("kid %q: got %v", kid, err)
		}
	}
}

func TestAKeyThatIsWithdrawnChecksNoToken(t *testing.T) {
	t.Parallel()
	_, old, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, next, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := newIssuer(t)
	i.publish("old", old)
	a := newAuthenticator(t, Config{JWKSURL: i.URL})
	token := "Bearer " + signed(t, "EdDSA", old, "old", goodClaims())
	if _, err := a.Authenticate(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	i.mu.Lock()
	delete(i.keys, "old")
	i.mu.Unlock()
	i.publish("next", next)
	// A token of the next key has the set fetched again, as time does.
	if _, err := a.Authenticate(t.Context(), "Bearer "+signed(t, "EdDSA", next, "next", goodClaims())); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(t.Context(), token); Reason(err) != reasonKey {
		t.Errorf("got %v", err)
	}
	if fetchInterval > time.Minute {
		t.Errorf("a withdrawn key is taken for %s", fetchInterval)
	}
}

func TestTheOnlyKeyThatIsWithdrawnChecksNoToken(t *testing.T) {
	t.Parallel()
	_, only, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := newIssuer(t)
	i.publish("only", only)
	var log bytes.Buffer
	a, err := New(t.Context(), Config{JWKSURL: i.URL}, names{}, slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	token := "Bearer " + signed(t, "EdDSA", only, "only", goodClaims())
	if _, err := a.Authenticate(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	i.mu.Lock()
	delete(i.keys, "only")
	i.mu.Unlock()
	unknown := "Bearer " + signed(t, "EdDSA", only, "unknown", goodClaims()) // has the set fetched again
	for range 2 {
		for _, token := range []string{unknown, token} {
			if _, err := a.Authenticate(t.Context(), token); Reason(err) != reasonKey {
				t.Errorf("got %v", err)
			}
		}
	}
	if n := strings.Count(log.String(), "has no key"); n != 1 {
		t.Errorf("told %d times:\n%s", n, log.String())
	}
}
