package vault

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"time"

	"kith/internal/crm"
)

// webhookPrefix begins the secrets of webhooks, as Standard Webhooks has them.
const webhookPrefix = "whsec_"

// webhookSecretSize is how many random bytes a secret is made of: Standard Webhooks allows 24 to 64.
const webhookSecretSize = 32

// WebhookSecrets are what deliveries to one webhook endpoint are signed with.
type WebhookSecrets struct {
	Current string `json:"current"`
	// Former signs as well until FormerUntil, after a rotation.
	Former      string    `json:"former,omitempty"`
	FormerUntil time.Time `json:"formerUntil,omitzero"`
}

// NewWebhookSecret makes a secret.
func NewWebhookSecret() string {
	b := make([]byte, webhookSecretSize)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return webhookPrefix + base64.StdEncoding.EncodeToString(b)
}

// String keeps the secrets out of logs.
func (s WebhookSecrets) String() string { return "***" }

// GoString keeps the secrets out of %#v.
func (s WebhookSecrets) GoString() string { return "***" }

// Signing are the secrets that sign at a time, the current one first.
func (s WebhookSecrets) Signing(now time.Time) []string {
	if s.Former != "" && now.Before(s.FormerUntil) {
		return []string{s.Current, s.Former}
	}
	return []string{s.Current}
}

// WebhookVault seals and opens the secrets of webhook endpoints, as [Vault] does those of channels.
type WebhookVault struct{ sealer Sealer }

// NewWebhookVault makes a vault that seals with the first key and opens what was sealed with any of them. An error says which of
// the keys is shorter than [MinKey].
func NewWebhookVault(keys ...string) (*WebhookVault, error) {
	s, err := NewSealer("webhook secrets", keys...)
	if err != nil {
		return nil, err
	}
	return &WebhookVault{*s}, nil
}

// Ready reports whether there is a key to seal with.
func (v *WebhookVault) Ready() bool { return v.sealer.Ready() }

// Current reports whether something is sealed under the key that [WebhookVault.Seal] takes.
func (v *WebhookVault) Current(sealed crm.Sealed) bool { return v.sealer.Current(sealed) }

// Seal encrypts the secrets of an endpoint with the first key.
func (v *WebhookVault) Seal(w crm.WorkspaceID, id crm.EndpointID, s WebhookSecrets) (crm.Sealed, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return v.sealer.Seal(plain, ofEndpoint(w, id))
}

// Open decrypts what [WebhookVault.Seal] made for the same endpoint of the same workspace. The error is [ErrNoKey] or
// [ErrSealed].
func (v *WebhookVault) Open(w crm.WorkspaceID, id crm.EndpointID, sealed crm.Sealed) (WebhookSecrets, error) {
	plain, err := v.sealer.Open(sealed, ofEndpoint(w, id))
	if err != nil {
		return WebhookSecrets{}, err
	}
	var s WebhookSecrets
	if json.Unmarshal(plain, &s) != nil {
		return WebhookSecrets{}, ErrSealed
	}
	return s, nil
}

func ofEndpoint(w crm.WorkspaceID, id crm.EndpointID) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(w)), id[:]...)
}
