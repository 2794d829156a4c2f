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
	maxReply = 8 << 20
	// maxInvalid of 401, 403 and 429 in invalidSpan: at 10,000 Discord bans the address.
	maxInvalid  = 5000
	invalidSpan = 10 * time.Minute
	// unauthorizedPause is for how long a refused token is not tried again.
	unauthorizedPause = time.Minute
)

// errUnauthorized: nothing will work until somebody mends the configuration.
var errUnauthorized = errors.New("the token is refused (401): set DISCORD_TOKEN to the bot's token")

// gate is the transport of all REST calls. It sends them to the configured
// address, learns the rate limits from the answers, and turns every refusal into
// an apiError, so that nothing of discordgo's own limiter and retries comes into
// play.
type gate struct {
	base  *url.URL
	next  http.RoundTripper
	now   func() time.Time
	lanes *lanes

	// Told what happens, without mu: a refusal for the rate of calls; that too many
	// calls were refused, once; that the token is or is no longer refused.
	limited        func(scope string, wait time.Duration)
	spent, changed func()

	mu      sync.Mutex
	invalid int
	since   time.Time
	begun   int // calls
	refused int // how many had begun when the token was last refused; 0: it is good, as far as is known
}

func newGate(base *url.URL, next http.RoundTripper, now func() time.Time) *gate {
	return &gate{
		base: base, next: next, now: now, lanes: newLanes(now),
		limited: func(string, time.Duration) {}, spent: func() {}, changed: func() {},
	}
}

// routeOf names what shares a limit: the method and the path down to its major
// parameter. Interactions are exempt and never wait (""), as are the webhooks that
// their answers are: each has a limit of its own.
func routeOf(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if parts[0] == "interactions" || parts[0] == "webhooks" {
		return ""
	}
	for i := 2; i < len(parts); i++ {
		if _, err := strconv.ParseUint(parts[i], 10, 64); err == nil {
			parts[i] = "-"
		}
	}
	return method + " " + strings.Join(parts, "/")
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v"+discordgo.APIVersion)
	route := routeOf(r.Method, path)
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.URL.Path, r.URL.RawPath = g.base.Scheme, g.base.Host, g.base.Path+path, ""
	r.Host = g.base.Host
	call := g.begin()
	resp, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	after := seconds(resp.Header.Get("X-RateLimit-Reset-After"))
	if route != "" {
		g.lanes.learn(route, resp.Header)
		g.judge(call, resp.StatusCode)
	}
	scope := resp.Header.Get("X-RateLimit-Scope")
	for name := range resp.Header { // for discordgo there are no limits
		if strings.HasPrefix(strings.ToLower(name), "x-ratelimit") {
			resp.Header.Del(name)
		}
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	return nil, g.refusal(route, resp, after, scope)
}

// begin numbers a call.
func (g *gate) begin() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.begun++
	return g.begun
}

// judge learns from the answer to a call whether the token is good. One that was under
// way when the token was refused doesn't tell: it may have been let in before.
func (g *gate) judge(call, status int) {
	g.mu.Lock()
	before := g.refused > 0
	switch {
	case status == http.StatusUnauthorized:
		g.refused = g.begun
		g.lanes.closeAll(unauthorizedPause)
	case status < 300 && call > g.refused:
		g.refused = 0
	}
	now := g.refused > 0
	g.mu.Unlock()
	if now != before {
		g.changed()
	}
}

// err is why nothing works; nil when it does.
func (g *gate) err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refused > 0 {
		return errUnauthorized
	}
	return nil
}

func (g *gate) refusal(route string, resp *http.Response, after time.Duration, scope string) error {
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
		e.retryAfter = time.Duration(min(said.RetryAfter, mostSeconds) * float64(time.Second))
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
			scope = "global"
		}
		g.limited(scopeOf(scope), e.retryAfter)
		switch {
		case scope == "global":
			g.lanes.closeAll(e.retryAfter)
		case route != "":
			g.lanes.close(route, e.retryAfter)
		}
		if scope != "shared" { // others' doing, which Discord doesn't hold against us
			g.count()
		}
	case http.StatusUnauthorized:
		if route != "" {
			e.retryAfter = unauthorizedPause
		}
		g.count()
	case http.StatusForbidden:
		g.count()
	}
	return e
}

// scopeOf keeps to the words that are counted.
func scopeOf(said string) string {
	switch said {
	case "user", "shared", "global":
		return said
	}
	return "unsaid"
}

// mostSeconds is the longest wait that an answer can ask for.
const mostSeconds = 1e6

func seconds(s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0 && f <= mostSeconds) { // nor when it is no number
		return 0
	}
	return time.Duration(f * float64(time.Second))
}

// enter waits until a call may be made; leave has to follow.
func (g *gate) enter(ctx context.Context, route string, c class) error {
	if route == "" {
		return nil
	}
	g.mu.Lock()
	left := g.since.Add(invalidSpan).Sub(g.now())
	spent := g.invalid > maxInvalid && left > 0
	g.mu.Unlock()
	if spent {
		return &apiError{status: http.StatusTooManyRequests, message: "too many calls were refused of late", retryAfter: left}
	}
	return g.lanes.enter(ctx, route, c)
}

func (g *gate) leave(route string) {
	if route != "" {
		g.lanes.leave(route)
	}
}

func (g *gate) count() {
	g.mu.Lock()
	if now := g.now(); now.Sub(g.since) > invalidSpan {
		g.since, g.invalid = now, 0
	}
	g.invalid++
	over := g.invalid == maxInvalid+1
	g.mu.Unlock()
	if over {
		g.spent()
	}
}

// invalidCalls is how many calls were refused in the ten minutes that run.
func (g *gate) invalidCalls() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().Sub(g.since) > invalidSpan {
		return 0
	}
	return g.invalid
}

// call makes one request when its route's lane lets it; in and out may be nil.
func (a *Adapter) call(ctx context.Context, c class, method, endpoint string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
	}
	return a.send(ctx, c, method, endpoint, "application/json", body, out)
}

// send makes one request of any kind of content, as call does.
func (a *Adapter) send(ctx context.Context, c class, method, endpoint, contentType string, body []byte, out any) error {
	route := routeOf(method, strings.TrimPrefix(endpoint, discordgo.EndpointAPI))
	if err := a.gate.enter(ctx, route, c); err != nil {
		return err
	}
	defer a.gate.leave(route)
	bucket := &discordgo.Bucket{} // of this request alone: discordgo keeps nothing
	bucket.Lock()
	resp, err := a.rest.RequestWithLockedBucket(method, endpoint, contentType, body, bucket, 0, discordgo.WithContext(ctx))
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
	err := a.call(ctx, urgent, http.MethodGet, discordgo.EndpointGatewayBot, nil, &g)
	if err == nil && g.URL == "" {
		err = errors.New("gateway/bot named no address")
	}
	return g, err
}

func atoi(s string) (int, error) { return strconv.Atoi(strings.TrimSpace(s)) }
