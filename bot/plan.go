package bot

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"quizbot/quiz"
)

// plan is what a batch of jobs will do to a room, while it is being decided.
type plan struct {
	bot    *Bot
	ref    RoomRef
	now    time.Time
	snap   Snapshot
	room   quiz.Room
	posts  map[int]MessageID
	marks  map[string]MessageID
	direct UserID
	daily  *quiz.Daily // nil: none; what it points to does not change
	causes map[string]bool
	change Change
	closed bool // a round was
	tally  tally
	// partial is what players have picked so far of answers with several parts. It is
	// the mailbox's, and not kept: whoever is interrupted begins anew.
	partial partials
	// alone: what is decided now was said where nobody reads along.
	alone bool
}

func newPlan(b *Bot, ref RoomRef, snap Snapshot, partial partials) *plan {
	now := b.now()
	return &plan{
		bot: b, ref: ref, now: now, snap: snap, partial: partial,
		room: snap.State.Room, posts: snap.State.Posts, marks: snap.State.Marks, direct: snap.State.Direct, daily: snap.State.Daily, causes: map[string]bool{},
		change: Change{Team: ref.Team, Room: ref.Room, From: snap.Rev, At: now},
	}
}

// idle reports that there is nothing to write.
func (p *plan) idle() bool {
	c := p.change
	return len(c.Causes) == 0 && c.State == nil && len(c.Answers) == 0 && len(c.Clocks) == 0 && len(c.Out) == 0 && len(c.Begun) == 0 && len(c.Settled) == 0
}

func (p *plan) commit(ctx context.Context, s Rooms) error {
	if p.idle() {
		return nil
	}
	return s.Commit(ctx, p.change)
}

// after is the room once the plan is committed.
func (p *plan) after() Snapshot {
	s := Snapshot{Rev: p.snap.Rev, State: p.state(p.posts)}
	if !p.idle() {
		s.Rev++
	}
	return s
}

// step plays one input and writes down what came of it.
func (p *plan) step(in quiz.Input) ([]quiz.Event, error) {
	room, events, err := quiz.Step(p.room, in, p.now, p.bot.pool.Load())
	if err != nil {
		return nil, err
	}
	p.room = room
	p.heedPost(in)
	if changesState(in, events) {
		p.keepState()
	}
	for _, e := range events {
		p.write(e)
	}
	return events, nil
}

// changesState reports that more than the answers of a round may have changed.
// An answer alone is written without the room, so that it stays a small write; one that
// ends its question, in a review, is not alone.
func changesState(in quiz.Input, events []quiz.Event) bool {
	switch in.(type) {
	case quiz.Reveal:
		return false // a clock alone is a small write too
	case quiz.Give: // one that came late is still to be told
		return slices.ContainsFunc(events, func(e quiz.Event) bool {
			a, counts := e.(quiz.Answered)
			return counts && (a.Late || a.Joined || a.Round.Review)
		})
	case quiz.Posted, quiz.Lost:
		return true
	}
	for _, e := range events {
		if _, refused := e.(quiz.Refused); !refused {
			return true
		}
	}
	return false
}

// state is the room as it is by now.
func (p *plan) state(posts map[int]MessageID) State {
	return State{Room: p.room, Posts: posts, Marks: p.marked(), Direct: p.direct, Daily: p.daily}
}

// keepState writes the room as it is by now.
func (p *plan) keepState() {
	posts := map[int]MessageID{}
	for no, id := range p.posts {
		if _, open := p.room.Round(no); open {
			posts[no] = id
		}
	}
	p.posts = posts
	p.partial.keep(p.room)
	state := p.state(posts)
	p.change.State, p.change.Wake = &state, state.Wake()
	p.change.Past, p.change.Forgotten = nil, nil
	for _, past := range p.room.Past {
		if _, known := p.snap.State.Room.PastRound(past.Round.No); !known {
			p.change.Past = append(p.change.Past, past)
		}
	}
	for _, past := range p.snap.State.Room.Past {
		if _, kept := p.room.PastRound(past.Round.No); !kept {
			p.change.Forgotten = append(p.change.Forgotten, past.Round.No)
		}
	}
	for _, round := range p.snap.State.Room.Rounds {
		_, open := p.room.Round(round.No)
		if _, past := p.room.PastRound(round.No); round.Async && !open && !past {
			p.change.Forgotten = append(p.change.Forgotten, round.No)
		}
	}
}

