package bot_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
)

// Buttons, threads and commands of one room and team, sent from another under any
// names, change nothing where they belong.
func TestNobodyReachesAcross(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "start method 3 each 60"))
		time.Sleep(4 * time.Second) // the bubble's clock
		synctest.Wait()
		choice := w.platform.button("#room", "GET")
		before, err := w.store.Room(t.Context(), team, "test:T/#room")
		if err != nil {
			t.Fatal(err)
		}
		chance := rand.New(rand.NewPCG(7, 7))
		for range 300 {
			in := w.by(fmt.Sprint("m", chance.IntN(40)), "#else")
			in.Team = []bot.TeamID{team, "test:X", ""}[chance.IntN(3)]
			if in.Team != team && chance.IntN(2) == 0 {
				in.Room = "test:T/#room" // the right room, of another team
			}
			switch chance.IntN(4) {
			case 0:
				in.Choice, in.Pressed = choice, "forged"
			case 1:
				in.Text, in.Addressed = []string{"stop", "skip", "hint"}[chance.IntN(3)], true
			case 2:
				in.Text, in.ReplyTo = "GET", "forged"
			default:
				in.Text, in.Under = "GET", bot.Place{Room: "test:T/#room", Message: "forged"}
			}
			if r := w.must(l, in); strings.HasPrefix(title(r), "Right") {
				t.Errorf("%+v was right", in)
			}
		}
		for _, word := range []string{"stop", "skip", "hint"} { // in the room, by one who neither began nor is an admin
			wantTitle(t, w.must(l, w.say("mallory", "#room", word)), "That is for who started it")
		}
		after, err := w.store.Room(t.Context(), team, "test:T/#room")
		if err != nil || after.State.Room.Game == nil || len(after.State.Room.Rounds) != len(before.State.Room.Rounds) {
			t.Fatalf("the game is not as it was: %v", err)
		}
		for _, r := range after.State.Room.Rounds {
			if len(r.Answers) != 0 {
				t.Errorf("it was answered from elsewhere: %+v", r.Answers)
			}
		}
	})
}
