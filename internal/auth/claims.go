package auth

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kith/internal/crm"
)

// roles are the roles as tokens spell them.
var roles = map[string]crm.Role{
	"reader":  crm.RoleReader,
	"staff":   crm.RoleStaff,
	"admin":   crm.RoleAdmin,
	"channel": crm.RoleChannel,
}

// byPower are the roles of [roles], the one that may do the most first.
var byPower = []string{"admin", "staff", "reader", "channel"}

// Strongest is the role among names that may do the most, of those that Kith knows; empty without any.
func Strongest(names []string) string {
	for _, role := range byPower {
		if slices.Contains(names, role) {
			return role
		}
	}
	return ""
}

// maxSubject bounds sub and name, which end up in the record of who did what.
const maxSubject = 256

// claims is what a token says.
type claims struct {
	registeredClaims

	Workspace string
	Role      string
	Name      string
	Channel   *string // nil binds to none
	names     ClaimNames
}

// read takes the claims that are Kith's own from all claims. The workspace is a text or a list of one, the role a text or a
// list, of which the role that may do the most counts. What has another form is as good as a bad value.
func (c *claims) read(all Claims, names ClaimNames) {
	c.names = names
	if found, _ := all.Texts(names.Workspace); len(found) > 0 && len(slices.Compact(slices.Sorted(slices.Values(found)))) == 1 {
		c.Workspace = found[0]
	}
	found, _ := all.Texts(names.Role)
	c.Role = Strongest(found)
	if v, ok := all.Find(names.Name); ok {
		if c.Name, ok = v.(string); !ok {
			c.Name = string(utf8.RuneError) // which plain refuses
		}
	}
	if v, ok := all.Find(names.Channel); ok {
		text, _ := v.(string)
		c.Channel = &text
	}
}

// all is every claim, for a new token. A path becomes the name of a claim, which [Claims.Find] looks for first.
func (c claims) all() Claims {
	all := Claims{
		"iss": c.Issuer, "sub": c.Subject, "iat": c.IssuedAt, "exp": c.ExpiresAt,
		c.names.Workspace: c.Workspace, c.names.Role: c.Role, c.names.Name: c.Name,
	}
	if len(c.Audience) > 0 {
		all["aud"] = c.Audience
	}
	if c.Channel != nil {
		all[c.names.Channel] = *c.Channel
	}
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == "" })
	return all
}

var developmentClaims = claims{
	registeredClaims: registeredClaims{Subject: "development"},
	Workspace:        DevelopmentWorkspace,
	Role:             "admin",
	Name:             "Development",
}

// current checks the registered claims: the time, and whom the token is from and for.
func (c claims) current(now time.Time, leeway time.Duration, issuer, audience string) error {
	switch {
	case c.ExpiresAt != nil && !now.Before(c.ExpiresAt.Add(leeway)):
		return refuse(reasonExpired)
	case c.NotBefore != nil && now.Before(c.NotBefore.Add(-leeway)):
		return refuse(reasonEarly)
	case c.ExpiresAt == nil:
		return refuse(reasonNoEnd)
	case issuer != "" && c.Issuer != issuer:
		return refuse(reasonIssuer)
	case audience != "" && !slices.Contains(c.Audience, audience):
		return refuse(reasonAudience)
	}
	return nil
}

// check looks at the claims which are Kith's own.
func (c claims) check() error {
	switch {
	case c.Subject == "" || !plain(c.Subject, maxSubject):
		return refuse("claim sub: must be a non-empty string of at most 256 bytes without control characters")
	case !GoodWorkspace(c.Workspace):
		return refuse("claim " + c.names.Workspace + ": must be a non-empty string of at most 128 bytes without control characters")
	case roles[c.Role] == "":
		return refuse("claim " + c.names.Role + ": must be reader, staff, admin or channel")
	case !plain(c.Name, maxSubject):
		return refuse("claim " + c.names.Name + ": must be a string of at most 256 bytes without control characters")
	case c.Channel == nil:
		return nil
	case roles[c.Role] != crm.RoleChannel:
		return refuse("claim " + c.names.Channel + ": goes with the role channel alone")
	}
	if _, ok := crm.ParseChannelID(*c.Channel); !ok {
		return refuse("claim " + c.names.Channel + ": must be the id of a channel")
	}
	return nil
}

// viewer is who the claims speak of, apart from the workspace's number and the end.
func (c claims) viewer() crm.Viewer {
	v := crm.Viewer{WorkspaceName: c.Workspace, Subject: c.Subject, Name: c.Name, Role: roles[c.Role]}
	if c.Channel != nil {
		v.Channel, _ = crm.ParseChannelID(*c.Channel) // check has looked
	}
	return v
}

// NewViewer is whom somebody else than a bearer token vouches for, held to the same rules: the role is spelled as
// tokens do. It has no workspace number yet, see [Open]. An error is [ErrUnauthenticated] with a reason to show.
func NewViewer(subject, name, workspace, role string) (crm.Viewer, error) {
	c := claims{
		registeredClaims: registeredClaims{Subject: subject}, Workspace: workspace, Role: role, Name: name, names: ClaimNames{}.orUsual(),
	}
	if err := c.check(); err != nil {
		return crm.Viewer{}, err
	}
	return c.viewer(), nil
}

// GoodName reports whether a person's name, or none, is one that [NewViewer] takes.
func GoodName(name string) bool { return plain(name, maxSubject) }

// GoodWorkspace reports whether a workspace may have that name.
func GoodWorkspace(name string) bool { return name != "" && plain(name, crm.MaxWorkspaceName) }

// plain refuses U+FFFD too: it is what decoding JSON makes of bytes that are not UTF-8, so that two different
// workspaces would become one.
func plain(s string, limit int) bool {
	return len(s) <= limit && utf8.ValidString(s) && !strings.ContainsRune(s, utf8.RuneError) &&
		!strings.ContainsFunc(s, unicode.IsControl)
}

// MinSecret is the least length in bytes of an HS256 secret (RFC 7518, section 3.2).
const MinSecret = 32

// Grant is what a new token is to say.
type Grant struct {
	Workspace string
	Role      string // reader, staff, admin or channel
	Subject   string
	Name      string // may be empty
	Channel   string // the only one to report on; empty for any
	Issuer    string // may be empty
	Audience  string // may be empty
	IssuedAt  time.Time
	ExpiresAt time.Time
	Claims    ClaimNames
}

// Sign makes a token that an [Authenticator] with the same secret, issuer, audience and names of claims accepts.
func Sign(secret string, g Grant) (string, error) {
	if len(secret) < MinSecret {
		return "", fmt.Errorf("the secret must have at least %d bytes", MinSecret)
	}
	if !g.ExpiresAt.After(g.IssuedAt) {
		return "", errors.New("the token must end after it begins")
	}
	c := claims{
		registeredClaims: registeredClaims{
			Subject:   g.Subject,
			Issuer:    g.Issuer,
			IssuedAt:  &numericDate{g.IssuedAt},
			ExpiresAt: &numericDate{g.ExpiresAt},
		},
		Workspace: g.Workspace,
		Role:      g.Role,
		Name:      g.Name,
		names:     g.Claims.orUsual(),
	}
	if g.Channel != "" {
		c.Channel = &g.Channel
	}
	if g.Audience != "" {
		c.Audience = audience{g.Audience}
	}
	if err := c.check(); err != nil {
		return "", errors.New(Reason(err))
	}
	return sign(secret, c)
}
