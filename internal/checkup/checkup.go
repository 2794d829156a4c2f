// Package checkup is what looking an installation over comes to: findings, each with
// its cure.
package checkup

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Level says how bad a finding is.
type Level int

// The levels.
const (
	OK   Level = iota // as it should be
	Warn              // it works, but not all of it, or not for long
	Fail              // it won't work
)

func (l Level) String() string {
	switch l {
	case OK:
		return "ok"
	case Warn:
		return "warn"
	}
	return "FAIL"
}

// Finding is one thing that was looked at. It never holds a secret.
type Finding struct {
	Level Level
	What  string // the thing: "slack token"
	Said  string // how it is
	Cure  string // what to do; "" when there is nothing to do
}

// Check looks at one thing, or at several that are seen at once.
type Check struct {
	What string
	Run  func(ctx context.Context) []Finding
}

// Run does all checks side by side, each within limit, and returns what they found in
// their order.
func Run(ctx context.Context, limit time.Duration, checks []Check) []Finding {
	found := make([][]Finding, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			found[i] = c.Run(ctx)
		})
	}
	all.Wait()
	var out []Finding
	for _, f := range found {
		out = append(out, f...)
	}
	return out
}

// How far this machine's clock may be from a platform's. Slack's requests are
// refused at five minutes.
const (
	skewWarn = 30 * time.Second
	skewFail = 2 * time.Minute
)

// Clock compares this machine's clock with the Date of an answer, which was asked for
// at began and came at ended. There is no finding where the answer has no date.
func Clock(what string, h http.Header, began, ended time.Time) []Finding {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return nil
	}
	// The date has whole seconds: on average it is half a second before the truth.
	skew := began.Add(ended.Sub(began) / 2).Sub(date.Add(time.Second / 2))
	side := "ahead of"
	if skew < 0 {
		side = "behind"
	}
	f := Finding{What: what, Said: fmt.Sprintf("this machine's clock is %s %s the platform's", skew.Abs().Round(time.Second), side)}
	switch {
	case skew.Abs() > skewFail:
		f.Level = Fail
	case skew.Abs() > skewWarn:
		f.Level = Warn
	default:
		f.Said = "this machine's clock agrees with the platform's"
		return []Finding{f}
	}
	f.Cure = "set the clock by NTP (timedatectl set-ntp true); Slack's requests are refused at five minutes"
	return []Finding{f}
}
