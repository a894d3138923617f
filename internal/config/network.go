package config

import (
	"net/netip"
	"net/url"
	"strings"
)

// Origins are the origins whose pages may use the API, as browsers spell them.
func (c Config) Origins() []string {
	var origins []string
	for text := range items(c.CORSOrigins) {
		if u, err := url.Parse(text); err == nil {
			origins = append(origins, strings.ToLower(u.Scheme+"://"+u.Host))
		}
	}
	return origins
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

// PublicTLS reports whether clients reach Kith over TLS.
func (c Config) PublicTLS() bool { return strings.HasPrefix(strings.ToLower(c.PublicURL), "https://") }

func originsComplaint(setting string) string {
	for text := range items(setting) {
		u, err := url.Parse(text)
		if err != nil || !isHTTP(text) || u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery ||
			u.Fragment != "" || strings.ContainsAny(text, "*#") {
			return "must be origins separated by commas, such as https://app.example.com: no path, and no *"
		}
	}
	return ""
}

func proxiesComplaint(setting string) string {
	for text := range items(setting) {
		if _, ok := parseNetwork(text); !ok {
			return "must be networks or addresses separated by commas, such as 10.0.0.0/8 or 192.0.2.7"
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
