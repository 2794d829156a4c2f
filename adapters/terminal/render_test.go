package terminal

import (
	"strings"
	"testing"

	"quizbot/bot"
)

func TestNothingThatATerminalObeysIsPrinted(t *testing.T) {
	hostile := "a\x1b[31mb\x07\u202ec\u200bd\x9b2J"
	text := render(bot.Card{
		Title: hostile, Body: []string{hostile + "\r\n" + hostile}, Footer: hostile, Table: []string{hostile},
		Choices: []bot.Choice{{Letter: "A", Text: hostile, Mark: "✓", Counted: true, Count: 2}},
	}, false)
	if strings.ContainsAny(text, "\x1b\x07\u202e\u200b\u009b\r") {
		t.Errorf("printed: %q", text)
	}
	if !strings.Contains(text, "✓ A. a[31mb") || !strings.Contains(text, "— 2") {
		t.Errorf("the text itself is gone: %q", text)
	}
}

func TestLongLinesAreWrapped(t *testing.T) {
	word := "word "
	for line := range strings.SplitSeq(render(bot.Card{Body: []string{strings.Repeat(word, 60)}}, false), "\n") {
		if n := len([]rune(line)); n > width {
			t.Errorf("a line of %d characters: %q", n, line)
		}
	}
	if got := wrap("one", "  "); got != "one" {
		t.Errorf("wrap: %q", got)
	}
}
