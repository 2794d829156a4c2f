package bot

import (
	"time"

	"quizbot/quiz"
	"quizbot/quiz/calendar"
)

// A room's daily question is part of its state: when the next one is due is written with
// the question before, in one transaction. So it is asked once, however often the bot
// dies or looks at its clock.

// Wake is when the room next needs a tick, for whatever reason; zero: never.
func (s State) Wake() time.Time {
	wake := s.Room.Wake()
	if d := s.Daily; d != nil && !d.Next.IsZero() && (wake.IsZero() || d.Next.Before(wake)) {
		wake = d.Next
	}
	return wake
}

// schedule is the word for the daily question of this room. Everybody may read what is set.
func (p *plan) schedule(in Incoming, c Command) (Reply, bool, error) {
	pool := p.bot.pool.Load()
	said, fault := readSchedule(c.Args, pool)
	switch {
	case c.Args == "":
		return private(p.dailyCard("The daily question here")), false, nil
	case in.Role != Admin && !in.Private && !p.bot.alone:
		return private(sayScheduleForAdmins()), false, nil
	case said.off && !p.asksDaily():
		return private(sayNoDaily()), false, nil
	case said.off:
		p.setDaily(&quiz.Daily{Off: true, Asked: p.daily.Asked, Last: p.daily.Last, Round: p.daily.Round})
		return private(sayDailyOff()), true, nil
	}
	if fault == nil && said.zone == "" && p.daily != nil {
		said.zone = p.daily.Plan.Zone
	}
	if fault == nil && said.zone == "" {
		fault = &fit{kind: noZone}
	}
	if fault != nil {
		return private(sayMisfit(*fault, pool)), false, nil
	}
	loc, err := p.bot.zone(said.zone)
	if err != nil {
		p.bot.log.Error("time zone not found", "zone", said.zone, "err", err)
		return private(sayZoneLost(said.zone)), false, nil
	}
	d := quiz.Daily{Plan: calendar.Plan{At: said.at, Days: said.days, Zone: said.zone}, Topics: said.topics, Open: said.open}
	if p.daily != nil {
		d.Asked, d.Last, d.Round = p.daily.Asked, p.daily.Last, p.daily.Round
	}
	d = d.Scheduled(p.now, loc)
	p.setDaily(&d)
	return private(p.dailyCard("The daily question is set")), true, nil
}

// asksDaily reports that the room has a daily question, and it is not turned off.
func (p *plan) asksDaily() bool { return p.daily != nil && !p.daily.Off }

// setDaily changes the room's daily question.
func (p *plan) setDaily(d *quiz.Daily) {
	p.daily = d
	p.keepState()
}

// dailyCard says what is set. In a zone whose rules are not found times are said in UTC alone.
func (p *plan) dailyCard(title string) Card {
	if !p.asksDaily() {
		return sayNoDaily()
	}
	loc, err := p.bot.zone(p.daily.Plan.Zone)
	if err != nil {
		loc = time.UTC
	}
	return sayDaily(title, *p.daily, loc, p.bot.pool.Load())
}

// onTime asks the daily question when it is due, or says why not.
func (p *plan) onTime() error {
	if !p.asksDaily() || p.now.Before(p.daily.Next) {
		return nil
	}
	loc, err := p.bot.zone(p.daily.Plan.Zone)
	if err != nil {
		p.bot.log.Error("daily question waits: its time zone is not found", "team", p.ref.Team, "room", p.ref.Room, "zone", p.daily.Plan.Zone, "err", err)
		d := p.daily.Later(p.now)
		p.setDaily(&d)
		return nil
	}
	open, d := p.daily.Turn(p.now, loc)
	switch {
	case open == 0 && d.Trouble == quiz.Missed && d.Without != p.daily.Without:
		p.leftOut(d)
	case open > 0 && !p.askable():
		d = d.Later(p.now)
	case open > 0:
		return p.askDaily(d, open, loc)
	}
	p.setDaily(&d)
	return nil
}

// askable reports that a question could be posted now, as far as is known here: there is a
// messenger, and the one before does not still wait for it.
func (p *plan) askable() bool {
	before, open := p.room.Round(p.daily.Round)
	waits := open && before.Closes.IsZero()
	return p.bot.messengers[p.ref.Room.Platform()] != nil && !waits
}

// askDaily asks the day's question.
func (p *plan) askDaily(d quiz.Daily, open time.Duration, loc *time.Location) error {
	team, err := p.bot.teamSettings(p.ref.Team)
	if err != nil {
		return err
	}
	plain := p.direct != "" // nobody reads along there
	topic, there := d.Topic(p.bot.pool.Load())
	switch {
	case !plain && !team.Rooms.Allows(p.ref.Room):
		p.skipDaily(d.Skipped(quiz.Barred, p.now, loc))
		return nil
	case !there:
		if d.Trouble != quiz.Topicless { // it is told once
			p.out(Outgoing{Card: sayTopicless(d)}, &naming{})
		}
		p.skipDaily(d.Skipped(quiz.Topicless, p.now, loc))
		return nil
	}
	events, err := p.step(quiz.Ask{Topic: topic, Seed: p.bot.seed(), Open: open, Plain: plain, Daily: true})
	if err != nil {
		return err
	}
	for _, e := range events {
		if asked, ok := e.(quiz.Asked); ok {
			d = d.Put(asked.Round.No, topic, p.now, loc)
			p.setDaily(&d)
			return nil
		}
	}
	p.skipDaily(d.Skipped(quiz.Crowded, p.now, loc))
	return nil
}

// skipDaily goes on to another day.
func (p *plan) skipDaily(d quiz.Daily) {
	p.leftOut(d)
	p.setDaily(&d)
}

// leftOut has the operator's log say that a day has no question.
func (p *plan) leftOut(d quiz.Daily) {
	p.bot.log.Warn("daily question left out", "team", p.ref.Team, "room", p.ref.Room, "day", d.Without, "why", string(d.Trouble), "next", d.Next)
}

// heedPost takes note of what became of the daily question's post.
func (p *plan) heedPost(in quiz.Input) {
	if !p.asksDaily() {
		return
	}
	switch in := in.(type) {
	case quiz.Posted:
		d := p.daily.Posted(in.Round)
		p.daily = &d
	case quiz.Lost:
		loc, err := p.bot.zone(p.daily.Plan.Zone)
		if err != nil || in.Round != p.daily.Round {
			return
		}
		d := p.daily.Missing(in.Round, in.Mute, p.now, loc)
		p.daily = &d
		p.leftOut(d)
	}
}
