package quiz

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"quizbot/quiz/fsrs"
)

// The simulation: 200 learners play for 60 days. Play shows each of them the same new
// questions on the same days, whatever they review. Beside that they review: one group
// what is due, the other as many questions on each day, chosen at random among those seen.
// How they truly forget is not what the scheduler believes: see the memories below.
const (
	simDays   = 60
	simPerDay = 4 // new questions a day, by play, in the first half
)

// mind is how a learner truly remembers one question.
type mind interface {
	// recall is the chance of knowing the answer so many days after the beginning.
	recall(now float64) float64
	// study: the question was answered, and the right answer read.
	study(now float64, right bool)
}

// minds makes the learner's mind of a new question.
type minds func(chance *rand.Rand) func() mind

// powerMind forgets along FSRS's kind of curve, but with weights of the learner's own, each
// drawn apart from the published ones, and with a difficulty of the question's own.
type powerMind struct {
	s    *fsrs.Scheduler
	card fsrs.Card
}

func powerMinds(chance *rand.Rand) func() mind {
	c := fsrs.Default()
	for i := range c.Weights {
		c.Weights[i] *= math.Exp(0.35 * chance.NormFloat64())
	}
	low, high := [21]float64{4: 1, 5: 0.001, 6: 0.001, 7: 0.001, 16: 1, 20: 0.1}, [21]float64{
		100, 100, 100, 100, 10, 4, 4, 0.75, 4.5, 0.8, 3.5, 5, 0.25, 0.9, 4, 1, 6, 2, 2, 0.8, 0.8,
	}
	for i := range c.Weights {
		c.Weights[i] = min(max(c.Weights[i], low[i], 0.001), high[i])
	}
	s, err := fsrs.New(c)
	if err != nil {
		panic(err)
	}
	return func() mind { return &powerMind{s: s, card: fsrs.Card{}} }
}

func (m *powerMind) recall(now float64) float64 { return m.s.Retrievability(m.card, simTime(now)) }

func (m *powerMind) study(now float64, right bool) {
	m.card = m.s.Review(m.card, Rate(right, false), simTime(now))
}

// halfMind forgets exponentially. A success makes its half-life longer, the more so the
// less was left (the spacing effect); a failure makes it shorter, but what is learned again
// stays as long at least as what was learned first (Ebbinghaus: savings).
type halfMind struct {
	first, half, grows, keeps float64 // days, days; factors
	last                      float64
	seen                      bool
}

func halfMinds(chance *rand.Rand) func() mind {
	half, grows, keeps := math.Exp(0.5+0.5*chance.NormFloat64()), 1+3*chance.Float64(), 0.3+0.4*chance.Float64()
	return func() mind {
		own := half * math.Exp(0.5*chance.NormFloat64())
		return &halfMind{first: own, half: own, grows: grows * math.Exp(0.3*chance.NormFloat64()), keeps: keeps}
	}
}

func (m *halfMind) recall(now float64) float64 {
	if !m.seen {
		return 0
	}
	return math.Exp2(-(now - m.last) / m.half)
}

func (m *halfMind) study(now float64, right bool) {
	if m.seen && right {
		m.half *= 1 + m.grows*(1-m.recall(now))
	} else if m.seen {
		m.half = max(m.half*m.keeps, m.first)
	}
	m.seen, m.last = true, now
}

// tracesMind is the model of Pavlik and Anderson (Practice and forgetting effects on
// vocabulary memory, Cognitive Science 29, 2005): each study leaves a trace that fades as
// a power of time, the faster the stronger the memory was, and all traces add up. It knows
// neither stability nor difficulty.
type tracesMind struct {
	at, decay         []float64 // of the traces
	fades, least      float64   // c and a: d = c·e^m + a
	threshold, spread float64
}

func tracesMinds(chance *rand.Rand) func() mind {
	fades, least := 0.217*math.Exp(0.2*chance.NormFloat64()), 0.177*math.Exp(0.2*chance.NormFloat64())
	threshold := -1.2 + 0.4*chance.NormFloat64()
	return func() mind {
		return &tracesMind{fades: fades, least: least, threshold: threshold + 0.4*chance.NormFloat64(), spread: 0.3}
	}
}

// strength is m = ln Σ t^(−d), with t in units of 0.025 days between sessions, as in the
// paper, where time outside of the experiment weighs a fortieth.
func (m *tracesMind) strength(now float64) float64 {
	sum := 0.0
	for i, at := range m.at {
		sum += math.Pow(max((now-at)*40, 0.05), -m.decay[i])
	}
	return math.Log(sum)
}

