package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"quizbot/quiz"
)

// ErrStale: the room moved on since the snapshot that a change was decided on.
var ErrStale = errors.New("room has moved on")

// SeenError: deliveries of a change were handled before; nothing was written.
type SeenError struct{ IDs []string }

func (e *SeenError) Error() string { return fmt.Sprintf("seen before: %q", e.IDs) }

// State is a room as it is kept.
type State struct {
	Room quiz.Room `json:"room"`
	// Posts are the messages of open rounds, by round number.
	Posts map[int]MessageID `json:"posts,omitempty"`
	// Marks are messages that are no questions and that a later one will edit, by key, or by
	// its beginning ("d3") where that later one waits in the outbox.
	Marks map[string]MessageID `json:"marks,omitempty"`
	// Direct is whose direct messages with the bot the room is; "" for all others.
	Direct UserID `json:"direct,omitempty"`
	// Daily is the room's daily question; nil: it has none.
	Daily *quiz.Daily `json:"daily,omitempty"`
}

// Snapshot is a room at a revision. A room that nobody has used is at revision 0.
type Snapshot struct {
	Rev   uint64
	State State
	// Outbox are the room's messages that are not settled yet, oldest first.
	Outbox []Line
}

// Line is an Outgoing in the outbox.
type Line struct {
	Outgoing
	At time.Time `json:"at,omitzero"` // when it was decided
	// Begun: delivery was started, so after a crash nobody knows whether it was made.
	Begun   bool      `json:"begun,omitempty"`
	BegunAt time.Time `json:"begun_at,omitzero"`
	// Resumed: it was found in the outbox, so that an earlier process may have
	// begun it. A messenger that knows keys again does not note that it begins.
	Resumed bool `json:"-"`
}

// Entry is one answer in the ledger, from which every board follows.
type Entry struct {
	Room     RoomID     `json:"room"`
	Round    int        `json:"round"`
	Player   UserID     `json:"player"`
	Pack     string     `json:"pack"`
	Question string     `json:"question"`
	At       time.Time  `json:"at"`
	Given    quiz.Given `json:"given"`
	Right    bool       `json:"right"`
	Points   int        `json:"points"`           // in all
	Speed    int        `json:"speed,omitempty"`  // of them for speed
	Streak   int        `json:"streak,omitempty"` // and for right answers in a row
	Hinted   bool       `json:"hinted,omitempty"` // the hint was shown before
}

// Answer is the entry as a round has it, without a name.
func (e Entry) Answer() quiz.Answer {
	return quiz.Answer{Player: string(e.Player), At: e.At, Given: e.Given, Right: e.Right, Points: e.Points, Speed: e.Speed, Streak: e.Streak}
}

// Change is everything that one decision writes, in one transaction.
type Change struct {
	Team TeamID
	Room RoomID
	From uint64    // the revision that was decided on; the room is at From+1 afterwards
	At   time.Time // when it was decided

	Causes []string  // delivery IDs; each is accepted once
	State  *State    // nil: unchanged. Rounds are written without their answers.
	Wake   time.Time // when the room next needs a tick; zero: never. Goes with State.

	// Past are rounds that were closed now; each is written once, without its answers.
	Past []quiz.Past
	// Forgotten are the numbers of rounds of which nothing is kept beside the room any more:
	// those of Past that are too old, and those that are given up.
	Forgotten []int

	Answers []Entry
	Clocks  []ClockAt         // of players to whom an async question is revealed now
	Names   map[UserID]string // what people are called now

	Out     []Outgoing // messages to deliver, in order
	Begun   []string   // keys of messages whose delivery starts now
	Settled []Receipt  // messages that need no more delivery
}

// ClockAt is a player's own time at an async question. It is kept as long as the round is
// open, or kept of late.
type ClockAt struct {
	Room  RoomID     `json:"room"`
	Round int        `json:"round"`
	Clock quiz.Clock `json:"clock"`
}

// Receipt ends a message's time in the outbox.
type Receipt struct {
	Key     string
	Message MessageID // "" when it was not made
	Round   int       // the round whose question this message shows; 0: none
}

// RoomRef names a room and its team.
type RoomRef struct {
	Team TeamID
	Room RoomID
}

// DueRoom is a room and when it needs its next tick.
type DueRoom struct {
	RoomRef
	At time.Time
}

