package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
)

// apiError is what Discord answered when it was not pleased.
type apiError struct {
	status     int
	code       int // Discord's own
	message    string
	retryAfter time.Duration // with 429
	global     bool
}

func (e *apiError) Error() string {
	if e.code != 0 || e.message != "" {
		return fmt.Sprintf("discord answered %d: %s (%d)", e.status, e.message, e.code)
	}
	return fmt.Sprintf("discord answered %d", e.status)
}

func statusOf(err error) int {
	var e *apiError
	if errors.As(err, &e) {
		return e.status
	}
	return 0
}

func codeOf(err error) int {
	var e *apiError
	if errors.As(err, &e) {
		return e.code
	}
	return 0
}

const (
	maxGated = 20_000
	maxReply = 8 << 20
	// maxInvalid of 401, 403 and 429 in invalidSpan: at 10,000 Discord bans the address.
	maxInvalid  = 5000
	invalidSpan = 10 * time.Minute
)

// gate is the transport of all REST calls. It sends them to the configured
// address, keeps the rate limits that Discord's headers speak of, and turns
// every refusal into an apiError, so that nothing of discordgo's own limiter and
// retries comes into play.
type gate struct {
	base *url.URL
	next http.RoundTripper
	now  func() time.Time

	mu      sync.Mutex
	routes  map[string]time.Time // closed until
	global  time.Time
	invalid int
	since   time.Time
}

func newGate(base *url.URL, next http.RoundTripper, now func() time.Time) *gate {
	return &gate{base: base, next: next, now: now, routes: map[string]time.Time{}}
}

// routeOf names what shares a limit: the method and the path down to its major
// parameter. Interactions are exempt ("").
func routeOf(r *http.Request, path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) > 0 && (parts[0] == "interactions" || parts[0] == "webhooks") {
		return ""
	}
	for i := 2; i < len(parts); i++ {
		if _, err := strconv.ParseUint(parts[i], 10, 64); err == nil {
			parts[i] = "-"
		}
	}
	return r.Method + " " + strings.Join(parts, "/")
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v"+discordgo.APIVersion)
	route := routeOf(r, path)
	if wait := g.closedFor(route); wait > 0 {
		return nil, &apiError{status: http.StatusTooManyRequests, message: "waiting for the rate limit", retryAfter: wait}
	}
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.URL.Path, r.URL.RawPath = g.base.Scheme, g.base.Host, g.base.Path+path, ""
	r.Host = g.base.Host
	resp, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	after := seconds(resp.Header.Get("X-RateLimit-Reset-After"))
	if resp.Header.Get("X-RateLimit-Remaining") == "0" && after > 0 {
		g.close(route, after)
	}
	for name := range resp.Header { // for discordgo there are no limits
		if strings.HasPrefix(strings.ToLower(name), "x-ratelimit") {
			resp.Header.Del(name)
		}
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	return nil, g.refusal(route, resp, after)
}

func (g *gate) refusal(route string, resp *http.Response, after time.Duration) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	e := &apiError{status: resp.StatusCode}
	var said struct {
		Code       int     `json:"code"`
		Message    string  `json:"message"`
		RetryAfter float64 `json:"retry_after"`
		Global     bool    `json:"global"`
	}
	if json.Unmarshal(body, &said) == nil {
		e.code, e.message, e.global = said.Code, said.Message, said.Global
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		e.retryAfter = time.Duration(said.RetryAfter * float64(time.Second))
		if e.retryAfter <= 0 {
			e.retryAfter = seconds(resp.Header.Get("Retry-After"))
		}
		if e.retryAfter <= 0 {
			e.retryAfter = after
		}
		if e.retryAfter <= 0 {
			e.retryAfter = 5 * time.Second
		}
		if e.global {
			g.closeAll(e.retryAfter)
		} else {
			g.close(route, e.retryAfter)
		}
		g.count()
	case http.StatusUnauthorized, http.StatusForbidden:
		g.count()
	}
	return e
}

func seconds(s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 1e6 {
		return 0
	}
	return time.Duration(f * float64(time.Second))
}

func (g *gate) closedFor(route string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if g.invalid > maxInvalid && now.Sub(g.since) < invalidSpan {
		return invalidSpan - now.Sub(g.since)
	}
	if route == "" {
		return 0
	}
	return max(g.global.Sub(now), g.routes[route].Sub(now))
}

func (g *gate) close(route string, d time.Duration) {
	if route == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.routes) >= maxGated {
		now := g.now()
		for k, until := range g.routes {
			if until.Before(now) {
				delete(g.routes, k)
			}
		}
	}
	g.routes[route] = g.now().Add(d)
}

func (g *gate) closeAll(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.global = g.now().Add(d)
}

func (g *gate) count() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.now(); now.Sub(g.since) > invalidSpan {
		g.since, g.invalid = now, 0
	}
	g.invalid++
}

// call makes one request; in and out may be nil.
func (a *Adapter) call(ctx context.Context, method, endpoint string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
	}
	bucket := &discordgo.Bucket{} // of this request alone: discordgo keeps nothing
	bucket.Lock()
	resp, err := a.rest.RequestWithLockedBucket(method, endpoint, "application/json", body, bucket, 0, discordgo.WithContext(ctx))
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the address can hold an interaction's token
		}
		return err
	}
	if out == nil || len(bytes.TrimSpace(resp)) == 0 {
		return nil
	}
	if err := json.Unmarshal(resp, out); err != nil {
		return fmt.Errorf("decode reply: %w", err)
	}
	return nil
}

type gatewayBot struct {
	URL    string `json:"url"`
	Shards int    `json:"shards"`
	Limit  struct {
		Total          int   `json:"total"`
		Remaining      int   `json:"remaining"`
		ResetAfter     int64 `json:"reset_after"` // ms
		MaxConcurrency int   `json:"max_concurrency"`
	} `json:"session_start_limit"`
}

func (a *Adapter) gatewayBot(ctx context.Context) (gatewayBot, error) {
	var g gatewayBot
	err := a.call(ctx, http.MethodGet, discordgo.EndpointGatewayBot, nil, &g)
	if err == nil && g.URL == "" {
		err = errors.New("gateway/bot named no address")
	}
	return g, err
}

func atoi(s string) (int, error) { return strconv.Atoi(strings.TrimSpace(s)) }
