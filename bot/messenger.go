package bot

import (
	"context"
	"time"
)

// Messenger is what the core needs of a platform to speak in a room.
type Messenger interface {
	// Deliver posts o, or replaces the message o.Target when o.Edit is set and
	// Target is known, and returns the message's ID. Calls for one room come one at
	// a time and in order. It does not retry: its errors are those of this package
	// (RetryError, ErrInDoubt, ErrGone, ErrUnreachable, ErrRejected).
	Deliver(ctx context.Context, o Outgoing) (MessageID, error)
}

// Dated is a Messenger whose messages say when they were made.
type Dated interface {
	// MadeAt is when a message was made, by the platform's clock; zero when its ID
	// doesn't say.
	MadeAt(m MessageID) time.Time
}

// Finder is a Messenger that can look for a message whose delivery is in doubt.
type Finder interface {
	// Find returns the message that Deliver made for o, at since or later; found is
	// false when there is none. An error means that nobody can tell: with
	// ErrUnreachable never, for the bot may not read what was said there; with any
	// other, not for now.
	Find(ctx context.Context, o Outgoing, since time.Time) (id MessageID, found bool, err error)
}

// Idempotent is a Messenger whose Deliver may be repeated for a while: the same
// key makes the same message.
type Idempotent interface {
	// Remembers is how long a key is surely known again after its message was made.
	Remembers() time.Duration
}

// Historian is a Messenger that can read what was said in a room.
type Historian interface {
	// Missed returns what people have said in the room since then, oldest first, each
	// with the ID of its delivery; what it can't read it leaves out. It may return some
	// of it along with an error.
	Missed(ctx context.Context, m Missing) ([]Said, error)
}

// Missing says what to look for in a room's history.
type Missing struct {
	Team  TeamID
	Room  RoomID
	Since time.Time
	// Questions are messages of questions that were open: answers may stand in the
	// threads under them.
	Questions []MessageID
}

// Said is something that was said in a room.
type Said struct {
	Incoming
	// Tell shows the person what it came to, and returns when that is done or given up;
	// nil where that can't be done in private.
	Tell func(Reply)
}
