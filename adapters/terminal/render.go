package terminal

import (
	"strconv"
	"strings"
	"unicode"

	"quizbot/bot"
)

// width is how long lines become before they are wrapped, in characters.
const width = 78

// render writes a card as lines of text.
func render(c bot.Card, strong bool) string {
	var b strings.Builder
	if title := clean(c.Title); title != "" {
		if strong {
			title = "\x1b[1m" + title + "\x1b[0m"
		}
		b.WriteString(title + "\n")
	}
	for _, p := range c.Body {
		for line := range strings.SplitSeq(p, "\n") {
			b.WriteString(wrap(clean(line), "") + "\n")
		}
	}
	for _, choice := range c.Choices {
		if choice.Letter == "" {
			continue // an action: there is a word for it
		}
		lead := "  " + choice.Letter + ". "
		if choice.Mark != "" {
			lead = "  " + choice.Mark + " " + choice.Letter + ". "
		}
		text := clean(choice.Text)
		if choice.Counted {
			text += " — " + strconv.Itoa(choice.Count)
		}
		b.WriteString(lead + wrap(text, strings.Repeat(" ", len([]rune(lead)))) + "\n")
	}
	for _, line := range c.Table {
		b.WriteString("  " + clean(line) + "\n")
	}
	if footer := clean(c.Footer); footer != "" {
		b.WriteString(wrap("("+footer+")", " ") + "\n")
	}
	return b.String()
}

// clean takes out what a terminal would obey rather than show.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}

// wrap breaks s at spaces; lines after the first begin with indent.
func wrap(s, indent string) string {
	var lines []string
	line, n := "", 0
	for _, word := range strings.Split(s, " ") {
		size := len([]rune(word))
		if n > 0 && n+1+size > width-len(indent) {
			lines = append(lines, line)
			line, n = word, size
			continue
		}
		if n > 0 || line != "" {
			line += " "
			n++
		}
		line += word
		n += size
	}
	return strings.Join(append(lines, line), "\n"+indent)
}
