package discord

import "sync"

// maxUnderWay bounds what one shard works on. It is far above what one room can
// have waiting, so that a slow room stops no other.
const maxUnderWay = 16_384

// load counts what is under way, so that memory does not grow without end.
type load struct {
	most int
	mu   sync.Mutex
	n    int
	work sync.WaitGroup
}

func newLoad(most int) *load { return &load{most: most} }

func (l *load) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n >= l.most
}

// do runs fn beside others.
func (l *load) do(fn func()) {
	l.mu.Lock()
	l.n++
	l.mu.Unlock()
	l.work.Go(func() {
		defer func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.n--
		}()
		fn()
	})
}

func (l *load) wait() { l.work.Wait() }
