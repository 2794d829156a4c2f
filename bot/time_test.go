package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot/transcript"
)

// heardAt is when the first message of the room with those first words came.
func (p *platform) heardAt(t *testing.T, room, begins string) time.Time {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, h := range p.log {
		if h.Room == room && h.To == "" && strings.HasPrefix(h.Text, begins) {
			return p.times[i]
		}
	}
	t.Fatalf("%q was never said in %s", begins, room)
	return time.Time{}
}

// A question stays open exactly its seconds from when it can be read, and its
// closing edit comes within 2 s of the end, whatever the length.
func TestQuestionsCloseOnTime(t *testing.T) {
	for _, c := range []struct {
		topic string
		open  time.Duration
	}{{"method", 5 * time.Second}, {"secure", 10 * time.Second}, {"daily", 24 * time.Hour}} {
		t.Run(c.topic, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				l := w.start(asFinder)
				const rooms = 30
				for i := range rooms { // at odd moments, on a platform that takes odd times
					w.platform.misbehave(transcript.Fault{Kind: transcript.Slow, For: time.Duration(i) * 1234567})
					w.must(l, w.say("alice", fmt.Sprint("#r", i), c.topic))
					time.Sleep(7654321) // the bubble's clock
				}
				w.platform.misbehave(back)
				time.Sleep(c.open + 5*time.Second) // the bubble's clock
				synctest.Wait()
				for i := range rooms {
					room := fmt.Sprint("#r", i)
					asked, closed := w.platform.heardAt(t, room, ""), w.platform.heardAt(t, room, "Closed")
					if open := closed.Sub(asked); open < c.open || open > c.open+2*time.Second {
						t.Errorf("the question in %s was open %s, want %s to 2 s more", room, open, c.open)
					}
				}
			})
		})
	}
}

// An answer that was given in time counts though it arrives a little late; one
// that was given after the end doesn't, however quick it arrives.
func TestTheEndIsTheEnd(t *testing.T) {
	for name, c := range map[string]struct {
		given, arrived time.Duration // after the question could be read
		known          bool          // the platform says when it was given
		want           string
	}{
		"in time":                     {4 * time.Second, 4 * time.Second, true, "Right"},
		"at the last moment":          {5 * time.Second, 5 * time.Second, true, "Right"},
		"on its way at the end":       {5 * time.Second, 5*time.Second + 300*time.Millisecond, true, "Right"},
		"just after the end":          {5*time.Second + 1, 5*time.Second + 1, true, "Closed"},
		"after the end":               {5*time.Second + 200*time.Millisecond, 5*time.Second + 300*time.Millisecond, true, "Closed"},
		"after the end, time unknown": {0, 5*time.Second + 300*time.Millisecond, false, "Closed"},
		"much later":                  {4 * time.Second, 8 * time.Second, true, "Closed"},
		"before it was asked":         {-time.Hour, 5*time.Second + 300*time.Millisecond, true, "Closed"},
		"in the future":               {time.Hour, 4 * time.Second, true, "Right"},
		"in the future, late":         {time.Hour, 5*time.Second + 300*time.Millisecond, true, "Closed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				l := w.start(asFinder)
				w.must(l, w.say("alice", "#room", "method"))
				synctest.Wait()
				began := time.Now()
				time.Sleep(c.arrived) // the bubble's clock
				synctest.Wait()
				in := w.by("bob", "#room")
				in.Choice = w.platform.firstButton("#room", "GET")
				in.At = time.Time{}
				if c.known {
					in.At = began.Add(c.given)
				}
				wantTitle(t, w.must(l, in), c.want)
				time.Sleep(10 * time.Second) // the bubble's clock
				synctest.Wait()
				right := 0
				if c.want == "Right" {
					right = 1
				}
				w.sumsAgree(right, right)
			})
		})
	}
}

// More rooms close at once than are looked up at once.
func TestManyRoomsCloseAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asIdempotent)
		const rooms = 600
		for i := range rooms {
			w.must(l, w.say(fmt.Sprint("p", i), fmt.Sprint("#r", i), "method"))
		}
		synctest.Wait()
		end := time.Now().Add(5 * time.Second)
		time.Sleep(10 * time.Second) // the bubble's clock
		synctest.Wait()
		for i := range rooms {
			if late := w.platform.heardAt(t, fmt.Sprint("#r", i), "Closed").Sub(end); late < 0 || late > 2*time.Second {
				t.Fatalf("room %d was told %s after the end", i, late)
			}
		}
	})
}

// What became due while nobody ran is closed within 2 s of the start, also when
// it is the store alone that remembers.
func TestClosingAfterAnAbsence(t *testing.T) {
	for name, away := range map[string]time.Duration{"seconds": 6 * time.Second, "days": 72 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				l := w.start(asFinder)
				for i := range 20 {
					w.must(l, w.say("alice", fmt.Sprint("#r", i), "method"))
				}
				synctest.Wait()
				if err := l.stop(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(away) // the bubble's clock
				began := time.Now()
				w.start(asFinder)
				time.Sleep(3 * time.Second) // the bubble's clock
				synctest.Wait()
				for i := range 20 {
					if late := w.platform.heardAt(t, fmt.Sprint("#r", i), "Closed").Sub(began); late < 0 || late > 2*time.Second {
						t.Errorf("room %d was told %s after the start", i, late)
					}
				}
			})
		})
	}
}

// Ten long questions and a short one side by side close each in its own time.
func TestLongQuestionsSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		for i := range 10 {
			w.must(l, w.say([]string{"alice", "bob", "carol", "dave"}[i%4], "#room", "daily"))
			time.Sleep(time.Hour) // the bubble's clock
		}
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		wantTitle(t, w.must(l, w.types("bob", "#room", "GET")), "Right")
		time.Sleep(12 * time.Hour) // the bubble's clock
		synctest.Wait()
		if n := w.platform.titles("#room")["Closed · Question of the day · medium"]; n != 0 {
			t.Errorf("%d closed before their time", n)
		}
		for closed := 1; closed <= 10; closed++ {
			pause := time.Hour
			if closed == 1 {
				pause = 2*time.Hour + time.Second
			}
			time.Sleep(pause) // the bubble's clock
			synctest.Wait()
			if n := w.platform.titles("#room")["Closed · Question of the day · medium"]; n != closed {
				t.Errorf("%d are closed, want %d", n, closed)
			}
		}
	})
}

// A question whose time is in the store alone is asked for again and again, so
// that a bot that was not told of it closes it too.
func TestTimeSetByAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start(asFinder) // only looks
		other := w.start(asFinder)
		w.must(other, w.say("alice", "#room", "method"))
		synctest.Wait()
		end := time.Now().Add(5 * time.Second)
		other.fuse.blow()
		time.Sleep(12 * time.Second) // the bubble's clock
		synctest.Wait()
		if late := w.platform.heardAt(t, "#room", "Closed").Sub(end); late < 0 || late > 2*time.Second {
			t.Errorf("the room was told %s after the end", late)
		}
	})
}
