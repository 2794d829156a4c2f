package bot_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

func FuzzParseCommand(f *testing.F) {
	for _, s := range []string{"", "quiz quiz websocket", "start web sockets 5 each 30 seconds", "start 99999999999999999999 each -1", "start each", "start speed", "start speed full 3", "start x speed fast", "start sudden death", "start elimination sudden-death", "leaderboard today here x", "leaderboard chart week", "leaderboard chart month here", "ＳＴＡＲＴ ５", "stop\x00", "help me", "START\u202e 3", "ask  ask"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := bot.ParseCommand(text)
		switch {
		case c.Word != bot.WordAsk && !slices.Contains(bot.Words(), c.Word):
			t.Fatalf("%q is the word %q", text, c.Word)
		case c.Count < -1 || c.Count > quiz.MaxCount:
			t.Fatalf("%q asks for %d questions", text, c.Count)
		case c.Each != -1 && c.Each != 0 && (c.Each < quiz.MinSeconds*time.Second || c.Each > quiz.MaxSeconds*time.Second):
			t.Fatalf("%q asks for %s each", text, c.Each)
		case c.Variant != quiz.Plain && !slices.Contains(quiz.Variants(), c.Variant):
			t.Fatalf("%q asks for the variant %q", text, c.Variant)
		case c.Speed != "" && !slices.Contains(quiz.Speeds(), c.Speed):
			t.Fatalf("%q asks for the speed %q", text, c.Speed)
		case c.Odd == "" && slices.ContainsFunc(c.Settings, func(s bot.Setting) bool { return s.Value == "" }):
			t.Fatalf("%q chooses nothing: %+v", text, c.Settings)
		case !c.Named && c.Word != bot.WordAsk:
			t.Fatalf("%q names nothing and is %q", text, c.Word)
		}
		if again := bot.ParseCommand("quiz " + text); !reflect.DeepEqual(again, c) {
			t.Fatalf("%q is %+v, and %+v behind quiz", text, c, again)
		}
	})
}

func FuzzParsePress(f *testing.F) {
	for _, s := range []string{"a:12.k3f9x:0", "a:12.k3f9x:0-2!", "a:1.x:", "a:1.x:!", "a:+1.x:+0", "a:01.x:00", "a:1.x.y:0", "a:1:0", "b:1.x:0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		written, ok := bot.RewritePress(s)
		if !ok {
			return
		}
		if again, ok := bot.RewritePress(written); !ok || again != written || len(written) > len(s)+1 {
			t.Fatalf("%q is written %q, and that %q (%t)", s, written, again, ok)
		}
	})
}
