// Package terminal plays a quiz at a prompt. It is the smallest adapter: read it
// first.
package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"quizbot/bot"
)

// There is one room with one player in it.
const (
	platform = "terminal"
	team     = bot.TeamID(platform + ":local")
	room     = bot.RoomID(platform + ":local/prompt")
	player   = bot.UserID(platform + ":you")
)

// Core is what the adapter needs of the bot.
type Core interface {
	// Submit returns when the effect is on disk.
	Submit(ctx context.Context, in bot.Incoming) (bot.Reply, error)
}

// Config says where the prompt is.
type Config struct {
	In    io.Reader
	Out   io.Writer
	Topic string // what is asked about; "" for anything
	Ask   string // the word before a topic that makes it no answer
	Name  string // of the player
	// Session makes delivery IDs differ from those of an earlier run on the same store.
	Session string
	Strong  bool       // show titles in bold
	Width   func() int // of the screen, in characters; nil or 0: not known
	Again   string     // said when nothing is going on
	TooLong string     // said of a line that is too long to be meant
	Skip    string     // the word that ends an answered question
	Cancel  string     // the word that drops a form; "": none does
	Fields  string     // how to fill in a form; said below its title
	// Reword puts sentences for a prompt in the place of those that speak of
	// buttons and commands; a footer that becomes empty is left out. nil: none.
	Reword *strings.Replacer
	// Playing says whether a game is going on; nil: never.
	Playing func(context.Context, bot.TeamID, bot.RoomID) bool
}

// Adapter implements bot.Messenger.
type Adapter struct {
	config Config
	core   Core

	shown  chan struct{} // a message was printed; holds one
	broken chan error    // why nothing can be printed any more; holds one

	filling *filling // a form under way; nil: none. Of Run alone.

	mu   sync.Mutex // one writer at a time
	n    int
	open bool // a question is
	game bool // one was going on when something was last said
}

var _ bot.Messenger = (*Adapter)(nil)

// New makes an adapter. It starts nothing.
func New(c Config, core Core) *Adapter {
	return &Adapter{config: c, core: core, shown: make(chan struct{}, 1), broken: make(chan error, 1)}
}

// errQuit ends Run: the player has had enough.
var errQuit = errors.New("quit")

// Run asks a first question, then takes in a line at a time until the input or
// ctx ends. Its reader stays behind when ctx ends first, for a prompt can't be
// woken; it ends with the input.
func (a *Adapter) Run(ctx context.Context) error {
	lines := make(chan typed)
	go read(ctx, a.config.In, lines)
	if err := a.line(ctx, ""); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-a.broken:
			return err
		case line, ok := <-lines:
			var err error
			switch {
			case !ok:
				return a.whole()
			case line.err != nil:
				return fmt.Errorf("terminal: reading what is typed: %w", line.err)
			case line.long:
				a.print(bot.Card{Body: []string{a.config.TooLong}})
			default:
				err = a.line(ctx, line.text)
			}
			switch {
			case errors.Is(err, errQuit):
				return a.whole()
			case err != nil:
				return err
			}
		}
	}
}

// whole is the error of an output that was lost.
func (a *Adapter) whole() error {
	select {
	case err := <-a.broken:
		return err
	default:
		return nil
	}
}

// typed is a line of the input.
type typed struct {
	text string
	long bool // longer than maxLine: text is left out
	err  error
}

// maxLine bounds a line, in bytes.
const maxLine = 64 << 10

