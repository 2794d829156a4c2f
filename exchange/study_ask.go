package exchange

import (
	"regexp"
	"strings"

	"quizbot/quiz"
)

var (
	markedOption = regexp.MustCompile(`^(?:[-*+•●○▪◦☐□▢]\s+)?(?:[*_]{1,2})?[(\[]?([A-Ja-j]|[0-9]{1,2})[.):\]](?:[*_]{1,2})?\s+(\S.*)$`)
	bulletOption = regexp.MustCompile(`^(?:[-*+•●○▪◦☐□▢]|\[[ xX]?\])\s+(\S.*)$`)
	inlineOption = regexp.MustCompile(`(?:^|\s)[(]?([A-J])[.)]\s+`)
	trueOrFalse  = regexp.MustCompile(`(?i)^(?:true or false|true/false|t/f)\s*[:?.-]?\s*`)
	severalRight = regexp.MustCompile(`(?i)\b(?:select|choose|pick|check|mark) (?:all|any|two|three|four|2|3|4|every)\b|all that apply|which (?:of (?:the following|these) )?(?:\w+ )?are\b|which (?:two|three|four)\b`)
)

// readAsk reads what was asked, and the options.
func (x *asked) readAsk(lines []said) {
	if len(lines) == 1 {
		lines = splitInline(lines[0])
	}
	first, last, marked := markedRun(lines)
	if !marked {
		first, last = bareRun(lines), len(lines)
	}
	var ask []string
	for _, l := range lines[:first] {
		ask = append(ask, unmarked(l.text))
	}
	x.Question.Ask = strings.Join(ask, "\n")
	x.letters = marked && lettered(lines[first].text)
	for _, l := range lines[first:last] {
		x.options = append(x.options, optionText(l.text))
	}
	for _, l := range lines[last:] {
		if markedOption.MatchString(l.text) || strings.HasSuffix(l.text, "?") {
			x.Dropped = "several questions stand in one turn: give each a turn of its own"
			return
		}
	}
	if m := trueOrFalse.FindString(x.Question.Ask); m != "" && len(x.options) == 0 {
		x.Question.Kind, x.options = quiz.TrueFalse, []string{"True", "False"}
		x.Question.Ask = strings.TrimSpace(x.Question.Ask[len(m):])
		if x.Question.Ask == "" {
			x.Dropped = "it asks nothing"
		}
		return
	}
	if truthPair(x.options) {
		x.Question.Kind = quiz.TrueFalse
		if !truthOf(x.options[0]) {
			x.options[0], x.options[1] = x.options[1], x.options[0]
		}
	}
	switch {
	case x.Question.Ask == "":
		x.Dropped = "it asks nothing: only options stand there"
	case len(x.options) < 2:
		x.Dropped = "no options stand below it"
	}
}

// markedRun is the run of lines that begin with letters, numbers or bullets in a row.
func markedRun(lines []said) (first, last int, ok bool) {
	for first = range lines {
		n := 0
		for first+n < len(lines) && isOption(lines[first+n].text, n) {
			n++
		}
		if n >= 2 && first > 0 {
			return first, first + n, true
		}
		if n >= 2 && first == 0 && n < len(lines) && numbered(lines[0].text) { // "1. Question" and its options
			continue
		}
		if n >= 2 {
			return first, first + n, true
		}
	}
	return 0, 0, false
}

func numbered(s string) bool {
	m := markedOption.FindStringSubmatch(s)
	return m != nil && m[1][0] >= '0' && m[1][0] <= '9'
}

func lettered(s string) bool {
	m := markedOption.FindStringSubmatch(s)
	return m != nil && !numbered(s)
}

// isOption reports that a line has the mark of the n-th option, from 0, or a bullet.
func isOption(s string, n int) bool {
	if m := markedOption.FindStringSubmatch(s); m != nil {
		return place(m[1], 99) == n || len(m[1]) == 1 && int(m[1][0]|0x20)-'a' == n
	}
	return bulletOption.MatchString(s)
}

// bareRun is where options without any mark begin: below the last line that ends as a
// question does, or below the first.
func bareRun(lines []said) int {
	for i := len(lines) - 2; i >= 0; i-- {
		if s := unmarked(lines[i].text); strings.HasSuffix(s, "?") || strings.HasSuffix(s, ":") {
			return i + 1
		}
	}
	if trueOrFalse.MatchString(lines[0].text) || len(lines) < 3 {
		return len(lines)
	}
	return 1
}

// splitInline takes "Which? A) one B) two" apart.
func splitInline(l said) []said {
	marks := inlineOption.FindAllStringSubmatchIndex(l.text, -1)
	if len(marks) < 2 || marks[0][0] == 0 {
		return []said{l}
	}
	out := []said{{l.at, strings.TrimSpace(l.text[:marks[0][0]])}}
	for i, m := range marks {
		if int(l.text[m[2]]-'A') != i {
			return []said{l}
		}
		end := len(l.text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		out = append(out, said{l.at, strings.TrimSpace(l.text[m[0]:end])})
	}
	return out
}

// optionText is an option without its mark.
func optionText(s string) string {
	if m := markedOption.FindStringSubmatch(s); m != nil {
		s = m[2]
	} else if m := bulletOption.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	return unmarked(s)
}

var (
	boldText = regexp.MustCompile(`\*\*([^*]+)\*\*|__([^_]+)__`)
	codeText = regexp.MustCompile("`([^`]+)`")
)

// unmarked is a line without Markdown's marks for headings, quotes and strong text.
func unmarked(s string) string {
	s = boldText.ReplaceAllString(strings.TrimLeft(s, "#> "), "$1$2")
	s = codeText.ReplaceAllString(s, "$1")
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(s), "*"))
}
