package quiz

import (
	"slices"
	"time"
)

// BlockingLimit is the longest time that a question may hold its room. One that
// stays open longer (a daily question) blocks nobody: others may be asked
// beside it, and it is answered by its buttons or in its thread.
const BlockingLimit = time.Hour

// How many long questions may be open in one room at once, and of one player.
const (
	MaxLong     = 12
	MaxLongEach = 3
)

// Room is where people play: the questions that are open in it, the game that
// runs in it and what it has seen. It is a value: Step returns a new one and
// leaves the old one as it was.
type Room struct {
	// Seed feeds every draw and shuffle of the room. Zero: a room that never asked.
	Seed uint64 `json:"seed,omitempty"`
	// Last is the number of the newest round; rounds count from 1 and never start again.
	Last   int     `json:"last,omitempty"`
	Rounds []Round `json:"rounds,omitempty"` // open ones, oldest first
	Game   *Game   `json:"game,omitempty"`
	// Drawn says, by pack ID, how far the room is through that pack.
	Drawn map[string]Cursor `json:"drawn,omitempty"`

	// Challenges are those that wait for an answer, oldest first, and Challenged is the
	// number of the newest; they count from 1 and never start again.
	Challenges []Challenge `json:"challenges,omitempty"`
	Challenged int         `json:"challenged,omitempty"`

	// Past are rounds that were closed of late, oldest first: answers given in time
	// that come late still count. They are kept beside the room, one record each.
	Past []Past `json:"-"`
	// Amends are those of them whose changed result the room has yet to see.
	Amends []Amend `json:"amends,omitempty"`
	// Ended are games that ended of late, oldest first.
	Ended []PastGame `json:"ended,omitempty"`
}

// Round is one question put to a room.
type Round struct {
	No       int      `json:"no"`
	Pack     string   `json:"pack"`
	Title    string   `json:"title"` // of the pack
	Question Question `json:"question"`
	// Shown is the order in which options or steps are shown: Shown[i] is the index
	// into Question.Options (or Steps) of the one with the i-th letter. Nil for kinds
	// that have none.
	Shown  []int  `json:"shown,omitempty"`
	By     string `json:"by,omitempty"` // who asked
	Points int    `json:"points"`       // for a right answer, beside the extras of a game
	// Speed is how much being quick adds; "" outside of a game, and in one that an
	// earlier version of the program began.
	Speed Speed `json:"speed,omitempty"`

	Limit  time.Duration `json:"limit"` // how long it stays open, ns
	Asked  time.Time     `json:"asked"` // when it was drawn
	Opened time.Time     `json:"opened,omitzero"`
	Closes time.Time     `json:"closes,omitzero"` // zero until it is posted: nobody's time runs before
	InGame bool          `json:"in_game,omitempty"`
	Review bool          `json:"review,omitempty"` // of a review: one player's alone
	Hinted bool          `json:"hinted,omitempty"`
	// Async: each player has it revealed alone, with a time of their own.
	Async bool `json:"async,omitempty"`
	Daily bool `json:"daily,omitempty"` // the clock asked it: see Daily

	// Answers, and the Clocks of those to whom an async question was revealed, are kept
	// beside the room, one record each, and joined again when the room is loaded.
	Answers []Answer `json:"-"`
	Clocks  []Clock  `json:"-"`
}

// Answer is what one player gave in one round.
type Answer struct {
	Player string    `json:"player"`
	Name   string    `json:"-"` // what to call the player now
	At     time.Time `json:"at"`
	Given  Given     `json:"given"`
	Right  bool      `json:"right"`
	Points int       `json:"points"` // in all
	// Of the points, those for speed and for right answers in a row; the rest is the
	// question's own.
	Speed  int `json:"speed,omitempty"`
	Streak int `json:"streak,omitempty"`
}

// Given is the answer itself, independent of the order in which options were shown.
type Given struct {
	// Picks are indexes into Question.Options (choice: one; multi: ascending) or
	// Question.Steps (order: in the order given). For truefalse 0 is true, 1 false.
	Picks []int `json:"picks,omitempty"`
	// Text is what was typed for text and number questions.
	Text string `json:"text,omitempty"`
}

