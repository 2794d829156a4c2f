package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// probeTime is how long the running bot may take to answer.
const probeTime = 3 * time.Second

type probeCommand struct {
	Ready       bool   `help:"Ask whether it is ready (/readyz), not only alive (/healthz)."`
	AdminListen string `help:"Where its private HTTP listens (QUIZBOT_ADMIN_LISTEN)." placeholder:"ADDR"`
}

// Run asks the running bot how it is: a health check for containers, which needs no
// shell and no other program.
func (c probeCommand) Run(ctx context.Context, at surroundings) error {
	address, err := lookup(at, "QUIZBOT_ADMIN_LISTEN", c.AdminListen)
	if err != nil {
		return err
	}
	if address == "" {
		address = defaultOf("QUIZBOT_ADMIN_LISTEN")
	}
	path := "/healthz"
	if c.Ready {
		path = "/readyz"
	}
	said, err := adminPage(ctx, address, path)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(at.out, said)
	return err
}

// adminPage gets a page of the private HTTP of a bot on this machine. What isn't 200 is an
// error that holds what the page says.
func adminPage(ctx context.Context, address, path string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", usagef("QUIZBOT_ADMIN_LISTEN %q is not an address: write it like 127.0.0.1:9090", address)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return "", err
	}
	transport := &http.Transport{DisableKeepAlives: true} // and no proxy: it is this machine
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return "", fmt.Errorf("no quizbot answers on %s: %w; start it, or name its address with QUIZBOT_ADMIN_LISTEN", address, reason(err))
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return "", err
	}
	said := strings.TrimSpace(string(body))
	if resp.StatusCode != http.StatusOK {
		return "", statusError{resp.StatusCode, said}
	}
	return said, nil
}

// statusError is an answer that is not 200, and what it says.
type statusError struct {
	status int
	said   string
}

func (e statusError) Error() string {
	if e.said == "" {
		return fmt.Sprintf("status %d", e.status)
	}
	return e.said
}
