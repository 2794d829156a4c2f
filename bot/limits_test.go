package bot_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
)

// counting counts the calls of a store that a delivery makes.
type counting struct {
	bot.Store
	calls atomic.Int64
}

func (c *counting) Room(ctx context.Context, team bot.TeamID, room bot.RoomID) (bot.Snapshot, error) {
	c.calls.Add(1)
	return c.Store.Room(ctx, team, room)
}

func (c *counting) Commit(ctx context.Context, change bot.Change) error {
	c.calls.Add(1)
	return c.Store.Commit(ctx, change)
}

func (c *counting) Board(ctx context.Context, q bot.BoardQuery) (bot.Board, error) {
	c.calls.Add(1)
	return c.Store.Board(ctx, q)
}

func (c *counting) Once(ctx context.Context, team bot.TeamID, id string, at time.Time) (bool, error) {
	c.calls.Add(1)
	return c.Store.Once(ctx, team, id, at)
}

func (c *counting) RoundOf(ctx context.Context, team bot.TeamID, room bot.RoomID, m bot.MessageID) (int, error) {
	c.calls.Add(1)
	return c.Store.RoundOf(ctx, team, room, m)
}

func slowedDown(r bot.Reply) bool { return strings.HasPrefix(title(r), "Slow down") }

// Whoever floods is refused before anything is read or written, is told so once in
// a while, and can go on after the time that they were told. Nobody else notices.
func TestFloodOfOne(t *testing.T) {
	for name, say := range map[string]func(w *world) bot.Incoming{
		"boards":  func(w *world) bot.Incoming { return w.say("mallory", "#room", "leaderboard") },
		"me":      func(w *world) bot.Incoming { return w.say("mallory", "#room", "me") },
		"asking":  func(w *world) bot.Incoming { return w.say("mallory", "#room", "method") },
		"nothing": func(w *world) bot.Incoming { return w.say("mallory", "#room", "no such thing") },
		"direct": func(w *world) bot.Incoming {
			in := w.types("mallory", "@mallory", "me")
			in.Private = true
			return in
		},
		"presses": func(w *world) bot.Incoming {
			in := w.by("mallory", "#room")
			in.Choice = "a:1.xxxxx:0"
			return in
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				kept := &counting{Store: w.store.Store}
				w.store.Store = kept
				l := w.start(asFinder)
				const perSecond, seconds = 100, 20
				taken, told := 0, 0
				var callsOfRefused int64
				for range perSecond * seconds {
					synctest.Wait()
					before := kept.calls.Load()
					r := w.must(l, say(w))
					synctest.Wait()
					switch {
					case slowedDown(r) && !r.Seen:
						told++
						fallthrough
					case r.Seen:
						callsOfRefused += kept.calls.Load() - before
					default:
						taken++
					}
					time.Sleep(time.Second / perSecond) // the bubble's clock
				}
				if most := 40 + 5*seconds + 1; taken > most || taken < 20 {
					t.Errorf("%d of %d were taken, at most %d should", taken, perSecond*seconds, most)
				}
				if told == 0 || told > seconds/5+1 {
					t.Errorf("told %d times in %d s to slow down", told, seconds)
				}
				if callsOfRefused > 0 {
					t.Errorf("the store was asked %d times for what was refused", callsOfRefused)
				}
				if r := w.must(l, w.say("alice", "#room", "me")); slowedDown(r) {
					t.Error("another player is told to slow down")
				}
				time.Sleep(2 * time.Second)
				if r := w.must(l, say(w)); slowedDown(r) || r.Seen {
					t.Errorf("refused after the time: %q", title(r))
				}
			})
		})
	}
}

// Whoever presses a hundred times a second has their first answer counted, once.
func TestFloodOfPressesKeepsTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		choice := w.platform.button("#room", "GET")
		for i := range 300 {
			in := w.by("mallory", "#room")
			in.Choice = choice
			r := w.must(l, in)
			if want := "Right"; (i == 0) != strings.HasPrefix(title(r), want) {
				t.Fatalf("press %d reads %q", i, title(r))
			}
			time.Sleep(10 * time.Millisecond) // the bubble's clock
		}
		in := w.by("bob", "#room")
		in.Choice = choice
		wantTitle(t, w.must(l, in), "Right")
		time.Sleep(6 * time.Second)
		synctest.Wait()
		w.sumsAgree(2, 2)
	})
}

