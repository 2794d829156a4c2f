package quiz

import (
	"strings"
	"unicode/utf8"
)

// MaxLongest is the share of choice questions in which the right option may be
// the longest, before the length gives the answer away.
const MaxLongest = 0.35

// LintPack reads a pack as ParsePack does and adds advice: what makes a
// question bad without making it wrong.
func LintPack(file string, src []byte) (Pack, []Problem, error) {
	s := ReadSource(file, src)
	if len(s.Faults) > 0 {
		return Pack{}, nil, s.Faults
	}
	return s.Pack, s.Advice, nil
}

// advise lists it in the order of the questions.
func advise(file string, pack Pack, at places) Problems {
	l := &parser{file: file}
	choice, longest := 0, 0
	for i, q := range pack.Questions {
		n := at.questions[i]
		if q.Explain == "" {
			l.fault(n, "say why the answer is right", "question %q has no explain", q.ID)
		}
		if q.Source == "" {
			l.fault(n, "name the standard and section, or the vendor's documentation", "question %q has no source", q.ID)
		}
		for _, o := range q.Options {
			if !o.Correct && o.Why == "" {
				l.fault(n, "say what that option really is", "question %q: the option %q has no why", q.ID, cutText(o.Text))
			}
			switch strings.Trim(Fold(o.Text), ". ") {
			case "all of above", "none of above", "all of the above", "none of the above", "both of above", "both of the above":
				l.fault(n, "write an option that stands alone", "question %q: %q is no answer of its own", q.ID, o.Text)
			}
		}
		if q.Kind == Choice {
			choice++
			if longestIsRight(q) {
				longest++
			}
		}
	}
	if choice >= 6 && float64(longest) > MaxLongest*float64(choice) {
		l.fault(at.pack, "lengthen wrong options or shorten right ones", "the right option is the longest in %d of %d choice questions", longest, choice)
	}
	return l.problems
}

func longestIsRight(q Question) bool {
	right, other := 0, 0
	for _, o := range q.Options {
		n := utf8.RuneCountInString(o.Text)
		if o.Correct {
			right = n
		} else {
			other = max(other, n)
		}
	}
	return right > other
}
