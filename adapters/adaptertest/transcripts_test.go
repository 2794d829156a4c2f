package adaptertest

import (
	"cmp"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"quizbot/bot/transcript"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// grace is how long the bot may take for each thing that it says here: real
// sockets on a machine that may be busy.
const grace = 20 * time.Second

// atOnce is how many transcripts are played at the same time.
const atOnce = 36

// apart are transcripts that a platform can't keep to, and why.
func apart() map[string]string {
	return map[string]string{
		"discord/direct-board": "a direct message on Discord belongs to no server, so that its board is its own",
	}
}

// TestTranscripts plays the core's conversations through the adapters. Those
// that need hours, or a fault that a platform can't show, are the core's alone.
// Most of the time is spent waiting for questions to close, so many are played at
// once, however few processors there are; not all, for a question of 5 s has to
// leave the time to answer it.
func TestTranscripts(t *testing.T) {
	places := make(chan struct{}, atOnce)
	var playing sync.WaitGroup
	defer playing.Wait()
	for platform, open := range map[string]func(*testing.T, transcript.Setup) transcript.Stage{
		"slack":        func(t *testing.T, s transcript.Setup) transcript.Stage { return NewSlack(t, s, false) },
		"slack-socket": func(t *testing.T, s transcript.Setup) transcript.Stage { return NewSlack(t, s, true) },
		"discord":      NewDiscord,
	} {
		playing.Go(func() {
			t.Run(platform, func(t *testing.T) {
				var played atomic.Int32
				var talks sync.WaitGroup
				for _, script := range longestFirst(t) {
					name := strings.TrimSuffix(filepath.Base(script.File), ".txt")
					places <- struct{}{}
					talks.Go(func() {
						defer func() { <-places }()
						t.Run(name, func(t *testing.T) {
							if apart()[platform+"/"+name] == "" && playScript(t, script, open) {
								played.Add(1)
							}
						})
					})
				}
				talks.Wait()
				if n := played.Load(); n < 20 {
					t.Errorf("only %d transcripts were played to their end", n)
				}
			})
		})
	}
}

// longestFirst reads the transcripts. None of the longest is left for the end, when all
// others are over.
func longestFirst(t *testing.T) []*transcript.Script {
	var scripts []*transcript.Script
	for _, file := range transcript.Files(t, filepath.Join("..", "..", "bot", "testdata", "talk")) {
		script, err := transcript.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		scripts = append(scripts, script)
	}
	slices.SortStableFunc(scripts, func(a, b *transcript.Script) int { return cmp.Compare(b.Length(), a.Length()) })
	return scripts
}

// playScript is true when the transcript was played to its end.
func playScript(t *testing.T, script *transcript.Script, open func(*testing.T, transcript.Setup) transcript.Stage) bool {
	if script.Setup.Virtual {
		return false
	}
	err := script.Play(t.Context(), open(t, script.Setup), grace)
	if err != nil && !errors.Is(err, transcript.ErrCannot) {
		t.Error(err)
	}
	return err == nil
}
