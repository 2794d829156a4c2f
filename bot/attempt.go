package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"quizbot/internal/failpoint"
)

const (
	// giveUpPost is how long a new message is tried; its room waits behind it.
	giveUpPost = 10 * time.Minute
	// stepAside is how long an edit is tried before what waits behind it goes first.
	stepAside = time.Minute
	// giveUpEdit is how old an edit may grow, and giveUpRefused one that the platform
	// refuses. An edit can be repeated without harm, and until it is made the room
	// shows a question that looks open.
	giveUpEdit    = 24 * time.Hour
	giveUpRefused = time.Hour
	// quietFor is how long a message is tried before the log says so.
	quietFor = 15 * time.Second
	// firstAside and lastAside bound the wait between tries of one that stepped aside;
	// where few have, fewAside, for a room that comes back should not show an open
	// question for minutes more. See longestAside.
	firstAside = 2 * time.Second
	fewAside   = 30 * time.Second
	asideEach  = 20 * time.Millisecond // of each that waits
	lastAside  = 5 * time.Minute
	// firstRetry and lastRetry bound the wait between tries when the platform names
	// none; where it has been trying for long, slowRetry.
	firstRetry = 250 * time.Millisecond
	lastRetry  = 3 * time.Second
	slowRetry  = 30 * time.Second
	// longestAsked bounds the wait that a platform can ask for.
	longestAsked = 2 * time.Minute
	// deliverTime bounds one try.
	deliverTime = 20 * time.Second
	// findTries is how often a message in doubt is looked for when looking fails.
	findTries = 6
	// settleAfterCrash is how long a message may still appear that an earlier
	// process was sending when it died.
	settleAfterCrash = 5 * time.Second
	// notedFor is how long the note on disk is good that a message is begun: a try that
	// begins later is noted itself, for settleAfterCrash counts from there.
	notedFor = time.Second
)

// errLater: let what waits behind this message go first.
var errLater = errors.New("tried for long: later")

// attempt is one message on its way to its room.
type attempt struct {
	bot  *Bot
	ref  RoomRef
	to   Messenger
	line Line
	o    Outgoing

	remembers time.Duration // how long the platform knows the key again; 0: not at all
	began     time.Time
	tries     int
	warned    bool      // that it takes long
	once      bool      // a single try, then errLater
	keyed     bool      // that it is begun need not be on disk
	noted     time.Time // when it was last noted there; zero: never

	// In doubt: a try since that time may have made the message, and if it did it
	// can be seen by until. The try ended then, as far as is known.
	inDoubt             bool
	since, ended, until time.Time
	repeated            bool      // the same key is sent again since then: which try made it is not known
	found               bool      // an earlier try made it
	tried               time.Time // when the last try began
}

func (b *Bot) newAttempt(ref RoomRef, to Messenger, line Line) *attempt {
	t := &attempt{bot: b, ref: ref, to: to, line: line, o: line.Outgoing, began: b.now()}
	if knows, ok := to.(Idempotent); ok {
		t.remembers = knows.Remembers()
		t.keyed = true
	}
	switch {
	case line.Begun:
		t.noted = line.BegunAt
		t.doubt(line.BegunAt, line.BegunAt, line.BegunAt.Add(settleAfterCrash))
	case line.Resumed && t.remembers > 0:
		t.doubt(line.At, line.At, line.At.Add(settleAfterCrash))
	}
	return t
}

// clean takes out of the message who was forgotten since it was decided; false when
// its room is no more.
func (t *attempt) clean() bool {
	line, ok := t.bot.forgetting.clean(t.ref, t.line)
	t.line, t.o.Card, t.o.Names = line, line.Card, line.Names
	return ok
}

// doubt notes that a try since then may have made the message. The oldest try
// counts: it is its key that is forgotten first.
func (t *attempt) doubt(since, ended, until time.Time) {
	if !t.inDoubt {
		t.since, t.ended, t.repeated = since, ended, false
	}
	t.inDoubt = true
	if until.After(t.until) {
		t.until = until
	}
}

