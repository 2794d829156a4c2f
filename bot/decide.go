package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"quizbot/quiz"
)

// decide works out what somebody's words or press mean here and now, and plays
// it. effect says that something changed, whether or not there is a reply.
func (p *plan) decide(in Incoming) (reply Reply, effect bool, err error) {
	switch {
	case in.Missed:
		return p.missed(in)
	case in.Choice != "":
		return p.press(in)
	case p.inReplies():
		return p.review(in, ParseCommand(in.Text))
	case in.Addressed || in.Private:
		return p.words(in)
	default:
		return p.line(in)
	}
}

// press is a button: an answer, or a part of one.
func (p *plan) press(in Incoming) (Reply, bool, error) {
	if j, ok := parseJoin(in.Choice); ok {
		return p.join(in, j)
	}
	if d, ok := parseDare(in.Choice); ok {
		return p.answerDare(in, d)
	}
	pressed, ok := parsePress(in.Choice)
	if !ok || pressed.tag != p.tag() {
		return private(p.goOn(sayOldButton())), false, nil
	}
	if pressed.show {
		return p.reveal(in, pressed.round)
	}
	round, open := p.room.Round(pressed.round)
	if past, ok := p.room.PastRound(pressed.round); ok && p.inTime(in, past) {
		round = past.Round
	} else if !open {
		return p.give(in, pressed.round, quiz.Given{})
	}
	if open {
		if err := p.learn(in, round); err != nil {
			return Reply{}, false, err
		}
	}
	if _, answered := round.Answer(string(in.User)); answered || p.room.Bars(pressed.round, string(in.User)) {
		return p.give(in, pressed.round, quiz.Given{})
	}
	if pressed.opens || pressed.typed {
		return p.form(in, pressed, round, open)
	}
	if round.Question.Kind == quiz.Multi || round.Question.Kind == quiz.Order {
		pressed = p.partial.join(in.User, pressed)
	}
	given, complete, ok := pressed.given(round)
	if !ok {
		return private(p.goOn(sayOldButton())), false, nil
	}
	switch {
	case !complete && open:
		if card, refused := p.outOfTime(in, round); refused {
			return private(card), false, nil
		}
		return private(sayPartial(round, pressed)), false, nil
	case !complete: // what was picked in time is joined, as it comes
		return private(sayLate(Entry{}, false)), false, nil
	}
	return p.give(in, pressed.round, given)
}

// target is the open round that a line without a button may answer: the one
// whose message it replies to, else the one that holds the room.
func (p *plan) target(in Incoming) (quiz.Round, bool) {
	if in.ReplyTo != "" {
		if no := p.meant(in); no > 0 {
			return p.room.Round(no)
		}
		if !in.Addressed && !in.Private {
			return quiz.Round{}, false // a talk about something else
		}
	}
	round, open := p.room.Open()
	if open && in.Again && !in.Missed && !in.At.IsZero() && in.At.Before(round.Asked.Add(-deliveryOrder)) {
		// Said before, and delivered late: it was about something else. That we know
		// since when the question can be read says less: after a crash or a lost answer
		// of the platform, players may have read it long before.
		return quiz.Round{}, false
	}
	return round, open
}

// deliveryOrder is how far the platform's clock and ours may differ in saying which
// of a line and a question was first.
const deliveryOrder = 2 * time.Second

// meant is the open round whose message was replied to; 0: none.
func (p *plan) meant(in Incoming) int {
	for no, message := range p.posts {
		if in.ReplyTo != "" && message == in.ReplyTo {
			return no
		}
	}
	return 0
}

// line is something said in the room, not to the bot: an answer or nothing.
func (p *plan) line(in Incoming) (Reply, bool, error) {
	round, open, err := p.late(in)
	if err != nil || strings.TrimSpace(in.Text) == "" {
		return Reply{}, false, err
	}
	late := open
	if !late {
		round, open = p.target(in)
	}
	if !open {
		return p.lateLine(in)
	}
	if unread(in, round) && !late {
		return unrevealed(in), false, nil
	}
	given, reading := quiz.Read(round.Question, round.Shown, in.Text)
	if in.ReplyTo == "" && !quiz.Casual(round.Question, round.Shown, in.Text) {
		return Reply{}, false, nil
	}
	switch reading {
	case quiz.Clear:
		return p.give(in, round.No, given)
	case quiz.Stuffed:
		if late {
			return Reply{}, false, nil // it can't be said better any more
		}
		return private(sayStuffed(round)), false, nil
	default:
		return Reply{}, false, nil
	}
}

// fewWords is how long an answer may be that comes after the end; what is longer
// is talk about the question.
const fewWords = 4

