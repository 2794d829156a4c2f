package slack

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// These tests wait more than they work, whatever the number of processors. (While
	// fuzzing the flag says how many processes do it.)
	if flag.Lookup("test.fuzz").Value.String() == "" {
		if err := flag.Set("test.parallel", "8"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// The sandbox's own workspace.
const (
	team    = "T0SANDBOX"
	quizzes = "C0QUIZ"
	outside = "C0OUTSIDE" // the bot is not in there
	alice   = "U0ALICE"
	bob     = "U0BOB"
	carol   = "U0CAROL"

	inviteText = "Invite me first"
)

// fakeCore records what is submitted and answers as it is told. Like the real
// one it has one effect per ID.
type fakeCore struct {
	full   atomic.Bool
	mu     sync.Mutex
	all    []bot.Incoming
	seen   map[string]int
	answer func(ctx context.Context, in bot.Incoming) (bot.Reply, error)
	change chan struct{} // closed and replaced at each change
	gaps   []bot.Gap
}

func newCore() *fakeCore {
	return &fakeCore{seen: map[string]int{}, change: make(chan struct{})}
}

// Full implements Core.
func (c *fakeCore) Full() bool { return c.full.Load() }

// Queue implements Core.
func (c *fakeCore) Queue(in bot.Incoming) func(context.Context) (bot.Reply, error) {
	c.mu.Lock()
	c.all = append(c.all, in)
	answer := c.answer
	c.changed()
	c.mu.Unlock()
	return func(ctx context.Context) (bot.Reply, error) {
		var reply bot.Reply
		if answer != nil {
			var err error
			if reply, err = answer(ctx, in); err != nil {
				return bot.Reply{}, err
			}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		reply.Seen = reply.Seen || c.seen[in.ID] > 0 // decided when it is saved, as in a store
		c.seen[in.ID]++
		c.changed()
		return reply, nil
	}
}

// CatchUp implements Core.
func (c *fakeCore) CatchUp(g bot.Gap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gaps = append(c.gaps, g)
	c.changed()
}

// changed wakes who waits. The caller holds mu.
func (c *fakeCore) changed() {
	close(c.change)
	c.change = make(chan struct{})
}

// does sets what a delivery comes to from now on.
func (c *fakeCore) does(fn func(ctx context.Context, in bot.Incoming) (bot.Reply, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = fn
}

// says sets what every delivery comes to from now on.
func (c *fakeCore) says(r bot.Reply) {
	c.does(func(context.Context, bot.Incoming) (bot.Reply, error) { return r, nil })
}

// submitted is everything so far, repetitions too.
func (c *fakeCore) submitted() []bot.Incoming {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all)
}

// effects is how many different deliveries have had their effect.
func (c *fakeCore) effects() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen)
}

// wait blocks until cond holds for what was submitted.
func (c *fakeCore) wait(t *testing.T, what string, cond func([]bot.Incoming) bool) []bot.Incoming {
	t.Helper()
	ctx := ctxFor(t)
	for {
		c.mu.Lock()
		all, change := slices.Clone(c.all), c.change
		c.mu.Unlock()
		if cond(all) {
			return all
		}
		select {
		case <-change:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s; submitted: %+v", what, all)
		}
	}
}

// texts is what was said in each Incoming.
func texts(all []bot.Incoming) []string {
	var out []string
	for _, in := range all {
		out = append(out, in.Text)
	}
	return out
}

// ctxFor ends long after any test should.
func ctxFor(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// logBook keeps what is logged, for tests of what is said and left unsaid.
type logBook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(p))
	return len(p), nil
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "")
}

func textLog(l *logBook) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// rig is an adapter that runs against a local Slack.
type rig struct {
	t       *testing.T
	slack   *sandbox.Server
	core    *fakeCore
	adapter *Adapter
	log     *logBook
	ears    *httptest.Server // nil in Socket Mode
	stop    func() error     // ends Run and waits for it; harmless when repeated
}

// setup is what a test changes about a rig.
type setup struct {
	slack  sandbox.Options
	config func(*Config)
	tune   func(*Adapter) // before it runs
	early  bool           // don't wait until the adapter is ready
}

