package terminal

import (
	"strconv"
	"strings"
	"unicode"

	"quizbot/bot"
)

// Lines are wrapped at the edge of the screen, and before they are too long to be
// read well; in characters.
const (
	widest    = 78
	narrowest = 20
)

// render writes a card as lines of text, for a screen of so many columns; 0: not known.
func render(c bot.Card, strong bool, columns int) string {
	width := widest
	if columns > 0 {
		width = min(max(columns, narrowest), widest)
	}
	var b strings.Builder
	if title := clean(c.Title); title != "" {
		if strong {
			title = "\x1b[1m" + title + "\x1b[0m"
		}
		b.WriteString(title + "\n")
	}
	paragraphs := func(texts []string) {
		for _, p := range texts {
			for line := range strings.SplitSeq(p, "\n") {
				b.WriteString(wrap(clean(line), "", width) + "\n")
			}
		}
	}
	paragraphs(c.Body)
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
		b.WriteString(lead + wrap(text, strings.Repeat(" ", len([]rune(lead))), width) + "\n")
	}
	paragraphs(c.After)
	for _, line := range c.Table {
		b.WriteString("  " + wrap(clean(line), "    ", width) + "\n")
	}
	if c.Chart != nil {
		b.WriteString(drawChart(*c.Chart, width))
	}
	if footer := clean(c.Footer); footer != "" {
		b.WriteString(wrap("("+footer+")", " ", width) + "\n")
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

// wrap breaks s at spaces; lines after the first begin with indent, and what
// stands before the first is no longer than that.
func wrap(s, indent string, width int) string {
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
