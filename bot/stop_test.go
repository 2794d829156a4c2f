package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
)

// What was accepted when the bot is told to stop is saved; what comes later is
// refused, not lost.
func TestStopSavesWhatWasAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var held gate
		w.store.onCommit = func(_ bot.Change, next func() error) error {
			held.pass()
			return next()
		}
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		held.close()
		var waiting []func(context.Context) (bot.Reply, error)
		for i := range players {
			waiting = append(waiting, l.bot.Queue(w.types(fmt.Sprint("p", i), "#room", "GET")))
		}
		board := l.bot.Queue(w.say("alice", "#room", "leaderboard"))
		synctest.Wait()
		l.cancel()
		synctest.Wait()
		if _, err := l.bot.Submit(t.Context(), w.types("late", "#room", "GET")); !errors.Is(err, bot.ErrStopped) {
			t.Errorf("after the stop: %v, want ErrStopped", err)
		}
		time.Sleep(time.Second) // the bubble's clock: a slow disk
		held.open()
		for i, wait := range append(waiting, board) {
			if _, err := wait(t.Context()); err != nil {
				t.Fatalf("accepted answer %d: %v", i, err)
			}
		}
		began := time.Now()
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("the stop took %s", took)
		}
		w.sumsAgree(players, players)
	})
}

// A store that hangs doesn't keep the bot from stopping.
func TestStopInSpiteOfAHangingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.store = &hooked{Store: &hanging{Store: w.store.Store}}
		l := w.start(asFinder)
		ask := l.bot.Queue(w.say("alice", "#room", "method"))
		synctest.Wait()
		began := time.Now()
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 9*time.Second {
			t.Errorf("the stop took %s; ten are promised", took)
		}
		if _, err := ask(t.Context()); err == nil {
			t.Error("acknowledged, though nothing was saved")
		}
	})
}

// hanging commits nothing until the caller gives up.
type hanging struct{ bot.Store }

func (hanging) Commit(ctx context.Context, _ bot.Change) error {
	<-ctx.Done()
	return ctx.Err()
}

// A bot that is stopped while its messages can't be delivered leaves them to the next.
func TestStopWhileThePlatformIsDown(t *testing.T) {
	for name, as := range map[string]func(*platform) bot.Messenger{"lookup": asFinder, "keys": asIdempotent} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				l := w.start(as)
				w.platform.misbehave(down)
				var all sync.WaitGroup
				for i := range 20 {
					all.Go(func() { w.must(l, w.say("alice", fmt.Sprint("#r", i), "method")) })
				}
				all.Wait()
				if err := l.stop(); err != nil {
					t.Fatal(err)
				}
				w.platform.misbehave(back)
				w.start(as)
				time.Sleep(15 * time.Second) // the bubble's clock
				synctest.Wait()
				for i := range 20 {
					titles := w.platform.titles(fmt.Sprint("#r", i))
					if titles["Wires · easy"] != 1 || titles["Closed · Wires · easy"] != 1 || len(titles) != 2 {
						t.Errorf("room %d reads %v", i, titles)
					}
				}
			})
		})
	}
}

// Messages that are being delivered when the outbox is read at the start are not
// delivered twice: adapters take words in before Run has read it.
func TestRunTakesUpOnlyWhatNobodyDelivers(t *testing.T) {
	for name, as := range map[string]func(*platform) bot.Messenger{"lookup": asFinder, "keys": asIdempotent, "plain": asPlain} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				var held gate
				w.store.onUnsent = func(next func() ([]bot.RoomRef, error)) ([]bot.RoomRef, error) {
					held.pass()
					return next()
				}
				held.close()
				l := w.start(as)
				w.platform.misbehave(down)
				w.must(l, w.say("alice", "#room", "method"))
				w.must(l, w.say("alice", "#room", "hint"))
				synctest.Wait()
				held.open()
				synctest.Wait()
				w.platform.misbehave(back)
				time.Sleep(7 * time.Second) // the bubble's clock
				synctest.Wait()
				for what, n := range w.platform.titles("#room") {
					if n != 1 {
						t.Errorf("%q was said %d times", what, n)
					}
				}
				if got := w.platform.last("#room"); !strings.HasPrefix(got, "Closed") {
					t.Errorf("the last word is %q", got)
				}
			})
		})
	}
}

// A bot that is told to stop before it is ready stops in good order.
func TestStopBeforeItIsReady(t *testing.T) {
	w := newWorld(t)
	b := bot.New(bot.Config{Store: w.store, Messengers: map[string]bot.Messenger{"test": asFinder(w.platform)}}, w.pool)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.Run(ctx); err != nil {
		t.Error(err)
	}
}
