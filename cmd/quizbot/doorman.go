package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// doorman lets only the operator into the admin port. On loopback whoever has an
// account on this machine may enter, but no web page that a browser there shows:
// not under a name that was made to lead here, nor from another site. Where a token
// is set, everything but /healthz and /readyz needs it.
type doorman struct {
	next http.Handler
	// token is the SHA-256 of the header that opens; hasToken: there is one.
	token    [sha256.Size]byte
	hasToken bool
	// names that the port is known by beside addresses and localhost.
	names []string
}

func newDoorman(next http.Handler, address, token string) *doorman {
	d := &doorman{next: next, hasToken: token != "", token: sha256.Sum256([]byte("Bearer " + token))}
	if host, _, err := net.SplitHostPort(address); err == nil && host != "" {
		d.names = append(d.names, strings.ToLower(host))
	}
	return d
}

// ServeHTTP implements http.Handler.
func (d *doorman) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	switch {
	case d.hasToken && d.open(r):
	case d.hasToken && strings.HasPrefix(path.Clean(r.URL.Path)+"/", controlPath): // it has a key of its own
	case d.hasToken && !d.knows(r):
		h.Set("WWW-Authenticate", "Bearer")
		w.WriteHeader(http.StatusUnauthorized)
		return
	case d.hasToken:
	case !d.named(r.Host):
		w.WriteHeader(http.StatusMisdirectedRequest)
		return
	case fromElsewhere(r):
		w.WriteHeader(http.StatusForbidden)
		return
	}
	d.next.ServeHTTP(w, r)
}

// open: what monitoring asks without a token.
func (d *doorman) open(r *http.Request) bool {
	return r.URL.Path == "/healthz" || r.URL.Path == "/readyz"
}

func (d *doorman) knows(r *http.Request) bool {
	given := sha256.Sum256([]byte(r.Header.Get("Authorization")))
	return subtle.ConstantTimeCompare(given[:], d.token[:]) == 1
}

// named: a Host header is an address, localhost, or the name that was configured.
// Any other name leads here only by somebody's DNS.
func (d *doorman) named(host string) bool {
	name := strings.ToLower(host)
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = strings.ToLower(h)
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if name == "" || name == "localhost" || net.ParseIP(name) != nil { // HTTP/1.0 needs no Host
		return true
	}
	for _, n := range d.names {
		if n == name {
			return true
		}
	}
	return false
}

// fromElsewhere: a browser sends this for a page of another site.
func fromElsewhere(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host != r.Host
}

// loopback: an address that only this machine reaches.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}
