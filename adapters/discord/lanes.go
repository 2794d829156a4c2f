package discord

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// class says who goes first in a lane.
type class int

const (
	urgent class = iota // the room waits for it: what the core delivers, and what keeps the bot going
	later               // a reply to one person's line
)

const (
	// maxLane is how many replies may wait in one lane, maxReplies how many in all;
	// at Discord's pace the next would come when nobody thinks of it any more.
	maxLane    = 128
	maxReplies = 4096
	maxLanes   = 20_000
	// slack is added to the time that Discord names, for it names it in milliseconds.
	slack = 25 * time.Millisecond
)

// errCrowded: too many replies wait already.
var errCrowded = errors.New("too many replies wait for the rate limit")

// lanes keep the rate limits that Discord's headers speak of. Each route has a lane
// of its own, in which calls wait in order until they may be made, so that Discord
// never has to refuse one that could have waited.
type lanes struct {
	now func() time.Time

	mu      sync.Mutex
	all     map[string]*lane
	closed  time.Time // for every lane, until then
	replies int       // waiting
}

// lane is what is known of one route's limit, and who waits for it. While nothing
// is known one call at a time goes ahead to find out.
type lane struct {
	waiting [2][]*ticket // by class
	flying  int
	limit   int       // calls in a window; 0: not known
	left    int       // of this window
	reset   time.Time // when the next window begins; zero: no answer has told yet
	closed  time.Time // refused until then
	timer   *time.Timer
}

type ticket struct {
	turn chan struct{} // closed when it is this one's turn
}

func newLanes(now func() time.Time) *lanes { return &lanes{now: now, all: map[string]*lane{}} }

// enter waits until a call may be made; leave must follow then. It fails at once
// where the wait would outlast ctx, or too many wait already.
func (l *lanes) enter(ctx context.Context, route string, c class) error {
	l.mu.Lock()
	x := l.lane(route)
	if end, ok := ctx.Deadline(); ok {
		if wait := l.closedFor(x); wait > 0 && l.now().Add(wait).After(end) {
			l.mu.Unlock()
			return &apiError{status: http.StatusTooManyRequests, message: "waiting for the rate limit", retryAfter: wait}
		}
	}
	if c == later {
		if len(x.waiting[later]) >= maxLane || l.replies >= maxReplies {
			l.mu.Unlock()
			return errCrowded
		}
		l.replies++
	}
	t := &ticket{turn: make(chan struct{})}
	x.waiting[c] = append(x.waiting[c], t)
	l.serve(x)
	l.mu.Unlock()

	select {
	case <-t.turn:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := slices.Index(x.waiting[c], t); at >= 0 {
		x.waiting[c] = slices.Delete(x.waiting[c], at, at+1)
		if c == later {
			l.replies--
		}
	} else { // its turn came at the same moment
		x.flying--
		x.left++
		l.serve(x)
	}
	return ctx.Err()
}

// leave notes that a call is over.
func (l *lanes) leave(route string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x := l.lane(route)
	x.flying--
	l.serve(x)
}

// lane finds a route's lane. The caller holds mu.
func (l *lanes) lane(route string) *lane {
	x := l.all[route]
	if x == nil {
		if len(l.all) >= maxLanes {
			l.tidy()
		}
		x = &lane{}
		l.all[route] = x
	}
	return x
}

// tidy forgets lanes of which nothing is worth knowing. The caller holds mu.
func (l *lanes) tidy() {
	now := l.now()
	for route, x := range l.all {
		if x.flying == 0 && x.next() < 0 && x.closed.Before(now) && x.reset.Before(now) {
			delete(l.all, route)
		}
	}
}

// next is the class of the call whose turn comes next; -1: nobody waits.
func (x *lane) next() class {
	return class(slices.IndexFunc(x.waiting[:], func(w []*ticket) bool { return len(w) > 0 }))
}

// closedFor is how long a lane is surely closed. The caller holds mu.
func (l *lanes) closedFor(x *lane) time.Duration {
	now := l.now()
	wait := max(l.closed.Sub(now), x.closed.Sub(now))
	if x.limit > 0 && x.left <= 0 && !x.reset.IsZero() {
		wait = max(wait, x.reset.Sub(now))
	}
	return wait
}

// serve lets go ahead who may. The caller holds mu.
func (l *lanes) serve(x *lane) {
	for {
		c := x.next()
		if c < 0 {
			return
		}
		wait := l.closedFor(x)
		if wait <= 0 {
			x.renew(l.now())
			if x.limit > 1 && c == later && x.left == 1 && !x.reset.IsZero() {
				// The last of a window is kept for what the room waits for.
				wait = x.reset.Sub(l.now())
			}
		}
		if wait > 0 {
			if x.timer == nil {
				x.timer = time.AfterFunc(wait, func() {
					l.mu.Lock()
					defer l.mu.Unlock()
					x.timer = nil
					l.serve(x)
				})
			}
			return
		}
		if !x.free(c) {
			return // the answer to one under way will tell more
		}
		t := x.waiting[c][0]
		x.waiting[c] = x.waiting[c][1:]
		if c == later {
			l.replies--
		}
		x.flying++
		x.left--
		close(t.turn)
	}
}

// renew begins a new window when the old one is over.
func (x *lane) renew(now time.Time) {
	switch {
	case x.limit > 0 && !x.reset.IsZero() && !now.Before(x.reset):
		// What is under way may count in the new one.
		x.left, x.reset = x.limit-x.flying, time.Time{}
	case x.flying == 0 && x.left <= 1 && x.reset.IsZero():
		x.limit = 0 // no answer has told when the next one begins
	}
}

// free says whether one more call may be under way.
func (x *lane) free(c class) bool {
	if x.limit == 0 {
		return x.flying == 0
	}
	return x.left > 1 || x.left == 1 && (c == urgent || x.limit == 1)
}

// learn takes in what an answer says of its route's limit.
func (l *lanes) learn(route string, h http.Header) {
	limit, err := strconv.Atoi(h.Get("X-RateLimit-Limit"))
	left, err2 := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	after := seconds(h.Get("X-RateLimit-Reset-After"))
	if err != nil || err2 != nil || limit <= 0 || after <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	x := l.lane(route)
	left -= x.flying - 1 // Discord may not have counted the others under way
	if x.limit > 0 {
		left = min(left, x.left)
	}
	x.limit, x.left, x.reset = limit, max(left, 0), l.now().Add(after+slack)
}

// close closes one lane for a time, after a refusal. What was known of it was wrong.
func (l *lanes) close(route string, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x := l.lane(route)
	x.closed = latest(x.closed, l.now().Add(d+slack))
	x.limit, x.left, x.reset = 0, 0, time.Time{}
}

// closeAll closes every lane for a time.
func (l *lanes) closeAll(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = latest(l.closed, l.now().Add(d))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
