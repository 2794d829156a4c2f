package discord_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"quizbot/adapters/discord"
	"quizbot/bot"
	sandbox "quizbot/sandbox/discord"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// These tests wait more than they work, whatever the number of processors.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// core records what it is given and answers as the test says.
type core struct {
	mu     sync.Mutex
	got    []bot.Incoming
	wake   chan struct{}
	answer func(ctx context.Context, in bot.Incoming) (bot.Reply, error) // nil: nothing to say
}

func newCore() *core { return &core{wake: make(chan struct{})} }

func (c *core) Queue(in bot.Incoming) func(context.Context) (bot.Reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, in)
	close(c.wake)
	c.wake = make(chan struct{})
	answer := c.answer
	return func(ctx context.Context) (bot.Reply, error) {
		if answer == nil {
			return bot.Reply{}, nil
		}
		return answer(ctx, in)
	}
}

func (c *core) CatchUp(bot.Gap) {}

func (c *core) SuggestZones(prefix string, n int) []string {
	return []string{"Europe/Berlin"}[:min(n, 1)]
}

func (c *core) Suggest(prefix string, n int) []bot.Topic {
	return []bot.Topic{{ID: "websocket", Title: "WebSocket"}, {ID: prefix, Title: prefix}}[:min(n, 2)]
}

func (c *core) set(answer func(context.Context, bot.Incoming) (bot.Reply, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = answer
}

// texts are what was said to the core so far.
func (c *core) texts() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, in := range c.got {
		out = append(out, in.Text)
	}
	return out
}

// hear waits until the core has been told n things.
func (c *core) hear(t *testing.T, n int) {
	t.Helper()
	ctx := within(t)
	for {
		c.mu.Lock()
		have, wake := len(c.got), c.wake
		c.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-wake:
		case <-ctx.Done():
			t.Fatalf("the core heard %q, want %d", c.texts(), n)
		}
	}
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// world is a local Discord with the adapter on it.
type world struct {
	*sandbox.Server
	core    *core
	adapter *discord.Adapter
	stop    func()
}

func commands() []discord.Command {
	return []discord.Command{
		{Name: "ask", Description: "Ask", Options: []discord.Option{{Name: "topic", Description: "Topic"}}},
		{Name: "start", Description: "Start", Options: []discord.Option{{Name: "topic", Description: "Topic"}, {Name: "count", Description: "Count", Min: 1, Max: 50}}},
	}
}

func open(t *testing.T, o sandbox.Options, change func(*discord.Config)) *world {
	t.Helper()
	if o.IdentifyInterval == 0 {
		o.IdentifyInterval = -1
	}
	w := &world{Server: sandbox.New(o), core: newCore()}
	if err := w.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	w.connect(t, change)
	return w
}

func (w *world) connect(t *testing.T, change func(*discord.Config)) {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	config := discord.Config{
		Token: w.Token(), APIURL: w.APIURL(), About: "Quiz", Commands: commands(), Transport: transport,
		Texts: discord.Texts{Below: "Here it comes.", Done: "Done.", See: "See", Barred: "Barred", Reduced: "reduced intents"},
	}
	if change != nil {
		change(&config)
	}
	a, err := discord.New(config, w.core, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	w.adapter = a
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = a.Run(ctx)
	}()
	w.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			t.Error("the adapter did not stop")
		}
	})
	t.Cleanup(w.stop)
}

// ready waits until the adapter says so.
func (w *world) ready(t *testing.T) {
	t.Helper()
	w.state(t, func(err error) bool { return err == nil })
}

func (w *world) state(t *testing.T, want func(error) bool) {
	t.Helper()
	ctx := within(t)
	for !want(w.adapter.Ready()) {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("ready: %v", w.adapter.Ready())
		}
	}
}