// write turns an event into what is stored and what the room reads.
func (p *plan) write(e quiz.Event) {
	n := &naming{hidden: p.hidden}
	switch e := e.(type) {
	case quiz.Asked:
		card := sayQuestion(e, p.tag(), p.alone || p.direct != "")
		if e.Round.Async {
			card = sayAsync(e.Round, p.tag())
		}
		p.out(Outgoing{Key: p.key("r%d-ask", e.Round.No), Round: e.Round.No, Card: card}, n)
	case quiz.Revealed:
		if !e.Again {
			p.change.Clocks = append(p.change.Clocks, ClockAt{Room: p.ref.Room, Round: e.Round.No, Clock: e.Clock})
		}
	case quiz.Closed:
		p.closed = true
		if due := e.Round.Closes; !due.IsZero() && !p.now.Before(due) {
			p.tally.due = append(p.tally.due, due) // one that was ended early is not late
		}
		p.out(Outgoing{Key: p.key("r%d-close", e.Round.No), Edit: p.key("r%d-ask", e.Round.No), Card: sayClosed(e, n)}, n)
	case quiz.Amended:
		p.closed = true
		// Its key is its own, for the first close may still wait to be sent.
		p.out(Outgoing{Key: p.key("r%d-close-%d", e.Round.No, p.change.From+1), Edit: p.key("r%d-ask", e.Round.No), Card: sayClosed(quiz.Closed(e), n)}, n)
	case quiz.Corrected:
		p.out(Outgoing{Card: sayCorrected(e, n)}, n)
	case quiz.Answered:
		a := e.Answer
		p.change.Answers = append(p.change.Answers, Entry{
			Room: p.ref.Room, Round: e.Round.No, Player: UserID(a.Player), Pack: e.Round.Pack, Question: e.Round.Question.ID,
			At: a.At, Given: a.Given, Right: a.Right, Points: a.Points, Speed: a.Speed, Streak: a.Streak, Hinted: e.Round.Hinted,
		})
	case quiz.Started:
		if e.Game.Duel {
			p.out(Outgoing{Card: sayDuelStarted(e, n)}, n)
			return
		}
		if len(e.Game.Teams) > 0 {
			p.out(Outgoing{Key: p.joinKey(e.Game.First), Card: sayTeamsStarted(e, p.tag())}, n)
			return
		}
		p.out(Outgoing{Card: sayStarted(e)}, n)
	case quiz.TeamsMade:
		p.outEnd(p.joinKey(e.Game.First), Outgoing{Key: p.key("t%d-made", e.Game.First), Card: sayTeamsMade(e, n)}, n)
	case quiz.Dared:
		p.out(Outgoing{Key: p.dareKey(e.Challenge.No), Card: sayDared(e, p.tag(), n)}, n)
	case quiz.DareOver:
		p.outEnd(p.dareKey(e.Challenge.No), Outgoing{Key: p.key("d%d-end", e.Challenge.No), Card: sayDareOver(e, n)}, n)
	case quiz.Scored:
		p.out(Outgoing{Card: sayScored(e, n)}, n)
	case quiz.Paused:
		p.out(Outgoing{Card: sayPaused(e)}, n)
	case quiz.Resumed:
		p.out(Outgoing{Card: sayResumed(e)}, n)
	case quiz.Ended:
		if e.Game.Review {
			if !p.inReplies() { // there the reply says it
				p.out(Outgoing{Card: p.reviewEnded(e)}, n)
			}
			return
		}
		p.out(Outgoing{Card: sayEnded(e, n)}, n)
	case quiz.Hinted:
		if e.Round.Async {
			return // the hint is for those who have read the question
		}
		p.out(Outgoing{Card: sayHint(e)}, n)
	}
}

// hidden reports that a player is not to be named to others. Whom nobody can ask about is
// not named either.
func (p *plan) hidden(player string) bool {
	own, err := p.bot.playerSettings(UserID(player))
	if err != nil {
		p.bot.log.Warn("a player's settings were not read, so the player is not named", "room", p.ref.Room, "err", err)
	}
	return own.Hidden || err != nil
}

// key names a message of this room, apart from those of a room that had its place
// in another database.
func (p *plan) key(format string, numbers ...any) string {
	return fmt.Sprintf(format, numbers...) + "-" + tagOf(p.room)
}

// out adds a message, whose names n has called, to the outbox. Without a key of its own
// it is named by the revision that it is written at, which no other message of the room
// can share.
func (p *plan) out(o Outgoing, n *naming) {
	if p.inReplies() {
		return // nobody can read it there
	}
	o.Room = p.ref.Room
	o.Card, o.Names = n.place(o.Card)
	if o.Key == "" {
		o.Key = p.key("v%d-%d", p.change.From+1, len(p.change.Out))
	}
	p.change.Out = append(p.change.Out, o)
}

// cause records a delivery that has an effect or an answer.
func (p *plan) cause(id string) {
	p.causes[id] = true
	p.change.Causes = append(p.change.Causes, id)
}

// name records what a person is called.
func (p *plan) name(in Incoming) {
	if in.Name == "" {
		return
	}
	if p.change.Names == nil {
		p.change.Names = map[UserID]string{}
	}
	p.change.Names[in.User] = in.Name
}

