package bot_test

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
)

// grace is the promise for a closing edit: within 2 s of the end.
const grace = 2 * time.Second

// Every transcript, on a platform where messages can be looked up and on one
// that knows a message's key again.
func TestTranscripts(t *testing.T) {
	for name, as := range map[string]func(*platform) bot.Messenger{"lookup": asFinder, "keys": asIdempotent} {
		t.Run(name, func(t *testing.T) {
			for _, file := range transcript.Files(t, filepath.Join("testdata", "talk")) {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						transcript.Run(t, file, grace, func(s transcript.Setup) transcript.Stage { return newStage(t, s, as) })
					})
				})
			}
		})
	}
}