func (w *world) say(t *testing.T, text string) sandbox.Message {
	t.Helper()
	m, err := w.Say(within(t), sandbox.DefaultChannelID, sandbox.BobID, text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Whatever the gateway does, what is said afterwards is heard once and in order.
func TestTroubleOnTheGateway(t *testing.T) {
	for name, trouble := range map[string]func(f *sandbox.Faults){
		"asked to reconnect":          func(f *sandbox.Faults) { f.Reconnect() },
		"asked before hello":          func(f *sandbox.Faults) { f.EarlyReconnects(2); f.Cut() },
		"session invalid":             func(f *sandbox.Faults) { f.Invalidate(false) },
		"session to be resumed":       func(f *sandbox.Faults) { f.Invalidate(true) },
		"resumes refused":             func(f *sandbox.Faults) { f.RefuseResumes(1, false); f.Cut() },
		"resumes refused for now":     func(f *sandbox.Faults) { f.RefuseResumes(1, true); f.Reconnect() },
		"cut":                         func(f *sandbox.Faults) { f.Cut() },
		"cut in the midst of a frame": func(f *sandbox.Faults) { f.CutMidFrame() },
		"a frame that is no JSON":     func(f *sandbox.Faults) { f.SendRaw(`{"op":`); f.SendRaw(`[]`); f.SendRaw(`{"op":"x"}`) },
		"unknown events": func(f *sandbox.Faults) {
			f.SendRaw(`{"op":77,"d":{}}`)
			f.SendEvent("BRAND_NEW", `{"a":[1]}`)
			f.SendEvent("MESSAGE_CREATE", `{"id":1}`)
		},
		"asked for a heartbeat": func(f *sandbox.Faults) { f.Ping() },
		"closed 1000":           func(f *sandbox.Faults) { f.CloseAll(1000) },
		"closed 1001":           func(f *sandbox.Faults) { f.CloseAll(1001) },
		"closed 4000":           func(f *sandbox.Faults) { f.CloseAll(4000) },
		"closed 4007":           func(f *sandbox.Faults) { f.CloseAll(4007) },
		"closed 4008":           func(f *sandbox.Faults) { f.CloseAll(4008) },
		"closed 4009":           func(f *sandbox.Faults) { f.CloseAll(4009) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, sandbox.Options{}, nil)
			w.ready(t)
			w.say(t, "before")
			w.core.hear(t, 1)
			before := len(w.Connections())
			trouble(w.Faults())
			if !strings.HasPrefix(name, "a frame") && name != "unknown events" && name != "asked for a heartbeat" {
				if err := w.WaitFor(within(t), func() bool { return len(w.Connections()) > before }); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.WaitReady(within(t), 1); err != nil {
				t.Fatal(err)
			}
			for i := range 20 {
				w.say(t, fmt.Sprint(i))
			}
			w.core.hear(t, 21)
			want := []string{"before"}
			for i := range 20 {
				want = append(want, fmt.Sprint(i))
			}
			if got := w.core.texts(); !slices.Equal(got, want) {
				t.Errorf("heard %q", got)
			}
			w.ready(t)
			for i, a := range w.Identifies()[1:] {
				if gap := a.At.Sub(w.Identifies()[i].At); gap < 5*time.Second {
					t.Errorf("identifies are %s apart", gap)
				}
			}
		})
	}
}

// What was said while there was no connection comes with the resume, once.
func TestResumeReplays(t *testing.T) {
	for name, end := range map[string]func(f *sandbox.Faults) int{
		"cut":         (*sandbox.Faults).Cut,
		"closed 1000": func(f *sandbox.Faults) int { return f.CloseAll(1000) },
		"closed 1001": func(f *sandbox.Faults) int { return f.CloseAll(1001) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, sandbox.Options{}, nil)
			w.ready(t)
			w.say(t, "one")
			w.core.hear(t, 1)
			end(w.Faults())
			w.say(t, "two")
			w.core.hear(t, 2)
			if r := w.Resumes(); len(r) != 1 || !r[0].OK {
				t.Errorf("resumes: %+v", r)
			}
			if n := len(w.Identifies()); n != 1 {
				t.Errorf("%d identifies", n)
			}
			if got := w.core.texts(); !slices.Equal(got, []string{"one", "two"}) {
				t.Errorf("heard %q", got)
			}
			if err := w.WaitFor(within(t), func() bool { return w.Connections()[0].Closed }); err != nil {
				t.Fatal(err)
			}
			if code := w.Connections()[0].ClientCode; code == 1000 || code == 1001 {
				t.Errorf("closed with %d, by which an app ends its session", code)
			}
		})
	}
}

// Refusals for good stop the platform, say why, and are not tried again.
func TestFatalCloses(t *testing.T) {
	for _, code := range []int{4004, 4010, 4011, 4012, 4013} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			w := open(t, sandbox.Options{}, nil)
			w.ready(t)
			w.Faults().CloseAll(code)
			w.state(t, func(err error) bool { return err != nil && strings.Contains(err.Error(), fmt.Sprint(code)) })
			if err := w.WaitFor(within(t), func() bool { c := w.Connections(); return c[len(c)-1].Closed }); err != nil {
				t.Fatal(err)
			}
			n := len(w.Connections())
			w.stop()
			if m := len(w.Connections()); m != n {
				t.Errorf("%d connections after the refusal", m-n)
			}
		})
	}
}

