package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
)

// platform is a chat platform that was made up: it keeps rooms and their
// messages, and can misbehave.
type platform struct {
	mu    sync.Mutex
	posts []*post
	log   []transcript.Heard
	times []time.Time   // by index of log
	more  chan struct{} // closed when something was heard
	calls map[string]int

	faults     []transcript.Fault // with N left
	shut       map[string]bool    // by room
	slow       time.Duration
	down       chan struct{} // closed when the platform is back; nil: it is up
	blind      int           // how many of the next lookups fail
	unreadable bool          // nobody may look
	skew       time.Duration // how far its clock is ahead

	history []bot.Incoming // every line that was said
	asked   []bot.Missing  // what was asked of the history
	unread  *gate          // holds up who reads it; nil: nothing does
	hushed  gate           // holds up the words to single people
	failing []error        // what the next ones who read it get
}

// post is a message in a room.
type post struct {
	id, room, key string
	gone          bool
	made          time.Time
}

func newPlatform() *platform {
	return &platform{more: make(chan struct{}), shut: map[string]bool{}, calls: map[string]int{}}
}

// The three kinds of messenger: one that can look for messages, one that knows
// keys again, and one that can neither.
type (
	finder     struct{ *platform }
	idempotent struct{ *platform }
)

func asFinder(p *platform) bot.Messenger     { return finder{p} }
func asIdempotent(p *platform) bot.Messenger { return idempotent{p} }
func asPlain(p *platform) bot.Messenger      { return p }

func (idempotent) Remembers() time.Duration { return remembered }

// remembered is how long the platform knows a key again.
const remembered = 5 * time.Minute

// Deliver implements bot.Messenger.
func (p *platform) Deliver(ctx context.Context, o bot.Outgoing) (bot.MessageID, error) {
	return p.deliver(ctx, o, false)
}

func (m idempotent) Deliver(ctx context.Context, o bot.Outgoing) (bot.MessageID, error) {
	return m.deliver(ctx, o, true)
}

// Find implements bot.Finder.
func (m finder) Find(_ context.Context, o bot.Outgoing, _ time.Time) (bot.MessageID, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.unreadable {
		return "", false, fmt.Errorf("missing_scope: %w", bot.ErrUnreachable)
	}
	if m.blind > 0 {
		m.blind--
		return "", false, errors.New("history can't be read")
	}
	for _, x := range m.posts {
		if x.key == o.Key && x.room == string(o.Room) {
			return bot.MessageID(x.id), true, nil
		}
	}
	return "", false, nil
}

func (p *platform) deliver(ctx context.Context, o bot.Outgoing, knowsKeys bool) (bot.MessageID, error) {
	if err := p.pause(ctx); err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[o.Key]++
	if p.shut[string(o.Room)] {
		return "", fmt.Errorf("room %s: %w", o.Room, bot.ErrUnreachable)
	}
	lose, hang := false, false
	if f := p.takeFault(); f != nil {
		switch f.Kind {
		case transcript.Refuse:
			return "", &bot.RetryError{After: f.For, Err: errors.New("too many requests")}
		case transcript.Reject:
			return "", bot.ErrRejected
		case transcript.Swallow:
			return "", fmt.Errorf("connection lost: %w", bot.ErrInDoubt)
		case transcript.Lose:
			lose = true
		case transcript.Hang:
			hang = true
		}
	}
	id, err := p.make(o, knowsKeys)
	if err == nil && hang {
		p.mu.Unlock()
		<-ctx.Done()
		p.mu.Lock()
		return "", &bot.DoubtError{Settles: 30 * time.Second, Err: ctx.Err()}
	}
	if err == nil && lose {
		return "", fmt.Errorf("connection lost: %w", bot.ErrInDoubt)
	}
	return id, err
}

// MadeAt implements bot.Dated, by a clock that may differ from the bot's.
func (p *platform) MadeAt(m bot.MessageID) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.posts {
		if x.id == string(m) {
			return x.made.Add(p.skew)
		}
	}
	return time.Time{}
}

// pause waits as long as the platform takes.
func (p *platform) pause(ctx context.Context) error {
	p.mu.Lock()
	slow, down := p.slow, p.down
	p.mu.Unlock()
	if down != nil {
		select {
		case <-down:
		case <-ctx.Done():
			return &bot.RetryError{Err: ctx.Err()}
		}
	}
	if slow > 0 {
		timer := time.NewTimer(slow)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return &bot.RetryError{Err: ctx.Err()}
		}
	}
	return nil
}

// write keeps a line in its room's history.
func (p *platform) write(in bot.Incoming) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.history = append(p.history, in)
}