func (m *tracesMind) recall(now float64) float64 {
	if len(m.at) == 0 {
		return 0
	}
	return 1 / (1 + math.Exp((m.threshold-m.strength(now))/m.spread))
}

func (m *tracesMind) study(now float64, _ bool) {
	d := m.least
	if len(m.at) > 0 {
		d += m.fades * math.Exp(min(m.strength(now), 1))
	}
	m.at, m.decay = append(m.at, now), append(m.decay, d)
}

func simTime(day float64) time.Time {
	return time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(day * float64(24*time.Hour)))
}

// learner is one of them, in one of the groups.
type learner struct {
	chance  *rand.Rand // of what is recalled, and of what is chosen
	fresh   func() mind
	minds   []mind
	cards   []fsrs.Card
	answers int
}

// answer asks a question; it is a new one when it has the next number.
func (l *learner) answer(i int, now float64) {
	if i == len(l.minds) {
		l.minds, l.cards = append(l.minds, l.fresh()), append(l.cards, fsrs.Card{})
	}
	right := l.chance.Float64() < l.minds[i].recall(now)
	l.minds[i].study(now, right)
	l.cards[i] = remember.Review(l.cards[i], Rate(right, false), simTime(now))
	l.answers++
}

// due are the questions to review, the least remembered first: as Memories has them.
func (l *learner) due(now float64) []int {
	at := simTime(now)
	recall := map[int]float64{}
	var out []int
	for i, c := range l.cards {
		if !c.Due.After(at) {
			recall[i], out = remember.Retrievability(c, at), append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(recall[a], recall[b]) })
	return out
}

// known is the chance of knowing a question in the end, on average.
func (l *learner) known() float64 {
	sum := 0.0
	for _, m := range l.minds {
		sum += m.recall(simDays)
	}
	return sum / float64(len(l.minds))
}

// simulate lets two groups of the same learners play and review, and returns how much each
// knows in the end, and how much each has answered.
func simulate(of minds) (due, random float64, answersDue, answersRandom, better int) {
	for n := range uint64(simLearners) {
		var group [2]*learner
		for g := range group { // the same person twice; what happens to them is their own
			group[g] = &learner{chance: rand.New(rand.NewPCG(n, uint64(g)+1)), fresh: of(rand.New(rand.NewPCG(n, 0)))}
		}
		a, b := group[0], group[1]
		for day := range simDays {
			now := float64(day) + 0.5
			for i := 0; i < simPerDay && day < simDays/2; i++ {
				a.answer(len(a.minds), now)
				b.answer(len(b.minds), now)
			}
			now += 0.25
			todo := a.due(now)
			for i, x := range todo {
				a.answer(x, now+float64(i)/1440)
			}
			for i, x := range b.chance.Perm(len(b.minds))[:len(todo)] {
				b.answer(x, now+float64(i)/1440)
			}
		}
		due, random = due+a.known()/simLearners, random+b.known()/simLearners
		answersDue, answersRandom = answersDue+a.answers, answersRandom+b.answers
		if a.known() > b.known() {
			better++
		}
	}
	return due, random, answersDue, answersRandom, better
}

// TestReviewBeatsChance: for the same number of answers, whoever reviews what is due knows
// more in the end than whoever reviews at random, however people truly forget.
func TestReviewBeatsChance(t *testing.T) {
	for _, model := range []struct {
		name string
		of   minds
	}{
		{"power of time, own weights", powerMinds},
		{"exponential, half-lives", halfMinds},
		{"fading traces (Pavlik, Anderson)", tracesMinds},
	} {
		due, random, answers, answersRandom, better := simulate(model.of)
		t.Logf("%-34s recall at the end: due %.1f %%, at random %.1f %%; %d answers each; due was better for %d of %d",
			model.name, 100*due, 100*random, answers/simLearners, better, simLearners)
		if answers != answersRandom {
			t.Errorf("%s: %d answers and %d", model.name, answers, answersRandom)
		}
		if due <= random+0.01 {
			t.Errorf("%s: recall is %.3f by what is due and %.3f at random", model.name, due, random)
		}
		if better <= simLearners/2 {
			t.Errorf("%s: due was better for %d of %d learners alone", model.name, better, simLearners)
		}
	}
}
