package bot

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"quizbot/internal/failpoint"
	"quizbot/quiz"
)

// couriers deliver the outbox: one goroutine for each room that has messages, so
// that a slow room delays no other.
type couriers struct {
	mu     sync.Mutex
	routes map[RoomID]*route
	aside  map[lineID]time.Time // messages that let others go first, and since when they wait
	absent map[string]bool      // platforms that have messages and no adapter
	// pictures are messages with one that are on their way beside their room's order.
	pictures map[lineID]bool
	closed   bool
}

type route struct {
	ref     RoomRef
	current string    // key of the message that is being delivered; "": none
	since   time.Time // when that one was decided
	waiting []Line
}

// lineID names a message in the outbox.
type lineID struct {
	room RoomID
	key  string
}

func (c *couriers) init() {
	c.routes, c.aside, c.absent = map[RoomID]*route{}, map[lineID]time.Time{}, map[string]bool{}
	c.pictures = map[lineID]bool{}
}

// send hands lines, which are in the outbox already, to their room's courier.
func (b *Bot) send(ref RoomRef, lines []Line) {
	if len(lines) == 0 {
		return
	}
	c := &b.couriers
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return // they stay in the outbox for the next start
	}
	if r, ok := c.routes[ref.Room]; ok {
		r.waiting = append(r.waiting, lines...)
		return
	}
	r := &route{ref: ref, waiting: lines}
	c.routes[ref.Room] = r
	b.work.Go(func() { b.deliverRoute(r) })
}

// resume makes the room's courier deliver what stands in the stored outbox: all
// that it has waiting stands there too, and perhaps more. To be called in the
// room's own order, so that nothing is settled meanwhile.
func (b *Bot) resume(ref RoomRef, outbox []Line) {
	c := &b.couriers
	outbox = slices.Clone(outbox)
	c.mu.Lock()
	if r, ok := c.routes[ref.Room]; ok {
		r.waiting = nil
		outbox = slices.DeleteFunc(outbox, func(l Line) bool { return l.Key == r.current })
	}
	outbox = slices.DeleteFunc(outbox, func(l Line) bool { return c.pictures[lineID{ref.Room, l.Key}] })
	c.mu.Unlock()
	for i := range outbox {
		outbox[i].Resumed = true
	}
	b.doubtful(ref, outbox)
	b.send(ref, outbox)
}

// close lets the couriers finish what they have; when nothing is left, done is
// called at once.
func (c *couriers) close(done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.idle() {
		done()
	}
}

// idle says that nothing is being delivered. The caller holds mu.
func (c *couriers) idle() bool { return len(c.routes) == 0 && len(c.pictures) == 0 }

func (b *Bot) deliverRoute(r *route) {
	c := &b.couriers
	for {
		c.mu.Lock()
		if len(r.waiting) == 0 || b.ctx.Err() != nil {
			delete(c.routes, r.ref.Room)
			last := c.closed && c.idle()
			c.mu.Unlock()
			if last {
				b.cancel()
			}
			return
		}
		line := r.waiting[0]
		r.waiting = r.waiting[1:]
		r.current, r.since = line.Key, line.At
		c.mu.Unlock()
		b.deliver(r.ref, line)
		c.mu.Lock()
		r.current = ""
		c.mu.Unlock()
	}
}

// deliver brings one message to its room, however often it takes, and settles
// it. It leaves the message in the outbox when the bot stops first.
func (b *Bot) deliver(ref RoomRef, line Line) {
	platform := ref.Room.Platform()
	messenger, ok := b.messengers[platform]
	if !ok {
		if b.couriers.misses(platform) {
			b.log.Warn("messages wait in the outbox for a platform that is not configured", "platform", platform, "room", ref.Room, "key", line.Key)
		}
		return
	}
	if line.Card.Chart != nil {
		b.picture(ref, messenger, line)
		return
	}
	b.carry(ref, messenger, line)
}

// carry is deliver, once it is known to whom.
func (b *Bot) carry(ref RoomRef, messenger Messenger, line Line) {
	t := b.newAttempt(ref, messenger, line)
	id, err := t.run()
	if errors.Is(err, errLater) {
		b.log.Warn("edit tried for long; what waits behind it goes first", "room", ref.Room, "key", line.Key, "until", line.At.Add(giveUpEdit), "err", err)
		b.couriers.stepAside(ref, line)
		b.work.Go(func() {
			defer b.couriers.settled(ref, line)
			b.aside(ref, messenger, line)
		})
		return
	}
	shown := t.shown(id, err)
	recorded := b.resolve(ref, line.Key, !shown.IsZero())
	b.settle(ref, line, id, err, shown)
	recorded()
}

