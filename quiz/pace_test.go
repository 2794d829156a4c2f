package quiz

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Who has a pace gets for speed what others get for the same part of their time: never
// less than without, never more than the most, and nothing but speed changes.
func TestPace(t *testing.T) {
	q := Question{Ask: "1234567", Options: []Option{{Text: "1234567"}}} // one second to read
	r := Round{Question: q, Points: 30, Speed: SpeedFull, Limit: 11 * time.Second, Opened: noon, Closes: noon.Add(11 * time.Second)}
	for _, c := range []struct {
		pace  Pace
		after time.Duration
		want  int
	}{
		{0, 6 * time.Second, 15},
		{100, 6 * time.Second, 15},
		{150, 9 * time.Second, 15},
		{200, 2 * time.Second, 30},
		{200, 11 * time.Second, 16}, // of 30: its time is half over
		{200, -time.Second, 30},
	} {
		if got := speedPoints(r, noon.Add(c.after), c.pace); got != c.want {
			t.Errorf("pace %d after %s: %d points, want %d", c.pace, c.after, got, c.want)
		}
	}
	chance := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		r.Points, r.Speed = 10*(1+chance.IntN(3)), Speeds()[chance.IntN(3)]
		r.Limit = time.Duration(5+chance.IntN(86_395)) * time.Second
		r.Closes = r.Opened.Add(r.Limit)
		at := r.Opened.Add(time.Duration(chance.Int64N(int64(r.Limit) + 1)))
		before := speedPoints(r, at, 0)
		for _, pace := range Paces() {
			got := speedPoints(r, at, pace)
			if got < before || got > r.Points*r.Speed.Percent()/100 {
				t.Fatalf("%+v: pace %d after %s gives %d, a shorter one %d", r, pace, at.Sub(r.Opened), got, before)
			}
			before = got
		}
	}
}

// A pace changes neither the question's own points nor a streak, in time and late.
func TestPaceIsSpeedAlone(t *testing.T) {
	for _, late := range []bool{false, true} {
		x := &table{t: t, pool: testPool(t, 9), now: noon}
		x.play(Start{By: "a", Count: 2, Each: 20 * time.Second, Speed: SpeedFull, Seed: 1})
		for range 2 {
			for len(x.room.Rounds) == 0 { // what came late is told in between
				x.now = x.room.Wake()
				x.play(Tick{})
			}
			round := x.room.Rounds[0]
			x.play(Posted{Round: round.No})
			at := x.now.Add(19 * time.Second)
			x.now = at
			if late {
				x.now = x.room.Wake()
				x.play(Tick{})
			}
			var got []Answer
			for i, pace := range []Pace{0, 200} {
				give := Give{Round: round.No, Player: string(rune('p' + i)), Given: right(round.Question), At: at, Pace: pace}
				got = append(got, only[Answered](x, x.play(give)).Answer)
			}
			if a, b := got[0], got[1]; a.Points-a.Speed != b.Points-b.Speed || a.Streak != b.Streak || a.Speed >= b.Speed || b.Speed > round.Points {
				t.Errorf("late %v: %+v and with a pace %+v", late, a, b)
			}
			if !late {
				x.now = x.room.Wake()
				x.play(Tick{})
			}
		}
	}
}
