package transcript

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"quizbot/quiz"
)

// silent is how long "bot says nothing" listens.
const silent = 500 * time.Millisecond

// Play plays the transcript on a stage that was set up for it. grace is how long
// the bot may take for each thing that it is expected to say. The error names
// the line that wasn't kept to and what was said instead; it wraps ErrCannot
// when the stage can't play this transcript.
func (s *Script) Play(ctx context.Context, stage Stage, grace time.Duration) error {
	p := &play{ctx: ctx, stage: stage, setup: s.Setup, grace: grace, room: Room{Name: defaultRoom}}
	for _, l := range s.lines {
		if err := l.step.play(p); err != nil {
			return fmt.Errorf("%s:%d: %s: %w%s", s.File, l.no, l.text, err, p.last(err))
		}
	}
	if err := p.nothingUnread(); err != nil {
		return fmt.Errorf("%s: after the last line: %w%s", s.File, err, p.last(err))
	}
	return nil
}

// play is a transcript under way.
type play struct {
	ctx   context.Context
	stage Stage
	setup Setup
	grace time.Duration
	room  Room

	heard []Heard
	read  []bool // by index of heard
	done  int    // deliveries so far
	// repeats: since a redelivery people may read again what they have read before.
	repeats bool
}

// last shows the end of what was heard.
func (p *play) last(err error) string {
	if errors.Is(err, ErrCannot) {
		return ""
	}
	var b strings.Builder
	from := max(0, len(p.heard)-6)
	b.WriteString("\nThe last that was heard:")
	for i, h := range p.heard[from:] {
		mark := "unread"
		if p.read[from+i] {
			mark = "read"
		}
		fmt.Fprintf(&b, "\n--- %s (%s)\n%s", h.describe(), mark, h.Text)
	}
	return b.String()
}

func (h Heard) describe() string {
	s := "in " + h.Room + ": new message " + h.Message
	if h.Edit {
		s = "in " + h.Room + ": edit of message " + h.Message
	}
	if h.Form {
		s = "in " + h.Room + ": form " + h.Message
	}
	if h.To != "" {
		s += " to " + h.To + " alone"
	}
	return s
}

// listen takes in what the bot has said, and waits for some where there is none.
func (p *play) listen(within time.Duration) error {
	more, err := p.stage.Hear(p.ctx, len(p.heard), within)
	if err != nil {
		return err
	}
	for _, h := range more {
		again := p.repeats && (h.To != "" || strings.HasPrefix(h.Room, "direct ")) && p.hasHeard(h)
		p.heard = append(p.heard, h)
		p.read = append(p.read, again)
	}
	return nil
}

// hasHeard reports that the same words were said there before.
func (p *play) hasHeard(h Heard) bool {
	return slices.ContainsFunc(p.heard, func(before Heard) bool {
		return before.Room == h.Room && before.To == h.To && before.Text == h.Text
	})
}

// nothingUnread fails when the bot has said what the transcript doesn't have.
func (p *play) nothingUnread() error {
	if err := p.listen(0); err != nil {
		return err
	}
	if i := slices.Index(p.read, false); i >= 0 {
		return fmt.Errorf("before this, the bot said what is not in the transcript, %s: %q", p.heard[i].describe(), p.heard[i].Text)
	}
	return nil
}

func (w where) play(p *play) error {
	p.room = w.room
	return nil
}

func (s pass) play(p *play) error {
	if err := p.nothingUnread(); err != nil {
		return err
	}
	if s.skip {
		return p.stage.Skip(p.ctx, s.d)
	}
	return p.stage.Pass(p.ctx, s.d)
}

func (silence) play(p *play) error {
	if err := p.nothingUnread(); err != nil {
		return err
	}
	if err := p.listen(silent); err != nil {
		return err
	}
	return p.nothingUnread()
}

func (s restart) play(p *play) error {
	if err := p.nothingUnread(); err != nil {
		return err
	}
	return p.stage.Restart(p.ctx, s.crash, s.down)
}

func (l leave) play(p *play) error {
	if err := p.nothingUnread(); err != nil {
		return err
	}
	return p.stage.Leave(p.ctx, l.crash)
}

func (comeBack) play(p *play) error {
	if err := p.nothingUnread(); err != nil {
		return err
	}
	return p.stage.Return(p.ctx)
}

func (s redeliver) play(p *play) error {
	if p.done == 0 {
		return errors.New("nothing was done that could be delivered again")
	}
	if err := p.listen(0); err != nil { // what was said before is no repeat
		return err
	}
	p.repeats = true
	from := p.done - 1
	if s.all {
		from = 0
	}
	for range s.times {
		for n := from; n < p.done; n++ {
			if err := p.stage.Redeliver(p.ctx, n); err != nil {
				return fmt.Errorf("delivery %d: %w", n, err)
			}
		}
	}
	return nil
}

