package bot

import (
	"errors"
	"fmt"
	"time"
)

// ErrBusy: more is under way, in the room or in all, than can be done in good time.
// Nothing was recorded; the same delivery may be submitted again later.
var ErrBusy = errors.New("room is busy")

// ErrStopped: the bot is shutting down. Nothing was recorded.
var ErrStopped = errors.New("bot is stopping")

// How a delivery can fail. Messenger.Deliver returns one of these, wrapped or
// bare; any other error is taken as RetryError with no time given.
var (
	// ErrInDoubt: the message may or may not have been made. It is looked up where
	// the adapter can (Finder), and left alone where it can't: never sent blindly again.
	ErrInDoubt = errors.New("delivery in doubt")
	// ErrGone: the message to edit is no longer there or can't be edited. The card
	// is posted as a new message instead.
	ErrGone = errors.New("message to edit is gone")
	// ErrUnreachable: the bot can't write in this room (removed, no permission,
	// archived). The room's question is dropped; other rooms go on.
	ErrUnreachable = errors.New("room cannot be written to")
	// ErrRejected: the platform refuses this one message for good.
	ErrRejected = errors.New("message was refused")
)

// RetryError: the message was surely not made; try again after After (0: the
// caller's own back-off).
type RetryError struct {
	After time.Duration
	Err   error
}

func (e *RetryError) Error() string {
	if e.After > 0 {
		return fmt.Sprintf("try again in %s: %v", e.After, e.Err)
	}
	return fmt.Sprintf("try again: %v", e.Err)
}

func (e *RetryError) Unwrap() error { return e.Err }

// DoubtError is ErrInDoubt with how long the message may still appear after the
// adapter gave up waiting: looking for it proves nothing before.
type DoubtError struct {
	Settles time.Duration
	Err     error
}

func (e *DoubtError) Error() string { return fmt.Sprintf("%v: %v", ErrInDoubt, e.Err) }

// Is makes a DoubtError an ErrInDoubt.
func (e *DoubtError) Is(target error) bool { return target == ErrInDoubt }

func (e *DoubtError) Unwrap() error { return e.Err }
