package quiz

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// posted is an open async question.
func (x *table) posted(in Ask) Round {
	x.t.Helper()
	round := only[Asked](x, x.play(in)).Round
	x.play(Posted{Round: round.No})
	round, _ = x.room.Round(round.No)
	return round
}

func TestAsync(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 1), now: noon}
	for _, open := range []time.Duration{time.Second, time.Hour - 1, 7*24*time.Hour + 1, -1} {
		refused(x, x.play(Ask{By: "alice", Seed: 5, Open: open}), BadOpen)
	}
	round := x.posted(Ask{By: "alice", Seed: 5, Open: 4 * time.Hour})
	no, q := round.No, round.Question
	if !round.Async || !round.Long() || !round.Closes.Equal(noon.Add(4*time.Hour)) || round.Points != 10 {
		t.Errorf("asked: %+v", round)
	}
	only[Unrevealed](x, x.play(Give{Round: no, Player: "bob", Given: right(q), At: x.now}))
	x.now = noon.Add(time.Hour + time.Microsecond)
	first := only[Revealed](x, x.play(Reveal{Round: no, Player: "bob"}))
	if c := first.Clock; first.Again || !c.From.Equal(noon.Add(time.Hour)) || c.Until.Sub(c.From) != 10*time.Second {
		t.Errorf("revealed: %+v", first)
	}
	if c := only[Revealed](x, x.play(Reveal{Round: no, Player: "slow", Pace: 150})).Clock; c.Until.Sub(c.From) != 15*time.Second {
		t.Errorf("with a pace: %+v", c)
	}
	x.now = noon.Add(time.Hour + 10*time.Second)
	if second := only[Revealed](x, x.play(Reveal{Round: no, Player: "bob", Pace: 200})); !second.Again || second.Clock != first.Clock {
		t.Errorf("a second time: %+v, first %+v", second, first)
	}
	x.reload()
	only[Overdue](x, x.play(Give{Round: no, Player: "bob", Given: right(q), At: x.now.Add(1)}))
	if a := only[Answered](x, x.play(Give{Round: no, Player: "bob", Given: right(q), At: x.now})).Answer; !a.Right || a.Points != 10 {
		t.Errorf("in the last moment: %+v", a)
	}
	only[Repeated](x, x.play(Reveal{Round: no, Player: "bob"}))
	x.now = noon.Add(4*time.Hour - time.Second)
	if c := only[Revealed](x, x.play(Reveal{Round: no, Player: "last"})).Clock; !c.Until.Equal(round.Closes) {
		t.Errorf("shortly before the end: %+v", c)
	}
	x.now = round.Closes.Add(1)
	only[Late](x, x.play(Reveal{Round: no, Player: "too late"}))
	x.now = x.room.Wake()
	closed := only[Closed](x, x.play(Tick{}))
	if since, ok := closed.Round.AwaitedSince(); !ok || !since.Equal(noon.Add(time.Hour)) {
		t.Errorf("awaited since %s (%v)", since, ok)
	}
	if closed.Round.Unanswered() != 2 || closed.Early {
		t.Errorf("closed: %d without an answer, %+v", closed.Round.Unanswered(), closed)
	}
	only[Unrevealed](x, x.play(Give{Round: no, Player: "dave", Given: right(q), At: noon}))
	only[Overdue](x, x.play(Give{Round: no, Player: "slow", Given: right(q), At: noon.Add(2 * time.Hour)}))
	if a := only[Answered](x, x.play(Give{Round: no, Player: "slow", Given: right(q), At: noon.Add(time.Hour + 15*time.Second)})); !a.Late || a.Answer.Points != 10 {
		t.Errorf("given in time, come late: %+v", a)
	}
	only[Late](x, x.play(Reveal{Round: no, Player: "bob"}))
}

// What holds a room up holds an async question up too; it itself holds nothing up, and
// there are no more of them than of other long ones.
func TestAsyncBesideOthers(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 9), now: noon}
	for i := range MaxLongEach {
		x.posted(Ask{By: "alice", Seed: 5, Open: time.Hour + time.Duration(i)})
	}
	refused(x, x.play(Ask{By: "alice", Open: time.Hour}), TooManyLong)
	plain := x.posted(Ask{By: "bob", Open: time.Hour, Plain: true})
	if plain.Async || plain.Limit != time.Hour {
		t.Errorf("a plain one: %+v", plain)
	}
	only[Answered](x, x.play(Give{Round: plain.No, Player: "p", Given: right(plain.Question), At: x.now}))
	only[Late](x, x.play(Reveal{Round: plain.No, Player: "p"}))
	only[Started](x, x.play(Start{By: "carol", Count: 2, Each: 10 * time.Second}))
	refused(x, x.play(Ask{By: "bob", Open: time.Hour}), BetweenTurns)
	x.now = x.now.Add(FirstGap)
	only[Asked](x, x.play(Tick{}))
	refused(x, x.play(Ask{By: "bob", Open: time.Hour}), Occupied)
	only[Revealed](x, x.play(Reveal{Round: 1, Player: "p"}))
}

