package slack

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// AnyMethod stands for every method in the faults.
const AnyMethod = "*"

// ResponseURLMethod stands for posts to a response_url, in faults and calls.
const ResponseURLMethod = "response_url"

type faultKind string

const (
	faultNone        faultKind = ""
	faultRateLimit   faultKind = "rate_limit"
	faultBodyLimit   faultKind = "ratelimited_body"
	faultStatus      faultKind = "server_error"
	faultHang        faultKind = "accept_then_hang"
	faultAcceptDrop  faultKind = "accept_then_drop"
	faultAcceptError faultKind = "accept_then_error"
	faultDrop        faultKind = "drop"
	faultSlow        faultKind = "slow"
	faultPark        faultKind = "park"
	faultBare        faultKind = "bare_not_ok"
	faultCode        faultKind = "error"
	faultGarbage     faultKind = "garbage"
)

// fault is one switch: what happens to the next left calls of a method.
type fault struct {
	method string
	left   int
	kind   faultKind
	wait   time.Duration
	header bool
	status int
	code   string
	gate   <-chan struct{} // of faultPark
}

// faultState is all that is set. Guarded by Server.mu.
type faultState struct {
	queue        []*fault
	repeat       int // how many more times each event is delivered
	together     bool
	mentionOrder MentionOrder
	hold         int
	held         []*Delivery
	forge        int
	forgery      Forgery
	linkDisabled int
	noPings      bool
	noHello      bool
	uploadTo     string                      // where the next file's bytes are to go
	deny         int                         // how many more people decline on the authorize page
	grant        func(answer map[string]any) // alters the next grant
}

// WriteMethod stands for chat.postMessage and chat.update in the faults.
const WriteMethod = "write"

// takeFault uses up one call of the first fault that is set for a method. The
// caller holds mu.
func (s *Server) takeFault(method string) fault {
	for i, f := range s.faultState.queue {
		if f.method != method && f.method != AnyMethod && (f.method != WriteMethod || method != "chat.postMessage" && method != "chat.update") {
			continue
		}
		f.left--
		if f.left <= 0 {
			s.faultState.queue = slices.Delete(s.faultState.queue, i, i+1)
		}
		return *f
	}
	return fault{}
}

// delay keeps a call back, whether or not its client still waits.
func (f fault) delay(ctx context.Context) {
	switch f.kind {
	case faultSlow:
		timer := time.NewTimer(f.wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	case faultPark:
		passed(ctx, f.gate)
	}
}

// before is the answer of a fault that keeps the call from having its effect.
func (f fault) before() (reply, bool) {
	switch f.kind {
	case faultRateLimit:
		out := tooMany(f.wait)
		if !f.header {
			out.header = nil
		}
		return out, true
	case faultBodyLimit:
		return fail("ratelimited"), true
	case faultStatus:
		return reply{
			err: "fault", status: f.status, plain: "<html><body>" + http.StatusText(f.status) + "</body></html>",
			header: http.Header{"Content-Type": {"text/html"}},
		}, true
	case faultDrop:
		return reply{err: "fault", cut: true}, true
	case faultBare:
		return reply{fields: map[string]any{"ok": false}}, true
	case faultCode:
		return fail(f.code), true
	case faultGarbage:
		return reply{err: "fault", plain: `{"ok":tr`}, true
	}
	return reply{}, false
}

// after changes the answer to a call that has had its effect.
func (f fault) after(out reply) reply {
	switch f.kind {
	case faultHang:
		out.hang = true
	case faultAcceptDrop:
		out.cut = true
	case faultAcceptError:
		out.status, out.plain = f.status, "upstream error"
	}
	return out
}

// Faults are the switches that make the server misbehave. Those for calls take
// a method's name, AnyMethod or ResponseURLMethod, and how many of the next
// calls are hit; several are used up one after the other, in the order set.
type Faults struct{ s *Server }

// Faults gives the switches.
func (s *Server) Faults() *Faults { return &s.faults }

func (f *Faults) set(x fault) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if x.left > 0 {
		f.s.faultState.queue = append(f.s.faultState.queue, &x)
	}
}

