package quiz

import (
	"fmt"
	"slices"
	"time"
)

// The pace of play.
const (
	// Settle is how long after its end a round is closed, so that answers given in
	// time but still on their way are counted. An answer given after the end is late
	// all the same.
	Settle = 600 * time.Millisecond
	// FirstGap is the time between the start of a game and its first question.
	FirstGap = 3 * time.Second
	// MaxPause is how long a game can be paused before it is over.
	MaxPause = 24 * time.Hour
	// Gap is the time to read the answer before a game's next question.
	Gap = 6 * time.Second

	DefaultCount = 5  // questions in a game
	MaxCount     = 50 // at most
)

// Input is what can happen to a room.
type Input interface{ input() }

// Ask puts one question to the room.
type Ask struct {
	By    string
	Topic string // pack ID or alias; "" is any
	Seed  uint64 // becomes the room's seed when it has none
	// Open makes it an async question, and is how long it stays open: MinOpen to MaxOpen.
	// 0: one that everybody reads at once, for the question's own time.
	Open time.Duration
	// Plain: with Open, everybody reads it at once all the same, and has until the end.
	Plain bool
	// Daily: with Open, nobody asks it but the clock, and it is asked beside whatever is open.
	Daily bool
}

// Start begins a game.
type Start struct {
	By    string
	Topic string
	Count int           // questions; 0: DefaultCount
	Each  time.Duration // 0: each question's own time
	Speed Speed         // "": SpeedGentle
	// Variant is how the game is won.
	Variant Variant
	Teams   []Team // nil: everybody plays alone
	Seed    uint64
}

// Review begins a game of one player alone: these questions, one after another.
type Review struct {
	By    string
	Picks []Pick
	Gap   time.Duration // between an answer and the next question
	Seed  uint64
}

// Stop ends the game, or the open question where there is no game.
type Stop struct {
	By    string
	Admin bool
	Round int // the one that is meant; 0: what holds the room
}

// Skip closes the open question; a game goes on with the next.
type Skip struct {
	By    string
	Admin bool
	Round int  // the one that is meant; 0: what holds the room
	All   bool // everybody who plays has answered: it isn't ended early for anybody
}

// Pause lets the game wait before its next question.
type Pause struct {
	By    string
	Admin bool
}

// Resume goes on with a game that was paused.
type Resume struct {
	By    string
	Admin bool
}

// Hint shows the open question's hint to all.
type Hint struct {
	By    string
	Admin bool
	Round int // the one that is meant; 0: what holds the room
}

// Give is a player's answer.
type Give struct {
	Round        int
	Player, Name string
	Given        Given
	At           time.Time // when it was given
	// Strength is how good the player is, as far as known: a number that grows with it. It
	// matters for the first answer in a game of teams.
	Strength int
	Pace     Pace // of the player
}

// Posted says that the round's question can be read by the players: its time begins.
type Posted struct {
	Round int
	// At is since when; zero: since now. A time before the round was drawn, or after
	// now, is taken for the nearest that can be.
	At time.Time
}

// Lost says that the round's question can't be shown in this room: the round and
// a game that hangs on it are dropped.
type Lost struct {
	Round int
	Mute  bool // nothing can be said in this room at all
}

// Tick lets the time do its work: see Room.Wake.
type Tick struct{}

func (Ask) input()    {}
func (Start) input()  {}
func (Review) input() {}
func (Stop) input()   {}
func (Skip) input()   {}
func (Hint) input()   {}
func (Pause) input()  {}
func (Resume) input() {}
func (Give) input()   {}
func (Posted) input() {}
func (Lost) input()   {}
func (Tick) input()   {}

// Event is what came of an input.
type Event interface{ event() }

// Asked: a question is put to the room. In a game it is number Nth of Of; Nth is
// greater in a sudden death.
type Asked struct {
	Round   Round
	Nth, Of int
}

// Answered: an answer counts. Late: it came when its round was closed already, and
// had been given in time.
type Answered struct {
	Round  Round
	Answer Answer
	Late   bool
	// Joined: the player was put into a team of the game by it, or counts in theirs from an
	// earlier question on.
	Joined bool
}

// Repeated: the player had answered before; Answer is the one that counts.
type Repeated struct {
	Round  Round
	Answer Answer
}

// Late: the round was over when the answer was given, or never was.
type Late struct{ Round int }

// Closed: a round is over. Early when somebody ended it. In a game it was number Nth
// of Of.
type Closed struct {
	Round   Round
	Early   bool
	Nth, Of int
}

// Amended: a round that was closed before has another result by now, for answers
// came late.
type Amended Closed

// Corrected: a game that ended before has another table by now.
type Corrected struct{ Game Game }

