package fsrs

import (
	"math"
	"slices"
	"testing"
	"time"
)

// The numbers in this file are the published test vectors of the reference
// implementations; each test names the one that it is from.

var begin = time.Date(2022, 11, 29, 12, 30, 0, 0, time.UTC)

func scheduler(t testing.TB, c Config) *Scheduler {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %v, published is %v", what, got, want)
	}
}

// TestIntervals: py-fsrs, tests/test_basic.py, test_review_card; ts-fsrs, FSRS-6.test.ts,
// ivl_history. Each review is when the card is due.
func TestIntervals(t *testing.T) {
	s, at, card := scheduler(t, Default()), begin, Card{}
	var days []int
	for _, r := range []Rating{Good, Good, Good, Good, Good, Good, Again, Again, Good, Good, Good, Good, Good} {
		card = s.Review(card, r, at)
		days = append(days, int(card.Due.Sub(card.Last).Hours()/24))
		at = card.Due
	}
	if want := []int{0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21}; !slices.Equal(days, want) {
		t.Errorf("intervals %v, published are %v", days, want)
	}
}

// after reviews with so many days before each.
func after(s *Scheduler, card Card, ratings []Rating, days []int) Card {
	at := card.Last
	if at.IsZero() {
		at = begin
	}
	for i, r := range ratings {
		at = at.Add(time.Duration(days[i]) * day)
		card = s.Review(card, r, at)
	}
	return card
}

// TestMemory: fsrs-rs, src/inference.rs, test_memory_state; py-fsrs, test_memo_state;
// ts-fsrs, FSRS-6.test.ts, memory state.
func TestMemory(t *testing.T) {
	ratings, days := []Rating{Again, Good, Good, Good, Good, Good}, []int{0, 0, 1, 3, 8, 21}
	card := after(scheduler(t, Default()), Card{}, ratings, days)
	near(t, "stability", card.Stability, 53.62691, 1e-4)
	near(t, "difficulty", card.Difficulty, 6.3574867, 1e-4)

	frozen := Default() // nothing is learned or lost within a day
	frozen.Weights[17], frozen.Weights[18], frozen.Weights[19] = 0, 0, 0
	card = after(scheduler(t, frozen), Card{}, ratings, days)
	near(t, "stability without the short term", card.Stability, 53.335106, 1e-4)
	near(t, "difficulty without the short term", card.Difficulty, 6.3574867, 1e-4)
}

// TestOtherWeights: fsrs-rs, src/inference.rs, test_memo_state and test_next_states, with
// weights of FSRS-5 as the library extends them.
func TestOtherWeights(t *testing.T) {
	c := Default()
	c.Weights = Weights{
		0.6845422, 1.6790825, 4.7349424, 10.042885, 7.4410233, 0.64219797, 1.071918, 0.0025195254, 1.432437, 0.1544, 0.8692766,
		2.0696752, 0.0953, 0.2975, 2.4691248, 0.19542035, 3.201072, 0.18046261, 0.121442534, 0, 0.5,
	}
	s := scheduler(t, c)
	before := after(s, Card{}, []Rating{Again, Good, Good, Good}, []int{0, 1, 3, 8})
	for _, want := range []struct {
		r                     Rating
		stability, difficulty float64
	}{{Again, 2.9691455, 8.000659}, {Hard, 17.091452, 7.6913934}, {Good, 31.722992, 7.382128}, {Easy, 71.7502, 7.0728626}} {
		card := after(s, before, []Rating{want.r}, []int{21})
		near(t, "stability", card.Stability, want.stability, 2e-4) // published in single precision
		near(t, "difficulty", card.Difficulty, want.difficulty, 1e-5)
	}
	card := s.Review(Card{State: Review, Stability: 20.925528, Difficulty: 7.005062, Last: begin}, Good, begin.Add(21*day))
	near(t, "stability", card.Stability, 40.87456, 1e-4)
	near(t, "difficulty", card.Difficulty, 6.9913807, 1e-5)
}

// TestFirst: ts-fsrs, FSRS-6.test.ts, first repeat.
func TestFirst(t *testing.T) {
	s := scheduler(t, Default())
	for i, want := range []struct {
		stability, difficulty float64
		days                  int
		state                 State
	}{{0.212, 6.4133, 0, Learning}, {1.2931, 5.11217071, 0, Learning}, {2.3065, 2.11810397, 0, Learning}, {8.2956, 1, 8, Review}} {
		card := s.Review(Card{}, Rating(i+1), begin)
		near(t, "stability", card.Stability, want.stability, 1e-8)
		near(t, "difficulty", card.Difficulty, want.difficulty, 1e-8)
		if days := int(card.Due.Sub(begin).Hours() / 24); days != want.days || card.State != want.state {
			t.Errorf("rated %d it is in state %d, due in %d days; published are %d, %d", i+1, card.State, days, want.state, want.days)
		}
	}
}

