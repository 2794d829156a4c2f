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
	}, false, 0)
	if strings.ContainsAny(text, "\x1b\x07\u202e\u200b\u009b\r") {
		t.Errorf("printed: %q", text)
	}
	if !strings.Contains(text, "✓ A. a[31mb") || !strings.Contains(text, "— 2") {
		t.Errorf("the text itself is gone: %q", text)
	}
}

func TestLongLinesAreWrapped(t *testing.T) {
	words := strings.Repeat("word ", 60)
	card := bot.Card{Body: []string{words}, Choices: []bot.Choice{{Letter: "A", Text: words, Mark: "✓"}}, Table: []string{words}, Footer: words}
	for columns, want := range map[int]int{0: widest, 40: 40, 200: widest, 3: narrowest} {
		for line := range strings.SplitSeq(render(card, false, columns), "\n") {
			if n := len([]rune(strings.TrimRight(line, " "))); n > want {
				t.Errorf("a screen of %d has a line of %d characters: %q", columns, n, line)
			}
		}
	}
	if got := wrap("one", "  ", widest); got != "one" {
		t.Errorf("wrap: %q", got)
	}
}
