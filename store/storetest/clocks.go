package storetest

import (
	"cmp"
	"slices"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// addClocks keeps clocks that began, in whole milliseconds.
func (r *modelRoom) addClocks(c bot.Change) {
	for _, began := range c.Clocks {
		began.Room = c.Room
		began.Clock.From = time.UnixMilli(began.Clock.From.UnixMilli()).UTC()
		began.Clock.Until = time.UnixMilli(began.Clock.Until.UnixMilli()).UTC()
		r.clocks = append(r.clocks, began)
	}
	slices.SortFunc(r.clocks, func(a, b bot.ClockAt) int {
		return cmp.Or(cmp.Compare(a.Round, b.Round), cmp.Compare(a.Clock.Player, b.Clock.Player))
	})
}

func (r *modelRoom) joinClocks(round *quiz.Round) {
	for _, at := range r.clocks {
		if round.Async && at.Round == round.No {
			round.Clocks = append(round.Clocks, at.Clock)
		}
	}
}

// dropClocks drops those of a round, and returns how many it were.
func (r *modelRoom) dropClocks(no int) int {
	before := len(r.clocks)
	r.clocks = slices.DeleteFunc(r.clocks, func(x bot.ClockAt) bool { return x.Round == no })
	return before - len(r.clocks)
}

// clocksOf are a player's, in the order of rounds.
func (r *modelRoom) clocksOf(player bot.UserID) []bot.ClockAt {
	var out []bot.ClockAt
	for _, at := range r.clocks {
		if at.Clock.Player == string(player) {
			out = append(out, at)
		}
	}
	return out
}
