package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// adminHandler serves what only the operator should see. ready lists what is
// missing, a line each.
func adminHandler(m *meter, ready func() []error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		missing := ready()
		if len(missing) == 0 {
			_, _ = fmt.Fprintln(w, "ready")
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		for _, err := range missing {
			_, _ = fmt.Fprintln(w, strings.ReplaceAll(err.Error(), "\n", " "))
		}
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// maxHeader bounds a request's headers, in bytes.
const maxHeader = 32 << 10

// server is an HTTP server whose listener is open.
type server struct {
	name string
	ln   net.Listener
	srv  *http.Server
	done chan error
}

// listen opens a server; nothing is answered before serve.
func listen(ctx context.Context, name, key, address string, h http.Handler, log *slog.Logger) (*server, error) {
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; choose another with %s", name, err, key)
	}
	return &server{name: name, ln: ln, done: make(chan error, 1), srv: &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: readTime, IdleTimeout: time.Minute,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}, nil
}

const (
	// maxPublic and maxPrivate bound the connections of a port.
	maxPublic  = 2048
	maxPrivate = 256
	// readTime is how long a whole request may take to come in.
	readTime = 10 * time.Second
	// answerTime is how long the other side may take to read an answer.
	answerTime = 15 * time.Second
)

// bound closes the connection that has been silent for the longest where there are
// more than most.
func (w *server) bound(most int) { w.srv.ConnState = newConnections(most).follow }

// endless lets a server's requests go on for as long as they like, until ctx ends.
func (w *server) endless(ctx context.Context) {
	w.srv.ReadTimeout = 0
	w.srv.BaseContext = func(net.Listener) context.Context { return ctx }
}

func (w *server) address() string { return w.ln.Addr().String() }

func (w *server) serve() {
	go func() { w.done <- w.srv.Serve(w.ln) }()
}

// shutdown lets requests that are being answered finish, at most until ctx ends.
func (w *server) shutdown(ctx context.Context) error {
	err := w.srv.Shutdown(ctx)
	if err != nil {
		_ = w.srv.Close()
	}
	if served := <-w.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	return nil
}
