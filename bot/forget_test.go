package bot_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
	"quizbot/quiz"
)

// forget has somebody forgotten, and fails the test where that fails.
func (w *world) forget(l *life, who string) bot.Forgotten {
	w.t.Helper()
	out, err := l.bot.Forget(w.t.Context(), userID(who))
	if err != nil {
		w.t.Fatalf("forget %s: %v", who, err)
	}
	return out
}

// heard is all that a room has read since a number of lines.
func (w *world) heard(from int) string {
	lines, _ := w.platform.heardSince(from)
	var b strings.Builder
	for _, h := range lines {
		b.WriteString(h.Text + "\n")
	}
	return b.String()
}

// lastButton is the newest button of that text in a room.
func (p *platform) lastButton(room, text string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := ""
	for _, h := range p.log {
		for _, b := range h.Buttons {
			if h.Room == room && b.Text == text {
				id = b.ID
			}
		}
	}
	return id
}

// Who is forgotten in the middle of a question is not in what closes it, and
// may answer it anew.
func TestForgottenDuringPlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		for _, who := range []string{"alice", "bob"} {
			in := w.by(who, "#room")
			in.Choice = w.platform.lastButton("#room", "GET")
			wantTitle(t, w.must(l, in), "Right")
		}
		out := w.forget(l, "alice")
		if out.Answers != 1 || len(out.Changed) != 1 || out.Standings == 0 {
			t.Errorf("forgotten: %+v", out)
		}
		time.Sleep(10 * time.Second) // the bubble's clock
		synctest.Wait()
		if all := w.heard(0); strings.Contains(all, "alice") || !strings.Contains(all, "Right, for 10 points: bob. Answered by 1 player.") {
			t.Errorf("the room reads:\n%s", all)
		}
		board := w.must(l, w.say("carol", "#room", "leaderboard"))
		if got := strings.Join(board.Card.Table, "\n"); got != "1. bob — 10" {
			t.Errorf("the board: %s", got)
		}
		w.must(l, w.say("carol", "#room", "method"))
		synctest.Wait()
		in := w.by("alice", "#room")
		in.Choice = w.platform.lastButton("#room", "GET")
		wantTitle(t, w.must(l, in), "Right")
		wantTitle(t, w.must(l, w.say("alice", "#room", "me")), "10 points")
		if _, err := l.bot.Forget(t.Context(), userID("nobody")); !errors.Is(err, bot.ErrUnknownPlayer) {
			t.Errorf("forgetting nobody: %v", err)
		}
	})
}

// Messages that are decided and not made yet are made without the name, also the
// one that is being tried again, and one that was taken out of the outbox of an
// earlier process.
func TestForgottenInWhatWaits(t *testing.T) {
	for name, restart := range map[string]bool{"the same process": false, "another": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				l := w.start(asIdempotent)
				w.must(l, w.say("bob", "#room", "start method 2"))
				time.Sleep(quiz.FirstGap + time.Second) // the bubble's clock
				synctest.Wait()
				for _, who := range []string{"alice", "bob"} {
					in := w.by(who, "#room")
					in.Choice = w.platform.lastButton("#room", "GET")
					wantTitle(t, w.must(l, in), "Right")
				}
				from := len(w.platform.log)
				w.platform.misbehave(transcript.Fault{Kind: transcript.Refuse, N: 3, For: 4 * time.Second})
				time.Sleep(7 * time.Second) // the question is over; its close and the table wait
				synctest.Wait()
				if restart {
					if err := l.stop(); err != nil {
						t.Fatal(err)
					}
					l = w.start(asIdempotent)
				}
				if out := w.forget(l, "alice"); out.Messages < 2 {
					t.Errorf("forgotten: %+v", out)
				}
				time.Sleep(time.Minute) // the bubble's clock
				synctest.Wait()
				all := w.heard(from)
				if strings.Contains(all, "alice") || !strings.Contains(all, "Right, for 12 points: someone, bob.") || !strings.Contains(all, "1. bob — 12") {
					t.Errorf("the room reads:\n%s", all)
				}
			})
		})
	}
}

