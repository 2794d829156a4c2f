package main

import (
	"context"
	"encoding/json"
	"fmt"

	"quizbot/adapters/discord"
	"quizbot/adapters/slack"
	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/store"
)

const aboutCommand = "Quizzes: one question, or a game"

func slackTexts() slack.Texts {
	return slack.Texts{
		Invite:  "I can't write in this channel. Invite me first: type /invite and my name, then try again.",
		Refused: "Slack doesn't let me post this here, so it was dropped. An admin can look into the app's permissions and this channel's.",
		See:     "Go to it",
	}
}

func discordTexts() discord.Texts {
	return discord.Texts{
		Below: "See below.", Done: "Done.", See: "Go to it",
		Refused: "Discord doesn't take this message, so it was dropped. An admin finds more in the bot's log.",
		Mention: "mention me in it, for I can't read other lines here",
		Barred:  "I can't write in this channel. Allow me View Channel and Send Messages here, then try again.",
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
				{Name: "seconds", Description: "How long each stays open", Min: quiz.MinSeconds, Max: quiz.MaxSeconds},
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

// Load implements discord.Budget.
func (b budget) Load(ctx context.Context) (discord.Identified, error) {
	var x discord.Identified
	raw, err := b.store.Value(ctx, budgetName)
	if err != nil || len(raw) == 0 {
		return x, err
	}
	if err := json.Unmarshal(raw, &x); err != nil {
		return x, fmt.Errorf("read identify budget: %w", err)
	}
	return x, nil
}

// Save implements discord.Budget.
func (b budget) Save(ctx context.Context, x discord.Identified) error {
	raw, err := json.Marshal(x)
	if err != nil {
		return err
	}
	return b.store.SetValue(ctx, budgetName, raw)
}
