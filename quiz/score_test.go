package quiz

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// worth is the formula of docs/scoring.md, for the n-th question of those played in
// order, worked out from nothing but what everybody answered.
type worth struct {
	round Round
	cut   bool
	extra bool                 // of a sudden death, or in a game of accuracy: nothing is added
	at    map[string]time.Time // right answers
}

// points are what the formula gives each player.
func points(questions []worth) map[string]int {
	sum := map[string]int{}
	players := map[string]bool{}
	for _, q := range questions {
		for p := range q.at {
			players[p] = true
		}
	}
	for p := range players {
		row := 0
		for _, q := range questions {
			at, right := q.at[p]
			if right && q.extra {
				sum[p] += q.round.Points
			} else if right {
				percent := min(10*row, 50)
				base := q.round.Points
				var speed int
				most := map[Speed]int{SpeedOff: 0, SpeedGentle: 20, SpeedFull: 100}[q.round.Speed] * base / 100
				reading := readsIn(q.round.Question)
				switch open := at.Sub(q.round.Opened); {
				case open <= reading || reading >= q.round.Limit:
					speed = most
				default:
					left := float64(q.round.Limit-open) / float64(q.round.Limit-reading)
					speed = int(float64(most)*left + 1e-6)
				}
				sum[p] += base + speed + base*percent/100
			}
			switch {
			case right:
				row++
			case q.cut:
			default:
				row = 0
			}
		}
	}
	return sum
}

// asked lets time pass until the game's next question is asked.
func (x *table) asked() Asked {
	x.t.Helper()
	for range 100 {
		x.now = x.room.Wake()
		for _, e := range x.play(Tick{}) {
			if asked, ok := e.(Asked); ok {
				return asked
			}
		}
	}
	x.t.Fatal("nothing is asked")
	return Asked{}
}

// Whatever the order in which answers reach the bot, at once or long after the close of
// their question, the sum of what each was worth when it was told is the formula's, and
// so is the table.
func TestPointsDoNotHangOnTheOrderOfDelivery(t *testing.T) {
	late, rows, contests := 0, 0, map[Variant]int{}
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 9))
		x := &table{t: t, pool: testPool(t, 30), now: noon}
		speed := Speeds()[r.IntN(3)]
		n := 2 + r.IntN(9)
		variant := append(Variants(), Plain)[r.IntN(4)]
		if variant == SuddenDeath {
			n = 1 + r.IntN(3)
		}
		x.play(Start{By: "host", Count: n, Each: time.Duration(5+r.IntN(9)) * time.Second, Speed: speed, Variant: variant, Seed: seed + 1})
		told := map[string]int{}
		var played []worth
		var waiting []Give
		give := func(in Give) {
			for _, e := range x.play(in) {
				if a, ok := e.(Answered); ok {
					told[in.Player] += a.Answer.Points
					if a.Answer.Right && (a.Answer.Points != a.Round.Points+a.Answer.Speed+a.Answer.Streak || a.Answer.Streak < 0 || a.Answer.Speed < 0) {
						t.Fatalf("seed %d: %+v of a question worth %d", seed, a.Answer, a.Round.Points)
					}
					if a.Late {
						late++
					}
					if a.Answer.Streak > 0 {
						rows++
					}
				}
			}
		}
		for i := 0; x.room.Game != nil; i++ {
			no := x.asked().Round.No
			x.play(Posted{Round: no})
			round, _ := x.room.Round(no)
			q := worth{round: round, extra: i >= n || variant == Accuracy, at: map[string]time.Time{}}
			for p := range 4 {
				if r.IntN(5) == 0 {
					continue
				}
				in := Give{Round: no, Player: fmt.Sprint("p", p), Given: right(round.Question), At: x.now.Add(time.Duration(r.Int64N(int64(time.Second))))}
				if r.IntN(4) == 0 {
					in.Given = Given{Picks: []int{2}}
				} else {
					in.At = round.Opened.Add(time.Duration(r.Int64N(int64(round.Limit))))
					q.at[in.Player] = in.At
				}
				waiting = append(waiting, in)
			}
			if q.cut = r.IntN(6) == 0; q.cut {
				// Everything given is before the end, which is when somebody skips it.
				x.now = round.Closes
			}
			r.Shuffle(len(waiting), func(i, j int) { waiting[i], waiting[j] = waiting[j], waiting[i] })
			some := r.IntN(len(waiting) + 1)
			for _, in := range waiting[:some] {
				give(in)
			}
			waiting = waiting[some:]
			if q.cut {
				x.play(Skip{By: "host"})
			} else {
				x.now = round.Closes.Add(Settle)
				x.play(Tick{})
			}
			played = append(played, q)
			if over := x.room.Game == nil; over != (i == n-1) && (variant == Plain || variant == Accuracy) || over && i < n-1 && variant != Elimination || !over && i >= n-1 && variant != SuddenDeath {
				t.Fatalf("seed %d: after question %d of %d the game is over: %v", seed, i+1, n, over)
			}
			x.reload()
		}
		for _, in := range waiting {
			give(in)
		}
		want := points(played)
		for p, sum := range told {
			if sum != want[p] {
				t.Fatalf("seed %d, speed %s: %s was told %d points, the formula gives %d", seed, speed, p, sum, want[p])
			}
		}
		game := x.room.Ended[0].Game
		for _, s := range game.Score {
			if s.Points != want[s.Player] {
				t.Fatalf("seed %d: the table gives %s %d points, the formula %d", seed, s.Player, s.Points, want[s.Player])
			}
		}
		if checkContest(t, seed, game, played, n) {
			contests[variant]++
		}
	}
	if late < 300 || rows < 300 || contests[Elimination] < 50 || contests[SuddenDeath] < 50 {
		t.Errorf("only %d answers came late, %d in a row; contests: %v", late, rows, contests)
	}
}