// play starts a local Slack and an adapter that is connected to it, over HTTP or,
// when Options.SocketMode is set, over a socket.
func play(t *testing.T, s setup) *rig {
	t.Helper()
	r := &rig{t: t, slack: sandbox.New(s.slack), core: newCore(), log: &logBook{}}
	if err := r.slack.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.slack.Close(); err != nil {
			t.Error(err)
		}
	})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	config := Config{
		BotToken: r.slack.BotToken(team), APIURL: r.slack.APIURL(), Transport: transport,
		Texts: Texts{Invite: inviteText, Refused: "Slack says no", See: "Go to it"},
		Sorry: func(err error) bot.Card { return bot.Card{Title: "Sorry", Body: []string{err.Error()}} },
	}
	if s.slack.SocketMode {
		config.AppToken = r.slack.AppToken()
	} else {
		config.SigningSecrets = []string{r.slack.SigningSecret()}
	}
	if s.config != nil {
		s.config(&config)
	}
	a, err := New(config, r.core, textLog(r.log))
	if err != nil {
		t.Fatal(err)
	}
	r.adapter = a
	if s.tune != nil {
		s.tune(a)
	}
	if !s.slack.SocketMode {
		r.ears = httptest.NewServer(a.Handler())
		t.Cleanup(r.ears.Close)
		r.slack.SetAppURL(r.ears.URL)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(30 * time.Second):
			return fmt.Errorf("Run did not return")
		}
	})
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		for _, p := range r.slack.Pings() {
			t.Errorf("somebody was pinged: %+v", p)
		}
		if t.Failed() {
			t.Logf("log:\n%s", r.log)
		}
	})
	if !s.early {
		r.until("the adapter is ready", func() bool { return a.Ready() == nil })
	}
	return r
}

// until waits for something that tells nobody when it changes.
func (r *rig) until(what string, cond func() bool) {
	r.t.Helper()
	ctx := ctxFor(r.t)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// ephemeral waits for a message that only user sees and that holds words.
func (r *rig) ephemeral(channel, user, words string) sandbox.Message {
	r.t.Helper()
	var found sandbox.Message
	_, err := r.slack.WaitEphemeral(ctxFor(r.t), channel, user, func(all []sandbox.Message) bool {
		i := slices.IndexFunc(all, func(m sandbox.Message) bool { return strings.Contains(m.Shown(), words) })
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	})
	if err != nil {
		r.t.Fatalf("%s never read %q in %s: %v; sees %+v", user, words, channel, err, r.slack.Ephemerals(channel, user))
	}
	return found
}

// public waits for a message in channel that holds words.
func (r *rig) public(channel, words string) sandbox.Message {
	r.t.Helper()
	var found sandbox.Message
	_, err := r.slack.Wait(ctxFor(r.t), channel, func(all []sandbox.Message) bool {
		i := slices.IndexFunc(all, func(m sandbox.Message) bool { return strings.Contains(m.Shown(), words) })
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	})
	if err != nil {
		r.t.Fatalf("nobody read %q in %s: %v", words, channel, err)
	}
	return found
}

// say, slash and press let a player act and fail the test when the place is wrong.
func (r *rig) say(channel, user, text string, opts ...sandbox.SayOption) sandbox.Said {
	r.t.Helper()
	said, err := r.slack.Say(ctxFor(r.t), channel, user, text, opts...)
	if err != nil {
		r.t.Fatal(err)
	}
	return said
}

func (r *rig) slash(channel, user, text string) sandbox.Answer {
	r.t.Helper()
	a, err := r.slack.Slash(ctxFor(r.t), channel, user, "/quiz", text)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

func (r *rig) press(channel, ts, user, action string, opts ...sandbox.PressOption) sandbox.Answer {
	r.t.Helper()
	a, err := r.slack.Press(ctxFor(r.t), channel, ts, user, action, opts...)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// deliver posts a card and returns its message.
func (r *rig) deliver(channel, key string, c bot.Card) bot.MessageID {
	r.t.Helper()
	id, err := r.adapter.Deliver(ctxFor(r.t), bot.Outgoing{Key: key, Room: roomID(team, channel), Card: c})
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// question is a card with three buttons.
func question() bot.Card {
	return bot.Card{Title: "WebSocket", Body: []string{"Which method opens it?"}, Choices: []bot.Choice{
		{ID: "q1-a", Letter: "A", Text: "GET"}, {ID: "q1-b", Letter: "B", Text: "POST"}, {ID: "q1-c", Letter: "C", Text: "PUT"},
	}}
}

func card(title string) *bot.Card { return &bot.Card{Title: title} }
