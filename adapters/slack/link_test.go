package slack

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

// tallied counts what a meter is told.
type tallied struct {
	mu     sync.Mutex
	counts map[string]int
}

func (m *tallied) add(words ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = map[string]int{}
	}
	m.counts[strings.Join(words, " ")]++
}

func (m *tallied) of(what string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts[what]
}

func (m *tallied) Acknowledged(_, kind string, d time.Duration) {
	if d < 0 {
		panic(d)
	}
	m.add("acknowledged", kind)
}
func (m *tallied) Refused(_, reason string)      { m.add("refused", reason) }
func (m *tallied) Reconnecting(_, reason string) { m.add("reconnecting", reason) }
func (m *tallied) Limited(_, scope string, wait time.Duration) {
	m.add("limited", scope, fmt.Sprint(wait))
}
func (m *tallied) Replied(_, outcome string) { m.add("replied", outcome) }
func (m *tallied) Panicked(string)           { m.add("panicked") }

func TestRequestsAreCounted(t *testing.T) {
	m := &tallied{}
	r := play(t, setup{config: func(c *Config) { c.Meter = m }})
	r.core.says(bot.Reply{Card: card("Hello")})
	r.slash(quizzes, alice, "help")
	r.say(quizzes, alice, "a line")
	r.until("the line is acknowledged", func() bool { return m.of("acknowledged event") > 0 })
	r.until("the reply is sent", func() bool { return m.of("replied sent") > 0 })
	if m.of("acknowledged command") != 1 {
		t.Errorf("counted %v", m.counts)
	}
	for body, want := range map[string]int{"payload={}": http.StatusUnauthorized, strings.Repeat("x", maxBody+1): http.StatusRequestEntityTooLarge} {
		resp, err := http.Post(r.ears.URL+"/slack/events", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("status %d, want %d", resp.StatusCode, want)
		}
	}
	if m.of("refused signature") != 1 || m.of("refused large") != 1 {
		t.Errorf("counted %v", m.counts)
	}
	r.slack.Faults().RateLimit("chat.postMessage", 1, 7*time.Second)
	if _, err := r.adapter.Deliver(ctxFor(t), bot.Outgoing{Key: "k", Room: roomID(team, quizzes), Card: *card("x")}); err == nil {
		t.Error("no error")
	}
	r.slack.Faults().RateLimitInBody("chat.postMessage", 1)
	if _, err := r.adapter.Deliver(ctxFor(t), bot.Outgoing{Key: "k", Room: roomID(team, quizzes), Card: *card("x")}); err == nil {
		t.Error("no error")
	}
	if m.of("limited method 7s") != 1 || m.of("limited method "+limitedFor.String()) != 1 {
		t.Errorf("counted %v", m.counts)
	}
	if l := r.adapter.Link(); l.Err != nil || l.Wanted != 0 || l.Heard.IsZero() {
		t.Errorf("the link is %+v", l)
	}
}

// A wrong secret must be found in the log, and strangers must not fill it.
func TestBadSignaturesAreLoggedOnceAMinute(t *testing.T) {
	r := play(t, setup{config: func(c *Config) { c.SigningSecrets = []string{"not the one"} }})
	for range 5 {
		_, _ = r.slack.Slash(ctxFor(t), quizzes, alice, "/quiz", "help")
	}
	if n := strings.Count(r.log.String(), "SLACK_SIGNING_SECRET is not this app's"); n != 1 {
		t.Errorf("said %d times", n)
	}
}

func TestLinkOfASocket(t *testing.T) {
	t.Parallel()
	m := &tallied{}
	r := play(t, setup{slack: sandbox.Options{SocketMode: true}, config: func(c *Config) { c.Meter = m }})
	if l := r.adapter.Link(); l.Err != nil || l.Wanted != 1 || l.Connected != 1 || !l.Since.IsZero() {
		t.Errorf("connected: %+v", l)
	}
	r.slash(quizzes, alice, "help")
	r.until("the command is acknowledged", func() bool { return m.of("acknowledged command") == 1 })
	r.slack.Faults().DisableLink(1)
	r.slack.Faults().KillSockets()
	r.until("the end is counted", func() bool { return m.of("reconnecting closed") > 0 })
	// Ready says little here: it is true until the end is noticed, and for as long as the
	// next socket lives, which is told to go at once. The one after that stays.
	r.until("it is connected for the third time", func() bool {
		return m.of("reconnecting told") == 1 && len(r.slack.Calls("apps.connections.open")) >= 3 && r.adapter.Ready() == nil
	})
	r.slack.Faults().Disconnect("refresh_requested")
	r.until("the refresh is counted", func() bool { return m.of("reconnecting refresh") == 1 })

	r.slack.Faults().RevokeToken(team, "token_revoked")
	_, _ = r.adapter.Deliver(ctxFor(t), bot.Outgoing{Key: "k", Room: roomID(team, quizzes), Card: *card("x")})
	r.until("the token is known to be no good", func() bool { return errors.As(r.adapter.Ready(), new(*bot.BarredError)) })
	if l := r.adapter.Link(); l.Since.IsZero() {
		t.Errorf("revoked: %+v", l)
	}
}
