package discord_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/discord"
)

// patient are options of a server that gives apps more time than Discord does.
func patient() sandbox.Options { return sandbox.Options{AckTimeout: time.Minute} }

// gate has the core answer when it is opened.
func (c *core) gate(answer func() bot.Reply) (open func()) {
	opened := make(chan struct{})
	c.set(func(ctx context.Context, _ bot.Incoming) (bot.Reply, error) {
		select {
		case <-opened:
			return answer(), nil
		case <-ctx.Done():
			return bot.Reply{}, ctx.Err()
		}
	})
	return func() { close(opened) }
}

// Where nobody knows whether the promise of an answer was heard, the answer comes all the same.
func TestPromiseInDoubt(t *testing.T) {
	for name, fault := range map[string]func(f *sandbox.Faults){
		"heard, and no word of it":     func(f *sandbox.Faults) { f.AcceptThenHang(sandbox.RouteCallback, 1) },
		"heard, and answered with 5xx": func(f *sandbox.Faults) { f.AcceptThenError(sandbox.RouteCallback, 1, 502) },
		"heard, and cut":               func(f *sandbox.Faults) { f.AcceptThenDrop(sandbox.RouteCallback, 1) },
		"not heard":                    func(f *sandbox.Faults) { f.Drop(sandbox.RouteCallback, 100) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, patient(), nil)
			w.ready(t)
			id, err := w.adapter.Deliver(within(t), bot.Outgoing{Key: "r1-ask", Room: room, Card: bot.Card{Title: "?", Choices: []bot.Choice{{ID: "a:1:0", Letter: "A", Text: "one"}}}})
			if err != nil {
				t.Fatal(err)
			}
			release := w.core.gate(func() bot.Reply { return card("Right") })
			fault(w.Faults())
			pressed := make(chan error, 1)
			go func() {
				_, err := w.Press(within(t), string(id), sandbox.BobID, "a:1:0")
				pressed <- err
			}()
			if _, err := w.WaitCalls(within(t), sandbox.RouteCallback, 1); err != nil {
				t.Fatal(err)
			}
			w.Faults().Clear()
			release()
			if err := <-pressed; err != nil {
				t.Fatal(err)
			}
			if err := w.WaitFor(within(t), func() bool {
				seen := w.Ephemerals(sandbox.DefaultChannelID, sandbox.BobID)
				return len(seen) == 1 && seen[0].Content == "Right" && !seen[0].Loading()
			}); err != nil {
				t.Errorf("the player sees %+v", w.Ephemerals(sandbox.DefaultChannelID, sandbox.BobID))
			}
		})
	}
}

// What is for all is for all also when it comes late.
func TestLateAnswerForAll(t *testing.T) {
	t.Parallel()
	w := open(t, patient(), nil)
	w.ready(t)
	if err := w.WaitFor(within(t), func() bool { return len(w.Commands()) == 1 }); err != nil {
		t.Fatal(err)
	}
	release := w.core.gate(func() bot.Reply {
		r := card("Leaderboard")
		r.Public = true
		return r
	})
	i, err := w.Slash(within(t), sandbox.DefaultChannelID, sandbox.CarolID, "/quiz ask")
	if err != nil || i.Answer != sandbox.AnswerDefer {
		t.Fatalf("%+v %v", i, err)
	}
	release()
	if _, err := w.Wait(within(t), sandbox.DefaultChannelID, func(m []sandbox.Message) bool {
		return len(m) == 1 && m[0].Content == "Leaderboard" && m[0].ParseNone
	}); err != nil {
		t.Error(err)
	}
	if m, _ := w.Message(i.MessageID); m.Content != "Here it comes." || m.EphemeralFor != sandbox.CarolID {
		t.Errorf("the promise became %+v", m)
	}
}

// A room in which nothing goes on stops no other, nor the heartbeat.
func TestSlowRoomStopsNoOther(t *testing.T) {
	t.Parallel()
	w := open(t, sandbox.Options{}, nil)
	w.ready(t)
	release := make(chan struct{})
	defer close(release)
	w.core.set(func(_ context.Context, in bot.Incoming) (bot.Reply, error) {
		if in.Room == room {
			<-release
		}
		return bot.Reply{}, nil
	})
	const n = 2100 // more than one room of the core takes
	for i := range n {
		if _, err := w.Say(t.Context(), sandbox.DefaultChannelID, sandbox.BobID, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Say(within(t), sandbox.DefaultLobbyID, sandbox.BobID, "elsewhere"); err != nil {
		t.Fatal(err)
	}
	w.core.hear(t, n+1)
	w.Faults().Ping() // asks for a heartbeat
	if err := w.WaitFor(within(t), func() bool { return w.Connections()[0].Heartbeats > 0 }); err != nil {
		t.Error("no heartbeat")
	}
	if c := w.Connections(); len(c) != 1 || len(w.Resumes()) != 0 {
		t.Errorf("%d connections", len(c))
	}
}
