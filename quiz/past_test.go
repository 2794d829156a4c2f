package quiz

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// ask plays a question to its close and returns it.
func (x *table) ask() Closed {
	x.t.Helper()
	no := only[Asked](x, x.play(Ask{By: "host", Topic: "pack0", Seed: 5})).Round.No
	x.play(Posted{Round: no})
	x.now = x.room.Wake()
	return only[Closed](x, x.play(Tick{}))
}

// An answer given in time counts, however late it comes, and the room is told once.
func TestAnswersThatComeLate(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 1), now: noon}
	round := x.ask().Round
	give := func(who string, at time.Time) []Event {
		return x.play(Give{Round: round.No, Player: who, Given: right(round.Question), At: at})
	}
	x.now = x.now.Add(time.Minute)
	if a := only[Answered](x, give("ann", round.Closes)); !a.Late || a.Answer.Points != 10 || len(a.Round.Answers) != 1 {
		t.Errorf("ann, at the last moment: %+v", a)
	}
	if r := only[Repeated](x, give("ann", round.Opened)); !r.Answer.At.Equal(round.Closes) {
		t.Errorf("ann, again: %+v", r)
	}
	only[Late](x, give("ann", round.Closes.Add(1)))
	only[Late](x, give("bob", round.Closes.Add(1)))
	only[Answered](x, give("cat", round.Opened))
	if wake := x.room.Wake(); !wake.Equal(x.now.Add(Gather)) {
		t.Errorf("the result is told at %s", wake)
	}
	x.reload()
	x.now = x.room.Wake()
	if again := only[Amended](x, x.play(Tick{})); len(again.Round.Answers) != 2 || again.Round.No != round.No {
		t.Errorf("told again: %+v", again)
	}
	if !x.room.Wake().IsZero() {
		t.Errorf("and it waits for %s", x.room.Wake())
	}
	x.now = x.now.Add(Kept)
	only[Late](x, give("dan", round.Opened))
}

// Of a question that somebody ended, the end is that moment.
func TestLateAfterAnEarlyEnd(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 1), now: noon}
	round := only[Asked](x, x.play(Ask{By: "host", Seed: 5})).Round
	x.play(Posted{Round: round.No})
	x.now = x.now.Add(3 * time.Second)
	only[Closed](x, x.play(Stop{By: "host"}))
	end := x.now
	x.now = x.now.Add(time.Minute)
	only[Late](x, x.play(Give{Round: round.No, Player: "bob", Given: right(round.Question), At: end.Add(1)}))
	only[Answered](x, x.play(Give{Round: round.No, Player: "ann", Given: right(round.Question), At: end}))
	x.now = x.room.Wake()
	if again := only[Amended](x, x.play(Tick{})); !again.Early {
		t.Errorf("told again: %+v", again)
	}
}

// game plays a game of n questions that nobody answers.
func (x *table) game(n int) []Round {
	x.play(Start{By: "host", Topic: "pack0", Count: n, Each: 5 * time.Second, Seed: 3})
	var rounds []Round
	for range n {
		x.now = x.room.Wake()
		no := only[Asked](x, x.play(Tick{})).Round.No
		x.play(Posted{Round: no})
		x.now = x.room.Wake()
		rounds = append(rounds, x.play(Tick{})[0].(Closed).Round)
	}
	return rounds
}

// Whatever the order in which late answers of a game come, its table is the sum of
// them, and the room is told once.
func TestTableOfAGameWithLateAnswers(t *testing.T) {
	var want string
	for seed := range uint64(20) {
		x := &table{t: t, pool: testPool(t, 9), now: noon}
		rounds := x.game(4)
		var late []Give
		for i, r := range rounds {
			for j := range 3 {
				given := right(r.Question)
				if (i+j)%3 == 0 {
					given = Given{Picks: []int{2}}
				}
				late = append(late, Give{Round: r.No, Player: fmt.Sprint("p", j), Given: given, At: r.Opened})
			}
		}
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(late), func(i, j int) { late[i], late[j] = late[j], late[i] })
		x.now = x.now.Add(Gap)
		sum := map[string]int{}
		for _, in := range late {
			a := only[Answered](x, x.play(in)).Answer
			sum[a.Player] += a.Points
		}
		x.now = x.room.Wake()
		events := x.play(Tick{})
		if len(events) != len(rounds)+1 {
			t.Fatalf("seed %d: told %d times: %+v", seed, len(events), events)
		}
		game := events[len(rounds)].(Corrected).Game
		checkScore(t, seed, game, sum)
		score := game.Score
		slices.SortFunc(score, func(a, b Score) int { return int(a.Player[1]) - int(b.Player[1]) })
		if got := fmt.Sprint(score); want == "" {
			want = got
		} else if got != want {
			t.Errorf("seed %d: %s, before %s", seed, got, want)
		}
		if !x.room.Wake().IsZero() {
			t.Errorf("it still waits for %s", x.room.Wake())
		}
	}
}

// A game that is still on counts them in its next table; wrong ones after its end
// are no news.
func TestLateAnswersDuringAGame(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 9), now: noon}
	old := x.game(1)[0]
	x.play(Start{By: "host", Topic: "pack0", Count: 2, Each: 5 * time.Second, Seed: 3})
	x.now = x.room.Wake()
	first := only[Asked](x, x.play(Tick{})).Round.No
	x.play(Posted{Round: first})
	x.now = x.room.Wake()
	round := x.play(Tick{})[0].(Closed).Round
	a := only[Answered](x, x.play(Give{Round: round.No, Player: "ann", Given: right(round.Question), At: round.Opened}))
	only[Answered](x, x.play(Give{Round: old.No, Player: "bob", Given: Given{Picks: []int{2}}, At: old.Opened}))
	if s := x.room.Game.Score; len(s) != 1 || s[0].Player != "ann" || s[0].Points != a.Answer.Points {
		t.Errorf("the table: %+v", s)
	}
	if s := x.room.Ended[0].Game.Score; len(s) != 1 || s[0].Player != "bob" {
		t.Errorf("the table of the game before: %+v", s)
	}
	x.now = x.now.Add(Gather)
	for _, e := range x.play(Tick{}) {
		if _, told := e.(Corrected); told {
			t.Errorf("told of an answer that is worth nothing: %+v", e)
		}
	}
}
