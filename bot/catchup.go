package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"quizbot/quiz"
)

const (
	// catchUpTime is how long after a start questions that are over stay open for the
	// answers that were given while nobody listened. What is found later amends them.
	catchUpTime = 4 * time.Second
	// catchUpAll bounds a whole catching up. Answers count for longer: see quiz.Kept.
	catchUpAll = 5 * time.Minute
	// catchUpEach bounds the reading of one room, so that a history that hangs keeps
	// none of the others.
	catchUpEach = time.Minute
	// catchUpRooms bounds for how many rooms, catchUpAtOnce how many are read side by side.
	catchUpRooms  = 5000
	catchUpAtOnce = 8
	// tellTime is how long a room's result waits for the words to the one who is in it.
	tellTime = time.Second
)

// catchUpPauses are before each try to read the histories that could not be read yet.
var catchUpPauses = []time.Duration{0, 15 * time.Second, time.Minute, time.Minute}

// Gap is a time in which an adapter could not listen in some of its rooms.
type Gap struct {
	Platform string
	Since    time.Time         // zero: since before the bot was started
	Rooms    func(RoomID) bool // nil: all rooms of the platform
}

// catchup is which rooms still have to be looked through for what was said while
// nobody listened.
type catchup struct {
	mu    sync.Mutex
	begun chan struct{} // closed when it is known which rooms are held
	// held are the rooms whose questions are not closed before they are caught up.
	held    map[RoomRef]bool
	end     *time.Timer // of holding; nil: nothing is held
	stopped bool
	// doubts are questions of which it is not known yet whether an earlier process has
	// posted them, and when.
	doubts map[RoomRef]*doubtful
	// closed says when a question was last closed in a room, for as long as answers to
	// it that come late count.
	closed map[RoomRef]time.Time
}

func (c *catchup) init() {
	c.begun, c.held, c.closed = make(chan struct{}), map[RoomRef]bool{}, map[RoomRef]time.Time{}
	c.doubts = map[RoomRef]*doubtful{}
}

// begin notes that the rooms that are held at the start are known.
func (c *catchup) begin() { close(c.begun) }

// started reports whether begin was called.
func (c *catchup) started() bool {
	select {
	case <-c.begun:
		return true
	default:
		return false
	}
}

// Ready is nil when every question that was over at the start is closed or about to
// be, else the reason why not.
func (b *Bot) Ready() error {
	c := &b.catch
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.started() {
		return errors.New("core: not started yet")
	}
	if n := len(c.held); n > 0 {
		return fmt.Errorf("core: catching up on what was said in %s while nobody listened", plural(n, "room"))
	}
	return nil
}

// hold keeps the questions that are over by now, or soon, from being closed before
// their rooms were caught up, for a while. Only where history can be read.
func (b *Bot) hold(ctx context.Context) error {
	c := &b.catch
	due, err := b.store.Due(ctx, b.now().Add(catchUpTime), catchUpRooms)
	if err != nil {
		return fmt.Errorf("list due rooms: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range due {
		if _, ok := b.messengers[d.Room.Platform()].(Historian); ok {
			b.keepHeld(d.RoomRef)
		}
	}
	return nil
}

// keepHeld holds a room, for a while. The caller holds catch.mu.
func (b *Bot) keepHeld(ref RoomRef) {
	c := &b.catch
	c.held[ref] = true
	if c.end != nil || c.stopped {
		return
	}
	c.end = time.AfterFunc(catchUpTime, func() {
		if n := b.release(); n > 0 {
			b.log.Warn("not all rooms could be caught up in time; their questions are closed, and what is found later is added", "rooms", n)
		}
	})
}

// stop ends holding.
func (c *catchup) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	if c.end != nil {
		c.end.Stop()
	}
}

// release lets the questions of some rooms be closed, or of all, and returns how many
// rooms were held.
func (b *Bot) release(refs ...RoomRef) int {
	c := &b.catch
	c.mu.Lock()
	n := len(c.held)
	if len(refs) == 0 {
		clear(c.held)
	}
	for _, ref := range refs {
		delete(c.held, ref)
	}
	n -= len(c.held)
	if len(c.held) == 0 && c.end != nil {
		c.end.Stop()
		c.end = nil
	}
	c.mu.Unlock()
	if n > 0 {
		b.alarm.at(b.now())
	}
	return n
}

func (c *catchup) holds(ref RoomRef) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held[ref]
}

// waiting is how many rooms are held; they may be the first of those that are due.
func (c *catchup) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.held)
}

// sawClose notes that a question was closed in a room.
func (c *catchup) sawClose(ref RoomRef, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.closed) >= catchUpRooms {
		for ref, at := range c.closed {
			if now.Sub(at) > quiz.Kept {
				delete(c.closed, ref)
			}
		}
	}
	if len(c.closed) < catchUpRooms {
		c.closed[ref] = now
	}
}

