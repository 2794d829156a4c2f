package bot

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"quizbot/quiz"
)

// A challenge is a message with two buttons, which one person alone can press.

// darePress is what a button of a challenge says: "d:NO.TAG:yes", or no. TAG is that of
// the room, as in press.
type darePress struct {
	no     int
	tag    string
	accept bool
}

func (d darePress) String() string {
	answer := "no"
	if d.accept {
		answer = "yes"
	}
	return "d:" + strconv.Itoa(d.no) + "." + d.tag + ":" + answer
}

func parseDare(s string) (d darePress, ok bool) {
	rest, ok := strings.CutPrefix(s, "d:")
	if !ok || len(s) > maxPress {
		return darePress{}, false
	}
	no, rest, _ := strings.Cut(rest, ".")
	tag, answer, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(no)
	d = darePress{no: n, tag: tag, accept: answer == "yes"}
	return d, err == nil && n > 0 && d.String() == s
}

// dareKey is the key of a challenge's message.
func (p *plan) dareKey(no int) string { return p.key("d%d", no) }

// dare challenges somebody.
func (p *plan) dare(in Incoming, c Command) (Reply, bool, error) {
	whom, known := in.mentioned(c.Whom)
	switch {
	case in.Private:
		return private(sayDuelElsewhere()), false, nil
	case c.Whom == "":
		return private(sayWhom()), false, nil
	case !known:
		return private(sayWhoIsThat(c.Whom)), false, nil
	case whom.User == "":
		return private(sayNoDuelWithGroup()), false, nil
	case whom.Bot:
		return private(sayNoDuelWithBot()), false, nil
	}
	name := cmp.Or(in.Name, shortID(in.User))
	start, err := p.startOf(in, c)
	if err != nil {
		return Reply{}, false, err
	}
	events, err := p.step(quiz.Dare{Start: start, ByName: name, Player: string(whom.User), Name: cmp.Or(whom.Name, shortID(whom.User))})
	if err != nil {
		return Reply{}, false, err
	}
	p.name(in)
	if reply, refused := p.refusal(events, c); refused {
		return reply, false, nil
	}
	return Reply{}, true, nil
}

// answerDare is a press on a challenge.
func (p *plan) answerDare(in Incoming, d darePress) (Reply, bool, error) {
	c, open := p.room.Challenge(d.no)
	if d.tag != p.tag() || !open {
		return private(sayChallengeOver()), false, nil
	}
	if string(in.User) != c.Player {
		return private(sayNotChallenged(string(in.User) == c.By)), false, nil
	}
	p.mark(p.dareKey(d.no), in)
	team, err := p.bot.teamSettings(p.ref.Team)
	if err != nil {
		return Reply{}, false, err
	}
	if d.accept && !team.Rooms.Allows(p.ref.Room) { // admins may have chosen so meanwhile
		return private(sayNotInThisRoom()), false, nil
	}
	events, err := p.step(quiz.AnswerDare{No: d.no, By: string(in.User), Name: cmp.Or(in.Name, shortID(in.User)), Accept: d.accept, At: p.when(in, c.Until.Add(-quiz.ChallengeTime))})
	if err != nil {
		return Reply{}, false, err
	}
	if reply, refused := p.refusal(events, Command{Word: WordChallenge, Topic: c.Topic}); refused {
		return reply, false, nil
	}
	p.name(in)
	return Reply{}, true, nil
}

// startOf is the game that a command asks for, and what the team has settled where it
// doesn't say.
func (p *plan) startOf(in Incoming, c Command) (quiz.Start, error) {
	team, err := p.bot.teamSettings(p.ref.Team)
	if err != nil {
		return quiz.Start{}, err
	}
	return quiz.Start{
		By: string(in.User), Topic: c.Topic, Count: cmp.Or(c.Count, team.Count), Each: cmp.Or(c.Each, time.Duration(team.Seconds)*time.Second),
		Speed: cmp.Or(c.Speed, team.Speed, p.bot.speed), Variant: c.Variant, Teams: teamsOf(c), Seed: p.bot.seed(),
	}, nil
}
