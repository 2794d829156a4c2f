package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"quizbot/quiz"
)

// A game of teams begins with a message that has a button to join.

// joinPress is what that button says: "t:FIRST.TAG", FIRST being the game's first round and
// TAG that of the room, as in press.
type joinPress struct {
	first int
	tag   string
}

func (j joinPress) String() string { return "t:" + strconv.Itoa(j.first) + "." + j.tag }

func parseJoin(s string) (j joinPress, ok bool) {
	rest, ok := strings.CutPrefix(s, "t:")
	if !ok || len(s) > maxPress {
		return joinPress{}, false
	}
	first, tag, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(first)
	j = joinPress{first: n, tag: tag}
	return j, err == nil && n > 0 && j.String() == s
}

// joinKey is the key of the message with that button.
func (p *plan) joinKey(first int) string { return p.key("t%d", first) }

// join is a press on it.
func (p *plan) join(in Incoming, j joinPress) (Reply, bool, error) {
	if j.tag != p.tag() {
		return private(sayOldButton()), false, nil
	}
	if g := p.room.Game; g != nil && g.Joining() && g.First == j.first {
		p.mark(p.joinKey(j.first), in)
	}
	strength, err := p.strength(in.User)
	if err != nil {
		return Reply{}, false, err
	}
	events, err := p.step(quiz.Join{First: j.first, By: string(in.User), Name: cmp.Or(in.Name, shortID(in.User)), Strength: strength})
	if err != nil {
		return Reply{}, false, err
	}
	for _, e := range events {
		if e, ok := e.(quiz.JoinedIn); ok {
			p.name(in)
			return private(sayJoined(e)), !e.Again, nil
		}
	}
	return private(sayNoJoin()), false, nil
}

// strength is how good a player is, in 1,000ths: the share of right answers, taken for one
// half as long as there are few. It is what was known when boards were last folded, so that
// many who come at once wait for nothing.
func (p *plan) strength(u UserID) (int, error) {
	r, err := p.bot.store.Known(p.bot.saving, p.ref.Team, u)
	if err != nil && !errors.Is(err, context.Canceled) {
		return 0, err
	}
	return 1000 * (r.Right + 3) / (r.Answered + 6), nil
}

// newcomer is the strength of whoever answers for the first time in a game of teams; 0 for
// all others, where nobody asks for it.
func (p *plan) newcomer(u UserID) (int, error) {
	var all []quiz.Game
	if p.room.Game != nil {
		all = append(all, *p.room.Game)
	}
	for _, e := range p.room.Ended {
		all = append(all, e.Game)
	}
	for _, g := range all {
		if len(g.Teams) > 0 && !slices.ContainsFunc(g.Score, func(s quiz.Score) bool { return s.Player == string(u) }) {
			return p.strength(u)
		}
	}
	return 0, nil
}

// teamsOf are the teams of a new game; nil where everybody plays alone.
func teamsOf(c Command) []quiz.Team {
	if c.Teams == 0 {
		return nil
	}
	out := []quiz.Team{}
	for i := range max(c.Teams, 0) {
		out = append(out, quiz.Team{Name: teamName(i)})
	}
	return out
}

// forTeam adds to what somebody reads of their answer for whom it was.
func (p *plan) forTeam(c Card, round int, u UserID) Card {
	all := p.room.Ended
	if p.room.Game != nil {
		all = append(slices.Clip(all), quiz.PastGame{Game: *p.room.Game})
	}
	for _, g := range all {
		if team, ok := g.Game.TeamOf(string(u)); ok && g.Game.Has(round) {
			c.After = append(slices.Clone(c.After), sayForTeam(g.Game.Teams[team]))
		}
	}
	return c
}
