package crm

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxDomains is how many sites an HTML_EMBED channel may be used on.
const MaxDomains = 100

// appSchemes begin the origins of pages that are part of an app. Of any other page the scheme makes no difference.
var appSchemes = []string{"capacitor://", "ionic://"}

// NormalizeDomain returns a site as it is stored: a host in lower case, international names in their ASCII form, with its
// port unless that is the default of http or https, as browsers do. A leading *. means every name below. The scheme of an app's
// own pages, as in capacitor://localhost, stays. The error is an *InvalidError.
func NormalizeDomain(s string) (string, error) {
	s = strings.TrimFunc(s, blank)
	for _, app := range appSchemes {
		if len(s) > len(app) && strings.EqualFold(s[:len(app)], app) && s[len(app)] != '*' {
			host, err := normalizeHost(s[len(app):])
			if err != nil {
				return "", err
			}
			return app + host, nil
		}
	}
	return normalizeHost(s)
}

func normalizeHost(s string) (string, error) {
	invalid := func(subject, reason string) (string, error) {
		return "", &InvalidError{Field: "allowedDomains", Subject: subject, Reason: reason}
	}
	switch {
	case len(s) > 300:
		return invalid("A domain", "can have at most 253 letters")
	case !utf8.ValidString(s):
		return invalid("A domain", "must be valid UTF-8 text")
	case strings.Contains(s, "://"), strings.ContainsAny(s, "/?#@"):
		return invalid("A domain", "is the name alone, such as shop.example.com, without https:// and path")
	}
	below := false
	host, port := s, ""
	if rest, ok := strings.CutPrefix(s, "*."); ok {
		below, host = true, rest
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		n, err := strconv.ParseUint(host[i+1:], 10, 16)
		if err != nil || n == 0 || host[i+1] == '+' {
			return invalid("The port of a domain", "must be a number from 1 to 65535")
		}
		host = host[:i]
		if n != 80 && n != 443 {
			port = ":" + strconv.FormatUint(n, 10)
		}
	}
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && !below && ip.Zone() == "" &&
		ip.Is6() == strings.HasPrefix(host, "[") && ip.Is6() == strings.HasSuffix(host, "]") {
		if ip.Is6() {
			return "[" + ip.String() + "]" + port, nil
		}
		return ip.String() + port, nil
	}
	ascii, err := domains.ToASCII(strings.TrimSuffix(host, "."))
	labels := strings.Split(ascii, ".")
	last := labels[len(labels)-1]
	switch {
	case err != nil, strings.Trim(last, "0123456789") == "": // browsers take a number for an address
		return invalid("Invalid domain:", "write it as in example.com, *.example.com or localhost:3000")
	case below && len(labels) == 1 && ascii != "localhost":
		return invalid("*.", "must stand before a whole domain, as in *.example.com")
	case below:
		ascii = "*." + ascii
	}
	return ascii + port, nil
}

// normalizeDomains is [NormalizeDomain] for each of a channel's sites, which are kept once each, in order.
func normalizeDomains(t ChannelType, list []string) ([]string, error) {
	switch {
	case len(list) > 0 && !t.Provider().Website:
		return nil, &InvalidError{Field: "allowedDomains", Subject: "Only HTML_EMBED channels", Reason: "have allowed domains"}
	case len(list) > MaxDomains:
		return nil, &InvalidError{Field: "allowedDomains", Subject: "A channel", Reason: "can have at most 100 allowed domains"}
	}
	var out []string
	for _, s := range list {
		domain, err := NormalizeDomain(s)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, domain) {
			out = append(out, domain)
		}
	}
	return out, nil
}
