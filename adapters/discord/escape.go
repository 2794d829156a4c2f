package discord

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape makes text inert: no formatting, no mention, no link with a false
// label. It changes as little as it can, so that the text reads and copies well.
func escape(s string) string {
	runes := []rune(s)
	var b strings.Builder
	lineStart, numbered := true, -1
	for i, r := range runes {
		next := func(n int) rune {
			if i+n >= 0 && i+n < len(runes) {
				return runes[i+n]
			}
			return 0
		}
		switch r {
		case '\\', '*', '~', '`', '|':
			b.WriteByte('\\')
		case '_': // inside a_word it is only itself
			if !wordRune(next(-1)) || !wordRune(next(1)) {
				b.WriteByte('\\')
			}
		case '>', '#', '-':
			if lineStart {
				b.WriteByte('\\')
			}
		case '[':
			b.WriteByte('\\')
		case ':':
			if namesEmoji(runes[i+1:]) {
				b.WriteByte('\\')
			}
		case '.':
			if i == numbered {
				b.WriteByte('\\')
			}
		case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			if dot := listNumber(runes[i:]); lineStart && dot > 0 {
				numbered = i + dot
			}
		case '<':
			switch next(1) {
			case '@', '#', ':', '/', 't', 'i', 'a', 'h':
				b.WriteByte('\\')
			}
		}
		b.WriteRune(r)
		switch {
		case r == '\n':
			lineStart = true
		case r != ' ' && r != '\t' && r != '>':
			lineStart = false
		}
	}
	return mute(b.String())
}

// namesEmoji: what follows a colon ends with another one, and could be a name.
func namesEmoji(s []rune) bool {
	for i, r := range s {
		switch {
		case r == ':':
			return i > 0
		case r != '_' && r != '-' && r != '+' && !unicode.IsLetter(r) && !unicode.IsDigit(r):
			return false
		}
	}
	return false
}

// listNumber is where the dot stands of a number that would begin a list, which
// Discord counts anew; -1 when s begins with none.
func listNumber(s []rune) int {
	at := slices.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if at < 0 || s[at] != '.' || at+1 < len(s) && !unicode.IsSpace(s[at+1]) {
		return -1
	}
	return at
}

func wordRune(r rune) bool { return r != '_' && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// mute breaks what Discord would read as a mention even in the midst of text.
func mute(s string) string {
	const gap = "\u200b"
	return strings.NewReplacer(
		"@everyone", "@"+gap+"everyone", "@here", "@"+gap+"here",
		"<@", "<"+gap+"@", "<#", "<"+gap+"#",
	).Replace(s)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// clip shortens s to n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