// What somebody was about to answer is forgotten too.
func TestForgottenPicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("bob", "#room", "secure"))
		synctest.Wait()
		press := func(text string) bot.Reply {
			in := w.by("alice", "#room")
			in.Choice = w.platform.lastButton("#room", text)
			return w.must(l, in)
		}
		press("wss")
		if r := press("https"); !strings.Contains(strings.Join(r.Card.Body, ""), "wss") {
			t.Fatalf("two picks: %+v", r.Card)
		}
		if _, err := l.bot.Forget(t.Context(), userID("alice")); !errors.Is(err, bot.ErrUnknownPlayer) {
			t.Errorf("nothing is stored of picks: %v", err)
		}
		if r := press("https"); strings.Contains(strings.Join(r.Card.Body, ""), "wss") {
			t.Errorf("a pick from before: %+v", r.Card)
		}
	})
}

// Direct messages go as a whole: what waits there is not said any more, and what
// becomes of it leaves no trace.
func TestForgottenDirectMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("bob", "#room", "method"))
		synctest.Wait()
		alone := func(text string) bot.Incoming {
			in := w.by("alice", "dm-alice")
			in.Text, in.Private = text, true
			return in
		}
		wantTitle(t, w.must(l, alone("stop")), "No question") // no question yet: the room is known all the same
		if out, err := l.bot.Forget(t.Context(), userID("alice")); err != nil || len(out.Gone) != 1 {
			t.Fatalf("forgotten: %+v %v", out, err)
		}
		from := len(w.platform.log)
		w.platform.misbehave(transcript.Fault{Kind: transcript.Refuse, N: 2, For: 4 * time.Second})
		w.must(l, alone("port"))
		synctest.Wait()
		out := w.forget(l, "alice")
		if len(out.Gone) != 1 || out.Gone[0].Room != "test:T/dm-alice" {
			t.Errorf("forgotten: %+v", out)
		}
		time.Sleep(time.Minute) // the bubble's clock
		synctest.Wait()
		if all := w.heard(from); strings.Contains(all, "port") {
			t.Errorf("said in a room that is gone:\n%s", all)
		}
		snap, err := w.store.Store.Room(t.Context(), team, "test:T/dm-alice")
		if err != nil || snap.Rev != 0 {
			t.Errorf("the room: %+v %v", snap, err)
		}
		w.must(l, alone("method")) // and it can be played in again
		synctest.Wait()
		in := alone("")
		in.Choice = w.platform.lastButton("dm-alice", "GET")
		wantTitle(t, w.must(l, in), "Right")
	})
}

// Old answers are forgotten by and by while the bot runs, with their points.
func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.retention = 7 * 24 * time.Hour
		l := w.start(asFinder)
		answer := func(who string) {
			w.must(l, w.say(who, "#room", "method"))
			synctest.Wait()
			in := w.by(who, "#room")
			in.Choice = w.platform.lastButton("#room", "GET")
			wantTitle(t, w.must(l, in), "Right")
			time.Sleep(time.Minute) // the bubble's clock
		}
		answer("alice")
		time.Sleep(6 * 24 * time.Hour) // the bubble's clock
		answer("bob")
		wantTitle(t, w.must(l, w.say("alice", "#room", "me")), "10 points")
		time.Sleep(25 * time.Hour) // the bubble's clock
		wantTitle(t, w.must(l, w.say("alice", "#room", "me")), "You haven't answered yet")
		wantTitle(t, w.must(l, w.say("bob", "#room", "me")), "10 points")
		list, err := w.store.Players(t.Context())
		if err != nil || len(list) != 1 || list[0] != userID("bob") {
			t.Errorf("players: %q %v", list, err)
		}
	})
}
