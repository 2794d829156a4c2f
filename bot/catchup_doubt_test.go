package bot_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
)

// answeredWhileAway is a question whose post was made as the bot died; bob answers it in
// time, carol when it is over.
func answeredWhileAway(w *world, as func(*platform) bot.Messenger) {
	w.t.Helper()
	w.postAndDie(as)
	time.Sleep(time.Second) // the bubble's clock
	w.platform.write(w.types("bob", "#room", "GET"))
	time.Sleep(5 * time.Second)
	w.platform.write(w.types("carol", "#room", "GET"))
	time.Sleep(time.Second)
}

// wantBobAlone fails the test unless the room has seen one result, with bob's answer only.
func (w *world) wantBobAlone() {
	w.t.Helper()
	texts, _ := w.platform.closes("#room")
	if len(texts) != 1 || !strings.Contains(texts[0], "bob") || strings.Contains(texts[0], "carol") {
		w.t.Errorf("the results are %q", texts)
	}
	w.sumsAgree(1, 1)
}

// A room in which a question may stand is read when that is known: with the message under
// which a thread may hang, and knowing which lines came in time. The bot is not ready, and
// the question not closed, before.
func TestHistoryIsReadWhenTheMessageIsKnown(t *testing.T) {
	for name, as := range map[string]func(*platform) bot.Messenger{"lookup": asFinder, "keys": asIdempotent} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				answeredWhileAway(w, as)
				if w.platform.blind = 3; name == "keys" {
					w.platform.misbehave(transcript.Fault{Kind: transcript.Refuse, N: 1, For: 2 * time.Second})
				}
				began := time.Now()
				l := w.start(as)
				sleepUntil(began, time.Second)
				if err := l.bot.Ready(); err == nil {
					t.Error("it is ready while nobody knows since when its question is open")
				}
				w.platform.mu.Lock()
				if len(w.platform.asked) > 0 {
					t.Errorf("it was read before: %+v", w.platform.asked)
				}
				w.platform.mu.Unlock()
				sleepUntil(began, 3900*time.Millisecond)
				if err := l.bot.Ready(); err != nil {
					t.Errorf("still not ready: %v", err)
				}
				w.platform.mu.Lock()
				if asked := w.platform.asked; len(asked) != 1 || !slices.Equal(asked[0].Questions, []bot.MessageID{"m1"}) {
					t.Errorf("it was read so: %+v", asked)
				}
				w.platform.mu.Unlock()
				w.wantBobAlone()
			})
		})
	}
}

// An adapter that listens only later has the room read then, and its close waits for that.
func TestAdapterListensLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		answeredWhileAway(w, asFinder)
		w.platform.unread = &gate{}
		w.platform.unread.close()
		began := time.Now()
		l := w.start(asFinder)
		sleepUntil(began, time.Second)
		if texts, _ := w.platform.closes("#room"); len(texts) > 0 || l.bot.Ready() == nil {
			t.Errorf("%q before the room was read; ready: %v", texts, l.bot.Ready())
		}
		w.platform.unread.open()
		sleepUntil(began, 1500*time.Millisecond)
		if err := l.bot.Ready(); err != nil {
			t.Error(err)
		}
		w.wantBobAlone()
	})
}

// A post that was begun and never made keeps nobody waiting but its own room.
func TestPostThatWasNeverMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.platform.misbehave(down)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		l.fuse.blow()
		w.platform.misbehave(back)
		l = w.start(asFinder)
		time.Sleep(10 * time.Millisecond) // the bubble's clock
		synctest.Wait()
		if err := l.bot.Ready(); err != nil {
			t.Errorf("it waits for what was never there: %v", err)
		}
		time.Sleep(20 * time.Second) // the bubble's clock
		synctest.Wait()
		if titles := w.platform.titles("#room"); titles["Wires · easy"] != 1 || titles["Closed · Wires · easy"] != 1 {
			t.Errorf("the room reads %v", titles)
		}
	})
}

// What is in doubt for longer than the bot waits for it is closed as soon as it is known,
// and what was said meanwhile counts.
func TestInDoubtForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		answeredWhileAway(w, asFinder)
		w.platform.blind = 5 // about eight seconds
		began := time.Now()
		l := w.start(asFinder)
		sleepUntil(began, 5*time.Second)
		if err := l.bot.Ready(); err != nil {
			t.Errorf("after four seconds: %v", err)
		}
		sleepUntil(began, 15*time.Second)
		w.wantBobAlone()
		if _, at := w.platform.closes("#room"); at[0].Sub(began) > 11*time.Second {
			t.Errorf("closed %s after the start", at[0].Sub(began))
		}
	})
}
