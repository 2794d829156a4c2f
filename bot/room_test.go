package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
	"quizbot/quiz"
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

// A room that the bot was let into again goes on with what people could read; a
// question that never was posted there is dropped.
func TestRoomThatCanBeReachedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		shut := func(yes bool) {
			synctest.Wait()
			if yes {
				w.platform.misbehave(transcript.Fault{Kind: transcript.Shut, Room: transcript.Room{Name: "#room"}})
				return
			}
			w.platform.mu.Lock()
			clear(w.platform.shut)
			w.platform.mu.Unlock()
		}
		last := func(want string) {
			t.Helper()
			synctest.Wait()
			if got := w.platform.last("#room"); !strings.HasPrefix(got, want) {
				t.Errorf("the last word is %q, not %q", firstLine(got), want)
			}
		}
		w.must(l, w.say("alice", "#room", "start method 3 each 60"))
		time.Sleep(4 * time.Second) // the bubble's clock
		last("Question 1 of 3")
		shut(true)
		w.must(l, w.say("alice", "#room", "hint")) // finds out
		shut(false)
		w.must(l, w.say("bob", "#room", "method")) // refused: one is open
		time.Sleep(70 * time.Second)
		last("Question 2 of 3")
		shut(true)
		time.Sleep(70 * time.Second) // the third can't be posted: the game is dropped
		shut(false)
		time.Sleep(70 * time.Second)
		last("Closed · Question 2 of 3") // the second's, which could not be shown at first
		w.must(l, w.say("bob", "#room", "method"))
		last("Wires · easy")
		time.Sleep(time.Minute)
		last("Closed · Wires · easy")
	})
}

// Whatever a button claims to be, it gives no answer that the question doesn't
// have, and takes nobody's answer away.
func TestForgedPresses(t *testing.T) {
	forged := []string{
		"x", "a", "a:", "a::", "a:1", "a:1.TAG:3", "a:1.TAG:9", "a:1.TAG:10", "a:1.TAG:-1", "a:1.TAG:0-0!", "a:1.TAG:1-1", "a:1.TAG:!", "a:1.TAG:0,1",
		"a:0.TAG:0", "a:-1.TAG:0", "a:99999999999999999999.TAG:0", "a:1.TAG:99999999999999999999", "A:1.TAG:0", "a:1.TAG:0:0", "a:+1.TAG:x",
		"a:1.TAG:0-1-2-0", "a:1.TAG:00", "a:1.TAG:+0", "a:01.TAG:0", "a:1.TAG:0-", strings.Repeat("a:1.TAG:0", 40), "a:1.TAG:\x00", "a:1.TAG:0 ", "@everyone",
		"a:1:0", "a:1.:0", "a:1.other:0", "a:1.TAG.TAG:0", // of another database
	}
	tag := bot.TagOf(quiz.Room{Seed: seed})
	for _, topic := range []string{"method", "secure", "life", "mask", "closing", "port"} {
		t.Run(topic, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				l := w.start(asFinder)
				w.must(l, w.say("alice", "#room", topic))
				synctest.Wait()
				for _, choice := range forged {
					choice = strings.ReplaceAll(choice, "TAG", tag)
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
