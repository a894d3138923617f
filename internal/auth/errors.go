package auth

import "errors"

// ErrUnauthenticated refuses a credential, or the lack of one.
var ErrUnauthenticated = errors.New("unauthenticated")

const (
	reasonMissing   = "token missing"
	reasonWorkspace = "the workspace is deleted"
	reasonUnknown   = "the workspace does not exist, and this server creates none for a credential"
	reasonScheme    = "the Authorization header must be Bearer and a token"
	reasonNoAuth    = "this server has no auth settings to check a token with: send none"
	reasonNoTokens  = "this server takes API keys, but no tokens: sign in on its pages"
	reasonMalformed = "token malformed"
	reasonExpired   = "token expired"
	reasonNoEnd     = "claim exp: missing"
	reasonFar       = "claim exp: further away than this server accepts"
	reasonEarly     = "token not valid yet"
	reasonIssuer    = "claim iss: not the expected issuer"
	reasonAudience  = "claim aud: not the expected audience"
	reasonSignature = "token signature not valid"
	reasonKey       = "token signed with an unknown key"
	// ReasonAPIKey does not say whether the key is unknown, revoked, expired or malformed.
	ReasonAPIKey = "API key not valid" //nolint:gosec // words, no key
)

// refusal is an ErrUnauthenticated. It holds nothing of the token.
type refusal struct{ reason string }

func refuse(reason string) error { return &refusal{reason} }

// Refuse is an [ErrUnauthenticated] for a credential of another kind than this package checks. The reason is shown; it
// must be a constant text without quotes.
func Refuse(reason string) error { return refuse(reason) }

func (r *refusal) Error() string        { return "unauthenticated: " + r.reason }
func (r *refusal) Is(target error) bool { return target == ErrUnauthenticated }

// Reason says why a credential was refused, in words that the client may see; empty for any other error.
func Reason(err error) string {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.reason
	}
	return ""
}

// Challenge is the WWW-Authenticate header that goes with a refusal (RFC 6750, section 3).
func Challenge(err error) string {
	switch reason := Reason(err); reason {
	case "", reasonMissing:
		return `Bearer realm="kith"`
	default:
		return `Bearer realm="kith", error="invalid_token", error_description="` + reason + `"`
	}
}
