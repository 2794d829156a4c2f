package bot_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
	"quizbot/quiz"
)

// openFor is how long the question "method" stays open, until its close is seen.
const openFor = 5*time.Second + quiz.Settle

// about reports that two times differ by no more than the waits between tries do.
func about(a, b time.Time) bool { return a.Sub(b).Abs() < 100*time.Millisecond }

// wantClosed fails the test unless the question was closed, once, about then.
func (w *world) wantClosed(at time.Time) {
	w.t.Helper()
	time.Sleep(30 * time.Second) // the bubble's clock
	synctest.Wait()
	if n := w.platform.titles("#room")["Closed · Wires · easy"]; n != 1 {
		w.t.Fatalf("%d closes in %v", n, w.platform.titles("#room"))
	}
	if closed := w.platform.heardAt(w.t, "#room", "Closed"); !about(closed, at) {
		w.t.Errorf("closed %s after the post, want %s", closed.Sub(w.platform.heardAt(w.t, "#room", "")), at.Sub(w.platform.heardAt(w.t, "#room", "")))
	}
}

// postAndDie asks the question "method", which is posted, and the bot dies before it knows.
func (w *world) postAndDie(as func(*platform) bot.Messenger) (posted time.Time) {
	w.t.Helper()
	l := w.start(as)
	w.platform.misbehave(transcript.Fault{Kind: transcript.Hang, N: 1})
	w.must(l, w.say("alice", "#room", "method"))
	synctest.Wait()
	l.fuse.blow()
	return w.platform.heardAt(w.t, "#room", "Wires")
}

// Where the bot has seen its post be answered, a question is open exactly its seconds,
// whatever the platform's clock says. Else it is open since the message was made, as far
// as that can be: the outage is no part of its time, and a clock that is wrong takes
// nothing from it.
func TestSinceWhenAQuestionIsOpen(t *testing.T) {
	const outage = 3 * time.Second
	for name, as := range map[string]func(*platform) bot.Messenger{"lookup": asFinder, "keys": asIdempotent} {
		for clock, c := range map[string]struct {
			skew time.Duration
			late time.Duration // by how much the close comes late after an outage
		}{
			"right":           {},
			"a little behind": {skew: -300 * time.Millisecond}, // and not before the post was begun
			"a little ahead":  {skew: 300 * time.Millisecond, late: 300 * time.Millisecond},
			"an hour behind":  {skew: -time.Hour},
			"an hour ahead":   {skew: time.Hour, late: outage},
		} {
			t.Run(name+", clock "+clock, func(t *testing.T) {
				t.Run("answered", func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t)
						w.platform.skew = c.skew
						l := w.start(as)
						w.must(l, w.say("alice", "#room", "method"))
						synctest.Wait()
						w.wantClosed(w.platform.heardAt(t, "#room", "Wires").Add(openFor))
					})
				})
				t.Run("crash after the post", func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t)
						w.platform.skew = c.skew
						posted := w.postAndDie(as)
						time.Sleep(outage) // the bubble's clock
						w.start(as)
						w.wantClosed(posted.Add(openFor + c.late))
					})
				})
				t.Run("crash before the post", func(t *testing.T) {
					if c.skew == -time.Hour && name == "keys" {
						return // which call made it can't be told: see bot.clocksDiffer
					}
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t)
						w.platform.skew = c.skew
						l := w.start(as)
						w.platform.misbehave(down)
						w.must(l, w.say("alice", "#room", "method"))
						synctest.Wait()
						l.fuse.blow()
						time.Sleep(outage) // the bubble's clock
						w.platform.misbehave(back)
						w.start(as)
						time.Sleep(10 * time.Second) // of looking for it
						synctest.Wait()
						w.wantClosed(w.platform.heardAt(t, "#room", "Wires").Add(openFor))
					})
				})
			})
		}
	}
}

// A key that is sent again gives back the message of the first try, whose answer was lost.
func TestSinceTheFirstTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(func(p *platform) bot.Messenger { return lostAnswer{idempotent{p}} })
		w.platform.misbehave(transcript.Fault{Kind: transcript.Lose, N: 1})
		w.platform.misbehave(transcript.Fault{Kind: transcript.Refuse, N: 1, For: 3 * time.Second})
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		w.wantClosed(w.platform.heardAt(t, "#room", "Wires").Add(openFor))
	})
}

// lostAnswer says of a lost answer what an adapter does that knows keys again.
type lostAnswer struct{ idempotent }

func (m lostAnswer) Deliver(ctx context.Context, o bot.Outgoing) (bot.MessageID, error) {
	id, err := m.idempotent.Deliver(ctx, o)
	if errors.Is(err, bot.ErrInDoubt) {
		err = &bot.RetryError{Err: errors.New("connection lost")}
	}
	return id, err
}

// A press that comes before the record of the post tells since when the question is
// open: by how long before it the message was made, so that clocks may differ.
func TestSinceThePressedMessage(t *testing.T) {
	for _, skew := range []time.Duration{0, -time.Minute, time.Minute} {
		t.Run(skew.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.platform.skew = skew
				posted := w.postAndDie(asFinder)
				time.Sleep(2 * time.Second) // the bubble's clock
				w.platform.blind = 3
				l := w.start(asFinder)
				in := w.by("bob", "#room")
				in.Choice, in.Pressed, in.At = w.button("#room", "GET"), "m1", in.At.Add(skew)
				wantTitle(t, w.must(l, in), "Right")
				w.wantClosed(posted.Add(openFor))
			})
		})
	}
}

// Where the bot may not look, a question in doubt is closed when its time is over, or at
// once where it is by then: under its message where a press has told which that is, else
// by a message of its own.
func TestInDoubtAndNobodyMayLook(t *testing.T) {
	for name, c := range map[string]struct {
		outage time.Duration
		press  bool
	}{
		"before its end": {outage: time.Second}, "after its end": {outage: time.Minute}, "pressed": {outage: time.Second, press: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.platform.unreadable = true
				posted := w.postAndDie(asFinder)
				time.Sleep(c.outage) // the bubble's clock
				back := time.Now()
				l := w.start(asFinder)
				if c.press {
					in := w.by("bob", "#room")
					in.Choice, in.Pressed = w.button("#room", "GET"), "m1"
					wantTitle(t, w.must(l, in), "Right")
				}
				end := posted.Add(openFor)
				if end.Before(back) {
					end = back
				}
				w.wantClosed(end)
				w.platform.mu.Lock()
				defer w.platform.mu.Unlock()
				if last := w.platform.log[len(w.platform.log)-1]; last.Edit != c.press {
					t.Errorf("the close is %+v", last)
				}
			})
		})
	}
}
