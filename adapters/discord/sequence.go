package discord

import (
	"cmp"
	"slices"
	"sync"
)

// sequence follows a session's numbers. A resumed session begins after the last
// event before which everything is over, so that what was received but not yet on
// disk comes again; what comes twice is recognised.
type sequence struct {
	mu   sync.Mutex
	high int64   // newest received
	low  int64   // everything up to here is over
	open []event // above low, in the order of their numbers
}

// event is one that was received; over once nothing more is done about it.
type event struct {
	n    int64
	over bool
}

func newSequence() *sequence { return &sequence{} }

func (q *sequence) find(n int64) (at int, known bool) {
	return slices.BinarySearchFunc(q.open, n, func(e event, n int64) int { return cmp.Compare(e.n, n) })
}

// begin notes an event as received; false when it was before.
func (q *sequence) begin(n int64) bool {
	if n <= 0 {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	at, known := q.find(n)
	if known || n <= q.low {
		return false
	}
	q.open = slices.Insert(q.open, at, event{n: n})
	q.high = max(q.high, n)
	return true
}

// end notes that nothing more is done about an event. Each one that began has to
// end, whatever became of it: an open one would hold the number to resume from.
func (q *sequence) end(n int64) {
	if n <= 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	at, known := q.find(n)
	if !known {
		return
	}
	q.open[at].over = true
	for len(q.open) > 0 && q.open[0].over {
		q.low = q.open[0].n
		q.open = q.open[1:]
	}
	// Numbers may have gaps: low moves to just below the least that is under way.
	if len(q.open) > 0 {
		q.low = max(q.low, q.open[0].n-1)
	} else {
		q.low = q.high
	}
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
