package crm

import "time"

// Channel is a place where customers write in.
type Channel struct {
	ID        ChannelID
	Name      string
	Type      ChannelType
	Active    bool
	CreatedAt time.Time
	// Domains are the web origins that may use an HTML_EMBED channel; none for the other types.
	Domains []string
	// RequireSignedIdentity makes an HTML_EMBED channel refuse visitors whom its site has not signed for; false for the
	// other types, whose provider signs everything.
	RequireSignedIdentity bool
	// Secrets are what the provider and Kith share, sealed (see package vault); nil for a channel that has none. They
	// open only with the key, and never leave the server.
	Secrets Sealed
}

// Sealed is encrypted text. It does not show itself.
type Sealed []byte

func (s Sealed) String() string { return "***" }

// GoString keeps the bytes out of %#v.
func (s Sealed) GoString() string { return "***" }

// MarshalText keeps the bytes out of JSON and logs.
func (s Sealed) MarshalText() ([]byte, error) { return []byte("***"), nil }

// ChannelPatch is an edit of a channel: an absent change leaves its field alone.
type ChannelPatch struct {
	Name    Change[string]
	Active  Change[bool]
	Domains Change[[]string] // of HTML_EMBED channels alone; see [NormalizeDomain]
	// RequireSignedIdentity can be true for HTML_EMBED channels alone.
	RequireSignedIdentity Change[bool]
}