// A full room presses in the same second, in one game question after the other,
// by buttons, lines and mentions: nobody is refused.
func TestFullRoomIsNoFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const crowd = 500
		w := newWorld(t)
		l := w.start(asFinder)
		for range 3 {
			w.must(l, w.say("alice", "#room", "method"))
			synctest.Wait()
			choice := w.platform.button("#room", "GET")
			var all sync.WaitGroup
			for i := range crowd {
				in := w.types(fmt.Sprint("p", i), "#room", "GET")
				switch i % 3 {
				case 0:
					in.Choice = choice
				case 1:
					in.Addressed, in.Aloud = true, true
				}
				all.Go(func() {
					if r, err := l.bot.Submit(t.Context(), in); err != nil || !strings.HasPrefix(title(r), "Right") {
						t.Errorf("a first answer reads %q, %v", title(r), err)
					}
				})
			}
			all.Wait()
			time.Sleep(6 * time.Second) // the bubble's clock
			synctest.Wait()
		}
		w.sumsAgreeOn(crowd, 3*crowd)
	})
}

// sumsAgreeOn checks players and right answers of several questions.
func (w *world) sumsAgreeOn(answered, right int) {
	w.t.Helper()
	board, err := w.store.Board(w.t.Context(), bot.BoardQuery{Team: team, Period: "all", Now: time.Now(), Top: answered + 1})
	if err != nil {
		w.t.Fatal(err)
	}
	sum := 0
	for _, s := range board.Top {
		sum += s.Points
	}
	if board.Players != answered || sum != 10*right {
		w.t.Errorf("the board has %d players with %d points, want %d with %d", board.Players, sum, answered, 10*right)
	}
}

// What a room reads is limited for all its players together; what they read in
// private, and other rooms, are not.
func TestFloodOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		boards, told := 0, 0
		for i := range 200 {
			r := w.must(l, w.say(fmt.Sprint("p", i), "#room", "leaderboard"))
			switch {
			case slowedDown(r) && !r.Seen:
				told++
			case r.Public:
				boards++
			}
		}
		if boards < 10 || boards > 40 {
			t.Errorf("%d boards were shown at once in one room", boards)
		}
		if told == 0 || told > 10 {
			t.Errorf("%d people were told at once in one room to slow down", told)
		}
		for i := range 200 {
			who := fmt.Sprint("p", i)
			if r := w.must(l, w.say(who, "#room", "me")); slowedDown(r) || r.Card == nil {
				t.Fatalf("%s asks for private words and reads %q", who, title(r))
			}
		}
		if r := w.must(l, w.say("p0", "#other", "leaderboard")); !r.Public {
			t.Errorf("in another room: %q", title(r))
		}
		aloud := 0
		for i := range 200 {
			in := w.say(fmt.Sprint("p", i), "#third", "topics")
			in.Aloud = true
			if r := w.must(l, in); !slowedDown(r) && r.Card != nil {
				aloud++
			}
		}
		if aloud < 10 || aloud > 40 {
			t.Errorf("%d lists were said at once where all read them", aloud)
		}
	})
}

// A delivery that comes again counts once against its sender, and what the
// platform has kept for us counts not at all.
func TestRedeliveriesAreNoFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		first := w.say("alice", "#room", "me")
		for range 1000 {
			if r := w.must(l, first); slowedDown(r) {
				t.Fatal("a redelivery is taken for a flood")
			}
		}
		for i := range 300 {
			in := w.say("alice", "#room", "me")
			in.Again = true
			if r := w.must(l, in); slowedDown(r) || r.Card == nil {
				t.Fatalf("the %dth of the words that were kept reads %q", i, title(r))
			}
		}
		if r := w.must(l, w.say("alice", "#room", "me")); slowedDown(r) {
			t.Error("they were counted all the same")
		}
		var refused bot.Incoming
		for range 100 {
			in := w.say("alice", "#room", "me")
			if r := w.must(l, in); slowedDown(r) {
				refused = in
				break
			}
		}
		for range 100 {
			if r := w.must(l, refused); !r.Seen || r.Card != nil {
				t.Fatalf("a refused delivery that comes again reads %q", title(r))
			}
		}
	})
}

