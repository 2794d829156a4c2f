// Package fsrs says when a question should come again so that it is not forgotten:
// FSRS-6, the Free Spaced Repetition Scheduler, with its published default weights.
//
// The model and its formulas are those that the project open-spaced-repetition has
// published (wiki of fsrs4anki, "The Algorithm", section FSRS-6; the reference
// implementations py-fsrs, ts-fsrs and fsrs-rs, whose test vectors are in this
// package's tests). A memory is described by three numbers:
//
//   - stability S, in days: how long until the chance of recall has sunk from 100 % to 90 %;
//   - difficulty D, from 1 (easy) to 10 (hard): how little a review adds to the stability;
//   - retrievability R, from 0 to 1: the chance of recall now.
//
// Time and chance are arguments: the same reviews give the same card.
package fsrs

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Rating is how well something was recalled.
type Rating int

// The ratings. Again is a failure, the others are successes.
const (
	Again Rating = iota + 1
	Hard
	Good
	Easy
)

// State is where a card is in its course.
type State int

// The states. A new card is Learning, without a review. Relearning is after a lapse.
const (
	Learning State = iota
	Review
	Relearning
)

// Card is what is known of one memory. The zero Card is new: never reviewed.
type Card struct {
	State      State
	Step       int       // Learning, Relearning: how many of the steps are taken
	Stability  float64   // days
	Difficulty float64   // 1 to 10
	Last       time.Time // the newest review; zero: none
	Due        time.Time // when it should be reviewed again; zero: new
	Reps       int       // reviews in all
	Lapses     int       // reviews that failed in the state Review
}

// Weights are the 21 parameters of FSRS-6, w[0] to w[20].
type Weights [21]float64

// DefaultWeights are those published with FSRS-6, fitted to some hundred million
// reviews of many people (py-fsrs 6, DEFAULT_PARAMETERS).
func DefaultWeights() Weights {
	return Weights{
		0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
		1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
	}
}

// The bounds of what the model works with.
const (
	MinStability  = 0.001  // days
	MaxStability  = 36_500 // days
	MinDifficulty = 1.0
	MaxDifficulty = 10.0

	DefaultRetention = 0.9
	// DefaultMaximum is the longest interval, in days: a hundred years.
	DefaultMaximum = 36_500

	day = 24 * time.Hour
)

// lowest and highest are the bounds of each weight (py-fsrs, scheduler.py).
func lowest() Weights {
	return Weights{
		MinStability, MinStability, MinStability, MinStability, 1, 0.001, 0.001, 0.001, 0, 0, 0.001,
		0.001, 0.001, 0.001, 0, 0, 1, 0, 0, 0, 0.1,
	}
}

func highest() Weights {
	return Weights{100, 100, 100, 100, 10, 4, 4, 0.75, 4.5, 0.8, 3.5, 5, 0.25, 0.9, 4, 1, 6, 2, 2, 0.8, 0.8}
}

// Config says how to schedule.
type Config struct {
	Weights   Weights
	Retention float64 // the chance of recall at which a card is due; above 0, below 1
	// Learning are the pauses of a card that is new, Relearning those after a lapse;
	// none: the next interval is days at once.
	Learning, Relearning []time.Duration
	Maximum              int // the longest interval, days; at least 1
	// Fuzz spreads intervals of three days and more a little, so that what was learned
	// together is not due together for ever. It is the seed of that chance; 0: none.
	Fuzz uint64
}

// Default is how the reference implementations schedule where nobody says otherwise,
// but without fuzz.
func Default() Config {
	return Config{
		Weights: DefaultWeights(), Retention: DefaultRetention, Maximum: DefaultMaximum,
		Learning: []time.Duration{time.Minute, 10 * time.Minute}, Relearning: []time.Duration{10 * time.Minute},
	}
}

// Scheduler applies one Config. It does not change, and may be used by many goroutines.
type Scheduler struct {
	c      Config
	decay  float64 // negative: -w[20]
	factor float64 // so that R(S, S) = 0.9
}

