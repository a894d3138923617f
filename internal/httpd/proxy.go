package httpd

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// hsts keeps browsers from ever coming without TLS again, for a year.
const hsts = "max-age=31536000"

// Trust says whose forwarding headers are believed.
type Trust struct {
	Networks []netip.Prefix
	Socket   bool // of what connects to a Unix socket
}

// trusts reports whether r comes from a trusted proxy, and its address, which is zero with a Unix socket.
func (t Trust) trusts(r *http.Request) (peer netip.Addr, ok bool) {
	if _, socket := r.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr); socket {
		return netip.Addr{}, t.Socket
	}
	peer, ok = parseAddress(r.RemoteAddr)
	return peer, ok && anyContains(t.Networks, peer)
}

// Behind serves clients that come through proxies: a request from a trusted one counts as of the address that the proxy
// names in X-Forwarded-For, the last one there that is no trusted proxy itself. Answers to who came over TLS, by the proxy's
// X-Forwarded-Proto or because all do, tell browsers to keep to it. Without trusted proxies those headers mean nothing.
func Behind(trusted Trust, allTLS bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tls := allTLS || r.TLS != nil
		if peer, ok := trusted.trusts(r); ok {
			if client := forwardedFor(r, trusted.Networks, peer); client != peer {
				asked := *r
				asked.RemoteAddr = net.JoinHostPort(client.String(), "0")
				r = &asked
			}
			tls = tls || strings.EqualFold(last(r.Header.Values("X-Forwarded-Proto")), "https")
		}
		if tls {
			w.Header().Set("Strict-Transport-Security", hsts)
		}
		next.ServeHTTP(w, r)
	})
}

// forwardedFor is the client that the trusted proxy peer speaks for. What is left of an address that is none is not
// believed.
func forwardedFor(r *http.Request, trusted []netip.Prefix, peer netip.Addr) netip.Addr {
	client := peer
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, ok := parseAddress(strings.TrimSpace(hop))
		if !ok {
			break
		}
		client = addr
		if !anyContains(trusted, addr) {
			break
		}
	}
	return client
}

// last is the last of a header's values, which the nearest proxy has written.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	all := strings.Split(values[len(values)-1], ",")
	return strings.TrimSpace(all[len(all)-1])
}

// parseAddress reads an address with or without a port.
func parseAddress(text string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return addr.Unmap().WithZone(""), err == nil
}

func anyContains(prefixes []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}