// Rooms keeps rooms and the ledger.
type Rooms interface {
	// Room returns the room with the answers and clocks of its open and past rounds joined in,
	// the answers named.
	// A room that was never committed is at revision 0 and empty.
	Room(ctx context.Context, team TeamID, room RoomID) (Snapshot, error)
	// Commit writes the change, all or nothing, and returns when it is on disk.
	// *SeenError (checked first) lists causes that were accepted before; ErrStale
	// says that the room is not at c.From. Any other error leaves it unknown
	// whether the change was written.
	Commit(ctx context.Context, c Change) error
	// Once records the delivery ID and reports whether it is new.
	Once(ctx context.Context, team TeamID, id string, at time.Time) (bool, error)
	// Knows reports whether the delivery ID was recorded before, and records nothing.
	Knows(ctx context.Context, team TeamID, id string, at time.Time) (bool, error)
	// Due lists rooms whose wake time is at or before by, earliest first.
	Due(ctx context.Context, by time.Time, limit int) ([]DueRoom, error)
	// Unsent lists every room that has messages in the outbox.
	Unsent(ctx context.Context) ([]RoomRef, error)
	// Over lists, once each, the rooms in which a round was closed at since or later that
	// is still kept beside its room: see Change.Past.
	Over(ctx context.Context, since time.Time) ([]RoomRef, error)
	// Posted returns the message that the outbox key of a question became; "" when
	// none did.
	Posted(ctx context.Context, team TeamID, room RoomID, key string) (MessageID, error)
	// RoundOf returns the round whose question is that message; 0 when none is.
	RoundOf(ctx context.Context, team TeamID, room RoomID, m MessageID) (int, error)
	// Given returns a player's answer in a round of any age; ok false when there is none.
	Given(ctx context.Context, team TeamID, room RoomID, round int, player UserID) (e Entry, ok bool, err error)
}

// BoardKind is what the numbers of a leaderboard are.
type BoardKind string

// The kinds of leaderboards: docs/boards.md says what they count.
const (
	ByPoints      BoardKind = ""
	ByRating      BoardKind = "rating"   // of the whole team, of all time and all topics
	ByImprovement BoardKind = "improved" // of the whole team and all topics, in a week or a month
)

// BoardQuery names a leaderboard.
type BoardQuery struct {
	Team   TeamID
	Kind   BoardKind
	Room   RoomID // "": the whole team
	Topic  string // a pack's id; "": all
	Period quiz.Period
	Now    time.Time // which today, week or month; in UTC
	Top    int       // how many lines
	Player UserID    // whose own standing to add; "" for none
}

// Board is a leaderboard: the first lines and, where asked, one player's own.
type Board struct {
	Top     []quiz.Standing
	Own     quiz.Standing // zero Rank: not on this board
	Hidden  bool          // whose own it is is hidden from all others, and counted nowhere else
	Players int           // on this board in all, without those who are hidden
}

// Boards answers questions about points. What it says includes every committed answer.
type Boards interface {
	Board(ctx context.Context, q BoardQuery) (Board, error)
	// Days says how the first q.Top players of the week of q.Now came to their points: on each
	// of its days up to q.Now. q.Period and q.Player don't matter. It is for weeks that are
	// not over for longer than boards of days are kept.
	Days(ctx context.Context, q BoardQuery) ([]quiz.DayPoints, error)
	// Record sums up one player in one team; zero when the player never answered.
	Record(ctx context.Context, team TeamID, player UserID) (quiz.Record, error)
	// Known is Record as it was when it was last folded: it may lack the newest answers,
	// and costs one read.
	Known(ctx context.Context, team TeamID, player UserID) (quiz.Record, error)
	// Strength is what a player's first answers to questions say; zero when there are none.
	Strength(ctx context.Context, team TeamID, player UserID) (quiz.Strength, error)
	// Fold prepares what Board and Record say. They do it themselves too; done
	// before, they need not wait for it.
	Fold(ctx context.Context, team TeamID) error
}

// Reviews says what a player has answered, for what to ask again follows from that.
type Reviews interface {
	// Seen lists the questions that a player has answered, in any team, with the newest
	// answers to each; a question once for each team. It includes every committed answer.
	Seen(ctx context.Context, player UserID) ([]quiz.Seen, error)
}

// ErrUnknownPlayer: nothing is kept about that player.
var ErrUnknownPlayer = errors.New("nothing is kept about this player")

