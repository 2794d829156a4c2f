package quiz

import (
	"testing"
	"time"
)

// A pause lets the open question be played to its end, and the next one comes only
// after a resume.
func TestPause(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 9), now: noon}
	refused(x, x.play(Pause{By: "host"}), NoGame)
	refused(x, x.play(Resume{By: "host"}), NoGame)
	x.play(Start{By: "host", Topic: "pack0", Count: 3, Seed: 3})
	refused(x, x.play(Resume{By: "host"}), NotPaused)
	round := x.asked().Round
	x.play(Posted{Round: round.No})
	refused(x, x.play(Pause{By: "bob"}), NotYours)
	if e := only[Paused](x, x.play(Pause{By: "host"})); !e.Open {
		t.Errorf("%+v", e)
	}
	refused(x, x.play(Pause{By: "host"}), GamePaused)
	only[Answered](x, x.play(Give{Round: round.No, Player: "bob", Given: right(round.Question), At: x.now}))
	x.now = x.room.Wake()
	if events := x.play(Tick{}); len(events) != 2 || events[1].(Scored).Game.Paused.IsZero() {
		t.Fatalf("the question's end: %+v", events)
	}
	x.reload()
	for _, in := range []Input{Ask{By: "bob"}, Start{By: "bob"}, Skip{By: "host"}} {
		refused(x, x.play(in), GamePaused)
	}
	x.now = x.now.Add(MaxPause - time.Second)
	if events := x.play(Tick{}); len(events) != 0 {
		t.Errorf("in the pause: %+v", events)
	}
	refused(x, x.play(Resume{By: "bob"}), NotYours)
	if e := only[Resumed](x, x.play(Resume{By: "bob", Admin: true})); e.Open || !x.room.Wake().Equal(x.now.Add(FirstGap)) {
		t.Errorf("%+v, the next at %s", e, x.room.Wake())
	}
	if asked := x.asked(); asked.Nth != 2 {
		t.Errorf("afterwards: %+v", asked)
	}
	// Taken back before the question is over, it changes nothing.
	x.play(Posted{Round: x.room.Last})
	x.play(Pause{By: "host"})
	if e := only[Resumed](x, x.play(Resume{By: "host"})); !e.Open {
		t.Errorf("%+v", e)
	}
	x.now = x.room.Wake()
	x.play(Tick{})
	if !x.room.Wake().Equal(x.now.Add(Gap)) {
		t.Errorf("the next question comes at %s", x.room.Wake())
	}
}

// A game that nobody resumes is over after a day; one that is stopped, at once.
func TestEndOfAPause(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 9), now: noon}
	x.play(Start{By: "host", Topic: "pack0", Count: 3, Seed: 3})
	if e := only[Paused](x, x.play(Pause{By: "host"})); e.Open {
		t.Errorf("%+v", e)
	}
	if !x.room.Wake().Equal(noon.Add(MaxPause)) {
		t.Errorf("it wakes at %s", x.room.Wake())
	}
	x.now = x.room.Wake()
	if e := only[Ended](x, x.play(Tick{})); !e.Idle || !e.Stopped || x.room.Game != nil {
		t.Errorf("%+v", e)
	}
	x.play(Start{By: "host", Seed: 3})
	x.play(Pause{By: "host"})
	if e := only[Ended](x, x.play(Stop{By: "host"})); e.Idle || !e.Stopped {
		t.Errorf("%+v", e)
	}
}
