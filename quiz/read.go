package quiz

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Reading says whether typed words are an answer at all.
type Reading int

// How typed words can be read as an answer to a question.
const (
	Clear   Reading = iota // one answer
	Unclear                // not an answer to this kind of question
	Stuffed                // several answers at once
)

// MaxLine is the longest line that is read as an answer, in bytes: an order whose steps
// are typed in full.
const MaxLine = MaxOptions * (4*MaxOption + 4)

// Read turns typed words into an answer. shown[i] is the index into the
// question's options or steps of the one that is shown with the i-th letter;
// letters and numbers mean places in that order. Only the whole text counts: a
// letter inside a sentence is not an answer.
func Read(q Question, shown []int, text string) (Given, Reading) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > MaxLine || utf8.RuneCountInString(text) > MaxTyped && q.Kind != Order && q.Kind != Choice {
		return Given{}, Unclear
	}
	switch q.Kind {
	case Choice:
		return readOne(optionTexts(q), shown, text)
	case Multi:
		return readSome(optionTexts(q), shown, text)
	case TrueFalse:
		return readTruth(text)
	case Order:
		return readOrder(q.Steps, shown, text)
	case Number:
		return readFigure(q, text)
	case Text:
		return readText(q, text)
	}
	return Given{}, Unclear
}

// Casual says whether a bare line in a busy room is meant as an answer: people
// go on talking while a question is open.
func Casual(q Question, shown []int, text string) bool {
	given, reading := Read(q, shown, text)
	if reading != Clear {
		return false
	}
	switch q.Kind {
	case Number:
		// "5 people are here" is talk; "101 Switching Protocols" is not, where it is right.
		return bareNumber(q, text) || Grade(q, given) && len(strings.Fields(foldFigure(text))) <= maxBehind
	case TrueFalse:
		switch Fold(text) {
		case "yes", "no", "y", "n", "right", "wrong", "correct", "incorrect":
			return false // ordinary talk
		}
		return true
	case Text:
		if Grade(q, given) {
			return true
		}
		if foldAnswer(text) == "" || strings.HasSuffix(text, "?") || strings.Contains(text, "://") || strings.ContainsAny(text[:1], "/!<@") {
			return false
		}
		return !chatter(q, text)
	default:
		return true
	}
}

// maxBehind is how many words, with the number itself, a typed number may have
// in a busy room.
const maxBehind = 3

func optionTexts(q Question) []string {
	out := make([]string, len(q.Options))
	for i, o := range q.Options {
		out[i] = o.Text
	}
	return out
}

// place is a letter or number, bare or dressed: "b", "(B)", "b.", "#2", "option b".
var place = regexp.MustCompile(`^(?i:(?:my |the )?(?:answer|option|choice)(?: is)?:? *)?[(\[#]?([a-zA-Z]|[0-9]{1,2})[)\].:]?$`)

// readPlace reads the place of one of n things.
func readPlace(s string, n int) (int, bool) {
	if len(s) > MaxTyped {
		return 0, false
	}
	m := place.FindStringSubmatch(strings.TrimSpace(norm.NFKC.String(strings.Map(visible, s))))
	if m == nil {
		return 0, false
	}
	i := -1
	if c := m[1][0] | 0x20; c >= 'a' && c <= 'z' {
		i = int(c - 'a')
	} else if v, err := strconv.Atoi(m[1]); err == nil {
		i = v - 1
	}
	return i, inRange(i, n)
}

// exact finds the only text that equals s but for case and outer whitespace.
func exact(texts []string, s string) (int, bool) {
	found := -1
	for i, t := range texts {
		if strings.EqualFold(strings.TrimSpace(t), strings.TrimSpace(s)) {
			if found >= 0 {
				return 0, false
			}
			found = i
		}
	}
	return found, found >= 0
}

