package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"quizbot/adapters/discord"
	"quizbot/adapters/slack"
	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/store"
)

const aboutCommand = "Quizzes: one question, or a game"

func slackTexts() slack.Texts {
	return slack.Texts{
		Invite: "I can't write in this channel. Invite me first: type /invite and my name, then try again.",
		See:    "Go to it",
	}
}

func discordTexts() discord.Texts {
	return discord.Texts{
		Below: "Here it comes.", Done: "Done.", See: "Go to it",
		Reduced: "Discord does not let this bot read messages (the Message Content intent is off): /quiz, buttons, mentions and direct messages work; !quiz and answers typed in a channel don't. To allow it: Developer Portal, your app, Bot, Message Content Intent",
	}
}

// discordCommands turns the words that players say into subcommands of /quiz.
func discordCommands() []discord.Command {
	var out []discord.Command
	for _, h := range bot.HelpTexts() {
		c := discord.Command{Name: string(h.Word), Description: h.Text}
		switch h.Word {
		case bot.WordAsk:
			c.Options = []discord.Option{{Name: "topic", Description: "What to be asked about"}}
		case bot.WordStart:
			c.Options = []discord.Option{
				{Name: "topic", Description: "What to be asked about"},
				{Name: "count", Description: "How many questions", Min: 1, Max: quiz.MaxCount},
				{Name: "seconds", Description: "How long each stays open", Min: quiz.MinSeconds, Max: int(quiz.BlockingLimit/time.Second) - 1},
			}
		case bot.WordLeaderboard:
			c.Options = []discord.Option{
				{Name: "period", Description: "Which days count", Choices: periodNames()},
				{Name: "here", Description: "This room only"},
			}
		}
		out = append(out, c)
	}
	return out
}

func periodNames() []string {
	var out []string
	for _, p := range quiz.Periods() {
		out = append(out, string(p))
	}
	return out
}

// budget keeps, in the database, how often the bot has identified to Discord today.
type budget struct{ store *store.Store }

const budgetName = "discord-identifies"

type budgetValue struct {
	Used  int       `json:"used"`
	Since time.Time `json:"since"`
}

// Load implements discord.Budget.
func (b budget) Load(ctx context.Context) (used int, since time.Time, err error) {
	raw, err := b.store.Value(ctx, budgetName)
	if err != nil || len(raw) == 0 {
		return 0, time.Time{}, err
	}
	var v budgetValue
	if err := json.Unmarshal(raw, &v); err != nil {
		return 0, time.Time{}, fmt.Errorf("read identify budget: %w", err)
	}
	return v.Used, v.Since, nil
}

// Save implements discord.Budget.
func (b budget) Save(ctx context.Context, used int, since time.Time) error {
	raw, err := json.Marshal(budgetValue{Used: used, Since: since})
	if err != nil {
		return err
	}
	return b.store.SetValue(ctx, budgetName, raw)
}
