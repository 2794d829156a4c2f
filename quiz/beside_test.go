package quiz

import (
	"testing"
	"time"
)

// stage plays inputs on a room, one after the other.
type stage struct {
	t    *testing.T
	pool *Pool
	room Room
	now  time.Time
	all  []Event
}

func newStage(t *testing.T) *stage {
	return &stage{t: t, pool: testPool(t, 9), now: time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)}
}

func (s *stage) do(in Input) []Event {
	s.t.Helper()
	next, events, err := Step(s.room, in, s.now, s.pool)
	if err != nil {
		s.t.Fatal(err)
	}
	s.room, s.all = next, append(s.all, events...)
	return events
}

// next brings the game's next question, which can be read at once.
func (s *stage) next() Round {
	s.t.Helper()
	s.now = s.room.Game.Next
	s.do(Tick{})
	open, ok := s.room.Open()
	if !ok {
		s.t.Fatal("no question")
	}
	s.do(Posted{Round: open.No})
	open, _ = s.room.Open()
	return open
}

func (s *stage) daily() int {
	s.t.Helper()
	return s.do(Ask{Open: 8 * time.Hour, Daily: true, Seed: 1})[0].(Asked).Round.No
}

// A daily question that is asked in a game is none of the game's, before its first question
// or after.
func TestDailyBesideAGame(t *testing.T) {
	for before := range 4 {
		s := newStage(t)
		s.do(Start{By: "alice", Count: 3, Each: 10 * time.Second, Variant: Accuracy, Seed: 1})
		for n := range 3 {
			if n == before {
				s.daily()
			}
			open := s.next()
			s.do(Give{Round: open.No, Player: "alice", Given: right(open.Question), At: s.now})
			if n+1 == before {
				s.daily()
			}
			s.now = open.Closes.Add(Settle)
			s.do(Tick{})
		}
		ended, ok := s.all[len(s.all)-1].(Ended)
		if !ok || ended.Game.Known(ended.Game.Score[0]) != 3 || len(ended.Game.Others) == 0 {
			t.Errorf("daily before question %d: %+v", before+1, s.all[len(s.all)-1])
		}
	}
}

// Nor does it let others into a duel, or bar them from itself.
func TestDailyBesideADuel(t *testing.T) {
	s := newStage(t)
	s.do(Dare{Start: Start{By: "alice", Count: 3, Each: 10 * time.Second, Seed: 1}, Player: "bob"})
	s.do(AnswerDare{No: 1, By: "bob", Accept: true, At: s.now})
	daily := s.daily()
	open := s.next()
	s.do(Posted{Round: daily})
	if e, ok := s.do(Give{Round: open.No, Player: "carol", At: s.now})[0].(Refused); !ok || e.Reason != DuelOnly {
		t.Errorf("a third player of the duel: %+v", e)
	}
	s.do(Reveal{Round: daily, Player: "carol"})
	round, _ := s.room.Round(daily)
	if e, ok := s.do(Give{Round: daily, Player: "carol", Given: right(round.Question), At: s.now})[0].(Answered); !ok {
		t.Errorf("the daily question: %+v", e)
	}
}

// A wrong answer that comes late brings its player into a team, which has less on average
// then: the room is told.
func TestLateAndWrongInATeam(t *testing.T) {
	s := newStage(t)
	s.do(Start{By: "a", Count: 1, Each: 10 * time.Second, Teams: []Team{{"Ash"}, {"Birch"}}, Seed: 1})
	s.do(Join{First: 1, By: "a"})
	s.do(Join{First: 1, By: "b"})
	open := s.next()
	at := s.now.Add(time.Second)
	s.do(Give{Round: open.No, Player: "a", Given: right(open.Question), At: at})
	s.do(Give{Round: open.No, Player: "b", Given: right(open.Question), At: at})
	s.now = open.Closes.Add(Settle)
	s.do(Tick{})
	s.do(Give{Round: open.No, Player: "c", Given: Given{Text: "nonsense"}, At: at})
	s.now = s.now.Add(Gather)
	s.do(Tick{})
	if e, ok := s.all[len(s.all)-1].(Corrected); !ok || e.Game.TeamTable()[0].Points == e.Game.TeamTable()[1].Points {
		t.Errorf("%+v", s.all[len(s.all)-1])
	}
}
