package config

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// Origins are the origins whose pages may use the API, as browsers spell them.
func (c Config) Origins() []string {
	var origins []string
	for text := range items(c.CORSOrigins) {
		if u, err := url.Parse(text); err == nil {
			origins = append(origins, Origin(u))
		}
	}
	return origins
}

// unixPrefix begins the address of a Unix socket.
const unixPrefix = "unix:"

// maxSocketPath is how long the path of a Unix socket can be, on every system.
const maxSocketPath = 103

// Listener splits an address to listen on into what [net.Listen] takes: the path of a Unix socket, or a TCP address.
func Listener(addr string) (network, address string) {
	if path, ok := strings.CutPrefix(addr, unixPrefix); ok {
		return "unix", path
	}
	return "tcp", addr
}

// onlyLocal reports whether no other machine can reach the address that c listens on.
func (c Config) onlyLocal() bool { return strings.HasPrefix(c.Addr, unixPrefix) || c.loopback() }

// loopback reports whether c listens on an address of this machine alone that browsers can reach.
func (c Config) loopback() bool {
	host, _, _ := net.SplitHostPort(c.Addr)
	return Loopback(host)
}

func addrComplaint(addr string) string {
	if path, ok := strings.CutPrefix(addr, unixPrefix); ok {
		switch {
		case !filepath.IsAbs(path) || strings.ContainsRune(path, 0):
			return "the path of a Unix socket must be absolute, as in unix:/run/kith/kith.sock"
		case len(path) > maxSocketPath:
			return "the path of a Unix socket can have at most " + strconv.Itoa(maxSocketPath) + " bytes"
		}
		return ""
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "must be HOST:PORT or unix:PATH"
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "the port must be a number from 0 to 65535"
	}
	return ""
}

// Origin is the origin of a URL as browsers spell it: in lower case and ASCII, without the default port.
func Origin(u *url.URL) string {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname())
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // IPv6
	}
	if port := u.Port(); port != "" && port != map[string]string{"http": "80", "https": "443"}[scheme] {
		return scheme + "://" + host + ":" + port
	}
	return scheme + "://" + host
}

// PublicOrigin is the origin of Kith's own pages, as browsers spell it; empty if the settings do not say it.
func (c Config) PublicOrigin() string {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return Origin(u)
}

// BasePath is the path of the public URL, such as /kith, without a slash at the end; empty if it has none.
func (c Config) BasePath() string {
	u, err := url.Parse(c.PublicURL)
	if err != nil {
		return ""
	}
	return strings.TrimRight(u.Path, "/")
}

// ownPaths are the first parts of the paths that Kith serves. A base path that began with one could not be distinguished from them
// behind a proxy that strips it.
var ownPaths = []string{"auth", "channels", "export", "graphql", "import", "livez", "metrics", "playground", "readyz", "staff"}

// baseComplaint checks the path of the public URL.
func baseComplaint(u *url.URL) string {
	base := strings.Trim(u.Path, "/")
	if base == "" {
		return ""
	}
	parts := strings.Split(base, "/")
	for _, part := range parts {
		if part == "" || part == "." || part == ".." || strings.ContainsFunc(part, func(r rune) bool { return !plain(r) }) {
			return "the path must consist of letters, digits and -._~, such as https://example.com/kith"
		}
	}
	if slices.Contains(ownPaths, parts[0]) {
		return "the path must not begin with /" + parts[0] + ", which is one of Kith's own"
	}
	return ""
}

// plain reports whether a rune means itself in a path (RFC 3986, section 2.3).
func plain(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~", r)
}

// TrustsSocket reports whether the forwarding headers of what connects to the Unix socket are trusted.
func (c Config) TrustsSocket() bool {
	for text := range items(c.TrustedProxies) {
		if text == unixPrefix {
			return true
		}
	}
	return false
}

// Proxies are the networks of the proxies whose forwarding headers are trusted.
func (c Config) Proxies() []netip.Prefix {
	var networks []netip.Prefix
	for text := range items(c.TrustedProxies) {
		if network, ok := parseNetwork(text); ok {
			networks = append(networks, network)
		}
	}
	return networks
}

// WebhookNets are the networks that outgoing webhooks may be sent to besides the internet.
func (c Config) WebhookNets() []netip.Prefix {
	var networks []netip.Prefix
	for text := range items(c.WebhookNetworks) {
		if network, ok := parseNetwork(text); ok {
			networks = append(networks, network)
		}
	}
	return networks
}

// PublicTLS reports whether clients reach Kith over TLS.
func (c Config) PublicTLS() bool { return strings.HasPrefix(strings.ToLower(c.PublicURL), "https://") }

func originsComplaint(setting string) string {
	for text := range items(setting) {
		u, err := url.Parse(text)
		if err != nil || !isHTTP(text) || u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery ||
			u.Fragment != "" || strings.ContainsAny(text, "*#") {
			return "must be origins separated by commas, without a path and without *"
		}
	}
	return ""
}

func proxiesComplaint(setting string) string {
	for text := range items(setting) {
		if _, ok := parseNetwork(text); !ok && text != unixPrefix {
			return "must be networks or addresses separated by commas, or unix:"
		}
	}
	return ""
}

func networksComplaint(setting string) string {
	for text := range items(setting) {
		if _, ok := parseNetwork(text); !ok {
			return "must be networks or addresses separated by commas"
		}
	}
	return ""
}

func parseNetwork(text string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	network, err := netip.ParsePrefix(text)
	return network.Masked(), err == nil
}

// items are the parts of a setting between its commas.
func items(setting string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for item := range strings.SplitSeq(setting, ",") {
			if item = strings.TrimSpace(item); item != "" && !yield(item) {
				return
			}
		}
	}
}
