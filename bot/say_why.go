package bot

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"quizbot/quiz"
)

// What the bot says of why an answer was right or wrong.
//
// Who was wrong may read it while others still think, so nothing of it tells what is right,
// except where it can't be helped: of true and false the other one is left, and what a pack
// says of a wrong option is the pack's. So of a number nobody reads whether it is too low or
// too high, and of a set what is missing, before the question is over.

// whyRight is what the pack says of the options that were picked, and right.
func whyRight(r quiz.Round, g quiz.Given) string {
	if k := r.Question.Kind; k != quiz.Choice && k != quiz.Multi {
		return ""
	}
	return strings.Join(whys(r, g.Picks, func(p int) bool { return p < len(r.Question.Options) }), "\n")
}

// whyWrong is for an answer that was wrong.
func whyWrong(r quiz.Round, g quiz.Given) string {
	q := r.Question
	switch q.Kind {
	case quiz.Choice:
		return whyRight(r, g)
	case quiz.Multi:
		return whyNotAll(r, g)
	case quiz.TrueFalse:
		return q.Explain
	case quiz.Text:
		if quiz.Near(q, g) {
			return "That comes close, but it is too far off to count."
		}
	case quiz.Number:
		return readAs(q, g)
	case quiz.Order:
		right := 0
		for i, pick := range g.Picks {
			if pick == i {
				right++
			}
		}
		if right == 1 {
			return fmt.Sprintf("1 of %d is in its place.", len(q.Steps))
		}
		return fmt.Sprintf("%d of %d are in their place.", right, len(q.Steps))
	}
	return ""
}

// whys are what the pack says of some options, each under its letter where there are more.
func whys(r quiz.Round, picks []int, of func(pick int) bool) []string {
	var out []string
	for i, pick := range r.Shown {
		if !slices.Contains(picks, pick) || !of(pick) || r.Question.Options[pick].Why == "" {
			continue
		}
		why := r.Question.Options[pick].Why
		if len(picks) > 1 {
			why = letter(i) + ". " + shownText(r, i) + ": " + why
		}
		out = append(out, why)
	}
	return out
}

// whyNotAll says of a set which picks were wrong, and that something is missing, but not what.
func whyNotAll(r quiz.Round, g quiz.Given) string {
	var wrong []string
	left := 0 // right ones that were not picked
	for i, pick := range r.Shown {
		o, picked := r.Question.Options[pick], slices.Contains(g.Picks, pick)
		switch {
		case picked && !o.Correct:
			line := letter(i) + ". " + o.Text
			if o.Why != "" {
				line += ": " + o.Why
			}
			wrong = append(wrong, line)
		case !picked && o.Correct:
			left++
		}
	}
	switch {
	case len(wrong) == 0:
		return "What you picked is right, but not all of it."
	case left > 0:
		wrong = append(wrong, "Something that is right is missing, too.")
	}
	return "Not right:\n" + strings.Join(wrong, "\n")
}

// readAs says how a number was understood, where that is not plain from what was typed.
func readAs(q quiz.Question, g quiz.Given) string {
	x, ok := quiz.Figure(q, g.Text)
	if !ok {
		return ""
	}
	plain, unit := figure(x), cleanLine(q.Unit, maxUnit)
	typed := strings.TrimRight(strings.ToLower(cleanLine(g.Text, quiz.MaxOption)), ".! ")
	if typed == plain || unit != "" && strings.TrimSpace(strings.TrimPrefix(typed, plain)) == strings.ToLower(unit) {
		return ""
	}
	return "I read that as " + strings.TrimSpace(plain+" "+unit) + "."
}

// figure is a number in digits, without the dust of decimal fractions.
func figure(x float64) string {
	const most = 1e15
	s := strconv.FormatFloat(x, 'g', 12, 64)
	if y, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(y) < most {
		s = strconv.FormatFloat(y, 'f', -1, 64)
	}
	return s
}

// howFar says of a wrong number, once the question is over, on which side it was.
func howFar(r quiz.Round, g quiz.Given) string {
	x, ok := quiz.Figure(r.Question, g.Text)
	switch {
	case r.Question.Kind != quiz.Number || !ok:
		return ""
	case x < r.Question.Answer:
		return "That is too low."
	default:
		return "That is too high."
	}
}

// How much a closed question says of its options, in characters: of one, and of all. The
// message has to hold the question, ten options and the explanation beside it, on any platform.
const (
	maxWhy  = 600
	maxWhys = 1800
	// leastWhy is worth to be said when a text has to be cut.
	leastWhy = 80
)

// whysOfAll is what the pack says of the options, for everybody: of the right ones, and of
// those that somebody has picked, the most picked first where not all have a place. What it
// says of an option that nobody picked would be more to read, and of no use to anyone.
func whysOfAll(r quiz.Round, counts map[int]int) string {
	q := r.Question
	if q.Kind != quiz.Choice && q.Kind != quiz.Multi {
		return ""
	}
	picks := slices.DeleteFunc(slices.Clone(r.Shown), func(pick int) bool {
		o := q.Options[pick]
		return o.Why == "" || !o.Correct && counts[pick] == 0 || o.Why == q.Explain
	})
	slices.SortStableFunc(picks, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
	said, left := map[int]string{}, maxWhys
	for _, pick := range picks {
		why := cut(q.Options[pick].Why, min(maxWhy, max(left, 1)))
		if n := utf8.RuneCountInString(why); left >= min(leastWhy, utf8.RuneCountInString(q.Options[pick].Why)) {
			said[pick], left = why, left-n
		}
	}
	var out []string
	for i, pick := range r.Shown {
		if why, ok := said[pick]; ok {
			not := ""
			if !q.Options[pick].Correct {
				not = "not "
			}
			out = append(out, "Why "+not+letter(i)+": "+why)
		}
	}
	return strings.Join(out, "\n")
}
