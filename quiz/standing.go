package quiz

import (
	"fmt"
	"time"
)

// Period is the span of time that a leaderboard counts.
type Period string

// The periods of a leaderboard.
const (
	Today   Period = "today"
	Week    Period = "week" // ISO 8601: from Monday
	Month   Period = "month"
	AllTime Period = "all"
)

// Periods lists them, shortest first.
func Periods() []Period { return []Period{Today, Week, Month, AllTime} }

// At names the span of this period that t lies in, in t's own time zone:
// "2026-11-23", "2026-W48", "2026-11" or "all". Two times share a name exactly
// when they lie in the same span.
func (p Period) At(t time.Time) string {
	switch p {
	case Today:
		return t.Format("2006-01-02")
	case Week:
		year, week := t.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	case Month:
		return t.Format("2006-01")
	default:
		return string(AllTime)
	}
}

// SpanOver reports that the span of that name, as At gives it, was over at t; the one
// of all time never is, and neither is a name that At doesn't give.
func SpanOver(span string, t time.Time) bool {
	for _, p := range Periods() {
		now := p.At(t)
		if p != AllTime && len(span) == len(now) {
			return span < now // names of one period are in the order of time
		}
	}
	return false
}

// Standing is one line of a leaderboard. Players with equal points share a
// rank, and the next rank is skipped (1, 2, 2, 4).
type Standing struct {
	Rank   int
	Player string
	Name   string
	Points int
}

// DayPoints is a line of a week's leaderboard, with what it is made of: the points of each
// day, from Monday on, as far as the week has come.
type DayPoints struct {
	Standing
	Days []int
}

// Days are the days of the ISO week that t lies in, from Monday to t's own, at midnight in
// t's time zone.
func Days(t time.Time) []time.Time {
	since := (int(t.Weekday()) + 6) % 7 // days since Monday
	out := make([]time.Time, since+1)
	for i := range out {
		out[i] = time.Date(t.Year(), t.Month(), t.Day()-since+i, 0, 0, 0, 0, t.Location())
	}
	return out
}

// Record sums up what one player has answered.
type Record struct {
	Name     string           `json:"-"`
	Points   int              `json:"points"`
	Answered int              `json:"answered"`
	Right    int              `json:"right"`
	Streak   int              `json:"streak"` // right answers in a row, up to now
	Best     int              `json:"best"`   // longest streak
	Topics   map[string]Tally `json:"topics,omitempty"`
	Last     time.Time        `json:"last,omitzero"`
	Newest   Newest           `json:"newest,omitzero"`
}

// Newest is the answer that was counted last, and what its points are made of. Records
// that an earlier version of the program kept have none until the next answer.
type Newest struct {
	Known  bool `json:"known"`
	Right  bool `json:"right,omitempty"`
	Points int  `json:"points,omitempty"` // in all
	Speed  int  `json:"speed,omitempty"`
	Streak int  `json:"streak,omitempty"`
}

// Tally counts answers to one pack.
type Tally struct {
	Answered int `json:"answered"`
	Right    int `json:"right"`
}

// Add counts one more answer.
func (r Record) Add(pack string, a Answer) Record {
	topics := make(map[string]Tally, len(r.Topics)+1)
	for id, t := range r.Topics {
		topics[id] = t
	}
	t := topics[pack]
	t.Answered++
	r.Answered++
	r.Points += a.Points
	r.Newest = Newest{Known: true, Right: a.Right, Points: a.Points, Speed: a.Speed, Streak: a.Streak}
	if a.Right {
		t.Right++
		r.Right++
		r.Streak++
		r.Best = max(r.Best, r.Streak)
	} else {
		r.Streak = 0
	}
	topics[pack] = t
	r.Topics = topics
	if a.At.After(r.Last) {
		r.Last = a.At
	}
	return r
}
