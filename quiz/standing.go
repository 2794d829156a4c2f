package quiz

import (
	"fmt"
	"strings"
	"time"
)

// Period is the span of time that a leaderboard counts.
type Period string

// The periods of a leaderboard.
const (
	Today   Period = "today"
	Week    Period = "week" // ISO 8601: from Monday
	Month   Period = "month"
	Season  Period = "season" // a quarter of the calendar year
	AllTime Period = "all"
)

// Periods lists them, shortest first.
func Periods() []Period { return []Period{Today, Week, Month, Season, AllTime} }

// At names the span of this period that t lies in, in t's own time zone:
// "2026-11-23", "2026-W48", "2026-11", "2026-Q4" or "all". Two times share a name exactly
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
	case Season:
		return fmt.Sprintf("%04d-Q%d", t.Year(), (int(t.Month())+2)/3)
	default:
		return string(AllTime)
	}
}

// Begin is when the span of this period that t lies in began, in t's own time zone: zero for
// AllTime.
func (p Period) Begin(t time.Time) time.Time {
	date := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 0, 0, 0, 0, t.Location())
	}
	switch p {
	case Today:
		return date(t.Year(), t.Month(), t.Day())
	case Week:
		return Days(t)[0]
	case Month:
		return date(t.Year(), t.Month(), 1)
	case Season:
		return date(t.Year(), (t.Month()-1)/3*3+1, 1)
	default:
		return time.Time{}
	}
}

// Before is the last moment of the span before the one that t lies in. AllTime has none
// before it: there it is t.
func (p Period) Before(t time.Time) time.Time {
	if begin := p.Begin(t); !begin.IsZero() {
		return begin.Add(-time.Nanosecond)
	}
	return t
}

// After is when the span after the one that t lies in begins; in AllTime it is t.
func (p Period) After(t time.Time) time.Time {
	begin := p.Begin(t)
	switch p {
	case Today:
		return begin.AddDate(0, 0, 1)
	case Week:
		return begin.AddDate(0, 0, 7)
	case Month:
		return begin.AddDate(0, 1, 0)
	case Season:
		return begin.AddDate(0, 3, 0)
	default:
		return t
	}
}

// PeriodOf is the period whose At gives names of this form; ok is false for what it
// never gives.
func PeriodOf(span string) (p Period, ok bool) {
	for _, p := range Periods() {
		if form := p.At(time.Time{}); len(form) == len(span) && (p == AllTime) == (span == string(AllTime)) &&
			strings.Contains(span, "Q") == (p == Season) {
			return p, true
		}
	}
	return "", false
}

// ParseSpan reads a span's name, as At gives it: which period it is of, and when it began, in
// UTC. Its error names what is no such name.
func ParseSpan(span string) (p Period, begin time.Time, err error) {
	p, ok := PeriodOf(span)
	number := func(layout string) (n int) {
		_, err = fmt.Sscanf(span[len("2006-"):], layout, &n)
		return n
	}
	var year time.Time
	if ok && p != AllTime {
		year, err = time.Parse("2006", span[:len("2006")])
	}
	if ok && err == nil {
		switch p {
		case Today:
			begin, err = time.Parse("2006-01-02", span)
		case Week:
			begin = Days(year.AddDate(0, 0, 3))[0].AddDate(0, 0, 7*(number("W%02d")-1)) // the 4th is in the first week
		case Month:
			begin, err = time.Parse("2006-01", span)
		case Season:
			begin = year.AddDate(0, 3*(number("Q%d")-1), 0)
		}
	}
	if !ok || err != nil || p.At(begin) != span {
		return "", time.Time{}, fmt.Errorf("%q is no day, week, month or season", span)
	}
	return p, begin, nil
}

// SpanOver reports that the span of that name, as At gives it, was over at t; the one
// of all time never is, and neither is a name that At doesn't give.
func SpanOver(span string, t time.Time) bool {
	p, ok := PeriodOf(span)
	return ok && p != AllTime && span < p.At(t) // names of one period are in the order of time
}

// kept is how long the boards of a span stay after its end. The span before this one can
// always be asked for, and of seasons those of a year.
var kept = map[Period]time.Duration{Today: 8 * day, Week: 8 * day, Month: 35 * day, Season: 400 * day}

const day = 24 * time.Hour

// SpanGone reports that nobody can ask for the span of that name at t any more, for it is
// over for too long.
func SpanGone(span string, t time.Time) bool {
	p, ok := PeriodOf(span)
	return ok && p != AllTime && span < p.At(t.Add(-kept[p]))
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
