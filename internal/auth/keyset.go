package auth

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/MicahParks/jwkset"
)

// minRSA is the least size in bits of an RSA key (RFC 7518, section 3.3).
const minRSA = 2048

// signingKeys keeps those keys of a JWKS that may check the signatures of tokens, so that no way of looking a key up
// finds another one.
type signingKeys struct {
	jwkset.Storage
	logger  *slog.Logger
	fetched atomic.Bool

	mu     sync.Mutex
	logged map[string]string // the last complaint logged, by key id; under the empty id, about the whole set
}

// logNew logs the complaints that the previous fetch of the set did not have; the set is fetched every few seconds.
func (s *signingKeys) logNew(ctx context.Context, complaints map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for kid, complaint := range complaints {
		switch {
		case s.logged[kid] == complaint:
		case kid == "":
			s.logger.WarnContext(ctx, "the JWKS has no key that tokens can be checked with", "keys", complaint)
		default:
			s.logger.InfoContext(ctx, "a key of the JWKS is not used", "kid", kid, "reason", complaint)
		}
	}
	s.logged = complaints
}

// KeyReplaceAll keeps the good ones of a set that was fetched.
func (s *signingKeys) KeyReplaceAll(ctx context.Context, all []jwkset.JWK) error {
	good := make([]jwkset.JWK, 0, len(all))
	complaints := make(map[string]string)
	for _, key := range all {
		complaint := keyComplaint(key)
		if complaint == "" {
			good = append(good, key)
			continue
		}
		complaints[cmp.Or(key.Marshal().KID, "none")] = complaint
	}
	if len(good) == 0 {
		complaints[""] = strconv.Itoa(len(all))
	}
	s.logNew(ctx, complaints)
	if err := s.Storage.KeyReplaceAll(ctx, good); err != nil {
		return err
	}
	s.fetched.Store(true)
	return nil
}

// keyComplaint says why a key must not check signatures of tokens; empty when it may.
func keyComplaint(key jwkset.JWK) string {
	said := key.Marshal()
	switch {
	case said.USE != "" && said.USE != jwkset.UseSig:
		return "its use is not sig"
	case len(said.KEYOPS) > 0 && !slices.Contains(said.KEYOPS, jwkset.KeyOpsVerify):
		return "its key_ops do not have verify"
	}
	public := key.Key()
	if private, ok := public.(crypto.Signer); ok {
		public = private.Public()
	}
	var algorithms []jwkset.ALG
	switch k := public.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSA {
			return "an RSA key needs 2048 bits"
		}
		algorithms = []jwkset.ALG{jwkset.AlgRS256}
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return "the curve is not P-256"
		}
		algorithms = []jwkset.ALG{jwkset.AlgES256}
	case ed25519.PublicKey:
		algorithms = []jwkset.ALG{jwkset.AlgEdDSA}
	default:
		return "it is not an RSA, EC or Ed25519 key"
	}
	if said.ALG != "" && !slices.Contains(algorithms, said.ALG) {
		return "its alg is not RS256, ES256 or EdDSA, or not of its type"
	}
	return ""
}
