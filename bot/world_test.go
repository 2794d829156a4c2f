package bot_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"quizbot/bot"
	"quizbot/bot/transcript"
	"quizbot/quiz"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is what the tests in Go play in: a store that can be made to fail, a
// platform, and the packs of testdata.
type world struct {
	t        *testing.T
	store    *hooked
	platform *platform
	pool     *quiz.Pool
	next     atomic.Int64 // number of the next delivery

	retention time.Duration // of bots that start from now on
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{t: t, store: &hooked{Store: openStore(t)}, platform: newPlatform(), pool: testPool(t)}
}

// testPool has a topic for each question of wires.yaml, by its id, and daily.
func testPool(t testing.TB) *quiz.Pool {
	t.Helper()
	var packs []quiz.Pack
	for _, name := range []string{"wires", "daily"} {
		file := filepath.Join("testdata", "packs", name+".yaml")
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pack, err := quiz.ParsePack(file, src)
		if err != nil {
			t.Fatal(err)
		}
		if name == "daily" {
			packs = append(packs, pack)
			continue
		}
		for _, q := range pack.Questions {
			packs = append(packs, quiz.Pack{ID: q.ID, Title: pack.Title, Language: pack.Language, Questions: []quiz.Question{q}})
		}
	}
	pool, err := quiz.NewPool(packs)
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// start runs a bot until the test ends or it is stopped.
func (w *world) start(as func(*platform) bot.Messenger) *life {
	w.t.Helper()
	l := beginKeeping(w.t, w.store, w.platform, as, w.pool, w.retention)
	w.t.Cleanup(func() { _ = l.stop() })
	synctest.Wait()
	return l
}

// by makes something that a player says, under a delivery ID of its own.
func (w *world) by(who, room string) bot.Incoming {
	return bot.Incoming{
		ID: fmt.Sprintf("test:d%d", w.next.Add(1)), Team: team, Room: bot.RoomID("test:T/" + room),
		User: userID(who), Name: who, At: time.Now(),
	}
}

// say is something said to the bot.
func (w *world) say(who, room, text string) bot.Incoming {
	in := w.by(who, room)
	in.Text, in.Addressed = text, true
	return in
}

// types is a bare line.
func (w *world) types(who, room, text string) bot.Incoming {
	in := w.by(who, room)
	in.Text = text
	return in
}

// must submits, and fails the test where that fails.
func (w *world) must(l *life, in bot.Incoming) bot.Reply {
	w.t.Helper()
	reply, err := l.bot.Submit(w.t.Context(), in)
	if err != nil {
		w.t.Fatalf("submit %q of %s in %s: %v", in.Text+in.Choice, in.User, in.Room, err)
	}
	return reply
}

// title is the first line of a reply; "" for none.
func title(r bot.Reply) string {
	if r.Card == nil {
		return ""
	}
	return r.Card.Title
}

// wantTitle fails the test where a reply does not begin with those words.
func wantTitle(t *testing.T, r bot.Reply, want string) {
	t.Helper()
	if got := title(r); len(got) < len(want) || got[:len(want)] != want || (want == "") != (got == "") {
		t.Errorf("the player reads %q, want %q", got, want)
	}
}

// hooked is a store whose calls a test can watch, hold up and fail. The hooks are
// set before a bot runs; nil ones do nothing. Each is given the call itself.
type hooked struct {
	bot.Store
	onCommit func(c bot.Change, next func() error) error
	onPosted func(next func() (bot.MessageID, error)) (bot.MessageID, error)
	onBoard  func(next func() (bot.Board, error)) (bot.Board, error)
	onRoom   func(next func() (bot.Snapshot, error)) (bot.Snapshot, error)
	onUnsent func(next func() ([]bot.RoomRef, error)) ([]bot.RoomRef, error)
	onOnce   func(next func() (bool, error)) (bool, error)
}

func (h *hooked) Once(ctx context.Context, team bot.TeamID, id string, at time.Time) (bool, error) {
	next := func() (bool, error) { return h.Store.Once(ctx, team, id, at) }
	if h.onOnce == nil {
		return next()
	}
	return h.onOnce(next)
}

func (h *hooked) Commit(ctx context.Context, c bot.Change) error {
	next := func() error { return h.Store.Commit(ctx, c) }
	if h.onCommit == nil {
		return next()
	}
	return h.onCommit(c, next)
}

func (h *hooked) Posted(ctx context.Context, team bot.TeamID, room bot.RoomID, key string) (bot.MessageID, error) {
	next := func() (bot.MessageID, error) { return h.Store.Posted(ctx, team, room, key) }
	if h.onPosted == nil {
		return next()
	}
	return h.onPosted(next)
}

func (h *hooked) Board(ctx context.Context, q bot.BoardQuery) (bot.Board, error) {
	next := func() (bot.Board, error) { return h.Store.Board(ctx, q) }
	if h.onBoard == nil {
		return next()
	}
	return h.onBoard(next)
}

func (h *hooked) Room(ctx context.Context, team bot.TeamID, room bot.RoomID) (bot.Snapshot, error) {
	next := func() (bot.Snapshot, error) { return h.Store.Room(ctx, team, room) }
	if h.onRoom == nil {
		return next()
	}
	return h.onRoom(next)
}

func (h *hooked) Unsent(ctx context.Context) ([]bot.RoomRef, error) {
	next := func() ([]bot.RoomRef, error) { return h.Store.Unsent(ctx) }
	if h.onUnsent == nil {
		return next()
	}
	return h.onUnsent(next)
}

// gate holds callers up while it is shut. The zero gate is open.
type gate struct {
	mu   sync.Mutex
	shut chan struct{}
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

func (g *gate) pass() {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		<-shut
	}
}

// wait passes, or is false where ctx ends first.
func (g *gate) wait(ctx context.Context) bool {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut == nil {
		return true
	}
	select {
	case <-shut:
		return true
	case <-ctx.Done():
		return false
	}
}

// posts counts the messages of a room that were made, by their first line.
func (p *platform) titles(room string) map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]int{}
	for _, h := range p.log {
		if h.Room == room && h.To == "" {
			out[firstLine(h.Text)]++
		}
	}
	return out
}

// Faults that tests in Go use.
var (
	down = transcript.Fault{Kind: transcript.Down}
	back = transcript.Fault{Kind: transcript.Back}
)
