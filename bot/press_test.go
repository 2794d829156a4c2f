package bot_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
	"quizbot/quiz"
)

// button is the ID of the newest question's button with that text.
func (w *world) button(room, text string) string {
	w.t.Helper()
	w.platform.mu.Lock()
	defer w.platform.mu.Unlock()
	for i := len(w.platform.log) - 1; i >= 0; i-- {
		if h := w.platform.log[i]; h.Room == room && h.To == "" {
			for _, b := range h.Buttons {
				if b.Text == text {
					return b.ID
				}
			}
		}
	}
	w.t.Fatalf("no button %q in %s", text, room)
	return ""
}

func (w *world) press(l *life, who, room, id string) bot.Reply {
	in := w.by(who, room)
	in.Choice = id
	return w.must(l, in)
}

// Several right answers can be picked on the question itself, one after the other,
// and so can an order; each player's picks are their own.
func TestPicksOnTheQuestionItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "secure"))
		synctest.Wait()
		wss, https, ws := w.button("#room", "wss"), w.button("#room", "https"), w.button("#room", "ws")
		w.press(l, "bob", "#room", wss)
		w.press(l, "carol", "#room", ws)
		w.press(l, "bob", "#room", wss) // again: no change
		r := w.press(l, "bob", "#room", https)
		wantTitle(t, r, "Any more?")
		done := r.Card.Choices[len(r.Card.Choices)-2]
		if done.Text != "Done" {
			t.Fatalf("%+v", r.Card.Choices)
		}
		wantTitle(t, w.press(l, "bob", "#room", done.ID), "Right")
		r = w.press(l, "carol", "#room", ws)
		again := r.Card.Choices[len(r.Card.Choices)-1]
		wantTitle(t, w.press(l, "carol", "#room", again.ID), "Any more?") // Start over
		r = w.press(l, "carol", "#room", https)
		if read := read(*r.Card); !strings.Contains(read, "https") || strings.Contains(read, "So far:\nA. ws\n") {
			t.Errorf("after starting over: %q", read)
		}

		w.must(l, w.say("alice", "#other", "life"))
		synctest.Wait()
		for _, step := range []string{"handshake", "messages"} {
			r = w.press(l, "bob", "#other", w.button("#other", step))
		}
		wantTitle(t, r, "Right")
	})
}

// A button of a room in another database answers nothing here.
func TestButtonsOfAnotherDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		old := strings.Replace(w.button("#room", "GET"), "."+bot.TagOf(quiz.Room{Seed: seed})+":", ".zzzzz:", 1)
		wantTitle(t, w.press(l, "bob", "#room", old), "Closed")
		wantTitle(t, w.press(l, "bob", "#room", w.button("#room", "GET")), "Right")
	})
}

// A question whose delivery nobody can look up is closed where people press it.
func TestPressTellsTheMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asPlain)
		w.platform.misbehave(transcript.Fault{Kind: transcript.Lose, N: 1})
		w.must(l, w.say("alice", "#room", "method"))
		time.Sleep(time.Second) // the bubble's clock
		synctest.Wait()
		in := w.by("bob", "#room")
		in.Choice, in.Pressed = w.button("#room", "GET"), "m1"
		wantTitle(t, w.must(l, in), "Right")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		log, _ := w.platform.heardSince(0)
		if last := log[len(log)-1]; !last.Edit || last.Message != "m1" || !strings.HasPrefix(last.Text, "Closed") {
			t.Errorf("the last word is %+v", last)
		}
	})
}

// A line that was said before the question, and is delivered again after it, is no
// answer to it.
func TestLinesFromBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		early := w.types("bob", "#room", "B")
		time.Sleep(time.Minute) // the bubble's clock
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		early.Again = true
		if r := w.must(l, early); r.Card != nil {
			t.Errorf("%q", title(r))
		}
		wantTitle(t, w.must(l, w.types("bob", "#room", "GET")), "Right")
	})
}

// An edit that is refused is made when the room lets the bot in again, and nothing
// waits for it meanwhile.
func TestRefusedEdits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		w.platform.misbehave(transcript.Fault{Kind: transcript.Reject, N: 1})
		time.Sleep(10 * time.Second) // the bubble's clock
		synctest.Wait()
		if got := firstLine(w.platform.last("#room")); got != "Closed · Wires · easy" {
			t.Errorf("after one refusal the last word is %q", got)
		}
	})
}
