package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"kith/internal/config"
)

// healthTimeout is how long the server may take to answer: longer than its database may.
const healthTimeout = 4 * time.Second

type healthCommand struct {
	Live bool `help:"Ask only whether the process is alive: a server whose database is away is."`
}

// Run asks the server with these settings on this machine whether it is ready, for images without a shell or an HTTP client.
func (h healthCommand) Run(ctx context.Context, p *program) error {
	addr, path := p.config.Addr, "/readyz"
	if p.config.AdminAddr != "" {
		addr = p.config.AdminAddr
	}
	if h.Live {
		path = "/livez"
	}
	network, address, err := reachable(addr)
	if err != nil {
		return &usageError{err}
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{ // without a proxy: the server is on this machine
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	const most = 200
	said, _ := io.ReadAll(io.LimitReader(answer.Body, most))
	text := strings.TrimSpace(strings.ToValidUTF8(string(said), "?"))
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d: %s", addr, answer.StatusCode, text)
	}
	_, err = fmt.Fprintln(p.stdout, text)
	return err
}

// reachable is how this machine reaches a server that listens on addr.
func reachable(addr string) (network, address string, err error) {
	if network, address = config.Listener(addr); network == "unix" {
		return network, address, nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", "", err
	}
	if port == "0" {
		return "", "", errors.New("the port of the server is not known: it is 0")
	}
	switch ip, err := netip.ParseAddr(host); {
	case host == "":
		host = "127.0.0.1"
	case err == nil && ip.IsUnspecified() && ip.Is4():
		host = "127.0.0.1"
	case err == nil && ip.IsUnspecified():
		host = "::1"
	}
	return network, net.JoinHostPort(host, port), nil
}
