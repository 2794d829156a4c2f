package bot

import "time"

// Meter is told what the core does, to be counted. Its methods are called often and
// from many goroutines; none may block.
type Meter interface {
	// Submitted: an adapter's Submit took d and ended as outcome: ok, seen, limited (its
	// sender has to slow down), busy or failed.
	Submitted(platform, outcome string, d time.Duration)
	// Answered: an answer was acknowledged as outcome: taken, repeated or late.
	Answered(platform, outcome string)
	// Committed: n inputs of a room went to disk together in d.
	Committed(n int, d time.Duration)
	// CommitFailed: a room's change was not saved.
	CommitFailed()
	// Closed: the close of a question was on disk so long after its time was over.
	Closed(late time.Duration)
	// Delivered: a try to deliver a message, or its stay in the outbox, ended as outcome.
	// Ends are sent, in-doubt, rejected, unreachable and given-up; a try is retried, or
	// gone where an edit becomes a new message.
	Delivered(platform, outcome string)
}

// LinkMeter is told what happens between an adapter and its platform. Every word that
// it is given is one of a small set.
type LinkMeter interface {
	// Acknowledged: the platform had its answer d after it was heard: to a command,
	// event, interaction, press or suggestion.
	Acknowledged(platform, kind string, d time.Duration)
	// Refused: a request from outside was not let in: signature, stale, large,
	// unreadable or stopping.
	Refused(platform, reason string)
	// Reconnecting: a connection ended, or was not made, for that reason.
	Reconnecting(platform, reason string)
	// Limited: the platform refused a call for its rate, by scope: user, shared or
	// global (Discord), method (Slack); the next may come after wait.
	Limited(platform, scope string, wait time.Duration)
	// Replied: a private or direct reply, which the outbox doesn't keep, was sent,
	// failed or dropped.
	Replied(platform, outcome string)
	// Panicked: a fault in one event was caught.
	Panicked(platform string)
}

// Link is how an adapter and its platform stand.
type Link struct {
	Err   error     // why the platform can't be heard or spoken to; nil when it can
	Since time.Time // since when; zero when it never could be

	Connected, Wanted int       // connections, and how many there should be; 0 where nothing is kept open
	Heard             time.Time // when the platform last said anything; zero: never

	Identifies int // of Discord's day
	Invalid    int // calls that Discord refused in its ten minutes (401, 403, 429)
}

// BarredError: the platform refuses the bot until somebody mends the configuration.
type BarredError struct{ Err error }

func (e *BarredError) Error() string { return e.Err.Error() }

func (e *BarredError) Unwrap() error { return e.Err }

// NoMeter counts nothing.
type NoMeter struct{}

var (
	_ Meter     = NoMeter{}
	_ LinkMeter = NoMeter{}
)

// Submitted implements Meter.
func (NoMeter) Submitted(string, string, time.Duration) {}

// Answered implements Meter.
func (NoMeter) Answered(string, string) {}

// Committed implements Meter.
func (NoMeter) Committed(int, time.Duration) {}

// CommitFailed implements Meter.
func (NoMeter) CommitFailed() {}

// Closed implements Meter.
func (NoMeter) Closed(time.Duration) {}

// Delivered implements Meter.
func (NoMeter) Delivered(string, string) {}

// Acknowledged implements LinkMeter.
func (NoMeter) Acknowledged(string, string, time.Duration) {}

// Refused implements LinkMeter.
func (NoMeter) Refused(string, string) {}

// Reconnecting implements LinkMeter.
func (NoMeter) Reconnecting(string, string) {}

// Limited implements LinkMeter.
func (NoMeter) Limited(string, string, time.Duration) {}

// Replied implements LinkMeter.
func (NoMeter) Replied(string, string) {}

// Panicked implements LinkMeter.
func (NoMeter) Panicked(string) {}
