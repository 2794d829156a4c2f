package slack

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

// gaps waits until the core was told of n gaps.
func (r *rig) gaps(n int) []bot.Gap {
	r.t.Helper()
	var gaps []bot.Gap
	r.until(fmt.Sprint(n, " gaps are told"), func() bool {
		r.core.mu.Lock()
		defer r.core.mu.Unlock()
		gaps = slices.Clone(r.core.gaps)
		return len(gaps) >= n
	})
	return gaps
}

// TestGapsAreTold: at the start, and when the last socket was lost; not where another
// has listened all the time.
func TestGapsAreTold(t *testing.T) {
	t.Parallel()
	r := play(t, setup{slack: sandbox.Options{SocketMode: true, WarningGrace: time.Hour}})
	if first := r.gaps(1); len(first) != 1 || !first[0].Since.IsZero() || first[0].Platform != "slack" || first[0].Rooms != nil {
		t.Fatalf("at the start: %+v", first)
	}
	r.slack.Faults().Disconnect("warning")
	r.until("there are two sockets", func() bool { return r.slack.Sockets() == 2 })
	r.say(quizzes, alice, "one")
	r.core.wait(t, "what was said over two sockets", func(all []bot.Incoming) bool { return len(all) == 1 })
	if n := len(r.gaps(1)); n != 1 {
		t.Errorf("%d gaps where one socket follows another", n)
	}
	before := time.Now()
	r.slack.Faults().KillSockets()
	second := r.gaps(2)[1]
	if second.Since.Before(before.Add(-time.Minute)) || second.Since.After(time.Now()) {
		t.Errorf("nothing was heard since %s; it is %s", second.Since, time.Now())
	}
	r.say(quizzes, alice, "two")
	r.core.wait(t, "what is said afterwards", func(all []bot.Incoming) bool { return len(all) == 2 })
}

// TestGapOverHTTP: who starts may have missed something; who runs has Slack's retries.
func TestGapOverHTTP(t *testing.T) {
	t.Parallel()
	r := play(t, setup{})
	if gaps := r.gaps(1); len(gaps) != 1 || !gaps[0].Since.IsZero() {
		t.Errorf("%+v", gaps)
	}
}

// TestMissed: what was said in a channel and in the thread under the question is read,
// with the ids and the times that events have.
func TestMissed(t *testing.T) {
	t.Parallel()
	r := play(t, setup{})
	r.say(quizzes, bob, "long ago")
	ask := r.deliver(quizzes, "r1-ask", question())
	const lines = 230 // more than a page
	for i := range lines {
		r.say(quizzes, []string{alice, bob, carol}[i%3], fmt.Sprint("line ", i))
	}
	r.say(quizzes, bob, "in the thread", sandbox.InThread(string(ask)))
	r.core.wait(t, "all lines", func(all []bot.Incoming) bool { return len(all) >= lines+2 })
	said, err := r.adapter.Missed(ctxFor(t), bot.Missing{
		Team: "slack:" + team, Room: roomID(team, quizzes), Since: timeOf(string(ask)), Questions: []bot.MessageID{ask, "1700000000.000100"},
	})
	if err != nil || len(said) != lines+1 {
		t.Fatalf("%d lines, want %d: %v", len(said), lines+1, err)
	}
	heard := map[string]bot.Incoming{}
	for _, in := range r.core.submitted() {
		heard[in.ID] = in
	}
	for i, s := range said {
		in, ok := heard[s.ID]
		in.Role = bot.Member // nobody is asked for it, for only answers are sought
		if !ok || !reflect.DeepEqual(s.Incoming, in) || s.Text == "long ago" {
			t.Fatalf("line %d: the history has %+v, the event %+v", i, s.Incoming, in)
		}
		if i > 0 && s.At.Before(said[i-1].At) {
			t.Fatalf("line %d comes before the one before it", i)
		}
	}
}

// TestHistoryIsNotGiven: nothing is read any more for as long as Slack says "later", in
// whichever way it says so, and that is worth another try; what is forbidden isn't.
func TestHistoryIsNotGiven(t *testing.T) {
	t.Parallel()
	const method = "conversations.history"
	for name, c := range map[string]struct {
		fault func(f *sandbox.Faults)
		retry bool
		rest  time.Duration
	}{
		"429":                {func(f *sandbox.Faults) { f.RateLimit(method, 1, 10*time.Minute) }, true, 10 * time.Minute},
		"429, bare":          {func(f *sandbox.Faults) { f.RateLimitWithoutHeader(method, 1) }, true, historyRest},
		"ratelimited":        {func(f *sandbox.Faults) { f.RateLimitInBody(method, 1) }, true, historyRest},
		"server error":       {func(f *sandbox.Faults) { f.ServerError(method, 1, 503) }, true, 0},
		"cut":                {func(f *sandbox.Faults) { f.Drop(method, 1) }, true, 0},
		"garbage":            {func(f *sandbox.Faults) { f.Garbage(method, 1) }, true, 0},
		"missing scope":      {func(f *sandbox.Faults) { f.Error(method, 1, "missing_scope") }, false, 0},
		"not in the channel": {func(f *sandbox.Faults) { f.Error(method, 1, "not_in_channel") }, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := &clock{}
			r := play(t, setup{config: func(cfg *Config) { cfg.Now = now.now }})
			ask := r.deliver(quizzes, "r1-ask", question())
			r.say(quizzes, bob, "A")
			missing := bot.Missing{Team: "slack:" + team, Room: roomID(team, quizzes), Since: timeOf(string(ask))}
			c.fault(r.slack.Faults())
			var retry *bot.RetryError
			said, err := r.adapter.Missed(ctxFor(t), missing)
			if err == nil || len(said) != 0 || errors.As(err, &retry) != c.retry {
				t.Fatalf("%d lines, %v", len(said), err)
			}
			if c.rest > 0 {
				if retry.After != c.rest {
					t.Errorf("again in %s, want %s", retry.After, c.rest)
				}
				now.add(c.rest / 2)
				if _, err := r.adapter.Missed(ctxFor(t), missing); !errors.Is(err, errResting) {
					t.Errorf("before the time is over: %v", err)
				}
				if n := len(r.slack.Calls(method)); n != 1 {
					t.Errorf("%d calls while Slack wants none", n)
				}
				now.add(c.rest / 2)
			}
			if said, err := r.adapter.Missed(ctxFor(t), missing); err != nil || len(said) != 1 || said[0].Text != "A" {
				t.Errorf("afterwards: %d lines, %v", len(said), err)
			}
			if !c.retry && !strings.Contains(err.Error(), method) {
				t.Errorf("the operator reads %v", err)
			}
		})
	}
}
