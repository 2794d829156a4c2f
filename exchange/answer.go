package exchange

import (
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

func truthOf(s string) bool { return truths[strings.ToLower(strings.TrimSpace(s))] }

// number makes a number question's answer of words.
func (f *Found) number(answer, tolerance string) {
	x, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(answer), ",", "."), 64)
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
// or several letters, numbers from 1, or texts of options.
func (f *Found) choose(options []string, right string) {
	picks, ok := picksOf(options, right)
	if !ok {
		f.Dropped = "its answer " + strconv.Quote(right) + " is none of the options"
		return
	}
	f.pick(options, picks)
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

// same is the option that a text is, whatever its case and the space in it; -1: none.
func same(options []string, s string) int {
	plain := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
	return slices.IndexFunc(options, func(o string) bool { return plain(o) == plain(s) })
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
