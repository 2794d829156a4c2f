package bot_test

import (
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
)

// tallied counts what a meter is told, by word.
type tallied struct {
	bot.NoMeter
	mu     sync.Mutex
	counts map[string]int
	late   []time.Duration
}

func (m *tallied) add(word string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = map[string]int{}
	}
	m.counts[word]++
}

func (m *tallied) Answered(_, outcome string)  { m.add(outcome) }
func (m *tallied) Delivered(_, outcome string) { m.add(outcome) }
func (m *tallied) CommitFailed()               { m.add("commit failed") }

func (m *tallied) Closed(late time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.late = append(m.late, late)
}

// take returns the counts since the last time.
func (m *tallied) take() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.counts
	m.counts = nil
	if out == nil {
		out = map[string]int{}
	}
	return out
}

func (w *world) startCounted(as func(*platform) bot.Messenger, m bot.Meter) *life {
	l := beginAs(w.t, w.store, w.platform, as, w.pool, 0, m)
	w.t.Cleanup(func() { _ = l.stop() })
	synctest.Wait()
	return l
}

// What an operator counts is what players were told: answers once each, also where
// a change is decided anew.
func TestAnswersAreCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m := newWorld(t), &tallied{}
		stale := 3
		w.store.onCommit = func(c bot.Change, next func() error) error {
			if len(c.Answers) > 0 && stale > 0 {
				stale--
				return bot.ErrStale
			}
			return next()
		}
		l := w.startCounted(asIdempotent, m)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		m.take()
		wantTitle(t, w.must(l, w.types("bob", "#room", "GET")), "Right")
		wantTitle(t, w.must(l, w.types("bob", "#room", "GET")), "Already answered")
		wantTitle(t, w.must(l, w.types("carol", "#room", "POST")), "Not quite")
		if got, want := m.take(), map[string]int{"taken": 2, "repeated": 1}; !maps.Equal(got, want) {
			t.Errorf("counted %v, want %v", got, want)
		}
		if stale != 0 {
			t.Errorf("%d changes were not decided anew", stale)
		}
		time.Sleep(time.Minute) // the bubble's clock
		synctest.Wait()
		if len(m.late) != 1 || m.late[0] < 0 || m.late[0] > 2*time.Second {
			t.Errorf("closes are late by %v", m.late)
		}
	})
}

// A change that is not saved is counted, and nothing of what it would have come to.
func TestFailedCommitsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m := newWorld(t), &tallied{}
		fail := false
		w.store.onCommit = func(c bot.Change, next func() error) error {
			if fail && len(c.Answers) > 0 {
				return errors.New("no space left on device")
			}
			return next()
		}
		l := w.startCounted(asIdempotent, m)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		m.take()
		fail = true
		if _, err := l.bot.Submit(t.Context(), w.types("bob", "#room", "GET")); err == nil {
			t.Fatal("an answer was taken that was not saved")
		}
		synctest.Wait()
		if got := m.take(); got["commit failed"] != 1 || got["taken"] != 0 {
			t.Errorf("counted %v", got)
		}
	})
}

// The vitals show a platform that takes nothing, and that it is over.
func TestVitals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m := newWorld(t), &tallied{}
		l := w.startCounted(asIdempotent, m)
		look := func() bot.Vitals {
			t.Helper()
			synctest.Wait()
			v, err := l.bot.Vitals(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		if v := look(); v != (bot.Vitals{}) {
			t.Errorf("at rest: %+v", v)
		}
		w.must(l, w.say("alice", "#room", "method"))
		if v := look(); v.Timed != 1 || v.Due != 0 || v.Stuck != 0 || v.Waiting != 0 {
			t.Errorf("with an open question: %+v", v)
		}
		w.platform.misbehave(transcript.Fault{Kind: transcript.Refuse, N: 1000})
		asked := time.Now()
		w.must(l, w.say("bob", "#other", "daily"))
		time.Sleep(40 * time.Second) // the bubble's clock; the first question closes meanwhile
		if v := look(); v.Waiting != 2 || v.Oldest.Sub(asked).Abs() > time.Second || v.Aside != 0 {
			t.Errorf("while nothing is taken: %+v, asked at %s", v, asked)
		}
		time.Sleep(2 * time.Minute) // the bubble's clock
		if v := look(); v.Aside != 1 || v.Waiting != 2 {
			t.Errorf("after two minutes the close steps aside: %+v", v)
		}
		m.take()
		time.Sleep(10 * time.Minute) // the bubble's clock
		if v := look(); v.Waiting != 1 || v.Aside != 1 {
			t.Errorf("after ten minutes the post is given up: %+v", v)
		}
		if got := m.take(); got["given-up"] != 1 || got["retried"] == 0 || got["rejected"] != 0 {
			t.Errorf("counted %v", got)
		}
	})
}

// A room whose time can't be kept is stuck, and is not any more once it can.
func TestStuckRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var broken atomic.Bool
		broken.Store(true)
		w.store.onCommit = func(c bot.Change, next func() error) error {
			if broken.Load() && c.State != nil && len(c.Out) > 0 && c.Out[0].Edit != "" {
				return errors.New("disk")
			}
			return next()
		}
		l := w.start(asIdempotent)
		w.must(l, w.say("alice", "#room", "method"))
		time.Sleep(time.Minute) // the bubble's clock
		synctest.Wait()
		if v, err := l.bot.Vitals(t.Context()); err != nil || v.Stuck != 1 || v.Due != 1 {
			t.Errorf("%+v %v", v, err)
		}
		broken.Store(false)
		time.Sleep(10 * time.Second) // the bubble's clock
		synctest.Wait()
		if v, err := l.bot.Vitals(t.Context()); err != nil || v.Stuck != 0 || v.Timed != 0 {
			t.Errorf("once it can be saved: %+v %v", v, err)
		}
	})
}
