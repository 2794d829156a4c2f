package discord

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	firstBlock = 1500 // characters of a table that go into the content
	nextBlock  = 2900 // and into an embed
	leastBlock = 500  // with less room than that none is begun
	mostBlocks = 3
	maxLine    = 400
)

// fill writes text, a table and a last part into the content, and what doesn't fit
// into embeds. Text may be split; the blocks of a table and the last part stay whole,
// for a fence that is open would end in the wrong place.
func (b *body) fill(text string, table []string, tail string) {
	spare := utf8.RuneCountInString(tail) + 1
	rest := maxEmbeds - spare
	if len(table) > 0 {
		rest -= leastBlock
	}
	b.split(text, rest)
	b.fence(table, spare)
	if tail != "" {
		b.add(tail)
	}
	if strings.TrimSpace(b.Content) == "" {
		b.Content = "…"
	}
}

// split puts text into the content, and at most rest characters more into embeds.
func (b *body) split(text string, rest int) {
	if utf8.RuneCountInString(text) <= maxContent {
		b.Content = text
		return
	}
	first, more := splitAt(text, maxContent)
	b.Content = strings.TrimRight(first, "\n ")
	more = cut(more, rest)
	for more != "" {
		var part string
		part, more = splitAt(more, maxEmbed)
		if strings.TrimSpace(part) != "" {
			b.embed(midLine + part)
		}
	}
}

// midLine goes before a text that begins anew in the middle of a line: what stands
// there now would be read as a heading, a quote or a list at a line's beginning. It
// is a space of no width.
const midLine = "\u200b"

func (b *body) embed(text string) {
	if b.Embeds == nil {
		b.Embeds = &[]embed{}
	}
	*b.Embeds = append(*b.Embeds, embed{Description: text})
}

// embedded is how many characters the embeds have.
func (b *body) embedded() int {
	n := 0
	if b.Embeds != nil {
		for _, e := range *b.Embeds {
			n += utf8.RuneCountInString(e.Description)
		}
	}
	return n
}

// add puts something short behind everything else.
func (b *body) add(text string) {
	n := utf8.RuneCountInString(text)
	if b.Embeds == nil && utf8.RuneCountInString(b.Content)+1+n <= maxContent {
		b.Content = strings.TrimPrefix(b.Content+"\n"+text, "\n")
		return
	}
	if b.Embeds != nil {
		if last := &(*b.Embeds)[len(*b.Embeds)-1]; utf8.RuneCountInString(last.Description)+1+n <= maxEmbed {
			last.Description += "\n" + text
			return
		}
	}
	b.embed(text)
}

// fence puts lines into code blocks, where they stay as they are, and leaves room
// for spare characters. What doesn't fit even into several is cut off with a word.
func (b *body) fence(lines []string, spare int) {
	for n := 1; len(lines) > 0; n++ {
		room := min(firstBlock, maxContent-spare-1-utf8.RuneCountInString(b.Content))
		left := maxEmbeds - spare - b.embedded()
		inContent := b.Embeds == nil && room >= leastBlock
		if !inContent {
			room = min(nextBlock, left)
			left -= room
		}
		var block string
		block, lines = codeBlock(lines, room, n == mostBlocks || left < leastBlock)
		if inContent {
			b.Content = strings.TrimPrefix(b.Content+"\n"+block, "\n")
		} else {
			b.embed(block)
		}
	}
}

// codeBlock makes a block of as many lines as there is room for, and returns the
// others. The last block says how many there are, and returns none. A fence inside
// would end it.
func codeBlock(lines []string, room int, last bool) (block string, rest []string) {
	const fence, more = "```", len("\n… 99999 more")
	var b strings.Builder
	b.WriteString(fence)
	room -= 2*len(fence) + 1
	for i, line := range lines {
		line = "\n" + cut(mute(strings.ReplaceAll(line, fence, "'''")), maxLine)
		room -= utf8.RuneCountInString(line)
		keep := 0
		if last && i < len(lines)-1 {
			keep = more
		}
		if room < keep {
			rest = lines[i:]
			break
		}
		b.WriteString(line)
	}
	if last && len(rest) > 0 {
		b.WriteString("\n… " + strconv.Itoa(len(rest)) + " more")
		rest = nil
	}
	return b.String() + "\n" + fence, rest
}

// splitAt cuts after at most n characters, at a line break or a space where
// there is one near, and never behind a backslash.
func splitAt(s string, n int) (first, rest string) {
	runes := []rune(s)
	if len(runes) <= n {
		return s, ""
	}
	at := n
	for _, stop := range []rune{'\n', ' '} {
		for i := n; i > n*3/4; i-- {
			if runes[i-1] == stop {
				return string(runes[:i]), string(runes[i:])
			}
		}
	}
	for at > 1 && runes[at-1] == '\\' {
		at--
	}
	return string(runes[:at]), string(runes[at:])
}

// cut shortens escaped text to n characters.
func cut(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	at := n - 1
	for at > 0 && runes[at-1] == '\\' {
		at--
	}
	return string(runes[:at]) + "…"
}
