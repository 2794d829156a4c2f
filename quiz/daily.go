package quiz

import (
	"slices"
	"time"

	"quizbot/quiz/calendar"
)

// A room can be asked a question by the clock on its people's walls, on some days of the
// week. Whatever happens - the program is away, clocks are set, the room is shut - there is
// one question for one day or none, and never a row of those that were missed.

// How long a daily question is open. With the least, half of it is still a long question.
const (
	MinDaily     = 2 * BlockingLimit
	DefaultDaily = 8 * time.Hour
	MaxDaily     = 24 * time.Hour
)

// MaxDailyTopics bounds how many topics a daily question can be about in turn.
const MaxDailyTopics = 20

const (
	// putOff is how long a daily question waits that can't be asked just now.
	putOff = 10 * time.Minute
	// punctual is how late it may be asked and still stay open for its whole time.
	punctual = time.Minute
	// rarest is how many days pass at most between tries in a room that is shut.
	rarest = 7
)

// Daily is a room's daily question: when, about what, and how far it is. It is a value.
type Daily struct {
	// Off: nothing is asked. What was asked last is still known, so that a plan that follows
	// on the same day doesn't bring that day a second question.
	Off bool `json:"off,omitempty"`

	Plan   calendar.Plan `json:"plan"`
	Topics []string      `json:"topics,omitempty"` // pack IDs, in turn; none: all packs
	Open   time.Duration `json:"open"`             // how long each is open, ns

	Day  calendar.Date `json:"day,omitzero"`  // whose question is next
	Next time.Time     `json:"next,omitzero"` // when it is to be asked, or looked at again

	// What was asked last: for which day, about which topic, in which round.
	Asked calendar.Date `json:"asked,omitzero"`
	Last  string        `json:"last,omitempty"`
	Round int           `json:"round,omitempty"`

	// Lost is how many in a row could not be posted, and Trouble why there was none on
	// the day Without.
	Lost    int           `json:"lost,omitempty"`
	Trouble Trouble       `json:"trouble,omitempty"`
	Without calendar.Date `json:"without,omitzero"`
}

// Trouble is why a day had no question.
type Trouble string

// The troubles.
const (
	Missed    Trouble = "missed"    // nobody was there to ask it
	Shut      Trouble = "shut"      // nothing can be written in the room
	Unposted  Trouble = "unposted"  // the platform would not take it
	Crowded   Trouble = "crowded"   // too many long questions are open
	Topicless Trouble = "topicless" // none of its topics is there
	Barred    Trouble = "barred"    // the bot may not ask in this room
)

// Scheduled is the plan with the time of its next question. A day that had its question
// gets no other, unless that day is still to come: then a clock was wrong.
func (d Daily) Scheduled(now time.Time, loc *time.Location) Daily {
	if d.Asked.After(calendar.DateOf(now.In(loc))) {
		d.Asked = calendar.Date{}
	}
	d.Day, d.Next, _ = d.Plan.Next(d.Asked, now, loc)
	d.Lost, d.Trouble, d.Without = 0, "", calendar.Date{}
	return d
}

// Turn says what is to be done at now: ask a question that stays open for so long, or,
// where that is 0, nothing; d is then the plan as it goes on. What is asked late still
// closes when it was meant to.
func (d Daily) Turn(now time.Time, loc *time.Location) (open time.Duration, after Daily) {
	if d.Next.IsZero() || now.Before(d.Next) {
		return 0, d
	}
	due, there := calendar.On(d.Day, d.Plan.At, loc)
	if there && due.After(now) { // the zone's rules have changed since it was worked out
		d.Next = due
		return 0, d
	}
	late := now.Sub(due)
	if !there || late > d.Open/2 {
		return 0, d.Skipped(Missed, now, loc)
	}
	open = d.Open
	if _, next, ok := d.Plan.Next(d.Day, now, loc); ok {
		open = min(open, next.Sub(due))
	}
	if late >= punctual {
		open = (open - late).Truncate(time.Minute)
	}
	return open, d
}

// Skipped goes on to the next day, for this one gets no question.
func (d Daily) Skipped(why Trouble, now time.Time, loc *time.Location) Daily {
	d.Trouble, d.Without = why, d.Day
	return d.onward(now, loc)
}

// Later puts this day's question off for a little, as long as it is worth asking.
func (d Daily) Later(now time.Time) Daily {
	d.Next = now.Add(putOff)
	return d
}

// Put notes that this day's question is asked, about that topic, and goes on.
func (d Daily) Put(round int, topic string, now time.Time, loc *time.Location) Daily {
	d.Asked, d.Round, d.Last = d.Day, round, topic
	return d.onward(now, loc)
}

// Posted notes that a round can be read in the room.
func (d Daily) Posted(round int) Daily {
	if round == d.Round {
		d.Lost, d.Trouble, d.Without = 0, "", calendar.Date{}
	}
	return d
}

// Missing notes that a round could not be posted. Where another might be, the day is tried
// again, ever more rarely; where the room is shut, a later day.
func (d Daily) Missing(round int, shut bool, now time.Time, loc *time.Location) Daily {
	if round != d.Round || round == 0 {
		return d
	}
	d.Trouble, d.Without, d.Round = Unposted, d.Asked, 0
	d.Lost++
	again := min(d.Lost-1, 10) // bounds the shift
	if !shut {
		if late := now.Add(putOff << again); d.worth(d.Asked, late, loc) {
			d.Day, d.Next = d.Asked, late
		}
		return d
	}
	d.Trouble = Shut
	days := min(1<<again, rarest) - 1
	d.Day, d.Next, _ = d.Plan.Next(d.Asked, now.AddDate(0, 0, days), loc)
	return d
}

// worth reports that a day's question can still be asked at that time.
func (d Daily) worth(day calendar.Date, at time.Time, loc *time.Location) bool {
	due, ok := calendar.On(day, d.Plan.At, loc)
	return ok && at.Sub(due) <= d.Open/2
}

// onward is the plan on its next day.
func (d Daily) onward(now time.Time, loc *time.Location) Daily {
	d.Day, d.Next, _ = d.Plan.Next(d.Day, now, loc)
	return d
}

// Topic is what the next question is about: the topics in turn, or, where none is named,
// all packs in the order of their IDs. ok is false when none has something to ask.
func (d Daily) Topic(pool *Pool) (id string, ok bool) {
	there := func(id string) bool {
		pack, known := pool.Topic(id)
		return known && pack.ID == id && len(pack.Questions) > 0 // an alias is none: it may come to mean another pack
	}
	ids, from := d.Topics, slices.Index(d.Topics, d.Last)+1
	if len(ids) == 0 {
		for _, pack := range pool.Packs() {
			ids = append(ids, pack.ID)
		}
		from, _ = slices.BinarySearch(ids, d.Last+"\x00") // behind it, also when it is gone
	}
	for i := range ids {
		if id := ids[(from+i)%len(ids)]; there(id) {
			return id, true
		}
	}
	return "", false
}
