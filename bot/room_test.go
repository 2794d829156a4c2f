package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
)

// What is kept of a room doesn't grow with the questions that were asked in it.
func TestRoomStaysSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		for i := range 20 {
			w.must(l, w.say("alice", "#room", "method"))
			synctest.Wait()
			w.must(l, w.types(fmt.Sprint("p", i), "#room", "GET"))
			time.Sleep(6 * time.Second) // the bubble's clock
			synctest.Wait()
		}
		snap, err := w.store.Room(t.Context(), team, "test:T/#room")
		if err != nil {
			t.Fatal(err)
		}
		if s := snap.State; len(s.Posts) != 0 || len(s.Room.Rounds) != 0 || len(snap.Outbox) != 0 || len(s.Room.Drawn) != 1 {
			t.Errorf("after twenty questions the room holds %+v, %d in the outbox", s, len(snap.Outbox))
		}
	})
}

// A room that the bot was let into again starts afresh: no question is left over
// from the time when nothing could be said.
func TestRoomThatCanBeReachedAgain(t *testing.T) {
	for name, open := range map[string]bool{"while a question was open": true, "before one was posted": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				l := w.start(asFinder)
				if open {
					w.must(l, w.say("alice", "#room", "start method 3 each 60"))
					time.Sleep(4 * time.Second) // the bubble's clock
				}
				w.platform.misbehave(transcript.Fault{Kind: transcript.Shut, Room: transcript.Room{Name: "#room"}})
				if open {
					w.must(l, w.say("alice", "#room", "hint")) // finds out
				} else {
					w.must(l, w.say("alice", "#room", "method"))
				}
				synctest.Wait()
				w.platform.mu.Lock()
				clear(w.platform.shut)
				w.platform.mu.Unlock()
				w.must(l, w.say("bob", "#room", "method"))
				synctest.Wait()
				if got := w.platform.last("#room"); !strings.HasPrefix(got, "Wires · easy") {
					t.Errorf("the last word is %q", firstLine(got))
				}
				time.Sleep(2 * time.Minute) // the bubble's clock
				synctest.Wait()
				if got := w.platform.last("#room"); !strings.HasPrefix(got, "Closed") {
					t.Errorf("the last word is %q", firstLine(got))
				}
			})
		})
	}
}

// Whatever a button claims to be, it gives no answer that the question doesn't
// have, and takes nobody's answer away.
func TestForgedPresses(t *testing.T) {
	forged := []string{
		"x", "a", "a:", "a::", "a:1", "a:1:3", "a:1:9", "a:1:10", "a:1:-1", "a:1:0-0!", "a:1:1-1", "a:1:!", "a:1:0,1",
		"a:0:0", "a:-1:0", "a:99999999999999999999:0", "a:1:99999999999999999999", "A:1:0", "a:1:0:0", "a:+1:x",
		"a:1:0-1-2-0", strings.Repeat("a:1:0", 40), "a:1:\x00", "a:1:0 ", "@everyone",
	}
	for _, topic := range []string{"method", "secure", "life", "mask", "closing", "port"} {
		t.Run(topic, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				l := w.start(asFinder)
				w.must(l, w.say("alice", "#room", topic))
				synctest.Wait()
				for _, choice := range forged {
					in := w.by("bob", "#room")
					in.Choice = choice
					r := w.must(l, in)
					if strings.HasPrefix(title(r), "Right") {
						t.Errorf("%q is a right answer", choice)
					}
					if len(choice) > 20 && r.Card != nil && strings.Contains(read(*r.Card), choice) {
						t.Errorf("%q is repeated to the player", choice)
					}
				}
				_, answered, err := w.store.Given(t.Context(), team, "test:T/#room", 1, userID("bob"))
				if err != nil || answered {
					t.Errorf("a forged press was counted as an answer (%v)", err)
				}
			})
		})
	}
}

// A question that was accepted just before the stop is still posted.
func TestStopPostsWhatWasAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var held gate
		w.store.onCommit = func(_ bot.Change, next func() error) error {
			held.pass()
			return next()
		}
		l := w.start(asFinder)
		held.close()
		ask := l.bot.Queue(w.say("alice", "#room", "method"))
		synctest.Wait()
		l.cancel()
		synctest.Wait()
		held.open()
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		if _, err := ask(t.Context()); err != nil {
			t.Error(err)
		}
		if n := w.platform.titles("#room")["Wires · easy"]; n != 1 {
			t.Errorf("the question was posted %d times before the end", n)
		}
	})
}
