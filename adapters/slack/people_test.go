package slack

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

// stopped is a clock that a test moves.
type stopped struct {
	mu  sync.Mutex
	now time.Time
}

func (c *stopped) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *stopped) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// TestNamesOutliveFailedLookups: whoever was known keeps name and role, and Slack is
// not asked before it wants to be.
func TestNamesOutliveFailedLookups(t *testing.T) {
	clock := &stopped{now: time.Now()}
	r := play(t, setup{slack: sandbox.Options{Now: clock.Now}, config: func(c *Config) { c.Now = clock.Now }})
	last := func() bot.Incoming { all := r.core.submitted(); return all[len(all)-1] }
	asked := func() int { return len(r.slack.Calls("users.info")) }
	r.say(quizzes, alice, "one")
	first := last()
	if first.Name == "" || first.Role != bot.Admin || asked() != 1 {
		t.Fatalf("%+v after %d lookups", first, asked())
	}
	for _, fault := range []func(f *sandbox.Faults){
		func(f *sandbox.Faults) { f.ServerError("users.info", 1, 500) },
		func(f *sandbox.Faults) { f.RateLimit("users.info", 1, 20*time.Minute) },
	} {
		clock.pass(knownFor + time.Second)
		fault(r.slack.Faults())
		before := asked()
		for range 2 {
			r.say(quizzes, alice, "again")
			if in := last(); in.Name != first.Name || in.Role != bot.Admin {
				t.Errorf("%+v", in)
			}
		}
		if n := asked() - before; n != 1 {
			t.Errorf("%d lookups", n)
		}
	}
	before := asked()
	clock.pass(19 * time.Minute)
	r.say(quizzes, alice, "during the pause")
	r.slash(quizzes, bob, "me")
	if in := last(); in.Name == "" || asked() != before {
		t.Errorf("%+v, %d lookups", in, asked()-before)
	}
	clock.pass(time.Minute)
	r.slash(quizzes, bob, "me")
	if in := last(); in.Name == "" || asked() != before+1 {
		t.Errorf("%+v, %d lookups", in, asked()-before)
	}
}

// TestDemotedAdmin: who is no admin any more is none to the bot within a minute, and
// nobody is one for hours on what Slack said before.
func TestDemotedAdmin(t *testing.T) {
	clock := &stopped{now: time.Now()}
	r := play(t, setup{slack: sandbox.Options{Now: clock.Now}, config: func(c *Config) { c.Now = clock.Now }})
	role := func() bot.Role {
		r.say(quizzes, alice, "stop")
		all := r.core.submitted()
		return all[len(all)-1].Role
	}
	if role() != bot.Admin {
		t.Fatal("alice is no admin")
	}
	demote := func(admin bool) {
		if err := r.slack.ChangeUser(alice, func(u *sandbox.User) { u.Admin, u.Owner = admin, admin }); err != nil {
			t.Fatal(err)
		}
	}
	demote(false)
	clock.pass(adminFor)
	if role() != bot.Member {
		t.Error("an admin still")
	}
	demote(true)
	clock.pass(knownFor)
	if role() != bot.Admin {
		t.Error("not an admin again")
	}
	r.slack.Faults().ServerError("users.info", 1000, 500)
	clock.pass(trusted + time.Second)
	if role() != bot.Member {
		t.Error("an admin for ever where Slack can't be asked")
	}
}

// TestNamesOutliveSlowLookups: a lookup that takes too long changes nothing either.
func TestNamesOutliveSlowLookups(t *testing.T) {
	t.Parallel()
	clock := &stopped{now: time.Now()}
	r := play(t, setup{slack: sandbox.Options{Now: clock.Now}, config: func(c *Config) { c.Now = clock.Now }})
	r.say(quizzes, alice, "one")
	clock.pass(knownFor + time.Second)
	r.adapter.patience = time.Millisecond // nothing is under way
	r.slack.Faults().Slow("users.info", 1, time.Hour)
	r.say(quizzes, alice, "two")
	all := r.core.submitted()
	if all[1].Name != all[0].Name || all[1].Role != bot.Admin {
		t.Errorf("%+v", all)
	}
}

// crowd counts lookups. It says "later" to all, once as many are under way as can be.
type crowd struct {
	mu     sync.Mutex
	lookup int
	full   chan struct{}
}

func (c *crowd) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	if c.lookup++; c.lookup == maxLookups {
		close(c.full)
	}
	c.mu.Unlock()
	select {
	case <-c.full:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"60"}}, Body: http.NoBody, Request: r}, nil
}

// TestCrowdsAreLookedUpWithinBounds: so many at once, and none of those who waited
// once Slack has said "later".
func TestCrowdsAreLookedUpWithinBounds(t *testing.T) {
	slack := &crowd{full: make(chan struct{})}
	a, _ := deaf(t, func(c *Config) { c.Transport = slack })
	a.patience = time.Minute
	var names []func() person
	for i := range 3 * maxLookups {
		names = append(names, a.who("T1", fmt.Sprint("U", i)))
	}
	for _, name := range names {
		if who := name(); who.name != "" {
			t.Errorf("%+v", who)
		}
	}
	if slack.lookup != maxLookups {
		t.Errorf("%d lookups", slack.lookup)
	}
}
