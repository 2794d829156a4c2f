package slack

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

// TestCoreErrors: who waits is told; what was not saved is not acknowledged, and an
// event comes again.
func TestCoreErrors(t *testing.T) {
	t.Parallel()
	for _, fault := range []error{bot.ErrBusy, bot.ErrStopped, errors.New("the disk is full")} {
		t.Run(fault.Error(), func(t *testing.T) {
			t.Parallel()
			r := play(t, setup{slack: sandbox.Options{RetryDelays: []time.Duration{0, 0, 0}}})
			ask := r.deliver(quizzes, "r1-ask", question())
			var left atomic.Int64
			r.core.does(func(context.Context, bot.Incoming) (bot.Reply, error) {
				if left.Add(-1) >= 0 {
					return bot.Reply{}, fault
				}
				return bot.Reply{Card: card("Right")}, nil
			})
			left.Store(2)
			if a := r.slash(quizzes, alice, "x"); !a.OK() {
				t.Errorf("%+v", a)
			}
			if m := r.ephemeral(quizzes, alice, fault.Error()); !strings.HasPrefix(m.Shown(), "Sorry") {
				t.Errorf("%+v", m)
			}
			if a := r.press(quizzes, string(ask), bob, "q1-a"); a.Status != 503 {
				t.Errorf("%+v", a)
			}
			r.ephemeral(quizzes, bob, fault.Error())
			left.Store(2)
			said := r.say(quizzes, carol, "A")
			<-said.Deliveries[0].Done()
			attempts := said.Deliveries[0].Attempts()
			if len(attempts) != 3 || attempts[0].Status != 503 || attempts[1].Status != 503 || attempts[2].Status != 200 {
				t.Errorf("%+v", attempts)
			}
			r.ephemeral(quizzes, carol, "Right")
			r.stop()
			if all := r.slack.Ephemerals(quizzes, carol); len(all) != 1 {
				t.Errorf("%+v", all)
			}
		})
	}
}

// gated lets the core wait until it is let through.
func gated(r *rig, then bot.Reply, err error) (open func()) {
	gate := make(chan struct{})
	r.core.does(func(ctx context.Context, _ bot.Incoming) (bot.Reply, error) {
		select {
		case <-gate:
			return then, err
		case <-ctx.Done():
			return bot.Reply{}, ctx.Err()
		}
	})
	return func() { close(gate) }
}

