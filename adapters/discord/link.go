package discord

import (
	"errors"
	"fmt"
	"time"

	"quizbot/bot"
)

// Ready is nil when every shard is connected, else the reason why not.
func (a *Adapter) Ready() error { return a.Link().Err }

// Link is how the adapter and Discord stand.
func (a *Adapter) Link() bot.Link {
	used, invalid := a.identifies.used(a.now()), a.gate.invalidCalls()
	a.mu.Lock()
	defer a.mu.Unlock()
	l := bot.Link{Err: a.missing(), Since: a.since, Wanted: max(len(a.shards), 1), Identifies: used, Invalid: invalid}
	for _, err := range a.shards {
		if err == nil {
			l.Connected++
		}
	}
	if at := a.heard.Load(); at != 0 {
		l.Heard = time.Unix(0, at)
	}
	return l
}

// missing is why Discord can't be heard or spoken to. The caller holds mu.
func (a *Adapter) missing() error {
	if a.reason != nil {
		return barred(fmt.Errorf("discord: %w", a.reason))
	}
	if err := a.gate.err(); err != nil {
		return barred(fmt.Errorf("discord: %w", err))
	}
	var missing error
	for id, err := range a.shards {
		if err == nil {
			continue
		}
		missing = barred(fmt.Errorf("discord: shard %d: %w", id, err))
		if errors.As(missing, new(*bot.BarredError)) {
			break // of several reasons, the one that stays
		}
	}
	return missing
}

// barredError: Discord has refused the bot with a close code that ends it.
type barredError struct{ error }

func (e barredError) Unwrap() error { return e.error }

// barred marks what only an operator can mend.
func barred(err error) error {
	if errors.Is(err, errUnauthorized) || errors.As(err, new(barredError)) {
		return &bot.BarredError{Err: err}
	}
	return err
}

// changed notes since when something is missing. The caller holds mu.
func (a *Adapter) changed() {
	switch ready := a.missing() == nil && len(a.shards) > 0; {
	case ready:
		a.was, a.since = true, time.Time{}
	case a.was && a.since.IsZero():
		a.since = a.now()
	}
}

func (a *Adapter) setReason(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reason = err
	a.changed()
}

func (a *Adapter) setShard(id int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shards[id] = err
	a.changed()
}

// alive notes that the gateway has said something.
func (a *Adapter) alive() { a.heard.Store(a.now().UnixNano()) }
