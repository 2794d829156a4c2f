// Package terminal plays a quiz at a prompt. It is the smallest adapter: read it
// first.
package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

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
	Topic string // asked first; "" for any
	Name  string // of the player
	// Session makes delivery IDs differ from those of an earlier run on the same store.
	Session string
	Strong  bool // show titles in bold
	Quit    string
	Again   string // said when no question is open
	Skip    string // the word that ends an answered question
}

// Adapter implements bot.Messenger.
type Adapter struct {
	config Config
	core   Core

	mu sync.Mutex // one writer at a time
	n  int
}

var _ bot.Messenger = (*Adapter)(nil)

// New makes an adapter. It starts nothing.
func New(c Config, core Core) *Adapter {
	return &Adapter{config: c, core: core}
}

// errQuit ends Run: the player has had enough.
var errQuit = errors.New("quit")

// Run asks a first question, then takes in a line at a time until the input or
// ctx ends. Its reader stays behind when ctx ends first, for a prompt can't be
// woken; it ends with the input.
func (a *Adapter) Run(ctx context.Context) error {
	lines := make(chan string)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(a.config.In)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	if err := a.say(ctx, a.config.Topic); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok {
				return nil
			}
			switch err := a.line(ctx, line); {
			case errors.Is(err, errQuit):
				return nil
			case err != nil:
				return err
			}
		}
	}
}

// line takes in what the player typed. An answer also ends the question: nobody
// else is there to wait for.
func (a *Adapter) line(ctx context.Context, line string) error {
	switch line = strings.TrimSpace(line); strings.ToLower(line) {
	case "quit", "exit", "q":
		return errQuit
	}
	reply, err := a.submit(ctx, line)
	if err != nil {
		return a.sorry(ctx, err)
	}
	if reply.Card == nil {
		return nil
	}
	a.print(*reply.Card)
	if reply.Card.Tone == bot.Neutral {
		return nil
	}
	if _, err := a.submit(ctx, a.config.Skip); err != nil {
		return a.sorry(ctx, err)
	}
	return nil
}

func (a *Adapter) say(ctx context.Context, text string) error {
	reply, err := a.submit(ctx, text)
	if err != nil {
		return a.sorry(ctx, err)
	}
	if reply.Card != nil {
		a.print(*reply.Card)
	}
	return nil
}

func (a *Adapter) sorry(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the player has ended it
	}
	a.print(bot.Sorry(err))
	return fmt.Errorf("terminal: %w", err)
}

func (a *Adapter) submit(ctx context.Context, text string) (bot.Reply, error) {
	a.mu.Lock()
	a.n++
	id := platform + ":" + a.config.Session + "/" + strconv.Itoa(a.n)
	a.mu.Unlock()
	return a.core.Submit(ctx, bot.Incoming{
		ID: id, Team: team, Room: room, User: player, Name: a.config.Name, Role: bot.Admin,
		Text: text, Addressed: true, Private: true,
	})
}

// Deliver implements bot.Messenger. What is printed stays: an edit is printed anew.
func (a *Adapter) Deliver(_ context.Context, o bot.Outgoing) (bot.MessageID, error) {
	a.print(o.Card)
	if o.Edit != "" && a.config.Again != "" {
		a.print(bot.Card{Footer: a.config.Again})
	}
	return bot.MessageID(o.Key), nil
}

func (a *Adapter) print(c bot.Card) {
	text := render(c, a.config.Strong)
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = fmt.Fprint(a.config.Out, "\n"+text)
}