// lateLine tells those who still answer a question that is over.
func (p *plan) lateLine(in Incoming) (Reply, bool, error) {
	if in.ReplyTo == "" || talk(in.Text) {
		return Reply{}, false, nil
	}
	no, err := p.bot.store.RoundOf(p.bot.ctx, p.ref.Team, p.ref.Room, in.ReplyTo)
	if err != nil || no == 0 {
		return Reply{}, false, err
	}
	if _, open := p.room.Round(no); open {
		return Reply{}, false, nil // its message is not known to be posted yet
	}
	return p.give(in, no, quiz.Given{})
}

// words is something said to the bot: a command, a topic or an answer.
func (p *plan) words(in Incoming) (Reply, bool, error) {
	c := ParseCommand(in.Text)
	if round, late, err := p.late(in); err != nil {
		return Reply{}, false, err
	} else if late && p.answers(round, in, c) {
		given, _ := quiz.Read(round.Question, round.Shown, in.Text)
		return p.give(in, round.No, given)
	}
	round, open := p.target(in)
	pool := p.bot.pool.Load()
	_, known := pool.Topic(c.Topic)
	if open && unread(in, round) && !c.Named && c.Topic != "" && !known && c.timed(pool).Open == 0 {
		return unrevealed(in), false, nil
	}
	if open && p.answers(round, in, c) {
		given, _ := quiz.Read(round.Question, round.Shown, in.Text)
		return p.give(in, round.No, given)
	}
	if c.Named || c.Topic == "" {
		return p.command(in, c)
	}
	if known {
		return p.command(in, c)
	}
	if timed := c.timed(pool); timed.Open != 0 {
		return p.command(in, timed)
	}
	if word, ok := later(c.Topic); ok {
		return private(sayNotYet(word)), false, nil
	}
	if open && (in.Private || in.ReplyTo != "") && !slipOf(c.Topic, pool) {
		if _, reading := quiz.Read(round.Question, round.Shown, in.Text); reading == quiz.Stuffed {
			return private(sayStuffed(round)), false, nil
		}
		return private(sayUnclear(round)), false, nil
	}
	if open {
		if _, reading := quiz.Read(round.Question, round.Shown, in.Text); reading == quiz.Stuffed {
			return private(sayStuffed(round)), false, nil
		}
	}
	return private(sayNoTopic(c.Topic, pool)), false, nil
}

// answers reports that what was said to the bot answers the open question. Words of
// commands and topics go before answers, unless the whole is a right answer of
// several words or names an option; a slip in such a word uses up nobody's answer.
func (p *plan) answers(round quiz.Round, in Incoming, c Command) bool {
	given, reading := quiz.Read(round.Question, round.Shown, in.Text)
	if reading != quiz.Clear {
		return false
	}
	sure := round.Question.Kind != quiz.Text || quiz.Grade(round.Question, given)
	pool := p.bot.pool.Load()
	_, topic := pool.Topic(c.Topic)
	switch {
	case c.Named:
		return sure && len(strings.Fields(in.Text)) > 1
	case c.Topic == "":
		return false
	case topic:
		return quiz.Grade(round.Question, given)
	case sure:
		return true
	case in.ReplyTo != "":
		return true
	}
	if _, isLater := later(c.Topic); isLater || slipOf(c.Topic, pool) {
		return false
	}
	return !in.Private || quiz.Casual(round.Question, round.Shown, in.Text)
}

// slipOf reports that text is nearly one of the bot's words or topics.
func slipOf(text string, pool *quiz.Pool) bool {
	if _, near := pool.Meant(text); near {
		return true
	}
	return len(strings.Fields(text)) == 1 && nearestWord(text) != ""
}

