package discord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"quizbot/bot"
	sandbox "quizbot/sandbox/discord"
)

// listener is a core that keeps what it is told and answers when it may.
type listener struct {
	mu   sync.Mutex
	got  []bot.Incoming
	wake chan struct{}
	wait func(ctx context.Context, in bot.Incoming) error // nil: at once
	gaps []bot.Gap
}

func newListener() *listener { return &listener{wake: make(chan struct{})} }

func (c *listener) Queue(in bot.Incoming) func(context.Context) (bot.Reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, in)
	close(c.wake)
	c.wake = make(chan struct{})
	wait := c.wait
	return func(ctx context.Context) (bot.Reply, error) {
		if wait == nil {
			return bot.Reply{}, nil
		}
		return bot.Reply{}, wait(ctx, in)
	}
}

func (c *listener) CatchUp(g bot.Gap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gaps = append(c.gaps, g)
	close(c.wake)
	c.wake = make(chan struct{})
}

func (c *listener) Suggest(string, int) []bot.Topic   { return nil }
func (c *listener) SuggestZones(string, int) []string { return nil }

func (c *listener) heard() []bot.Incoming {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

func (c *listener) hear(t *testing.T, text string) bot.Incoming {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		c.mu.Lock()
		got, wake := c.got, c.wake
		c.mu.Unlock()
		if at := slices.IndexFunc(got, func(in bot.Incoming) bool { return in.Text == text }); at >= 0 {
			return got[at]
		}
		select {
		case <-wake:
		case <-ctx.Done():
			t.Fatalf("%q was not heard", text)
		}
	}
}

// bench is one shard on a local Discord, with times that suit a test.
type bench struct {
	*sandbox.Server
	core  *listener
	shard *shard
}

func newBench(t *testing.T, o sandbox.Options, change func(*shard)) *bench {
	t.Helper()
	o.IdentifyInterval = -1
	b := &bench{Server: sandbox.New(o), core: newListener()}
	if err := b.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	a, err := New(Config{Token: b.Token(), APIURL: b.APIURL(), Transport: transport}, b.core, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	b.shard = newShard(a, 0, 1, b.GatewayURL())
	b.shard.timing.check = 20 * time.Millisecond
	if change != nil {
		change(b.shard)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.shard.run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		a.cancelLate()
		<-ended
		a.work.Wait()
	})
	return b
}

func (b *bench) online(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := b.WaitReady(ctx, 1); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) say(t *testing.T, text string) {
	t.Helper()
	if _, err := b.Say(t.Context(), sandbox.DefaultChannelID, sandbox.BobID, text); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := b.WaitFor(ctx, cond); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// A connection on which nobody answers is given up, and its session resumed.
func TestDeadConnections(t *testing.T) {
	for name, c := range map[string]struct {
		options sandbox.Options
		timing  func(*timing)
		trouble func(*sandbox.Faults)
	}{
		"heartbeats are not acknowledged": {
			sandbox.Options{HeartbeatInterval: 200 * time.Millisecond, SendLimit: 1 << 20}, func(x *timing) { x.silent = time.Hour },
			func(f *sandbox.Faults) { f.StopAcks(true) },
		},
		"silence": {
			sandbox.Options{HeartbeatInterval: time.Hour}, func(x *timing) { x.quiet, x.silent = 200*time.Millisecond, 600*time.Millisecond },
			func(f *sandbox.Faults) { f.Silence() },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.options, func(s *shard) { c.timing(&s.timing) })
			b.online(t)
			b.say(t, "before")
			b.core.hear(t, "before")
			c.trouble(b.Faults())
			b.until(t, "it resumes", func() bool { return len(b.Resumes()) > 0 })
			b.Faults().Clear()
			b.say(t, "after")
			b.core.hear(t, "after")
			if r := b.Resumes()[0]; !r.OK || len(b.Identifies()) != 1 {
				t.Errorf("resume %+v after %d identifies", r, len(b.Identifies()))
			}
			if code := b.Connections()[0].ClientCode; code == websocket.CloseNormalClosure || code == websocket.CloseGoingAway {
				t.Errorf("left with %d, which ends the session", code)
			}
		})
	}
}

// A heartbeat that Discord asks for has time to be acknowledged.
func TestHeartbeatJustSent(t *testing.T) {
	c := &connection{s: &shard{timing: defaultTiming()}, acked: true, interval: 40 * time.Second}
	c.ask()
	if c.dead() {
		t.Error("dead at once")
	}
	c.asked = c.asked.Add(-time.Minute)
	c.ask() // another one does not make the first any younger
	if !c.dead() {
		t.Error("alive after a minute without an answer")
	}
}

// What is told again between RESUME and RESUMED is marked so, and nothing else is.
func TestReplaysAreMarked(t *testing.T) {
	t.Parallel()
	b := newBench(t, sandbox.Options{}, nil)
	b.online(t)
	b.say(t, "before")
	if b.core.hear(t, "before").Again {
		t.Error("said for the first time, yet marked")
	}
	b.Faults().Cut()
	b.say(t, "meanwhile")
	if !b.core.hear(t, "meanwhile").Again {
		t.Error("replayed, yet not marked")
	}
	b.online(t)
	b.say(t, "after")
	if b.core.hear(t, "after").Again {
		t.Error("said after the resume, yet marked")
	}
}

