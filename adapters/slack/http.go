package slack

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	slackgo "github.com/slack-go/slack"

	"quizbot/bot"
)

// maxBody is the largest request that is read, in bytes.
const maxBody = 1 << 20

// maxSkew is how far Slack's clock and ours may differ.
const maxSkew = 5 * time.Minute

// Handler serves Slack's requests: POST /slack/commands, /slack/events and
// /slack/interactions. Anything else is 404.
func (a *Adapter) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /slack/commands", a.signed(a.serveCommand))
	mux.Handle("POST /slack/events", a.signed(a.serveEvent))
	mux.Handle("POST /slack/interactions", a.signed(a.serveInteraction))
	return mux
}

// signed reads the body, checks its signature and only then lets it in.
func (a *Adapter) signed(next func(http.ResponseWriter, *http.Request, []byte)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				a.log.Error("request panicked", "path", r.URL.Path, "panic", p)
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
		next(w, r, body)
	})
}

// authentic checks Slack's signature with each secret: HMAC-SHA256 over
// "v0:TIMESTAMP:BODY" (Slack, Verifying requests from Slack).
func (a *Adapter) authentic(h http.Header, body []byte) bool {
	seconds, err := strconv.ParseInt(h.Get("X-Slack-Request-Timestamp"), 10, 64)
	if err != nil {
		return false
	}
	if skew := a.now().Sub(time.Unix(seconds, 0)); skew.Abs() > maxSkew {
		a.skew.warn(a, skew)
		return false
	}
	for _, secret := range a.config.SigningSecrets {
		v, err := slackgo.NewSecretsVerifier(h, secret)
		if err != nil {
			continue
		}
		if _, err := v.Write(body); err == nil && v.Ensure() == nil {
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
	if self.user == "" && len(env.Authorizations) == 0 {
		w.WriteHeader(http.StatusServiceUnavailable) // can't tell yet who is meant; Slack sends it again
		return
	}
	reply, done := a.submit(r.Context(), arrived)
	if !done || reply.err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if !reply.Seen {
		a.answer(arrived, reply.Reply)
	}
}

func (a *Adapter) serveCommand(w http.ResponseWriter, r *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if form.Get("ssl_check") != "" {
		return
	}
	arrived, err := decodeCommand(form)
	if err != nil {
		a.log.Warn("slash command not understood", "err", err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	reply, done := a.submit(r.Context(), arrived)
	switch {
	case !done: // the answer follows by response_url
	case reply.err != nil:
		a.writeCard(w, a.config.Sorry(reply.err), arrived.to)
	case reply.Seen || reply.Card == nil:
	case reply.Public:
		a.answer(arrived, reply.Reply)
	default:
		a.writeCard(w, *reply.Card, arrived.to)
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
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("payload") == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	arrived, ok, err := decodeInteraction([]byte(form.Get("payload")))
	if err != nil {
		a.log.Warn("interaction not understood", "err", err)
		return
	}
	if ok {
		a.press(r.Context(), arrived)
	}
}

// press takes in a button. Slack does not send presses again, so a failure is
// said to who pressed.
func (a *Adapter) press(ctx context.Context, arrived arrival) {
	reply, done := a.submit(ctx, arrived)
	switch {
	case !done: // the answer follows by response_url
	case reply.err != nil:
		card := a.config.Sorry(reply.err)
		a.answer(arrived, bot.Reply{Card: &card})
	case reply.Seen:
	default:
		a.answer(arrived, reply.Reply)
	}
}

type outcome struct {
	bot.Reply
	err error
}

// submit hands an arrival to the core and waits as long as Slack does. When it
// takes longer, done is false, and a command's or a press's answer is sent once
// it is there; an event is sent again by Slack.
func (a *Adapter) submit(ctx context.Context, arrived arrival) (outcome, bool) {
	result := make(chan outcome, 1)
	given := make(chan bool, 1) // whether somebody took the result in time
	event := arrived.to.responseURL == ""
	began := a.now()
	a.work.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				a.log.Error("submit panicked", "id", arrived.in.ID, "panic", p)
				result <- outcome{err: errors.New("panic")}
			}
		}()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), submitTime)
		defer cancel()
		a.fill(ctx, &arrived)
		reply, err := a.core.Submit(ctx, arrived.in)
		if err != nil {
			a.log.Error("not taken in", "id", arrived.in.ID, "room", arrived.in.Room, "err", err)
		}
		result <- outcome{reply, err}
		if inTime := <-given; inTime || event {
			return
		}
		if err != nil {
			card := a.config.Sorry(err)
			reply = bot.Reply{Card: &card}
		}
		if !reply.Seen {
			a.answer(arrived, reply)
		}
	})
	timer := time.NewTimer(ackTime - a.now().Sub(began))
	defer timer.Stop()
	select {
	case r := <-result:
		given <- true
		return r, true
	case <-timer.C:
		given <- false
		return outcome{}, false
	}
}

// fill adds what Slack's payload doesn't say: what the person is called and may do.
func (a *Adapter) fill(ctx context.Context, arrived *arrival) {
	who := a.who(ctx, arrived.team, arrived.user)
	arrived.in.Name, arrived.in.Role = who.name, who.role
	if arrived.in.Name == "" {
		arrived.in.Name = arrived.name
	}
	a.askers.put(arrived.in.Room, arrived.to.responseURL, a.now())
}
