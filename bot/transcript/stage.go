package transcript

import (
	"context"
	"errors"
	"time"

	"quizbot/quiz"
)

// ErrCannot is what a Stage returns for what it can't do. For Run that is a failure.
var ErrCannot = errors.New("this stage cannot do that")

// Setup is the scene that a transcript asks for.
type Setup struct {
	Packs  []quiz.Pack
	Pool   *quiz.Pool // of Packs
	People []Person   // in the order in which they first appear
	Rooms  []Room     // in the order in which they first appear
	// Virtual: hours pass.
	Virtual bool
}

// Person is somebody who does something in a transcript.
type Person struct {
	ID     string // as the transcript names the person: small letters
	Called string // what the platform says that the person is called
	Admin  bool
}

// Room is where something is said. The rooms of a transcript share one team.
type Room struct {
	Name   string // "#blue", "direct alice"; unique in a transcript
	Direct string // the person whose direct messages these are; "" for a channel
}

// ActKind is the way of saying something.
type ActKind int

// The ways of saying something.
const (
	Say   ActKind = iota + 1 // to the bot: Text, without a prefix
	Type                     // in the room: Text
	Press                    // Button of Message
	Reply                    // Text, as a reply to Message
	Fill                     // the form Message: Values
)

// Act is something that a person does.
type Act struct {
	Kind    ActKind
	Who     string // Person.ID
	Room    Room
	Text    string
	Message string // Heard.Message
	Button  Button
	Values  []string // of the form's fields, in order
}

// Button can be pressed.
type Button struct {
	ID     string // the stage's own
	Letter string // "A"; "" for one without
	Text   string // of the option in full, without the letter
}

// Heard is a message of the bot, or a new version of one.
type Heard struct {
	Message string // names the message in its room; the same for all its versions
	Room    string // Room.Name
	To      string // the person who alone can read it; "": everybody in the room
	Form    bool   // it is a form, and can be filled in
	Edit    bool   // a message that was there before looks like this now
	// Text is all that can be read, without the platform's markup, the buttons'
	// texts in it: "A. GET". The first line is the first of Text.
	Text    string
	Buttons []Button
}

// FaultKind is a way in which a platform misbehaves.
type FaultKind int

// The ways in which a platform misbehaves.
const (
	Refuse   FaultKind = iota + 1 // N messages are not made: try again after For
	Swallow                       // N messages are not made, and the caller can't know
	Lose                          // N messages are made, and the caller can't know
	Hang                          // N messages are made, and the caller waits for an answer
	Reject                        // N messages are refused for good
	Slow                          // each message takes For
	Down                          // messages hang until Back
	Back                          // the end of Down and Slow; where time is virtual also of Shut
	Shut                          // Room can't be written to
	Delete                        // Message is deleted by somebody
	KeepBack                      // what people do is delivered later: Do does not wait
	LetGo                         // what was kept back is delivered, and Fault waits for that
)

// Fault is what a platform is told to do wrong.
type Fault struct {
	Kind    FaultKind
	N       int
	For     time.Duration
	Room    Room
	Message string
}

// Stage is where a transcript is played: people on one side, the bot on the
// other. Its methods are called one at a time.
type Stage interface {
	// Do has a person do something, and returns when the bot has taken it in.
	// Each delivers once; the n-th call is delivery n, counted from 0.
	Do(ctx context.Context, a Act) error
	// Redeliver delivers n again, under the same ID.
	Redeliver(ctx context.Context, n int) error
	// Hear returns all that the bot has said since the beginning, but for the first
	// from messages, in the order in which it arrived; where there is none it waits
	// for one as long as within. Versions of a message count as messages.
	Hear(ctx context.Context, from int, within time.Duration) ([]Heard, error)
	// Pass lets time pass.
	Pass(ctx context.Context, d time.Duration) error
	// Skip moves all clocks on by d at once; no question is open.
	Skip(ctx context.Context, d time.Duration) error
	// Restart throws the bot away and, when it was down for so long, starts another
	// on the same store. With crash it has no time to do anything; otherwise it
	// stops in good order.
	Restart(ctx context.Context, crash bool, down time.Duration) error
	// Leave throws the bot away, as Restart does, and starts no other. Until Return
	// what people do is delivered to nobody, and Do does not wait.
	Leave(ctx context.Context, crash bool) error
	// Return starts another bot on the same store.
	Return(ctx context.Context) error
	// Fault has the platform misbehave.
	Fault(ctx context.Context, f Fault) error
}

// Aloud is a Stage that may be of a platform without private answers to lines.
type Aloud interface {
	// Aloud reports that what a person reads in answer to a line is seen by the whole room.
	Aloud() bool
}