// RateLimit answers 429 with Retry-After (whole seconds, rounded up; 0 is
// possible).
func (f *Faults) RateLimit(method string, n int, retryAfter time.Duration) {
	f.set(fault{method: method, left: n, kind: faultRateLimit, wait: retryAfter, header: true})
}

// RateLimitWithoutHeader answers 429 without Retry-After.
func (f *Faults) RateLimitWithoutHeader(method string, n int) {
	f.set(fault{method: method, left: n, kind: faultRateLimit})
}

// RateLimitInBody answers 200 with {"ok":false,"error":"ratelimited"}.
func (f *Faults) RateLimitInBody(method string, n int) {
	f.set(fault{method: method, left: n, kind: faultBodyLimit})
}

// ServerError answers with an HTTP status (500, 502, 503) and an HTML body;
// the call has no effect.
func (f *Faults) ServerError(method string, n, status int) {
	f.set(fault{method: method, left: n, kind: faultStatus, status: status})
}

// AcceptThenHang lets the call have its effect, then never answers: the
// client runs into its own timeout.
func (f *Faults) AcceptThenHang(method string, n int) {
	f.set(fault{method: method, left: n, kind: faultHang})
}

// AcceptThenDrop lets the call have its effect, then cuts the connection.
func (f *Faults) AcceptThenDrop(method string, n int) {
	f.set(fault{method: method, left: n, kind: faultAcceptDrop})
}

// AcceptThenError lets the call have its effect, then answers with an HTTP
// status such as 502.
func (f *Faults) AcceptThenError(method string, n, status int) {
	f.set(fault{method: method, left: n, kind: faultAcceptError, status: status})
}

// Drop cuts the connection before the call has any effect.
func (f *Faults) Drop(method string, n int) {
	f.set(fault{method: method, left: n, kind: faultDrop})
}

// Slow answers after a pause; the effect comes after it too, also when the client
// has left meanwhile.
func (f *Faults) Slow(method string, n int, pause time.Duration) {
	f.set(fault{method: method, left: n, kind: faultSlow, wait: pause})
}

// Park keeps calls back until let is called; their effect comes then, also when
// the client has left meanwhile.
func (f *Faults) Park(method string, n int) (let func()) {
	gate := make(chan struct{})
	f.set(fault{method: method, left: n, kind: faultPark, gate: gate})
	return sync.OnceFunc(func() { close(gate) })
}

// BareNotOK answers {"ok":false} without an error code.
func (f *Faults) BareNotOK(method string, n int) {
	f.set(fault{method: method, left: n, kind: faultBare})
}

// Error answers {"ok":false,"error":code}.
func (f *Faults) Error(method string, n int, code string) {
	f.set(fault{method: method, left: n, kind: faultCode, code: code})
}

// Garbage answers 200 with JSON that ends in the middle.
func (f *Faults) Garbage(method string, n int) {
	f.set(fault{method: method, left: n, kind: faultGarbage})
}

// RevokeToken makes a workspace's token worthless: every call gets code, such
// as token_revoked, account_inactive or invalid_auth. No event is sent; see
// Server.Emit.
func (f *Faults) RevokeToken(teamID, code string) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if w, ok := f.s.teams[teamID]; ok {
		w.revoked = code
	}
}

// RestoreToken undoes RevokeToken.
func (f *Faults) RestoreToken(teamID string) { f.RevokeToken(teamID, "") }

// DenyConsent makes the next n people decline on the authorize page.
func (f *Faults) DenyConsent(n int) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.faultState.deny = n
}

// ChangeGrant alters what the next oauth.v2.access answers.
func (f *Faults) ChangeGrant(fn func(answer map[string]any)) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.faultState.grant = fn
}

// Clear takes all faults back, lets held events go and restores no token.
func (f *Faults) Clear() {
	f.Release()
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.faultState = faultState{}
}
