package storetest

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// modelMark is what an answer of the ledger has changed of ratings and forms, in the order of
// the ledger.
type modelMark struct {
	bot.Entry
	rated        bool // it was the first that was there to its question
	gain, harder quiz.Logit
	expected     map[quiz.Period]quiz.Logit // of those in whose span it is the first
}

func formPeriods() []quiz.Period { return []quiz.Period{quiz.Week, quiz.Month} }

// strength sums up what answers have changed of a player, and of a question.
func (t *modelTeam) strength(player bot.UserID) (s quiz.Strength) {
	for _, m := range t.marks {
		if m.rated && m.Player == player {
			s = s.Add(m.gain, 1)
		}
	}
	return s
}

func (t *modelTeam) difficulty(pack, question string) (s quiz.Strength) {
	for _, m := range t.marks {
		if m.rated && m.Pack == pack && m.Question == question {
			s = s.Add(m.harder, 1)
		}
	}
	return s
}

// first says for which periods an answer is the first to its question in a span, after those
// before it.
func first(before []*modelMark, e bot.Entry) []quiz.Period {
	var out []quiz.Period
	for _, p := range formPeriods() {
		if !slices.ContainsFunc(before, func(m *modelMark) bool {
			return m.Player == e.Player && m.Pack == e.Pack && m.Question == e.Question && !p.Begin(m.At.UTC()).Before(p.Begin(e.At.UTC()))
		}) {
			out = append(out, p)
		}
	}
	return out
}

// expects is what a mean player is expected to get for a question now.
func (t *modelTeam) expects(e bot.Entry) quiz.Logit {
	return quiz.Logit(math.Round(1e6 * quiz.Logit(0).Chance(t.difficulty(e.Pack, e.Question).Logit)))
}

// mark rates an answer that is new in the ledger.
func (t *modelTeam) mark(e bot.Entry) {
	m := &modelMark{Entry: e, expected: map[quiz.Period]quiz.Logit{}}
	for _, p := range first(t.marks, e) {
		m.expected[p] = t.expects(e)
	}
	m.rated = !slices.ContainsFunc(t.marks, func(m *modelMark) bool {
		return m.Player == e.Player && m.Pack == e.Pack && m.Question == e.Question
	})
	if m.rated {
		m.gain, m.harder = t.strength(e.Player).Rate(t.difficulty(e.Pack, e.Question), e.Right, e.Hinted)
	}
	t.marks = append(t.marks, m)
}

// expireMarks drops a player's that are old, and works out anew the forms they counted for.
func (t *modelTeam) expireMarks(player bot.UserID, before time.Time) {
	touched := map[string]bool{}
	t.marks = slices.DeleteFunc(t.marks, func(m *modelMark) bool {
		old := m.Player == player && m.At.Before(before)
		if old {
			for _, p := range formPeriods() {
				touched[p.At(m.At.UTC())] = true
			}
		}
		return old
	})
	for i, m := range t.marks {
		if m.Player != player {
			continue
		}
		for _, p := range formPeriods() {
			if touched[p.At(m.At.UTC())] {
				delete(m.expected, p)
			}
		}
		for _, p := range first(t.marks[:i], m.Entry) {
			if touched[p.At(m.At.UTC())] {
				m.expected[p] = t.expects(m.Entry)
			}
		}
	}
}

// ratings are those of the players who have answered enough.
func (t *modelTeam) ratings() map[bot.UserID]int {
	out := map[bot.UserID]int{}
	for _, m := range t.marks {
		if s := t.strength(m.Player); s.N >= quiz.MinRated {
			out[m.Player] = s.Logit.Rating()
		}
	}
	return out
}

// improved are those who have improved in the span that holds a time.
func (t *modelTeam) improved(p quiz.Period, at time.Time) map[bot.UserID]int {
	forms := func(span string) map[bot.UserID]quiz.Form {
		out := map[bot.UserID]quiz.Form{}
		for _, m := range t.marks {
			expected, counts := m.expected[p]
			if !counts || p.At(m.At.UTC()) != span {
				continue
			}
			f := out[m.Player]
			f.N++
			if m.Right {
				f.Right++
			}
			f.Expected += expected
			out[m.Player] = f
		}
		return out
	}
	before, out := forms(p.At(p.Before(at))), map[bot.UserID]int{}
	for player, now := range forms(p.At(at)) {
		if percent, ok := quiz.Improvement(before[player], now); ok && percent > 0 {
			out[player] = percent
		}
	}
	return out
}

// boards are all places of a player, in the order of their names.
func (t *modelTeam) boards(player bot.UserID) []bot.BoardPoints {
	points := map[bot.BoardPoints]int{}
	begins := map[quiz.Period]map[time.Time]bool{}
	for _, e := range t.ledger {
		if e.Player != player {
			continue
		}
		for _, p := range quiz.Periods() {
			topics := map[string]bool{"": true, e.Pack: true}
			for topic := range topics {
				for _, room := range []bot.RoomID{"", e.Room} {
					points[bot.BoardPoints{Span: p.At(e.At.UTC()), Topic: topic, Room: room}] += e.Points
				}
			}
			if begins[p] == nil {
				begins[p] = map[time.Time]bool{}
			}
			begins[p][p.Begin(e.At.UTC())] = true
		}
	}
	if rating, ok := t.ratings()[player]; ok {
		points[bot.BoardPoints{Kind: bot.ByRating, Span: string(quiz.AllTime)}] = rating
	}
	for _, p := range formPeriods() {
		for begin := range begins[p] {
			if percent, ok := t.improved(p, begin)[player]; ok {
				points[bot.BoardPoints{Kind: bot.ByImprovement, Span: p.At(begin)}] = percent
			}
		}
	}
	var out []bot.BoardPoints
	for _, at := range slices.Collect(maps.Keys(points)) {
		sum := points[at]
		at.Points = sum
		out = append(out, at)
	}
	slices.SortFunc(out, func(a, b bot.BoardPoints) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Span, b.Span), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Room, b.Room))
	})
	return out
}
