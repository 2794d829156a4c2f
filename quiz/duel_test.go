package quiz

import (
	"testing"
	"time"
)

// duel has alice challenge bob to a game of two questions.
func duel(t *testing.T, in Dare) (*table, Challenge) {
	t.Helper()
	x := &table{t: t, pool: testPool(t, 9), now: noon}
	in.By, in.ByName, in.Player, in.Name, in.Seed = "alice", "Alice", "bob", "Bob", 3
	return x, only[Dared](x, x.play(in)).Challenge
}

// A challenge is the challenged one's to answer, in time, and once.
func TestChallenge(t *testing.T) {
	x, c := duel(t, Dare{Start: Start{Count: 2}})
	if !x.room.Wake().Equal(noon.Add(ChallengeTime + Settle)) {
		t.Errorf("it wakes at %s", x.room.Wake())
	}
	refused(x, x.play(Dare{Start: Start{By: "carol"}, Player: "carol"}), SelfDuel)
	refused(x, x.play(Dare{Start: Start{By: "alice"}, Player: "carol"}), Challenging)
	refused(x, x.play(Dare{Start: Start{By: "carol", Topic: "gone"}, Player: "bob"}), NoTopic)
	refused(x, x.play(AnswerDare{No: c.No, By: "alice", Accept: true, At: x.now}), NotChallenged)
	refused(x, x.play(AnswerDare{No: c.No + 1, By: "bob", Accept: true, At: x.now}), NoChallenge)
	refused(x, x.play(AnswerDare{No: c.No, By: "bob", Accept: true, At: c.Until.Add(1)}), NoChallenge)
	x.play(Start{By: "carol", Count: 1})
	refused(x, x.play(AnswerDare{No: c.No, By: "bob", Accept: true, At: x.now}), BetweenTurns)
	x.play(Stop{By: "carol"})
	x.reload()
	events := x.play(AnswerDare{No: c.No, By: "bob", Name: "Bob", Accept: true, At: c.Until})
	if len(events) != 2 || events[0].(DareOver).End != Accepted || !events[1].(Started).Game.Duel {
		t.Fatalf("%+v", events)
	}
	refused(x, x.play(AnswerDare{No: c.No, By: "bob", Accept: true, At: x.now}), NoChallenge)
}

// Whoever challenged takes it back, an admin ends the newest, and the time ends them all.
func TestChallengesEnd(t *testing.T) {
	x, _ := duel(t, Dare{})
	x.play(Dare{Start: Start{By: "carol"}, Player: "alice"})
	refused(x, x.play(Stop{By: "bob"}), NothingOpen)
	if e := only[DareOver](x, x.play(Stop{By: "dora", Admin: true})); e.End != Withdrawn || e.Challenge.By != "carol" {
		t.Errorf("%+v", e)
	}
	if e := only[DareOver](x, x.play(Stop{By: "alice"})); e.End != Withdrawn || e.Challenge.By != "alice" {
		t.Errorf("%+v", e)
	}
	for i := range MaxChallenges {
		x.play(Dare{Start: Start{By: string(rune('c' + i))}, Player: "a"})
	}
	refused(x, x.play(Dare{Start: Start{By: "b"}, Player: "a"}), ManyDuels)
	// What is open goes before what waits, for those who may stop it.
	x.play(Ask{By: "c"})
	only[Closed](x, x.play(Stop{By: "c"}))
	x.play(Ask{By: "z"})
	if e := only[DareOver](x, x.play(Stop{By: "c"})); e.End != Withdrawn {
		t.Errorf("%+v", e)
	}
	x.play(Stop{By: "z"})
	x.now = x.room.Wake()
	if events := x.play(Tick{}); len(events) != MaxChallenges-1 || events[0].(DareOver).End != Expired || len(x.room.Challenges) > 0 || !x.room.Wake().IsZero() {
		t.Errorf("%+v", events)
	}
}

// Only the two can answer, also late; sudden death decides a draw between them.
func TestDuel(t *testing.T) {
	x, c := duel(t, Dare{Start: Start{Count: 1, Variant: SuddenDeath, Speed: SpeedOff}})
	x.play(AnswerDare{No: c.No, By: "bob", Name: "Bob", Accept: true, At: x.now})
	give := func(no int, player string) []Event {
		round, open := x.room.Round(no)
		if past, over := x.room.PastRound(no); over {
			round = past.Round
		} else if !open {
			t.Fatalf("no round %d", no)
		}
		return x.play(Give{Round: no, Player: player, Name: player, Given: right(round.Question), At: round.Opened.Add(time.Second)})
	}
	first := x.asked().Round.No
	x.play(Posted{Round: first})
	only[Answered](x, give(first, "alice"))
	refused(x, give(first, "carol"), DuelOnly)
	x.now = x.room.Wake()
	x.play(Tick{})
	if g := x.room.Game; g != nil {
		t.Fatalf("one is ahead, and it goes on: %+v", g)
	}
	refused(x, give(first, "carol"), DuelOnly)
	if e := only[Answered](x, give(first, "bob")); !e.Late {
		t.Errorf("%+v", e)
	}
	x.now = x.room.Wake()
	g := x.play(Tick{})[1].(Corrected).Game
	if ranks := g.Ranks(); len(ranks) != 2 || ranks[1] != 1 || g.Score[0].Points != g.Score[1].Points {
		t.Errorf("%v of %+v", ranks, g.Score)
	}
}
