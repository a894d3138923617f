package webhooks

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"kith/internal/crm"
)

// forbidden are the networks that are not on the public internet, from the IANA IPv4 and IPv6 Special-Purpose Address Registries, and
// those that lead into IPv4: what is inside such an address is looked at separately.
var forbidden = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	"3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

// errAddress refuses an address.
var errAddress = errors.New("the address is not allowed")

// errPlain refuses to send in the clear over the internet.
var errPlain = errors.New("http:// is allowed only to networks in KITH_WEBHOOK_NETWORKS")

// addresses says which addresses may be connected to.
type addresses struct{ allowed []netip.Prefix }

// listed reports whether the operator allows the address.
func (a addresses) listed(addr netip.Addr) bool {
	return slices.ContainsFunc(a.allowed, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// check refuses an address that is not public and not in a network that the operator allows.
func (a addresses) check(addr netip.Addr) error {
	addr = addr.Unmap().WithZone("")
	if a.listed(addr) {
		return nil
	}
	if slices.ContainsFunc(forbidden, func(p netip.Prefix) bool { return p.Contains(addr) }) || !addr.IsGlobalUnicast() {
		return errAddress
	}
	return nil
}

// control is for [net.Dialer]: it sees the address that a name was resolved to, right before the connection is made.
func (a addresses) control(plain bool) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || network != "tcp4" && network != "tcp6" {
			return errAddress
		}
		if plain && !a.listed(at.Addr().Unmap().WithZone("")) {
			return errPlain
		}
		return a.check(at.Addr())
	}
}

// checkURL refuses a URL that nothing can be sent to. A name is not resolved: that is done for each connection. The error is an
// *crm.InvalidError.
func (a addresses) checkURL(text string) error {
	invalid := func(reason string) error { return &crm.InvalidError{Field: "url", Subject: "The URL", Reason: reason} }
	u, err := url.Parse(text)
	switch {
	case len(text) > crm.MaxEndpointURL:
		return invalid("can have at most 2000 bytes")
	case err != nil || u.Host == "" || u.Hostname() == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return invalid("must be an absolute https:// URL")
	case u.Scheme == "http" && len(a.allowed) == 0, u.Scheme != "https" && u.Scheme != "http":
		return invalid("must begin with https://")
	case u.User != nil:
		return invalid("cannot contain a user name or a password")
	case u.Fragment != "" || strings.HasSuffix(text, "#"):
		return invalid("cannot have a fragment")
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		if ip := net.ParseIP(u.Hostname()); ip == nil && numeric(u.Hostname()) {
			return invalid("must have a name or an address in the usual notation")
		}
		if host := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."); len(a.allowed) == 0 && (host == "localhost" || strings.HasSuffix(host, ".localhost")) {
			return invalid("leads to an address that is not allowed: it must be on the internet")
		}
		return nil
	}
	if a.check(addr) != nil {
		return invalid("leads to an address that is not allowed: it must be on the internet, or in a network that the operator allows")
	}
	return nil
}

// numeric reports whether a host is a number in a notation that some resolvers take for an address, such as 0x7f.1.
func numeric(host string) bool {
	last := host[strings.LastIndexByte(strings.TrimSuffix(host, "."), '.')+1:]
	last = strings.TrimSuffix(last, ".")
	return last != "" && (strings.Trim(last, "0123456789") == "" || strings.HasPrefix(strings.ToLower(last), "0x"))
}
