package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// registeredClaims are those of RFC 7519, section 4.1.
type registeredClaims struct {
	Issuer    string       `json:"iss,omitempty"`
	Subject   string       `json:"sub,omitempty"`
	Audience  audience     `json:"aud,omitempty"`
	ExpiresAt *numericDate `json:"exp,omitempty"`
	NotBefore *numericDate `json:"nbf,omitempty"`
	IssuedAt  *numericDate `json:"iat,omitempty"`
	ID        string       `json:"jti,omitempty"`
}

// numericDate is a time as seconds since 1970. A fraction is cut off.
type numericDate struct{ time.Time }

func (d numericDate) MarshalJSON() ([]byte, error) { return json.Marshal(d.Unix()) }

func (d *numericDate) UnmarshalJSON(text []byte) error {
	var number json.Number
	if err := json.Unmarshal(text, &number); err != nil {
		return err
	}
	seconds, err := number.Float64()
	if err != nil {
		return err
	}
	whole, _ := math.Modf(seconds)
	d.Time = time.Unix(int64(whole), 0)
	return nil
}

// audience is one text or a list of texts.
type audience []string

func (a *audience) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audience{one}
		return nil
	}
	var list []*string
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*a = nil
	for _, s := range list {
		if s == nil {
			return errors.New("null in the audience")
		}
		*a = append(*a, *s)
	}
	return nil
}

// token is a JWS in its compact form. Nothing of it is verified.
type token struct {
	signed    string // what the signature is of: header and payload as they came
	signature []byte
	algorithm jose.SignatureAlgorithm
	keyID     any // nil without hasKeyID
	hasKeyID  bool
	claims    claims // the registered ones
	all       Claims
}

// strict takes each sequence of bytes in one spelling only.
var strict = base64.RawURLEncoding.Strict()

// parse reads a token whose algorithm must be one of those given.
func parse(text string, algorithms []jose.SignatureAlgorithm) (token, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return token{}, refuse(reasonMalformed)
	}
	t := token{signed: parts[0] + "." + parts[1]}
	var header map[string]any
	if !decode(parts[0], &header) || !decode(parts[1], &t.claims.registeredClaims) || !decode(parts[1], &t.all) {
		return token{}, refuse(reasonMalformed)
	}
	var err error
	if t.signature, err = strict.DecodeString(parts[2]); err != nil {
		return token{}, refuse(reasonMalformed)
	}
	algorithm, _ := header["alg"].(string)
	t.algorithm = jose.SignatureAlgorithm(algorithm)
	if !slices.Contains(algorithms, t.algorithm) {
		return token{}, refuse(reasonSignature)
	}
	if _, ok := header["crit"]; ok { // RFC 7515, section 4.1.11: what is not understood must be refused
		return token{}, refuse(reasonMalformed)
	}
	t.keyID, t.hasKeyID = header["kid"]
	return t, nil
}

// decode reads one part of a token.
func decode(part string, into any) bool {
	text, err := strict.DecodeString(part)
	return err == nil && json.Unmarshal(text, into) == nil
}

// signedBy reports whether a key made the token's signature. A key goes with one algorithm alone, so that no public key
// is ever taken for a secret.
func (t token) signedBy(key any) bool {
	digest := sha256.Sum256([]byte(t.signed))
	switch key := key.(type) {
	case []byte:
		return t.algorithm == jose.HS256 && hmac.Equal(t.signature, mac(key, t.signed))
	case *rsa.PublicKey:
		return t.algorithm == jose.RS256 && rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], t.signature) == nil
	case *ecdsa.PublicKey:
		if t.algorithm != jose.ES256 || len(t.signature) != 64 {
			return false
		}
		r, s := new(big.Int).SetBytes(t.signature[:32]), new(big.Int).SetBytes(t.signature[32:])
		return ecdsa.Verify(key, digest[:], r, s)
	case ed25519.PublicKey:
		return t.algorithm == jose.EdDSA && ed25519.Verify(key, []byte(t.signed), t.signature)
	}
	return false
}

// mac is the signature of HS256.
func mac(secret []byte, text string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// sign makes a token of claims with a secret.
func sign(secret string, c claims) (string, error) {
	payload, err := json.Marshal(c.all())
	if err != nil {
		return "", err
	}
	text := strict.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + strict.EncodeToString(payload)
	return text + "." + strict.EncodeToString(mac([]byte(secret), text)), nil
}
