package discord

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Faults are the switches that make the server misbehave. Those for calls take
// a route (RouteCreateMessage, …, "" for every one) and how many of the next
// calls are hit; several are used up one after the other.
type Faults struct{ s *Server }

// Faults gives the switches.
func (s *Server) Faults() *Faults { return &s.faults }

// Kinds of faults of calls, as Call.Fault tells them.
const (
	faultRefuse      = "refuse"
	faultDrop        = "drop"
	faultAcceptDrop  = "accept-drop"
	faultAcceptHang  = "accept-hang"
	faultAcceptError = "accept-error"
	faultSlow        = "slow"
)

type callFault struct {
	route  string
	n      int
	kind   string
	reply  reply
	header http.Header
	pause  time.Duration
}

// Kinds of faults of events.
const (
	faultNoAuthor         = "no-author"
	faultUnknownComponent = "unknown-component"
)

type faultState struct {
	calls  []*callFault
	denied map[string]*reply // by channel

	disallowed        Intent
	silentConns       int // accept and say nothing
	silentHellos      int // nothing after HELLO
	earlyReconnects   int // op 7 instead of hello
	silentIdentifies  int // no READY
	refusedIdentifies int // op 9
	refusedResumes    int
	resumable         bool
	reconnectStarts   int // op 7 instead of READY or RESUMED
	closedStarts      int // closeCode instead of READY or RESUMED
	closeCode         int
	cutEvents         int
	noAcks            bool
	lag               bool
	repeats           int
	events            map[string]int
}

func (f *Faults) call(c callFault) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if c.n <= 0 {
		return
	}
	f.s.faultState.calls = append(f.s.faultState.calls, &c)
}

// takeCallFault uses up a fault. The caller holds mu.
func (s *Server) takeCallFault(route string) callFault {
	for n, c := range s.faultState.calls {
		if c.route == "" || c.route == route || c.route == RouteWriteMessage && (route == RouteCreateMessage || route == RouteEditMessage) {
			if c.n--; c.n <= 0 {
				s.faultState.calls = slices.Delete(s.faultState.calls, n, n+1)
			}
			return *c
		}
	}
	return callFault{}
}

// Scope says whom a rate limit concerns.
type Scope string

// The scopes of a rate limit.
const (
	ScopeUser   Scope = "user"
	ScopeShared Scope = "shared"
	ScopeGlobal Scope = "global"
)

// RateLimit answers 429 with Retry-After in whole seconds, rounded up, and the
// exact time in the body.
func (f *Faults) RateLimit(route string, n int, after time.Duration, scope Scope) {
	h := http.Header{}
	h.Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	f.rateLimit(route, n, after, scope, h)
}

// RateLimitWithoutHeader is RateLimit without Retry-After: only the body tells
// the time.
func (f *Faults) RateLimitWithoutHeader(route string, n int, after time.Duration, scope Scope) {
	f.rateLimit(route, n, after, scope, http.Header{})
}

func (f *Faults) rateLimit(route string, n int, after time.Duration, scope Scope, h http.Header) {
	h.Set("X-RateLimit-Scope", string(scope))
	if scope == ScopeGlobal {
		h.Set("X-RateLimit-Global", "true")
	}
	f.call(callFault{route: route, n: n, kind: faultRefuse, header: h, reply: reply{
		status: 429, body: obj{"message": "You are being rate limited.", "retry_after": after.Seconds(), "global": scope == ScopeGlobal},
	}})
}

// RateLimitBare answers 429 with an HTML page and no header, as a proxy before
// Discord does.
func (f *Faults) RateLimitBare(route string, n int) {
	f.call(callFault{route: route, n: n, kind: faultRefuse, reply: reply{status: 429, body: "<html><body>error 1015: you are being rate limited</body></html>"}})
}

// Error answers with a status and one of Discord's codes; the call has no effect.
func (f *Faults) Error(route string, n, status, code int, message string) {
	f.call(callFault{route: route, n: n, kind: faultRefuse, reply: apiError(status, code, message)})
}

// ServerError answers with a 5xx and HTML; the call has no effect.
func (f *Faults) ServerError(route string, n, status int) {
	f.call(callFault{route: route, n: n, kind: faultRefuse, reply: reply{status: status, body: "<html><body>upstream error</body></html>"}})
}

