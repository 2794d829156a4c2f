package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"quizbot/bot"
	"quizbot/internal/failpoint"
)

// maxBody is the largest request that is read, in bytes.
const maxBody = 1 << 20

// maxSkew is how far Slack's clock and ours may differ.
const maxSkew = 5 * time.Minute

// Handler serves Slack's requests: POST /slack/commands, /slack/events and
// /slack/interactions. Anything else is 404. (http.ServeMux would redirect paths
// that are nearly one of these.)
func (a *Adapter) Handler() http.Handler {
	routes := map[string]http.Handler{
		"/slack/commands":     a.signed(a.serveCommand),
		"/slack/events":       a.signed(a.serveEvent),
		"/slack/interactions": a.signed(a.serveInteraction),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route, ok := routes[r.URL.Path]
		switch {
		case !ok:
			w.WriteHeader(http.StatusNotFound)
		case r.Method != http.MethodPost:
			w.Header().Set("Allow", http.MethodPost)
			w.WriteHeader(http.StatusMethodNotAllowed)
		default:
			route.ServeHTTP(w, r)
		}
	})
}

// signed reads the body, checks its signature and only then lets it in.
func (a *Adapter) signed(next func(http.ResponseWriter, *http.Request, []byte)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				a.log.Error("request panicked", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		case err != nil:
			w.WriteHeader(http.StatusBadRequest)
			return
		case !a.authentic(r.Header, body):
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if !a.begin() { // only now: nobody can hold up the end by sending slowly
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		defer a.work.Done()
		next(w, r, body)
		failpoint.Reach(failpoint.SlackAnswering)
	})
}

// authentic checks Slack's signature with each secret: HMAC-SHA256 over
// "v0:TIMESTAMP:BODY" (Slack, Verifying requests from Slack).
func (a *Adapter) authentic(h http.Header, body []byte) bool {
	stamp := h.Get("X-Slack-Request-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return false
	}
	if skew := a.now().Truncate(time.Second).Sub(time.Unix(seconds, 0)); skew.Abs() > maxSkew {
		a.skew.warn(a, skew)
		return false
	}
	digits, versioned := strings.CutPrefix(h.Get("X-Slack-Signature"), "v0=")
	given, err := hex.DecodeString(digits)
	if err != nil || !versioned {
		return false
	}
	for _, secret := range a.config.SigningSecrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte("v0:" + stamp + ":"))
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), given) {
			return true
		}
	}
	return false
}

// skewLog says once a minute that the clocks differ: else every request would be
// refused without a word.
type skewLog struct {
	mu   sync.Mutex
	last time.Time
}

func (s *skewLog) warn(a *Adapter, skew time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := a.now(); now.Sub(s.last) >= time.Minute {
		s.last = now
		a.log.Warn("a request was refused for its time: it is old, or this machine's clock is wrong (set it by NTP)", "behind", skew.Round(time.Second))
	}
}

func (a *Adapter) serveEvent(w http.ResponseWriter, r *http.Request, body []byte) {
	self := a.me()
	env, arrived, ok, err := decodeEvent(body, self)
	if err != nil {
		a.log.Warn("event not understood", "err", err)
		return // 200: sending it again would not help
	}
	if env.Type == "url_verification" {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"challenge": env.Challenge})
		return
	}
	if !ok {
		return
	}
	if !self.known && len(env.Authorizations) == 0 {
		w.WriteHeader(http.StatusServiceUnavailable) // can't tell yet who is meant; Slack sends it again
		return
	}
	retry, err := strconv.Atoi(r.Header.Get("X-Slack-Retry-Num"))
	arrived.in.Again = err == nil && retry > 0
	p := a.take(arrived)
	if !a.inTime(p) || p.err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	a.settle(p)
}

func (a *Adapter) serveCommand(w http.ResponseWriter, _ *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if form.Get("ssl_check") != "" {
		return
	}
	arrived, err := decodeCommand(form, a.me())
	if err != nil {
		a.log.Warn("slash command not understood", "err", err)
		return // 200: sending it again would not help
	}
	p := a.take(arrived)
	switch {
	case !a.inTime(p): // what it came to follows by response_url
		if !readsOnly(arrived.in) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	case p.err == nil && (p.Card == nil || p.Public):
		a.settle(p)
	default:
		if r, ok := a.due(p); ok {
			a.writeCard(w, *r.Card, p.to)
		}
	}
}

// writeCard answers a command in the response itself, for its sender alone.
func (a *Adapter) writeCard(w http.ResponseWriter, c bot.Card, to address) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(a.responseMessage(c, "", to)); err != nil {
		a.log.Debug("reply not written", "err", err)
	}
}

func (a *Adapter) serveInteraction(w http.ResponseWriter, _ *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("payload") == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	arrived, ok, err := decodeInteraction([]byte(form.Get("payload")), a.me())
	if err != nil {
		a.log.Warn("interaction not understood", "err", err)
		return
	}
	if !ok {
		return
	}
	p := a.take(arrived)
	inTime := a.inTime(p) // else what it came to follows by response_url
	if !inTime || p.err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if inTime {
		a.settle(p)
	}
}