// command plays a word that concerns this room.
func (p *plan) command(in Incoming, c Command) (Reply, bool, error) {
	if c.Odd != "" {
		return private(sayOdd(c)), false, nil
	}
	switch {
	case c.Word == WordReview:
		return p.review(in, c)
	case c.pictured():
		return p.picture(in, c)
	}
	if c.Word == WordSchedule {
		return p.schedule(in, c)
	}
	by, admin := string(in.User), in.Role == Admin
	team, err := p.bot.teamSettings(p.ref.Team)
	if err != nil {
		return Reply{}, false, err
	}
	if asks := c.Word == WordStart || c.Word == WordChallenge || c.Word == WordAsk; asks && !in.Private {
		switch {
		case !team.Rooms.Allows(p.ref.Room):
			return private(sayNotInThisRoom()), false, nil
		case c.Word != WordAsk && team.AdminsStart && !admin:
			return private(sayAdminsStart()), false, nil
		}
	}
	if c.Word == WordChallenge {
		return p.dare(in, c)
	}
	var input quiz.Input
	switch c.Word {
	case WordStart:
		if c.Variant == quiz.Accuracy && c.Speed.Percent() > 0 {
			return private(sayNoSpeed()), false, nil
		}
		start, err := p.startOf(in, c)
		if err != nil {
			return Reply{}, false, err
		}
		input = start
	case WordStop:
		input = quiz.Stop{By: by, Admin: admin || in.Private, Round: p.meant(in)}
	case WordSkip:
		input = quiz.Skip{By: by, Admin: admin || in.Private, Round: p.meant(in), All: p.bot.alone}
	case WordHint:
		input = quiz.Hint{By: by, Admin: admin || in.Private, Round: p.meant(in)}
	case WordPause:
		input = quiz.Pause{By: by, Admin: admin || in.Private}
	case WordResume:
		input = quiz.Resume{By: by, Admin: admin || in.Private}
	default:
		input = p.asking(in, c)
	}
	events, err := p.step(input)
	if err != nil {
		return Reply{}, false, err
	}
	p.name(in)
	if reply, refused := p.refusal(events, c); refused {
		return reply, false, nil
	}
	for _, e := range events {
		if hinted, ok := e.(quiz.Hinted); ok && hinted.Round.Async {
			return private(sayHintTaken(hinted, in.Aloud && !in.Private)), true, nil
		}
	}
	return Reply{}, true, nil
}

// refusal is what a player reads whose words were refused, with a pointer to the question
// that stands in the way.
func (p *plan) refusal(events []quiz.Event, c Command) (Reply, bool) {
	for _, e := range events {
		if refused, ok := e.(quiz.Refused); ok {
			card := sayRefused(refused, c, p.bot.pool.Load(), p.now)
			card.See = p.posts[refused.Round.No]
			return private(card), true
		}
	}
	return Reply{}, false
}

// give plays an answer and says what it came to.
func (p *plan) give(in Incoming, no int, given quiz.Given) (Reply, bool, error) {
	round, _ := p.room.Round(no)
	past, over := p.room.PastRound(no)
	if over {
		round = past.Round
	}
	at := p.whenGiven(in, round)
	if over && !p.inTime(in, past) {
		at = past.End.Add(1)
	}
	name := in.Name
	if name == "" {
		name = shortID(in.User)
	}
	own, err := p.bot.playerSettings(in.User)
	if err != nil {
		return Reply{}, false, err
	}
	strength, err := p.newcomer(in.User)
	if err != nil {
		return Reply{}, false, err
	}
	events, err := p.step(quiz.Give{Round: no, Player: string(in.User), Name: name, Given: given, At: at, Pace: own.Pace, Strength: strength})
	if err != nil {
		return Reply{}, false, err
	}
	for _, e := range events {
		switch e := e.(type) {
		case quiz.Answered:
			p.tally.taken++
			p.name(in)
			if p.inReplies() && !e.Late {
				return p.answeredAlone(e, events)
			}
			card := p.forTeam(sayAnswered(e.Round, e.Answer), no, in.User)
			if !in.Aloud { // it is nobody else's
				card.Footer = withPace(card.Footer, e.Answer, own.Pace)
			}
			if e.Late {
				return private(sayAnsweredLate(card, e.Answer)), true, nil
			}
			return p.aloud(in, e.Round, private(card)), true, nil
		case quiz.Repeated:
			p.tally.repeated++
			return p.aloud(in, e.Round, private(p.goOn(sayRepeated(e.Round, e.Answer)))), false, nil
		case quiz.Refused: // a duel of two others
			if in.Choice == "" && !in.Addressed {
				return Reply{}, false, nil // people talk while they watch
			}
			return private(sayDuelOnly()), false, nil
		case quiz.Unrevealed:
			if over {
				return p.tooLate(in, no)
			}
			return private(sayUnrevealed()), false, nil
		case quiz.Overdue:
			p.tally.late++
			return private(sayOverdue(e.Clock, in.Aloud && !in.Private)), false, nil
		case quiz.Late:
			return p.tooLate(in, no)
		}
	}
	return Reply{}, false, nil
}

// tooLate is what a player reads who answers a round that is over, or never was.
func (p *plan) tooLate(in Incoming, no int) (Reply, bool, error) {
	before, ok, err := p.bot.store.Given(p.bot.saving, p.ref.Team, p.ref.Room, no, in.User)
	if err != nil && !errors.Is(err, context.Canceled) {
		return Reply{}, false, err
	}
	p.tally.late++
	return private(p.goOn(sayLate(before, ok))), false, nil
}