func read(ctx context.Context, in io.Reader, lines chan<- typed) {
	defer close(lines)
	r := bufio.NewReaderSize(in, maxLine)
	for {
		part, more, err := r.ReadLine()
		line := typed{text: string(part), long: more}
		for more && err == nil {
			_, more, err = r.ReadLine()
		}
		if errors.Is(err, io.EOF) {
			if !line.long {
				return
			}
		} else if err != nil {
			line.err = err
		}
		select {
		case lines <- line:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// line takes in what the player typed; nothing asks for another question. An
// answer also ends the question: nobody else is there to wait for.
func (a *Adapter) line(ctx context.Context, line string) error {
	if a.filling != nil {
		return a.field(ctx, line)
	}
	switch line = strings.TrimSpace(line); strings.ToLower(line) {
	case "quit", "exit", "q":
		return errQuit
	case "":
		if a.config.Topic != "" {
			line = strings.TrimSpace(a.config.Ask + " " + a.config.Topic)
		}
	}
	reply, err := a.say(ctx, line)
	if err != nil || reply.Card == nil || reply.Card.Tone == bot.Neutral {
		return err
	}
	_, err = a.say(ctx, a.config.Skip)
	return err
}

// showTime bounds the wait for what a line leads to.
const showTime = 5 * time.Second

// say tells the bot something and prints what it says. What comes by Deliver is
// waited for, so that a line that is typed ahead, or comes from a file, is not
// taken for an answer before the question can be read.
func (a *Adapter) say(ctx context.Context, text string) (bot.Reply, error) {
	select {
	case <-a.shown:
	default:
	}
	reply, err := a.submit(ctx, text)
	if err != nil {
		return reply, a.sorry(ctx, err)
	}
	if reply.Form != nil {
		a.begin(*reply.Form)
		return bot.Reply{}, nil
	}
	if reply.Card != nil {
		a.print(*reply.Card)
		return reply, nil
	}
	timer := time.NewTimer(showTime)
	defer timer.Stop()
	select {
	case <-a.shown:
	case <-timer.C:
	case <-ctx.Done():
	}
	return reply, nil
}

func (a *Adapter) sorry(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the player has ended it
	}
	a.print(bot.Sorry(err))
	return fmt.Errorf("terminal: %w", err)
}

func (a *Adapter) submit(ctx context.Context, text string) (bot.Reply, error) {
	in := a.incoming()
	in.Text, in.Addressed = text, true
	return a.core.Submit(ctx, in)
}

// incoming is something of the player's, under an ID of its own.
func (a *Adapter) incoming() bot.Incoming {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n++
	id := platform + ":" + a.config.Session + "/" + strconv.Itoa(a.n)
	return bot.Incoming{ID: id, Team: team, Room: room, User: player, Name: a.config.Name, Role: bot.Admin, Private: true}
}

// Deliver implements bot.Messenger. What is printed stays: an edit is printed anew.
func (a *Adapter) Deliver(ctx context.Context, o bot.Outgoing) (bot.MessageID, error) {
	playing := a.config.Playing != nil && a.config.Playing(ctx, team, room)
	a.mu.Lock()
	// The last question of a game closes before the game's end is told.
	endFollows := o.Edit != "" && a.game && !playing
	switch {
	case o.Edit != "":
		a.open = false
	case o.Round > 0:
		a.open = true
	}
	a.game = playing
	idle := !a.open && !playing && !endFollows
	a.mu.Unlock()
	a.print(o.Card)
	if idle && a.config.Again != "" {
		a.print(bot.Card{Footer: a.config.Again})
	}
	select {
	case a.shown <- struct{}{}:
	default:
	}
	return bot.MessageID(o.Key), nil
}

func (a *Adapter) print(c bot.Card) {
	columns := 0
	if a.config.Width != nil {
		columns = a.config.Width()
	}
	text := render(a.reword(c), a.config.Strong, columns)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := fmt.Fprint(a.config.Out, "\n"+text); err != nil {
		select {
		case a.broken <- fmt.Errorf("terminal: nothing can be shown any more: %w", err):
		default: // the first one says it
		}
	}
}

func (a *Adapter) reword(c bot.Card) bot.Card {
	r := a.config.Reword
	if r == nil {
		return c
	}
	c.Footer = r.Replace(c.Footer)
	c.Body, c.Table = slices.Clone(c.Body), slices.Clone(c.Table)
	for _, lines := range [][]string{c.Body, c.Table} {
		for i := range lines {
			lines[i] = r.Replace(lines[i])
		}
	}
	return c
}