func (f fault) play(p *play) error {
	if f.words != "" {
		i, err := p.find(f.words)
		if err != nil {
			return err
		}
		f.Message = p.heard[i].Message
	}
	return p.stage.Fault(p.ctx, f.Fault)
}

func (e *expect) play(p *play) error {
	if aloud, ok := p.stage.(Aloud); e.private && ok && aloud.Aloud() && p.room.Direct == "" {
		return nil
	}
	end := time.Now().Add(p.grace)
	for {
		if err := p.listen(0); err != nil {
			return err
		}
		if i := p.next(e.to); i >= 0 {
			return e.check(p, i)
		}
		left := time.Until(end)
		if left <= 0 {
			return errors.New("the bot says nothing")
		}
		if err := p.listen(left); err != nil {
			return err
		}
	}
}

// next is the oldest unread message of the room to everybody or to one person;
// -1 for none. A direct message is one conversation.
func (p *play) next(to string) int {
	for i, h := range p.heard {
		if !p.read[i] && h.Room == p.room.Name && (h.To == to || p.room.Direct != "") {
			return i
		}
	}
	return -1
}

func (e *expect) check(p *play, i int) error {
	h := p.heard[i]
	if why := e.matches(h.Text); why != "" {
		return fmt.Errorf("%s: what the bot says %s: %q", h.describe(), why, h.Text)
	}
	if h.To == "" && h.Edit != e.edit || h.Form != e.form {
		return fmt.Errorf("expected another kind of message than this, %s", h.describe())
	}
	p.read[i] = true
	return nil
}

func (a act) play(p *play) error {
	if err := p.nothingUnread(); err != nil {
		return err
	}
	switch a.Kind {
	case Press:
		h, button, err := p.button(a.Who, a.press)
		if err != nil {
			return err
		}
		a.Message, a.Button = h.Message, button
	case Reply:
		var i int
		var err error
		if a.words != "" {
			i, err = p.find(a.words)
		} else {
			i, _, err = p.question()
		}
		if err != nil {
			return err
		}
		a.Message = p.heard[i].Message
	case Type:
		if len(a.letters) > 0 {
			letters, err := p.letters(a.Who, a.letters)
			if err != nil {
				return err
			}
			a.Text = letters
		}
	case Fill:
		h, err := p.form(a.Who)
		if err != nil {
			return err
		}
		a.Message = h.Message
	case Say:
	}
	return p.do(a.Act)
}

func (p *play) do(a Act) error {
	p.repeats = false
	p.done++
	return p.stage.Do(p.ctx, a)
}

// button finds the newest button with that text or letter that who has seen.
func (p *play) button(who, text string) (Heard, Button, error) {
	for _, h := range slices.Backward(p.heard) {
		if h.Room != p.room.Name || h.To != "" && h.To != who {
			continue
		}
		for _, same := range []func(Button) bool{
			func(b Button) bool { return plain(b.Text) == plain(text) },
			func(b Button) bool { return b.Letter == text },
		} {
			if i := slices.IndexFunc(h.Buttons, same); i >= 0 {
				return h, h.Buttons[i], nil
			}
		}
	}
	return Heard{}, Button{}, fmt.Errorf("%s has seen no button %q", who, text)
}

// form is the newest form that who was shown.
func (p *play) form(who string) (Heard, error) {
	for _, h := range slices.Backward(p.heard) {
		if h.Form && h.To == who && h.Room == p.room.Name {
			return h, nil
		}
	}
	return Heard{}, fmt.Errorf("%s was shown no form", who)
}

// find is the newest message of the room with those words.
func (p *play) find(words string) (int, error) {
	for i, h := range slices.Backward(p.heard) {
		if h.Room == p.room.Name && h.To == "" && strings.Contains(plain(h.Text), plain(words)) {
			return i, nil
		}
	}
	return -1, fmt.Errorf("there is no message %q here", words)
}

// question is the newest question of the room, and what the pack says of it.
func (p *play) question() (int, quiz.Question, error) {
	for i, h := range slices.Backward(p.heard) {
		if h.Room != p.room.Name || h.To != "" || h.Edit {
			continue
		}
		text := plain(h.Text)
		var found quiz.Question
		for _, pack := range p.setup.Packs {
			for _, q := range pack.Questions {
				if len(q.Ask) > len(found.Ask) && strings.Contains(text, plain(q.Ask)) {
					found = q
				}
			}
		}
		if found.Ask != "" {
			return i, found, nil
		}
	}
	return -1, quiz.Question{}, errors.New("no question was asked here")
}
