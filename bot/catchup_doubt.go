package bot

import "context"

// A question whose post was under way when the process died may stand in its room, and
// its time may be over. Until its message is found, nobody knows which of the lines of
// the room's history came in time, nor under which message a thread hangs: the room is
// read only then, and the question is not closed before.

// doubtful is such a question.
type doubtful struct {
	key string // of its message
	gap *Gap   // what is to be read of the room as soon as it is known; nil: nobody has asked
}

// doubtful notes, at the start, that the first post of a room's outbox may have been
// made: messages go out one at a time.
func (b *Bot) doubtful(ref RoomRef, outbox []Line) {
	messenger := b.messengers[ref.Room.Platform()]
	_, knows := messenger.(Idempotent)
	if _, reads := messenger.(Historian); !reads {
		return
	}
	for _, line := range outbox {
		if line.Edit != "" {
			continue
		}
		c := &b.catch
		c.mu.Lock()
		defer c.mu.Unlock()
		if line.Round > 0 && (line.Begun || knows) && !c.started() {
			c.doubts[ref] = &doubtful{key: line.Key}
			b.keepHeld(ref)
		}
		return
	}
}

// waits reports that a room can't be read yet, and has it read when it can.
func (c *catchup) waits(ref RoomRef, g Gap) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, ok := c.doubts[ref]
	if ok && (d.gap == nil || g.Since.Before(d.gap.Since)) {
		d.gap = &g
	}
	return ok
}

// resolve ends the doubt about a question. Where it has been there to read for some time,
// it is not closed before what was said meanwhile is read. The function that it returns is to
// be called when the question's message is recorded.
func (b *Bot) resolve(ref RoomRef, key string, old bool) (recorded func()) {
	c := &b.catch
	c.mu.Lock()
	defer c.mu.Unlock()
	d, ok := c.doubts[ref]
	if !ok || d.key != key {
		return func() {}
	}
	delete(c.doubts, ref)
	if old {
		b.keepHeld(ref)
	}
	if d.gap == nil {
		return func() {} // its adapter does not listen yet, and will have it read
	}
	return func() {
		b.work.Go(func() {
			ctx, cancel := context.WithTimeout(b.ctx, catchUpAll)
			defer cancel()
			b.readAll(ctx, b.messengers[ref.Room.Platform()].(Historian), *d.gap, []RoomRef{ref})
		})
	}
}