// Without the content of messages it goes on with fewer intents, once.
func TestDisallowedIntent(t *testing.T) {
	t.Parallel()
	w := open(t, sandbox.Options{DisallowedIntents: sandbox.IntentMessageContent}, nil)
	w.ready(t)
	ids := w.Identifies()
	if len(ids) != 2 || ids[0].Intents&sandbox.IntentMessageContent == 0 || ids[1].Intents&sandbox.IntentMessageContent != 0 {
		t.Fatalf("identifies: %+v", ids)
	}
	w.say(t, "<@"+w.BotID()+"> hello")
	w.core.hear(t, 1)
	if got := w.core.texts(); got[0] != "hello" {
		t.Errorf("heard %q", got)
	}
}

func TestWrongToken(t *testing.T) {
	w := open(t, sandbox.Options{}, func(c *discord.Config) { c.Token = "wrong" })
	w.state(t, func(err error) bool { return err != nil && strings.Contains(err.Error(), "DISCORD_TOKEN") })
}

// A line is taken when its effect is on disk; until then it comes again.
func TestLineIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := open(t, sandbox.Options{}, nil)
	w.ready(t)
	tries := 0
	w.core.set(func(_ context.Context, in bot.Incoming) (bot.Reply, error) {
		w.core.mu.Lock()
		defer w.core.mu.Unlock()
		if tries++; tries < 3 {
			return bot.Reply{}, errors.New("disk")
		}
		return bot.Reply{Card: &bot.Card{Title: "Right", Body: []string{"secret"}, Reveals: true}}, nil
	})
	said := w.say(t, "GET")
	all, err := w.Wait(within(t), sandbox.DefaultChannelID, func(m []sandbox.Message) bool { return len(m) == 2 })
	if err != nil {
		t.Fatal(err)
	}
	if m := all[1]; m.ReplyTo != said.ID || m.Content != "Right\n||secret||" || !m.ParseNone || !m.NonceEnforced || len(m.Pings) > 0 {
		t.Errorf("reply: %+v", m)
	}
	w.core.hear(t, 3)
}

func card(title string) bot.Reply { return bot.Reply{Card: &bot.Card{Title: title}} }

func TestInteractions(t *testing.T) {
	t.Parallel()
	w := open(t, sandbox.Options{}, nil)
	w.ready(t)
	if err := w.WaitFor(within(t), func() bool { return len(w.Commands()) == 1 }); err != nil {
		t.Fatal(err)
	}
	slash := func(text string) (sandbox.Interaction, sandbox.Message) {
		t.Helper()
		i, err := w.Slash(within(t), sandbox.DefaultChannelID, sandbox.CarolID, text)
		if err != nil || i.Failed {
			t.Fatalf("%s: %+v %v", text, i, err)
		}
		m, _ := w.Message(i.MessageID)
		return i, m
	}
	if _, m := slash("/quiz ask websocket"); m.Content != "Here it comes." || m.EphemeralFor != sandbox.CarolID {
		t.Errorf("a command without a card: %+v", m)
	}
	w.core.set(func(context.Context, bot.Incoming) (bot.Reply, error) {
		r := card("For all")
		r.Public = true
		return r, nil
	})
	if _, m := slash("/quiz start websocket 5"); m.Content != "For all" || m.EphemeralFor != "" || !m.ParseNone {
		t.Errorf("a public card: %+v", m)
	}
	if got := w.core.texts(); !slices.Equal(got, []string{"ask websocket", "start websocket 5"}) {
		t.Errorf("heard %q", got)
	}
	w.core.set(func(context.Context, bot.Incoming) (bot.Reply, error) { return bot.Reply{}, bot.ErrBusy })
	if _, m := slash("/quiz ask"); !strings.HasPrefix(m.Content, "Busy") || m.EphemeralFor == "" {
		t.Errorf("busy: %+v", m)
	}
	// An outcome that takes long is promised first, then told.
	w.core.set(func(ctx context.Context, _ bot.Incoming) (bot.Reply, error) {
		timer := time.NewTimer(2200 * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
			return card("At last"), nil
		case <-ctx.Done():
			return bot.Reply{}, ctx.Err()
		}
	})
	i, _ := slash("/quiz ask")
	if i.Answer != sandbox.AnswerDefer {
		t.Errorf("a slow command was answered with type %d", i.Answer)
	}
	if err := w.WaitFor(within(t), func() bool { m, _ := w.Message(i.MessageID); return m.Content == "At last" }); err != nil {
		t.Error("the promised answer did not come")
	}
	a, err := w.Autocomplete(within(t), sandbox.DefaultChannelID, sandbox.CarolID, "/quiz ask web", "topic")
	if err != nil || len(a.Choices) != 2 || a.Choices[0].Value != "websocket" || a.Choices[1].Value != "web" {
		t.Errorf("autocomplete: %+v %v", a, err)
	}
	for _, ack := range w.Acks() {
		if !ack.Accepted {
			t.Errorf("an answer was refused: %+v", ack)
		}
	}
}

