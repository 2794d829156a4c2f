// Package calendar says when something recurs by the clocks on people's walls: at half
// past nine in Berlin, from Monday to Friday. Clocks there are set forward and back, and
// now and then a country moves to another zone, or across the date line: what recurs
// still comes once on each of its days.
//
// Nothing here knows what time it is, and nothing reads a file: time and zones are
// arguments.
package calendar

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Clock is a time of the day, to the minute. Its text is "09:30".
type Clock struct{ Hour, Minute int }

// Date is a day of the calendar. Its text is "2026-11-26". The zero Date is before
// every other.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Plan is what recurs: at this time of the day, on these days of the week, in this zone.
type Plan struct {
	At   Clock  `json:"at"`
	Days Days   `json:"days"`
	Zone string `json:"zone"` // its name in the tz database
}

var errClock = errors.New("not a time of the day")

var formClock = regexp.MustCompile(`^(\d{1,2})(?:[:.](\d{2}))?(am|pm)?$`)

// ParseClock reads "9:30", "09.30", "9:30pm" and "9am"; a number alone is none.
func ParseClock(s string) (Clock, error) {
	m := formClock.FindStringSubmatch(strings.ToLower(s))
	if m == nil || m[2] == "" && m[3] == "" {
		return Clock{}, errClock
	}
	c := Clock{}
	c.Hour, _ = strconv.Atoi(m[1])
	c.Minute, _ = strconv.Atoi(m[2]) // nothing is 0
	if m[3] != "" {
		if c.Hour < 1 || c.Hour > 12 {
			return Clock{}, errClock
		}
		c.Hour %= 12
		if m[3] == "pm" {
			c.Hour += 12
		}
	}
	if c.Hour > 23 || c.Minute > 59 {
		return Clock{}, errClock
	}
	return c, nil
}

func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }

// MarshalText implements encoding.TextMarshaler.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Clock) UnmarshalText(b []byte) (err error) {
	*c, err = ParseClock(string(b))
	return err
}

// DateOf is the day that the calendar shows in t's location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// utc is the day's midnight, as UTC has it; for reckoning alone.
func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Next is the day after.
func (d Date) Next() Date { return DateOf(d.utc().AddDate(0, 0, 1)) }

// After reports that d comes later than e.
func (d Date) After(e Date) bool { return d.utc().After(e.utc()) }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// MarshalText implements encoding.TextMarshaler.
func (d Date) MarshalText() ([]byte, error) {
	if d == (Date{}) {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	t, err := time.Parse("2006-01-02", string(b))
	*d = DateOf(t)
	return err
}

// mostAhead is more than any clock of the tz database has ever been ahead of UTC, and
// more than any has been set.
const mostAhead = 26 * time.Hour

// first is the earliest moment at which clocks in loc show c on d or anything later.
func first(d Date, c Clock, loc *time.Location) time.Time {
	wall := d.utc().Add(time.Duration(c.Hour)*time.Hour + time.Duration(c.Minute)*time.Minute)
	for t := wall.Add(-mostAhead); ; {
		end := steady(t, loc)
		at := wall.Add(-offsetAt(t, loc))
		if at.Before(t) {
			at = t // it was passed over when the clocks were set
		}
		if at.Before(end) {
			return at.In(loc)
		}
		t = end
	}
}

// steady is a time until which clocks in loc are not set that show t now: the time at which
// they are, or one before.
func steady(t time.Time, loc *time.Location) time.Time {
	_, end := t.In(loc).ZoneBounds()
	if end.IsZero() {
		return t.Add(2 * mostAhead)
	}
	if end.After(t) {
		return end
	}
	// On the last day of a leap year in the far future the end that Go names is over. No
	// place has set its clocks twice in one hour.
	end = t.Add(time.Hour)
	before := offsetAt(t, loc)
	if offsetAt(end, loc) == before {
		return end
	}
	n := sort.Search(int(time.Hour/time.Second), func(n int) bool {
		return offsetAt(t.Add(time.Duration(n)*time.Second), loc) != before
	})
	return t.Add(time.Duration(n) * time.Second)
}

func offsetAt(t time.Time, loc *time.Location) time.Duration {
	_, seconds := t.In(loc).Zone()
	return time.Duration(seconds) * time.Second
}

// On is when clocks in loc show c on that day: the first time where they show it twice,
// and the first moment after the gap where they never do. ok is false where there is no
// such day: when Samoa crossed the date line it had no 30 December 2011.
func On(d Date, c Clock, loc *time.Location) (at time.Time, ok bool) {
	at = first(d, c, loc)
	if DateOf(at) != d && DateOf(first(d, Clock{}, loc)) != d {
		return time.Time{}, false
	}
	return at, true
}

// maxAhead bounds the search for the next day: a week, and a day that was left out.
const maxAhead = 16

// Next is the first day later than day whose moment is after now, and that moment; ok
// is false for a plan without days.
func (p Plan) Next(day Date, now time.Time, loc *time.Location) (Date, time.Time, bool) {
	d := DateOf(now.In(loc).AddDate(0, 0, -2))
	if !d.After(day) {
		d = day.Next()
	}
	for range maxAhead {
		if p.Days.Has(d.Weekday()) {
			if at, ok := On(d, p.At, loc); ok && at.After(now) {
				return d, at, true
			}
		}
		d = d.Next()
	}
	return Date{}, time.Time{}, false
}
