package bot

import (
	"cmp"
	"unicode/utf8"

	"quizbot/quiz"
)

// Form is something for one person to fill in, beside the room: a modal. All of it is
// plain text, as in a Card. It comes back as an Incoming whose Choice is its ID, by the
// same way as a press, so what holds of presses holds of it: it counts once however often
// it is delivered, it may come late or after a restart, and it is acknowledged when its
// effect is on disk.
type Form struct {
	// ID comes back as Incoming.Choice. It is like Choice.ID, and no more to be trusted.
	ID     string
	Title  string   // a few words; the shortest platform shows 24 characters
	Body   []string // paragraphs above the fields; where there is no place for them they are left out
	Fields []Field  // one to MaxFields
	Submit string   // what the button that sends it says, in up to 24 characters
}

// MaxFields is how many fields every platform shows in one form.
const MaxFields = 5

// Limits of what is typed into a form, in characters: MaxField is what every platform
// takes in one field, MaxFilled what all of a form's fields together can matter.
const (
	MaxField  = 3000
	MaxFilled = 4 * MaxField
)

// Field is one thing to fill in.
type Field struct {
	ID    string // comes back as Filled.Field: a-z, 0-9 and '-', unique in its form
	Label string // what stands above it, up to 45 characters
	Hint  string // what stands below it, up to 100 characters; "" for none
	Many  bool   // several lines
	// Min and Max are how long the text may be, in characters; 0: no bound but MaxField.
	Min, Max int
	Value    string // what it holds when it is opened
	Optional bool   // it may be left empty
	// Options are what can be chosen, up to 25; nil: it is typed.
	Options []Option
}

// Option is one value that a field offers.
type Option struct {
	Value string // comes back; up to 75 characters, unique in its field
	Text  string // up to 75 characters
}

// Filled is what somebody has filled into a field; Value is "" where it was left empty.
type Filled struct{ Field, Value string }

// Fault is why what was filled into a field can't be taken. Text is a sentence or two.
type Fault struct{ Field, Text string }

// filled is what was filled into a field; "" where there is none.
func (in Incoming) filled(field string) string {
	for _, f := range in.Fields {
		if f.Field == field {
			return f.Value
		}
	}
	return ""
}

// bounded are fields of which no more is kept than can matter.
func bounded(fields []Filled) []Filled {
	var out []Filled
	left := MaxFilled * utf8.UTFMax
	for _, f := range fields[:min(len(fields), MaxFields)] {
		f.Field, f.Value = cutBytes(f.Field, maxPress), cutBytes(f.Value, left)
		left -= len(f.Value)
		out = append(out, f)
	}
	return out
}

// OpensForm reports that a press of that button shows a form and changes nothing: a
// platform that lets forms be opened for a moment only should hand it on before all else.
func OpensForm(choice string) bool {
	pressed, ok := parsePress(choice)
	return ok && pressed.opens
}

// openBeside answers a press that opens a form without waiting for its room; false where
// the room has to decide it, for it is not as simple as that or nobody has looked at the
// room of late.
func (b *Bot) openBeside(j *job) bool {
	pressed, ok := parsePress(j.in.Choice)
	if !ok || !pressed.opens {
		return false
	}
	snap := b.rooms.latest(RoomRef{Team: j.in.Team, Room: j.in.Room})
	if snap == nil {
		return false
	}
	own := &plan{ref: RoomRef{Team: j.in.Team, Room: j.in.Room}, room: snap.State.Room}
	round, open := snap.State.Room.Round(pressed.round)
	_, answered := round.Answer(string(j.in.User))
	now := b.now()
	switch {
	case pressed.tag != own.tag() || !open || answered || own.room.Bars(pressed.round, string(j.in.User)) || !typed(round.Question):
		return false
	case round.Closes.IsZero() || !now.Before(round.Closes):
		return false // its message is in doubt, or it is about to close
	case round.Async:
		if clock, ok := round.Clock(string(j.in.User)); !ok || now.After(clock.Until) {
			return false // it is not to be read, or no longer
		}
	}
	j.reply = formReply(round, pressed.tag)
	j.finish()
	return true
}

// latest is the room as it was when something was last decided in it; nil where nobody
// remembers that.
func (r *rooms) latest(ref RoomRef) *Snapshot {
	r.mu.Lock()
	box := r.boxes[ref]
	r.mu.Unlock()
	if box == nil {
		return nil
	}
	return box.latest.Load()
}

// typed: the answer is words or a number, and so no button can give it.
func typed(q quiz.Question) bool { return q.Kind == quiz.Text || q.Kind == quiz.Number }

// fieldAnswer is the field of a typed answer.
const fieldAnswer = "answer"

func formReply(r quiz.Round, tag string) Reply {
	card := sayFormLost()
	return Reply{Form: sayAnswerForm(r, tag), Card: &card}
}

// form is a press that asks for the form of a typed answer, or the form filled in. The
// player has not answered yet; open is false for a round that is over, where an answer
// that was given in time still counts.
func (p *plan) form(in Incoming, pressed press, round quiz.Round, open bool) (Reply, bool, error) {
	if !typed(round.Question) {
		return private(p.goOn(sayOldButton())), false, nil
	}
	if card, refused := p.outOfTime(in, round); refused {
		return private(card), false, nil
	}
	if pressed.opens {
		if !open {
			return private(sayLate(Entry{}, false)), false, nil
		}
		return formReply(round, p.tag()), false, nil
	}
	given, reading := quiz.Read(round.Question, round.Shown, in.filled(fieldAnswer))
	switch {
	case reading == quiz.Clear:
		return p.give(in, round.No, given)
	case !open:
		return private(sayLate(Entry{}, false)), false, nil
	case reading == quiz.Stuffed:
		return p.faulty(round, sayStuffed(round)), false, nil
	default:
		return p.faulty(round, sayUnclear(round)), false, nil
	}
}

// faulty says what is wrong with a typed answer: at its field where the form can be kept
// open, else with a way to open it again.
func (p *plan) faulty(round quiz.Round, c Card) Reply {
	reply := Reply{Faults: []Fault{{Field: fieldAnswer, Text: sayFault(c)}}}
	if p.inReplies() {
		c = p.goOn(c)
	} else {
		c.Choices = append(c.Choices, formChoice(round, p.tag(), labelAnswerAgain))
	}
	reply.Card = &c
	return reply
}

// formChoice is the button that opens the form of a typed answer.
func formChoice(r quiz.Round, tag, label string) Choice {
	return Choice{ID: press{round: r.No, tag: tag, opens: true}.String(), Text: label}
}

// refusedForm is what somebody reads whose form is not taken now, as c says: at its first
// field, where the form can be kept open.
func refusedForm(in Incoming, c Card) Reply {
	return Reply{Card: &c, Faults: []Fault{{Field: cmp.Or(in.Fields[0].Field, fieldAnswer), Text: sayFault(c)}}}
}
