package feed_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"quizbot/sandbox/feed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every subscriber hears every change in order, however slowly it reads.
func TestNobodyMissesAChange(t *testing.T) {
	var f feed.Feed[int]
	const n = 500
	var reading sync.WaitGroup
	for range 3 {
		changes, cancel := f.Subscribe()
		reading.Go(func() {
			defer cancel()
			for want := range n {
				if got := <-changes; got != want {
					t.Errorf("heard %d, not %d", got, want)
					return
				}
			}
		})
	}
	for i := range n {
		f.Tell(i)
	}
	reading.Wait()
	f.Close()
	f.Wait()
	if changes, _ := f.Subscribe(); changes != nil {
		if _, open := <-changes; open {
			t.Error("a closed feed goes on")
		}
	}
}

func TestWaitFor(t *testing.T) {
	var f feed.Feed[struct{}]
	var n atomic.Int32
	done := make(chan error, 1)
	go func() { done <- f.WaitFor(t.Context(), func() bool { return n.Load() == 3 }) }()
	for range 3 {
		n.Add(1)
		f.Tell(struct{}{})
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.WaitFor(ctx, func() bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
