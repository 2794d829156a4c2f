package discord

import (
	"context"
	"sync"
	"time"
)

const (
	// identifyGap is the least time between two identifies of one bucket; a little
	// more than Discord's 5 s, for its clock is not ours.
	identifyGap = 5200 * time.Millisecond
	identifyDay = 24 * time.Hour
	// identifyMost is how many a day are used at most; Discord resets the token at 1,000.
	identifyMost = 900
)

// identifies keeps identifies apart and counts them.
type identifies struct {
	mu     sync.Mutex
	width  int // max_concurrency: shard id modulo this is the bucket
	last   map[int]time.Time
	used   int
	since  time.Time
	loaded bool
	budget Budget
}

func (x *identifies) init(b Budget) {
	x.width, x.last, x.budget = 1, map[int]time.Time{}, b
}

func (x *identifies) configure(maxConcurrency int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.width = max(maxConcurrency, 1)
}

// take asks for one identify. wait is how long to come back later, or 0 when it
// may be sent now; spent says that the day's budget is used up.
func (x *identifies) take(ctx context.Context, shard int, now time.Time) (wait time.Duration, spent bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.loaded && x.budget != nil {
		if x.used, x.since, err = x.budget.Load(ctx); err != nil {
			return time.Second, false, err
		}
	}
	x.loaded = true
	if now.Sub(x.since) >= identifyDay || now.Before(x.since) {
		x.since, x.used = now, 0
	}
	if x.used >= identifyMost {
		return identifyDay - now.Sub(x.since), true, nil
	}
	bucket := shard % x.width
	if last, ok := x.last[bucket]; ok {
		if wait := identifyGap - now.Sub(last); wait > 0 {
			return wait, false, nil
		}
	}
	if x.budget != nil { // first on disk: a crash must not forget one
		if err := x.budget.Save(ctx, x.used+1, x.since); err != nil {
			return time.Second, false, err
		}
	}
	x.used++
	x.last[bucket] = now
	return 0, false, nil
}
