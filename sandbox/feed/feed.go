// Package feed tells subscribers of every change of a local platform, in order,
// and lets others wait until something is so.
package feed

import (
	"context"
	"sync"
)

// Feed hands changes of type E on. The zero value is ready; every method is safe
// for concurrent use.
type Feed[E any] struct {
	mu          sync.Mutex
	subscribers map[*subscriber[E]]struct{}
	wake        chan struct{} // closed at each change, then replaced
	closed      bool
	pumping     sync.WaitGroup
}

// subscriber holds what was not read yet; memory is the only limit, so that a
// slow reader neither blocks the platform nor misses a change.
type subscriber[E any] struct {
	mu    sync.Mutex
	queue []E
	ready chan struct{} // capacity 1
	quit  chan struct{}
	once  sync.Once
}

func (u *subscriber[E]) put(e E) {
	u.mu.Lock()
	u.queue = append(u.queue, e)
	u.mu.Unlock()
	select {
	case u.ready <- struct{}{}:
	default:
	}
}

func (u *subscriber[E]) stop() { u.once.Do(func() { close(u.quit) }) }

func (u *subscriber[E]) pump(out chan<- E) {
	defer close(out)
	for {
		u.mu.Lock()
		batch := u.queue
		u.queue = nil
		u.mu.Unlock()
		for _, e := range batch {
			select {
			case out <- e:
			case <-u.quit:
				return
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-u.ready:
		case <-u.quit:
			return
		}
	}
}

// Subscribe returns a channel of every change from now on, in order, none left
// out. It is closed after cancel, or when the feed is closed. cancel may be called
// more than once.
func (f *Feed[E]) Subscribe() (changes <-chan E, cancel func()) {
	out := make(chan E)
	u := &subscriber[E]{ready: make(chan struct{}, 1), quit: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		close(out)
		return out, func() {}
	}
	if f.subscribers == nil {
		f.subscribers = map[*subscriber[E]]struct{}{}
	}
	f.subscribers[u] = struct{}{}
	f.pumping.Go(func() {
		u.pump(out)
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.subscribers, u)
	})
	return out, u.stop
}

// Tell hands a change to all subscribers and wakes who waits. It doesn't block.
func (f *Feed[E]) Tell(e E) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for u := range f.subscribers {
		u.put(e)
	}
	close(f.changed())
	f.wake = nil
}

// changed is closed at the next change. The caller holds mu.
func (f *Feed[E]) changed() chan struct{} {
	if f.wake == nil {
		f.wake = make(chan struct{})
	}
	return f.wake
}

// WaitFor blocks until cond is true. It is tried at once and after each change,
// without any lock held. The error is ctx's.
func (f *Feed[E]) WaitFor(ctx context.Context, cond func() bool) error {
	for {
		f.mu.Lock()
		wake := f.changed()
		f.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close ends all subscriptions and lets no new one begin.
func (f *Feed[E]) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for u := range f.subscribers {
		u.stop()
	}
}

// Wait waits until all subscriptions have ended; after Close.
func (f *Feed[E]) Wait() { f.pumping.Wait() }
