package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"quizbot/quiz"
)

// leaderboard reads what follows the word: which board, of which time, room and topic, in
// any order.
func (c *Command) leaderboard(args []string) {
	var topic []string
	for _, arg := range args {
		word := strings.ToLower(arg)
		period, begin, err := quiz.ParseSpan(strings.ToUpper(arg))
		switch {
		case slices.Contains(quiz.Periods(), quiz.Period(word)):
			c.Period = quiz.Period(word)
		case word == "last":
			c.Last = true
		case word == "here":
			c.Here = true
		case word == "chart":
			c.Chart = true
		case word == string(ByRating) || word == string(ByImprovement):
			c.Board = BoardKind(word)
		case err == nil:
			c.Period, c.When = period, begin
		default:
			topic = append(topic, arg)
		}
	}
	c.Topic = strings.Join(topic, " ")
	c.Odd = c.oddBoard()
	switch {
	case c.Chart:
		c.Period = quiz.Week
	case c.Period != "":
	case c.Board == ByImprovement:
		c.Period = quiz.Week
	default:
		c.Period = quiz.AllTime
	}
}

// oddBoard is the part of the words that goes with none of the others; "" when all do.
func (c *Command) oddBoard() string {
	spans := c.Period != "" && c.Period != quiz.AllTime
	switch {
	case c.Last && (!spans || !c.When.IsZero()):
		return "last"
	case c.Chart && (c.Board != ByPoints || c.Last): // there is one of this week's points alone
		return "chart"
	case c.Chart && (c.Period != "" && c.Period != quiz.Week || !c.When.IsZero()):
		return string(c.Period)
	case c.Chart:
		return c.Topic
	case c.Board == ByPoints:
		return ""
	case c.Here:
		return "here"
	case c.Topic != "":
		return c.Topic
	case c.Board == ByRating && spans:
		return string(c.Period)
	case c.Board == ByImprovement && c.Period != "" && c.Period != quiz.Week && c.Period != quiz.Month:
		return string(c.Period)
	}
	return ""
}

// query is the board that the words ask for, at a time.
func (c *Command) query(now time.Time) BoardQuery {
	q := BoardQuery{Kind: c.Board, Period: c.Period, Now: now.UTC(), Top: boardLines}
	if !c.When.IsZero() {
		q.Now = c.When
	}
	if c.Last {
		q.Now = c.Period.Before(q.Now)
	}
	return q
}

// leaderboard answers the word.
func (b *Bot) leaderboard(ctx context.Context, in Incoming, c Command) (Reply, error) {
	q := c.query(b.now())
	q.Team, q.Player = in.Team, in.User
	if c.Here {
		q.Room = in.Room
	}
	title := boardTitle(c, q, b.now())
	if c.Topic != "" {
		pack, ok := b.pool.Load().Topic(c.Topic)
		if !ok {
			return private(sayNoBoard(c.Topic, b.pool.Load())), nil
		}
		q.Topic = pack.ID
		title += " · " + pack.Title
	}
	board, err := b.store.Board(ctx, q)
	if err != nil {
		return Reply{}, err
	}
	team, err := b.teamSettings(in.Team)
	if err != nil {
		return Reply{}, err
	}
	public := in.Private || team.Rooms.Allows(in.Room)
	card := sayBoard(title, board, c, in.Private || !public, called)
	return Reply{Card: &card, Public: public}, nil
}
