package bot_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
)

var errDisk = errors.New("the disk says no")

// failing fails the calls from which on it is told to.
type failing struct {
	left    atomic.Int64 // how many of the next calls fail
	written atomic.Bool  // they fail after they have written
}

func (f *failing) commit(_ bot.Change, next func() error) error {
	if f.left.Add(-1) < 0 {
		return next()
	}
	if f.written.Load() {
		if err := next(); err != nil {
			return err
		}
	}
	return errDisk
}

// An answer that couldn't be saved is not acknowledged; delivered again, it
// counts once. That holds whether or not it had been written.
func TestAnswerThatWasNotSaved(t *testing.T) {
	for name, written := range map[string]bool{"not written": false, "written": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				var fail failing
				w.store.onCommit = fail.commit
				fail.written.Store(written)
				l := w.start(asFinder)
				w.must(l, w.say("alice", "#room", "method"))
				synctest.Wait()

				in := w.by("bob", "#room")
				in.Choice = w.platform.button("#room", "GET")
				fail.left.Store(1)
				if r, err := l.bot.Submit(t.Context(), in); !errors.Is(err, errDisk) {
					t.Fatalf("got %q and %v, want the store's error", title(r), err)
				}
				r := w.must(l, in)
				wantTitle(t, r, "Right")
				if r.Seen != written {
					t.Errorf("seen before: %t, want %t", r.Seen, written)
				}
				time.Sleep(6 * time.Second) // the bubble's clock
				synctest.Wait()
				w.sumsAgree(1, 1)
			})
		})
	}
}

// A second try whose acknowledgement got lost is told that it was one, and not
// what the first came to.
func TestSecondTryDeliveredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var fail failing
		w.store.onCommit = fail.commit
		fail.written.Store(true)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		press := func(text string) bot.Incoming {
			in := w.by("bob", "#room")
			in.Choice = w.platform.button("#room", text)
			return in
		}
		wantTitle(t, w.must(l, press("GET")), "Right")
		second := press("POST")
		fail.left.Store(1)
		if _, err := l.bot.Submit(t.Context(), second); !errors.Is(err, errDisk) {
			t.Fatalf("got %v", err)
		}
		wantTitle(t, w.must(l, second), "Already answered")
	})
}

// A question whose commit ended in an error, though it was written, is posted
// all the same and on its own: nobody says anything, nobody starts the bot anew.
func TestQuestionThatWasSavedInSpiteOfAnError(t *testing.T) {
	for name, as := range map[string]func(*platform) bot.Messenger{"lookup": asFinder, "keys": asIdempotent, "plain": asPlain} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				var fail failing
				w.store.onCommit = fail.commit
				fail.written.Store(true)
				l := w.start(as)
				in := w.say("alice", "#room", "method")
				fail.left.Store(1)
				if _, err := l.bot.Submit(t.Context(), in); !errors.Is(err, errDisk) {
					t.Fatalf("got %v, want the store's error", err)
				}
				time.Sleep(time.Second) // the bubble's clock
				synctest.Wait()
				if n := w.platform.titles("#room")["Wires · easy"]; n != 1 {
					t.Fatalf("the question was posted %d times", n)
				}
				if r := w.must(l, in); !r.Seen {
					t.Error("the delivery is new to the bot")
				}
				wantTitle(t, w.must(l, w.types("bob", "#room", "GET")), "Right")
				time.Sleep(6 * time.Second) // the bubble's clock
				synctest.Wait()
				if n := w.platform.titles("#room")["Closed · Wires · easy"]; n != 1 {
					t.Errorf("the close was told %d times", n)
				}
			})
		})
	}
}

// The same without another delivery: time alone brings it out.
func TestCloseThatWasSavedInSpiteOfAnError(t *testing.T) {
	for name, written := range map[string]bool{"not written": false, "written": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				var fail failing
				w.store.onCommit = fail.commit
				fail.written.Store(written)
				l := w.start(asFinder)
				w.must(l, w.say("alice", "#room", "start method 1 each 5"))
				time.Sleep(3 * time.Second) // the bubble's clock
				synctest.Wait()
				wantTitle(t, w.must(l, w.types("bob", "#room", "GET")), "Right")
				fail.left.Store(3)
				time.Sleep(40 * time.Second) // the bubble's clock
				synctest.Wait()
				for _, what := range []string{"Question 1 of 1 · Wires · easy", "Closed · Question 1 of 1 · Wires · easy", "The game is over"} {
					if n := w.platform.titles("#room")[what]; n != 1 {
						t.Errorf("%q was said %d times", what, n)
					}
				}
			})
		})
	}
}

