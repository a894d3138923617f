// Package vault keeps what a channel's provider and Kith share secret while it lies in the database: AES-256 in Galois
// counter mode (NIST SP 800-38D) under keys of the operator's, bound to the workspace and the channel they are of.
//
// It stores nothing and logs nothing. A key that is lost is lost with all that was sealed under it.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"kith/internal/crm"
)

// MinKey is the least number of bytes of a key's text.
const MinKey = 32

var (
	// ErrNoKey refuses to seal or to open where no key is set.
	ErrNoKey = errors.New("no key is set")
	// ErrSealed is what cannot be opened: sealed under another key, for another channel, or damaged since.
	ErrSealed = errors.New("sealed under a key that is not set, or damaged")
)

// Secrets are what a provider and Kith share of one channel.
type Secrets struct {
	// Secret is what the provider signs its webhooks with.
	Secret string `json:"secret,omitempty"`
	// VerifyToken is what Kith has made for the administrator to enter at the provider's. For a Telegram channel it is the
	// Secret, as long as Kith has made that.
	VerifyToken string `json:"verifyToken,omitempty"`
}

// String keeps the secrets out of logs.
func (s Secrets) String() string { return "***" }

// GoString keeps the secrets out of %#v.
func (s Secrets) GoString() string { return "***" }

// What is sealed is a byte of version, the key's id, a nonce of 96 bits, the encrypted JSON and the tag of 128 bits.
const (
	version    = 1
	keyIDSize  = 8
	headerSize = 1 + keyIDSize
)

// Vault seals and opens with the keys of one installation. It is safe for concurrent use.
type Vault struct{ keys []key }

type key struct {
	id   [keyIDSize]byte
	aead cipher.AEAD
}

// New makes a vault that seals under the first of the keys and opens what was sealed under any of them. Without keys it
// does neither. An error tells which of the keys is shorter than [MinKey].
func New(keys ...string) (*Vault, error) {
	v := &Vault{}
	for i, text := range keys {
		if len(text) < MinKey {
			return nil, fmt.Errorf("key %d of %d has fewer than %d bytes", i+1, len(keys), MinKey)
		}
		k, err := newKey(text)
		if err != nil {
			return nil, fmt.Errorf("key %d of %d: %w", i+1, len(keys), err)
		}
		v.keys = append(v.keys, k)
	}
	return v, nil
}

// newKey derives from a key's text, by HKDF (RFC 5869) with SHA-256, what encrypts and what the key is known by.
func newKey(text string) (key, error) {
	prk, err := hkdf.Extract(sha256.New, []byte(text), []byte("kith"))
	if err != nil {
		return key{}, err
	}
	bytes, err := hkdf.Expand(sha256.New, prk, "channel secrets, AES-256-GCM", 32)
	if err != nil {
		return key{}, err
	}
	id, err := hkdf.Expand(sha256.New, prk, "channel secrets, key id", keyIDSize)
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
func (v *Vault) Ready() bool { return len(v.keys) > 0 }

// Seal encrypts the secrets of a channel under the first key.
func (v *Vault) Seal(w crm.WorkspaceID, id crm.ChannelID, s Secrets) (crm.Sealed, error) {
	if !v.Ready() {
		return nil, ErrNoKey
	}
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	k := v.keys[0]
	header := append(append(make([]byte, 0, headerSize), version), k.id[:]...)
	return k.aead.Seal(header, nil, plain, bound(header, w, id)), nil
}

// Open decrypts what [Vault.Seal] made for the same channel of the same workspace. The error is [ErrNoKey] or
// [ErrSealed].
func (v *Vault) Open(w crm.WorkspaceID, id crm.ChannelID, sealed crm.Sealed) (Secrets, error) {
	if !v.Ready() {
		return Secrets{}, ErrNoKey
	}
	if len(sealed) < headerSize || sealed[0] != version {
		return Secrets{}, ErrSealed
	}
	header, rest := sealed[:headerSize], sealed[headerSize:]
	for _, k := range v.keys {
		if k.id != [keyIDSize]byte(header[1:]) {
			continue
		}
		var s Secrets
		plain, err := k.aead.Open(nil, nil, rest, bound(header, w, id))
		if err != nil || json.Unmarshal(plain, &s) != nil {
			return Secrets{}, ErrSealed
		}
		return s, nil
	}
	return Secrets{}, ErrSealed
}

// Current reports whether something is sealed under the key that [Vault.Seal] takes.
func (v *Vault) Current(sealed crm.Sealed) bool {
	return v.Ready() && len(sealed) > headerSize && sealed[0] == version &&
		[keyIDSize]byte(sealed[1:headerSize]) == v.keys[0].id
}

// bound is the data that a sealed text is authenticated with: its own header, and whose it is.
func bound(header []byte, w crm.WorkspaceID, id crm.ChannelID) []byte {
	b := append(make([]byte, 0, headerSize+4+len(id)), header...)
	b = binary.BigEndian.AppendUint32(b, uint32(w))
	return append(b, id[:]...)
}
