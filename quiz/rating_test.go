package quiz_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"quizbot/quiz"
)

// The names of spans, their order, and when they are over.
func TestSpans(t *testing.T) {
	for at, want := range map[string][2]string{
		"2026-01-01": {"2026-Q1", "2025-Q4"}, "2026-03-31": {"2026-Q1", "2025-Q4"}, "2026-04-01": {"2026-Q2", "2026-Q1"},
		"2027-01-01": {"2027-Q1", "2026-Q4"}, "2021-01-03": {"2021-Q1", "2020-Q4"}, "2024-12-30": {"2024-Q4", "2024-Q3"},
		"2026-09-30": {"2026-Q3", "2026-Q2"}, "2026-12-31": {"2026-Q4", "2026-Q3"},
	} {
		d, err := time.Parse(time.DateOnly, at)
		if err != nil {
			t.Fatal(err)
		}
		d = d.Add(23 * time.Hour)
		if got := [2]string{quiz.Season.At(d), quiz.Season.At(quiz.Season.Before(d))}; got != want {
			t.Errorf("seasons of %s and before: %q, want %q", at, got, want)
		}
		for _, p := range quiz.Periods() {
			name := p.At(d)
			if got, ok := quiz.PeriodOf(name); !ok || got != p {
				t.Errorf("%q is a %s (%v), want %s", name, got, ok, p)
			}
			if got, begin, err := quiz.ParseSpan(name); err != nil || got != p || !begin.Equal(p.Begin(d)) {
				t.Errorf("%q is read as a %s from %s: %v, want %s", name, got, begin, err, p.Begin(d))
			}
			if p == quiz.AllTime {
				continue
			}
			before := p.At(p.Before(d))
			if begin := p.Begin(d); p.At(begin) != name || p.At(begin.Add(-1)) != before || before >= name || !quiz.SpanOver(before, d) || quiz.SpanOver(name, d) {
				t.Errorf("%s of %s: begins %s, before it %s", name, d, begin, before)
			}
			if next := p.After(d); p.At(next) == name || p.At(next.Add(-1)) != name {
				t.Errorf("after %s of %s comes %s", name, d, next)
			}
			if quiz.SpanGone(before, d) {
				t.Errorf("nobody can ask for %s any more at %s", before, d)
			}
			if !quiz.SpanGone(name, d.AddDate(2, 0, 0)) || quiz.SpanGone(name, d) {
				t.Errorf("%s never goes, or at once", name)
			}
		}
	}
	for _, odd := range []string{"", "rating", "2026", "2026-Q44", "2026-Q5", "2026-W54", "2026-13", "2026-02-30", "20x6-Q1", "2026-W1Q"} {
		if p, begin, err := quiz.ParseSpan(odd); err == nil {
			t.Errorf("%q is a %s from %s", odd, p, begin)
		}
	}
	for _, odd := range []string{"", "rating", "2026", "2026-Q44"} {
		if quiz.SpanOver(odd, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%q is over", odd)
		}
	}
}

// Ratings find the order of players and questions, whoever answers how much; what is
// added to one and taken from the other is what the method says.
func TestRatingsFindWhoIsStrong(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 7))
	const players, questions = 40, 300
	strong, hard := make([]float64, players), make([]float64, questions)
	for i := range strong {
		strong[i] = r.NormFloat64()
	}
	for i := range hard {
		hard[i] = r.NormFloat64() * 1.2
	}
	p, q := make([]quiz.Strength, players), make([]quiz.Strength, questions)
	type pair struct{ player, question int }
	var all []pair
	for i := range players {
		for j := range questions {
			if j%players >= i/2 { // the first have answered twice as many as the last
				all = append(all, pair{i, j})
			}
		}
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, x := range all {
		right := r.Float64() < 1/(1+math.Exp(hard[x.question]-strong[x.player]))
		gain, harder := p[x.player].Rate(q[x.question], right, false)
		if right != (gain > 0) || right != (harder < 0) {
			t.Fatalf("an answer that was right (%v) changes %d and %d", right, gain, harder)
		}
		p[x.player], q[x.question] = p[x.player].Add(gain, 1), q[x.question].Add(harder, 1)
	}
	if c := order(strong, p); c < 0.9 {
		t.Errorf("the order of players is found to %.2f", c)
	}
	if c := order(hard, q); c < 0.85 {
		t.Errorf("the order of questions is found to %.2f", c)
	}
}

