package bot

import (
	"context"
	"sync"
	"time"

	"quizbot/quiz"
)

const (
	// dueBatch is how many due rooms are taken up at once.
	dueBatch = 512
	// lookEvery is how often the store is asked even when no alarm is set, in case
	// another process set one.
	lookEvery = 5 * time.Second
	// tickAgain is how long a room waits whose tick has failed.
	tickAgain = time.Second
)

// alarm says when the store should next be asked for due rooms. The store is
// the truth; the alarm only saves asking all the time.
type alarm struct {
	mu   sync.Mutex
	next time.Time
	ring chan struct{}    // the next time has moved forward, or a tick is done
	busy map[RoomRef]bool // ticks under way
	more bool             // when last asked, the store had as many due rooms as were asked for
}

// at makes sure that due rooms are looked for at t.
func (a *alarm) at(t time.Time) {
	if a.set(t) {
		a.wake()
	}
}

// set is at for the one who looks for due rooms and need not be woken. It
// reports whether t is sooner than what was set.
func (a *alarm) set(t time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	sooner := a.next.IsZero() || t.Before(a.next)
	if sooner {
		a.next = t
	}
	return sooner
}

func (a *alarm) wake() {
	select {
	case a.ring <- struct{}{}:
	default:
	}
}

// wait returns how long to sleep.
func (a *alarm) wait(now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next.IsZero() {
		return lookEvery
	}
	return min(max(a.next.Sub(now), 0), lookEvery)
}

func (a *alarm) clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next, a.more = time.Time{}, false
}

// goOn notes that more rooms may be due than were listed: the next are looked for when
// one of these is done, whatever else the alarm is set to.
func (a *alarm) goOn() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.more = true
}

// ticked notes that the tick of a room is done.
func (a *alarm) ticked(ref RoomRef, now time.Time) {
	a.mu.Lock()
	delete(a.busy, ref)
	if a.more {
		a.next = now
	}
	a.mu.Unlock()
	a.wake()
}

// keepTime ticks every room when it is due, until ctx ends.
func (b *Bot) keepTime(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.alarm.ring:
		case <-timer.C:
		}
		if wait := b.alarm.wait(b.now()); wait > 0 {
			timer.Reset(wait)
			if wait < lookEvery {
				continue
			}
		}
		b.alarm.clear()
		b.tickDue(ctx)
		timer.Reset(b.alarm.wait(b.now()))
	}
}

// tickDue starts a tick in every room that is due and not being ticked already.
// A store that can't be read is asked again before long.
func (b *Bot) tickDue(ctx context.Context) {
	now := b.now()
	most := dueBatch + b.catch.waiting()
	refs, err := b.store.Due(ctx, now.Add(lookEvery), most)
	if err != nil {
		if ctx.Err() == nil {
			b.log.Error("due rooms not found", "err", err, "again_in", lookEvery)
		}
		return
	}
	if len(refs) == most && !refs[most-1].At.After(now) {
		b.alarm.goOn()
	}
	for _, due := range refs {
		if due.At.After(now) {
			b.alarm.set(due.At) // waking itself, it would spin while the clock stands
			break               // earliest first
		}
		if !b.catch.holds(due.RoomRef) {
			b.tick(due.RoomRef)
		}
	}
}

func (b *Bot) tick(ref RoomRef) {
	b.alarm.mu.Lock()
	busy := b.alarm.busy[ref]
	b.alarm.busy[ref] = true
	b.alarm.mu.Unlock()
	if busy {
		return
	}
	b.work.Go(func() {
		j := &job{inner: true, inputs: []quiz.Input{quiz.Tick{}}, done: make(chan struct{})}
		err := b.rooms.enqueue(b, ref, j)
		if err == nil {
			<-j.done
			err = j.err
		}
		if err != nil {
			b.alarm.mu.Lock()
			delete(b.alarm.busy, ref)
			b.alarm.mu.Unlock()
			b.alarm.at(b.now().Add(tickAgain)) // logged where it failed
			return
		}
		b.alarm.ticked(ref, b.now())
	})
}
