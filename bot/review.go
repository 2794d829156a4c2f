package bot

import (
	"slices"
	"strings"
	"time"

	"quizbot/quiz"
)

// Review asks a player alone what is due. In direct messages that is a row of questions
// like any other. Elsewhere it is held in replies that this person alone reads, each with
// the buttons of the next question; the room of such a review is the player's own, and
// nothing is ever posted in it.

// reviewAtOnce is how many questions one review has at most.
const reviewAtOnce = 20

// reviewGap is the time to read the answer before the next question of a review that
// is posted; in replies the next one stands below the answer.
const reviewGap = 3 * time.Second

// ownRooms is the platform of rooms that are on none: there is no messenger for it.
const ownRooms = "review:"

// ownRoom is the room of a player's review in replies.
func ownRoom(u UserID) RoomID { return RoomID(ownRooms + string(u)) }

// inReplies reports that the room is that of a review held in replies: see ownRoom.
func (p *plan) inReplies() bool { return strings.HasPrefix(string(p.ref.Room), ownRooms) }

// platformOf is the platform on which a room's people are.
func platformOf(r RoomID) string {
	return RoomID(strings.TrimPrefix(string(r), ownRooms)).Platform()
}

// ownTag begins the tags of buttons that belong to a player's own room, wherever they are
// pressed.
const ownTag = "_"

// tag is what the buttons of this room carry.
func (p *plan) tag() string {
	if p.inReplies() {
		return ownTag + tagOf(p.room)
	}
	return tagOf(p.room)
}

// placeOf is the room that something said belongs to: the player's own for a review that is
// held in replies, and for its buttons.
func placeOf(in Incoming) RoomID {
	if pressed, ok := parsePress(in.Choice); ok && strings.HasPrefix(pressed.tag, ownTag) {
		return ownRoom(in.User)
	}
	if in.Addressed && in.Choice == "" && !in.Private && !in.Aloud && !in.Missed && ParseCommand(in.Text).Word == WordReview {
		return ownRoom(in.User)
	}
	return in.Room
}

// due is what a player should repeat.
type due struct {
	picks []quiz.Pick // the least remembered first
	next  time.Time   // when something else will be due; zero: never
}

// dueFor works out what a player should repeat, with what this plan has yet to write.
func (p *plan) dueFor(u UserID) (due, error) {
	seen, err := p.bot.store.Seen(p.bot.saving, u)
	if err != nil {
		return due{}, err
	}
	for _, e := range p.change.Answers {
		if e.Player == u {
			recall := quiz.Recall{At: e.At, Rating: quiz.Rate(e.Right, e.Hinted)}
			seen = append(seen, quiz.Seen{Pack: e.Pack, Question: e.Question, Recalls: []quiz.Recall{recall}})
		}
	}
	pool := p.bot.pool.Load()
	memories := quiz.Memories(seen, pool, p.now)
	out := due{next: quiz.NextDue(memories, p.now)}
	for _, m := range memories {
		pick := quiz.Pick{Pack: m.Pack, Question: m.Question}
		if m.Due(p.now) {
			out.picks = append(out.picks, pick)
		}
	}
	return out, nil
}

// review begins a review, or goes on with the one in replies.
func (p *plan) review(in Incoming, c Command) (Reply, bool, error) {
	if c.Odd != "" {
		return private(sayOdd(c)), false, nil
	}
	if in.Aloud && !in.Private {
		return private(sayReviewElsewhere()), false, nil
	}
	if _, open := p.room.Open(); open && p.inReplies() {
		return private(p.goOn(Card{})), false, nil
	}
	due, err := p.dueFor(in.User)
	if err != nil {
		return Reply{}, false, err
	}
	if len(due.picks) == 0 {
		return private(sayNothingDue(due, p.now)), false, nil
	}
	input := quiz.Review{By: string(in.User), Picks: due.picks[:min(len(due.picks), reviewAtOnce)], Gap: reviewGap, Seed: p.bot.seed()}
	if p.inReplies() {
		input.Gap = 0
	}
	events, err := p.step(input)
	if err != nil {
		return Reply{}, false, err
	}
	p.name(in)
	if reply, refused := p.refusal(events, c); refused {
		return reply, false, nil
	}
	if !p.inReplies() {
		return Reply{}, true, nil
	}
	err = p.shown()
	return private(p.goOn(Card{})), true, err
}

// shown lets the time of an open question begin that is read in a reply.
func (p *plan) shown() error {
	round, open := p.room.Open()
	if !open || !round.Closes.IsZero() {
		return nil
	}
	_, err := p.step(quiz.Posted{Round: round.No})
	return err
}

// goOn adds the open question of a review in replies to what the player reads; in other
// rooms, and where none is open, the card stays as it is.
func (p *plan) goOn(c Card) Card {
	round, open := p.room.Open()
	if game := p.room.Game; open && game != nil && p.inReplies() {
		return sayNext(c, quiz.Asked{Round: round, Nth: game.Done, Of: game.Count}, p.tag())
	}
	return c
}

// answeredAlone is what a player reads of an answer in a review in replies: what was right,
// for nobody else has still to answer, and the next question or the end.
func (p *plan) answeredAlone(a quiz.Answered, events []quiz.Event) (Reply, bool, error) {
	card := sayAnsweredAlone(a)
	for _, e := range events {
		if ended, ok := e.(quiz.Ended); ok {
			end := p.reviewEnded(ended)
			card.After = slices.Concat(card.After, []string{end.Title}, end.Body)
		}
	}
	err := p.shown()
	return private(p.goOn(card)), true, err
}

// reviewEnded is the last word of a review. What it can't find out it leaves out.
func (p *plan) reviewEnded(e quiz.Ended) Card {
	due, err := p.dueFor(UserID(e.Game.By))
	if err != nil {
		p.bot.log.Warn("what is due was not found", "room", p.ref.Room, "err", err)
		return sayReviewEnded(e, nil, p.now)
	}
	return sayReviewEnded(e, &due, p.now)
}