// Drop cuts the connection before the call has any effect.
func (f *Faults) Drop(route string, n int) {
	f.call(callFault{route: route, n: n, kind: faultDrop})
}

// AcceptThenDrop lets the call have its effect, then cuts the connection.
func (f *Faults) AcceptThenDrop(route string, n int) {
	f.call(callFault{route: route, n: n, kind: faultAcceptDrop})
}

// AcceptThenHang lets the call have its effect, then never answers.
func (f *Faults) AcceptThenHang(route string, n int) {
	f.call(callFault{route: route, n: n, kind: faultAcceptHang})
}

// AcceptThenError lets the call have its effect, then answers with a 5xx.
func (f *Faults) AcceptThenError(route string, n, status int) {
	f.call(callFault{route: route, n: n, kind: faultAcceptError, reply: reply{status: status, body: "<html></html>"}})
}

// Slow answers after a pause; the effect comes after it too.
func (f *Faults) Slow(route string, n int, pause time.Duration) {
	f.call(callFault{route: route, n: n, kind: faultSlow, pause: pause})
}

// Deny refuses posts and edits in one channel with 403 and code 50001 (missing
// access) or 50013 (missing permissions). Allow takes it back.
func (f *Faults) Deny(channelID string, code int) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if f.s.faultState.denied == nil {
		f.s.faultState.denied = map[string]*reply{}
	}
	out := noPermission
	if code == missingAccess.code {
		out = missingAccess
	}
	f.s.faultState.denied[channelID] = &out
}

// Allow undoes Deny.
func (f *Faults) Allow(channelID string) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	delete(f.s.faultState.denied, channelID)
}

// RevokeToken makes the token worthless: calls get 401, connections 4004.
func (f *Faults) RevokeToken() {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.revoke()
}

// RestoreToken undoes RevokeToken.
func (f *Faults) RestoreToken() {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.tokenRevoked = false
}

func (s *Server) revoke() {
	s.tokenRevoked = true
	for _, x := range s.sessions {
		x.end()
	}
	for _, c := range s.conns {
		c.close(4004, "Authentication failed.")
	}
}

// Disallow switches privileged intents off: asking for one gets 4014.
func (f *Faults) Disallow(i Intent) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.faultState.disallowed = i
}

// SilentConnections has the next n connections accepted and never spoken to.
func (f *Faults) SilentConnections(n int) { f.set(func(s *faultState) { s.silentConns = n }) }

// EarlyReconnects has the next n connections asked to reconnect before HELLO.
func (f *Faults) EarlyReconnects(n int) { f.set(func(s *faultState) { s.earlyReconnects = n }) }

// SilentHellos has the next n connections greeted and then never spoken to again.
func (f *Faults) SilentHellos(n int) { f.set(func(s *faultState) { s.silentHellos = n }) }

// SilentIdentifies leaves the next n identifies without READY; heartbeats are
// still acknowledged.
func (f *Faults) SilentIdentifies(n int) { f.set(func(s *faultState) { s.silentIdentifies = n }) }

// RefuseIdentifies answers the next n identifies with op 9, false.
func (f *Faults) RefuseIdentifies(n int) { f.set(func(s *faultState) { s.refusedIdentifies = n }) }

// RefuseResumes answers the next n resumes with op 9.
func (f *Faults) RefuseResumes(n int, resumable bool) {
	f.set(func(s *faultState) { s.refusedResumes, s.resumable = n, resumable })
}

// ReconnectStarts answers the next n identifies or resumes with op 7 instead of
// READY or RESUMED; a session that was to be resumed still can be.
func (f *Faults) ReconnectStarts(n int) { f.set(func(s *faultState) { s.reconnectStarts = n }) }

// CloseStarts closes the connection of the next n identifies or resumes with a
// code.
func (f *Faults) CloseStarts(n, code int) {
	f.set(func(s *faultState) { s.closedStarts, s.closeCode = n, code })
}

// CutEvents cuts the connection in the middle of each of the next n events. They
// are kept for the resume.
func (f *Faults) CutEvents(n int) { f.set(func(s *faultState) { s.cutEvents = n }) }