// Missed implements bot.Historian.
func (p *platform) Missed(ctx context.Context, m bot.Missing) ([]bot.Said, error) {
	if p.unread != nil && !p.unread.wait(ctx) {
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls["history "+string(m.Room)]++
	p.asked = append(p.asked, m)
	if len(p.failing) > 0 {
		err := p.failing[0]
		p.failing = p.failing[1:]
		return nil, err
	}
	var out []bot.Said
	for _, in := range p.history {
		if in.Room == m.Room && !in.At.Before(m.Since) {
			out = append(out, bot.Said{Incoming: in, Tell: func(r bot.Reply) {
				p.hushed.pass()
				p.show(strings.TrimPrefix(string(in.Room), "test:T/"), string(in.User[len("test:T/"):]), *r.Card)
			}})
		}
	}
	return out, nil
}

// takeFault uses up one of the faults that were asked for, oldest first.
func (p *platform) takeFault() *transcript.Fault {
	for i := range p.faults {
		if f := &p.faults[i]; f.N > 0 {
			f.N--
			return f
		}
	}
	return nil
}

// make posts or edits.
func (p *platform) make(o bot.Outgoing, knowsKeys bool) (bot.MessageID, error) {
	room := string(o.Room)
	if o.Edit != "" && o.Target != "" {
		i := slices.IndexFunc(p.posts, func(x *post) bool { return x.id == string(o.Target) && x.room == room && !x.gone })
		if i < 0 {
			return "", bot.ErrGone
		}
		p.tell(room, "", p.posts[i].id, true, o.Card)
		return o.Target, nil
	}
	if i := slices.IndexFunc(p.posts, func(x *post) bool { return x.key == o.Key && x.room == room }); i >= 0 && knowsKeys {
		return bot.MessageID(p.posts[i].id), nil
	}
	x := &post{id: "m" + strconv.Itoa(len(p.posts)+1), room: room, key: o.Key, made: time.Now()}
	p.posts = append(p.posts, x)
	p.tell(room, "", x.id, false, o.Card)
	return bot.MessageID(x.id), nil
}

// show makes a message that is the answer to somebody's words.
func (p *platform) show(room, to string, c bot.Card) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := &post{id: "m" + strconv.Itoa(len(p.posts)+1), room: "test:T/" + room}
	p.posts = append(p.posts, x)
	p.tell(x.room, to, x.id, false, c)
}

// showForm shows a form to one person and returns its name.
func (p *platform) showForm(room, to string, f bot.Form) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := &post{id: "m" + strconv.Itoa(len(p.posts)+1), room: "test:T/" + room}
	p.posts = append(p.posts, x)
	lines := append([]string{f.Title}, f.Body...)
	for _, field := range f.Fields {
		lines = append(lines, field.Label, field.Hint)
	}
	p.hear(transcript.Heard{Message: x.id, Room: room, To: to, Form: true, Text: strings.Join(lines, "\n")})
	return x.id
}

func (p *platform) tell(room, to, message string, edit bool, c bot.Card) {
	p.hear(transcript.Heard{
		Message: message, Room: strings.TrimPrefix(room, "test:T/"), To: to, Edit: edit, Text: read(c), Buttons: buttons(c),
	})
}

// hear logs what people can read. The caller holds mu.
func (p *platform) hear(h transcript.Heard) {
	p.log = append(p.log, h)
	p.times = append(p.times, time.Now())
	close(p.more)
	p.more = make(chan struct{})
}

// read is all that a card says.
func read(c bot.Card) string {
	lines := append([]string{c.Title}, c.Body...)
	for _, choice := range c.Choices {
		text := choice.Text
		if choice.Letter != "" {
			text = choice.Letter + ". " + text
		}
		if choice.Mark != "" {
			text = choice.Mark + " " + text
		}
		if choice.Counted {
			text += " — " + strconv.Itoa(choice.Count)
		}
		lines = append(lines, text)
	}
	lines = append(lines, c.After...)
	lines = append(lines, c.Table...)
	if c.Chart != nil {
		lines = append(lines, "[picture] "+c.Chart.Alt())
	}
	if c.See != "" {
		lines = append(lines, "see message "+string(c.See))
	}
	return strings.Join(append(lines, c.Footer), "\n")
}

func buttons(c bot.Card) []transcript.Button {
	var out []transcript.Button
	for _, choice := range c.Choices {
		if choice.ID != "" {
			out = append(out, transcript.Button{ID: choice.ID, Letter: choice.Letter, Text: choice.Text})
		}
	}
	return out
}

// heardSince returns what was said but for the first from messages, and a
// channel that is closed when there is more.
func (p *platform) heardSince(from int) ([]transcript.Heard, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.log[from:]), p.more
}

func (p *platform) misbehave(f transcript.Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch f.Kind {
	case transcript.Refuse, transcript.Swallow, transcript.Lose, transcript.Hang, transcript.Reject:
		p.faults = append(p.faults, f)
	case transcript.Slow:
		p.slow = f.For
	case transcript.Down:
		if p.down == nil {
			p.down = make(chan struct{})
		}
	case transcript.Back:
		p.slow = 0
		clear(p.shut)
		if p.down != nil {
			close(p.down)
			p.down = nil
		}
	case transcript.Shut:
		p.shut[string(roomID(f.Room))] = true
	case transcript.Delete:
		for _, x := range p.posts {
			if x.id == f.Message {
				x.gone = true
			}
		}
	}
}
