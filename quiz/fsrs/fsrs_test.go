package fsrs

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// sound is what every card keeps, whatever happened to it.
func sound(t *testing.T, s *Scheduler, card Card) {
	t.Helper()
	switch {
	case !(card.Stability >= MinStability && card.Stability <= MaxStability):
		t.Errorf("a stability of %v days: %+v", card.Stability, card)
	case !(card.Difficulty >= MinDifficulty && card.Difficulty <= MaxDifficulty):
		t.Errorf("a difficulty of %v: %+v", card.Difficulty, card)
	case !card.Due.After(card.Last):
		t.Errorf("due when it was reviewed: %+v", card)
	case card.Due.Sub(card.Last) > DefaultMaximum*day:
		t.Errorf("due after %s: %+v", card.Due.Sub(card.Last), card)
	case card.State < Learning || card.State > Relearning || card.Step < 0:
		t.Errorf("a state that there isn't: %+v", card)
	case card.Lapses > card.Reps:
		t.Errorf("more lapses than reviews: %+v", card)
	}
	before := 1.0
	for _, days := range []float64{0, 0.01, 0.5, 1, 2, 10, 100, 1000, 100_000} {
		r := s.Retrievability(card, card.Last.Add(time.Duration(days*24*float64(time.Hour))))
		if days > 0 && !(r < before) || !(r > 0 && r <= 1) {
			t.Errorf("after %v days it is recalled with %v, before with %v: %+v", days, r, before, card)
		}
		before = r
	}
	near(t, "retrievability at the stability", s.forget(card.Stability, card.Stability), 0.9, 1e-9)
}

// harder ratings never lead to a longer pause, nor to more stability, nor to less difficulty.
func harder(t *testing.T, s *Scheduler, card Card, at time.Time) {
	t.Helper()
	worse := s.Review(card, Again, at)
	for r := Hard; r <= Easy; r++ {
		better := s.Review(card, r, at)
		if worse.Due.After(better.Due) || worse.Stability > better.Stability || worse.Difficulty < better.Difficulty {
			t.Errorf("of %+v at %s, rating %d makes %+v and %d makes %+v", card, at, r-1, worse, r, better)
		}
		worse = better
	}
}

func TestProperties(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	s := scheduler(t, Default())
	for range 300 {
		card, at := Card{}, begin
		for range 40 {
			harder(t, s, card, at)
			card = s.Review(card, Rating(1+chance.IntN(4)), at)
			sound(t, s, card)
			at = at.Add(time.Duration(chance.ExpFloat64() * []float64{0.05, 1, 10, 200}[chance.IntN(4)] * float64(day)))
		}
	}
}

// TestEarlier: a review before the last one counts as at the same time.
func TestEarlier(t *testing.T) {
	s := scheduler(t, Default())
	card := s.Review(Card{}, Good, begin)
	if early, now := s.Review(card, Good, begin.Add(-100*day)), s.Review(card, Good, begin); early != now {
		t.Errorf("%+v, at the same time %+v", early, now)
	}
	if r := s.Retrievability(card, begin.Add(-day)); r != 1 {
		t.Errorf("before its review it is recalled with %v", r)
	}
	if r := s.Retrievability(Card{}, begin); r != 0 {
		t.Errorf("what was never seen is recalled with %v", r)
	}
}

// TestFuzz: spread intervals stay in their range, are not all the same, and are the same
// for the same seed. The ranges are those of py-fsrs: 12 days are 9.. to 15 or so.
func TestFuzz(t *testing.T) {
	c := Default()
	c.Fuzz = 42
	s, same := scheduler(t, c), scheduler(t, c)
	seen := map[int]int{}
	for i := range 2000 {
		card := Card{State: Review, Stability: 50 + float64(i)/1e4, Reps: i % 7}
		got := s.fuzzed(card, 50)
		if got != same.fuzzed(card, 50) {
			t.Fatal("the same seed gives another interval")
		}
		seen[got]++
	}
	for days := range seen { // reach: 1 + 0.15·4.5 + 0.1·13 + 0.05·30 = 4.475
		if days < 46 || days > 54 {
			t.Errorf("50 days became %d", days)
		}
	}
	if len(seen) != 9 {
		t.Errorf("50 days became %v", seen)
	}
	for days := range 3 {
		if got := s.fuzzed(Card{Stability: 1}, days); got != days {
			t.Errorf("%d days became %d", days, got)
		}
	}
	if got := scheduler(t, Default()).fuzzed(Card{Stability: 50}, 50); got != 50 {
		t.Errorf("without fuzz 50 days became %d", got)
	}
}

func TestRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Config){
		"weight":          func(c *Config) { c.Weights[20] = 0 },
		"no number":       func(c *Config) { c.Weights[3] = math.NaN() },
		"retention":       func(c *Config) { c.Retention = 1 },
		"no retention":    func(c *Config) { c.Retention = math.NaN() },
		"maximum":         func(c *Config) { c.Maximum = 0 },
		"no pause":        func(c *Config) { c.Learning = []time.Duration{0} },
		"nothing is said": func(c *Config) { *c = Config{} },
	} {
		c := Default()
		spoil(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// FuzzReview drives the states by whatever happens: a rating and a time for each pair of bytes.
func FuzzReview(f *testing.F) {
	f.Add([]byte{3, 0, 3, 20, 1, 100, 1, 0, 3, 200, 4, 255})
	f.Add([]byte{0, 0, 200, 3, 2, 2})
	f.Fuzz(func(t *testing.T, moves []byte) {
		c := Default()
		if len(moves) > 0 && moves[0]%2 == 1 {
			c.Learning, c.Relearning = []time.Duration{10 * time.Minute}, nil
		}
		s := scheduler(t, c)
		card, at := Card{}, begin
		for i := 0; i+1 < len(moves) && i < 400; i += 2 {
			at = at.Add(time.Duration(math.Pow(float64(moves[i+1]), 3)) * time.Minute) // up to 31 years
			if moves[i+1] == 7 {
				at = at.Add(-30 * day)
			}
			r := Rating(moves[i]) - 2
			harder(t, s, card, at)
			reps := card.Reps
			card = s.Review(card, r, at)
			if card.Reps != reps+1 {
				t.Fatalf("review %d is counted as %d", reps+1, card.Reps)
			}
			sound(t, s, card)
		}
	})
}
