package bot_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"quizbot/bot"
	"quizbot/bot/transcript"
)

// However a bot is stopped, nothing of it goes on: with questions open, messages
// hanging, callers waiting. By the real clock, for a bubble ends no sooner anyway.
func TestNothingIsLeftAfterAStop(t *testing.T) {
	for name, fault := range map[string]transcript.Fault{
		"all well":         back,
		"platform is down": down,
		"platform refuses": {Kind: transcript.Refuse, N: 1 << 30},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before := goleak.IgnoreCurrent()
			l := begin(t, w.store, w.platform, asFinder, w.pool)
			w.platform.misbehave(fault)
			var callers sync.WaitGroup
			for i := range 20 {
				callers.Go(func() {
					for n := 0; ; n++ {
						in := w.say("alice", fmt.Sprint("#r", i), []string{"method", "stop", "help", "leaderboard"}[n%4])
						if _, err := l.bot.Submit(context.Background(), in); errors.Is(err, bot.ErrStopped) {
							return
						} else if err != nil {
							t.Errorf("submit: %v", err)
							return
						}
						if n == 8 {
							l.cancel()
						}
					}
				})
			}
			callers.Wait()
			if err := l.stop(); err != nil {
				t.Error(err)
			}
			goleak.VerifyNone(t, before)
		})
	}
}

// A bot that is told to stop before it has begun leaves nothing behind.
func TestRunUnderACancelledContext(t *testing.T) {
	w := newWorld(t)
	before := goleak.IgnoreCurrent()
	l := begin(t, w.store, w.platform, asFinder, w.pool)
	l.cancel()
	if err := l.stop(); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	goleak.VerifyNone(t, before)
}

// Run reports a store that it can't read, and ends.
func TestRunWithoutAStore(t *testing.T) {
	w := newWorld(t)
	w.store.onUnsent = func(func() ([]bot.RoomRef, error)) ([]bot.RoomRef, error) { return nil, errDisk }
	before := goleak.IgnoreCurrent()
	l := begin(t, w.store, w.platform, asFinder, w.pool)
	<-l.done
	if !errors.Is(l.err, errDisk) {
		t.Errorf("Run returned %v", l.err)
	}
	if _, err := l.bot.Submit(t.Context(), w.say("alice", "#room", "method")); !errors.Is(err, bot.ErrStopped) {
		t.Errorf("after the end: %v, want ErrStopped", err)
	}
	l.cancel()
	goleak.VerifyNone(t, before)
}
