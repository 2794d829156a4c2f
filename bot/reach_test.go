package bot_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
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

// In a direct message everybody is their own admin, of what is in it: nothing that is
// said there, whatever it hangs under, ends or answers what is in another room.
func TestDirectMessagesReachNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "start method 3 each 60"))
		w.must(l, w.say("alice", "@mallory", "start method 3 each 60"))
		time.Sleep(4 * time.Second) // the bubble's clock
		synctest.Wait()
		posted, err := w.store.Room(t.Context(), team, "test:T/#room")
		if err != nil {
			t.Fatal(err)
		}
		message := posted.State.Posts[posted.State.Room.Rounds[0].No]
		for _, words := range []string{"GET", "skip", "hint", "stop"} {
			in := w.by("mallory", "@mallory")
			in.Private, in.Text = true, words
			in.Under = bot.Place{Room: "test:T/#room", Message: message}
			in.ReplyTo = message
			w.must(l, in)
		}
		synctest.Wait()
		after, err := w.store.Room(t.Context(), team, "test:T/#room")
		if err != nil || after.State.Room.Game == nil || len(after.State.Room.Rounds) != 1 || len(after.State.Room.Rounds[0].Answers) != 0 {
			t.Errorf("the room is %+v: %v", after.State.Room, err)
		}
		direct, err := w.store.Room(t.Context(), team, "test:T/@mallory")
		if err != nil || direct.State.Room.Game != nil {
			t.Errorf("the game of the direct message goes on: %v", err)
		}
	})
}

// Whatever is pressed in the room of an open question, only a button that stands under
// it answers it, once for each player.
func TestOnlyTheButtonsThatAreThereAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "start method 2 each 60"))
		time.Sleep(4 * time.Second) // the bubble's clock
		synctest.Wait()
		round := func() quiz.Round {
			r, err := w.store.Room(t.Context(), team, "test:T/#room")
			if err != nil || len(r.State.Room.Rounds) != 1 {
				t.Fatalf("%+v: %v", r.State.Room.Rounds, err)
			}
			return r.State.Room.Rounds[0]
		}
		before := round()
		real := map[string]int{} // what was picked, by button
		for i, text := range []string{"GET", "POST", "CONNECT"} {
			at := slices.IndexFunc(before.Question.Options, func(o quiz.Option) bool { return o.Text == text })
			if at < 0 {
				t.Fatalf("no option %d", i)
			}
			real[w.button("#room", text)] = at
		}
		buttons := slices.Sorted(maps.Keys(real))
		chance := rand.New(rand.NewPCG(8, 8))
		want := map[string]int{}
		for range 600 {
			id := buttons[chance.IntN(len(buttons))]
			switch chance.IntN(4) {
			case 0: // another round, tag, option, or more than one of them
				change := [][2]string{{"a:", "a:9"}, {"a:", "a:0"}, {".", ".z"}, {"a:", "b:"}, {"a:", "A:"}}[chance.IntN(5)]
				id = strings.Replace(id, change[0], change[1], 1)
			case 1:
				id += []string{"!", "-1", "-0", "9", "0", " ", "\x00", "-", ":", strings.Repeat("1", 80)}[chance.IntN(10)]
			case 2: // a byte of it is another
				b := []byte(id)
				b[chance.IntN(len(b))] ^= byte(1 + chance.IntN(127))
				id = string(b)
			}
			in := w.by(fmt.Sprint("m", chance.IntN(60)), "#room")
			in.Choice = id
			in.Pressed = []bot.MessageID{"", "forged", "m1"}[chance.IntN(3)]
			if at, ok := real[id]; ok {
				if _, answered := want[string(in.User)]; !answered {
					want[string(in.User)] = at
				}
			}
			w.must(l, in)
		}
		after := round()
		got := map[string]int{}
		for _, a := range after.Answers {
			got[a.Player] = a.Given.Picks[0]
		}
		if len(want) < 30 || !maps.Equal(got, want) || len(after.Answers) != len(want) {
			t.Errorf("%d answers are\n%v, want\n%v", len(after.Answers), got, want)
		}
		after.Answers, before.Answers = nil, nil
		if !reflect.DeepEqual(before, after) {
			t.Errorf("the round was %+v and is %+v", before, after)
		}
	})
}
