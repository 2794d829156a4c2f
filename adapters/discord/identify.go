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
	width  int               // max_concurrency: shard id modulo this is the bucket
	last   map[int]time.Time // by bucket, of this process
	kept   Identified
	before time.Time // the newest of the process before
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

// used is how many identifies the day that runs has seen, as far as is known.
func (x *identifies) used(now time.Time) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	if now.Sub(x.kept.Since) >= identifyDay {
		return 0
	}
	return x.kept.Used
}

// take asks for one identify. wait is how long to come back later, or 0 when it
// may be sent now; spent says that the day's budget is used up.
func (x *identifies) take(ctx context.Context, shard int, now time.Time) (wait time.Duration, spent bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.loaded && x.budget != nil {
		if x.kept, err = x.budget.Load(ctx); err != nil {
			return time.Second, false, err
		}
		x.before = x.kept.Last
	}
	x.loaded = true
	if now.Sub(x.kept.Since) >= identifyDay || now.Before(x.kept.Since) {
		x.kept.Since, x.kept.Used = now, 0
	}
	if x.kept.Used >= identifyMost {
		return identifyDay - now.Sub(x.kept.Since), true, nil
	}
	bucket := shard % x.width
	last, ok := x.last[bucket]
	if !ok {
		last = x.before
	}
	if since := now.Sub(last); since >= 0 && since < identifyGap {
		return identifyGap - since, false, nil
	}
	next := x.kept
	next.Used++
	next.Last = now
	if x.budget != nil { // first on disk: a crash must not forget one
		if err := x.budget.Save(ctx, next); err != nil {
			return time.Second, false, err
		}
	}
	x.kept = next
	x.last[bucket] = now
	return 0, false, nil
}