// CatchUp looks, beside everything else, for answers that were given in a time in
// which an adapter could not listen: in rooms where a question was open then. An
// adapter calls it when it listens again, the first time included, so that nothing
// falls between what is read and what it hears.
func (b *Bot) CatchUp(g Gap) {
	h, ok := b.messengers[g.Platform].(Historian)
	if !ok {
		return
	}
	b.rooms.mu.Lock()
	defer b.rooms.mu.Unlock()
	if !b.rooms.closed {
		b.work.Go(func() { b.catchUp(h, g) })
	}
}

func (b *Bot) catchUp(h Historian, g Gap) {
	ctx, cancel := context.WithTimeout(b.ctx, catchUpAll)
	defer cancel()
	select {
	case <-b.catch.begun:
	case <-ctx.Done():
		return
	}
	refs, err := b.toCatchUp(ctx, g)
	if err != nil {
		if b.ctx.Err() == nil {
			b.log.Error("rooms to catch up not found", "platform", g.Platform, "err", err)
		}
		return
	}
	b.readAll(ctx, h, g, refs)
}

// readAll reads the histories of rooms, some of them again.
func (b *Bot) readAll(ctx context.Context, h Historian, g Gap, refs []RoomRef) {
	for i, pause := range catchUpPauses {
		if len(refs) == 0 || i > 0 && !sleep(ctx, pause) {
			return
		}
		refs = b.catchUpRooms(ctx, h, g, refs, i == len(catchUpPauses)-1)
	}
}

// catchUpRooms reads rooms side by side, and returns those that are worth another try.
func (b *Bot) catchUpRooms(ctx context.Context, h Historian, g Gap, refs []RoomRef, last bool) (again []RoomRef) {
	var reading sync.WaitGroup
	var mu sync.Mutex // guards again
	next := make(chan RoomRef)
	for range min(catchUpAtOnce, len(refs)) {
		reading.Go(func() {
			for ref := range next {
				if b.catch.waits(ref, g) {
					continue
				}
				err := b.catchUpRoom(ctx, h, g, ref)
				b.release(ref)
				var retry *RetryError
				switch {
				case err == nil || b.ctx.Err() != nil:
				case !last && ctx.Err() == nil && (errors.As(err, &retry) || errors.Is(err, context.DeadlineExceeded)):
					b.log.Info("history not read yet; it is tried again", "room", ref.Room, "err", err)
					mu.Lock()
					again = append(again, ref)
					mu.Unlock()
				default:
					b.log.Warn("history not read; answers given while nobody listened may be missing", "room", ref.Room, "err", err)
				}
			}
		})
	}
	for _, ref := range refs {
		next <- ref
	}
	close(next)
	reading.Wait()
	return again
}

