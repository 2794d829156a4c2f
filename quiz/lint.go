package quiz

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// What lint advises against, and from where on. docs/packs.md tells the reasons.
const (
	// MaxLongest is the share of choice questions in which the right option may be
	// the longest, before the length gives the answer away.
	MaxLongest = 0.35
	// standsOut is how many times as long as the next the right option of one question
	// may be.
	standsOut = 1.8
	// minChoice is how many questions it takes to say something about all of them.
	minChoice = 6
	// maxSentence is the longest sentence that is read at one go, in words.
	maxSentence = 40
	// maxLIX is how hard to read a text of minLIX words or more may be, by Björnsson's LIX
	// (1968): words in a sentence, plus the share of words longer than six letters in per
	// cent. Newspapers have 40 to 50, laws 60 and more.
	maxLIX = 66
	minLIX = 16
	// minAsk is the shortest question, in characters, that says what is asked.
	minAsk = 6
)

// LintPack reads a pack as ParsePack does and adds advice: what makes a
// question bad without making it wrong.
func LintPack(file string, src []byte) (Pack, []Problem, error) {
	s := ReadSource(file, src)
	if len(s.Faults) > 0 {
		return Pack{}, nil, s.Faults
	}
	return s.Pack, s.Advice(), nil
}

// adviser gathers what is to be said of a pack's questions.
type adviser struct {
	parser
	q Question
	n *yaml.Node // where q stands
}

func (a *adviser) advise(cure, format string, args ...any) {
	a.fault(a.n, cure, "question %q: "+format, append([]any{a.q.ID}, args...)...)
}

// advise lists it in the order of the questions, and what concerns all of them last.
func advise(file string, pack Pack, at places) Problems {
	a := &adviser{parser: parser{file: file}}
	for i, q := range pack.Questions {
		a.q, a.n = q, at.questions[i]
		a.missing()
		a.options()
		a.givenAway()
		a.sentences()
		if english(pack.Language) {
			a.negatives()
			a.admissions()
		}
	}
	a.n = at.pack
	a.longest(pack)
	a.positions(pack)
	a.truths(pack)
	return a.problems
}

// missing: what a question needs in order to teach.
func (a *adviser) missing() {
	if a.q.Explain == "" {
		a.advise("say why the answer is right", "it has no explain")
	}
	if a.q.Source == "" {
		a.advise("name the standard and section, or the vendor's documentation", "it has no source")
	}
	for _, o := range a.q.Options {
		if !o.Correct && o.Why == "" {
			a.advise("say what that option really is", "the option %q has no why", cutText(o.Text))
		}
	}
	if utf8.RuneCountInString(a.q.Ask) < minAsk {
		a.advise("write a whole question", "%q doesn't say what is asked", a.q.Ask)
	}
}

// options: each has to stand alone, and no two may be right.
func (a *adviser) options() {
	words := make([][]string, len(a.q.Options))
	for i, o := range a.q.Options {
		if noOptionOfItsOwn(o.Text) {
			a.advise("write an option that stands alone", "%q is no answer of its own", cutText(o.Text))
		}
		words[i] = contentWords(o.Text)
		for j := range i {
			if len(words[i]) > 1 && slices.Equal(sorted(words[i]), sorted(words[j])) && !slices.Equal(words[i], words[j]) && a.q.Options[i].Correct != a.q.Options[j].Correct && unordered(o.Text) {
				a.advise("make them differ in more than the order of their words", "the options %q and %q say the same, and one of them is right", cutText(a.q.Options[j].Text), cutText(o.Text))
			}
		}
	}
	for i, o := range a.q.Options {
		if o.Correct {
			continue
		}
		for j, right := range a.q.Options {
			if right.Correct && i != j && orElse(o.Text, right.Text) {
				a.advise("make only one of them defensible", "who picks %q says what is right too: %q", cutText(o.Text), cutText(right.Text))
			}
		}
	}
	if a.q.Kind == Choice {
		if right, other := lengths(a.q); len(a.q.Options) > 2 && right >= 30 && float64(right) > standsOut*float64(other) {
			a.advise("shorten it, or give the others as much to say", "the right option has %d characters and no other more than %d, which gives it away", right, other)
		}
	}
}

