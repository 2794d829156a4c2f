package bot

import (
	"context"
	"slices"

	"quizbot/quiz"
)

// A picture of the week is a message of the outbox, like a question: once it is decided it
// is posted once, whatever happens. Unlike one it waits for nothing in its room, and
// nothing waits for it, for a platform takes several calls to be given a file.

// chartBars is how many players a picture shows.
const chartBars = 8

// pictured: what is asked for is a picture.
func (c Command) pictured() bool { return c.Word == WordLeaderboard && c.Chart && c.Odd == "" }

// ReadsOnly: the command only asks for something to read at once, and nothing of it is kept.
func (c Command) ReadsOnly() bool {
	switch c.Word {
	case WordHelp, WordTopics, WordMe:
		return true
	case WordLeaderboard:
		return !c.pictured()
	}
	return false
}

// placePicture has the team's boards made ready beside the room before it puts the job into
// the room's mailbox, where answers would wait for that.
func (b *Bot) placePicture(j *job) error {
	return b.rooms.beside(b, func() {
		err := b.store.Fold(b.saving, j.in.Team)
		if err == nil {
			err = b.rooms.enqueue(b, RoomRef{Team: j.in.Team, Room: j.in.Room}, j)
		}
		if err != nil { // else the job is the mailbox's
			j.err = err
			j.finish()
		}
	})
}

// picture posts the week's board with a chart.
func (p *plan) picture(in Incoming, c Command) (Reply, bool, error) {
	team, err := p.bot.teamSettings(p.ref.Team)
	if err != nil {
		return Reply{}, false, err
	}
	if !in.Private && !team.Rooms.Allows(p.ref.Room) {
		return private(sayNotInThisRoom()), false, nil
	}
	q := BoardQuery{Team: p.ref.Team, Period: quiz.Week, Now: p.now, Top: boardLines, Player: in.User}
	if c.Here {
		q.Room = p.ref.Room
	}
	board, err := p.bot.store.Board(p.bot.saving, q)
	if err != nil {
		return Reply{}, false, err
	}
	days, err := p.bot.daysOf(p.bot.saving, q, board.Top[:min(len(board.Top), chartBars)])
	if err != nil {
		return Reply{}, false, err
	}
	n := &naming{hidden: func(player string) bool {
		return (!in.Private || player != string(in.User)) && p.hidden(player)
	}}
	card := sayBoard(boardTitle(c, q, p.now), board, c, in.Private, n.call)
	card.Chart = sayChart(days, p.now, c.Here, n)
	p.name(in)
	p.out(Outgoing{Card: card}, n)
	return Reply{}, true, nil
}

// daysOf says how these players of a week came to their points, each with the place that is
// given here: others may have answered since.
func (b *Bot) daysOf(ctx context.Context, q BoardQuery, shown []quiz.Standing) ([]quiz.DayPoints, error) {
	for q.Top = chartBars; ; q.Top *= 2 {
		all, err := b.store.Days(ctx, q)
		if err != nil {
			return nil, err
		}
		var out []quiz.DayPoints
		for _, d := range all {
			if i := slices.IndexFunc(shown, func(s quiz.Standing) bool { return s.Player == d.Player }); i >= 0 {
				d.Rank = shown[i].Rank
				out = append(out, d)
			}
		}
		if len(out) == len(shown) || len(all) < q.Top {
			return out, nil
		}
	}
}

// picture delivers a message with a picture beside its room's order.
func (b *Bot) picture(ref RoomRef, messenger Messenger, line Line) {
	c, id := &b.couriers, lineID{ref.Room, line.Key}
	c.mu.Lock()
	c.pictures[id] = true
	c.mu.Unlock()
	b.work.Go(func() {
		b.carry(ref, messenger, line)
		c.mu.Lock()
		delete(c.pictures, id)
		last := c.closed && c.idle()
		c.mu.Unlock()
		if last {
			b.cancel()
		}
	})
}
