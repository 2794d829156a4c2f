package exchange

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"quizbot/quiz"
)

// letter is how the i-th option is called, from 0: A to J.
func letter(i int) string { return string(rune('A' + i)) }

// difficultyOf reads a difficulty in words or as a number from 1 to 3; else medium.
func difficultyOf(s string) quiz.Difficulty {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "1", "easy", "low", "beginner":
		return quiz.Easy
	case "3", "hard", "high", "difficult", "expert":
		return quiz.Hard
	default:
		return quiz.Medium
	}
}

var truths = map[string]bool{"true": true, "t": true, "yes": true, "false": false, "f": false, "no": false}

func isTruth(s string) bool {
	_, ok := truths[strings.ToLower(strings.TrimSpace(s))]
	return ok
}

// truthPair reports that the options are true and false, and nothing else.
func truthPair(options []string) bool {
	if len(options) != 2 {
		return false
	}
	a, b := strings.ToLower(options[0]), strings.ToLower(options[1])
	return a == "true" && b == "false" || a == "false" && b == "true"
}

func truthOf(s string) bool { return truths[strings.ToLower(strings.TrimSpace(s))] }

// thousands are numbers that some read as one and a part, and others as a thousand.
var thousands = regexp.MustCompile(`^[-+]?[1-9][0-9]{0,2}(?:[,.][0-9]{3})+$`)

// number makes a number question's answer of words.
func (f *Found) number(answer, tolerance string) {
	if answer = strings.TrimSpace(answer); strings.Contains(answer, ",") && thousands.MatchString(answer) {
		f.Dropped = "its answer " + strconv.Quote(answer) + " can be read as thousands or as a fraction: write it without the comma"
		return
	}
	x, err := strconv.ParseFloat(strings.ReplaceAll(answer, ",", "."), 64)
	if err != nil {
		f.Dropped = "its answer " + strconv.Quote(answer) + " is no number"
		return
	}
	f.Question.Answer = x
	if tolerance == "" {
		return
	}
	if f.Question.Tolerance, err = strconv.ParseFloat(strings.ReplaceAll(tolerance, ",", "."), 64); err != nil || f.Question.Tolerance < 0 {
		f.Question.Tolerance = 0
		f.note("its tolerance %q is no number", tolerance)
	}
}

// choose makes a choice or multi question of options and of what is said to be right: one
// or several letters, numbers from 1, or texts of options. Letters and numbers count blank
// options, which are left out.
func (f *Found) choose(options []string, right string) {
	picks, ok := picksOf(options, right)
	var texts []string
	var places []int
	for i, o := range options {
		picked := slices.Contains(picks, i)
		if picked && o == "" {
			ok = false
		}
		if o == "" {
			continue
		}
		if picked {
			places = append(places, len(texts))
		}
		texts = append(texts, o)
	}
	if !ok {
		f.Dropped = "its answer " + strconv.Quote(right) + " is none of the options"
		return
	}
	f.pick(texts, places)
}

// pick makes a choice or multi question of options and the places of the right ones.
func (f *Found) pick(options []string, right []int) {
	q := &f.Question
	q.Options, q.Kind = nil, quiz.Choice
	for i, o := range options {
		q.Options = append(q.Options, quiz.Option{Text: o, Correct: slices.Contains(right, i)})
	}
	if len(right) > 1 {
		q.Kind = quiz.Multi
	}
}

// picksOf finds the options that are meant: first by their text, then by letter or number.
func picksOf(options []string, right string) ([]int, bool) {
	if i := same(options, right); i >= 0 {
		return []int{i}, true
	}
	for _, separators := range []string{";", "|", ",", ", ", "&"} {
		parts := splitAny(right, separators)
		picks := make([]int, 0, len(parts))
		for _, part := range parts {
			i := same(options, part)
			if i < 0 {
				i = place(part, len(options))
			}
			if i < 0 || slices.Contains(picks, i) {
				picks = nil
				break
			}
			picks = append(picks, i)
		}
		if len(picks) > 0 {
			slices.Sort(picks)
			return picks, true
		}
	}
	return nil, false
}

// same is the option that a text is: to the letter, else whatever its case and the space
// in it, where that is one; -1: none.
func same(options []string, s string) int {
	if i := slices.Index(options, s); i >= 0 {
		return i
	}
	return theOne(options, func(o string) bool { return o != "" && evened(o) == evened(s) })
}

// evened is a text without case, and with one space where there is white space.
func evened(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// theOne is the place of the only one that fits; -1: none does, or several.
func theOne(list []string, fits func(string) bool) int {
	at := -1
	for i, s := range list {
		if fits(s) && at >= 0 {
			return -1
		} else if fits(s) {
			at = i
		}
	}
	return at
}

// place is the option that a letter or a number from 1 means; -1: none.
func place(s string, n int) int {
	s = strings.TrimSpace(strings.Trim(strings.TrimSpace(s), ".()[]"))
	if len(s) == 1 && s[0] >= 'A' && s[0] <= 'Z' || len(s) == 1 && s[0] >= 'a' && s[0] <= 'z' {
		if i := int(s[0]|0x20) - 'a'; i < n {
			return i
		}
		return -1
	}
	if i, err := strconv.Atoi(s); err == nil && i >= 1 && i <= n {
		return i - 1
	}
	return -1
}
