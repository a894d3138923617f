package webhooks

import (
	"errors"
	"net/netip"
	"testing"

	"kith/internal/crm"
)

func TestAddressesThatNobodyOutsideIsAtAreRefused(t *testing.T) {
	t.Parallel()
	a := addresses{prefixes("10.20.0.0/16", "fd00:1::/32")}
	for text, want := range map[string]error{
		"1.1.1.1": nil, "93.184.216.34": nil, "2606:4700:4700::1111": nil, "2a00:1450:4001:828::200e": nil,
		"10.20.3.4": nil, "::ffff:10.20.3.4": nil, "fd00:1::5": nil, // the operator allows these

		"0.0.0.0": errAddress, "0.1.2.3": errAddress, "10.0.0.1": errAddress, "10.21.0.1": errAddress, "100.64.0.1": errAddress,
		"100.127.255.255": errAddress, "127.0.0.1": errAddress, "127.1.2.3": errAddress, "169.254.169.254": errAddress,
		"172.16.0.1": errAddress, "172.31.255.255": errAddress, "192.0.0.192": errAddress, "192.168.1.1": errAddress,
		"198.18.0.1": errAddress, "224.0.0.1": errAddress, "240.0.0.1": errAddress, "255.255.255.255": errAddress,
		"::": errAddress, "::1": errAddress, "::127.0.0.1": errAddress, "::ffff:127.0.0.1": errAddress, "::ffff:169.254.169.254": errAddress,
		"::ffff:0:10.0.0.1": errAddress, "64:ff9b::10.0.0.1": errAddress, "64:ff9b:1::1": errAddress, "2001::1": errAddress,
		"2002:7f00:1::": errAddress, "fc00::1": errAddress, "fd00:ec2::254": errAddress, "fe80::1": errAddress, "fe80::1%eth0": errAddress,
		"fec0::1": errAddress, "ff02::1": errAddress, "2001:db8::1": errAddress,
	} {
		if err := a.check(netip.MustParseAddr(text)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}

func TestAConnectionIsRefusedByTheAddressThatANameHas(t *testing.T) {
	t.Parallel()
	a := addresses{prefixes("10.20.0.0/16")}
	for _, c := range []struct {
		plain            bool
		network, address string
		want             error
	}{
		{false, "tcp4", "1.1.1.1:443", nil},
		{false, "tcp6", "[2606:4700:4700::1111]:443", nil},
		{false, "tcp4", "10.20.0.1:443", nil},
		{true, "tcp4", "10.20.0.1:80", nil},
		{true, "tcp4", "1.1.1.1:80", errPlain},
		{false, "tcp4", "169.254.169.254:80", errAddress},
		{false, "tcp6", "[::ffff:7f00:1]:443", errAddress},
		{false, "tcp6", "[fe80::1%eth0]:443", errAddress},
		{false, "unix", "/run/kith.sock", errAddress},
		{false, "udp4", "1.1.1.1:53", errAddress},
	} {
		if err := a.control(c.plain)(c.network, c.address, nil); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestURLsOfEndpoints(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		allowed []netip.Prefix
		url     string
		ok      bool
	}{
		{nil, "https://example.com/hooks?key=1", true},
		{nil, "https://example.com:8443", true},
		{nil, "https://[2606:4700:4700::1111]/", true},
		{nil, "https://bücher.example/", true},
		{nil, "http://example.com/", false},
		{nil, "https://localhost/", false},
		{nil, "https://a.localhost./", false},
		{nil, "https://127.0.0.1/", false},
		{nil, "https://127.1/", false},
		{nil, "https://0x7f000001/", false},
		{nil, "https://example.com/\r\nx", false},
		{nil, "//example.com/", false},
		{prefixes("127.0.0.0/8"), "http://localhost:8080/", true},
		{prefixes("127.0.0.0/8"), "http://127.0.0.1/", true},
		{prefixes("127.0.0.0/8"), "http://10.0.0.1/", false},
	} {
		err := addresses{c.allowed}.checkURL(c.url)
		if _, invalid := errors.AsType[*crm.InvalidError](err); invalid == c.ok {
			t.Errorf("%s: %v", c.url, err)
		}
	}
}