// run tries until the message is made, refused for good, or in doubt for good.
func (t *attempt) run() (MessageID, error) {
	b := t.bot
	if t.o.Edit != "" && t.o.Target == "" {
		var ok bool
		if t.o.Target, ok = b.posted(t.ref, t.o.Edit); !ok {
			return "", ErrStopped
		}
	}
	for wait := firstRetry; ; wait = min(2*wait, t.longestWait()) {
		if !t.clean() {
			return "", errForgotten
		}
		post := t.o.Target == ""
		if post {
			if id, done, err := t.settleDoubt(); done || err != nil {
				return id, err
			}
			if !t.note() {
				return "", ErrStopped
			}
			failpoint.Reach(failpoint.Begun)
		}
		if !t.clean() { // who was forgotten while it waited is not named either
			return "", errForgotten
		}
		t.tried = b.now()
		ctx, cancel := context.WithTimeout(b.ctx, deliverTime)
		failpoint.Reach(failpoint.Sending)
		id, err := t.to.Deliver(ctx, t.o)
		failpoint.Reach(failpoint.Sent)
		cancel()
		var retry *RetryError
		var doubt *DoubtError
		pause := wait
		switch {
		case err == nil:
			return id, nil
		case errors.Is(err, ErrGone) && !post:
			b.meter.Delivered(t.ref.Room.Platform(), "gone")
			t.o.Target = ""
			continue
		case errors.Is(err, ErrUnreachable), errors.Is(err, ErrRejected):
			if post || b.now().Sub(t.line.At) > giveUpRefused {
				return "", err
			}
			return "", fmt.Errorf("%w: %w", errLater, err) // the bot may be let in again
		case errors.As(err, &doubt) && post:
			t.doubt(t.tried, b.now(), b.now().Add(doubt.Settles))
		case errors.Is(err, ErrInDoubt) && post:
			t.doubt(t.tried, b.now(), b.now())
		case errors.As(err, &retry) && retry.After > 0:
			pause, wait = min(retry.After, longestAsked), firstRetry
		case post && t.remembers > 0 && !t.inDoubt && !t.repeated: // the answer may have been lost alone
			t.repeated, t.since = true, t.tried
		}
		t.tries++
		b.meter.Delivered(t.ref.Room.Platform(), "retried")
		if over := t.over(post, err); over != nil {
			return "", over
		}
		t.complain(err)
		if !sleep(b.ctx, jittered(pause)) {
			return "", ErrStopped
		}
	}
}

// note has it on disk that a try begins now, so that a crash leaves it in doubt since
// then; false when the bot stops first.
func (t *attempt) note() bool {
	now := t.bot.now()
	if t.keyed || now.Sub(t.noted) < notedFor {
		return true
	}
	t.noted = now
	return t.bot.inner(t.ref, &job{inner: true, begun: t.o.Key})
}

// complain logs, once, a message that is not delivered for a while.
func (t *attempt) complain(err error) {
	tried := t.bot.now().Sub(t.began)
	if t.warned || t.once || tried < quietFor || t.bot.ctx.Err() != nil {
		return
	}
	t.warned = true
	t.bot.log.Warn("message not delivered yet; still trying", "room", t.ref.Room, "key", t.o.Key, "tries", t.tries, "for", tried, "err", err)
}

// longestWait grows with the time of trying, so that a platform that is down for
// long is not asked for everything every few seconds.
func (t *attempt) longestWait() time.Duration {
	return min(max(t.bot.now().Sub(t.began)/10, lastRetry), slowRetry)
}

// over ends the tries that have gone on for too long: the error to return, or nil.
func (t *attempt) over(post bool, err error) error {
	tried := t.bot.now().Sub(t.began)
	switch {
	case post && tried > giveUpPost:
		return err
	case post:
		return nil
	case t.bot.now().Sub(t.line.At) > giveUpEdit:
		return err
	case tried <= stepAside && !t.once:
		return nil
	default:
		return fmt.Errorf("%w: %w", errLater, err)
	}
}

// settleDoubt finds out, before a message is sent again, whether it was made: done
// says that it was. It waits until looking proves something. An error says that
// nobody will ever know.
func (t *attempt) settleDoubt() (id MessageID, done bool, err error) {
	b := t.bot
	failed := 0
	for wait := firstRetry; t.inDoubt; wait = min(2*wait, slowRetry) {
		if b.now().Sub(t.since) < t.remembers {
			return "", false, nil // sending the same key again changes nothing
		}
		if id, ok := b.posted(t.ref, t.o.Key); !ok {
			return "", false, ErrStopped
		} else if id != "" { // somebody has pressed one of its buttons
			t.found = true
			return id, true, nil
		}
		finder, ok := t.to.(Finder)
		if !ok {
			return "", false, ErrInDoubt
		}
		ctx, cancel := context.WithTimeout(b.ctx, deliverTime)
		id, found, err := finder.Find(ctx, t.o, t.since)
		cancel()
		pause := jittered(wait)
		switch {
		case err == nil && found:
			t.found = true
			return id, true, nil
		case err == nil && !b.now().Before(t.until):
			t.inDoubt, t.until = false, time.Time{}
			return "", false, nil
		case err == nil:
			b.release(t.ref) // it may still appear, and nobody waits for that
			pause = min(pause, t.until.Sub(b.now()))
		case errors.Is(err, ErrUnreachable):
			return "", false, errors.Join(ErrInDoubt, err)
		default:
			if failed++; failed >= findTries {
				return "", false, errors.Join(ErrInDoubt, err)
			}
		}
		if !sleep(b.ctx, pause) {
			return "", false, ErrStopped
		}
	}
	return "", false, nil
}