// like finds the text that s means: equal when folded, else within the slips
// that its length allows and nearer than any other.
func like(texts []string, s string) (int, bool) {
	if i, ok := exact(texts, s); ok {
		return i, true
	}
	if utf8.RuneCountInString(s) > maxFolded {
		return 0, false // several texts, or none
	}
	folded := foldAnswer(s)
	if folded == "" || utf8.RuneCountInString(folded) > maxFolded {
		return 0, false
	}
	best, least, shared := -1, 99, false
	for i, t := range texts {
		want := foldAnswer(t)
		d := -1
		if same(folded, want) {
			d = 0
		} else if len(s) <= 2*MaxTyped {
			d = slips(folded, want)
		}
		switch {
		case d < 0:
		case d < least:
			best, least, shared = i, d, false
		case d == least:
			shared = true
		}
	}
	return best, best >= 0 && !shared
}

// readOne reads one option.
func readOne(texts []string, shown []int, s string) (Given, Reading) {
	if i, ok := exact(texts, s); ok { // an option that is itself a number or letter
		return Given{Picks: []int{i}}, Clear
	}
	if i, ok := readPlace(s, len(shown)); ok {
		return Given{Picks: []int{shown[i]}}, Clear
	}
	if i, ok := like(texts, s); ok {
		return Given{Picks: []int{i}}, Clear
	}
	if i, ok := readLabel(texts, shown, s); ok {
		return Given{Picks: []int{i}}, Clear
	}
	if picks, ok := readList(texts, shown, s); ok && len(picks) > 1 {
		return Given{}, Stuffed
	}
	return Given{}, Unclear
}

// label is an option as its button shows it: "B. POST".
var label = regexp.MustCompile(`^([a-zA-Z])[.):]\s+(.+)$`)

func readLabel(texts []string, shown []int, s string) (int, bool) {
	m := label.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return 0, false
	}
	at, ok := readPlace(m[1], len(shown))
	if !ok {
		return 0, false
	}
	i, ok := like(texts, m[2])
	return i, ok && i == shown[at]
}

// separators between several answers.
var separators = regexp.MustCompile(`\s*(?:[,;&+/|\n>→]|->|\band\b|\bor\b|\boder\b|\bthen\b)\s*|\s+`)

// strong separators do not cut a text of several words.
var strong = regexp.MustCompile(`\s*(?:[,;|\n>→]|->)\s*`)

// readList reads places or texts in a row, each at most once.
func readList(texts []string, shown []int, s string) ([]int, bool) {
	if i, ok := like(texts, s); ok {
		return []int{i}, true
	}
	if picks, ok := readEach(separators.Split(s, -1), shown, texts); ok {
		return picks, true
	}
	if picks, ok := readEach(strong.Split(s, -1), shown, texts); ok {
		return picks, true
	}
	letters := strings.ToLower(s)
	if len(letters) > len(shown) || len(letters) < 2 {
		return nil, false
	}
	var picks []int
	for _, r := range letters { // run together: "acd", "2143"
		if r > unicode.MaxASCII {
			return nil, false
		}
		i, ok := readPlace(string(r), len(shown))
		if !ok || slices.Contains(picks, shown[i]) {
			return nil, false
		}
		picks = append(picks, shown[i])
	}
	return picks, true
}

func readEach(parts []string, shown []int, texts []string) ([]int, bool) {
	var picks []int
	for _, part := range parts {
		if strings.TrimSpace(part) == "" {
			continue
		}
		var pick int
		if i, ok := exact(texts, part); ok {
			pick = i
		} else if i, ok := readPlace(part, len(shown)); ok {
			pick = shown[i]
		} else if i, ok := like(texts, part); ok {
			pick = i
		} else {
			return nil, false
		}
		if slices.Contains(picks, pick) {
			return nil, false
		}
		picks = append(picks, pick)
	}
	return picks, len(picks) > 0
}

