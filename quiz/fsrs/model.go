package fsrs

import "math"

// The formulas of FSRS-6. G is a rating, 1 to 4; w are the weights.

// forget is the forgetting curve, a power of the time t in days:
// R(t, S) = (1 + factor · t/S)^decay, decay = −w20, factor = 0.9^(1/decay) − 1.
func (s *Scheduler) forget(days, stability float64) float64 {
	return math.Pow(1+s.factor*days/stability, s.decay)
}

// firstStability is S0(G) = w(G−1).
func (s *Scheduler) firstStability(r Rating) float64 { return clampStability(s.c.Weights[r-1]) }

// firstDifficulty is D0(G) = w4 − e^(w5·(G−1)) + 1, not yet brought into bounds.
func (s *Scheduler) firstDifficulty(r Rating) float64 {
	w := &s.c.Weights
	return w[4] - math.Exp(w[5]*float64(r-1)) + 1
}

func clampStability(s float64) float64 { return min(max(s, MinStability), MaxStability) }

func clampDifficulty(d float64) float64 { return min(max(d, MinDifficulty), MaxDifficulty) }

// nextDifficulty moves D by ΔD = −w6·(G−3), damped by (10−D)/9 towards the top, and
// draws it to D0(4) a little: D″ = w7·D0(4) + (1−w7)·(D + ΔD·(10−D)/9).
func (s *Scheduler) nextDifficulty(d float64, r Rating) float64 {
	w := &s.c.Weights
	delta := -w[6] * float64(r-3)
	moved := d + delta*(MaxDifficulty-d)/9
	return clampDifficulty(w[7]*s.firstDifficulty(Easy) + (1-w[7])*moved)
}

// nextStability is that after a review on a later day, at which the chance of recall
// was R.
func (s *Scheduler) nextStability(c Card, recall float64, r Rating) float64 {
	if r == Again {
		return s.forgotten(c.Difficulty, c.Stability, recall)
	}
	return s.recalled(c.Difficulty, c.Stability, recall, r)
}

// recalled: S′ = S · (1 + e^w8 · (11−D) · S^(−w9) · (e^(w10·(1−R)) − 1) · hard · easy),
// with hard = w15 for Hard, easy = w16 for Easy, else 1.
func (s *Scheduler) recalled(d, stability, recall float64, r Rating) float64 {
	w := &s.c.Weights
	by := 1.0
	switch r {
	case Hard:
		by = w[15]
	case Easy:
		by = w[16]
	case Again, Good:
	}
	grown := math.Exp(w[8]) * (11 - d) * math.Pow(stability, -w[9]) * (math.Exp(w[10]*(1-recall)) - 1) * by
	return clampStability(stability * (1 + grown))
}

// forgotten: S′ = w11 · D^(−w12) · ((S+1)^w13 − 1) · e^(w14·(1−R)), and no more than
// S / e^(w17·w18), what failing on the same day would leave.
func (s *Scheduler) forgotten(d, stability, recall float64) float64 {
	w := &s.c.Weights
	left := w[11] * math.Pow(d, -w[12]) * (math.Pow(stability+1, w[13]) - 1) * math.Exp(w[14]*(1-recall))
	return clampStability(min(left, stability/math.Exp(w[17]*w[18])))
}

// sameDay is S after a review within a day: S′ = S · e^(w17·(G−3+w18)) · S^(−w19); a
// success never lowers it. (py-fsrs lets Hard lower it; this is as fsrs-rs and ts-fsrs
// have it.)
func (s *Scheduler) sameDay(stability float64, r Rating) float64 {
	w := &s.c.Weights
	by := math.Exp(w[17]*(float64(r-3)+w[18])) * math.Pow(stability, -w[19])
	if r >= Hard {
		by = max(by, 1)
	}
	return clampStability(stability * by)
}

// fuzzed spreads an interval in days over the range that py-fsrs gives it: 15 % of the
// part from 2.5 to 7 days, 10 % of that up to 20, 5 % of the rest, and one day more.
func (s *Scheduler) fuzzed(c Card, days int) int {
	if s.c.Fuzz == 0 || float64(days) < 2.5 {
		return days
	}
	reach := 1.0
	for _, part := range [...]struct{ from, to, share float64 }{{2.5, 7, 0.15}, {7, 20, 0.1}, {20, math.Inf(1), 0.05}} {
		reach += part.share * max(min(float64(days), part.to)-part.from, 0)
	}
	most := min(int(math.RoundToEven(float64(days)+reach)), s.c.Maximum)
	least := min(max(int(math.RoundToEven(float64(days)-reach)), 2), most)
	chance := scatter(s.c.Fuzz ^ math.Float64bits(c.Stability) ^ uint64(c.Reps)<<48)
	return least + int(chance%uint64(most-least+1))
}

// scatter is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable
// pseudorandom number generators, 2014).
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}
