package bot

import (
	"context"
	"time"
)

const (
	// firstUpkeep is how long after its start a bot first looks after what is stored:
	// by then it has taken up what was left open.
	firstUpkeep = time.Minute
	upkeepEvery = time.Hour
)

// keepUp has what nobody needs any more deleted, now and then, until ctx ends.
func (b *Bot) keepUp(ctx context.Context) {
	for wait := firstUpkeep; sleep(ctx, wait); wait = upkeepEvery {
		if n, err := b.store.Sweep(ctx, b.now()); err != nil && ctx.Err() == nil {
			b.log.Warn("old records not swept away", "err", err, "again_in", upkeepEvery)
		} else if n > 0 {
			b.log.Debug("old records swept away", "records", n)
		}
		if b.retention <= 0 {
			continue
		}
		before := b.now().Add(-b.retention)
		if n, err := b.store.Expire(ctx, before); err != nil && ctx.Err() == nil {
			b.log.Warn("old answers not forgotten", "before", before, "err", err, "again_in", upkeepEvery)
		} else if n > 0 {
			b.log.Info("old answers forgotten", "before", before, "answers", n)
		}
	}
}
