// Package vault keeps secrets that leave the process: AES-256 in Galois counter mode (NIST SP 800-38D) under keys of
// the operator's. What a channel's provider and Kith share lies in the database, bound to the workspace and the channel it
// is of; what else is to be sealed gets a [Sealer] of its own.
//
// It stores nothing and logs nothing. A key that is lost is lost with all that was sealed under it.
package vault

import (
	"encoding/binary"
	"encoding/json"
	"errors"

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

// purpose is what the vault's sealer is made for.
const purpose = "channel secrets"

// Vault seals and opens channels' secrets with the keys of one installation. Without keys it does neither. It is safe
// for concurrent use.
type Vault struct{ sealer Sealer }

// New makes a vault that seals under the first of the keys and opens what was sealed under any of them. An error tells
// which of the keys is shorter than [MinKey].
func New(keys ...string) (*Vault, error) {
	s, err := NewSealer(purpose, keys...)
	if err != nil {
		return nil, err
	}
	return &Vault{*s}, nil
}

// Ready reports whether there is a key to seal with.
func (v *Vault) Ready() bool { return v.sealer.Ready() }

// Seal encrypts the secrets of a channel under the first key.
func (v *Vault) Seal(w crm.WorkspaceID, id crm.ChannelID, s Secrets) (crm.Sealed, error) {
	plain, err := json.Marshal(s) //nolint:gosec // to be sealed at once
	if err != nil {
		return nil, err
	}
	return v.sealer.Seal(plain, bound(w, id))
}

// Open decrypts what [Vault.Seal] made for the same channel of the same workspace. The error is [ErrNoKey] or
// [ErrSealed].
func (v *Vault) Open(w crm.WorkspaceID, id crm.ChannelID, sealed crm.Sealed) (Secrets, error) {
	plain, err := v.sealer.Open(sealed, bound(w, id))
	if err != nil {
		return Secrets{}, err
	}
	var s Secrets
	if json.Unmarshal(plain, &s) != nil {
		return Secrets{}, ErrSealed
	}
	return s, nil
}

// Current reports whether something is sealed under the key that [Vault.Seal] takes.
func (v *Vault) Current(sealed crm.Sealed) bool { return v.sealer.Current(sealed) }

// bound says whose a sealed text is.
func bound(w crm.WorkspaceID, id crm.ChannelID) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(w)), id[:]...)
}
