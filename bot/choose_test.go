package bot_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
)

// confirmationOf is the button by which a player can be forgotten.
func confirmationOf(t *testing.T, r bot.Reply) string {
	t.Helper()
	if r.Card == nil || len(r.Card.Choices) != 1 {
		t.Fatalf("no button: %+v", r.Card)
	}
	return r.Card.Choices[0].ID
}

// The button that confirms is its player's own, and for an hour. Pressed by somebody else,
// changed by hand, or found later it deletes nothing.
func TestConfirmationIsOnesOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "method"))
		synctest.Wait()
		for _, who := range []string{"alice", "bob"} {
			in := w.by(who, "#room")
			in.Choice = w.platform.button("#room", "GET")
			wantTitle(t, w.must(l, in), "Right")
		}
		button := confirmationOf(t, w.must(l, w.say("alice", "#room", "privacy forget")))
		press := func(who, id string) bot.Reply {
			in := w.by(who, "#room")
			in.Choice = id
			return w.must(l, in)
		}
		kept := func(who string, want int) {
			t.Helper()
			if k, err := w.store.Kept(t.Context(), userID(who)); err != nil || k.Answers != want {
				t.Errorf("%d answers of %s are kept (%v), want %d", k.Answers, who, err, want)
			}
		}
		other := "forget:0.0"
		for _, id := range []string{button + "0", strings.Replace(button, ".", "0.", 1), "forget:", other, "forget:-1.", "forget:" + strings.Repeat("z", 50)} {
			wantTitle(t, press("alice", id), "Closed")
		}
		wantTitle(t, press("bob", button), "Closed")
		time.Sleep(61 * time.Minute) // the bubble's clock
		wantTitle(t, press("alice", button), "Closed")
		kept("alice", 1)
		kept("bob", 1)
		button = confirmationOf(t, w.must(l, w.say("alice", "#room", "privacy forget")))
		time.Sleep(59 * time.Minute)
		wantTitle(t, press("alice", button), "All about you is deleted")
		kept("alice", 0)
		kept("bob", 1)
		wantTitle(t, press("alice", button), "Nothing is kept about you")
		wantTitle(t, press("alice", button), "Slow down") // it reads all there is
	})
}

// A press that was not answered, because the note of it could not be written, is made again
// by the platform and ends the same; one that was answered has no effect on what came since.
func TestConfirmationDeliveredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		answer := func(want string) {
			w.must(l, w.say("alice", "#room", "method"))
			synctest.Wait()
			in := w.by("alice", "#room")
			in.Choice = w.platform.button("#room", "GET")
			wantTitle(t, w.must(l, in), want)
			time.Sleep(10 * time.Second)
			synctest.Wait()
		}
		answer("Right")
		in := w.by("alice", "#room")
		in.Choice = confirmationOf(t, w.must(l, w.say("alice", "#room", "privacy forget")))
		failed := false
		w.store.onOnce = func(next func() (bool, error)) (bool, error) {
			if !failed {
				failed = true
				return false, errDisk
			}
			return next()
		}
		if _, err := l.bot.Submit(t.Context(), in); !errors.Is(err, errDisk) {
			t.Fatalf("got %v, want the store's error", err)
		}
		wantTitle(t, w.must(l, in), "Nothing is kept about you")
		answer("Right")
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		l = w.start(asFinder)
		if r := w.must(l, in); !r.Seen {
			t.Errorf("the press is new: %+v", r)
		}
		if k, err := w.store.Kept(t.Context(), userID("alice")); err != nil || k.Answers != 1 {
			t.Errorf("%+v is kept (%v), want what came since", k, err)
		}
	})
}