// A player's own time is the question's where it has one of its own, but not one of hours; else
// as in the room, and longer where a form is to be opened.
func TestOwnTime(t *testing.T) {
	for _, c := range []struct {
		q    Question
		want time.Duration
	}{
		{Question{Kind: Choice, Ask: "x", Seconds: 5}, 5 * time.Second},
		{Question{Kind: Text, Ask: "x", Seconds: 3599}, 3599 * time.Second},
		{Question{Kind: Choice, Ask: "x", Seconds: 3600}, shortestLimit},
		{Question{Kind: Choice, Ask: "x"}, shortestLimit},
		{Question{Kind: Number, Ask: "x"}, shortestLimit + formTime},
		{Question{Kind: Text, Ask: "x", Seconds: MaxSeconds}, shortestLimit + formTime},
	} {
		if got := c.q.OwnTime(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.q, got, c.want)
		}
	}
}

// In whatever order reveals and answers come, again, late, and over restarts: each player has
// one clock and one answer, an answer counts when and only when it was given within the clock, and
// it is worth nothing or what the question is.
func TestAsyncInAnyOrder(t *testing.T) {
	counted := 0
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 5))
		x := &table{t: t, pool: testPool(t, 8), now: noon}
		round := x.posted(Ask{By: "a", Seed: seed + 1, Open: time.Hour})
		no, clocks, answers := round.No, map[string]Clock{}, map[string]Answer{}
		end := round.Closes
		for step := range 400 {
			player := fmt.Sprint("p", r.IntN(8))
			at := x.now.Add(-time.Duration(r.IntN(15_000)) * time.Millisecond)
			clock, known := clocks[player]
			before, did := answers[player]
			var in Input
			switch r.IntN(9) {
			case 0, 1:
				in = Reveal{Round: no, Player: player, Pace: []Pace{0, 100, 150, 200}[r.IntN(4)]}
			case 2:
				in = Tick{}
			case 3:
				x.reload()
				continue
			case 4:
				x.now = x.now.Add(time.Duration(r.IntN(60)) * time.Second)
				continue
			default:
				given := right(round.Question)
				if r.IntN(2) == 0 {
					given = Given{Picks: []int{1}}
				}
				in = Give{Round: no, Player: player, Given: given, At: at}
			}
			for _, e := range x.play(in) {
				switch e := e.(type) {
				case Revealed:
					if e.Again != known || known && e.Clock != clock || x.now.After(end) || did || e.Clock.Until.After(end) {
						t.Fatalf("seed %d, step %d: %+v at %s, known %v %+v", seed, step, e, x.now, known, clock)
					}
					clocks[player] = e.Clock
				case Answered:
					a := e.Answer
					if did || !known || a.At.Before(clock.From) || a.At.After(clock.Until) || a.Points != 0 && a.Points != round.Points || a.Right != (a.Points > 0) {
						t.Fatalf("seed %d, step %d: %+v within %+v, before %+v", seed, step, a, clock, before)
					}
					answers[player] = a
					counted++
				case Repeated:
					if !did || !reflect.DeepEqual(e.Answer, before) {
						t.Fatalf("seed %d, step %d: %+v, want %+v", seed, step, e, before)
					}
				case Unrevealed:
					if known && !at.Before(clock.From) {
						t.Fatalf("seed %d, step %d: %s was revealed: %+v", seed, step, player, clock)
					}
				case Overdue:
					if did || !at.After(clock.Until) {
						t.Fatalf("seed %d, step %d: given %s, within %+v", seed, step, at, clock)
					}
				case Late:
					if _, open := x.room.Round(no); open && !x.now.After(end) {
						t.Fatalf("seed %d, step %d: late at %s, before %s", seed, step, x.now, end)
					}
				case Closed:
					if len(e.Round.Answers) != len(answers) || e.Round.Unanswered() != len(clocks)-len(answers) {
						t.Fatalf("seed %d: closed with %d of %d answers, %d of %d clocks idle", seed, len(e.Round.Answers), len(answers), e.Round.Unanswered(), len(clocks)-len(answers))
					}
				}
			}
		}
	}
	if counted < seeds {
		t.Errorf("only %d answers counted", counted)
	}
}
