package bot_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/quiz"
)

// An answer that comes after a later one was told, and closes the gap before it: it
// brings what that one lacked. Nothing that was told changes, and table, board and ledger
// agree, also for a bot that begins anew.
func TestLateAnswerInTheMidstOfARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "start method 3 each 10 speed off"))
		wait := func(d time.Duration) {
			time.Sleep(d) // the bubble's clock
			synctest.Wait()
		}
		wait(quiz.FirstGap + time.Second)
		wantTitle(t, w.press(l, "bob", "#room", w.button("#room", "GET")), "Right · 10 points")
		wait(11*time.Second + quiz.Gap)
		late := w.by("bob", "#room") // pressed now, and on its way for long
		late.Choice = w.button("#room", "GET")
		wait(11*time.Second + quiz.Gap)
		button := w.button("#room", "GET")
		wantTitle(t, w.press(l, "bob", "#room", button), "Right · 10 points")
		r := w.must(l, late)
		wantTitle(t, r, "Right · 13 points")
		if want := "10 for the question, 3 for right answers in a row."; !strings.Contains(r.Card.Footer, want) {
			t.Errorf("%q lacks %q", r.Card.Footer, want)
		}
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		l = w.start(asFinder)
		again := w.press(l, "bob", "#room", button)
		wantTitle(t, again, "Already answered")
		wait(20 * time.Second)
		if all := w.heard(0); !strings.Contains(all, "bob wins with 33 points.") || !strings.Contains(all, "1. bob — 33") {
			t.Errorf("the room reads:\n%s", all)
		}
		wantTitle(t, w.must(l, w.say("bob", "#room", "me")), "33 points")
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
	})
}
