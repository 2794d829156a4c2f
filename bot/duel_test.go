package bot_test

import (
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// challenges has alice challenge bob to a duel about a topic.
func (w *world) challenges(l *life, topic string) (accept string) {
	w.t.Helper()
	in := w.say("alice", "#room", "challenge @bob "+topic+" 1 each 30")
	in.Mentioned = []bot.Mention{{Word: "@bob", User: w.by("bob", "#room").User, Name: "bob"}}
	if r := w.must(l, in); r.Card != nil {
		w.t.Fatalf("no challenge but %q", title(r))
	}
	synctest.Wait()
	return w.button("#room", "Accept")
}

// What was pressed in time and comes late, accepts; what was pressed too late does not.
func TestChallengeAcceptedLate(t *testing.T) {
	for pressed, want := range map[time.Duration]string{-time.Second: "", time.Millisecond: "This challenge is over"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			l := w.start(asFinder)
			until := time.Now().Add(quiz.ChallengeTime)
			in := w.pushes("bob", "#room", w.challenges(l, "method"))
			in.At = until.Add(pressed)
			time.Sleep(time.Until(until) + quiz.Settle/2)
			r := w.must(l, in)
			if want == "" && r.Card != nil || want != "" && title(r) != want {
				t.Errorf("pressed %v after the end: %+v", pressed, r.Card)
			}
		})
	}
}

// Who watches a duel is refused before a form is filled in.
func TestNoFormForWhoWatchesADuel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.pushes("bob", "#room", w.challenges(l, "closing")))
		time.Sleep(quiz.FirstGap + time.Second)
		synctest.Wait()
		button := w.button("#room", "Answer in private")
		if r := w.press(l, "bob", "#room", button); r.Form == nil {
			t.Errorf("no form but %q", title(r))
		}
		if r := w.press(l, "carol", "#room", button); r.Form != nil || title(r) != "This is a duel between two others" {
			t.Errorf("who watches is shown %+v", r)
		}
	})
}