// A snapshot that went stale is read again, and the batch decided anew on it.
func TestStaleSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var stale failing
		w.store.onCommit = func(c bot.Change, next func() error) error {
			if stale.left.Add(-1) >= 0 {
				return fmt.Errorf("commit room %s: %w", c.Room, bot.ErrStale)
			}
			return next()
		}
		l := w.start(asFinder)
		stale.left.Store(3)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		stale.left.Store(3)
		wantTitle(t, w.must(l, w.types("bob", "#room", "GET")), "Right")
		wantTitle(t, w.must(l, w.types("bob", "#room", "GET")), "Already answered")
		time.Sleep(6 * time.Second) // the bubble's clock
		synctest.Wait()
		w.sumsAgree(1, 1)
		if n := w.platform.titles("#room")["Wires · easy"]; n != 1 {
			t.Errorf("the question was posted %d times", n)
		}
		// One that never becomes fresh is given up, and said so.
		stale.left.Store(1 << 40)
		if _, err := l.bot.Submit(t.Context(), w.say("alice", "#room", "method")); !errors.Is(err, bot.ErrStale) {
			t.Errorf("got %v", err)
		}
		stale.left.Store(0)
	})
}

// A delivery that another process has taken in meanwhile posts nothing, and its
// neighbours in the same batch are saved all the same.
func TestSeenInTheMiddleOfABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var held gate
		w.store.onCommit = func(_ bot.Change, next func() error) error {
			held.pass()
			return next()
		}
		l := w.start(asFinder)
		first := w.say("alice", "#room", "method")
		w.must(l, first)
		synctest.Wait()
		bob := w.types("bob", "#room", "GET")
		w.must(l, bob)

		held.close()
		stopper := l.bot.Queue(w.types("carol", "#room", "POST")) // holds the room
		synctest.Wait()
		again := []func(context.Context) (bot.Reply, error){l.bot.Queue(first), l.bot.Queue(bob), l.bot.Queue(bob)}
		fresh := l.bot.Queue(w.types("dave", "#room", "GET"))
		held.open()
		for _, wait := range append(again, stopper, fresh) {
			if _, err := wait(t.Context()); err != nil {
				t.Error(err)
			}
		}
		for i, wait := range again {
			if r, _ := wait(t.Context()); !r.Seen {
				t.Errorf("repeat %d is new to the bot", i)
			}
		}
		r, _ := fresh(t.Context())
		wantTitle(t, r, "Right")
		time.Sleep(6 * time.Second) // the bubble's clock
		synctest.Wait()
		w.sumsAgree(3, 2)
		if titles := w.platform.titles("#room"); len(titles) != 2 || titles["Wires · easy"] != 1 {
			t.Errorf("the room reads %v", titles)
		}
	})
}

// Nothing is told to the player before it is on disk.
func TestReplyComesAfterTheCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var held gate
		w.store.onCommit = func(_ bot.Change, next func() error) error {
			held.pass()
			return next()
		}
		l := w.start(asFinder)
		held.close()
		ask := l.bot.Queue(w.say("alice", "#room", "method"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := ask(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("acknowledged before the commit: %v", err)
		}
		if titles := w.platform.titles("#room"); len(titles) != 0 {
			t.Errorf("said before the commit: %v", titles)
		}
		held.open()
		if _, err := ask(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if titles := w.platform.titles("#room"); len(titles) != 1 {
			t.Errorf("the room reads %v", titles)
		}
	})
}

// A board that couldn't be read is asked for again under the same delivery.
func TestBoardThatCouldNotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var fails atomic.Int64
		w.store.onBoard = func(next func() (bot.Board, error)) (bot.Board, error) {
			if fails.Add(-1) >= 0 {
				return bot.Board{}, errDisk
			}
			return next()
		}
		l := w.start(asFinder)
		in := w.say("alice", "#room", "leaderboard")
		fails.Store(1)
		if _, err := l.bot.Submit(t.Context(), in); !errors.Is(err, errDisk) {
			t.Fatalf("got %v", err)
		}
		wantTitle(t, w.must(l, in), "Leaderboard")
		if r := w.must(l, in); !r.Seen || r.Card != nil {
			t.Errorf("a third time the player reads %q", title(r))
		}
	})
}