// Lag keeps the events of all sessions back, as a gateway does that is behind, or
// lets them go in their order.
func (f *Faults) Lag(on bool) {
	f.set(func(s *faultState) { s.lag = on })
	if on {
		return
	}
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	for _, x := range f.s.sessions {
		if x.conn != nil {
			for _, frame := range x.lagging {
				x.conn.put(frame, false)
			}
		}
		x.lagging = nil
	}
}

// StopAcks leaves heartbeats unanswered, or answers them again.
func (f *Faults) StopAcks(stop bool) { f.set(func(s *faultState) { s.noAcks = stop }) }

// RepeatEvents sends every event n times more, each with a number of its own.
func (f *Faults) RepeatEvents(n int) { f.set(func(s *faultState) { s.repeats = n }) }

// HideAuthors leaves the author out of the next n message events.
func (f *Faults) HideAuthors(n int) { f.event(faultNoAuthor, n) }

// OddComponents puts a component of an unknown type into the next n message events.
func (f *Faults) OddComponents(n int) { f.event(faultUnknownComponent, n) }

func (f *Faults) event(kind string, n int) {
	f.set(func(s *faultState) {
		if s.events == nil {
			s.events = map[string]int{}
		}
		s.events[kind] = n
	})
}

// takeEventFault uses up a fault of a message event. The caller holds mu.
func (s *Server) takeEventFault(kind, name string) bool {
	if !strings.HasPrefix(name, "MESSAGE_") || s.faultState.events[kind] == 0 {
		return false
	}
	s.faultState.events[kind]--
	return true
}

func (f *Faults) set(fn func(*faultState)) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	fn(&f.s.faultState)
}

// each does something to every live connection and counts them.
func (f *Faults) each(fn func(*conn)) int {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	for _, c := range f.s.conns {
		fn(c)
	}
	return len(f.s.conns)
}

// Reconnect sends op 7 to every connection and returns how many there were.
func (f *Faults) Reconnect() int { return f.each(func(c *conn) { c.send(opReconnect, nil) }) }

// Invalidate sends op 9 to every connection; where it is not resumable the
// sessions end.
func (f *Faults) Invalidate(resumable bool) int {
	return f.each(func(c *conn) {
		if c.session != nil && !resumable {
			c.session.end()
		}
		c.send(opInvalid, resumable)
	})
}

// CloseAll closes every connection with a code.
func (f *Faults) CloseAll(code int) int { return f.each(func(c *conn) { c.close(code, "") }) }

// Cut ends every connection without a close frame.
func (f *Faults) Cut() int {
	return f.each(func(c *conn) {
		c.leave(false)
		_ = c.ws.NetConn().Close()
	})
}

// CutMidFrame sends the beginning of a frame and cuts the connection.
func (f *Faults) CutMidFrame() int {
	return f.each(func(c *conn) {
		c.put(encode(obj{"op": opDispatch, "t": "TYPING_START", "s": 0, "d": obj{"channel_id": "0"}}), true)
		c.leave(false)
	})
}

// Silence has every present connection never spoken to again; it stays open, and
// what happens from then on waits for a resume.
func (f *Faults) Silence() int {
	return f.each(func(c *conn) {
		c.hush()
		c.log.Ready = false
	})
}

// SendRaw sends a text frame as it is to every connection.
func (f *Faults) SendRaw(text string) int {
	return f.each(func(c *conn) { c.put([]byte(text), false) })
}

// SendEvent sends an event of any name to every connected session, with its
// next number. data is JSON; where it is not, nothing is sent and the result 0.
func (f *Faults) SendEvent(name, data string) int {
	if !json.Valid([]byte(data)) {
		return 0
	}
	return f.each(func(c *conn) {
		if c.session != nil {
			f.s.tell(c.session, name, []byte(data))
		}
	})
}

// Ping sends a heartbeat request (op 1) to every connection.
func (f *Faults) Ping() int { return f.each(func(c *conn) { c.send(opHeartbeat, nil) }) }

// Clear takes all faults back. It restores no token, closed connections and
// ended sessions stay so, and what was silenced stays silent.
func (f *Faults) Clear() {
	f.set(func(s *faultState) { *s = faultState{disallowed: f.s.opt.DisallowedIntents} })
}
