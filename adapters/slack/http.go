package slack

import (
	"encoding/json"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"quizbot/bot"
	"quizbot/internal/failpoint"
)

// Handler serves Slack's requests: POST /slack/commands, /slack/events and
// /slack/interactions. Anything else is 404. (http.ServeMux would redirect paths
// that are nearly one of these.)
func (a *Adapter) Handler() http.Handler {
	routes := map[string]http.Handler{
		"/slack/commands":     a.signed("command", a.serveCommand),
		"/slack/events":       a.signed("event", a.serveEvent),
		"/slack/interactions": a.signed("interaction", a.serveInteraction),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		w.Header().Set("Cache-Control", "no-store")
		route, ok := routes[r.URL.Path]
		switch {
		case !ok || r.URL.RawPath != "":
			w.WriteHeader(http.StatusNotFound)
		case r.Method != http.MethodPost:
			w.Header().Set("Allow", http.MethodPost)
			w.WriteHeader(http.StatusMethodNotAllowed)
		default:
			route.ServeHTTP(w, r)
		}
	})
}

// signed reads the body, checks its signature and only then lets it in. kind is
// what it is counted as.
func (a *Adapter) signed(kind string, next func(http.ResponseWriter, *http.Request, []byte)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				a.meter.Panicked(platform)
				a.log.Error("request panicked", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		began := a.now()
		body, refused := a.read(w, r)
		if refused.status != 0 {
			a.meter.Refused(platform, refused.reason)
			w.WriteHeader(refused.status)
			return
		}
		if !a.begin() { // only now: nobody can hold up the end by sending slowly
			a.meter.Refused(platform, "stopping")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		defer a.work.Done()
		a.hear()
		next(w, r, body)
		a.meter.Acknowledged(platform, kind, a.now().Sub(began))
		failpoint.Reach(failpoint.SlackAnswering)
	})
}

// strange bounds what strangers can have logged: each reason once a minute.
type strange struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// again says that a refusal for that reason is to be logged now.
func (s *strange) again(reason string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.last[reason]; ok && now.Sub(last) < time.Minute {
		return false
	}
	if s.last == nil {
		s.last = map[string]time.Time{}
	}
	s.last[reason] = now
	return true
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
	form, err := readForm(body)
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
	form, err := readForm(body)
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
