package bot_test

import (
	"strings"
	"testing"

	"quizbot/bot"
)

// What the core decides by is wall time alone. A room in memory that kept the
// process's own clock as well would not agree with the store after the wall clock
// was set, and a question would not close.
func TestWallTimeAlone(t *testing.T) {
	w := newWorld(t)
	var read []string
	w.store.onCommit = func(c bot.Change, next func() error) error {
		read = append(read, c.At.String())
		if c.State != nil {
			for _, r := range c.State.Room.Rounds {
				read = append(read, r.Asked.String(), r.Closes.String())
			}
		}
		return next()
	}
	l := begin(t, w.store, w.platform, asFinder, w.pool)
	w.must(l, w.say("alice", "#room", "method"))
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
	if len(read) < 3 {
		t.Fatalf("only %q", read)
	}
	for _, at := range read {
		if strings.Contains(at, " m=") {
			t.Errorf("%s has a reading of the process's own clock", at)
		}
	}
}
