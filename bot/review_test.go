package bot_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"quizbot/bot"
	"quizbot/quiz"
)

// learned has people answer questions, and three days pass.
func learned(w *world, l *life, topic string, right bool, who ...string) {
	w.t.Helper()
	w.must(l, w.say("zoe", "#room", topic))
	synctest.Wait()
	text := map[bool]string{true: "GET", false: "POST"}[right]
	if topic == "mask" {
		text = map[bool]string{true: "True", false: "False"}[right]
	}
	for _, one := range who {
		w.press(l, one, "#room", w.button("#room", text))
	}
	time.Sleep(72 * time.Hour) // the bubble's clock
	synctest.Wait()
}

// choice is the button of a reply with that text.
func choice(t *testing.T, r bot.Reply, text string) string {
	t.Helper()
	if r.Card != nil {
		for _, c := range r.Card.Choices {
			if c.Text == text {
				return c.ID
			}
		}
	}
	t.Fatalf("no button %q on %+v", text, r.Card)
	return ""
}

// A review is one person's alone: nothing of it can be read in the room, somebody else's
// press on its buttons is no answer, and where all would read along there is none.
func TestReviewIsOnesOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		learned(w, l, "method", false, "alice", "bob")
		from := len(w.platform.log)
		review := w.must(l, w.say("alice", "#room", "review"))
		wantTitle(t, review, "Review 1 of 1")
		if review.Public {
			t.Error("everybody reads a review")
		}
		get := choice(t, review, "GET")
		wantTitle(t, w.press(l, "bob", "#room", get), "Closed") // no question of bob's is open
		aloud := w.say("bob", "#room", "review")
		aloud.Aloud = true
		wantTitle(t, w.must(l, aloud), "A review is for you alone")
		wantTitle(t, w.must(l, w.say("bob", "#room", "review now")), "I don't understand")
		synctest.Wait()
		wantTitle(t, w.press(l, "alice", "#blue", get), "Right") // wherever she reads it
		wantTitle(t, w.must(l, w.say("alice", "#room", "review")), "Nothing is due for review")
		wantTitle(t, w.must(l, w.say("bob", "#room", "review")), "Review 1 of 1")
		time.Sleep(quiz.ReviewTime + time.Minute) // the bubble's clock
		synctest.Wait()
		if all := w.heard(from); all != "" {
			t.Errorf("the rooms have read:\n%s", all)
		}
		if unsent, err := w.store.Unsent(t.Context()); err != nil || len(unsent) > 0 {
			t.Errorf("messages wait: %v %v", unsent, err)
		}
		wantTitle(t, w.must(l, w.say("bob", "#room", "review")), "Review 1 of 1") // not answered: it is due still
		board := w.must(l, w.say("carol", "#room", "leaderboard"))
		if got := strings.Join(board.Card.Table, "\n"); !strings.HasPrefix(got, "1. alice — 10\n2. bob — 0") {
			t.Errorf("the board: %s", got)
		}
	})
}

// What was answered in one team is due in all: a platform's direct messages can be a team
// of their own.
func TestReviewKnowsAllTeams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		learned(w, l, "method", false, "alice")
		in := w.say("alice", "direct alice", "review")
		in.Team, in.Private = "test:dm", true
		w.must(l, in)
		synctest.Wait()
		if all := w.heard(0); !strings.Contains(all, "Review 1 of 1") {
			t.Fatalf("alice reads:\n%s", all)
		}
		answer := w.by("alice", "direct alice")
		answer.Text, answer.Team, answer.Private = "GET", "test:dm", true
		wantTitle(t, w.must(l, answer), "Right")
		wantTitle(t, w.must(l, w.say("alice", "#room", "review")), "Nothing is due for review")
		time.Sleep(10 * time.Second) // the bubble's clock
		synctest.Wait()
		if all := w.heard(0); !strings.Contains(all, "That was your review\n1 of 1 right.") {
			t.Errorf("alice reads:\n%s", all)
		}
	})
}

// Who is forgotten has nothing to review, and no review that is open.
func TestForgottenInAReview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		learned(w, l, "mask", false, "alice")
		review := w.must(l, w.say("alice", "#room", "review"))
		wantTitle(t, review, "Review 1 of 1")
		w.forget(l, "alice")
		wantTitle(t, w.must(l, w.say("alice", "#room", "review")), "Nothing to review yet")
		wantTitle(t, w.press(l, "alice", "#room", choice(t, review, "True")), "Closed")
		if seen, err := w.store.Seen(t.Context(), userID("alice")); err != nil || len(seen) > 0 {
			t.Errorf("still known: %+v %v", seen, err)
		}
	})
}

// However long an answer's why is, the next question and its buttons' texts are read whole.
func TestReviewLeavesRoomForTheNext(t *testing.T) {
	long := strings.Repeat("why ", 249)
	var questions []quiz.Question
	for _, id := range []string{"a", "b"} {
		q := quiz.Question{ID: id, Kind: quiz.Multi, Ask: strings.Repeat("ask ", 875), Explain: long, Difficulty: quiz.Easy, Seconds: 5}
		for i := range 10 {
			q.Options = append(q.Options, quiz.Option{Text: strings.Repeat(string(rune('a'+i)), 200), Correct: i > 0, Why: long})
		}
		questions = append(questions, q)
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var err error
		if w.pool, err = quiz.NewPool([]quiz.Pack{{ID: "x", Title: "X", Questions: questions}}); err != nil {
			t.Fatal(err)
		}
		l := w.start(asFinder)
		for range 2 {
			w.must(l, w.say("alice", "#room", "x"))
			synctest.Wait()
			r := w.press(l, "alice", "#room", w.button("#room", strings.Repeat("a", 200)))
			w.press(l, "alice", "#room", choice(t, r, "Done"))
			time.Sleep(time.Minute) // the bubble's clock
			synctest.Wait()
		}
		time.Sleep(time.Hour)
		r := w.must(l, w.say("alice", "#room", "review"))
		for i := range 10 {
			r = w.press(l, "alice", "#room", choice(t, r, strings.Repeat(string(rune('a'+i)), 200)))
		}
		r = w.press(l, "alice", "#room", choice(t, r, "Done"))
		wantTitle(t, r, "Not quite")
		all := 0
		for _, text := range append([]string{r.Card.Title, r.Card.Footer}, r.Card.Body...) {
			all += utf8.RuneCountInString(text)
		}
		for _, c := range r.Card.Choices {
			all += utf8.RuneCountInString(c.Text) + 3
		}
		if next := r.Card.Body[len(r.Card.Body)-1]; !strings.HasPrefix(next, "Review 2 of 2") || !strings.HasSuffix(next, "ask ask ") || len(r.Card.Choices) != 10 {
			t.Errorf("the next question is cut: %.100s", next)
		}
		if all > 7900 { // Discord's content and embeds together hold 8000
			t.Errorf("%d characters", all)
		}
	})
}
