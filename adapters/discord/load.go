package discord

import "sync"

// maxUnderWay bounds what is being worked on; beyond it the gateway is not read.
const maxUnderWay = 2048

// load counts what is under way, so that the gateway waits and not the memory grows.
type load struct {
	mu   sync.Mutex
	n    int
	free chan struct{}
	work sync.WaitGroup
}

func newLoad() *load { return &load{free: make(chan struct{}, 1)} }

func (l *load) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n >= maxUnderWay
}

// freed signals after something has been done.
func (l *load) freed() <-chan struct{} { return l.free }

// do runs fn beside others.
func (l *load) do(fn func()) {
	l.mu.Lock()
	l.n++
	l.mu.Unlock()
	l.work.Go(func() {
		defer func() {
			l.mu.Lock()
			l.n--
			l.mu.Unlock()
			select {
			case l.free <- struct{}{}:
			default:
			}
		}()
		fn()
	})
}

func (l *load) wait() { l.work.Wait() }