// A press on a message that only its presser sees changes that message.
func TestPressesBuildAnAnswer(t *testing.T) {
	w := open(t, sandbox.Options{}, nil)
	w.ready(t)
	id, err := w.adapter.Deliver(within(t), bot.Outgoing{Key: "r1-ask", Room: room, Card: bot.Card{Title: "?", Choices: []bot.Choice{{ID: "a:1:0", Letter: "A", Text: "one"}}}})
	if err != nil {
		t.Fatal(err)
	}
	w.core.set(func(_ context.Context, in bot.Incoming) (bot.Reply, error) {
		if in.Choice == "a:1:0" {
			return bot.Reply{Card: &bot.Card{Title: "Any more?", Choices: []bot.Choice{{ID: "a:1:0-1", Letter: "B", Text: "two"}}}}, nil
		}
		return card("Right"), nil
	})
	first, err := w.Press(within(t), string(id), sandbox.BobID, "a:1:0")
	if err != nil || first.Answer != sandbox.AnswerMessage {
		t.Fatalf("%+v %v", first, err)
	}
	second, err := w.Press(within(t), first.MessageID, sandbox.BobID, "a:1:0-1")
	if err != nil || second.Answer != sandbox.AnswerEdit || second.MessageID != first.MessageID {
		t.Fatalf("%+v %v", second, err)
	}
	if m, _ := w.Message(first.MessageID); m.Content != "Right" || len(m.Controls()) != 0 {
		t.Errorf("the message now: %+v", m)
	}
	// The same interaction delivered again is answered once.
	if err := w.Redeliver(second.ID); err != nil {
		t.Fatal(err)
	}
	w.say(t, "after")
	w.core.hear(t, 3)
	if n := len(w.Acks()); n != 2 {
		t.Errorf("%d answers to two interactions", n)
	}
}

// The command is written once, and not again by the next process.
func TestCommandIsRegisteredOnce(t *testing.T) {
	w := open(t, sandbox.Options{}, nil)
	w.ready(t)
	if _, err := w.WaitCalls(within(t), sandbox.RouteOverwriteCommand, 1); err != nil {
		t.Fatal(err)
	}
	w.stop()
	w.connect(t, nil)
	w.ready(t)
	if _, err := w.WaitCalls(within(t), sandbox.RouteListCommands, 2); err != nil {
		t.Fatal(err)
	}
	w.stop()
	if n := len(w.Calls(sandbox.RouteOverwriteCommand)); n != 1 {
		t.Errorf("written %d times", n)
	}
	w.connect(t, func(c *discord.Config) { c.About = "Something new" })
	if _, err := w.WaitCalls(within(t), sandbox.RouteOverwriteCommand, 2); err != nil {
		t.Errorf("a change was not written: %v", err)
	}
}

const room = bot.RoomID("discord:" + sandbox.DefaultGuildID + "/" + sandbox.DefaultChannelID)

