package bot

import "context"

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
	// Find returns the message that Deliver made for o; found is false when it
	// surely was not made. An error means that nobody can tell.
	Find(ctx context.Context, o Outgoing) (id MessageID, found bool, err error)
}

// Idempotent is a Messenger whose Deliver may be repeated for some minutes: the
// same key makes the same message.
type Idempotent interface{ Idempotent() }