// Game is a row of questions with one table of points.
type Game struct {
	Topic string        `json:"topic,omitempty"` // pack ID; "" is any
	By    string        `json:"by"`
	Count int           `json:"count"`          // questions in all, beside those of a sudden death
	Done  int           `json:"done"`           // questions asked so far
	Each  time.Duration `json:"each,omitempty"` // 0: each question's own time
	Next  time.Time     `json:"next,omitzero"`  // when the next question is due; zero while one is open
	Score []Score       `json:"score,omitempty"`

	// First is the number of its first round. A game that an earlier version of the
	// program began has none, and no extras.
	First int `json:"first,omitempty"`
	// Others are the numbers of rounds that were asked meanwhile and are none of its own:
	// daily questions.
	Others []int `json:"others,omitempty"`
	Speed  Speed `json:"speed,omitempty"`
	Worth  []int `json:"worth,omitempty"` // points of each question asked so far
	Cut    Bits  `json:"cut,omitempty"`   // questions that somebody ended early
	// Variant is how it is won, and Closed how many of its questions are over.
	Variant Variant `json:"variant,omitempty"`
	Closed  int     `json:"closed,omitempty"`
	// Teams are those that its players are in; nil in most games.
	Teams []Team `json:"teams,omitempty"`
	// Duel: the two who are in its table from the start, and nobody else, can answer.
	Duel bool `json:"duel,omitempty"`
	// Paused is since when the game is, or will be once its open question is over; zero:
	// it goes on by itself.
	Paused time.Time `json:"paused,omitzero"`

	// Review: one player repeats what is due. Then there is no table, each question is
	// over with its answer, and the next one comes a Gap later, at once where there is none.
	// It has no First: nothing but a question's own points counts.
	Review bool          `json:"review,omitempty"`
	Gap    time.Duration `json:"gap,omitempty"`
	Queue  []Pick        `json:"queue,omitempty"` // what is still to be asked
}

// Score is one player's sum in a game.
type Score struct {
	Player string `json:"player"`
	Name   string `json:"-"`
	Points int    `json:"points"`
	Right  int    `json:"right"`
	Hits   Bits   `json:"hits,omitempty"`  // which questions were answered right
	Extra  int    `json:"extra,omitempty"` // of the points, those of a sudden death

	// In a game of teams: the player's, from 1 on (0: not yet), the first question that the
	// player was there for, and how strong they were taken to be.
	Team     int `json:"team,omitempty"`
	Since    int `json:"since,omitempty"`
	Strength int `json:"strength,omitempty"`
}

// Long reports that the round blocks nobody. A game waits for each of its questions.
func (r Round) Long() bool { return r.Limit >= BlockingLimit && !r.InGame }

// Answer returns what the player gave in this round.
func (r Round) Answer(player string) (Answer, bool) {
	for _, a := range r.Answers {
		if a.Player == player {
			return a, true
		}
	}
	return Answer{}, false
}

// Open returns the round that holds the room: the one a bare line answers.
func (r Room) Open() (Round, bool) {
	for _, round := range r.Rounds {
		if !round.Long() {
			return round, true
		}
	}
	return Round{}, false
}

// asking reports that a question of the game is open.
func (r Room) asking() bool {
	return r.Game != nil && slices.ContainsFunc(r.Rounds, func(x Round) bool { return x.InGame })
}

// Round returns the open round with that number.
func (r Room) Round(no int) (Round, bool) {
	i := r.index(no)
	if i < 0 {
		return Round{}, false
	}
	return r.Rounds[i], true
}

func (r Room) index(no int) int {
	return slices.IndexFunc(r.Rounds, func(x Round) bool { return x.No == no })
}

// Wake is when the room next needs a Tick: the earliest end of an open
// round, settled, the next question of its game, or a result that has changed
// and is to be told. Zero: never.
func (r Room) Wake() time.Time {
	var wake time.Time
	earlier := func(t time.Time) {
		if !t.IsZero() && (wake.IsZero() || t.Before(wake)) {
			wake = t
		}
	}
	for _, round := range r.Rounds {
		if !round.Closes.IsZero() {
			earlier(round.Closes.Add(Settle))
		}
	}
	if g := r.Game; g != nil {
		earlier(g.Next)
		if !g.Paused.IsZero() && !r.asking() {
			earlier(g.Paused.Add(MaxPause))
		}
	}
	for _, c := range r.Challenges {
		if !c.Until.IsZero() {
			earlier(c.Until.Add(Settle))
		}
	}
	r.wakeLate(earlier)
	return wake
}
