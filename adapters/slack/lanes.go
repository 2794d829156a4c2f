package slack

import "sync"

// lanes run functions: those of one name in order, names side by side. What must
// wait holds up its own lane and no other.
type lanes struct {
	guard func(fn func()) // runs one of them
	work  *sync.WaitGroup // counts the lanes that run

	// How much may wait in one lane, and wait or be under way in all.
	most, mostInAll int

	mu     sync.Mutex
	lanes  map[string]*lane
	total  int
	closed bool
}

type lane struct {
	waiting []func()
	running int
}

func newLanes(work *sync.WaitGroup, most, mostInAll int, guard func(fn func())) *lanes {
	return &lanes{guard: guard, work: work, most: most, mostInAll: mostInAll, lanes: map[string]*lane{}}
}

// do queues fn in a lane that runs up to width of them at once. It never waits, so
// that a slow lane can't keep the others from being heard: when too much waits, or
// the lanes are closed, it is false and fn is not run.
func (l *lanes) do(name string, width int, fn func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.lanes[name]
	if l.closed || l.total >= l.mostInAll || ok && len(at.waiting) >= l.most {
		return false
	}
	if !ok {
		at = &lane{}
		l.lanes[name] = at
	}
	l.total++
	at.waiting = append(at.waiting, fn)
	if at.running < width {
		at.running++
		l.work.Go(func() { l.run(name, at) })
	}
	return true
}

func (l *lanes) run(name string, at *lane) {
	for {
		l.mu.Lock()
		if len(at.waiting) == 0 {
			if at.running--; at.running == 0 {
				delete(l.lanes, name)
			}
			l.mu.Unlock()
			return
		}
		fn := at.waiting[0]
		at.waiting = at.waiting[1:]
		l.mu.Unlock()
		l.guard(fn)
		l.mu.Lock()
		l.total--
		l.mu.Unlock()
	}
}

// close takes nothing more; what waits is still run.
func (l *lanes) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}
