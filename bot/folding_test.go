package bot_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"quizbot/bot"
)

// folds counts how often boards are brought up to date beside play.
type folds struct {
	bot.Store
	n atomic.Int64
}

func (f *folds) Fold(ctx context.Context, team bot.TeamID) error {
	f.n.Add(1)
	return f.Store.Fold(ctx, team)
}

// While a question stays open for a day, boards don't fall behind until the first who
// looks has to wait for all that has gathered.
func TestBoardsFollowWhileAQuestionIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		counted := &folds{Store: w.store.Store}
		w.store.Store = counted
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "daily"))
		synctest.Wait()
		right := w.button("#room", "Sunday")
		for i := range 600 {
			wantTitle(t, w.press(l, fmt.Sprint("p", i), "#room", right), "Right")
		}
		synctest.Wait()
		if n := counted.n.Load(); n < 2 || n > 10 {
			t.Errorf("boards were brought up to date %d times in 600 answers", n)
		}
	})
}
