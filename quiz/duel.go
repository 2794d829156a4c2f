package quiz

import (
	"slices"
	"time"
)

// A duel is a game in which two can answer: one challenges, the other accepts.

const (
	// ChallengeTime is how long a challenge waits for its answer.
	ChallengeTime = 5 * time.Minute
	// MaxChallenges is how many may wait in one room, each of another player.
	MaxChallenges = 8
)

// Challenge asks one player for a duel. It holds nothing up: others may play meanwhile.
type Challenge struct {
	No     int    `json:"no"`
	By     string `json:"by"` // who challenges
	ByName string `json:"-"`
	Player string `json:"player"`         // who is challenged
	Name   string `json:"name,omitempty"` // what that one is called, who may never have played
	// The game that it would be.
	Topic   string        `json:"topic,omitempty"`
	Count   int           `json:"count"`
	Each    time.Duration `json:"each,omitempty"`
	Speed   Speed         `json:"speed,omitempty"`
	Variant Variant       `json:"variant,omitempty"`

	Until time.Time `json:"until"` // an answer given later doesn't count
}

// Dare challenges a player to the game that Start describes.
type Dare struct {
	Start
	ByName       string
	Player, Name string // who is challenged
}

// AnswerDare accepts a challenge, or declines it.
type AnswerDare struct {
	No       int // of the challenge
	By, Name string
	Accept   bool
	At       time.Time // when it was said
}

// Dared: somebody is challenged. Title is that of the pack; "" for any.
type Dared struct {
	Challenge Challenge
	Title     string
}

// DareOver: a challenge waits no more.
type DareOver struct {
	Challenge Challenge
	End       DareEnd
}

// DareEnd is how a challenge ended.
type DareEnd string

// The ways for a challenge to end.
const (
	Accepted  DareEnd = "accepted" // Started follows
	Declined  DareEnd = "declined"
	Expired   DareEnd = "expired"
	Withdrawn DareEnd = "withdrawn"
)

func (Dare) input()       {}
func (AnswerDare) input() {}
func (Dared) event()      {}
func (DareOver) event()   {}

// Challenge returns the one with that number that still waits.
func (r Room) Challenge(no int) (Challenge, bool) {
	i := slices.IndexFunc(r.Challenges, func(c Challenge) bool { return c.No == no })
	if i < 0 {
		return Challenge{}, false
	}
	return r.Challenges[i], true
}

// Bars reports that a round, open or over, is one of a duel between two others.
func (r Room) Bars(no int, player string) bool {
	g := r.gameOf(no)
	return g != nil && g.Duel && !slices.ContainsFunc(g.Score, func(x Score) bool { return x.Player == player })
}

func (s *step) dare(in Dare) {
	if in.Player == in.By {
		s.refuse(SelfDuel)
		return
	}
	title, ok := s.playable(&in.Start)
	switch {
	case !ok:
		return
	case slices.ContainsFunc(s.room.Challenges, func(c Challenge) bool { return c.By == in.By }):
		s.refuse(Challenging)
		return
	case len(s.room.Challenges) >= MaxChallenges:
		s.refuse(ManyDuels)
		return
	}
	s.room.Challenged++
	c := Challenge{
		No: s.room.Challenged, By: in.By, ByName: in.ByName, Player: in.Player, Name: in.Name,
		Topic: in.Topic, Count: in.Count, Each: in.Each, Speed: in.Speed, Variant: in.Variant, Until: s.now.Add(ChallengeTime),
	}
	s.room.Challenges = append(slices.Clip(s.room.Challenges), c)
	s.say(Dared{Challenge: c, Title: title})
}

func (s *step) answerDare(in AnswerDare) {
	c, ok := s.room.Challenge(in.No)
	switch {
	case !ok || in.At.After(c.Until):
		s.refuse(NoChallenge)
	case in.By != c.Player:
		s.refuse(NotChallenged)
	case !in.Accept:
		s.overDare(c, Declined)
	default:
		start := Start{By: c.By, Topic: c.Topic, Count: c.Count, Each: c.Each, Speed: c.Speed, Variant: c.Variant}
		title, ok := s.playable(&start)
		if !ok {
			return // what stands in the way may be over before the challenge is
		}
		s.overDare(c, Accepted)
		g := start.game()
		g.Duel, g.Score = true, []Score{{Player: c.By, Name: c.ByName}, {Player: in.By, Name: in.Name}}
		s.begin(g, title)
	}
}

// overDare ends a challenge.
func (s *step) overDare(c Challenge, end DareEnd) {
	s.room.Challenges = slices.DeleteFunc(slices.Clone(s.room.Challenges), func(x Challenge) bool { return x.No == c.No })
	s.say(DareOver{Challenge: c, End: end})
}

// withdraw takes back a challenge of whoever says stop, where there is nothing else that
// they could mean; an admin's stop ends the newest one.
func (s *step) withdraw(in Stop) bool {
	if _, open := s.room.Round(in.Round); open {
		return false
	}
	round, open := s.room.Open()
	switch g := s.room.Game; {
	case g != nil && (g.By == in.By || in.Admin), g == nil && open && (round.By == in.By || in.Admin):
		return false
	}
	for _, c := range slices.Backward(s.room.Challenges) {
		if c.By == in.By || in.Admin {
			s.overDare(c, Withdrawn)
			return true
		}
	}
	return false
}

// expire ends challenges that nobody has answered.
func (s *step) expire() {
	for _, c := range slices.Clone(s.room.Challenges) {
		if !s.now.Before(c.Until.Add(Settle)) {
			s.overDare(c, Expired)
		}
	}
}