// givenAway: the answer must not stand in the question or in its hint.
func (a *adviser) givenAway() {
	var answers []string
	switch a.q.Kind {
	case Text:
		answers = a.q.Accept
	case Choice:
		for _, o := range a.q.Options {
			if o.Correct {
				answers = append(answers, o.Text)
			}
		}
	default:
		return
	}
	for _, answer := range answers {
		switch {
		case utf8.RuneCountInString(answer) < 3:
		case a.q.Kind == Text && holdsWords(a.q.Ask, answer):
			a.advise("ask without it", "its text holds the answer %q", cutText(answer))
		case holdsWords(a.q.Hint, answer) && !a.shared(answer):
			a.advise("hint at it without saying it", "its hint holds the answer %q", cutText(answer))
		}
	}
}

// shared reports that a wrong option holds the answer too, so that naming it gives
// nothing away.
func (a *adviser) shared(answer string) bool {
	return slices.ContainsFunc(a.q.Options, func(o Option) bool { return !o.Correct && holdsWords(o.Text, answer) })
}

// sentences: who reads in a chat, or in a foreign language, reads short ones.
func (a *adviser) sentences() {
	for _, text := range []string{a.q.Ask, a.q.Explain} {
		if lix := lixOf(text); lix > maxLIX {
			a.advise("use shorter sentences and plainer words", "%q is hard to read (LIX %.0f)", cutText(text), lix)
		}
		for _, sentence := range sentencesOf(text) {
			if n := len(strings.Fields(sentence)); n > maxSentence {
				a.advise("make two of it", "a sentence has %d words: %q", n, cutText(sentence))
			}
		}
	}
}

// lixOf is 0 for texts too short to tell.
func lixOf(text string) float64 {
	words, long := strings.Fields(text), 0
	if len(words) < minLIX {
		return 0
	}
	for _, w := range words {
		if utf8.RuneCountInString(strings.Trim(w, ".,;:!?()\"'“”")) > 6 {
			long++
		}
	}
	return float64(len(words))/float64(len(sentencesOf(text))) + 100*float64(long)/float64(len(words))
}

// longest: of many questions the right option must not be the longest too often.
func (a *adviser) longest(pack Pack) {
	choice, longest := 0, 0
	for _, q := range pack.Questions {
		if q.Kind == Choice {
			choice++
			if longestIsRight(q) {
				longest++
			}
		}
	}
	if choice >= minChoice && float64(longest) > MaxLongest*float64(choice) {
		a.fault(a.n, "lengthen wrong options or shorten right ones", "the right option is the longest in %d of %d choice questions", longest, choice)
	}
}

// positions: the options are shown in another order each time, but a file whose right
// option mostly stands in one place is one that its writer did not look over, and other
// programs show it as it is.
func (a *adviser) positions(pack Pack) {
	at, expected, spread, n := [MaxOptions]int{}, [MaxOptions]float64{}, [MaxOptions]float64{}, 0
	for _, q := range pack.Questions {
		if q.Kind != Choice {
			continue
		}
		n++
		at[slices.IndexFunc(q.Options, func(o Option) bool { return o.Correct })]++
		for i := range q.Options {
			p := 1 / float64(len(q.Options))
			expected[i] += p
			spread[i] += p * (1 - p)
		}
	}
	for i, count := range at {
		if n >= minChoice && float64(count) > expected[i]+2.5*math.Sqrt(spread[i]) {
			a.fault(a.n, "spread it over all places", "the right option stands in place %d in %d of %d choice questions", i+1, count, n)
		}
	}
}

// truths: who always says true must not be right mostly.
func (a *adviser) truths(pack Pack) {
	n, yes := 0, 0
	for _, q := range pack.Questions {
		if q.Kind == TrueFalse {
			n++
			if q.Truth {
				yes++
			}
		}
	}
	if n >= 4 && (4*yes > 3*n || 4*(n-yes) > 3*n) {
		a.fault(a.n, "turn some of them round", "true is right in %d of %d true-or-false questions", yes, n)
	}
}

func longestIsRight(q Question) bool {
	right, other := lengths(q)
	return right > other
}

// lengths are those of the right option and of the longest other, in characters.
func lengths(q Question) (right, other int) {
	for _, o := range q.Options {
		n := utf8.RuneCountInString(o.Text)
		if o.Correct {
			right = max(right, n)
		} else {
			other = max(other, n)
		}
	}
	return right, other
}
