package exchange

import (
	"regexp"
	"strings"
)

// spoken is a line of a chat, with whose turn it may begin.
type spoken struct {
	said
	by   speaker
	rest string // what is said in the same line
}

var (
	// Words that stand before a colon elsewhere, too.
	weakHeading = regexp.MustCompile(`(?i)^\s*(model|ai|bot|tutor|prompt|user|me)\s*:`)
	bareHeading = regexp.MustCompile(`(?i)^\s*(?:you|user|chatgpt|claude|gemini|copilot|assistant)\s*$`)
)

// doubt takes back headings that are none. A weak word is one where it stands twice, begins
// the chat, or is the only one of its side; a bare name is none among other bare names or
// where its side has headings with more to them: there it is an option.
func doubt(lines []spoken) {
	weak := map[string]int{}
	strong := map[speaker]bool{}
	for _, l := range lines {
		if name := weakName(l); name != "" {
			weak[name]++
		} else if l.by != nobody && !l.bare() {
			strong[l.by] = true
		}
	}
	sides := make([]speaker, len(lines)+2) // of bare names, from 1
	for i, l := range lines {
		if l.bare() {
			sides[i+1] = l.by
		}
	}
	for i := range lines {
		l := &lines[i]
		name := weakName(*l)
		among := l.bare() && (sides[i] == l.by || sides[i+2] == l.by)
		if name != "" && weak[name] < 2 && i > 0 && strong[l.by] || l.bare() && (strong[l.by] || among) {
			l.by = nobody
		}
	}
}

func weakName(l spoken) string {
	if m := weakHeading.FindStringSubmatch(l.text); m != nil && l.by != nobody {
		return strings.ToLower(m[1])
	}
	return ""
}

func (l spoken) bare() bool { return l.by != nobody && bareHeading.MatchString(l.text) }
