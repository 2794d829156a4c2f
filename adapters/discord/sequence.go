package discord

import "sync"

// sequence follows a session's numbers. A resumed session begins after the last
// event before which everything is handled, so that what was received but not
// yet on disk comes again; what comes twice is recognised.
type sequence struct {
	mu   sync.Mutex
	high int64          // newest received
	low  int64          // everything up to here is handled
	open map[int64]bool // above low: false under way, true handled
}

func newSequence() *sequence { return &sequence{open: map[int64]bool{}} }

// begin notes an event as received; false when it was before.
func (q *sequence) begin(n int64) bool {
	if n <= 0 {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, known := q.open[n]; known || n <= q.low {
		return false
	}
	q.open[n] = false
	q.high = max(q.high, n)
	return true
}

// end notes an event as handled.
func (q *sequence) end(n int64) {
	if n <= 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, known := q.open[n]; !known {
		return
	}
	q.open[n] = true
	// Numbers may begin anywhere and have gaps, so low moves to just below the
	// least that is still under way.
	least := q.high + 1
	for m, handled := range q.open {
		if !handled && m < least {
			least = m
		}
	}
	for m := range q.open {
		if m < least {
			delete(q.open, m)
		}
	}
	q.low = max(q.low, least-1)
}

func (q *sequence) newest() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.high
}

func (q *sequence) handled() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.low
}
