package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/bwmarrin/discordgo"
)

// commandName is the one slash command; each word is a subcommand of it.
const commandName = "quiz"

// command is what we register, and all that is compared of what is registered.
type command struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Type        int             `json:"type,omitempty"`
	Options     []commandOption `json:"options,omitempty"`
}

type commandOption struct {
	Type         int             `json:"type"`
	Name         string          `json:"name"`
	Description  string          `json:"description"`
	Required     bool            `json:"required,omitempty"`
	Autocomplete bool            `json:"autocomplete,omitempty"`
	Choices      []commandChoice `json:"choices,omitempty"`
	MinValue     *int            `json:"min_value,omitempty"`
	MaxValue     *int            `json:"max_value,omitempty"`
	Options      []commandOption `json:"options,omitempty"`
}

type commandChoice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Types of a command and of its options.
const (
	chatInput     = 1
	optionSub     = 1
	optionString  = 3
	optionInteger = 4
	optionBoolean = 5
	optionUser    = 6
)

func (a *Adapter) command() command {
	c := command{Name: commandName, Description: clip(a.config.About, 100), Type: chatInput}
	for _, word := range a.config.Commands {
		sub := commandOption{Type: optionSub, Name: word.Name, Description: clip(word.Description, 100)}
		for _, o := range word.Options {
			option := commandOption{Type: optionString, Name: o.Name, Description: clip(o.Description, 100)}
			switch o.Name {
			case "topic", "zone":
				option.Autocomplete = true
			case "count", "seconds", "teams":
				option.Type, option.MinValue, option.MaxValue = optionInteger, &o.Min, &o.Max
			case "user":
				option.Type, option.Required = optionUser, true
			case "here", "chart":
				option.Type = optionBoolean
			}
			for _, choice := range o.Choices {
				option.Choices = append(option.Choices, commandChoice{Name: choice, Value: choice})
			}
			sub.Options = append(sub.Options, option)
		}
		c.Options = append(c.Options, sub)
	}
	return c
}

// registerOnce makes the slash command known, beside everything else, at the
// first connection.
func (a *Adapter) registerOnce(ctx context.Context) {
	a.register.Do(func() {
		if len(a.config.Commands) == 0 {
			return
		}
		a.work.Go(func() {
			for wait := 2 * time.Second; ; wait = min(2*wait, 10*time.Minute) {
				err := a.registerCommand(ctx)
				if err == nil || ctx.Err() != nil {
					return
				}
				if status := statusOf(err); status >= 400 && status < 500 && status != http.StatusTooManyRequests {
					a.log.Error("slash command refused; it is not tried again until a restart", "err", err)
					return // it won't be accepted later either
				}
				pause := jittered(wait)
				a.log.Warn("slash command not registered", "err", err, "again_in", pause)
				if !sleep(ctx, pause) {
					return
				}
			}
		})
	})
}

// registerCommand writes the command only where it differs from what Discord
// has: there is a daily limit, and clients reload it after each change.
func (a *Adapter) registerCommand(ctx context.Context) error {
	app, err := a.application(ctx)
	if err != nil {
		return err
	}
	endpoint := discordgo.EndpointApplicationGlobalCommands(app)
	var there []json.RawMessage // others' may hold what ours never do
	if err := a.call(ctx, urgent, http.MethodGet, endpoint, nil, &there); err != nil {
		return fmt.Errorf("list commands: %w", err)
	}
	want := a.command()
	others := 0
	for _, raw := range there {
		var name struct {
			Name string `json:"name"`
			Type int    `json:"type"`
		}
		_ = json.Unmarshal(raw, &name)
		if name.Name != want.Name || name.Type != 0 && name.Type != chatInput {
			others++
			continue
		}
		var c command
		if json.Unmarshal(raw, &c) == nil && sameCommand(c, want) {
			return nil
		}
	}
	if others == 0 {
		err = a.call(ctx, urgent, http.MethodPut, endpoint, []command{want}, nil)
	} else { // leave what isn't ours alone
		err = a.call(ctx, urgent, http.MethodPost, endpoint, want, nil)
	}
	if err != nil {
		return fmt.Errorf("register /%s: %w", want.Name, err)
	}
	a.log.Info("slash command registered", "name", want.Name)
	return nil
}

func sameCommand(a, b command) bool {
	a.Type, b.Type = chatInput, chatInput
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// application is the id to register under: READY names it.
func (a *Adapter) application(ctx context.Context) (string, error) {
	user, app := a.ids()
	if app != "" {
		return app, nil
	}
	var me struct {
		ID string `json:"id"`
	}
	if err := a.call(ctx, urgent, http.MethodGet, discordgo.EndpointApplication("@me"), nil, &me); err == nil && me.ID != "" {
		a.setSelf("", me.ID)
		return me.ID, nil
	}
	if user == "" {
		return "", fmt.Errorf("the application's id is not known")
	}
	return user, nil // they are the same for all but the oldest applications
}
