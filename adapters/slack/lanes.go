package slack

import "sync"

// lanes run functions: those of one name in order, names side by side.
type lanes struct {
	guard func(fn func()) // runs one of them
	mu    sync.Mutex
	queue map[string][]func()
	total int
	work  sync.WaitGroup
}

// What may wait or be under way, in one lane and in all.
const (
	maxLane  = 512
	maxLanes = 4096
)

func newLanes(guard func(fn func())) *lanes {
	return &lanes{guard: guard, queue: map[string][]func(){}}
}

// do queues fn. It never waits, so that a slow lane can't keep the others from
// being heard: when too much waits, it is false and fn is not run.
func (l *lanes) do(name string, fn func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting, running := l.queue[name]
	if l.total >= maxLanes || len(waiting) >= maxLane {
		return false
	}
	l.total++
	l.queue[name] = append(waiting, fn)
	if !running {
		l.work.Go(func() { l.run(name) })
	}
	return true
}

func (l *lanes) run(name string) {
	for {
		l.mu.Lock()
		waiting := l.queue[name]
		if len(waiting) == 0 {
			delete(l.queue, name)
			l.mu.Unlock()
			return
		}
		l.queue[name] = waiting[1:]
		l.mu.Unlock()
		l.guard(waiting[0])
		l.mu.Lock()
		l.total--
		l.mu.Unlock()
	}
}

func (l *lanes) wait() { l.work.Wait() }
