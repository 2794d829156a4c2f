package terminal

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
)

// slowBot notes what it is told and shown; a message takes it a second.
type slowBot struct {
	t   *testing.T
	say func(text string) (bot.Reply, []bot.Outgoing)
	a   *Adapter

	mu   sync.Mutex
	what []string
	wg   sync.WaitGroup
}

func (b *slowBot) note(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.what = append(b.what, s)
}

func (b *slowBot) Submit(ctx context.Context, in bot.Incoming) (bot.Reply, error) {
	b.note("told: " + in.Text)
	reply, out := b.say(in.Text)
	b.wg.Go(func() {
		for _, o := range out {
			time.Sleep(time.Second) // by the bubble's clock
			b.note("shown: " + o.Key)
			_, _ = b.a.Deliver(ctx, o)
		}
	})
	return reply, nil
}

// play runs the adapter over an input in a bubble.
func play(t *testing.T, c Config, say func(string) (bot.Reply, []bot.Outgoing)) (what []string, printed string, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		if c.Out == nil {
			c.Out = &out
		}
		b := &slowBot{t: t, say: say}
		b.a = New(c, b)
		ctx, cancel := context.WithCancel(t.Context())
		err = b.a.Run(ctx)
		cancel()
		b.wg.Wait()
		what, printed = b.what, out.String()
	})
	return what, printed, err
}

func asked() []bot.Outgoing {
	return []bot.Outgoing{{Key: "ask", Round: 1, Card: bot.Card{Title: "Which?", Footer: "press a button, or type"}}}
}

func closed() []bot.Outgoing {
	return []bot.Outgoing{{Key: "close", Edit: "ask", Card: bot.Card{Title: "Closed", Footer: "Ended early."}}}
}

// answers plays a question for each ask; anything else is a right answer.
func answers(text string) (bot.Reply, []bot.Outgoing) {
	switch {
	case strings.HasPrefix(text, "ask"), text == "":
		return bot.Reply{}, asked()
	case text == "skip":
		return bot.Reply{}, closed()
	}
	return bot.Reply{Card: &bot.Card{Title: "Right", Tone: bot.Good}}, nil
}

// What is typed ahead waits until the question can be read, and Enter stays with
// the topic.
func TestLinesWaitForWhatTheyLeadTo(t *testing.T) {
	what, _, err := play(t, Config{In: strings.NewReader("get\n\nput\n"), Topic: "wires", Ask: "ask", Skip: "skip"}, answers)
	want := []string{
		"told: ask wires", "shown: ask", "told: get", "told: skip", "shown: close",
		"told: ask wires", "shown: ask", "told: put", "told: skip", "shown: close",
	}
	if err != nil || !slices.Equal(what, want) {
		t.Errorf("%v\ngot  %q\nwant %q", err, what, want)
	}
}

// A line that leads to nothing is not waited for without end.
func TestALineThatLeadsToNothingHoldsNothingUp(t *testing.T) {
	what, _, err := play(t, Config{In: strings.NewReader("a\nb\n")}, func(string) (bot.Reply, []bot.Outgoing) { return bot.Reply{}, nil })
	if err != nil || !slices.Equal(what, []string{"told: ", "told: a", "told: b"}) {
		t.Errorf("%v %q", err, what)
	}
}

func TestALineThatIsTooLongIsNotTheEnd(t *testing.T) {
	long := strings.Repeat("x", 3*maxLine)
	for _, in := range []string{long + "\nget\n", long + "\nget", "get\n" + long} {
		what, printed, err := play(t, Config{In: strings.NewReader(in), Skip: "skip", TooLong: "Too long."}, answers)
		if err != nil || !slices.Contains(what, "told: get") || !strings.Contains(printed, "Too long.") || len(printed) > 1000 {
			t.Errorf("%v %q\n%.500s", err, what, printed)
		}
	}
}

func TestLostInputAndOutputAreErrors(t *testing.T) {
	lost := errors.New("lost")
	in := io.MultiReader(strings.NewReader("get\n"), readerOf(func([]byte) (int, error) { return 0, lost }))
	if _, _, err := play(t, Config{In: in, Skip: "skip"}, answers); !errors.Is(err, lost) {
		t.Errorf("input: %v", err)
	}
	for _, in := range []string{"", "get\n", "quit\n"} {
		if _, _, err := play(t, Config{In: strings.NewReader(in), Out: writerOf(func([]byte) (int, error) { return 0, lost }), Skip: "skip"}, answers); !errors.Is(err, lost) {
			t.Errorf("output, with the input %q: %v", in, err)
		}
	}
}

type readerOf func([]byte) (int, error)

func (f readerOf) Read(b []byte) (int, error) { return f(b) }

type writerOf func([]byte) (int, error)

func (f writerOf) Write(b []byte) (int, error) { return f(b) }

// The offer of another question comes when nothing is going on: not within a
// game, nor between its last question and its end, nor after a hint.
func TestAnotherQuestionIsOfferedBetweenThem(t *testing.T) {
	var out strings.Builder
	var playing bool
	a := New(Config{Out: &out, Again: "again?", Playing: func(context.Context, bot.TeamID, bot.RoomID) bool { return playing }}, nil)
	ask, end := asked()[0], closed()[0]
	for i, step := range []struct {
		o       bot.Outgoing
		playing bool
		again   bool
	}{
		{ask, false, false}, {bot.Outgoing{Key: "hint"}, false, false}, {end, false, true},
		{bot.Outgoing{Key: "started"}, true, false}, {ask, true, false}, {end, true, false}, {bot.Outgoing{Key: "scored"}, true, false},
		{ask, true, false}, {end, false, false}, {bot.Outgoing{Key: "ended"}, false, true},
		{bot.Outgoing{Key: "started"}, true, false}, {bot.Outgoing{Key: "stopped"}, false, true},
	} {
		out.Reset()
		playing = step.playing
		if _, err := a.Deliver(t.Context(), step.o); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "again?"); got != step.again {
			t.Errorf("step %d (%s): offered %v", i, step.o.Key, got)
		}
	}
}

func TestSentencesAreRewordedForAPrompt(t *testing.T) {
	_, printed, _ := play(t, Config{
		In: strings.NewReader("get\n"), Skip: "skip", Reword: strings.NewReplacer("press a button, or type", "type", "Ended early.", ""),
	}, answers)
	if strings.Contains(printed, "button") || strings.Contains(printed, "()") || !strings.Contains(printed, "(type)") {
		t.Errorf("printed:\n%s", printed)
	}
}
