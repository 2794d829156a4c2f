package bot

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"quizbot/quiz"
)

// However much a pack has to say of its options, the closed message keeps within what a
// platform shows, and says most of what most have picked.
func TestWhysOfAllAreBounded(t *testing.T) {
	q := quiz.Question{Kind: quiz.Choice}
	counts := map[int]int{}
	for i := range quiz.MaxOptions {
		q.Options = append(q.Options, quiz.Option{Text: fmt.Sprint(i), Correct: i == 0, Why: strings.Repeat(fmt.Sprint(i), quiz.MaxWhy)})
		counts[i] = i
	}
	r := quiz.Round{Question: q, Shown: []int{9, 8, 7, 6, 5, 4, 3, 2, 1, 0}}
	got := whysOfAll(r, counts)
	if n := utf8.RuneCountInString(got); n > maxWhys+quiz.MaxOptions*12 || n < maxWhys-maxWhy {
		t.Errorf("%d characters", n)
	}
	if !strings.HasPrefix(got, "Why not A: 999") || !strings.Contains(got, "\nWhy not B: 888") || strings.Contains(got, "J: 0") {
		t.Errorf("%.80q", got)
	}
	if got := whysOfAll(r, nil); !strings.HasPrefix(got, "Why J: 000") || strings.Contains(got, "\n") {
		t.Errorf("of what nobody picked: %.80q", got)
	}
	q.Kind = quiz.TrueFalse
	if got := whysOfAll(quiz.Round{Question: q, Shown: []int{0, 1}}, counts); got != "" {
		t.Errorf("of true and false: %.80q", got)
	}
}

// A number is repeated as it was understood where that differs from what was typed.
func TestReadAs(t *testing.T) {
	for typed, want := range map[string]string{
		"3": "", "3 seconds": "", "3.": "", " 3 ": "", "3s": "I read that as 3 seconds.", "2 min": "I read that as 120 seconds.", "1,000": "I read that as 1000 seconds.",
		"0.1": "", "100 ms": "I read that as 0.1 seconds.", "three": "I read that as 3 seconds.", "x": "",
	} {
		if got := readAs(quiz.Question{Kind: quiz.Number, Unit: "seconds"}, quiz.Given{Text: typed}); got != want {
			t.Errorf("%q: %q, not %q", typed, got, want)
		}
	}
	if got := readAs(quiz.Question{Kind: quiz.Number}, quiz.Given{Text: "1e300"}); utf8.RuneCountInString(got) > 60 {
		t.Errorf("%q", got)
	}
}