// misses notes a platform that has no adapter; true the first time.
func (c *couriers) misses(platform string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.absent[platform]
	c.absent[platform] = true
	return !known
}

func (c *couriers) stepAside(ref RoomRef, line Line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.aside[lineID{ref.Room, line.Key}] = line.At
}

func (c *couriers) settled(ref RoomRef, line Line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.aside, lineID{ref.Room, line.Key})
}

// longestAside grows with how many edits wait, so that all of them together ask a
// platform that is down no more than some fifty times a second.
func (b *Bot) longestAside() time.Duration {
	c := &b.couriers
	c.mu.Lock()
	defer c.mu.Unlock()
	return min(max(time.Duration(len(c.aside))*asideEach, fewAside), lastAside)
}

// aside goes on trying an edit that stepped aside, ever more rarely.
func (b *Bot) aside(ref RoomRef, messenger Messenger, line Line) {
	for wait := firstAside; sleep(b.ctx, jittered(wait)); wait = min(2*wait, b.longestAside()) {
		t := b.newAttempt(ref, messenger, line)
		t.once = true
		id, err := t.run()
		if !errors.Is(err, errLater) {
			b.settle(ref, line, id, err, t.shown(id, err))
			return
		}
	}
}

// settle records what became of a message, and since when it can be read: zero is now.
func (b *Bot) settle(ref RoomRef, line Line, id MessageID, err error, shown time.Time) {
	if b.ctx.Err() != nil && err != nil || errors.Is(err, errForgotten) {
		return
	}
	j := &job{inner: true, settled: &Receipt{Key: line.Key, Message: id, Round: line.Round}}
	outcome := "sent"
	switch {
	case err == nil:
		if line.Round > 0 {
			j.inputs = append(j.inputs, quiz.Posted{Round: line.Round, At: shown})
		}
	case errors.Is(err, ErrInDoubt):
		// Perhaps everybody can see it: its time runs, and its close is posted anew.
		outcome = "in-doubt"
		if line.Round > 0 {
			j.inputs = append(j.inputs, quiz.Posted{Round: line.Round, At: shown})
		}
	case errors.Is(err, ErrUnreachable):
		outcome = "unreachable"
		if line.Round > 0 {
			j.inputs = append(j.inputs, quiz.Lost{Round: line.Round, Mute: true})
		}
	default:
		outcome = "given-up"
		if errors.Is(err, ErrRejected) {
			outcome = "rejected"
		}
		if line.Round > 0 {
			j.inputs = append(j.inputs, quiz.Lost{Round: line.Round})
		}
	}
	b.meter.Delivered(ref.Room.Platform(), outcome)
	if err != nil {
		b.log.Error("message not delivered", "team", ref.Team, "room", ref.Room, "key", line.Key, "outcome", outcome, "err", err)
	}
	failpoint.Reach(failpoint.Settling)
	b.inner(ref, j)
	failpoint.Reach(failpoint.Settled)
}

// inner records what became of a message. The record must not be lost, so it is
// tried until it works or the bot stops.
func (b *Bot) inner(ref RoomRef, j *job) bool {
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		fresh := *j
		fresh.done = make(chan struct{})
		if err := b.rooms.enqueue(b, ref, &fresh); err != nil {
			return false
		}
		<-fresh.done
		if fresh.err == nil {
			return true
		}
		if !sleep(b.ctx, jittered(wait)) {
			return false
		}
	}
}

// posted looks up the message that an outbox key became, however often it takes;
// ok is false when the bot stops first.
func (b *Bot) posted(ref RoomRef, key string) (id MessageID, ok bool) {
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		id, err := b.store.Posted(b.ctx, ref.Team, ref.Room, key)
		if err == nil && id == "" {
			id, err = b.markOf(ref, key)
		}
		if err == nil {
			return id, true
		}
		if b.ctx.Err() == nil {
			b.log.Error("message to edit not looked up", "room", ref.Room, "key", key, "err", err)
		}
		if !sleep(b.ctx, jittered(wait)) {
			return "", false
		}
	}
}

// jittered is d and up to a quarter more, so that what failed together is not tried
// again together.
func jittered(d time.Duration) time.Duration { return d + rand.N(d/4+1) }

// sleep waits for d; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
