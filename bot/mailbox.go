package bot

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"quizbot/internal/failpoint"
	"quizbot/quiz"
)

const (
	// maxWaiting bounds what waits in one room; more is refused with ErrBusy.
	maxWaiting = 2048
	// maxInAll bounds what waits in all rooms together, and with it the memory that a
	// flood takes: the newest is refused, and what was taken is done in its order.
	// Where less than that can be done in time, admission refuses before.
	maxInAll = 16_384
	// maxBatch bounds what one commit of a room holds.
	maxBatch = 512
	// maxBeside bounds how many questions for something to read are answered at once.
	maxBeside = 512
	// maxRooms is how many idle rooms are remembered; the rest is read again when needed.
	maxRooms = 20_000
	// maxTries bounds how often one batch is decided anew because the room moved on.
	maxTries = 20
)

// job is one thing for a room to take in: what somebody said, or an inner input
// with what the outbox has to record.
type job struct {
	in Incoming // when input is nil

	inner   bool
	inputs  []quiz.Input
	resume  bool   // look for messages that nobody delivers
	forget  UserID // who is to be forgotten; "": nobody
	begun   string
	settled *Receipt

	reply  Reply
	effect bool // something has changed
	err    error
	done   chan struct{}
}

// rooms hands each room's jobs to one goroutine at a time.
type rooms struct {
	mu      sync.Mutex
	boxes   map[RoomRef]*mailbox
	closed  bool
	reading int       // how many ask for something to read
	doing   admission // of jobs from outside, in all rooms
	// accepted counts jobs from outside that are not done yet.
	accepted sync.WaitGroup
}

// mailbox is one room's waiting jobs and, while its goroutine runs, its state.
type mailbox struct {
	ref     RoomRef
	mu      sync.Mutex
	waiting []*job
	running bool

	// latest is the room as it is stored, for who only looks; nil: not known.
	latest atomic.Pointer[Snapshot]

	// Of the running goroutine alone:
	snap   Snapshot
	loaded bool
	// resume: the stored outbox may hold messages that no courier knows.
	resume  bool
	partial partials
}

// beside runs fn outside of any room's order.
func (r *rooms) beside(b *Bot, fn func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrStopped
	}
	if r.reading >= maxBeside {
		return ErrBusy
	}
	r.reading++
	r.accepted.Add(1)
	b.work.Go(func() {
		defer r.accepted.Done()
		fn()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.reading--
	})
	return nil
}

func (r *rooms) full(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.doing.full(now)
}

func (r *rooms) enqueue(b *Bot, ref RoomRef, j *job) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed && !j.inner {
		return ErrStopped // what the outbox has to record is still taken
	}
	box, ok := r.boxes[ref]
	if !ok {
		if len(r.boxes) >= maxRooms {
			r.evict()
		}
		box = &mailbox{ref: ref, partial: partials{}}
		r.boxes[ref] = box
	}
	box.mu.Lock()
	defer box.mu.Unlock()
	if !j.inner {
		// What the platform has kept for us comes in regardless: it is not said again for ever.
		if len(box.waiting) >= maxWaiting || !r.doing.enter(len(box.waiting), j.in.Again || j.in.Missed, b.now()) {
			return ErrBusy
		}
		r.accepted.Add(1)
	}
	box.waiting = append(box.waiting, j)
	if !box.running {
		box.running = true
		b.work.Go(func() { box.run(b) })
	}
	return nil
}

// evict forgets some rooms that are idle.
func (r *rooms) evict() {
	for ref, box := range r.boxes {
		box.mu.Lock()
		idle := !box.running
		box.mu.Unlock()
		if idle {
			delete(r.boxes, ref)
		}
		if len(r.boxes) < maxRooms*3/4 {
			return
		}
	}
}

// done ends jobs whose messages are with the courier by now.
func (r *rooms) done(batch []*job, now time.Time) {
	outside := 0
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range batch {
		if !j.inner {
			outside++
			r.doing.leave(now)
		}
	}
	if outside > 0 { // else, with nobody to wait for, the count may be at its end already
		r.accepted.Add(-outside)
	}
}

