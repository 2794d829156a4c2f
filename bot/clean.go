package bot

import (
	"strings"
	"unicode"
)

const (
	// maxName is the longest name that is shown, in characters.
	maxName = 40
	// maxMarks is how many combining marks in a row are shown: as many as any language
	// puts on a letter. More of them cover the lines above and below.
	maxMarks = 4
)

// cleanName makes a name fit for one line.
func cleanName(name string) string { return cleanLine(name, maxName) }

// cleanLine makes what somebody wrote fit to stand in a line of ours, at most n
// characters of it: without line breaks, and without what can't be seen, turns the
// rest of the line round, or covers other lines. What shows nothing at all is "".
func cleanLine(s string, n int) string {
	var out []rune
	marks, shows := maxMarks, false // a mark at the beginning would stand on what is before it
	for _, r := range strings.Join(strings.Fields(s), " ") {
		switch {
		case hidden(r):
			continue
		case !unicode.Is(unicode.M, r):
			marks = 0
			shows = shows || r != ' ' && r != '\u2800'
		case marks == maxMarks:
			continue
		default:
			marks++
		}
		if len(out) == n {
			out[n-1] = '…'
			break
		}
		out = append(out, r)
	}
	if !shows {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// hidden characters can't be seen, but change what is around them.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029' ||
		unicode.In(r, unicode.Cf, unicode.Co, unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point) ||
		r >= 0xe0100 && r <= 0xe01ef // selectors of variants that no font has
}
