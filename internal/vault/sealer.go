package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
)

// What is sealed is a byte of version, the key's id, a nonce of 96 bits, the encrypted text and the tag of 128 bits.
const (
	version    = 1
	keyIDSize  = 8
	headerSize = 1 + keyIDSize
)

// Sealer encrypts for one purpose, with the keys of one installation. What is sealed for one purpose cannot be opened
// for another. It is safe for concurrent use.
type Sealer struct{ keys []key }

type key struct {
	id   [keyIDSize]byte
	aead cipher.AEAD
}

// NewSealer makes a sealer that seals with the first key and opens what was sealed with any of them. Without
// keys it does neither. An error says which of the keys is shorter than [MinKey].
func NewSealer(purpose string, keys ...string) (*Sealer, error) {
	s := &Sealer{}
	for i, text := range keys {
		if len(text) < MinKey {
			return nil, fmt.Errorf("key %d of %d has fewer than %d bytes", i+1, len(keys), MinKey)
		}
		k, err := newKey(purpose, text)
		if err != nil {
			return nil, fmt.Errorf("key %d of %d: %w", i+1, len(keys), err)
		}
		s.keys = append(s.keys, k)
	}
	return s, nil
}

// newKey derives from a key's text, by HKDF (RFC 5869) with SHA-256, what encrypts and what the key is known by.
func newKey(purpose, text string) (key, error) {
	prk, err := hkdf.Extract(sha256.New, []byte(text), []byte("kith"))
	if err != nil {
		return key{}, err
	}
	bytes, err := hkdf.Expand(sha256.New, prk, purpose+", AES-256-GCM", 32)
	if err != nil {
		return key{}, err
	}
	id, err := hkdf.Expand(sha256.New, prk, purpose+", key id", keyIDSize)
	if err != nil {
		return key{}, err
	}
	block, err := aes.NewCipher(bytes)
	if err != nil {
		return key{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return key{[keyIDSize]byte(id), aead}, err
}

// Ready reports whether there is a key to seal with.
func (s *Sealer) Ready() bool { return len(s.keys) > 0 }

// Seal encrypts plain with the first key. Opening it requires the same about.
func (s *Sealer) Seal(plain, about []byte) ([]byte, error) {
	if !s.Ready() {
		return nil, ErrNoKey
	}
	k := s.keys[0]
	header := append(append(make([]byte, 0, headerSize+len(plain)+k.aead.Overhead()), version), k.id[:]...)
	return k.aead.Seal(header, nil, plain, joined(header, about)), nil //nolint:gosec // it makes a random nonce itself
}

// Open decrypts what [Sealer.Seal] made for the same purpose and the same about. The error is [ErrNoKey] or
// [ErrSealed].
func (s *Sealer) Open(sealed, about []byte) ([]byte, error) {
	if !s.Ready() {
		return nil, ErrNoKey
	}
	if len(sealed) < headerSize || sealed[0] != version {
		return nil, ErrSealed
	}
	header, rest := sealed[:headerSize], sealed[headerSize:]
	for _, k := range s.keys {
		if k.id != [keyIDSize]byte(header[1:]) {
			continue
		}
		plain, err := k.aead.Open(nil, nil, rest, joined(header, about))
		if err != nil {
			return nil, ErrSealed
		}
		return plain, nil
	}
	return nil, ErrSealed
}

// Current reports whether something is sealed under the key that [Sealer.Seal] takes.
func (s *Sealer) Current(sealed []byte) bool {
	return s.Ready() && len(sealed) > headerSize && sealed[0] == version &&
		[keyIDSize]byte(sealed[1:headerSize]) == s.keys[0].id
}

// joined is the data that a sealed text is authenticated with.
func joined(header, about []byte) []byte {
	return append(append(make([]byte, 0, len(header)+len(about)), header...), about...)
}
