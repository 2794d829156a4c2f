package bot

import (
	"context"
	"errors"
	"sync"
	"time"
)

// forgetting remembers who was forgotten while this process runs, and since when: a
// message that was decided before may be on its way, with the name in it.
type forgetting struct {
	mu      sync.Mutex
	players map[UserID]time.Time
	gone    map[RoomRef]time.Time // rooms that were deleted as a whole
}

// add notes that a player is forgotten as of now. What is older than any message is
// dropped.
func (f *forgetting) add(now time.Time, player UserID, gone []RoomRef) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.players == nil {
		f.players, f.gone = map[UserID]time.Time{}, map[RoomRef]time.Time{}
	}
	for player, at := range f.players {
		if now.Sub(at) > 2*giveUpEdit {
			delete(f.players, player)
		}
	}
	for ref, at := range f.gone {
		if now.Sub(at) > 2*giveUpEdit {
			delete(f.gone, ref)
		}
	}
	f.players[player] = now
	for _, ref := range gone {
		f.gone[ref] = now
	}
}

// clean is a message as it may still be said; ok is false when its room is gone.
func (f *forgetting) clean(ref RoomRef, line Line) (out Line, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at, gone := f.gone[ref]; gone && !line.At.After(at) {
		return line, false
	}
	for player, at := range f.players {
		if !line.At.After(at) {
			line.Outgoing, _ = line.Without(player, "")
		}
	}
	return line, true
}

// errForgotten: the message's room was deleted with the person whose it was.
var errForgotten = errors.New("the room was forgotten")

// Forget deletes all that is kept about a player: in the store, in the rooms that
// are in memory, and in the messages that are about to be said. What stands in the
// rooms of a platform already is the platform's. Who plays again begins anew. Its
// errors are those of People.Forget, and ErrStopped.
func (b *Bot) Forget(ctx context.Context, player UserID) (Forgotten, error) {
	if b.saving.Err() != nil {
		return Forgotten{}, ErrStopped
	}
	b.forgetting.add(b.now(), player, nil)
	out, err := b.store.Forget(ctx, player)
	b.forgetting.add(b.now(), player, out.Gone)
	b.couriers.forget(&b.forgetting)
	b.settings.players.forget(player)
	b.settings.teams.forgetAll() // which may have named the player
	// Whatever came of it, what is in memory is read again: after an error, some
	// teams may have forgotten the player.
	return out, errors.Join(err, b.rooms.forget(ctx, b, player))
}

// forget has every room in memory read again, and what a player was about to answer
// dropped. It returns when that is done.
func (r *rooms) forget(ctx context.Context, b *Bot, player UserID) error {
	r.mu.Lock()
	refs := make([]RoomRef, 0, len(r.boxes))
	for ref := range r.boxes {
		refs = append(refs, ref)
	}
	r.mu.Unlock()
	jobs := make([]*job, len(refs))
	for i, ref := range refs {
		jobs[i] = &job{inner: true, forget: player, done: make(chan struct{})}
		if err := r.enqueue(b, ref, jobs[i]); err != nil {
			return err
		}
	}
	for _, j := range jobs {
		select {
		case <-j.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// forget takes names out of the messages that wait in memory.
func (c *couriers) forget(f *forgetting) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.routes {
		for i, line := range r.waiting {
			r.waiting[i], _ = f.clean(r.ref, line)
		}
	}
}
