package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
)

// Where nobody can find out whether a question arrived, it is not asked again:
// its time runs, and its close is told anew.
func TestInDoubtForGood(t *testing.T) {
	for name, made := range map[string]bool{"made": true, "not made": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				l := w.start(asPlain)
				kind := transcript.Swallow
				if made {
					kind = transcript.Lose
				}
				w.platform.misbehave(transcript.Fault{Kind: kind, N: 1})
				w.must(l, w.say("alice", "#room", "method"))
				synctest.Wait()
				wantTitle(t, w.must(l, w.types("bob", "#room", "GET")), "Right")
				time.Sleep(7 * time.Second) // the bubble's clock
				synctest.Wait()
				titles := w.platform.titles("#room")
				if n := titles["Wires · easy"]; n > 1 || made != (n == 1) {
					t.Errorf("the question was posted %d times", n)
				}
				if n := titles["Closed · Wires · easy"]; n != 1 {
					t.Errorf("the close was told %d times", n)
				}
				w.sumsAgree(1, 1)
			})
		})
	}
}

// A message is looked for until the lookup works.
func TestLookupThatFailsAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.platform.blind = 3
		w.platform.misbehave(transcript.Fault{Kind: transcript.Lose, N: 1})
		w.must(l, w.say("alice", "#room", "method"))
		time.Sleep(15 * time.Second) // the bubble's clock
		synctest.Wait()
		titles := w.platform.titles("#room")
		if titles["Wires · easy"] != 1 || titles["Closed · Wires · easy"] != 1 {
			t.Errorf("the room reads %v", titles)
		}
		w.platform.mu.Lock()
		defer w.platform.mu.Unlock()
		if i := len(w.platform.log) - 1; !w.platform.log[i].Edit {
			t.Error("the close is no edit: the question's message wasn't found")
		}
	})
}

// The bot dies between a post and its record, on each kind of platform: the
// message is there once at most, and the question closes.
func TestCrashBetweenPostAndRecord(t *testing.T) {
	for name, as := range map[string]func(*platform) bot.Messenger{"lookup": asFinder, "keys": asIdempotent, "plain": asPlain} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				var armed atomic.Pointer[life]
				w.store.onCommit = func(c bot.Change, next func() error) error {
					if l := armed.Load(); l != nil && len(c.Settled) > 0 {
						l.fuse.blow()
						return errDead
					}
					return next()
				}
				l := w.start(as)
				armed.Store(l)
				w.must(l, w.say("alice", "#room", "method"))
				synctest.Wait()
				if w.platform.titles("#room")["Wires · easy"] != 1 {
					t.Fatal("the question wasn't posted before the crash")
				}
				armed.Store(nil)
				l = w.start(as)
				time.Sleep(time.Second) // the bubble's clock
				wantTitle(t, w.must(l, w.types("bob", "#room", "GET")), "Right")
				time.Sleep(7 * time.Second) // the bubble's clock
				synctest.Wait()
				titles := w.platform.titles("#room")
				if titles["Wires · easy"] != 1 || titles["Closed · Wires · easy"] != 1 {
					t.Errorf("the room reads %v", titles)
				}
			})
		})
	}
}

// A store that can't be read for a moment costs no message.
func TestEditWhoseMessageCouldNotBeLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var fails atomic.Int64
		w.store.onPosted = func(next func() (bot.MessageID, error)) (bot.MessageID, error) {
			if fails.Add(-1) >= 0 {
				return "", errDisk
			}
			return next()
		}
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		fails.Store(2)
		time.Sleep(9 * time.Second) // the bubble's clock
		synctest.Wait()
		if got := w.platform.last("#room"); !strings.HasPrefix(got, "Closed") {
			t.Errorf("the last word is %q", got)
		}
	})
}

// "Try again in a minute" is obeyed: not sooner, not much later, and other rooms
// don't wait for it.
func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.platform.misbehave(transcript.Fault{Kind: transcript.Refuse, N: 1, For: time.Minute})
		began := time.Now()
		w.must(l, w.say("alice", "#slow", "method"))
		synctest.Wait()
		w.must(l, w.say("alice", "#quick", "method"))
		time.Sleep(3 * time.Minute) // the bubble's clock
		synctest.Wait()
		if took := w.platform.heardAt(t, "#slow", "Wires").Sub(began); took < time.Minute || took > 90*time.Second {
			t.Errorf("tried again after %s", took)
		}
		if took := w.platform.heardAt(t, "#quick", "Wires").Sub(began); took > time.Second {
			t.Errorf("another room waited %s", took)
		}
	})
}

