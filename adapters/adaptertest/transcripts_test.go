package adaptertest

import (
	"errors"
	"path/filepath"
	"strings"
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

// TestTranscripts plays the core's conversations through the adapters. Those
// that need hours, or a fault that a platform can't show, are the core's alone.
func TestTranscripts(t *testing.T) {
	for name, open := range map[string]func(*testing.T, transcript.Setup) transcript.Stage{
		"slack":        func(t *testing.T, s transcript.Setup) transcript.Stage { return NewSlack(t, s, false) },
		"slack-socket": func(t *testing.T, s transcript.Setup) transcript.Stage { return NewSlack(t, s, true) },
		"discord":      NewDiscord,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var played atomic.Int32
			t.Run("talk", func(t *testing.T) {
				for _, file := range transcript.Files(t, filepath.Join("..", "..", "bot", "testdata", "talk")) {
					t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
						t.Parallel()
						script, err := transcript.Load(file)
						if err != nil {
							t.Fatal(err)
						}
						if script.Setup.Virtual {
							return
						}
						switch err := script.Play(t.Context(), open(t, script.Setup), grace); {
						case errors.Is(err, transcript.ErrCannot):
						case err != nil:
							t.Error(err)
						default:
							played.Add(1)
						}
					})
				}
			})
			if n := played.Load(); n < 20 {
				t.Errorf("only %d transcripts were played to their end", n)
			}
		})
	}
}