// close refuses new jobs; those that wait are still done.
func (r *rooms) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
}

// run does what waits, batch by batch, until nothing does.
func (m *mailbox) run(b *Bot) {
	for {
		m.mu.Lock()
		n := min(len(m.waiting), maxBatch)
		batch := m.waiting[:n:n]
		m.waiting = m.waiting[n:]
		if n == 0 {
			m.waiting = nil
			m.running = false
			m.mu.Unlock()
			return
		}
		m.mu.Unlock()
		m.do(b, batch)
		b.rooms.done(batch, b.now())
	}
}

// do decides and saves a batch, then speaks.
func (m *mailbox) do(b *Bot, batch []*job) {
	seen := map[string]bool{}
	for _, j := range batch {
		if j.resume {
			m.loaded, m.resume = false, true
		}
		if j.forget != "" {
			m.loaded = false
			m.partial.forget(j.forget)
		}
	}
	var plan *plan
	err := ErrStale
	for try := 0; try < maxTries && err != nil; try++ {
		if plan, err = m.decide(b, batch, seen); err != nil {
			break
		}
		var already *SeenError
		began := b.now()
		failpoint.Reach(failpoint.Decided)
		if err = plan.commit(b.saving, b.store); err == nil {
			failpoint.Reach(failpoint.Committed)
			if !plan.idle() {
				b.meter.Committed(len(batch), b.now().Sub(began))
			}
			plan.tally.tell(b, platformOf(m.ref.Room))
			break
		}
		switch {
		case errors.As(err, &already):
			for _, id := range already.IDs {
				seen[id] = true
			}
			m.loaded = false // whoever took them in may have moved the room on
		case errors.Is(err, ErrStale):
			m.loaded = false
		default:
			m.lookAgain(b)
			try = maxTries
		}
	}
	if err != nil {
		m.loaded = false
		m.latest.Store(nil)
		b.meter.CommitFailed()
		b.log.Error("room not saved", "team", m.ref.Team, "room", m.ref.Room, "jobs", len(batch), "err", err)
		for _, j := range batch {
			j.err = fmt.Errorf("save room: %w", err)
			j.finish()
		}
		return
	}
	m.snap = plan.after()
	m.latest.Store(new(m.snap))
	for _, j := range batch {
		j.finish()
	}
	if len(plan.change.Out) > 0 {
		lines := make([]Line, len(plan.change.Out))
		for i, o := range plan.change.Out {
			lines[i] = Line{Outgoing: o, At: plan.change.At}
		}
		b.send(m.ref, lines)
	}
	if plan.closed {
		b.fold(m.ref.Team)
		b.catch.sawClose(m.ref, plan.now)
	} else if n := len(plan.change.Answers); n > 0 {
		b.gather(m.ref.Team, n)
	}
	if wake := m.snap.State.Wake(); !wake.IsZero() {
		b.alarm.at(wake)
	}
}

// lookAgain has the room read again soon: a change whose commit failed may have
// been written, and its messages then wait in the outbox.
func (m *mailbox) lookAgain(b *Bot) {
	if m.resume {
		return
	}
	m.resume = true
	b.work.Go(func() { b.inner(m.ref, &job{inner: true, resume: true}) })
}

// decide steps the whole batch through the rules, from the room as it is stored.
func (m *mailbox) decide(b *Bot, batch []*job, seen map[string]bool) (*plan, error) {
	if !m.loaded {
		snap, err := b.store.Room(b.saving, m.ref.Team, m.ref.Room)
		if err != nil {
			return nil, err
		}
		snap.State.Marks = awaited(snap)
		m.snap, m.loaded = snap, true
		if m.resume {
			b.resume(m.ref, snap.Outbox)
			m.resume = false
		}
	}
	p := newPlan(b, m.ref, m.snap, m.partial)
	for _, j := range inOrder(batch) {
		j.reply, j.effect, j.err = Reply{}, false, nil
		if err := p.take(j, seen); err != nil {
			j.err = err
		}
	}
	return p, nil
}

func (j *job) finish() {
	if j.done != nil {
		close(j.done)
	}
}
