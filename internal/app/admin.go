package app

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kith/internal/config"
	"kith/internal/httpd"
	"kith/internal/metrics"
)

// serveAdmin serves metrics, health and profiles on a separate address, until stop is called. Web pages cannot read it,
// neither from another origin nor, on a loopback address, through a DNS name that points here.
func serveAdmin(addr string, health *httpd.Health, registry *prometheus.Registry, logger *slog.Logger) (stop func() error, err error) {
	ln, err := listen(addr, socketMode)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler(registry))
	mux.HandleFunc("GET /livez", health.Live)
	mux.HandleFunc("GET /readyz", health.Ready)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	var handler http.Handler = mux
	if config.Loopback(addrHost(ln.Addr())) {
		handler = httpd.OnlyHosts(config.Loopback, "This address answers to localhost alone", mux)
	}
	server := &http.Server{
		Handler: httpd.Headers(httpd.NoOtherPages(handler)), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := server.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			logger.Error("the admin address is no longer served", "error", err)
		}
	}()
	logger.Info("serving metrics, health and profiles", "addr", ln.Addr().String())
	return server.Close, nil
}

// addrHost is the host of an address.
func addrHost(addr net.Addr) string {
	host, _, _ := net.SplitHostPort(addr.String()) // of a listener: it has a port
	return host
}