// New makes a scheduler. Its error names what is out of bounds.
func New(c Config) (*Scheduler, error) {
	low, high := lowest(), highest()
	for i, w := range c.Weights {
		if !(w >= low[i] && w <= high[i]) { // also refuses NaN
			return nil, fmt.Errorf("fsrs: weight %d is %v, not %v to %v", i, w, low[i], high[i])
		}
	}
	if !(c.Retention > 0 && c.Retention < 1) {
		return nil, fmt.Errorf("fsrs: the retention is %v, not between 0 and 1", c.Retention)
	}
	if c.Maximum < 1 || c.Maximum > DefaultMaximum {
		return nil, fmt.Errorf("fsrs: the longest interval is %d days, not 1 to %d", c.Maximum, DefaultMaximum)
	}
	for _, pause := range slices.Concat(c.Learning, c.Relearning) {
		if pause <= 0 {
			return nil, fmt.Errorf("fsrs: a step of %s, which is no pause", pause)
		}
	}
	c.Learning, c.Relearning = slices.Clone(c.Learning), slices.Clone(c.Relearning)
	s := &Scheduler{c: c, decay: -c.Weights[20]}
	s.factor = math.Pow(0.9, 1/s.decay) - 1
	return s, nil
}

// Retrievability is the chance that the card is recalled at a time: 1 right after a
// review, 0.9 when as much time has passed as the card's stability, and 0 for a card
// that was never reviewed. It counts time to the second; Review counts whole days, as
// the published implementations do.
func (s *Scheduler) Retrievability(c Card, now time.Time) float64 {
	if c.Last.IsZero() {
		return 0
	}
	return s.forget(max(now.Sub(c.Last).Hours()/24, 0), c.Stability)
}

// Review is the card after it was reviewed at a time, which is not before its last
// review: where it is, it counts as at the same time. A rating that there isn't counts
// as the nearest.
func (s *Scheduler) Review(c Card, r Rating, at time.Time) Card {
	r = min(max(r, Again), Easy)
	first := c.Last.IsZero()
	if !first && at.Before(c.Last) {
		at = c.Last
	}
	days := math.Floor(at.Sub(c.Last).Hours() / 24)
	switch {
	case first:
		c.Stability, c.Difficulty = s.firstStability(r), clampDifficulty(s.firstDifficulty(r))
	case days < 1:
		c.Stability, c.Difficulty = s.sameDay(c.Stability, r), s.nextDifficulty(c.Difficulty, r)
	default:
		recall := s.forget(days, c.Stability)
		c.Stability, c.Difficulty = s.nextStability(c, recall, r), s.nextDifficulty(c.Difficulty, r)
	}
	c.Reps++
	c.Last = at
	c.Due = at.Add(s.pause(&c, r))
	return c
}

// pause moves the card to its next state and returns how long it rests.
func (s *Scheduler) pause(c *Card, r Rating) time.Duration {
	steps := s.c.Learning
	switch {
	case c.State == Review && r == Again:
		c.Lapses++
		if len(s.c.Relearning) == 0 {
			return s.days(*c)
		}
		c.State, c.Step = Relearning, 0
		return s.c.Relearning[0]
	case c.State == Review:
		return s.days(*c)
	case c.State == Relearning:
		steps = s.c.Relearning
	}
	switch {
	case len(steps) == 0 || r == Easy || c.Step >= len(steps) && r != Again:
	case r == Again:
		c.Step = 0
		return steps[0]
	case r == Hard && c.Step == 0 && len(steps) == 1:
		return steps[0] * 3 / 2
	case r == Hard && c.Step == 0:
		return (steps[0] + steps[1]) / 2
	case r == Hard:
		return steps[c.Step]
	case c.Step+1 < len(steps):
		c.Step++
		return steps[c.Step]
	}
	c.State, c.Step = Review, 0
	return s.days(*c)
}

// days is the interval of a card that is in the state Review, spread where that is wanted.
func (s *Scheduler) days(c Card) time.Duration {
	return time.Duration(s.fuzzed(c, s.Interval(c.Stability))) * day
}

// Interval is after how many whole days the chance of recall has sunk to the wanted
// retention r: I(r, S) = S / factor · (r^(1/decay) − 1), at least 1 and at most the maximum.
func (s *Scheduler) Interval(stability float64) int {
	days := math.RoundToEven(stability / s.factor * (math.Pow(s.c.Retention, 1/s.decay) - 1))
	return int(min(max(days, 1), float64(s.c.Maximum))) // in floats: a small retention makes it as large as one likes
}