// Whatever a member says of a team's settings, the team's settings stay; where everybody reads
// along, nobody's own are told or changed.
func TestMembersRuleNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		for _, words := range []string{
			"settings start admins", "settings rooms here", "settings rooms not here", "settings rooms all", "settings speed off", "settings seconds 5", "settings count 1",
			"settings pace 2 speed off", "SETTINGS SPEED OFF", "quiz settings seconds 9 pace 2",
		} {
			for _, private := range []bool{false, true} {
				in := w.say("alice", "#room", words)
				in.Private = private
				for range 2 {
					w.must(l, in)
				}
			}
		}
		if s, err := w.store.TeamSettings(t.Context(), team); err != nil || !s.IsZero() {
			t.Errorf("a member has changed the team's settings: %+v %v", s, err)
		}
		if p, err := w.store.PlayerSettings(t.Context(), userID("alice")); err != nil || p != (bot.PlayerSettings{}) {
			t.Errorf("half of what was refused was done: %+v %v", p, err)
		}
		for _, words := range []string{"settings", "settings pace 2", "privacy", "privacy hide", "privacy forget"} {
			in := w.say("alice", "#room", words)
			in.Aloud = true
			if r := w.must(l, in); title(r) != "That is for you alone" || len(r.Card.Choices) > 0 {
				t.Errorf("%q aloud: %+v", words, r.Card)
			}
		}
		if p, err := w.store.PlayerSettings(t.Context(), userID("alice")); err != nil || p != (bot.PlayerSettings{}) {
			t.Errorf("changed aloud: %+v %v", p, err)
		}
		// Direct messages that are a team of their own have no admins and no settings.
		in := w.say("alice", "#room", "settings speed off")
		in.Team, in.Room, in.Private, in.Role = "test:dm/1", "test:dm/1", true, bot.Admin
		wantTitle(t, w.must(l, in), "There is no team in these direct messages")
		if s, err := w.store.TeamSettings(t.Context(), "test:dm/1"); err != nil || !s.IsZero() {
			t.Errorf("settings of no team: %+v %v", s, err)
		}
	})
}

// A redelivered choice is not made again, whichever part of it was written before.
func TestChoiceDeliveredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		first := w.say("dora", "#room", "settings pace 2 speed off count 3")
		first.Role = bot.Admin
		wantTitle(t, w.must(l, first), "Saved")
		second := w.say("dora", "#room", "settings pace 1 speed full count auto")
		second.Role = bot.Admin
		wantTitle(t, w.must(l, second), "Saved")
		if r := w.must(l, first); !r.Seen || r.Card != nil {
			t.Errorf("said again: %+v", r)
		}
		s, err := w.store.TeamSettings(t.Context(), team)
		if err != nil || s.Speed != "full" || s.Count != 0 {
			t.Errorf("the team's: %+v %v", s, err)
		}
		if p, err := w.store.PlayerSettings(t.Context(), userID("dora")); err != nil || p.Pace != 0 {
			t.Errorf("dora's: %+v %v", p, err)
		}
	})
}

// A board has its lines also where many who lead it are hidden, and places as if they were not
// there; nobody who is hidden is on it, not even the one who asks.
func TestBoardWithoutThoseWhoAreHidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := bot.Change{Team: team, Room: "test:T/#room", At: time.Now(), Names: map[bot.UserID]string{}}
		const players, hidden = 60, 45
		for i := range players {
			who := fmt.Sprintf("p%02d", i)
			c.Names[userID(who)] = who
			c.Answers = append(c.Answers, bot.Entry{
				Room: c.Room, Round: 1, Player: userID(who), Pack: "x", Question: "q", At: time.Now(), Right: true, Points: 10 * (1 + (players-i)/2),
			})
		}
		if err := w.store.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		for i := range hidden {
			who := fmt.Sprintf("p%02d", i)
			if _, err := w.store.SetHidden(t.Context(), userID(who), true, "test:hide-"+who, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		l := w.start(asFinder)
		for who, own := range map[string]string{"p59": "15. p59 — 10", "p00": "", "p45": "1. p45 — 80"} {
			lines := w.must(l, w.say(who, "#room", "leaderboard")).Card.Table
			want := []string{"1. p45 — 80", "1. p46 — 80", "3. p47 — 70", "3. p48 — 70", "5. p49 — 60", "5. p50 — 60", "7. p51 — 50", "7. p52 — 50", "9. p53 — 40", "9. p54 — 40"}
			if own != "" && !slices.Contains(want, own) {
				want = append(want, own)
			}
			if !slices.Equal(lines, want) {
				t.Errorf("%s reads %q, want %q", who, lines, want)
			}
		}
	})
}
