package quiz

import "math"

// How strong players are, and how hard questions are by experience: docs/boards.md says why
// it is reckoned so, and by whose method.

// Logit is a strength or a difficulty, in millionths of a logit: whole numbers, so that sums
// don't depend on their order.
type Logit int64

const (
	oneLogit = 1_000_000
	// A rating is told on the scale of chess: who is 400 points ahead is expected to be right
	// ten times as often as wrong, where the other is as often right as wrong.
	meanRating = 1500
	perLogit   = 1_737_178 // rating points of 10,000 logits: 400 ÷ ln 10

	// The uncertainty of a strength after n answers is ratingA ÷ (1 + ratingB·n).
	ratingA = 1.0
	ratingB = 0.05

	// MinRated is from how many different questions a player's rating is told on boards.
	MinRated = 20
)

// Strength is what the answers so far say of a player, or of a question.
type Strength struct {
	Logit Logit // 0 is the mean of players, and of questions that half of them know
	N     int   // of answers: one a player and a question
}

// Chance is how likely somebody of this strength is to be right about that question.
func (l Logit) Chance(question Logit) float64 {
	return 1 / (1 + math.Exp(float64(question-l)/oneLogit))
}

// Rate is what one more answer, to a question of the given difficulty, changes: the player's
// strength by gain, and the question's difficulty by harder. Both follow from how much better
// or worse the answer was than expected. A right answer after the hint was shown says half as much.
func (s Strength) Rate(question Strength, right, hinted bool) (gain, harder Logit) {
	surprise := -s.Logit.Chance(question.Logit)
	if right {
		surprise++
	}
	if right && hinted {
		surprise /= 2
	}
	return s.step(surprise), question.step(-surprise)
}

func (s Strength) step(surprise float64) Logit {
	return Logit(math.Round(oneLogit * ratingA / (1 + ratingB*float64(s.N)) * surprise))
}

// Add is the strength after another answer, or after one was taken back (n is -1).
func (s Strength) Add(change Logit, n int) Strength {
	return Strength{Logit: s.Logit + change, N: s.N + n}
}

// Rating is the strength as players read it.
func (l Logit) Rating() int {
	const unit = 10_000 * oneLogit
	scaled := int64(l) * perLogit
	if scaled < 0 {
		return meanRating - int((-scaled+unit/2)/unit)
	}
	return meanRating + int((scaled+unit/2)/unit)
}

// Form is how a player did in one span of time: of each question, the first answer in it.
type Form struct {
	N        int   // of different questions
	Right    int   // of them
	Expected Logit // how many a mean player would have had right, in millionths
}

// Add is the form after one more question, whose difficulty was that.
func (f Form) Add(right bool, question Logit) Form {
	f.N++
	if right {
		f.Right++
	}
	f.Expected += Logit(math.Round(oneLogit * Logit(0).Chance(question)))
	return f
}

const (
	// MinImproved is how many different questions each of two spans needs for them to be compared.
	MinImproved = 10
	// improvedPrior is with how many questions of the player's own mean each span is mixed.
	improvedPrior = 10
)

// Improvement is by how many of a hundred questions more than in the span before a player
// was right, compared with what was to be expected of a mean player with the same questions.
// ok is false where either span has too few questions to say so.
func Improvement(before, now Form) (percent int, ok bool) {
	if before.N < MinImproved || now.N < MinImproved {
		return 0, false
	}
	over := func(f Form) int64 { return int64(f.Right)*oneLogit - int64(f.Expected) }
	n, sum := int64(before.N+now.N), over(before)+over(now)
	shrunk := func(f Form) int64 {
		return (over(f)*n + improvedPrior*sum) / (n * (int64(f.N) + improvedPrior))
	}
	return int((shrunk(now) - shrunk(before)) / (oneLogit / 100)), true
}
