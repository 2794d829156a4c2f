package terminal_test

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"quizbot/adapters/terminal"
	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/store"
	"quizbot/store/bolt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const pack = `pack: wires
questions:
  - id: method
    ask: "Which method opens it?"
    options: [{text: GET, correct: true}, {text: POST, why: POST carries a body.}]
    explain: It is an upgraded GET.
`

// screen is what the player sees.
type screen struct {
	mu   sync.Mutex
	b    bytes.Buffer
	wake chan struct{}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.wake)
	s.wake = make(chan struct{})
	return s.b.Write(p)
}

// see waits until words were printed n times.
func (s *screen) see(t *testing.T, words string, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		s.mu.Lock()
		text, wake := s.b.String(), s.wake
		s.mu.Unlock()
		if strings.Count(text, words) >= n {
			return
		}
		select {
		case <-wake:
		case <-ctx.Done():
			t.Fatalf("%q was not printed %d times:\n%s", words, n, text)
		}
	}
}

func TestPlayAtAPrompt(t *testing.T) {
	p, err := quiz.ParsePack("wires.yaml", []byte(pack))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := quiz.NewPool([]quiz.Pack{p})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "play.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = engine.Close() }()
	core := bot.New(bot.Config{Store: store.New(engine)}, pool)
	typed, hands := io.Pipe()
	out := &screen{wake: make(chan struct{})}
	prompt := terminal.New(terminal.Config{
		In: typed, Out: out, Topic: "wires", Name: "alice", Session: "s", Skip: string(bot.WordSkip), Again: "again?",
	}, core)
	core.SetMessengers(map[string]bot.Messenger{"terminal": prompt})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := core.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	ended := make(chan error, 1)
	go func() { ended <- prompt.Run(ctx) }()
	say := func(line string) {
		if _, err := io.WriteString(hands, line+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	out.see(t, "Which method opens it?", 1)
	say("post")
	out.see(t, "Not quite", 1)
	out.see(t, "POST carries a body.", 1)
	out.see(t, "again?", 1)
	say("")
	out.see(t, "Which method opens it?", 3) // asked, closed, asked again
	say("GET")
	out.see(t, "Right · 20 points", 1)
	out.see(t, "again?", 2)
	say("leaderboard")
	out.see(t, "1. alice — 20", 1)
	say("leaderboard chart")
	out.see(t, "Points this week", 1)
	out.see(t, "  1. alice ███", 1)
	say("quit")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	_ = hands.Close()
	cancel()
	running.Wait()
}
