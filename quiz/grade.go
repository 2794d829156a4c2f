package quiz

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
)

// Grade says whether an answer is right.
//
// A typed text is right when it folds to an accepted answer, or is within the
// slips that its length allows: none up to 4 letters, one up to 8, two above.
// A difference in a digit, a negation or a sign is never a slip.
func Grade(q Question, g Given) bool {
	switch q.Kind {
	case Choice:
		return len(g.Picks) == 1 && inRange(g.Picks[0], len(q.Options)) && q.Options[g.Picks[0]].Correct
	case Multi:
		for i, o := range q.Options {
			if slices.Contains(g.Picks, i) != o.Correct {
				return false
			}
		}
		return len(g.Picks) > 0
	case TrueFalse:
		return len(g.Picks) == 1 && (g.Picks[0] == 0) == q.Truth && inRange(g.Picks[0], 2)
	case Order:
		if len(g.Picks) != len(q.Steps) {
			return false
		}
		for i, pick := range g.Picks {
			if pick != i {
				return false
			}
		}
		return true
	case Number:
		x, ok := readNumber(q, g.Text)
		if !ok {
			return false
		}
		slack := math.Max(math.Abs(q.Answer), math.Abs(x)) * 1e-12 // decimal fractions are not exact
		return math.Abs(x-q.Answer) <= q.Tolerance+slack
	case Text:
		return gradeText(q, g.Text)
	}
	return false
}

func inRange(i, n int) bool { return i >= 0 && i < n }

func gradeText(q Question, text string) bool {
	if utf8.RuneCountInString(text) > MaxTyped {
		return false
	}
	given := foldAnswer(text)
	if given == "" || utf8.RuneCountInString(given) > maxFolded {
		return false
	}
	short := compact(given)
	accepts := make([]string, len(q.Accept))
	for i, accept := range q.Accept {
		accepts[i] = foldAnswer(accept)
		if given == accepts[i] || short == compact(accepts[i]) {
			return true
		}
	}
	return slices.ContainsFunc(accepts, func(accept string) bool { return slips(given, accept) >= 0 })
}

// Near reports that a typed text is not right, but has hardly more slips than an accepted
// answer may have. What is too short for a slip, or means something else by a digit, a
// negation or a prefix, is near to nothing.
func Near(q Question, g Given) bool {
	given := foldAnswer(g.Text)
	if q.Kind != Text || utf8.RuneCountInString(g.Text) > MaxTyped || utf8.RuneCountInString(given) > maxFolded || gradeText(q, g.Text) {
		return false
	}
	return slices.ContainsFunc(q.Accept, func(accept string) bool {
		want := foldAnswer(accept)
		allowed := allowance(want)
		if allowed == 0 || signature(given) != signature(want) || negations(given) != negations(want) || oppositePrefix(given, want) {
			return false
		}
		return edlib.OSADamerauLevenshteinDistance(given, want) <= allowed+1
	})
}

// fillers are words in front of an answer that are not part of it.
var fillers = [][]string{
	{"i", "think", "its"}, {"i", "think", "it", "is"}, {"i", "think"}, {"it", "is"}, {"its"}, {"answer"}, {"that", "is"}, {"thats"},
	{"is", "it"}, {"maybe"}, {"probably"}, {"its", "called"}, {"it", "is", "called"}, {"called"},
}

// foldAnswer folds s and drops fillers and articles before the answer proper.
func foldAnswer(s string) string {
	words := foldWords(s)
	for again := true; again; {
		again = false
		letters := len(words) > 1 && words[0] == "a" && utf8.RuneCountInString(words[1]) == 1 // "a b"
		if len(words) > 1 && articles[words[0]] && !letters {
			words, again = words[1:], true
			continue
		}
		for _, f := range fillers {
			if len(words) > len(f) && slices.Equal(words[:len(f)], f) {
				words, again = words[len(f):], true
				break
			}
		}
	}
	return strings.Join(words, " ")
}

func same(a, b string) bool { return a == b || compact(a) == compact(b) }

// slips counts the typing slips between two folded answers by optimal string
// alignment distance; -1 when they are more than the length of want allows, or
// no slips at all but another meaning.
func slips(given, want string) int {
	allowed := allowance(want)
	if allowed == 0 {
		if same(given, want) {
			return 0
		}
		return -1
	}
	if d := utf8.RuneCountInString(given) - utf8.RuneCountInString(want); d > allowed || d < -allowed {
		return -1
	}
	if signature(given) != signature(want) || negations(given) != negations(want) {
		return -1
	}
	if oppositePrefix(given, want) {
		return -1
	}
	d := edlib.OSADamerauLevenshteinDistance(given, want)
	if g, w := wordsOf(given), wordsOf(want); len(g) == len(w) && len(w) > 1 {
		d = 0
		for i := range w { // in a phrase each word has its own allowance: "pin bit" is no slip of "fin bit"
			one := edlib.OSADamerauLevenshteinDistance(g[i], w[i])
			if one > allowance(w[i]) {
				return -1
			}
			d += one
		}
	}
	if d > allowed {
		return -1
	}
	return d
}

// wordsOf cuts a folded answer where its words end: "text/html" has two.
func wordsOf(folded string) []string {
	return strings.FieldsFunc(folded, func(r rune) bool { return strings.ContainsRune(" /:@&=", r) })
}

// allowance is how many slips a text of this length may have.
func allowance(want string) int {
	switch n := utf8.RuneCountInString(want); {
	case n > 8:
		return 2
	case n > 4:
		return 1
	default:
		return 0
	}
}

// signature is what no slip may change: digits and signs, in order.
func signature(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) || r == ' ' || r == '.' {
			return -1
		}
		return r
	}, s)
}

func negations(s string) int {
	n := 0
	for _, w := range strings.Fields(s) {
		switch w {
		case "not", "no", "never", "without", "non", "none", "nor", "isnt", "doesnt", "dont", "cannot", "cant":
			n++
		}
	}
	return n
}

// oppositePrefix: one of two words is the other with a prefix that turns it
// round, as in "safe" and "unsafe", or the prefixes of both differ, as in
// "inbound" and "unbound".
func oppositePrefix(a, b string) bool {
	wa, wb := strings.Fields(a), strings.Fields(b)
	if len(wa) != len(wb) {
		return false
	}
	prefixes := []string{"un", "in", "im", "ir", "il", "non", "dis", "de", "a", "ab", "anti", "mis", "out", "en", "ex"}
	for i := range wa {
		if wa[i] == wb[i] {
			continue
		}
		for _, p := range prefixes {
			for _, o := range append(prefixes, "") {
				if p == o {
					continue
				}
				x, okx := strings.CutPrefix(wa[i], p)
				y, oky := strings.CutPrefix(wb[i], o)
				if okx && oky && x == y && len(x) > 2 {
					return true
				}
				x, okx = strings.CutPrefix(wb[i], p)
				y, oky = strings.CutPrefix(wa[i], o)
				if okx && oky && x == y && len(x) > 2 {
					return true
				}
			}
		}
	}
	return false
}
