package slack

import (
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"quizbot/bot"
	"quizbot/internal/failpoint"
)

// route is what is served at one path, by one method.
type route struct {
	method string
	http.Handler
}

// Handler serves Slack's requests, where there is a signing secret: POST
// /slack/commands, /slack/events and /slack/interactions; and the install flow, where
// it is on: GET /slack/install and /slack/oauth_redirect. Anything else is 404.
// (http.ServeMux would redirect paths that are nearly one of these.)
func (a *Adapter) Handler() http.Handler {
	routes := map[string]route{}
	if len(a.config.SigningSecrets) > 0 {
		routes["/slack/commands"] = route{http.MethodPost, a.signed("command", a.serveCommand)}
		routes["/slack/events"] = route{http.MethodPost, a.signed("event", a.serveEvent)}
		routes["/slack/interactions"] = route{http.MethodPost, a.signed("interaction", a.serveInteraction)}
	}
	if a.spaces != nil {
		routes["/slack/install"] = route{http.MethodGet, a.unbroken(a.serveInstall)}
		routes[redirectPath] = route{http.MethodGet, a.unbroken(a.serveRedirect)}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		w.Header().Set("Cache-Control", "no-store")
		at, ok := routes[r.URL.Path]
		switch {
		case !ok || r.URL.RawPath != "":
			w.WriteHeader(http.StatusNotFound)
		case r.Method != at.method:
			w.Header().Set("Allow", at.method)
			w.WriteHeader(http.StatusMethodNotAllowed)
		default:
			at.ServeHTTP(w, r)
		}
	})
}

// unbroken answers 500 where next panics, and keeps the connection.
func (a *Adapter) unbroken(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				a.meter.Panicked(platform)
				a.log.Error("request panicked", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next(w, r)
	})
}

// signed reads the body, checks its signature and only then lets it in. kind is
// what it is counted as.
func (a *Adapter) signed(kind string, next func(http.ResponseWriter, *http.Request, []byte)) http.Handler {
	return a.unbroken(func(w http.ResponseWriter, r *http.Request) {
		began := a.now()
		if a.turnedAway(kind, r) {
			a.meter.Refused(platform, "busy")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
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

// turnedAway: the core is full, and so many have been told already that a request is
// not even read, for that takes the time of what was let in. A command is: what it
// answers costs nothing more. So is what Slack sends again, for it does so three
// times and no more.
func (a *Adapter) turnedAway(kind string, r *http.Request) bool {
	return kind != "command" && r.Header.Get("X-Slack-Retry-Num") == "" && a.core.Full() && a.sorries.TokensAt(a.now()) < 1
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
	if d, ok := departureOf(body); ok {
		if err := a.depart(r.Context(), d); err != nil {
			a.log.Error("departure not saved", "team", d.team, "err", err)
			w.WriteHeader(http.StatusServiceUnavailable) // Slack says it again
		}
		return
	}
	env, arrived, ok, err := decodeEvent(body, a.where(r.Context()))
	if err != nil {
		if !a.explained(w, err) {
			a.log.Warn("event not understood", "err", err) // 200: sending it again would not help
		}
		return
	}
	if env.Type == "url_verification" {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"challenge": env.Challenge})
		return
	}
	if !ok {
		return
	}
	if a.spaces == nil && !a.me().known && len(env.Authorizations) == 0 {
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

// explained answers what did not get as far as the core for its workspace; false when
// it was for something else.
func (a *Adapter) explained(w http.ResponseWriter, err error) bool {
	if a.estranged(err) {
		return true // 200: it is nothing to us
	}
	var broken *unreadError
	if errors.As(err, &broken) {
		a.log.Error("workspace not looked up", "err", err)
		w.WriteHeader(http.StatusServiceUnavailable) // sending it again may help
		return true
	}
	return false
}

func (a *Adapter) serveCommand(w http.ResponseWriter, r *http.Request, body []byte) {
	form, err := readForm(body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if form.Get("ssl_check") != "" {
		return
	}
	arrived, err := decodeCommand(form, a.where(r.Context()))
	if err != nil {
		if !a.explained(w, err) {
			a.log.Warn("slash command not understood", "err", err)
		}
		return
	}
	p := a.take(arrived)
	switch {
	case !a.inTime(p): // what it came to follows by response_url
		if !readsOnly(arrived.in) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	case p.err == nil && (p.Card == nil || p.Public || p.Form != nil):
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

func (a *Adapter) serveInteraction(w http.ResponseWriter, r *http.Request, body []byte) {
	form, err := readForm(body)
	if err != nil || form.Get("payload") == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	arrived, ok, err := decodeInteraction([]byte(form.Get("payload")), a.where(r.Context()))
	if err != nil {
		if !a.explained(w, err) {
			a.log.Warn("interaction not understood", "err", err)
		}
		return
	}
	if !ok {
		return
	}
	p := a.take(arrived)
	if p.form {
		a.serveForm(w, p)
		return
	}
	inTime := a.inTime(p) // else what it came to follows by response_url
	if !inTime || p.err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if inTime {
		a.settle(p)
	}
}