// take decides one job.
func (p *plan) take(j *job, seen map[string]bool) error {
	if j.inner {
		return p.takeInner(j)
	}
	if seen[j.in.ID] || p.causes[j.in.ID] {
		j.reply = p.again(j.in)
		return nil
	}
	p.alone = j.in.Private
	reply, effect, err := p.decide(j.in)
	p.alone = false
	if err != nil {
		return err
	}
	j.reply, j.effect = reply, effect
	shows := reply.Form != nil && j.in.Choice != "" // a form that opens changes nothing, and may open again
	if effect || reply.Card != nil && !shows {
		p.cause(j.in.ID)
		if (j.in.Private || p.inReplies()) && p.direct != j.in.User {
			p.direct = j.in.User
			p.keepState()
		}
	}
	return nil
}

func (p *plan) takeInner(j *job) error {
	if p.snap.Rev == 0 {
		return nil // the room is gone: nothing of it is to be recorded any more
	}
	if j.begun != "" {
		p.change.Begun = append(p.change.Begun, j.begun)
	}
	if j.settled != nil {
		p.settle(*j.settled)
	}
	for _, in := range j.inputs {
		if _, err := p.step(in); err != nil {
			return err
		}
		if _, ticks := in.(quiz.Tick); ticks {
			if err := p.onTime(); err != nil {
				return err
			}
			if p.change.State == nil {
				p.keepState() // it was due for something that is not there any more: not again
			}
		}
	}
	return nil
}

func (p *plan) settle(r Receipt) {
	p.change.Settled = append(p.change.Settled, r)
	p.noteMark(r)
	if r.Round > 0 && r.Message != "" {
		p.posts = maps.Clone(p.posts)
		if p.posts == nil {
			p.posts = map[int]MessageID{}
		}
		p.posts[r.Round] = r.Message
	}
}

// learn takes the message of a round from a press on it, where its delivery is
// still in doubt: its close can then be shown there.
func (p *plan) learn(in Incoming, round quiz.Round) error {
	if in.Pressed == "" || p.posts[round.No] != "" || p.inReplies() {
		return nil
	}
	p.settle(Receipt{Key: p.key("r%d-ask", round.No), Message: in.Pressed, Round: round.No})
	if _, err := p.step(quiz.Posted{Round: round.No, At: p.shownWhen(in)}); err != nil {
		return err
	}
	p.keepState()
	return nil
}

// again is what a delivery that was handled before is told: for a press, what
// the press came to; nothing for words.
func (p *plan) again(in Incoming) Reply {
	reply := Reply{Seen: true}
	pressed, ok := parsePress(in.Choice)
	if !ok || pressed.tag != p.tag() {
		return reply
	}
	round, open := p.room.Round(pressed.round)
	past, over := p.room.PastRound(pressed.round)
	if over {
		round = past.Round
	}
	if !open && !over {
		return reply
	}
	if pressed.show {
		reply.Card = p.revealed(in, round)
		return reply
	}
	// One that came too late was told that the question is closed. Another press of the
	// same player may have counted all the same, so where the round is over this one must
	// be in time, and said when the answer was.
	ended := over || !round.Closes.IsZero() && p.when(in, round.Asked).After(round.Closes)
	own := func(a quiz.Answer) bool { return a.At.Equal(in.At) && (!over || p.inTime(in, past)) }
	if a, answered := round.Answer(string(in.User)); answered && (!ended || own(a)) {
		card := sayRepeated(round, a)
		given, complete, ok := pressed.given(round)
		if pressed.typed {
			var reading quiz.Reading
			given, reading = quiz.Read(round.Question, round.Shown, in.filled(fieldAnswer))
			complete, ok = reading == quiz.Clear, typed(round.Question)
		}
		if ok && complete && slices.Equal(given.Picks, a.Given.Picks) && given.Text == a.Given.Text {
			card = p.forTeam(sayAnswered(round, a), round.No, in.User)
		}
		card = p.goOn(card)
		reply.Card = &card
	}
	return reply
}

// when is the time that something was said: the platform's word for it where
// that is plausible, else now. A clock that runs ahead of ours doesn't count.
func (p *plan) when(in Incoming, asked time.Time) time.Time {
	if in.At.IsZero() || in.At.After(p.now) || in.At.Before(asked) {
		return p.now
	}
	return in.At
}

// shortID is what a player without a known name is called.
func shortID(u UserID) string {
	s := string(u)
	if i := slices.Index([]byte(s), '/'); i >= 0 {
		s = s[i+1:]
	} else if i := slices.Index([]byte(s), ':'); i >= 0 {
		s = s[i+1:]
	}
	return "player " + cleanName(s)
}
