package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// limiter is a limit as Discord keeps it: so many calls in a window, which begins
// with the first.
type limiter struct {
	mu      sync.Mutex
	limit   int
	window  time.Duration
	left    int
	full    time.Time
	refused int
	order   []string
}

// call is answered after a while, as over a network.
func (s *limiter) call(l *lanes, route, name string) {
	time.Sleep(20 * time.Millisecond) // the bubble's clock
	s.mu.Lock()
	now := time.Now()
	if !now.Before(s.full) {
		s.left, s.full = s.limit, now.Add(s.window)
	}
	h := http.Header{}
	if s.left == 0 {
		s.refused++
	} else {
		s.left--
		s.order = append(s.order, name)
	}
	h.Set("X-RateLimit-Limit", fmt.Sprint(s.limit))
	h.Set("X-RateLimit-Remaining", fmt.Sprint(s.left))
	h.Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", s.full.Sub(now).Seconds()))
	s.mu.Unlock()
	time.Sleep(20 * time.Millisecond) // the bubble's clock
	l.learn(route, h)
}

// However many want to speak at once, Discord never has to refuse one, and what the
// room waits for goes first.
func TestLanesKeepTheLimit(t *testing.T) {
	for _, limit := range []int{1, 2, 5} {
		synctest.Test(t, func(t *testing.T) {
			l, s := newLanes(time.Now), &limiter{limit: limit, window: 5 * time.Second}
			var all sync.WaitGroup
			speak := func(c class, name string) {
				all.Go(func() {
					if err := l.enter(t.Context(), "POST /x", c); err != nil {
						t.Error(err)
						return
					}
					defer l.leave("POST /x")
					s.call(l, "POST /x", name)
				})
				synctest.Wait() // one after the other
			}
			for i := range 40 {
				speak(later, fmt.Sprint(i))
			}
			speak(urgent, "question")
			all.Wait()
			if s.refused > 0 || len(s.order) != 41 {
				t.Errorf("limit %d: %d calls were refused, %d made", limit, s.refused, len(s.order))
			}
			if at := slices.Index(s.order, "question"); at > 2*limit {
				t.Errorf("limit %d: the question came after %d replies", limit, at)
			}
			replies := slices.DeleteFunc(slices.Clone(s.order), func(n string) bool { return n == "question" })
			for i, n := range replies { // those of one window are under way together
				if n, _ := strconv.Atoi(n); max(n-i, i-n) >= limit {
					t.Errorf("limit %d: the replies came in the order %v", limit, replies)
					break
				}
			}
		})
	}
}

func TestLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLanes(time.Now)
		enter := func(c class, d time.Duration) error {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			return l.enter(ctx, "r", c)
		}
		// While nothing is known one goes ahead; who gives up leaves the queue.
		if err := enter(urgent, time.Second); err != nil {
			t.Fatal(err)
		}
		if err := enter(urgent, time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second one went ahead: %v", err)
		}
		l.leave("r")
		// Calls that are lost tell nothing, and hold nothing up.
		for range 10 {
			if err := enter(later, time.Second); err != nil {
				t.Fatal(err)
			}
			l.leave("r")
		}
		s := &limiter{limit: 3, window: time.Minute}
		if err := enter(later, time.Second); err != nil {
			t.Fatal(err)
		}
		s.call(l, "r", "")
		l.leave("r")
		time.Sleep(2 * time.Minute) // the bubble's clock
		for range 20 {              // a whole window of lost calls
			if err := enter(later, time.Second); err != nil {
				t.Fatal(err)
			}
			l.leave("r")
		}
		// A wait that cannot be won is not begun, and says how long it would be.
		l.close("r", time.Minute)
		l.close("r", time.Second) // shortens nothing
		var e *apiError
		if err := enter(urgent, 10*time.Second); !errors.As(err, &e) || e.retryAfter < 50*time.Second {
			t.Errorf("closed for a minute: %v", err)
		}
		l.closeAll(time.Hour)
		l.closeAll(time.Second)
		if err := enter(urgent, 10*time.Second); !errors.As(err, &e) || e.retryAfter < 59*time.Minute {
			t.Errorf("closed for an hour: %v", err)
		}
		// So many wait and no more.
		var all sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		for range maxLane {
			all.Go(func() { _ = l.enter(ctx, "r", later) })
		}
		synctest.Wait()
		if err := l.enter(ctx, "r", later); !errors.Is(err, errCrowded) {
			t.Errorf("one reply more: %v", err)
		}
		cancel()
		all.Wait()
		if x := l.all["r"]; l.replies != 0 || len(x.waiting[later]) != 0 || x.flying != 0 {
			t.Errorf("left behind: %d replies, %+v", l.replies, x)
		}
		// What nobody needs is forgotten.
		time.Sleep(2 * time.Hour) // the bubble's clock
		l.tidy()
		if len(l.all) != 0 {
			t.Errorf("%d lanes are kept", len(l.all))
		}
	})
}