// In any order of players, rooms and pauses: nobody gets more than their allowance
// and nobody who keeps below it is refused.
func TestAllowancesHold(t *testing.T) {
	for seed := range uint64(seeds) {
		chance := rand.New(rand.NewPCG(seed, 1))
		l := bot.NewLimits()
		now := time.Unix(1_700_000_000, 0)
		begin := now
		taken := map[string]int{}
		next := map[string]time.Time{}
		for i := range 5000 {
			now = now.Add(time.Duration(chance.IntN(20)) * time.Millisecond)
			who := fmt.Sprint("u", chance.IntN(8))
			quiet := who == "u0" // keeps to one word in 1.1 s
			if quiet && now.Before(next[who]) {
				continue
			}
			in := bot.Incoming{ID: fmt.Sprint(i), User: bot.UserID(who), Room: "r", Text: "me", Addressed: true}
			_, refused := l.Refuse(in, now)
			if quiet {
				next[who] = now.Add(1100 * time.Millisecond)
				if refused {
					t.Fatalf("seed %d: who speaks slowly is refused", seed)
				}
			}
			if !refused {
				taken[who]++
			}
		}
		for who, n := range taken {
			if most := 30 + int(now.Sub(begin).Seconds()) + 1; n > most {
				t.Errorf("seed %d: %s got %d in %s, more than %d", seed, who, n, now.Sub(begin), most)
			}
		}
	}
}

// However many people and deliveries there are, what the limits know is bounded;
// and a clock that is set back shuts nobody out.
func TestLimitsAreBounded(t *testing.T) {
	l := bot.NewLimits()
	now := time.Unix(1_700_000_000, 0)
	for i := range 120_000 {
		l.Refuse(bot.Incoming{ID: fmt.Sprint("id", i), User: bot.UserID(fmt.Sprint("u", i)), Room: bot.RoomID(fmt.Sprint("r", i)), Text: "leaderboard", Addressed: true}, now)
	}
	if n := l.Known(); n > 300_000 {
		t.Errorf("%d keys are known", n)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 256<<20 {
		t.Errorf("the heap has %d MiB", m.HeapAlloc>>20)
	}
	runtime.KeepAlive(l)
	later := now.Add(time.Hour)
	l.Refuse(bot.Incoming{ID: "x", User: "u", Room: "r", Text: "me", Addressed: true}, later)
	if n := l.Known(); n > 20_000 {
		t.Errorf("%d keys are known after an hour of silence", n)
	}
	for i := range 10 {
		if _, refused := l.Refuse(bot.Incoming{ID: fmt.Sprint("y", i), User: "u", Room: "r", Text: "me", Addressed: true}, now.Add(-time.Hour)); refused {
			t.Error("refused after the clock was set back")
		}
	}
}

// When all rooms together have too much waiting, the newest are refused as busy,
// and all that was taken is done.
func TestTooMuchInAllRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var held gate
		w.store.onRoom = func(next func() (bot.Snapshot, error)) (bot.Snapshot, error) {
			held.pass()
			return next()
		}
		l := w.start(asFinder)
		held.close()
		var waits []func(context.Context) (bot.Reply, error)
		for i := range bot.MaxInAll + 500 {
			in := w.types(fmt.Sprint("p", i), fmt.Sprint("#r", i%100), "hello")
			in.Again = true // else less than that would be too much, as nothing is done
			waits = append(waits, l.bot.Queue(in))
		}
		held.open()
		for i, wait := range waits {
			_, err := wait(t.Context())
			if busy := err != nil && bot.Sorry(err).Title == "Busy"; busy != (i >= bot.MaxInAll) || err != nil && !busy {
				t.Fatalf("delivery %d: %v", i, err)
			}
		}
		if r := w.must(l, w.say("alice", "#r1", "me")); r.Card == nil {
			t.Error("nothing is taken afterwards")
		}
	})
}

// However long a line is, what waits of it is short, and it is no answer.
func TestLongLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		for _, text := range []string{strings.Repeat("GET ", 10_000), strings.Repeat("é", 500_000), "GET" + strings.Repeat(" ", 40_000) + "POST"} {
			if r := w.must(l, w.types("bob", "#room", text)); r.Card != nil && r.Card.Title != "" && strings.HasPrefix(r.Card.Title, "Right") {
				t.Errorf("a line of %d bytes reads %q", len(text), title(r))
			}
			if r := w.must(l, w.say("bob", "#room", text)); r.Card != nil && len(read(*r.Card)) > 4000 {
				t.Errorf("a line of %d bytes is answered with %d", len(text), len(read(*r.Card)))
			}
		}
		in := w.by("bob", "#room")
		in.Choice = strings.Repeat("a:1", 1_000_000)
		wantTitle(t, w.must(l, in), "Closed")
		wantTitle(t, w.must(l, w.types("bob", "#room", "GET")), "Right")
	})
}