// The session is resumed after the last event before which all is over: an event
// that is given up holds nothing, one that is under way comes again and changes
// nothing.
func TestResumesFromWhatIsOver(t *testing.T) {
	t.Parallel()
	b := newBench(t, sandbox.Options{}, nil)
	release := make(chan struct{})
	b.core.wait = func(ctx context.Context, in bot.Incoming) error {
		switch in.Text {
		case "refused":
			return bot.ErrStopped
		case "panics":
			panic("as a fault in the core would")
		case "slow":
			select {
			case <-release:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	b.online(t)
	resumed := func() int64 {
		t.Helper()
		n := len(b.Resumes())
		b.Faults().Cut()
		b.until(t, "it resumes", func() bool { return len(b.Resumes()) > n })
		r := b.Resumes()[n]
		if !r.OK {
			t.Fatalf("resume: %+v", r)
		}
		b.online(t)
		return r.Seq
	}
	b.say(t, "refused")
	b.say(t, "panics")
	b.say(t, "one")
	b.core.hear(t, "one")
	settle(t, b.shard)
	first := resumed()
	b.say(t, "slow")
	b.say(t, "two")
	b.core.hear(t, "two")
	if n := resumed(); n <= first {
		t.Errorf("resumed from %d, then from %d: an event that was given up holds the number", first, n)
	} else if m := resumed(); m != n {
		t.Errorf("resumed from %d, past an event that is under way after %d", m, n)
	}
	close(release)
	settle(t, b.shard)
	heard := map[string]int{}
	for _, in := range b.core.heard() {
		heard[in.Text]++
	}
	if fmt.Sprint(heard) != "map[one:1 panics:1 refused:1 slow:1 two:1]" {
		t.Errorf("heard %v", heard)
	}
}

// settle waits until nothing is under way.
func settle(t *testing.T, s *shard) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for s.seen.handled() != s.seen.newest() {
		if !sleep(ctx, time.Millisecond) {
			t.Fatalf("%d of %d events are over", s.seen.handled(), s.seen.newest())
		}
	}
}

// What is more than can be under way is fetched later, once each.
func TestMoreThanCanBeUnderWay(t *testing.T) {
	t.Parallel()
	b := newBench(t, sandbox.Options{}, func(s *shard) { s.load = newLoad(4) })
	release := make(chan struct{})
	b.core.wait = func(ctx context.Context, _ bot.Incoming) error {
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	b.online(t)
	for i := range 10 {
		b.say(t, fmt.Sprint(i))
	}
	b.until(t, "it gives the connection up", func() bool { return len(b.Connections()) > 1 })
	close(release)
	b.core.hear(t, "9")
	var texts []string
	for _, in := range b.core.heard() {
		texts = append(texts, in.Text)
	}
	if strings.Join(texts, " ") != "0 1 2 3 4 5 6 7 8 9" || len(b.Identifies()) != 1 {
		t.Errorf("heard %v after %d identifies", texts, len(b.Identifies()))
	}
}

// An address to resume at that takes connections and says nothing is left for the
// main one, and a session that cannot be resumed anywhere for a new one.
func TestResumeAddressIsMute(t *testing.T) {
	t.Parallel()
	mute := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
		c, err := up.Upgrade(w, r, nil)
		for err == nil {
			_, _, err = c.ReadMessage()
		}
		if c != nil {
			_ = c.Close()
		}
	}))
	t.Cleanup(mute.Close)
	b := newBench(t, sandbox.Options{}, func(s *shard) {
		s.timing.hello = 100 * time.Millisecond
		s.session, s.resumeURL = "of yesterday", strings.Replace(mute.URL, "http", "ws", 1)
	})
	b.online(t)
	if r := b.Resumes(); len(r) != 1 || r[0].Session != "of yesterday" {
		t.Errorf("at the main address: %+v", r)
	}
	// Nobody ever says hello: after a few tries the session is given up.
	s := &shard{session: "x", resumeURL: "y"}
	for range maxFailed {
		if s.session == "" {
			t.Error("given up too early")
		}
		s.judge(&connection{})
	}
	if s.session != "" || s.resumeURL != "" {
		t.Errorf("still %q at %q", s.session, s.resumeURL)
	}
}

// What a close by Discord means.
func TestCloseCodes(t *testing.T) {
	for code, identify := range map[int]bool{1000: false, 1001: false, 1006: false, 4000: false, 4001: false, 4003: false, 4005: false, 4008: false, 4007: true, 4009: true} {
		next := (&shard{content: true}).closed(&websocket.CloseError{Code: code})
		if next.identify != identify || next.fatal != nil {
			t.Errorf("%d: %+v", code, next)
		}
	}
	next := (&shard{}).closed(&websocket.CloseError{Code: 4014})
	if next.fatal == nil || errors.Is(next.fatal, context.Canceled) {
		t.Errorf("4014 with the least intents: %+v", next)
	}
}
