package quiz

import (
	"slices"
	"time"
)

// An async question is open for hours and is shown to nobody until a player asks to see
// it: that player alone reads it then, and has a time of their own from that moment on.
// So it is equally hard for whoever comes first and last.

// How long an async question can be open.
const (
	MinOpen = BlockingLimit
	MaxOpen = 7 * 24 * time.Hour
)

// Reveal shows an async question to one player, now. The player's own time begins with the
// first one, and no other changes it.
type Reveal struct {
	Round  int
	Player string
	Pace   Pace // how much of the question's own time this player has
}

func (Reveal) input() {}

// Clock is a player's own time at an async question, in whole milliseconds.
type Clock struct {
	Player string    `json:"player"`
	From   time.Time `json:"from"`  // when it was revealed
	Until  time.Time `json:"until"` // an answer given later doesn't count
}

// Revealed: the player may read the question. Again: the player had it revealed before,
// and nothing has changed.
type Revealed struct {
	Round Round
	Clock Clock
	Again bool
}

// Unrevealed: somebody answers an async question without having had it revealed.
type Unrevealed struct{ Round Round }

// Overdue: the answer was given after the player's own time; the question may still be open.
type Overdue struct {
	Round Round
	Clock Clock
}

func (Revealed) event()   {}
func (Unrevealed) event() {}
func (Overdue) event()    {}

// Clock is the player's own time in this round; ok is false while the round is not revealed
// to the player. It ends no later than the round.
func (r Round) Clock(player string) (c Clock, ok bool) {
	i := slices.IndexFunc(r.Clocks, func(c Clock) bool { return c.Player == player })
	if i < 0 {
		return Clock{}, false
	}
	c = r.Clocks[i]
	if !r.Closes.IsZero() && r.Closes.Before(c.Until) {
		c.Until = r.Closes
	}
	return c, true
}

// Unanswered is how many players had an async question revealed and gave no answer.
func (r Round) Unanswered() int { return len(r.unanswered()) }

// AwaitedSince is when the first player had an async question revealed who gave no answer yet;
// ok is false where there is none, and for other rounds.
func (r Round) AwaitedSince() (since time.Time, ok bool) {
	for _, c := range r.unanswered() {
		if since.IsZero() || c.From.Before(since) {
			since = c.From
		}
	}
	return since, !since.IsZero()
}

// unanswered are the clocks of players who gave no answer.
func (r Round) unanswered() []Clock {
	if len(r.Clocks) == 0 {
		return nil
	}
	answered := make(map[string]bool, len(r.Answers))
	for _, a := range r.Answers {
		answered[a.Player] = true
	}
	return slices.DeleteFunc(slices.Clone(r.Clocks), func(c Clock) bool { return answered[c.Player] })
}

// OwnTime is how long a player has for the question from when it is revealed: its own
// seconds, where these are not those of a question that stays open for hours, else a time
// that follows from the text, with more for a form that is to be opened.
func (q Question) OwnTime() time.Duration {
	if said := time.Duration(q.Seconds) * time.Second; said > 0 && said < BlockingLimit {
		return said
	}
	own := readingTime(q)
	if q.Kind == Text || q.Kind == Number {
		own += formTime
	}
	return own
}

// formTime is what it takes to open a form and send it, beside typing.
const formTime = 10 * time.Second

// of is a time at this pace, never shorter than it is.
func (p Pace) of(d time.Duration) time.Duration { return d * time.Duration(max(p, 100)) / 100 }

// openFor makes a round that was drawn stay open for hours.
func (r Round) openFor(in Ask) Round {
	if in.Open == 0 {
		return r
	}
	r.Limit, r.Async, r.Daily = in.Open, !in.Plain, in.Daily
	return r
}

func (s *step) reveal(in Reveal) {
	i := s.room.index(in.Round)
	if i < 0 || !s.room.Rounds[i].Async || s.room.Rounds[i].over(s.now) {
		s.say(Late{Round: in.Round})
		return
	}
	round := s.room.Rounds[i]
	if before, ok := round.Answer(in.Player); ok {
		s.say(Repeated{Round: round, Answer: before})
		return
	}
	if clock, ok := round.Clock(in.Player); ok {
		s.say(Revealed{Round: round, Clock: clock, Again: true})
		return
	}
	from := s.now.Truncate(time.Millisecond)
	own := Clock{Player: in.Player, From: from, Until: from.Add(in.Pace.of(round.Question.OwnTime()))}
	round.Clocks = append(slices.Clip(round.Clocks), own)
	s.room.Rounds[i] = round
	clock, _ := round.Clock(in.Player)
	s.say(Revealed{Round: round, Clock: clock})
}

// over reports that the round's time is over.
func (r Round) over(now time.Time) bool { return !r.Closes.IsZero() && now.After(r.Closes) }

// inOwnTime reports that the player may answer, as far as an async question asks for more
// than being open, and else says why not.
func (s *step) inOwnTime(round Round, in Give) bool {
	if !round.Async {
		return true
	}
	clock, ok := round.Clock(in.Player)
	switch {
	case !ok || in.At.Before(clock.From):
		s.say(Unrevealed{Round: round})
	case in.At.After(clock.Until):
		s.say(Overdue{Round: round, Clock: clock})
	default:
		return true
	}
	return false
}
