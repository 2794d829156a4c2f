package quiz

import (
	"cmp"
	"slices"
	"time"

	"quizbot/quiz/fsrs"
)

// What a player remembers, and what to ask again: docs/review.md says why.

// Recall is one answer to a question, as far as remembering goes.
type Recall struct {
	At     time.Time   `json:"at"`
	Rating fsrs.Rating `json:"rating"` // 1 again, 2 hard, 3 good
}

// Seen is a question that a player has answered, with the answers in order of time.
type Seen struct {
	Pack     string   `json:"pack"`
	Question string   `json:"question"`
	Recalls  []Recall `json:"recalls"`
}

// Rate is what an answer says of how well the question was remembered: a wrong one was
// forgotten, a right one was remembered, and with the hint only with effort. How fast it
// came says nothing: people read the room's question when they come to it.
func Rate(right, hinted bool) fsrs.Rating {
	switch {
	case !right:
		return fsrs.Again
	case hinted:
		return fsrs.Hard
	default:
		return fsrs.Good
	}
}

// remember is how reviews are scheduled: by the published defaults, but that whoever knew
// a new question at once is not asked again in minutes. That follows from one step for new
// questions instead of two.
var remember = func() *fsrs.Scheduler {
	c := fsrs.Default()
	c.Learning = c.Learning[:1]
	s, err := fsrs.New(c)
	if err != nil {
		panic(err) // the defaults are in bounds
	}
	return s
}()

// Memory is what is known of how a player remembers a question.
type Memory struct {
	Pack, Question string
	Card           fsrs.Card
	Recall         float64 // the chance that it is remembered now
	Failed         bool    // the newest answer was wrong
}

// Due reports that the question is to be asked again at that time.
func (m Memory) Due(now time.Time) bool { return !m.Card.Due.After(now) }

// Memories works out what a player remembers of the questions seen that are in the pool,
// the least first. One question may be listed several times, for a player answers in
// several teams: the answers then count together, in the order of time.
func Memories(seen []Seen, pool *Pool, now time.Time) []Memory {
	type id struct{ pack, question string }
	recalls := map[id][]Recall{}
	var order []id
	for _, s := range seen {
		at := id{s.Pack, s.Question}
		if _, known := recalls[at]; !known && pool.has(s.Pack, s.Question) {
			order = append(order, at)
		} else if !known {
			continue
		}
		recalls[at] = append(recalls[at], s.Recalls...)
	}
	var out []Memory
	for _, at := range order {
		if len(recalls[at]) > 0 {
			out = append(out, memory(at.pack, at.question, recalls[at], now))
		}
	}
	slices.SortFunc(out, func(a, b Memory) int {
		return cmp.Or(cmp.Compare(a.Recall, b.Recall), cmp.Compare(a.Pack, b.Pack), cmp.Compare(a.Question, b.Question))
	})
	return out
}

func memory(pack, question string, recalls []Recall, now time.Time) Memory {
	slices.SortStableFunc(recalls, func(a, b Recall) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Rating, b.Rating))
	})
	m := Memory{Pack: pack, Question: question}
	for _, r := range recalls {
		m.Card = remember.Review(m.Card, r.Rating, r.At)
	}
	m.Recall = remember.Retrievability(m.Card, now)
	m.Failed = recalls[len(recalls)-1].Rating == fsrs.Again
	return m
}

// has reports that a pack of the pool has the question.
func (p *Pool) has(pack, question string) bool {
	_, _, ok := p.find(Pick{pack, question})
	return ok
}

// Pick names a question.
type Pick struct {
	Pack     string `json:"pack"`
	Question string `json:"question"`
}

// Mastery is how well a player knows a topic.
type Mastery struct {
	Seen, Of int     // questions answered so far, and in the pack
	Due      int     // to be asked again now
	Known    float64 // the share of those seen that the player should know now, 0 to 1
}

// Masteries sums memories up by pack. What was answered wrong last is not known, however
// lately the right answer was read; of the rest, as much as their chances of recall say.
func Masteries(memories []Memory, pool *Pool, now time.Time) map[string]Mastery {
	out := map[string]Mastery{}
	for _, m := range memories {
		one := out[m.Pack]
		one.Seen++
		if m.Due(now) {
			one.Due++
		}
		if !m.Failed {
			one.Known += m.Recall
		}
		out[m.Pack] = one
	}
	for id, one := range out {
		pack, _ := pool.Topic(id)
		one.Of = len(pack.Questions)
		one.Known /= float64(one.Seen)
		out[id] = one
	}
	return out
}

// NextDue is when the next of the memories is due that is not due yet; zero: none.
func NextDue(memories []Memory, now time.Time) time.Time {
	var next time.Time
	for _, m := range memories {
		if !m.Due(now) && (next.IsZero() || m.Card.Due.Before(next)) {
			next = m.Card.Due
		}
	}
	return next
}

// Question returns a question of the pool; ok is false when it is not there.
func (p *Pool) Question(x Pick) (q Question, ok bool) {
	_, q, ok = p.find(x)
	return q, ok
}