// TestFormulas: ts-fsrs, algorithm.test.ts, forgetting_curve, next_ds; FSRS-6.test.ts,
// get retrievability.
func TestFormulas(t *testing.T) {
	s := scheduler(t, Default())
	for i, want := range []float64{1, 0.9, 0.84588465, 0.8093881} {
		near(t, "retrievability", s.forget(float64(i), 1), want, 1e-8)
	}
	near(t, "retrievability", s.forget(8, 8.2956), 0.9024733, 1e-6)
	for i, want := range []float64{8.34176237, 6.66599536, 4.99022837, 3.31446137} {
		near(t, "difficulty", s.nextDifficulty(5, Rating(i+1)), want, 1e-8)
	}
	recalled := []float64{25.60252118, 28.22657096, 58.65599107, 127.2266925}
	forgotten := []float64{1.05253961, 1.18943295, 1.36808387, 1.58498896}
	sameDay := []float64{1.596818, 5, 5, 8.12960956}
	for i := range 4 {
		d, r := float64(i+1), 0.9-float64(i)/10
		near(t, "stability after a success", s.recalled(d, 5, r, Rating(i+1)), recalled[i], 1e-7)
		near(t, "stability after a failure", s.forgotten(d, 5, r), forgotten[i], 1e-7)
		near(t, "stability on the same day", s.sameDay(5, Rating(i+1)), sameDay[i], 1e-7)
	}
}

// TestNextInterval: ts-fsrs, algorithm.test.ts, next_ivl, but for the longest of them,
// which is above the bound; next_ivl[max_limit].
func TestNextInterval(t *testing.T) {
	for i, want := range []int{34793, 2508, 387, 90, 27, 9, 3, 1} {
		c := Default()
		c.Retention = float64(i+2) / 10
		if got := scheduler(t, c).Interval(1); got != want {
			t.Errorf("at a retention of %v the interval is %d, published is %d", c.Retention, got, want)
		}
	}
	c := Default()
	c.Maximum = 365
	if got := scheduler(t, c).Interval(737.47); got != 365 {
		t.Errorf("the interval is %d, and at most 365", got)
	}
}

// TestEasyAtOnce: py-fsrs, test_repeated_correct_reviews.
func TestEasyAtOnce(t *testing.T) {
	s, card := scheduler(t, Default()), Card{}
	for i := range 10 {
		card = s.Review(card, Easy, begin.Add(time.Duration(i)*time.Microsecond))
	}
	if card.Difficulty != 1 {
		t.Errorf("difficulty %v, published is 1", card.Difficulty)
	}
}

// TestSteps: py-fsrs, test_good_learning_steps, test_again_learning_steps,
// test_learning_card_rate_hard_one_learning_step, …_second_learning_step,
// test_relearning, test_no_learning_steps, test_no_relearning_steps,
// test_one_card_multiple_schedulers.
func TestSteps(t *testing.T) {
	with := func(learning, relearning []time.Duration) *Scheduler {
		c := Default()
		c.Learning, c.Relearning = learning, relearning
		return scheduler(t, c)
	}
	usual := Default()
	two, one, none := with(usual.Learning, usual.Relearning), with([]time.Duration{time.Minute}, []time.Duration{time.Minute}), with(nil, nil)
	learned := Card{State: Review, Stability: 10, Difficulty: 5, Last: begin}
	again := Card{State: Relearning, Stability: 10, Difficulty: 5, Last: begin}
	second := Card{Step: 1, Stability: 1, Difficulty: 5, Last: begin}
	for name, x := range map[string]struct {
		s     *Scheduler
		from  Card
		r     Rating
		state State
		step  int
		pause time.Duration // 0: days
	}{
		"new, again":               {two, Card{}, Again, Learning, 0, time.Minute},
		"new, hard":                {two, Card{}, Hard, Learning, 0, 5*time.Minute + 30*time.Second},
		"new, hard, one step":      {one, Card{}, Hard, Learning, 0, 90 * time.Second},
		"new, good":                {two, Card{}, Good, Learning, 1, 10 * time.Minute},
		"new, good, one step":      {one, Card{}, Good, Review, 0, 0},
		"new, easy":                {two, Card{}, Easy, Review, 0, 0},
		"new, again, no steps":     {none, Card{}, Again, Review, 0, 0},
		"second step, again":       {two, second, Again, Learning, 0, time.Minute},
		"second step, hard":        {two, second, Hard, Learning, 1, 10 * time.Minute},
		"second step, good":        {two, second, Good, Review, 0, 0},
		"a step that is gone":      {one, second, Hard, Review, 0, 0},
		"learned, again":           {two, learned, Again, Relearning, 0, 10 * time.Minute},
		"learned, again, no steps": {none, learned, Again, Review, 0, 0},
		"learned, hard":            {two, learned, Hard, Review, 0, 0},
		"relearning, again":        {two, again, Again, Relearning, 0, 10 * time.Minute},
		"relearning, hard":         {two, again, Hard, Relearning, 0, 15 * time.Minute},
		"relearning, good":         {two, again, Good, Review, 0, 0},
		"relearning, no steps":     {none, again, Again, Review, 0, 0},
	} {
		card := x.s.Review(x.from, x.r, begin.Add(time.Hour))
		pause := card.Due.Sub(card.Last)
		if card.State != x.state || card.Step != x.step || x.pause > 0 && pause != x.pause || x.pause == 0 && pause < day {
			t.Errorf("%s: state %d, step %d, due in %s", name, card.State, card.Step, pause)
		}
	}
	if card := two.Review(learned, Again, begin); card.Lapses != 1 {
		t.Errorf("%d lapses after one", card.Lapses)
	}
}
