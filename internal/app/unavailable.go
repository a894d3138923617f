package app

import (
	"log/slog"
	"net"
	"net/http"
	"time"

	"kith/internal/httpd"
)

// heldListener stays open when a server that used it is closed.
type heldListener struct{ net.Listener }

func (heldListener) Close() error { return nil }

// serveUnavailable answers every request with UNAVAILABLE, but reports that the process is alive, until stop is called. The listener can be used again after that.
func serveUnavailable(ln net.Listener, health *httpd.Health, logger *slog.Logger) (stop func()) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", health.Live)
	mux.HandleFunc("GET /readyz", health.Ready)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "2")
		httpd.WriteError(w, r, http.StatusServiceUnavailable, "UNAVAILABLE", "The service cannot answer now: try again later")
	})
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(heldListener{ln}) // ends when it is closed
	}()
	return func() {
		held, ok := ln.(interface{ SetDeadline(t time.Time) error }) // listeners of TCP and of Unix sockets
		if !ok {
			return
		}
		_ = held.SetDeadline(time.Unix(1, 0)) // ends Accept, which Close waits for
		_ = server.Close()
		<-ended
		_ = held.SetDeadline(time.Time{})
	}
}
