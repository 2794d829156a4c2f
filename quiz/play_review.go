package quiz

import (
	"slices"
	"time"
)

// ReviewTime is how long a question of a review stays open at least: nobody waits for
// its end.
const ReviewTime = 10 * time.Minute

// review begins a review. What is no longer in a pack is left out.
func (s *step) review(in Review) {
	if !s.free() {
		return
	}
	picks := slices.DeleteFunc(slices.Clone(in.Picks), func(x Pick) bool { return !s.pool.has(x.Pack, x.Question) })
	if len(picks) == 0 {
		s.refuse(NoQuestions)
		return
	}
	s.seed(in.Seed)
	s.room.Game = &Game{By: in.By, Count: len(picks), Review: true, Gap: in.Gap, Queue: picks}
	s.nextReview()
}

// nextReview asks what comes next in a review, or ends it.
func (s *step) nextReview() {
	game := s.room.Game
	for len(game.Queue) > 0 && game.Done < game.Count {
		pick := game.Queue[0]
		game.Queue = game.Queue[1:]
		pack, q, ok := s.pool.find(pick)
		if !ok { // gone since the review began
			game.Count--
			continue
		}
		round := s.round(pack, q, game.By)
		round.InGame, round.Review = true, true
		round.Limit = min(max(round.Limit, ReviewTime), BlockingLimit)
		game.Done++
		game.Next = time.Time{}
		s.open(round)
		s.say(Asked{Round: round, Nth: game.Done, Of: game.Count})
		return
	}
	s.end(false)
}

// answeredReview ends a question of a review with its answer: at once, or, where there are
// pauses, as if its time were over now, so that the verdict is read before the result.
func (s *step) answeredReview(no int) {
	if game := s.room.Game; game != nil && game.Gap > 0 {
		s.room.Rounds[s.room.index(no)].Closes = s.now
		return
	}
	s.close(no, false)
}

// reviewed goes on after a question of a review. Whoever didn't answer has gone away.
func (s *step) reviewed(round Round, early bool) {
	game := s.room.Game
	switch {
	case s.halt || len(round.Answers) == 0 && !early:
		s.end(true)
	case game.Gap > 0:
		game.Next = s.now.Add(game.Gap)
	default:
		s.nextReview()
	}
}

// find returns a question and its pack.
func (p *Pool) find(x Pick) (Pack, Question, bool) {
	pack, ok := p.Topic(x.Pack)
	if !ok || pack.ID != x.Pack { // an alias is none: it may come to mean another pack
		return Pack{}, Question{}, false
	}
	i := slices.IndexFunc(pack.Questions, func(q Question) bool { return q.ID == x.Question })
	if i < 0 {
		return Pack{}, Question{}, false
	}
	return pack, pack.Questions[i], true
}