// readSome reads a set of options.
func readSome(texts []string, shown []int, s string) (Given, Reading) {
	picks, ok := readList(texts, shown, s)
	if !ok {
		return Given{}, Unclear
	}
	slices.Sort(picks)
	return Given{Picks: picks}, Clear
}

// readOrder reads every step once.
func readOrder(steps []string, shown []int, s string) (Given, Reading) {
	picks, ok := readList(steps, shown, s)
	if !ok || len(picks) != len(steps) {
		return Given{}, Unclear
	}
	return Given{Picks: picks}, Clear
}

var truths = map[string]int{
	"true": 0, "t": 0, "yes": 0, "y": 0, "right": 0, "correct": 0, "a": 0, "1": 0,
	"false": 1, "f": 1, "no": 1, "n": 1, "wrong": 1, "incorrect": 1, "b": 1, "2": 1,
}

func readTruth(s string) (Given, Reading) {
	if i, ok := readPlace(s, 2); ok {
		return Given{Picks: []int{i}}, Clear
	}
	seen := map[int]bool{}
	all := true
	for _, w := range foldWords(s) {
		if w == "or" || w == "and" {
			continue
		}
		i, ok := truths[w]
		all = all && ok
		if ok {
			seen[i] = true
		}
	}
	switch {
	case all && len(seen) == 2:
		return Given{}, Stuffed
	case all && len(seen) == 1:
		return Given{Picks: []int{slices.Collect(maps.Keys(seen))[0]}}, Clear
	}
	for i, name := range []string{"true", "false"} {
		if label := label.FindStringSubmatch(strings.TrimSpace(s)); label != nil && strings.EqualFold(label[1], string(rune('a'+i))) && Fold(label[2]) == name {
			return Given{Picks: []int{i}}, Clear
		}
	}
	if i, ok := truths[foldAnswer(s)]; ok {
		return Given{Picks: []int{i}}, Clear
	}
	return Given{}, Unclear
}

// figures finds what looks like separate numbers.
var figures = regexp.MustCompile(`^[+-]?[0-9][0-9.,]*(?:\s*(?:,\s|;|/|\||\bor\b|\band\b|\bto\b|-|–|\s|\.\.)\s*[+-]?[0-9][0-9.,]*)+$`)

func readFigure(q Question, s string) (Given, Reading) {
	if _, ok := readNumber(q, s); ok {
		return Given{Text: s}, Clear
	}
	if stripped := foldFigure(s); stripped != s {
		if _, ok := readNumber(q, stripped); ok {
			return Given{Text: stripped}, Clear
		}
	}
	if figures.MatchString(trimNumber(s)) {
		return Given{}, Stuffed
	}
	return Given{}, Unclear
}

// figureLead is what people put before a number: "I think it's", "about", and
// what kind of number it is, "HTTP", "status code", "port".
var figureLead = regexp.MustCompile(`^(?i:(?:(?:i think|i'd say|maybe|probably|it's|its|it is|the answer is|answer:?|about|around|roughly|approximately|approx\.?|exactly|at most|at least|up to|within|http(?:/[0-9.]+)?|status|error|close|code|status code|error code|close code|version|port|opcode|number)\s+|[#~≈]\s*)+)`)

func foldFigure(s string) string { return figureLead.ReplaceAllString(s, "") }

// alternatives cut a line that names several answers.
var alternatives = regexp.MustCompile(`\s*[,;|\n]\s*|\s+/\s+|\s+(?i:or|and|oder|vs)\s+`)

func readText(q Question, s string) (Given, Reading) {
	if Grade(q, Given{Text: s}) {
		return Given{Text: s}, Clear
	}
	if foldAnswer(s) == "" {
		return Given{}, Unclear // "???"
	}
	parts := 0
	for _, part := range alternatives.Split(s, -1) {
		if strings.TrimSpace(part) != "" {
			parts++
		}
	}
	if parts > 1 {
		return Given{}, Stuffed
	}
	return Given{Text: s}, Clear
}
