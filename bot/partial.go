package bot

import (
	"slices"

	"quizbot/quiz"
)

// partials are the picks of answers that are still being put together, by round
// and player, so that buttons of the question itself can be pressed one after the
// other.
type partials map[int]map[UserID][]int

// join adds a single pick to what the player has picked before, and remembers the
// outcome until the answer is complete.
func (p partials) join(player UserID, pressed press) press {
	before := p[pressed.round][player]
	if len(pressed.picks) == 1 && !pressed.done && len(before) > 0 {
		joined := slices.Clone(before)
		if !slices.Contains(joined, pressed.picks[0]) {
			joined = append(joined, pressed.picks[0])
		}
		pressed.picks = joined
	}
	if p[pressed.round] == nil {
		p[pressed.round] = map[UserID][]int{}
	}
	p[pressed.round][player] = pressed.picks
	return pressed
}

// keep forgets the rounds that are over, and too old to be answered late.
func (p partials) keep(r quiz.Room) {
	for no := range p {
		_, open := r.Round(no)
		if _, past := r.PastRound(no); !open && !past {
			delete(p, no)
		}
	}
}

// forget drops what a player has picked.
func (p partials) forget(player UserID) {
	for _, of := range p {
		delete(of, player)
	}
}
