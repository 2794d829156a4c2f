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

// Finder is a Messenger that can look for a message whose delivery is in doubt.
type Finder interface {
	// Find returns the message that Deliver made for o, at since or later; found is
	// false when there is none. An error means that nobody can tell.
	Find(ctx context.Context, o Outgoing, since time.Time) (id MessageID, found bool, err error)
}

// Idempotent is a Messenger whose Deliver may be repeated for a while: the same
// key makes the same message.
type Idempotent interface {
	// Remembers is how long a key is surely known again after its message was made.
	Remembers() time.Duration
}