// toCatchUp lists the rooms of a gap in which a question is open or was closed of
// late: those whose close waits first, the newest of them first of all.
func (b *Bot) toCatchUp(ctx context.Context, g Gap) ([]RoomRef, error) {
	// In the order in which a room passes through them, so that none slips by between two
	// of the lists: a question is posted, then open, then over.
	now := b.now()
	var unsent, over []RoomRef
	var err error
	if g.Since.IsZero() { // a question may stand in a room whose receipt was lost in a crash
		if unsent, err = b.store.Unsent(ctx); err != nil {
			return nil, err
		}
	}
	due, err := b.store.Due(ctx, now.Add(quiz.MaxOpen+quiz.Settle), catchUpRooms)
	if err != nil {
		return nil, err
	}
	if g.Since.IsZero() { // and what was closed just before the end may have been closed by a bot that was deaf
		if over, err = b.store.Over(ctx, now.Add(-quiz.Kept)); err != nil {
			return nil, err
		}
	}
	c := &b.catch
	c.mu.Lock()
	defer c.mu.Unlock()
	listed := map[RoomRef]bool{}
	for _, d := range due {
		listed[d.RoomRef] = true
	}
	for _, ref := range unsent[:min(len(unsent), catchUpRooms)] {
		if !listed[ref] {
			listed[ref] = true
			due = append(due, DueRoom{RoomRef: ref, At: now})
		}
	}
	for _, ref := range over[:min(len(over), catchUpRooms)] {
		if !listed[ref] { // behind those that are open: nobody waits for the result
			listed[ref] = true
			due = append(due, DueRoom{RoomRef: ref, At: now.Add(-quiz.Kept)})
		}
	}
	for ref, at := range c.closed {
		if !listed[ref] && now.Sub(at) <= quiz.Kept && !at.Before(g.Since) {
			due = append(due, DueRoom{RoomRef: ref, At: at})
		}
	}
	due = slices.DeleteFunc(due, func(d DueRoom) bool {
		return d.Room.Platform() != g.Platform || g.Rooms != nil && !g.Rooms(d.Room)
	})
	first := func(d DueRoom) int {
		if c.held[d.RoomRef] {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(due, func(x, y DueRoom) int {
		return cmp.Or(cmp.Compare(first(x), first(y)), cmp.Compare(x.At.Sub(now).Abs(), y.At.Sub(now).Abs()))
	})
	refs := make([]RoomRef, len(due))
	for i, d := range due {
		refs[i] = d.RoomRef
	}
	return refs, nil
}

// catchUpRoom reads what was said in a room, and has it taken in like anything else.
func (b *Bot) catchUpRoom(ctx context.Context, h Historian, g Gap, ref RoomRef) error {
	ctx, cancel := context.WithTimeout(ctx, catchUpEach)
	defer cancel()
	m, ok, err := b.missing(ctx, g, ref)
	if err != nil || !ok {
		return err
	}
	said, err := h.Missed(ctx, m) // with an error, what was read before it
	jobs := make([]*job, len(said))
	names := map[UserID]string{}
	for i, s := range said {
		in := s.Incoming
		in.Again, in.Missed = true, true
		in.Name = b.nameOf(ctx, in, names)
		jobs[i] = &job{in: in, done: make(chan struct{})}
		if placed := b.place(jobs[i]); placed != nil {
			return errors.Join(err, placed)
		}
	}
	counted := 0
	var tell []func()
	defer func() {
		b.work.Go(func() {
			for _, fn := range tell {
				fn()
			}
		})
	}()
	for i, j := range jobs {
		select {
		case <-j.done:
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
		if j.err != nil {
			err = errors.Join(err, j.err)
		}
		if !j.effect {
			continue
		}
		counted++
		if j.reply.Card == nil || said[i].Tell == nil {
			continue
		}
		if j.in.Private { // one person, who reads the verdict before the result
			b.tell(func() { said[i].Tell(j.reply) })
			continue
		}
		tell = append(tell, func() { said[i].Tell(j.reply) })
	}
	if counted > 0 {
		b.log.Info("answers that were given while nobody listened", "room", ref.Room, "answers", counted)
	}
	return err
}

// tell runs what shows somebody a verdict, and waits until that is done. It doesn't wait
// for long, for other rooms are still to be read.
func (b *Bot) tell(show func()) {
	done := make(chan struct{})
	b.work.Go(func() {
		defer close(done)
		show()
	})
	timer := time.NewTimer(tellTime)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-b.ctx.Done():
	}
}

// missing says what to read of a room; ok is false when no question was open in the
// gap.
func (b *Bot) missing(ctx context.Context, g Gap, ref RoomRef) (m Missing, ok bool, err error) {
	snap, err := b.store.Room(ctx, ref.Team, ref.Room)
	if err != nil {
		return m, false, err
	}
	room := snap.State.Room
	m = Missing{Team: ref.Team, Room: ref.Room}
	open := func(r quiz.Round) error {
		// Not since it was opened: a process that died before it knew that the question
		// stood there has opened it again.
		since := r.Asked
		if r.Async { // days ago, perhaps; who has it revealed was heard then
			var awaited bool
			if since, awaited = r.AwaitedSince(); !awaited {
				return nil
			}
		}
		if m.Since.IsZero() || since.Before(m.Since) {
			m.Since = since
		}
		question, err := b.store.Posted(ctx, ref.Team, ref.Room, fmt.Sprintf("r%d-ask-%s", r.No, tagOf(room)))
		if err == nil && question != "" {
			m.Questions = append(m.Questions, question)
		}
		return err
	}
	for _, r := range room.Rounds {
		if r.Closes.IsZero() || !r.Closes.Before(g.Since) {
			err = errors.Join(err, open(r))
		}
	}
	for _, p := range room.Past {
		if b.now().Sub(p.Over) <= quiz.Kept && !p.End.Before(g.Since) {
			err = errors.Join(err, open(p.Round))
		}
	}
	if m.Since.IsZero() {
		return m, false, err
	}
	if g.Since.After(m.Since) {
		m.Since = g.Since
	}
	m.Since = m.Since.Add(-deliveryOrder)
	return m, true, err
}

// nameOf is what a person is called here: a room's history may know less than what
// was told live.
func (b *Bot) nameOf(ctx context.Context, in Incoming, known map[UserID]string) string {
	name, ok := known[in.User]
	if !ok {
		if r, err := b.store.Record(ctx, in.Team, in.User); err == nil {
			name = r.Name
		}
		known[in.User] = name
	}
	return cmp.Or(name, cleanName(in.Name))
}
