package quiz

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// Variant is a way of winning a game: docs/games.md tells them.
type Variant string

// The variants. In a plain game the most points win.
const (
	Plain Variant = ""
	// Accuracy: the most right answers win, and nothing is added to a question's points.
	Accuracy Variant = "accuracy"
	// Elimination: who answers wrong or not at all is out, and the last ones win.
	Elimination Variant = "elimination"
	// SuddenDeath: who shares the lead after the last question plays on until one is
	// right alone.
	SuddenDeath Variant = "sudden-death"
)

// MaxExtra is how many questions a sudden death has at most; who then still shares the
// lead shares the win.
const MaxExtra = 10

// Variants lists those that have a name.
func Variants() []Variant { return []Variant{Accuracy, Elimination, SuddenDeath} }

// Fate is how a player stands in the contest that a variant makes of a game.
type Fate struct {
	In  bool // still in
	Out int  // the question of the game that put the player out; 0: was never in, or is in
}

// Fates says how everybody in the table stands, in its order; nil where there is no such
// contest (yet). They follow from what everybody has answered to the questions that are
// over, and not from when answers came.
//
// A question puts out those who are in and don't have it right, if somebody who is in
// has: what nobody knows decides nothing. One that was ended early puts nobody out.
func (g Game) Fates() []Fate {
	fates, first := make([]Fate, len(g.Score)), 1
	switch g.Variant {
	case Elimination:
		for i := range fates {
			fates[i].In = true
		}
	case SuddenDeath:
		if !g.leaders(fates) {
			return nil
		}
		first = g.Count + 1
	default:
		return nil
	}
	for n := first; n <= g.Closed; n++ {
		known := func(i int) bool { return fates[i].In && g.Score[i].Hits.Has(n) }
		if g.Cut.Has(n) || !slices.ContainsFunc(indexes(g.Score), known) {
			continue
		}
		for i := range fates {
			if fates[i].In && !known(i) {
				fates[i] = Fate{Out: n}
			}
		}
	}
	return fates
}

func indexes[T any](s []T) []int {
	out := make([]int, len(s))
	for i := range out {
		out[i] = i
	}
	return out
}

// leaders marks those who had the most points after the last regular question. It is
// false where there is no sudden death: nobody scored, that question isn't over, or one
// led alone and nothing more was asked.
func (g Game) leaders(fates []Fate) bool {
	most, n := 1, 0
	for _, s := range g.Score {
		most = max(most, s.Points-s.Extra)
	}
	for i, s := range g.Score {
		if fates[i].In = s.Points-s.Extra == most; fates[i].In {
			n++
		}
	}
	return g.Closed >= g.Count && (n > 1 || n == 1 && g.Done > g.Count)
}

// reached is what ranks follow from: first how far somebody came, then points.
type reached struct{ depth, points int } // in a game of accuracy, right answers are the points

func (g Game) reached() []reached {
	fates := g.Fates()
	out := make([]reached, len(g.Score))
	for i, s := range g.Score {
		switch {
		case g.Variant == Accuracy:
			out[i] = reached{0, g.Known(s)}
		case fates == nil:
			out[i] = reached{0, s.Points}
		case fates[i].In:
			out[i] = reached{depth: math.MaxInt}
		case fates[i].Out > 0:
			out[i] = reached{depth: fates[i].Out}
		default: // never in the sudden death
			out[i] = reached{0, s.Points}
		}
	}
	return out
}

// Known is how many of a game's questions a player has answered right, without those that
// were ended early.
func (g Game) Known(s Score) int { return bits.OnesCount64(uint64(s.Hits &^ g.Cut)) }

// Counted is how many of a game's questions are over and were not ended early.
func (g Game) Counted() int { return g.Closed - bits.OnesCount64(uint64(g.Cut)) }

// Ranks are the ranks of everybody in the table, in its order. Who stands equal shares
// one, and the next is skipped.
func (g Game) Ranks() []int {
	places := g.reached()
	out := make([]int, len(places))
	for i := range places {
		out[i] = i + 1
		if i > 0 && places[i] == places[i-1] {
			out[i] = out[i-1]
		}
	}
	return out
}

// sort puts the table in order: by rank, then points, right answers, and who scored
// first.
func (g *Game) sort() {
	places, order := g.reached(), indexes(g.Score)
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(
			cmp.Compare(places[j].depth, places[i].depth), cmp.Compare(places[j].points, places[i].points),
			cmp.Compare(g.Score[j].Points, g.Score[i].Points), cmp.Compare(g.Score[j].Right, g.Score[i].Right),
		)
	})
	table := make([]Score, len(order))
	for i, from := range order {
		table[i] = g.Score[from]
	}
	g.Score = table
}

// Left is how many are still in the contest that a variant makes of the game.
func (g Game) Left() int {
	left := 0
	for _, f := range g.Fates() {
		if f.In {
			left++
		}
	}
	return left
}

// decided reports that no further question follows.
func (g Game) decided() bool {
	switch left := g.Left(); {
	case g.Variant == Elimination && left == 1 && len(g.Score) > 1:
		return true
	case g.Done < g.Count:
		return false
	case g.Variant == SuddenDeath:
		return left < 2 || g.Done >= g.Count+MaxExtra
	default:
		return true
	}
}
