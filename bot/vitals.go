package bot

import (
	"context"
	"time"
)

// Vitals is how the core stands at a moment.
type Vitals struct {
	// Waiting is how many messages this process has still to deliver, Aside how many of
	// them let others go first, and Oldest since when the oldest waits (zero: none).
	Waiting, Aside int
	Oldest         time.Time
	// Timed is how many rooms have something to do at a time: an open question, or the
	// next one of a game. Due of them should have done it by now, Stuck by stuckAfter ago.
	Timed, Due, Stuck int
}

const (
	// stuckAfter is how long after its time a room has done nothing when it is stuck.
	stuckAfter = 10 * time.Second
	// mostCounted bounds how many rooms are counted.
	mostCounted = 100_000
	// farFuture is beyond every time that a room can wait for.
	farFuture = 10 * 365 * 24 * time.Hour
)

// Vitals looks at the outbox and at the rooms' times. Its error is the store's;
// what concerns the outbox is true all the same.
func (b *Bot) Vitals(ctx context.Context) (Vitals, error) {
	v := b.couriers.vitals()
	now := b.now()
	rooms, err := b.store.Due(ctx, now.Add(farFuture), mostCounted)
	if err != nil {
		return v, err
	}
	v.Timed = len(rooms)
	for _, r := range rooms { // earliest first
		if r.At.After(now) {
			break
		}
		v.Due++
		if now.Sub(r.At) > stuckAfter {
			v.Stuck++
		}
	}
	return v, nil
}

func (c *couriers) vitals() Vitals {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := Vitals{Aside: len(c.aside)}
	count := func(at time.Time) {
		v.Waiting++
		if v.Oldest.IsZero() || at.Before(v.Oldest) {
			v.Oldest = at
		}
	}
	for _, r := range c.routes {
		if r.current != "" {
			count(r.since)
		}
		for _, l := range r.waiting {
			count(l.At)
		}
	}
	for _, at := range c.aside {
		count(at)
	}
	return v
}