// People answers for what is kept about a person, in all teams.
type People interface {
	// Players lists everybody about whom something is kept, in order.
	Players(ctx context.Context) ([]UserID, error)
	// Kept counts what is kept of a player's answers; zero when that is nothing.
	Kept(ctx context.Context, player UserID) (Kept, error)
	// Export returns all that is kept about a player. Its error is ErrUnknownPlayer
	// when that is nothing.
	Export(ctx context.Context, player UserID) (Dossier, error)
	// Forget deletes all that is kept about a player, team by team, each in one
	// transaction: name, answers and what follows from them, every mention in rooms,
	// in settings and in messages to send, the player's own settings, and the rooms that
	// are the player's direct messages.
	// Rooms that changed have a new revision, those that are gone are at 0. The others'
	// points stay as they are. Its error is ErrUnknownPlayer when nothing is kept;
	// after any other, some teams may have forgotten the player: forget again.
	Forget(ctx context.Context, player UserID) (Forgotten, error)
}

// Kept is how much is kept of a player's answers.
type Kept struct {
	Teams   int       // in which the player has answered
	Answers int       // in all of them
	Since   time.Time // when the first was given; zero where there is none
}

// Dossier is all that is kept about one player.
type Dossier struct {
	Player UserID        `json:"player"`
	Teams  []TeamDossier `json:"teams"`
}

// TeamDossier is what is kept about a player in one team.
type TeamDossier struct {
	Team TeamID `json:"team"` // PlayersTeam: what belongs to no team
	Name string `json:"name,omitempty"`
	// Settings are the player's own, in PlayersTeam; TeamSettings the team's, where they
	// mention the player, with their fields in alphabetical order.
	Settings     *PlayerSettings `json:"settings,omitempty"`
	TeamSettings json.RawMessage `json:"team_settings,omitempty"`
	Record       quiz.Record     `json:"record,omitzero"`
	Answers      []Entry         `json:"answers,omitempty"` // oldest first
	// Seen are the questions that the player was asked, as far as review knows.
	Seen   []quiz.Seen   `json:"seen,omitempty"`
	Boards []BoardPoints `json:"boards,omitempty"`
	// Revealed are the async questions of late that the player has looked at.
	Revealed []ClockAt     `json:"revealed,omitempty"`
	Rooms    []RoomDossier `json:"rooms,omitempty"`
	// Deliveries are ids of what was taken in lately that hold the player's.
	Deliveries []string `json:"deliveries,omitempty"`
}

// BoardPoints is a player's place on a leaderboard.
type BoardPoints struct {
	Kind   BoardKind `json:"kind,omitempty"`
	Room   RoomID    `json:"room,omitempty"`  // "": the whole team
	Topic  string    `json:"topic,omitempty"` // "": all
	Span   string    `json:"span"`            // quiz.Period.At
	Points int       `json:"points"`
}

// RoomDossier is what a room holds of a player at the moment.
type RoomDossier struct {
	Room   RoomID `json:"room"`
	Direct bool   `json:"direct,omitempty"` // it is the player's direct messages
	// State is the room where it mentions the player, Messages the keys of the
	// messages to send that name the player.
	State    *State   `json:"state,omitempty"`
	Messages []string `json:"messages,omitempty"`
	// Others are other records of the room that mention the player, with their fields
	// in alphabetical order.
	Others []json.RawMessage `json:"others,omitempty"`
}

// Forgotten is what Forget has deleted.
type Forgotten struct {
	Settings  bool      `json:"settings,omitempty"` // the player's own
	Teams     int       `json:"teams"`              // that knew the player
	Answers   int       `json:"answers"`            // from the ledger
	Standings int       `json:"standings"`          // places on boards
	Messages  int       `json:"messages"`           // to send that named the player; they say it without the name
	Changed   []RoomRef `json:"changed,omitempty"`
	Gone      []RoomRef `json:"gone,omitempty"` // direct messages
}

// Upkeep keeps what is stored from growing without end. Both work in short
// transactions, between which others write.
type Upkeep interface {
	// Expire forgets the answers that were given before a time, with their points on
	// every board, and returns how many it were. Whoever has none left has no name
	// any more either. It is meant for times that are days past, when no question of
	// that age is open.
	Expire(ctx context.Context, before time.Time) (answers int, err error)
	// Sweep deletes what nobody can ask for any more at that time: places on boards of
	// spans that are over for long (quiz.SpanGone), the ids of old
	// deliveries, and rounds that were closed more than an hour ago (Change.Past). It
	// returns how many records it were.
	Sweep(ctx context.Context, now time.Time) (records int, err error)
}

// Store is all that the bot keeps.
type Store interface {
	Rooms
	Boards
	Reviews
	People
	Settings
	Upkeep
}
