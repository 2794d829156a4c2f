package calendar

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Days are days of the week. Their text is "mon,tue"; of all seven, "every day".
type Days uint8

// The usual ones.
const (
	EveryDay Days = 1<<7 - 1
	Weekends Days = 1<<time.Saturday | 1<<time.Sunday
	Weekdays      = EveryDay &^ Weekends
)

// Has reports that d is one of them.
func (x Days) Has(d time.Weekday) bool { return x>>d&1 == 1 }

// week is the order in which days are listed.
func week() []time.Weekday {
	return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
}

func short(d time.Weekday) string { return strings.ToLower(d.String()[:3]) }

func (x Days) String() string {
	if x == EveryDay {
		return "every day"
	}
	var out []string
	for _, d := range week() {
		if x.Has(d) {
			out = append(out, short(d))
		}
	}
	return strings.Join(out, ",")
}

var errDays = errors.New("not days of the week")

// ParseDays reads what String writes, and "weekdays", "weekends", "daily", "mon-fri",
// "sat", "monday,friday". A range may go over the end of the week: "fri-mon".
func ParseDays(s string) (Days, error) {
	s = strings.ToLower(s)
	switch s {
	case "every day", "everyday", "daily":
		return EveryDay, nil
	case "weekdays", "weekday", "workdays":
		return Weekdays, nil
	case "weekends", "weekend":
		return Weekends, nil
	}
	var out Days
	for part := range strings.SplitSeq(s, ",") {
		from, to, ranged := strings.Cut(part, "-")
		if !ranged {
			to = from
		}
		a, okA := dayOf(from)
		b, okB := dayOf(to)
		if !okA || !okB {
			return 0, errDays
		}
		for d := a; ; d = (d + 1) % 7 {
			out |= 1 << d
			if d == b {
				break
			}
		}
	}
	return out, nil
}

// dayOf reads a day by the first three letters of its name, or more of them: "tue", "tues",
// "tuesday", "tuesdays".
func dayOf(s string) (time.Weekday, bool) {
	i := slices.IndexFunc(week(), func(d time.Weekday) bool {
		return len(s) >= 3 && strings.HasPrefix(strings.ToLower(d.String())+"s", s)
	})
	if i < 0 {
		return 0, false
	}
	return week()[i], true
}

// MarshalText implements encoding.TextMarshaler.
func (x Days) MarshalText() ([]byte, error) { return []byte(x.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (x *Days) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*x = 0
		return nil
	}
	*x, err = ParseDays(string(b))
	return err
}