// A message that can't be made for a long time is given up in the end, its
// question is dropped, and the room is free again.
func TestGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.platform.misbehave(transcript.Fault{Kind: transcript.Refuse, N: 1 << 30})
		w.must(l, w.say("alice", "#room", "method"))
		time.Sleep(5 * time.Minute) // the bubble's clock
		synctest.Wait()
		wantTitle(t, w.must(l, w.say("alice", "#room", "method")), "A question is open here already")
		time.Sleep(10 * time.Minute) // the bubble's clock
		synctest.Wait()
		w.platform.mu.Lock()
		w.platform.faults = nil
		w.platform.mu.Unlock()
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		if n := w.platform.titles("#room")["Wires · easy"]; n != 1 {
			t.Errorf("the question was posted %d times", n)
		}
	})
}

// A bot that was away for long doesn't give a message up at the first refusal:
// the time away was no time of trying.
func TestRefusedAfterALongAbsence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.platform.misbehave(down)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour) // the bubble's clock
		w.platform.misbehave(back)
		w.platform.misbehave(transcript.Fault{Kind: transcript.Refuse, N: 1, For: time.Second})
		w.start(asFinder)
		time.Sleep(3 * time.Second) // the bubble's clock
		synctest.Wait()
		if n := w.platform.titles("#room")["Wires · easy"]; n != 1 {
			t.Errorf("the question was posted %d times", n)
		}
	})
}

// The message to edit is gone, its stand-in is posted, and the bot dies before
// that is recorded: there is one stand-in.
func TestCrashAfterPostingInsteadOfEditing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var armed atomic.Pointer[life]
		w.store.onCommit = func(c bot.Change, next func() error) error {
			if l := armed.Load(); l != nil && len(c.Settled) > 0 {
				l.fuse.blow()
				return errDead
			}
			return next()
		}
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		w.platform.misbehave(transcript.Fault{Kind: transcript.Delete, Message: "m1"})
		armed.Store(l)
		time.Sleep(6 * time.Second) // the bubble's clock
		synctest.Wait()
		armed.Store(nil)
		w.start(asFinder)
		time.Sleep(6 * time.Second) // the bubble's clock
		synctest.Wait()
		if titles := w.platform.titles("#room"); titles["Closed · Wires · easy"] != 1 {
			t.Errorf("the room reads %v", titles)
		}
	})
}

// A game that is steered faster than the platform can follow is told in order.
func TestMessagesComeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.platform.misbehave(transcript.Fault{Kind: transcript.Slow, For: 700 * time.Millisecond})
		for i := range 10 {
			w.must(l, w.say("alice", "#room", "method"))
			w.must(l, w.say("alice", "#room", "hint"))
			w.must(l, w.types(fmt.Sprint("p", i), "#room", "GET"))
			w.must(l, w.say("alice", "#room", "stop"))
		}
		time.Sleep(time.Minute) // the bubble's clock
		synctest.Wait()
		w.platform.mu.Lock()
		defer w.platform.mu.Unlock()
		if len(w.platform.log) != 30 {
			t.Fatalf("%d messages, want 30", len(w.platform.log))
		}
		for i, h := range w.platform.log {
			if want := []string{"Wires", "Hint", "Closed"}[i%3]; !strings.HasPrefix(h.Text, want) {
				t.Errorf("message %d is %q, want %s", i, firstLine(h.Text), want)
			}
		}
		for i := 0; i < 30; i += 3 {
			if w.platform.log[i].Message != w.platform.log[i+2].Message {
				t.Errorf("the close %d edits %s, not the question's %s", i/3, w.platform.log[i+2].Message, w.platform.log[i].Message)
			}
		}
	})
}

// A messenger that answers with an error of its own is asked again.
func TestUnknownErrorIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var tries atomic.Int64
		l := w.start(func(p *platform) bot.Messenger { return &moody{Messenger: finder{p}, tries: &tries} })
		w.must(l, w.say("alice", "#room", "method"))
		time.Sleep(2 * time.Second) // the bubble's clock
		synctest.Wait()
		if tries.Load() < 3 || w.platform.titles("#room")["Wires · easy"] != 1 {
			t.Errorf("after %d tries the room reads %v", tries.Load(), w.platform.titles("#room"))
		}
	})
}

// moody fails twice with an error that nobody knows.
type moody struct {
	bot.Messenger
	tries *atomic.Int64
}

func (m *moody) Deliver(ctx context.Context, o bot.Outgoing) (bot.MessageID, error) {
	if m.tries.Add(1) <= 2 {
		return "", errors.New("something odd")
	}
	return m.Messenger.Deliver(ctx, o)
}
