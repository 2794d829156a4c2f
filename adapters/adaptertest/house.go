package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
	"quizbot/store"
	"quizbot/store/bolt"
)

// adapter is what is under test.
type adapter interface {
	bot.Messenger
	Run(ctx context.Context) error
	Ready() error
}

// life is one bot with its adapter, from start to end.
type life struct {
	fuse   *fuse
	core   *watched
	stop   func() // in good order, and waits
	server func() // stops what listens
}

// house is where lives follow each other on one database.
type house struct {
	t        *testing.T
	setup    transcript.Setup
	store    bot.Store
	platform string
	// open makes the adapter, and where it listens.
	open func(core *watched, f *fuse, log *slog.Logger) (a adapter, closing func(), err error)

	clock *clock

	mu    sync.Mutex
	heard []transcript.Heard
	wake  chan struct{}
	life  *life
	away  bool // no bot runs
}

// clock is the time by which the bots and their platform live. It runs only while
// people wait: what they do, and a bot's end and start, take no time on it. So a
// machine that is slow to do them doesn't use up a question's seconds.
type clock struct {
	mu      sync.Mutex
	at      time.Time // what it shows, or showed at since
	since   time.Time // when it began to run
	waiting int       // how many let it run
}

func newClock() *clock { return &clock{at: time.Now()} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown()
}

// shown is what the clock shows. The caller holds mu.
func (c *clock) shown() time.Time {
	if c.waiting == 0 {
		return c.at
	}
	return c.at.Add(time.Since(c.since))
}

// run lets the clock run until stop is called.
func (c *clock) run() (stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.since = c.shown(), time.Now()
	c.waiting++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.at, c.since = c.shown(), time.Now()
		c.waiting--
	}
}

// moment is what anything that a person does takes on the clock: ids of Discord tell
// milliseconds, and nobody answers in the one in which the question came.
const moment = 20 * time.Millisecond

// pass lets a moment pass.
func (c *clock) pass() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(moment)
}

func newHouse(t *testing.T, setup transcript.Setup, platform string) *house {
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "quizbot.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Errorf("close database: %v", err)
		}
	})
	return &house{t: t, setup: setup, store: store.New(engine), platform: platform, clock: newClock(), wake: make(chan struct{})}
}

// readyTime is how long a bot may take to connect to a local server.
const readyTime = 30 * time.Second

func (h *house) start(ctx context.Context) error {
	f, core := &fuse{}, newWatched()
	log := slog.New(slog.NewTextHandler(h.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	core.core = bot.New(bot.Config{Store: fusedStore{h.store, f}, Log: log, Now: h.clock.now}, h.setup.Pool)
	a, closing, err := h.open(core, f, log)
	if err != nil {
		return err
	}
	core.core.SetMessengers(map[string]bot.Messenger{h.platform: a})
	adapterCtx, stopAdapter := context.WithCancel(context.Background())
	coreCtx, stopCore := context.WithCancel(context.Background())
	var adapters, cores sync.WaitGroup
	adapters.Go(func() { _ = a.Run(adapterCtx) })
	cores.Go(func() {
		if err := core.core.Run(coreCtx); err != nil && !f.blown.Load() {
			h.t.Errorf("core: %v", err)
		}
	})
	h.life = &life{fuse: f, core: core, server: closing, stop: func() {
		closing()
		stopAdapter()
		adapters.Wait()
		stopCore()
		cores.Wait()
	}}
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	for a.Ready() != nil || core.core.Ready() != nil {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", errors.Join(a.Ready(), core.core.Ready()))
		}
	}
	return nil
}

// readTime is how long people look at what the bot says before they do something.
const readTime = time.Second

// read waits until the bot knows that its messages were posted, as it does long
// before a person has read them; not for longer than people do.
func (h *house) read(ctx context.Context) error {
	end := time.Now().Add(readTime)
	for {
		unsent, err := h.store.Unsent(ctx)
		if err != nil || len(unsent) == 0 || time.Now().After(end) {
			return err
		}
		if err := h.Pass(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// end stops the present bot; in a crash nothing that it does counts any more.
func (h *house) end(crash bool) {
	if crash {
		h.life.fuse.blown.Store(true)
	}
	h.life.stop()
}

// Restart implements transcript.Stage.
func (h *house) Restart(ctx context.Context, crash bool, down time.Duration) error {
	h.end(crash)
	if err := h.Pass(ctx, down); err != nil {
		return err
	}
	return h.start(ctx)
}

// Leave implements transcript.Stage. Time goes on meanwhile.
func (h *house) Leave(_ context.Context, crash bool) error {
	h.end(crash)
	h.away = true
	return nil
}

// Return implements transcript.Stage.
func (h *house) Return(ctx context.Context) error {
	h.away = false
	return h.start(ctx)
}

// Pass implements transcript.Stage: time is real here.
func (h *house) Pass(ctx context.Context, d time.Duration) error {
	defer h.clock.run()()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Skip implements transcript.Stage.
func (h *house) Skip(_ context.Context, d time.Duration) error {
	h.clock.mu.Lock()
	defer h.clock.mu.Unlock()
	h.clock.at = h.clock.at.Add(d)
	return nil
}

// hear takes in what everybody could read. A message that is replaced by the same
// words (a crash came between the edit and its receipt) looks to people as before.
func (h *house) hear(one transcript.Heard) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, before := range slices.Backward(h.heard) {
		if before.Message == one.Message && before.Room == one.Room {
			if before.Text == one.Text && slices.Equal(before.Buttons, one.Buttons) {
				return
			}
			break
		}
	}
	h.heard = append(h.heard, one)
	close(h.wake)
	h.wake = make(chan struct{})
}

// formHeard is a form that somebody was shown.
func formHeard(id, room, to string, lines []string) transcript.Heard {
	return transcript.Heard{Message: id, Room: room, To: to, Form: true, Text: strings.Join(lines, "\n")}
}

// Hear implements transcript.Stage.
func (h *house) Hear(ctx context.Context, from int, within time.Duration) ([]transcript.Heard, error) {
	deadline := time.Now().Add(within)
	if within > 0 {
		defer h.clock.run()()
	}
	for {
		h.mu.Lock()
		more, wake := append([]transcript.Heard(nil), h.heard[min(from, len(h.heard)):]...), h.wake
		h.mu.Unlock()
		left := time.Until(deadline)
		if len(more) > 0 || left <= 0 {
			return more, nil
		}
		timer := time.NewTimer(left)
		select {
		case <-wake:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		timer.Stop()
	}
}
