package bot_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
)

// forgetful is a platform that knows a key again for a few minutes only, as
// Discord does, and can be asked what it has.
type forgetful struct {
	*platform
	made map[string]time.Time
	late time.Duration // the next post appears only then, and its caller has given up
}

func (m *forgetful) Remembers() time.Duration { return 2 * time.Minute }

func (m *forgetful) Deliver(ctx context.Context, o bot.Outgoing) (bot.MessageID, error) {
	m.mu.Lock()
	late := m.late
	m.late = 0
	m.mu.Unlock()
	if late > 0 {
		go func() {
			time.Sleep(late) // the bubble's clock
			_, _ = m.deliver(context.Background(), o, false)
		}()
		return "", &bot.DoubtError{Settles: 30 * time.Second, Err: errors.New("no answer")}
	}
	m.mu.Lock()
	at, known := m.made[o.Key]
	m.mu.Unlock()
	id, err := m.deliver(ctx, o, known && time.Since(at) < 5*time.Minute)
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, again := m.made[o.Key]; !again && (err == nil || errors.Is(err, bot.ErrInDoubt)) {
		m.made[o.Key] = time.Now()
	}
	return id, err
}

func (m *forgetful) Find(ctx context.Context, o bot.Outgoing, since time.Time) (bot.MessageID, bool, error) {
	return finder{m.platform}.Find(ctx, o, since)
}

// A message whose fate is not known is made once, however long the trouble lasts
// and whatever is tried in between.
func TestMadeOnce(t *testing.T) {
	for name, trouble := range map[string]func(w *world){
		"crash and a long pause": nil,
		"in doubt, then refused for minutes": func(w *world) {
			w.platform.misbehave(transcript.Fault{Kind: transcript.Lose, N: 1})
			w.platform.misbehave(transcript.Fault{Kind: transcript.Refuse, N: 4, For: 2 * time.Minute})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				made := map[string]time.Time{}
				asForgetful := func(p *platform) bot.Messenger { return &forgetful{platform: p, made: made} }
				l := w.start(asForgetful)
				if trouble != nil {
					trouble(w)
				} else {
					w.platform.misbehave(transcript.Fault{Kind: transcript.Lose, N: 1})
				}
				w.must(l, w.say("alice", "#room", "method"))
				if trouble == nil {
					synctest.Wait()
					l.fuse.blow()
					time.Sleep(10 * time.Minute) // the bubble's clock
					w.start(asForgetful)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if n := w.platform.titles("#room")["Wires · easy"]; n != 1 {
					t.Errorf("the question was posted %d times", n)
				}
			})
		})
	}
}

// A post that appears after its caller gave up is not made a second time.
func TestLatePost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(func(p *platform) bot.Messenger {
			return lateFinder{&forgetful{platform: p, made: map[string]time.Time{}, late: 12 * time.Second}}
		})
		w.must(l, w.say("alice", "#room", "method"))
		time.Sleep(time.Minute) // the bubble's clock
		synctest.Wait()
		if n := w.platform.titles("#room")["Wires · easy"]; n != 1 {
			t.Errorf("the question was posted %d times", n)
		}
	})
}

// lateFinder hides that keys are known again.
type lateFinder struct{ m *forgetful }

func (f lateFinder) Deliver(ctx context.Context, o bot.Outgoing) (bot.MessageID, error) {
	return f.m.Deliver(ctx, o)
}

func (f lateFinder) Missed(ctx context.Context, m bot.Missing) ([]bot.Said, error) {
	return f.m.Missed(ctx, m)
}

func (f lateFinder) Find(ctx context.Context, o bot.Outgoing, since time.Time) (bot.MessageID, bool, error) {
	return f.m.Find(ctx, o, since)
}

// A close reaches its room after an outage of an hour, and what came behind it too.
func TestLongOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		w.platform.misbehave(transcript.Fault{Kind: transcript.Down})
		time.Sleep(time.Hour) // the bubble's clock
		w.platform.misbehave(transcript.Fault{Kind: transcript.Back})
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := w.platform.last("#room"); firstLine(got) != "Closed · Wires · easy" {
			t.Errorf("the last word is %q", firstLine(got))
		}
	})
}

// A post that is begun again after a crash is in doubt from then on: after another crash
// it is looked for as long as it may appear, and not made a second time.
func TestCrashInALaterTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.platform.misbehave(down)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		l.fuse.blow()
		time.Sleep(10 * time.Second) // the bubble's clock
		w.platform.misbehave(back)
		l = w.start(func(p *platform) bot.Messenger { // the post appears after its process has died
			return lateFinder{&forgetful{platform: p, made: map[string]time.Time{}, late: 3 * time.Second}}
		})
		time.Sleep(time.Second) // the bubble's clock
		synctest.Wait()
		if n := len(w.platform.titles("#room")); n > 0 {
			t.Fatal("it appeared too soon")
		}
		l.fuse.blow()
		w.start(asFinder)
		time.Sleep(time.Minute) // the bubble's clock
		synctest.Wait()
		if titles := w.platform.titles("#room"); titles["Wires · easy"] != 1 || titles["Closed · Wires · easy"] != 1 {
			t.Errorf("the room reads %v", titles)
		}
	})
}

// When a try begins is on disk, also that of a later one.
func TestEachTryIsNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var noted []time.Time
		w.store.onCommit = func(c bot.Change, next func() error) error {
			if len(c.Begun) > 0 {
				noted = append(noted, c.At)
			}
			return next()
		}
		l := w.start(asFinder)
		w.platform.misbehave(transcript.Fault{Kind: transcript.Refuse, N: 1, For: 20 * time.Second})
		w.must(l, w.say("alice", "#room", "method"))
		time.Sleep(time.Minute) // the bubble's clock
		synctest.Wait()
		if posted := w.platform.heardAt(t, "#room", "Wires"); len(noted) < 2 || !noted[1].Equal(posted) {
			t.Errorf("posted at %s, noted at %v", posted, noted)
		}
	})
}

// A question that was posted just before a crash has been there to read ever since:
// what was typed meanwhile, and is delivered again after the restart, answers it.
func TestLineFromBeforeTheRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.platform.misbehave(transcript.Fault{Kind: transcript.Lose, N: 1})
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		l.fuse.blow()
		time.Sleep(time.Second) // the bubble's clock
		before, after := w.types("bob", "#room", "GET"), w.types("carol", "#room", "GET")
		before.At, before.Again = time.Now(), true
		time.Sleep(20 * time.Second)
		l = w.start(asFinder)
		time.Sleep(time.Second)
		synctest.Wait()
		wantTitle(t, w.must(l, before), "Right")
		after.At, after.Again = time.Now().Add(-time.Hour), true // that was about something else
		if r := w.must(l, after); r.Card != nil {
			t.Errorf("a line of an hour ago was answered: %q", title(r))
		}
	})
}
