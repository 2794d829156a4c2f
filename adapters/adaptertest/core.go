// Package adaptertest plays conversations through a real adapter, on a local
// server of its platform and over real sockets, with the whole core and a
// database behind it.
package adaptertest

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"net/http"
	"sync"
	"sync/atomic"

	"quizbot/bot"
)

// errCrashed is what a crashed process would not have lived to see.
var errCrashed = errors.New("the process is gone")

// seeMessage is how the transcripts show that a card points at a message.
const seeMessage = "see message"

// dot is a small picture, in the place of any chart's.
func dot(bot.Chart) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2)))
	return b.Bytes(), err
}

// fuse separates a bot from the world: once it is blown, nothing that the bot
// does has an effect any more.
type fuse struct{ blown atomic.Bool }

// RoundTrip-ers behind the fuse are cut as well.
type fusedTransport struct {
	fuse *fuse
	next http.RoundTripper
}

func (t fusedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.fuse.blown.Load() {
		return nil, errCrashed
	}
	return t.next.RoundTrip(r)
}

// fusedStore refuses what a crashed process would no longer write.
type fusedStore struct {
	bot.Store
	fuse *fuse
}

// Commit implements bot.Rooms.
func (s fusedStore) Commit(ctx context.Context, c bot.Change) error {
	if s.fuse.blown.Load() {
		return errCrashed
	}
	return s.Store.Commit(ctx, c)
}

// watched is a core whose deliveries can be waited for. It is what the adapters
// submit to.
type watched struct {
	core *bot.Bot

	mu     sync.Mutex
	wake   chan struct{}
	done   map[string]int  // how often a delivery was answered
	public map[string]bool // deliveries whose reply was for all
}

func newWatched() *watched {
	return &watched{wake: make(chan struct{}), done: map[string]int{}, public: map[string]bool{}}
}

// Queue implements the cores that the adapters ask for.
func (w *watched) Queue(in bot.Incoming) func(context.Context) (bot.Reply, error) {
	wait := w.core.Queue(in)
	return func(ctx context.Context) (bot.Reply, error) {
		reply, err := wait(ctx)
		if err == nil {
			w.mu.Lock()
			w.done[in.ID]++
			w.public[in.ID] = w.public[in.ID] || reply.Public
			close(w.wake)
			w.wake = make(chan struct{})
			w.mu.Unlock()
		}
		return reply, err
	}
}

// Full implements the cores that the adapters ask for.
func (w *watched) Full() bool { return w.core.Full() }

// CatchUp implements the cores that the adapters ask for.
func (w *watched) CatchUp(g bot.Gap) { w.core.CatchUp(g) }

// Suggest implements the cores that the adapters ask for.
func (w *watched) SuggestZones(prefix string, n int) []string { return w.core.SuggestZones(prefix, n) }
func (w *watched) Suggest(prefix string, n int) []bot.Topic   { return w.core.Suggest(prefix, n) }

// times is how often the delivery was answered.
func (w *watched) times(id string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.done[id]
}

func (w *watched) isPublic(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.public[id]
}

// await waits until the delivery was answered n times.
func (w *watched) await(ctx context.Context, id string, n int) error {
	for {
		w.mu.Lock()
		ok, wake := w.done[id] >= n, w.wake
		w.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