// TestSlowCore: Slack has its answer in time, and the person theirs later. Only
// what changes nothing is acknowledged before it is saved.
func TestSlowCore(t *testing.T) {
	t.Parallel()
	soon := func(a *Adapter) { a.ackTime = 50 * time.Millisecond }
	t.Run("command", func(t *testing.T) {
		t.Parallel()
		r := play(t, setup{tune: soon})
		open := gated(r, bot.Reply{Card: card("Here it is")}, nil)
		if a := r.slash(quizzes, alice, "me"); !a.OK() || len(a.Body) != 0 {
			t.Errorf("%+v", a)
		}
		open()
		if m := r.ephemeral(quizzes, alice, "Here it is"); m.Via != sandbox.ResponseURLMethod {
			t.Errorf("%+v", m)
		}
	})
	t.Run("command that fails", func(t *testing.T) {
		t.Parallel()
		r := play(t, setup{tune: soon})
		open := gated(r, bot.Reply{}, errors.New("disk"))
		r.slash(quizzes, alice, "me")
		open()
		r.ephemeral(quizzes, alice, "Sorry")
	})
	t.Run("public", func(t *testing.T) {
		t.Parallel()
		r := play(t, setup{tune: soon})
		open := gated(r, bot.Reply{Card: card("Board"), Public: true}, nil)
		r.slash(quizzes, alice, "leaderboard")
		open()
		r.public(quizzes, "Board")
	})
	t.Run("press", func(t *testing.T) {
		t.Parallel()
		r := play(t, setup{tune: soon})
		ask := r.deliver(quizzes, "r1-ask", question())
		open := gated(r, bot.Reply{Card: card("Right")}, nil)
		if a := r.press(quizzes, string(ask), bob, "q1-a"); a.Status != 503 {
			t.Errorf("%+v", a)
		}
		open()
		r.ephemeral(quizzes, bob, "Right")
	})
	t.Run("command that may be an answer", func(t *testing.T) {
		t.Parallel()
		r := play(t, setup{tune: soon})
		open := gated(r, bot.Reply{Card: card("Right")}, nil)
		if a := r.slash(quizzes, bob, "GET"); a.Status != 503 {
			t.Errorf("%+v", a)
		}
		open()
		r.ephemeral(quizzes, bob, "Right")
	})
	t.Run("press without a response_url", func(t *testing.T) {
		t.Parallel()
		r := play(t, setup{tune: soon})
		open := gated(r, bot.Reply{Card: card("Right")}, nil)
		payload := press(t, func(p map[string]any) {
			delete(p, "response_url")
			p["team"], p["user"], p["channel"] = map[string]any{"id": team}, map[string]any{"id": bob}, map[string]any{"id": quizzes}
		})
		if _, err := r.slack.EmitEnvelope(ctxFor(t), sandbox.Interactions, payload); err != nil {
			t.Fatal(err)
		}
		open()
		r.ephemeral(quizzes, bob, "Right")
	})
	t.Run("event", func(t *testing.T) {
		t.Parallel()
		r := play(t, setup{tune: soon, slack: sandbox.Options{RetryDelays: []time.Duration{0, 0, 0}}})
		open := gated(r, bot.Reply{Card: card("Right")}, nil)
		r.slack.Faults().HoldEvents(1)
		said := r.say(quizzes, carol, "A")
		r.slack.Faults().Release()
		// All that Slack has are refused in time; the last words come from the first.
		<-said.Deliveries[0].Done()
		for _, a := range said.Deliveries[0].Attempts() {
			if a.Status != 503 {
				t.Errorf("%+v", a)
			}
		}
		open()
		r.ephemeral(quizzes, carol, "Right")
		again, err := r.slack.EmitEnvelope(ctxFor(t), sandbox.Events, said.Deliveries[0].Payload)
		if err != nil || !again.Acked() {
			t.Errorf("%v %+v", err, again.Attempts())
		}
		r.stop()
		if n, all := r.core.effects(), r.slack.Ephemerals(quizzes, carol); n != 1 || len(all) != 1 {
			t.Errorf("%d effects, %d replies", n, len(all))
		}
	})
	t.Run("event that fails late", func(t *testing.T) {
		t.Parallel()
		r := play(t, setup{tune: soon, slack: sandbox.Options{RetryDelays: []time.Duration{}}})
		open := gated(r, bot.Reply{}, errors.New("disk"))
		r.say(quizzes, carol, "A")
		open()
		r.stop()
		if all := r.slack.Ephemerals(quizzes, carol); len(all) != 0 {
			t.Errorf("%+v", all)
		}
	})
	t.Run("with Slack's own patience", func(t *testing.T) {
		t.Parallel()
		r := play(t, setup{slack: sandbox.Options{RetryDelays: []time.Duration{}}})
		ask := r.deliver(quizzes, "r1-ask", question())
		open := gated(r, bot.Reply{Card: card("Here it is")}, nil)
		done := make(chan bool, 3)
		go func() {
			a, err := r.slack.Slash(ctxFor(t), quizzes, alice, "/quiz", "me")
			done <- err == nil && a.OK()
		}()
		go func() {
			a, err := r.slack.Press(ctxFor(t), quizzes, string(ask), bob, "q1-a")
			done <- err == nil && a.Status == 503
		}()
		go func() {
			said, err := r.slack.Say(ctxFor(t), quizzes, carol, "A")
			done <- err == nil && said.Deliveries[0].Attempts()[0].Status == 503
		}()
		for range 3 {
			if !<-done {
				t.Error("Slack gave up")
			}
		}
		open()
		r.ephemeral(quizzes, alice, "Here it is")
		r.ephemeral(quizzes, bob, "Here it is")
		r.ephemeral(quizzes, carol, "Here it is")
	})
}

// TestSeenButNeverAnswered: an earlier process took it in and died before it could
// say so. Who waits gets the answer, once.
func TestSeenButNeverAnswered(t *testing.T) {
	r := play(t, setup{})
	ask := r.deliver(quizzes, "r1-ask", question())
	r.core.says(bot.Reply{Card: card("Already answered"), Seen: true})
	a := r.press(quizzes, string(ask), bob, "q1-a")
	r.ephemeral(quizzes, bob, "Already answered")
	if _, err := r.slack.EmitEnvelope(ctxFor(t), sandbox.Interactions, a.Delivery.Payload); err != nil {
		t.Fatal(err)
	}
	c := r.slash(quizzes, alice, "me")
	r.ephemeral(quizzes, alice, "Already answered")
	if again, err := r.slack.EmitEnvelope(ctxFor(t), sandbox.Commands, c.Delivery.Payload); err != nil || len(again.Attempts()[0].Body) != 0 {
		t.Errorf("%v %+v", err, again.Attempts())
	}
	r.say(quizzes, carol, "A")
	r.stop()
	for user, want := range map[string]int{alice: 1, bob: 1, carol: 0} {
		if all := r.slack.Ephemerals(quizzes, user); len(all) != want {
			t.Errorf("%s reads %+v", user, all)
		}
	}
}
