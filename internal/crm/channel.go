package crm

import (
	"errors"
	"time"
)

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

// Apply makes the edit on c. What is wrong with it comes as joined *InvalidErrors, and c is left alone.
func (p ChannelPatch) Apply(c *Channel) error {
	var nameErr, domainsErr, signedErr error
	edited := *c
	if v, ok := p.Name.Value(); ok {
		edited.Name, nameErr = NormalizeTitle(v)
	}
	if v, ok := p.Active.Value(); ok {
		edited.Active = v
	}
	if v, ok := p.Domains.Value(); ok {
		edited.Domains, domainsErr = normalizeDomains(c.Type, v)
	}
	if v, ok := p.RequireSignedIdentity.Value(); ok {
		edited.RequireSignedIdentity = v
		if v && !c.Type.Provider().Website {
			signedErr = &InvalidError{
				Field: "requireSignedIdentity", Subject: "Only HTML_EMBED channels", Reason: "can require signed identities",
			}
		}
	}
	if err := errors.Join(nameErr, domainsErr, signedErr); err != nil {
		return err
	}
	*c = edited
	return nil
}
