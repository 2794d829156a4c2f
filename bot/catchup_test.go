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

// closes are the results that the room has been shown, oldest first, and when.
func (p *platform) closes(room string) (texts []string, at []time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, h := range p.log {
		if h.Room == room && strings.HasPrefix(h.Text, "Closed") {
			texts, at = append(texts, h.Text), append(at, p.times[i])
		}
	}
	return texts, at
}

// told is what a person alone has read.
func (p *platform) told(who string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, h := range p.log {
		if h.To == who {
			out = append(out, firstLine(h.Text))
		}
	}
	return out
}

// missed has a question asked in #room, the bot die, and bob answer in time; its
// end is over when it returns.
func missed(t *testing.T, w *world) {
	t.Helper()
	l := w.start(asFinder)
	w.must(l, w.say("alice", "#room", "method"))
	synctest.Wait()
	l.fuse.blow()
	time.Sleep(time.Second) // the bubble's clock
	in := w.types("bob", "#room", "GET")
	w.platform.write(in)
	time.Sleep(10 * time.Second)
}

// sleepUntil lets the bubble's clock go on until so long after a time.
func sleepUntil(began time.Time, after time.Duration) {
	time.Sleep(time.Until(began.Add(after)))
	synctest.Wait()
}

// A history that hangs keeps a question from its close for four seconds, in which the
// bot is not ready; what is found in it later amends the result.
func TestHistoryHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		missed(t, w)
		w.platform.unread = &gate{}
		w.platform.unread.close()
		began := time.Now()
		l := w.start(asFinder)
		sleepUntil(began, 3*time.Second)
		if err := l.bot.Ready(); err == nil || !strings.Contains(err.Error(), "catching up") || !strings.Contains(err.Error(), "1 room") {
			t.Errorf("while a room is caught up, ready says: %v", err)
		}
		if texts, _ := w.platform.closes("#room"); len(texts) != 0 {
			t.Errorf("it was closed before it was caught up: %q", texts)
		}
		sleepUntil(began, 10*time.Second)
		if err := l.bot.Ready(); err != nil {
			t.Errorf("after four seconds: %v", err)
		}
		texts, at := w.platform.closes("#room")
		if len(texts) != 1 || !strings.Contains(texts[0], "Nobody answered") || at[0].Sub(began) < 4*time.Second || at[0].Sub(began) > 6*time.Second {
			t.Fatalf("%q at %v, %v being the start", texts, at, began)
		}
		w.platform.unread.open()
		sleepUntil(began, 20*time.Second)
		if texts, _ := w.platform.closes("#room"); len(texts) != 2 || !strings.Contains(texts[1], "bob") {
			t.Errorf("the result is %q", texts)
		}
		if told := w.platform.told("bob"); len(told) != 1 || !strings.HasPrefix(told[0], "Right") {
			t.Errorf("bob reads %q", told)
		}
		w.sumsAgree(1, 1)
	})
}

// Words to single people that don't get through hold up neither their own results for
// long, nor those of other rooms.
func TestWordsHangWhileCatchingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		const alone = 20
		who := func(n int) (name, room string) { return fmt.Sprint("p", n), fmt.Sprint("@p", n) }
		l := w.start(asFinder)
		for n := range alone {
			name, room := who(n)
			in := w.say(name, room, "method")
			in.Private = true
			w.must(l, in)
		}
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		l.fuse.blow()
		time.Sleep(time.Second) // the bubble's clock
		for n := range alone {
			name, room := who(n)
			in := w.types(name, room, "GET")
			in.Private = true
			w.platform.write(in)
		}
		w.platform.write(w.types("bob", "#room", "GET"))
		time.Sleep(10 * time.Second)
		w.platform.hushed.close()
		began := time.Now()
		w.start(asFinder)
		sleepUntil(began, 6*time.Second)
		for n := range alone + 1 {
			_, room := who(n)
			if n == alone {
				room = "#room"
			}
			if texts, _ := w.platform.closes(room); len(texts) != 1 || strings.Contains(texts[0], "Nobody") {
				t.Errorf("the result in %s is %q", room, texts)
			}
		}
		w.platform.hushed.open()
		synctest.Wait()
		if told := w.platform.told("p1"); len(told) == 0 {
			t.Error("p1 was told nothing in the end")
		}
		w.sumsAgree(alone+1, alone+1)
	})
}