// Hinted: the room may read the hint.
type Hinted struct{ Round Round }

// Started: a game begins; its first question follows after FirstGap.
type Started struct {
	Game  Game
	Title string // of the pack; "" for any
}

// Scored: the table of a game after one of its questions, best first.
type Scored struct{ Game Game }

// Paused: a game waits. Open: its question is still open, and is played to its end.
type Paused struct {
	Game Game
	Open bool
}

// Resumed: a game goes on. Open: its question is still open, and the next follows as if
// nothing had been.
type Resumed struct {
	Game Game
	Open bool
}

// Ended: a game is over.
type Ended struct {
	Game    Game
	Stopped bool
	Idle    bool // it was paused for longer than MaxPause
}

// Refused: nothing changed, and why.
type Refused struct {
	Reason Reason
	Round  Round // the open one, with Reason Occupied
}

func (Asked) event()     {}
func (Answered) event()  {}
func (Repeated) event()  {}
func (Late) event()      {}
func (Closed) event()    {}
func (Amended) event()   {}
func (Corrected) event() {}
func (Hinted) event()    {}
func (Started) event()   {}
func (Scored) event()    {}
func (Paused) event()    {}
func (Resumed) event()   {}
func (Ended) event()     {}
func (Refused) event()   {}

// Reason says why an input was refused.
type Reason string

// The reasons.
const (
	Occupied     Reason = "occupied"      // a question or game is open here
	NoTopic      Reason = "no-topic"      // no such pack
	NoQuestions  Reason = "no-questions"  // nothing to draw
	NothingOpen  Reason = "nothing-open"  // no question and no game
	NotYours     Reason = "not-yours"     // neither started by this player nor an admin
	NoHint       Reason = "no-hint"       // the question has none, or it was shown
	BadCount     Reason = "bad-count"     // not 1 to MaxCount
	BadTime      Reason = "bad-time"      // not MinSeconds to MaxSeconds
	BadOpen      Reason = "bad-open"      // not MinOpen to MaxOpen
	TooManyLong  Reason = "too-many-long" // MaxLong or MaxLongEach are open
	BetweenTurns Reason = "between-turns" // the game's next question is about to come
	GamePaused   Reason = "game-paused"   // the game waits to be resumed
	NotPaused    Reason = "not-paused"    // there is nothing to resume
	NoGame       Reason = "no-game"       // there is nothing to pause

	NoJoin        Reason = "no-join"         // the game has begun, or is over
	BadTeams      Reason = "bad-teams"       // not MinTeams to MaxTeams
	TeamVariant   Reason = "team-variant"    // teams play for points
	SelfDuel      Reason = "self-duel"       // whoever challenges is the one who is challenged
	Challenging   Reason = "challenging"     // this player has challenged somebody here already
	ManyDuels     Reason = "many-challenges" // MaxChallenges wait here
	NotChallenged Reason = "not-challenged"  // it is somebody else's to accept or to decline
	NoChallenge   Reason = "no-challenge"    // the challenge is over
	DuelOnly      Reason = "duel-only"       // two others have a duel, and only they can answer
)

// Step plays one input at a time: it returns the room as it is afterwards and
// what came of it, and leaves r as it was. It does no I/O; the same arguments
// give the same result. An error means that the input is not one of this package.
func Step(r Room, in Input, now time.Time, pool *Pool) (Room, []Event, error) {
	s := step{room: r, now: now, pool: pool}
	s.room.Rounds = slices.Clone(r.Rounds)
	if r.Game != nil {
		game := *r.Game
		game.Score, game.Queue = slices.Clone(r.Game.Score), slices.Clone(r.Game.Queue)
		s.room.Game = &game
	}
	switch in := in.(type) {
	case Ask:
		s.ask(in)
	case Start:
		s.start(in)
	case Review:
		s.review(in)
	case Stop:
		s.stop(in)
	case Skip:
		s.skip(in)
	case Hint:
		s.hint(in)
	case Pause:
		s.pause(in)
	case Resume:
		s.resume(in)
	case Join:
		s.join(in)
	case Dare:
		s.dare(in)
	case AnswerDare:
		s.answerDare(in)
	case Give:
		s.give(in)
	case Reveal:
		s.reveal(in)
	case Posted:
		s.posted(in)
	case Lost:
		s.lost(in)
	case Tick:
		s.tick()
	default:
		return r, nil, fmt.Errorf("quiz: unknown input %T", in)
	}
	return s.room, s.events, nil
}

type step struct {
	room   Room
	now    time.Time
	pool   *Pool
	events []Event
	halt   bool // the game ends because somebody ended it
	idle   bool // the game ends because nobody resumed it
	whole  bool // everybody has answered the question that is ended early
}