func TestDeliver(t *testing.T) {
	t.Parallel()
	w := open(t, sandbox.Options{}, nil)
	w.ready(t)
	n := 0
	post := func() (bot.MessageID, error) {
		n++
		return w.adapter.Deliver(within(t), bot.Outgoing{Key: fmt.Sprintf("k%d", n), Room: room, Card: bot.Card{Title: "Hello @everyone"}})
	}
	again := func() (bot.MessageID, error) { n--; return post() }
	retry := func(what string, err error) {
		t.Helper()
		var r *bot.RetryError
		if !errors.As(err, &r) {
			t.Errorf("%s: %v, want a RetryError", what, err)
		}
	}
	f := w.Faults()
	id, err := post()
	if err != nil || id == "" {
		t.Fatal(err)
	}
	for name, fault := range map[string]func(){
		"5xx": func() { f.ServerError(sandbox.RouteCreateMessage, 1, 502) }, "a cut connection": func() { f.Drop(sandbox.RouteCreateMessage, 1) },
		"an answer that is lost": func() { f.AcceptThenDrop(sandbox.RouteCreateMessage, 1) }, "an answer that is an error": func() { f.AcceptThenError(sandbox.RouteCreateMessage, 1, 500) },
	} {
		before := len(w.Messages(sandbox.DefaultChannelID))
		fault()
		_, err := post()
		retry(name, err)
		if _, err := again(); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
		if made := len(w.Messages(sandbox.DefaultChannelID)) - before; made != 1 {
			t.Errorf("%s: %d messages", name, made)
		}
	}
	f.RateLimit(sandbox.RouteCreateMessage, 1, 1500*time.Millisecond, sandbox.ScopeUser)
	_, err = post()
	var r *bot.RetryError
	if !errors.As(err, &r) || r.After < time.Second || r.After > 2*time.Second {
		t.Errorf("429: %v", err)
	}
	refused := w.Calls(sandbox.RouteCreateMessage)
	if _, err = again(); err != nil { // it waits for its time
		t.Error(err)
	}
	if calls := w.Calls(sandbox.RouteCreateMessage)[len(refused)-1:]; len(calls) != 2 || calls[1].At.Sub(calls[0].At) < 1500*time.Millisecond {
		t.Errorf("a call was made before its time: %v", calls)
	}
	edit := func(target bot.MessageID) error {
		_, err := w.adapter.Deliver(within(t), bot.Outgoing{Key: "e", Edit: "k1", Target: target, Room: room, Card: bot.Card{Title: "Closed"}})
		return err
	}
	if err := edit(id); err != nil {
		t.Error(err)
	}
	w.DeleteMessage(string(id))
	if err := edit(id); !errors.Is(err, bot.ErrGone) {
		t.Errorf("a deleted message: %v", err)
	}
	f.Deny(sandbox.DefaultChannelID, 50013)
	if err := edit("1234567890123456789"); !errors.Is(err, bot.ErrUnreachable) {
		t.Errorf("without permission: %v", err)
	}
	f.Allow(sandbox.DefaultChannelID)
	if _, err := w.adapter.Deliver(within(t), bot.Outgoing{Key: "x", Room: "discord:1/999"}); !errors.Is(err, bot.ErrUnreachable) {
		t.Errorf("an unknown channel: %v", err)
	}
	if _, err := w.adapter.Deliver(within(t), bot.Outgoing{Key: "x", Room: "slack:T/C"}); !errors.Is(err, bot.ErrRejected) {
		t.Errorf("another platform's room: %v", err)
	}
	if pings := w.Pings(); len(pings) > 0 {
		t.Errorf("pings: %+v", pings)
	}
	f.RevokeToken()
	if err := edit(id); !errors.As(err, &r) || r.After < 30*time.Second {
		t.Errorf("a revoked token: %v", err)
	}
}

// Two shards hear what belongs to each, and nothing twice.
func TestTwoShards(t *testing.T) {
	w := open(t, sandbox.Options{Shards: 2, MaxConcurrency: 2}, nil)
	w.ready(t)
	if err := w.WaitReady(within(t), 2); err != nil {
		t.Fatal(err)
	}
	w.say(t, "in a server")
	dm, err := w.OpenDM(sandbox.AliceID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Say(within(t), dm, sandbox.AliceID, "in private"); err != nil {
		t.Fatal(err)
	}
	w.core.hear(t, 2)
	if got := slices.Sorted(slices.Values(w.core.texts())); !slices.Equal(got, []string{"in a server", "in private"}) {
		t.Errorf("heard %q", got)
	}
}

// It stops at any moment, and leaves nothing behind.
func TestStopAtAnyMoment(t *testing.T) {
	for i := range 12 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			w := open(t, sandbox.Options{}, nil)
			switch i % 4 {
			case 1:
				w.Faults().SilentConnections(1)
			case 2:
				w.ready(t)
				w.Faults().Cut()
			case 3:
				w.ready(t)
				w.Faults().Silence()
			}
			timer := time.NewTimer(time.Duration(i*7) * time.Millisecond)
			defer timer.Stop()
			<-timer.C
			w.stop()
		})
	}
}
