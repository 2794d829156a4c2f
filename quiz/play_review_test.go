package quiz

import (
	"slices"
	"testing"
	"time"
)

// eventNames are what came of an input, by their types.
func eventNames(events []Event) []string {
	var out []string
	for _, e := range events {
		switch e.(type) {
		case Asked:
			out = append(out, "asked")
		case Answered:
			out = append(out, "answered")
		case Closed:
			out = append(out, "closed")
		case Ended:
			out = append(out, "ended")
		case Refused:
			out = append(out, "refused")
		default:
			out = append(out, "another")
		}
	}
	return out
}

func picks(ids ...string) []Pick {
	var out []Pick
	for _, id := range ids {
		out = append(out, Pick{Pack: "pack0", Question: id})
	}
	return out
}

// answerTo is an answer of a to the open question.
func (x *table) answerTo(rightly bool) Give {
	round, _ := x.room.Open()
	given := right(round.Question)
	if !rightly {
		given = Given{Picks: []int{2}, Text: "another"}
	}
	return Give{Round: round.No, Player: "a", Given: given, At: x.now}
}

// TestReview: what is due is asked one after the other, in its order; each question is over
// with its answer, and what is gone from its pack is left out.
func TestReview(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 5), now: noon}
	asked := only[Asked](x, x.play(Review{By: "a", Picks: picks("q3", "gone", "q0", "q2"), Seed: 7}))
	for i, want := range []string{"q3", "q0", "q2"} {
		if asked.Round.Question.ID != want || asked.Nth != i+1 || asked.Of != 3 || !asked.Round.Review || asked.Round.Limit != ReviewTime {
			t.Fatalf("asked is %+v, want %s", asked, want)
		}
		x.play(Posted{Round: asked.Round.No})
		events := x.play(x.answerTo(i != 1))
		names := []string{"answered", "closed", "asked"}
		if i == 2 {
			names[2] = "ended"
		}
		if got := eventNames(events); !slices.Equal(got, names) {
			t.Fatalf("an answer leads to %v, want %v", got, names)
		}
		if closed := events[1].(Closed); closed.Early || len(closed.Round.Answers) != 1 {
			t.Errorf("closed is %+v", closed)
		}
		switch last := events[2].(type) {
		case Asked:
			asked = last
		case Ended:
			if last.Stopped || len(last.Game.Score) != 1 || last.Game.Score[0].Right != 2 || last.Game.Done != 3 {
				t.Errorf("ended is %+v", last)
			}
		}
	}
	if x.room.Game != nil || len(x.room.Rounds) > 0 || len(x.room.Ended) > 0 || !x.room.Wake().IsZero() {
		t.Errorf("left is %+v", x.room)
	}
}

// TestReviewWithGaps: a gap can be skipped; whoever doesn't answer has gone.
func TestReviewWithGaps(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 5), now: noon}
	begin := func() {
		t.Helper()
		asked := only[Asked](x, x.play(Review{By: "a", Picks: picks("q3", "q0", "q2"), Gap: 3 * time.Second, Seed: 7}))
		x.play(Posted{Round: asked.Round.No})
	}
	begin()
	answer := func(rightly bool) { // the result comes a moment after the verdict
		t.Helper()
		if got := eventNames(x.play(x.answerTo(rightly))); !slices.Equal(got, []string{"answered"}) {
			t.Errorf("an answer leads to %v", got)
		}
		x.now = x.now.Add(Settle)
		if got := eventNames(x.play(Tick{})); !slices.Equal(got, []string{"closed"}) {
			t.Errorf("a moment later: %v", got)
		}
	}
	answer(true)
	if events := x.play(Ask{By: "b"}); events[0].(Refused).Reason != BetweenTurns {
		t.Errorf("between two questions: %+v", events)
	}
	if got := x.room.Wake(); !got.Equal(x.now.Add(3 * time.Second)) {
		t.Errorf("the next comes at %s", got)
	}
	x.now = x.now.Add(3 * time.Second)
	x.play(Posted{Round: only[Asked](x, x.play(Tick{})).Round.No})
	answer(false)
	x.play(Posted{Round: only[Asked](x, x.play(Skip{By: "a"})).Round.No})
	if got := eventNames(x.play(Skip{By: "a"})); !slices.Equal(got, []string{"closed"}) {
		t.Errorf("skipping the last leads to %v", got)
	}
	if ended := only[Ended](x, x.play(Skip{By: "a"})); ended.Stopped || ended.Game.Score[0].Right != 1 {
		t.Errorf("ended is %+v", ended)
	}
	begin()
	x.now = x.now.Add(ReviewTime + Settle)
	events := x.play(Tick{})
	if got := eventNames(events); !slices.Equal(got, []string{"closed", "ended"}) || !events[1].(Ended).Stopped {
		t.Errorf("without an answer: %v %+v", got, events)
	}
	begin()
	if got := eventNames(x.play(Stop{By: "a"})); !slices.Equal(got, []string{"closed", "ended"}) {
		t.Errorf("stopping leads to %v", got)
	}
	if events := x.play(Review{By: "a", Picks: picks("gone")}); events[0].(Refused).Reason != NoQuestions {
		t.Errorf("a review of nothing: %+v", events)
	}
	begin()
	if events := x.play(Review{By: "a", Picks: picks("q0")}); events[0].(Refused).Reason != Occupied {
		t.Errorf("a second review: %+v", events)
	}
}