// One that hangs for ever is given up, and tried again.
func TestHistoryHangsForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		missed(t, w)
		w.platform.unread = &gate{}
		w.platform.unread.close()
		l := w.start(asFinder)
		time.Sleep(70 * time.Second) // the bubble's clock: the first try was given up by then
		synctest.Wait()
		w.platform.unread.open()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if texts, _ := w.platform.closes("#room"); len(texts) != 2 || !strings.Contains(texts[1], "bob") {
			t.Errorf("the result is %q", texts)
		}
		if err := l.stop(); err != nil {
			t.Error(err)
		}
	})
}

// A history that can't be read holds nothing up. It is read later where its platform
// says that this may help, a few times; else never.
func TestHistoryFails(t *testing.T) {
	later := &bot.RetryError{After: time.Second, Err: errors.New("too many requests")}
	for name, c := range map[string]struct {
		failing []error
		reads   int
		found   bool
	}{
		"for a moment": {[]error{later}, 2, true},
		"for a minute": {[]error{later, later, fmt.Errorf("read: %w", later)}, 4, true},
		"always":       {[]error{later, later, later, later, later, later}, 4, false},
		"for good":     {[]error{errors.New("no permission")}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				missed(t, w)
				w.platform.failing = c.failing
				began := time.Now()
				l := w.start(asFinder)
				sleepUntil(began, time.Second)
				texts, _ := w.platform.closes("#room")
				if err := l.bot.Ready(); err != nil || len(texts) != 1 || !strings.Contains(texts[0], "Nobody answered") {
					t.Errorf("at once: %q, ready says: %v", texts, err)
				}
				sleepUntil(began, 10*time.Minute)
				texts, _ = w.platform.closes("#room")
				if found := len(texts) == 2 && strings.Contains(texts[1], "bob"); found != c.found || len(texts) > 2 {
					t.Errorf("after a while: %q", texts)
				}
				w.platform.mu.Lock()
				defer w.platform.mu.Unlock()
				if n := w.platform.calls["history test:T/#room"]; n != c.reads {
					t.Errorf("the history was read %d times, want %d", n, c.reads)
				}
			})
		})
	}
}

// A question that was closed by a bot that was deaf, and died right after, is caught
// up by the next: the platform was cut off when the last answers were typed.
func TestClosedBeforeTheRestart(t *testing.T) {
	for name, c := range map[string]struct {
		away time.Duration
		want int // results that the room has seen
	}{"soon": {2 * time.Minute, 2}, "too late": {8 * time.Minute, 1}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				l := w.start(asFinder)
				w.must(l, w.say("alice", "#room", "method"))
				synctest.Wait()
				time.Sleep(4 * time.Second) // the bubble's clock
				w.platform.write(w.types("bob", "#room", "GET"))
				time.Sleep(2 * time.Second)
				synctest.Wait()
				if texts, _ := w.platform.closes("#room"); len(texts) != 1 {
					t.Fatalf("results: %q", texts)
				}
				l.fuse.blow()
				time.Sleep(c.away)
				l = w.start(asFinder)
				if err := l.bot.Ready(); err != nil {
					t.Errorf("nothing waits for its close: %v", err)
				}
				time.Sleep(5 * time.Second)
				synctest.Wait()
				texts, _ := w.platform.closes("#room")
				if len(texts) != c.want || c.want == 2 && !strings.Contains(texts[1], "bob") {
					t.Errorf("results: %q", texts)
				}
			})
		})
	}
}

// Where the whole room reads what a line comes to, nobody is answered on a line that
// is minutes old when its question is over: the result says it to all.
func TestNoFloodOfOldVerdicts(t *testing.T) {
	for name, c := range map[string]struct {
		aloud bool
		away  time.Duration
		told  int
	}{
		"aloud, over":       {true, 10 * time.Second, 0},
		"aloud, still open": {true, 2 * time.Second, 20},
		"private, over":     {false, 10 * time.Second, 20},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				l := w.start(asFinder)
				w.must(l, w.say("alice", "#room", "method"))
				synctest.Wait()
				l.fuse.blow()
				time.Sleep(time.Second) // the bubble's clock
				for i := range 20 {
					in := w.types(fmt.Sprint("p", i), "#room", "GET")
					in.Aloud = c.aloud
					w.platform.write(in)
				}
				time.Sleep(c.away)
				w.start(asFinder)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				told := 0
				for i := range 20 {
					told += len(w.platform.told(fmt.Sprint("p", i)))
				}
				texts, _ := w.platform.closes("#room")
				if told != c.told || len(texts) != 1 || !strings.Contains(texts[0], "Answered by 20 players") {
					t.Errorf("%d were told, want %d; results: %q", told, c.told, texts)
				}
				w.sumsAgree(20, 20)
			})
		})
	}
}

