package quiz

import (
	"slices"
	"time"
)

// What a right answer is worth in a game: docs/scoring.md has the formula and its
// reasons.
const (
	// StreakStep is what each right answer in a row before this one adds, in per cent
	// of the question's points, and MaxStreak the most that it comes to.
	StreakStep = 10
	MaxStreak  = 50
)

// Speed says how much being quick is worth in a game.
type Speed string

// How much speed counts.
const (
	SpeedOff    Speed = "off"
	SpeedGentle Speed = "gentle" // where nobody says
	SpeedFull   Speed = "full"
)

// Speeds lists them, least first.
func Speeds() []Speed { return []Speed{SpeedOff, SpeedGentle, SpeedFull} }

// Percent is the most that speed adds, in per cent of a question's points.
func (s Speed) Percent() int {
	switch s {
	case SpeedGentle:
		return 20
	case SpeedFull:
		return 100
	default:
		return 0
	}
}

// Pace is how much longer than others a player may take for the same points for speed, and
// has for an async question; in per cent, 0 is 100.
type Pace int

// Paces lists those that players can choose.
func Paces() []Pace { return []Pace{100, 150, 200} }

// counted is when an answer given at a time counts as given: what has passed since the
// beginning counts by the pace.
func (p Pace) counted(begin, at time.Time) time.Time {
	if p <= 100 || !at.After(begin) {
		return at
	}
	return begin.Add(at.Sub(begin) * 100 / time.Duration(p))
}

// speedPoints is what an answer given at that time gets for speed: all of it within
// the time that reading takes, and from then on less and less until the end. While
// nobody knows since when the question can be read, nobody is late.
func speedPoints(r Round, at time.Time, pace Pace) int {
	most := r.Points * r.Speed.Percent() / 100
	if r.Closes.IsZero() {
		return most
	}
	at = pace.counted(r.Opened, at)
	fall, left := r.Limit-readsIn(r.Question), r.Closes.Sub(at)
	if fall <= 0 || left >= fall {
		return most
	}
	return int(time.Duration(most) * max(left, 0) / fall)
}

// streakPoints is what a question worth so many points adds after a row of right
// answers.
func streakPoints(points, row int) int { return points * min(row*StreakStep, MaxStreak) / 100 }

// Bits says something of each question of a game: bit n of the n-th, from 1 on.
type Bits uint64

// Has reports what is said of the n-th.
func (b Bits) Has(n int) bool { return b&(1<<n) != 0 }

func (b Bits) with(n int) Bits { return b | 1<<n }

// row is how many right answers in a row a player had before the n-th question of the
// game. One that somebody ended early ends no row: nobody knows who would have had it,
// and an answer to it that comes late must not take from what later ones were worth.
func (g Game) row(hits Bits, n int) int {
	row := 0
	for n--; n > 0 && row*StreakStep < MaxStreak; n-- {
		switch {
		case hits.Has(n):
			row++
		case g.Cut.Has(n):
		default:
			return row
		}
	}
	return row
}

// streaks is what rows of right answers have brought a player in all. The questions of a
// sudden death bring their own points alone.
func (g Game) streaks(hits Bits) int {
	sum := 0
	for i, points := range g.Worth[:min(len(g.Worth), g.Count)] {
		if hits.Has(i + 1) {
			sum += streakPoints(points, g.row(hits, i+1))
		}
	}
	return sum
}

// priced adds to a right answer what the game of its round gives beside the question's
// own points.
//
// For its streak it gets what the player's streaks come to with it, less what they
// came to without it. So an answer that comes late and closes a gap in a row brings
// what the row's later answers lacked, what others were told stays true, and the sum
// is the same in whatever order answers come.
func (s *step) priced(round Round, a Answer, pace Pace) Answer {
	if !a.Right {
		return a
	}
	a.Speed = speedPoints(round, a.At, pace)
	if g := s.room.gameOf(round.No); g != nil && round.Speed != "" {
		hits := s.hits(*g, a.Player)
		a.Streak = g.streaks(hits.with(g.nth(round.No))) - g.streaks(hits)
	}
	a.Points += a.Speed + a.Streak
	return a
}

// hits are the game's questions that a player has answered right, the open one too.
func (s *step) hits(g Game, player string) Bits {
	var hits Bits
	for _, x := range g.Score {
		if x.Player == player {
			hits = x.Hits
		}
	}
	for _, r := range s.room.Rounds {
		if a, ok := r.Answer(player); ok && a.Right && r.InGame && g.has(r.No) {
			hits = hits.with(g.nth(r.No))
		}
	}
	return hits
}

// gameOf is the game that a round is or was part of; nil when it is not known. What it
// points to may be shared with other rooms.
func (r Room) gameOf(no int) *Game {
	if g := r.Game; g != nil && g.has(no) {
		return g
	}
	if i := r.endedWith(no); i >= 0 {
		return &r.Ended[i].Game
	}
	return nil
}

// endedWith is the place of the game in Ended that a round was part of; -1: none.
func (r Room) endedWith(no int) int {
	return slices.IndexFunc(r.Ended, func(g PastGame) bool {
		return no >= g.First && no <= g.Last && !slices.Contains(g.Game.Others, no)
	})
}

// inGame reports that a round is part of the game that runs, also of one that an earlier
// version of the program began.
func (r Room) inGame(no int) bool {
	g := r.Game
	return g != nil && no > r.Last-g.Done-len(g.Others) && !slices.Contains(g.Others, no)
}

// has reports that a round is the game's. Its rounds have numbers in a row, but for those
// of Others.
func (g Game) has(no int) bool {
	return g.First > 0 && no >= g.First && no < g.First+g.Done+len(g.Others) && !slices.Contains(g.Others, no)
}

// nth is which question of the game a round is, from 1 on.
func (g Game) nth(no int) int {
	nth := no - g.First + 1
	for _, other := range g.Others {
		if other < no {
			nth--
		}
	}
	return nth
}

// addUp adds answers of one of its rounds to a game's table and sorts it.
func (g *Game) addUp(no int, answers []Answer) {
	table := slices.Clone(g.Score)
	for _, a := range answers {
		i := slices.IndexFunc(table, func(x Score) bool { return x.Player == a.Player })
		if i < 0 {
			i = len(table)
			table = append(table, Score{Player: a.Player})
		}
		table[i].Name = a.Name
		table[i].Points += a.Points
		if g.has(no) && g.nth(no) > g.Count {
			table[i].Extra += a.Points
		}
		if a.Right {
			table[i].Right++
			if g.has(no) {
				table[i].Hits = table[i].Hits.with(g.nth(no))
			}
		}
	}
	g.Score = table
	g.sort()
}
