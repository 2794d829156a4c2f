package quiz

import (
	"slices"
	"time"
)

const (
	// Kept is how long after its close a round still takes answers that were given
	// in time and came late: Slack delivers for the last time after five minutes.
	Kept = 7 * time.Minute
	// Gather is how long late answers are gathered before the room sees their result.
	Gather = time.Second
	// MaxPast bounds how many rounds that are over a room keeps, and maxEnded how
	// many games.
	MaxPast  = 32
	maxEnded = 4
)

// Past is a round that was closed of late.
type Past struct {
	Round Round     `json:"round"`
	End   time.Time `json:"end"`  // an answer given later doesn't count
	Over  time.Time `json:"over"` // when it was closed
	Early bool      `json:"early,omitempty"`
	Nth   int       `json:"nth,omitempty"` // of its game; 0 outside of one
	Of    int       `json:"of,omitempty"`
}

// Amend says that the result of a round has changed since its close.
type Amend struct {
	Round int       `json:"round"`
	At    time.Time `json:"at"` // when the room is to see it
}

// PastGame is a game that ended of late.
type PastGame struct {
	Game    Game      `json:"game"`
	Stopped bool      `json:"stopped,omitempty"`
	First   int       `json:"first"` // its rounds
	Last    int       `json:"last"`
	Over    time.Time `json:"over"`
	Tell    time.Time `json:"tell,omitzero"` // when the room is to see its changed table
}

// PastRound returns the round with that number that was closed of late.
func (r Room) PastRound(no int) (Past, bool) {
	i := slices.IndexFunc(r.Past, func(p Past) bool { return p.Round.No == no })
	if i < 0 {
		return Past{}, false
	}
	return r.Past[i], true
}

// Held returns the round, now over, that held the room at a time: a bare line said
// then answers it.
func (r Room) Held(at time.Time) (Past, bool) {
	for _, p := range slices.Backward(r.Past) {
		// Not since it was opened: players may have read it before we knew that they can.
		if !p.Round.Long() && !at.Before(p.Round.Asked) && !at.After(p.End) {
			return p, true
		}
	}
	return Past{}, false
}

// wakeLate is when something is to be told that answers have changed which came
// late; zero: never.
func (r Room) wakeLate(earlier func(time.Time)) {
	for _, a := range r.Amends {
		earlier(a.At)
	}
	for _, g := range r.Ended {
		earlier(g.Tell)
	}
}

// What is kept of the past is shared with the room that the step began with: each
// change is made to a copy.

// keep remembers a round that was just closed, and forgets those that are too old.
func (s *step) keep(c Closed) {
	p := Past{Round: c.Round, End: c.Round.Closes, Over: s.now, Early: c.Early, Nth: c.Nth, Of: c.Of}
	if p.End.IsZero() || c.Early && s.now.Before(p.End) {
		p.End = s.now
	}
	s.room.Past = slices.DeleteFunc(slices.Clone(s.room.Past), func(p Past) bool {
		return s.old(p.Over) && !slices.ContainsFunc(s.room.Amends, func(a Amend) bool { return a.Round == p.Round.No })
	})
	s.room.Past = append(s.room.Past, p)
	s.room.Past = s.room.Past[max(len(s.room.Past)-MaxPast, 0):]
}

func (s *step) old(over time.Time) bool { return s.now.Sub(over) > Kept }

// keepGame remembers a game that has just ended.
func (s *step) keepGame(e Ended) {
	s.room.Ended = slices.DeleteFunc(slices.Clone(s.room.Ended), func(g PastGame) bool { return s.old(g.Over) && g.Tell.IsZero() })
	if e.Game.Done == 0 {
		return
	}
	s.room.Ended = append(s.room.Ended, PastGame{
		Game: e.Game, Stopped: e.Stopped, First: s.room.Last - e.Game.Done - len(e.Game.Others) + 1, Last: s.room.Last, Over: s.now,
	})
	s.room.Ended = s.room.Ended[max(len(s.room.Ended)-maxEnded, 0):]
}

// giveLate plays an answer to a round that is not open.
func (s *step) giveLate(in Give) {
	i := slices.IndexFunc(s.room.Past, func(p Past) bool { return p.Round.No == in.Round })
	if i < 0 || s.old(s.room.Past[i].Over) || in.At.After(s.room.Past[i].End) {
		s.say(Late{Round: in.Round})
		return
	}
	round := s.room.Past[i].Round
	if before, ok := round.Answer(in.Player); ok {
		s.say(Repeated{Round: round, Answer: before})
		return
	}
	if s.room.Bars(in.Round, in.Player) {
		s.refuse(DuelOnly)
		return
	}
	if !s.inOwnTime(round, in) {
		return
	}
	a := s.priced(round, graded(round, in), in.Pace)
	round.Answers = append(slices.Clip(round.Answers), a)
	s.room.Past = slices.Clone(s.room.Past)
	s.room.Past[i].Round = round
	joined := s.enter(in)
	s.say(Answered{Round: round, Answer: a, Late: true, Joined: joined})
	if !slices.ContainsFunc(s.room.Amends, func(a Amend) bool { return a.Round == round.No }) {
		s.room.Amends = append(slices.Clip(s.room.Amends), Amend{Round: round.No, At: s.now.Add(Gather)})
	}
	if round.InGame && !round.Review {
		s.scoreLate(round.No, a, joined)
	}
}

// scoreLate adds an answer to the table of the game that its round was part of. joined: it
// has brought its player into a team, or earlier than was known, which changes what the team
// has on average, also where the answer is wrong.
func (s *step) scoreLate(no int, a Answer, joined bool) {
	if s.room.inGame(no) {
		s.room.Game.addUp(no, []Answer{a})
		return
	}
	i := s.room.endedWith(no)
	if i < 0 {
		return
	}
	s.room.Ended = slices.Clone(s.room.Ended)
	g := &s.room.Ended[i]
	g.Game.addUp(no, []Answer{a})
	if (a.Points > 0 || joined) && g.Tell.IsZero() {
		g.Tell = s.now.Add(Gather)
	}
}

// tellLate says what has changed since it was told.
func (s *step) tellLate() {
	due := func(t time.Time) bool { return !t.IsZero() && !s.now.Before(t) }
	s.room.Amends = slices.DeleteFunc(slices.Clone(s.room.Amends), func(a Amend) bool {
		if !due(a.At) {
			return false
		}
		if p, ok := s.room.PastRound(a.Round); ok {
			s.say(Amended{Round: p.Round, Early: p.Early, Nth: p.Nth, Of: p.Of})
		}
		return true
	})
	s.room.Ended = slices.Clone(s.room.Ended)
	for i := range s.room.Ended {
		if g := &s.room.Ended[i]; due(g.Tell) {
			g.Tell = time.Time{}
			s.say(Corrected{Game: g.Game})
		}
	}
}