// unread is a platform whose history can't be read.
type unread struct{ bot.Messenger }

// More rooms wait for their histories than are looked up at once. They keep no room
// of another platform, which has nothing to catch up, from its close.
func TestHeldRoomsStopNoOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		both := func() (*bot.Bot, func()) {
			b := bot.New(bot.Config{
				Store: w.store, Seed: func() uint64 { return seed },
				Messengers: map[string]bot.Messenger{"test": finder{w.platform}, "other": unread{finder{w.platform}}},
			}, w.pool)
			if err := b.Ready(); err == nil {
				t.Error("it is ready before it has looked which rooms are held")
			}
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- b.Run(ctx) }()
			b.CatchUp(bot.Gap{Platform: "test"})
			b.CatchUp(bot.Gap{Platform: "other"})
			stop := sync.OnceFunc(func() {
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
			t.Cleanup(stop)
			return b, stop
		}
		b, stop := both()
		const held, others = 600, 30
		ask := func(platform string, n int) {
			for i := range n {
				in := w.say(fmt.Sprint("p", i), fmt.Sprint("#", platform, i), "method")
				in.Room = bot.RoomID(fmt.Sprintf("%s:T/#%s%d", platform, platform, i))
				if _, err := b.Submit(t.Context(), in); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
		}
		ask("test", held)
		time.Sleep(time.Millisecond) // the bubble's clock: the others are due later
		ask("other", others)
		stop()
		time.Sleep(10 * time.Second)
		w.platform.unread = &gate{}
		w.platform.unread.close()
		defer w.platform.unread.open()
		began := time.Now()
		b, _ = both()
		sleepUntil(began, 2*time.Second)
		for i := range others {
			if texts, _ := w.platform.closes(fmt.Sprint("other:T/#other", i)); len(texts) != 1 {
				t.Fatalf("room %d of the other platform is not closed", i)
			}
		}
		if err := b.Ready(); err == nil || !strings.Contains(err.Error(), fmt.Sprint(held, " rooms")) {
			t.Errorf("ready says: %v", err)
		}
		sleepUntil(began, 6*time.Second)
		for i := range held {
			if texts, at := w.platform.closes(fmt.Sprint("#test", i)); len(texts) != 1 || at[0].Sub(began) < 4*time.Second {
				t.Fatalf("room %d was shown %d results, at %v", i, len(texts), at)
			}
		}
		if err := b.Ready(); err != nil {
			t.Errorf("ready says: %v", err)
		}
	})
}

// Several times more rooms are due at once than are taken up at once. The last of them
// is closed in time all the same, whatever else is to be done soon.
func TestManyBatchesCloseAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := (*life)(nil)
		var game sync.Once
		w.store.onCommit = func(c bot.Change, next func() error) error {
			if len(c.Past) > 0 { // the first is closed: a game is to begin in three seconds
				game.Do(func() { w.must(l, w.say("dora", "#game", "start method 2")) })
			}
			return next()
		}
		l = w.start(asIdempotent)
		const rooms = 1600
		var asking sync.WaitGroup
		for i := range rooms {
			wait := l.bot.Queue(w.say(fmt.Sprint("p", i), fmt.Sprint("#r", i), "method"))
			asking.Go(func() {
				if _, err := wait(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		asking.Wait()
		synctest.Wait()
		end := time.Now().Add(5 * time.Second)
		time.Sleep(10 * time.Second) // the bubble's clock
		synctest.Wait()
		closed := map[string]time.Time{}
		w.platform.mu.Lock()
		for i, h := range w.platform.log {
			if strings.HasPrefix(h.Text, "Closed") {
				closed[h.Room] = w.platform.times[i]
			}
		}
		w.platform.mu.Unlock()
		for i := range rooms {
			if late := closed[fmt.Sprint("#r", i)].Sub(end); late < 0 || late > 2*time.Second {
				t.Fatalf("room %d was told %s after the end", i, late)
			}
		}
	})
}