// order is Spearman's rank correlation.
func order(truth []float64, found []quiz.Strength) float64 {
	ranks := func(less func(i, j int) int) []float64 {
		at := make([]int, len(truth))
		for i := range at {
			at[i] = i
		}
		slices.SortFunc(at, less)
		out := make([]float64, len(at))
		for rank, i := range at {
			out[i] = float64(rank)
		}
		return out
	}
	a := ranks(func(i, j int) int { return int(math.Copysign(1, truth[i]-truth[j])) })
	b := ranks(func(i, j int) int { return int(found[i].Logit - found[j].Logit) })
	sum, n := 0.0, float64(len(a))
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return 1 - 6*sum/(n*(n*n-1))
}

// A right answer to a hard question says more than one to an easy one, and what one knows
// already says little: volume alone doesn't lift anybody above who knows more.
func TestRatingIsNotVolume(t *testing.T) {
	easy, hard := quiz.Strength{Logit: -3_000_000, N: 200}, quiz.Strength{Logit: 2_000_000, N: 200}
	var farmer, knower quiz.Strength
	for range 400 {
		gain, _ := farmer.Rate(easy, true, false)
		farmer = farmer.Add(gain, 1)
	}
	for i := range 30 {
		gain, _ := knower.Rate(hard, i%3 > 0, false) // two of three
		knower = knower.Add(gain, 1)
	}
	if farmer.Logit.Rating() >= knower.Logit.Rating() {
		t.Errorf("400 easy questions make %d, 30 hard ones %d", farmer.Logit.Rating(), knower.Logit.Rating())
	}
	for logit, want := range map[quiz.Logit]int{0: 1500, 1_000_000: 1674, -1_000_000: 1326, 2_302_585: 1900} {
		if got := logit.Rating(); got != want {
			t.Errorf("%d is a rating of %d, want %d", logit, got, want)
		}
	}
	full, _ := quiz.Strength{}.Rate(quiz.Strength{}, true, false)
	if hinted, harder := (quiz.Strength{}).Rate(quiz.Strength{}, true, true); 2*hinted != full || hinted != -harder {
		t.Errorf("right after the hint is worth %d, without %d", hinted, full)
	}
}

// Who was right more often with questions as hard has improved; who turned to easier ones
// has not, nor has who answered few.
func TestImprovement(t *testing.T) {
	form := func(n, right int, question quiz.Logit) quiz.Form {
		var f quiz.Form
		for i := range n {
			f = f.Add(i < right, question)
		}
		return f
	}
	for name, c := range map[string]struct {
		before, now quiz.Form
		least, most int
		ok          bool
	}{
		"the same":             {form(20, 10, 0), form(20, 10, 0), 0, 0, true},
		"more of as hard":      {form(40, 16, 0), form(40, 30, 0), 25, 32, true},
		"less":                 {form(40, 30, 0), form(40, 16, 0), -32, -25, true},
		"as many of harder":    {form(40, 24, -1_000_000), form(40, 24, 1_000_000), 30, 46, true},
		"more of easier":       {form(40, 20, 0), form(40, 35, -2_000_000), -5, 0, true},
		"all right, but few":   {form(10, 5, 0), form(10, 10, 0), 20, 26, true},
		"all right, with many": {form(100, 50, 0), form(100, 100, 0), 44, 50, true},
		"too few before":       {form(9, 0, 0), form(100, 100, 0), 0, 0, false},
		"too few now":          {form(100, 0, 0), form(9, 9, 0), 0, 0, false},
	} {
		if got, ok := quiz.Improvement(c.before, c.now); ok != c.ok || got < c.least || got > c.most {
			t.Errorf("%s: %d %v, want %d to %d", name, got, ok, c.least, c.most)
		}
	}
}