// checkContest holds the table of a game that is over against who had what right, and
// reports whether more than points decided it.
func checkContest(t *testing.T, seed uint64, game Game, played []worth, n int) bool {
	t.Helper()
	in, out := map[string]bool{}, map[string]int{}
	from := n
	switch game.Variant {
	case Elimination:
		from = 0
		for _, s := range game.Score {
			in[s.Player] = true
		}
	case SuddenDeath:
		most := 1
		main := points(played[:n])
		for _, sum := range main {
			most = max(most, sum)
		}
		for p, sum := range main {
			if sum == most {
				in[p] = true
			}
		}
	}
	for i := from; i < len(played); i++ {
		right := map[string]bool{}
		for p := range played[i].at {
			if in[p] {
				right[p] = true
			}
		}
		if played[i].cut || len(right) == 0 {
			continue
		}
		for p := range in {
			if !right[p] {
				out[p] = i + 1
			}
		}
		in = right
	}
	by := func(s Score) int { return s.Points }
	if game.Variant == Accuracy {
		by = func(s Score) int { return knew(played, s.Player) }
	}
	fates, ranks := game.Fates(), game.Ranks()
	for i, s := range game.Score {
		fate := Fate{}
		if fates != nil {
			fate = fates[i]
		}
		if fates != nil && (fate.In != in[s.Player] || fate.Out != out[s.Player]) {
			t.Fatalf("seed %d, %s: %s is %+v, want in %v, out at %d", seed, game.Variant, s.Player, fate, in[s.Player], out[s.Player])
		}
		if fate.In != (ranks[i] == 1) && fates != nil {
			t.Fatalf("seed %d, %s: %s is %+v and has rank %d", seed, game.Variant, s.Player, fate, ranks[i])
		}
		if i > 0 && ranks[i] != i+1 && ranks[i] != ranks[i-1] || fates == nil && i > 0 && (ranks[i] == ranks[i-1]) != (by(s) == by(game.Score[i-1])) || fates == nil && i > 0 && by(s) > by(game.Score[i-1]) {
			t.Fatalf("seed %d, %s: ranks %v of %+v", seed, game.Variant, ranks, game.Score)
		}
	}
	return fates != nil
}

// knew is how many questions a player had right that nobody ended early.
func knew(played []worth, player string) int {
	n := 0
	for _, q := range played {
		if _, right := q.at[player]; right && !q.cut {
			n++
		}
	}
	return n
}

// Speed counts from the end of the time that reading takes, and falls evenly.
func TestSpeedPoints(t *testing.T) {
	q := Question{Ask: "1234567", Options: []Option{{Text: "1234567"}}} // one second to read
	r := Round{Question: q, Points: 30, Limit: 11 * time.Second, Opened: noon, Closes: noon.Add(11 * time.Second)}
	for _, c := range []struct {
		speed Speed
		after time.Duration
		want  int
	}{
		{SpeedOff, 0, 0},
		{"", 0, 0},
		{SpeedGentle, 0, 6},
		{SpeedGentle, time.Second, 6},
		{SpeedGentle, 6 * time.Second, 3},
		{SpeedFull, -time.Second, 30},
		{SpeedFull, 0, 30},
		{SpeedFull, time.Second, 30},
		{SpeedFull, 6 * time.Second, 15},
		{SpeedFull, 10 * time.Second, 3},
		{SpeedFull, 11 * time.Second, 0},
	} {
		r.Speed = c.speed
		if got := speedPoints(r, noon.Add(c.after), 0); got != c.want {
			t.Errorf("%s after %s: %d points, want %d", c.speed, c.after, got, c.want)
		}
	}
	r.Limit, r.Closes = time.Second, noon.Add(time.Second) // no more than reading takes
	if got := speedPoints(r, r.Closes, 0); got != 30 {
		t.Errorf("at the end of a question that is all reading: %d points", got)
	}
	r.Closes = time.Time{} // not known to stand there yet
	if got := speedPoints(r, noon.Add(time.Hour), 0); got != 30 {
		t.Errorf("before its time runs: %d points", got)
	}
}

// A row adds ten per cent for each right answer before, up to fifty.
func TestStreakHasACap(t *testing.T) {
	for row, want := range []int{0, 2, 4, 6, 8, 10, 10, 10} {
		if got := streakPoints(20, row); got != want {
			t.Errorf("%d in a row before: %d points, want %d", row, got, want)
		}
	}
}

// A question alone has no extras, and neither has a game that an earlier version of the
// program began.
func TestNoExtrasOutsideOfGames(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 9), now: noon}
	x.play(Ask{By: "a", Seed: 1})
	if a := only[Answered](x, x.play(Give{Round: 1, Player: "p", Given: right(x.room.Rounds[0].Question), At: x.now})).Answer; a.Points != x.room.Rounds[0].Points || a.Speed+a.Streak != 0 {
		t.Errorf("alone: %+v", a)
	}
	x.play(Stop{By: "a"})
	x.room.Game = &Game{By: "a", Count: 3, Next: noon, Done: 0} // as it was stored
	for range 2 {
		x.now = x.room.Wake()
		round := only[Asked](x, x.play(Tick{})).Round
		x.play(Posted{Round: round.No})
		if a := only[Answered](x, x.play(Give{Round: round.No, Player: "p", Given: right(round.Question), At: x.now})).Answer; a.Points != round.Points {
			t.Errorf("in an old game: %+v of %d", a, round.Points)
		}
		x.now = x.room.Wake()
		x.play(Tick{})
	}
	if s := x.room.Game.Score[0]; s.Right != 2 || s.Hits != 0 {
		t.Errorf("the table of an old game: %+v", s)
	}
}
