package discord_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"quizbot/adapters/discord"
	"quizbot/bot"
	sandbox "quizbot/sandbox/discord"
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

func (m *tallied) Acknowledged(_, kind string, _ time.Duration) { m.add("acknowledged", kind) }
func (m *tallied) Refused(_, reason string)                     { m.add("refused", reason) }
func (m *tallied) Reconnecting(_, reason string)                { m.add("reconnecting", reason) }
func (m *tallied) Limited(_, scope string, _ time.Duration)     { m.add("limited", scope) }
func (m *tallied) Replied(_, outcome string)                    { m.add("replied", outcome) }
func (m *tallied) Panicked(string)                              { m.add("panicked") }

func (m *tallied) await(t *testing.T, what string) {
	t.Helper()
	ctx := within(t)
	for m.of(what) == 0 {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%s was not counted: %v", what, m.counts)
		}
	}
}

// Every end of a connection, and every refusal, is counted under a word of its own.
func TestLink(t *testing.T) {
	t.Parallel()
	m := &tallied{}
	w := open(t, sandbox.Options{}, func(c *discord.Config) { c.Meter = m })
	w.ready(t)
	l := w.adapter.Link()
	if l.Err != nil || l.Connected != 1 || l.Wanted != 1 || l.Heard.IsZero() || l.Identifies != 1 || !l.Since.IsZero() {
		t.Errorf("connected: %+v", l)
	}
	for what, trouble := range map[string]func(*sandbox.Faults){
		"told":   func(f *sandbox.Faults) { f.Reconnect() },
		"closed": func(f *sandbox.Faults) { f.CloseAll(4000) },
		"broken": func(f *sandbox.Faults) { f.Cut() },
	} {
		trouble(w.Faults())
		m.await(t, "reconnecting "+what)
		w.ready(t)
	}
	w.Faults().RateLimit(sandbox.RouteCreateMessage, 1, 10*time.Millisecond, sandbox.ScopeShared)
	o := bot.Outgoing{Key: "k", Room: bot.RoomID("discord:" + sandbox.DefaultGuildID + "/" + sandbox.DefaultChannelID), Card: bot.Card{Title: "x"}}
	if _, err := w.adapter.Deliver(within(t), o); err == nil {
		t.Error("no error")
	}
	m.await(t, "limited shared")
	if w.adapter.Link().Invalid != 0 {
		t.Error("others' doing was held against the bot")
	}
	w.Faults().CloseAll(4004)
	w.state(t, func(err error) bool { return errors.As(err, new(*bot.BarredError)) })
	m.await(t, "reconnecting barred")
	if l := w.adapter.Link(); l.Connected != 0 || l.Since.IsZero() {
		t.Errorf("barred: %+v", l)
	}
}
