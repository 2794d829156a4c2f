package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

const players = 200

// Everybody answers at once, thrice over the same delivery, and changes their
// mind afterwards.
func TestManyPlayersInOneRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		var right, wrong, repeated, seen atomic.Int64
		count := func(r bot.Reply) {
			switch {
			case r.Seen:
				seen.Add(1)
			case strings.HasPrefix(title(r), "Right"):
				right.Add(1)
			case strings.HasPrefix(title(r), "Not quite"):
				wrong.Add(1)
			case strings.HasPrefix(title(r), "Already answered"):
				repeated.Add(1)
			default:
				t.Errorf("a player reads %q", title(r))
			}
		}
		var all sync.WaitGroup
		for i := range players {
			first := w.types(fmt.Sprint("p", i), "#room", []string{"GET", "POST"}[i%2])
			second := w.types(fmt.Sprint("p", i), "#room", "GET")
			for range 3 {
				all.Go(func() {
					if r, err := l.bot.Submit(t.Context(), first); err != nil {
						t.Error(err)
					} else {
						count(r)
					}
				})
			}
			all.Go(func() {
				if r, err := l.bot.Submit(t.Context(), second); err != nil {
					t.Error(err)
				} else {
					count(r)
				}
			})
		}
		all.Wait()
		if right.Load()+wrong.Load() != players || repeated.Load() != players || seen.Load() != 2*players {
			t.Errorf("%d right + %d wrong, %d already answered, %d seen before; want %d players", right.Load(), wrong.Load(), repeated.Load(), seen.Load(), players)
		}
		time.Sleep(6 * time.Second) // the bubble's clock
		synctest.Wait()
		w.sumsAgree(players, int(right.Load()))
		closing := w.platform.last("#room")
		if want := fmt.Sprintf("Answered by %d players.", players); !strings.Contains(closing, want) {
			t.Errorf("the closing edit lacks %q: %q", want, closing)
		}
	})
}

// sumsAgree checks the board against what players were told. Every right answer
// gave 10 points.
func (w *world) sumsAgree(answered, right int) {
	w.t.Helper()
	board, err := w.store.Board(w.t.Context(), bot.BoardQuery{Team: team, Period: quiz.AllTime, Now: time.Now(), Top: 10 * players})
	if err != nil {
		w.t.Fatal(err)
	}
	sum := 0
	for _, s := range board.Top {
		sum += s.Points
		if s.Points > 10 {
			w.t.Errorf("%s has %d points of one question", s.Player, s.Points)
		}
	}
	if board.Players != answered || sum != 10*right {
		w.t.Errorf("the board has %d players with %d points, want %d with %d", board.Players, sum, answered, 10*right)
	}
}

// last is the newest message of a room to everybody.
func (p *platform) last(room string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.log) - 1; i >= 0; i-- {
		if p.log[i].Room == room && p.log[i].To == "" {
			return p.log[i].Text
		}
	}
	return ""
}

// Two bots on one store: whoever is first counts, and each message is made once.
func TestTwoProcessesOneRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		bots := []*life{w.start(asFinder), w.start(asFinder)}

		ask := w.say("alice", "#room", "method") // the same delivery reaches both
		var all sync.WaitGroup
		for _, l := range bots {
			all.Go(func() { w.must(l, ask) })
		}
		all.Wait()
		synctest.Wait()

		var right, counted atomic.Int64
		for i := range players {
			for j, l := range bots {
				in := w.types(fmt.Sprint("p", i), "#room", []string{"GET", "POST"}[(i+j)%2])
				all.Go(func() {
					r, err := l.bot.Submit(t.Context(), in)
					switch {
					case err != nil:
						t.Error(err)
					case strings.HasPrefix(title(r), "Right"):
						right.Add(1)
						counted.Add(1)
					case strings.HasPrefix(title(r), "Not quite"):
						counted.Add(1)
					case !strings.HasPrefix(title(r), "Already answered"):
						t.Errorf("a player reads %q", title(r))
					}
				})
			}
		}
		all.Wait()
		if counted.Load() != players {
			t.Errorf("%d answers of %d players were counted", counted.Load(), players)
		}
		time.Sleep(7 * time.Second) // the bubble's clock
		synctest.Wait()
		w.sumsAgree(players, int(right.Load()))
		for what, n := range w.platform.titles("#room") {
			if n != 1 {
				t.Errorf("%q was said %d times", what, n)
			}
		}
		if len(w.platform.titles("#room")) != 2 {
			t.Errorf("the room reads %v, want a question and its close", w.platform.titles("#room"))
		}
	})
}

// A room that can't be saved fast enough refuses what is too much, and takes all
// that it accepted. Other rooms go on.
func TestBusyRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var held gate
		w.store.onCommit = func(c bot.Change, next func() error) error {
			if c.Room == "test:T/#room" {
				held.pass()
			}
			return next()
		}
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		held.close()
		var waiting []func(context.Context) (bot.Reply, error)
		var refused bot.Incoming
		for i := 0; refused.ID == ""; i++ {
			in := w.types(fmt.Sprint("p", i), "#room", "GET")
			wait := l.bot.Queue(in)
			if i == 0 {
				synctest.Wait() // it is being saved
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			switch _, err := wait(ctx); {
			case errors.Is(err, bot.ErrBusy):
				refused = in
			case errors.Is(err, context.Canceled):
				waiting = append(waiting, wait)
			default:
				t.Fatalf("answer %d: %v", i, err)
			}
			if i > 20_000 {
				t.Fatal("a room takes everything, without bounds")
			}
		}
		if len(waiting) < 1000 {
			t.Errorf("a room refuses all but %d", len(waiting))
		}
		w.must(l, w.say("bob", "#green", "method"))
		wantTitle(t, w.must(l, w.types("bob", "#green", "GET")), "Right")
		w.must(l, w.say("bob", "#room", "leaderboard"))

		held.open()
		for i, wait := range waiting {
			r, err := wait(t.Context())
			if err != nil {
				t.Fatalf("accepted answer %d: %v", i, err)
			}
			wantTitle(t, r, "Right")
		}
		wantTitle(t, w.must(l, refused), "Right")
	})
}

// More rooms than are remembered: those that are forgotten are read again.
func TestForgottenRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "daily"))
		synctest.Wait()
		for i := range 25_000 {
			w.must(l, w.types("bob", fmt.Sprint("#r", i), "hello"))
		}
		in := w.by("alice", "#room")
		in.Choice = w.platform.button("#room", "Sunday")
		wantTitle(t, w.must(l, in), "Right")
	})
}

// firstButton is the ID of the oldest button with that text.
func (p *platform) firstButton(room, text string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range p.log {
		for _, b := range h.Buttons {
			if h.Room == room && b.Text == text {
				return b.ID
			}
		}
	}
	return ""
}

// button is the ID of the newest button with that text.
func (p *platform) button(room, text string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.log) - 1; i >= 0; i-- {
		for _, b := range p.log[i].Buttons {
			if p.log[i].Room == room && b.Text == text {
				return b.ID
			}
		}
	}
	return ""
}
