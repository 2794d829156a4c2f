package bot

import (
	"strings"
	"time"

	"quizbot/quiz"
)

// An async question stands in its room as a button. Whoever presses it reads the question
// alone, in the reply to the press, and answers there; the clock of each begins with that
// press and is recorded with it (Change.Clocks), so that no crash gives a second one.

// reveal shows an async question to the one who presses its button, or says why not.
func (p *plan) reveal(in Incoming, no int) (Reply, bool, error) {
	round, open := p.room.Round(no)
	if !open {
		if past, over := p.room.PastRound(no); over {
			if card := p.revealed(in, past.Round); card != nil {
				return private(*card), false, nil
			}
		}
		return p.tooLate(in, no)
	}
	if err := p.learn(in, round); err != nil {
		return Reply{}, false, err
	}
	round, _ = p.room.Round(no)
	if in.Again && p.revealed(in, round) == nil {
		return private(sayPressAgain()), false, nil // perhaps nobody waits for it any more, and a clock would run unseen
	}
	own, err := p.bot.playerSettings(in.User)
	if err != nil {
		return Reply{}, false, err
	}
	events, err := p.step(quiz.Reveal{Round: no, Player: string(in.User), Pace: own.Pace})
	if err != nil {
		return Reply{}, false, err
	}
	for _, e := range events {
		switch e := e.(type) {
		case quiz.Late:
			return p.tooLate(in, no)
		case quiz.Repeated:
			p.tally.repeated++
			return private(sayAnsweredBefore(e.Round, e.Answer)), false, nil
		case quiz.Revealed:
			return private(*p.revealed(in, e.Round)), !e.Again, nil
		}
	}
	return Reply{}, false, nil
}

// revealed is what a player reads of an async question that was revealed to them: the
// question while it can be answered, else what came of it. nil: it was not revealed.
func (p *plan) revealed(in Incoming, round quiz.Round) *Card {
	card := Card{}
	clock, ok := round.Clock(string(in.User))
	a, answered := round.Answer(string(in.User))
	_, open := p.room.Round(round.No)
	switch {
	case answered:
		card = sayAnsweredBefore(round, a)
	case !ok:
		return nil
	case !open:
		card = sayLate(Entry{}, false)
	case p.now.After(clock.Until):
		card = sayOverdue(clock, false)
	default:
		card = sayRevealed(round, clock, p.now, p.tag())
	}
	return &card
}

// unread reports that a round is not revealed to the one who says something.
func unread(in Incoming, round quiz.Round) bool {
	_, revealed := round.Clock(string(in.User))
	return round.Async && !revealed
}

// unrevealed answers a line under an async question of somebody who has not read it. What it
// says must not depend on what would be an answer; what looks like talk gets none.
func unrevealed(in Incoming) Reply {
	if talk(in.Text) {
		return Reply{}
	}
	return private(sayUnrevealed())
}

// talk: what was said under a question is too long for an answer, or asks something.
func talk(text string) bool {
	return len(strings.Fields(text)) > fewWords || strings.HasSuffix(strings.TrimSpace(text), "?")
}

// outOfTime is what a player reads whose pick can't become an answer any more, or not yet.
func (p *plan) outOfTime(in Incoming, round quiz.Round) (Card, bool) {
	if !round.Async {
		return Card{}, false
	}
	clock, ok := round.Clock(string(in.User))
	switch {
	case !ok:
		return sayUnrevealed(), true
	case p.whenGiven(in, round).After(clock.Until):
		return sayOverdue(clock, in.Aloud && !in.Private), true
	}
	return Card{}, false
}

// whenGiven is when an answer was given. The platform's clock may say that it was shortly
// before our own let the player's time begin.
func (p *plan) whenGiven(in Incoming, round quiz.Round) time.Time {
	at := p.when(in, round.Asked)
	if clock, ok := round.Clock(string(in.User)); ok && at.Before(clock.From) && !at.Before(clock.From.Add(-deliveryOrder)) {
		return clock.From
	}
	return at
}

// aloud is a reply to an answer that the whole room reads: while an async question is open,
// what it came to is hidden from those who don't ask to see it.
func (p *plan) aloud(in Incoming, round quiz.Round, reply Reply) Reply {
	if _, open := p.room.Round(round.No); open && round.Async && in.Aloud && !in.Private {
		card := *reply.Card
		card.Reveals, card.Veiled = true, true
		card.Footer = sayMayLook()
		reply.Card = &card
	}
	return reply
}

// asking is the question that somebody asks for. In direct messages there is nobody from whom one
// that stays open would have to be hidden; and who is alone waits for nobody.
func (p *plan) asking(in Incoming, c Command) quiz.Ask {
	ask := quiz.Ask{By: string(in.User), Topic: c.Topic, Seed: p.bot.seed(), Open: c.Open, Plain: in.Private}
	if p.bot.alone {
		ask.Open = 0
	}
	return ask
}
