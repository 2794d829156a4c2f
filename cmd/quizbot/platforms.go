package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/url"

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
		Cancel:  "Cancel",
		NoScope: "No picture: the app may not upload files here (files:write). An admin can install it again to allow that.", NoPicture: "No picture this time: Slack didn't take it.",
		Pages: slack.Pages{
			Installed: slack.Page{Title: "quizbot is installed", Body: "It is now in the workspace NAME. Invite it to a channel with /invite, then type /quiz to be asked something. You can close this page."},
			Denied:    slack.Page{Title: "Nothing was installed", Body: "You declined at Slack, so nothing has changed. You can close this page."},
			Expired:   slack.Page{Title: "Please begin again", Body: "This installation was not begun in this browser, took longer than ten minutes, or is over already. Nothing was installed. Open the page /slack/install of this site again and stay in one browser."},
			Failed:    slack.Page{Title: "That did not work just now", Body: "Slack or this server could not finish it, and nothing was installed. Please open the page /slack/install of this site again in a minute."},
			Refused:   slack.Page{Title: "Slack did not allow it", Body: "Nothing was installed. Whoever runs this bot finds the reason in its log."},
			OrgWide:   slack.Page{Title: "One workspace at a time", Body: "This bot can't be installed for a whole organisation. Nothing was installed. Please choose a single workspace at Slack."},
			Rotating:  slack.Page{Title: "This app can't be installed", Body: "Its tokens are set to expire, which this bot does not support. Nothing was installed. Whoever runs it finds more in its log."},
		},
	}
}

// newSlack makes the adapter: with the token of the configuration, or with those of
// the workspaces that have installed the app.
func newSlack(ctx context.Context, conf config, kept *store.Store, core *bot.Bot, draw drawFunc, m *meter, log *slog.Logger) (*slack.Adapter, error) {
	c := slack.Config{
		SigningSecrets: conf.secrets("SLACK_SIGNING_SECRET"), BotToken: conf.get("SLACK_BOT_TOKEN"), AppToken: conf.get("SLACK_APP_TOKEN"),
		APIURL: conf.get("SLACK_API_URL"), Texts: slackTexts(), Sorry: bot.Sorry, Meter: m, Draw: draw,
	}
	switch {
	case conf.manySlacks():
		installed, err := openInstallations(ctx, kept, conf.keys, conf.forget, log)
		if err != nil {
			return nil, err
		}
		c.ClientID, c.ClientSecret, c.Installations = conf.get("SLACK_CLIENT_ID"), conf.get("SLACK_CLIENT_SECRET"), installed
	case conf.get("SLACK_CLIENT_ID") != "":
		log.Info("SLACK_BOT_TOKEN is set, so this bot is in one workspace and nobody else can install it; leave the token out for many workspaces")
	}
	a, err := slack.New(c, core, log)
	if err != nil {
		return nil, usageError{err}
	}
	return a, nil
}

// publicURL is where browsers reach the bot. Where nobody says so it is known only
// when it and the local Slack are on this machine alone; otherwise the app's settings
// at Slack say it. What a request says of it is never asked.
func publicURL(conf config, listening net.Addr) string {
	if set := conf.get("QUIZBOT_PUBLIC_URL"); set != "" {
		return set
	}
	api, err := url.Parse(conf.get("SLACK_API_URL"))
	if err != nil || api.Scheme != "http" || !loopback(net.JoinHostPort(api.Hostname(), "0")) || !loopback(listening.String()) {
		return ""
	}
	return "http://" + listening.String()
}

func discordTexts() discord.Texts {
	return discord.Texts{
		Below: "See below.", Done: "Done.", See: "Go to it",
		Refused: "Discord doesn't take this message, so it was dropped. An admin finds more in the bot's log.",
		Mention: "mention me in it, for I can't read other lines here",
		NoFiles: "No picture: allow me Attach Files in this channel.", NoPicture: "No picture this time: Discord didn't take it.",
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
			c.Options = []discord.Option{
				{Name: "topic", Description: "What to be asked about"},
				{Name: "for", Description: "How long it stays open, for each to read alone: 4h, 90 minutes, 2 days"},
			}
		case bot.WordStart:
			c.Options = []discord.Option{
				{Name: "topic", Description: "What to be asked about"},
				{Name: "count", Description: "How many questions", Min: 1, Max: quiz.MaxCount},
				{Name: "seconds", Description: "How long each stays open", Min: quiz.MinSeconds, Max: quiz.MaxSeconds},
				{Name: "speed", Description: "How much being quick adds to the points", Choices: speedNames()},
				{Name: "variant", Description: "How the game is won, other than by points", Choices: variantNames()},
				{Name: "teams", Description: "Into how many teams players are put", Min: quiz.MinTeams, Max: quiz.MaxTeams},
			}
		case bot.WordSettings:
			for _, s := range bot.SettingTexts() {
				o := discord.Option{Name: s.Name, Description: s.Text, Choices: s.Values, Max: s.Most}
				if s.Most > 0 {
					o.Choices = nil // a number alone, 0 being auto
				}
				c.Options = append(c.Options, o)
			}
		case bot.WordPrivacy:
			c.Options = []discord.Option{{Name: "action", Description: "What to do with what I keep; nothing: show it", Choices: privacyNames()}}
		case bot.WordChallenge:
			c.Options = []discord.Option{
				{Name: "user", Description: "Whom to challenge"},
				{Name: "topic", Description: "What to be asked about"},
				{Name: "count", Description: "How many questions", Min: 1, Max: quiz.MaxCount},
				{Name: "seconds", Description: "How long each stays open", Min: quiz.MinSeconds, Max: quiz.MaxSeconds},
				{Name: "speed", Description: "How much being quick adds to the points", Choices: speedNames()},
				{Name: "variant", Description: "What decides where it is a draw", Choices: []string{string(quiz.SuddenDeath)}},
			}
		case bot.WordSchedule:
			c.Options = []discord.Option{
				{Name: "what", Description: "Have one, or have none; leave all out to read what is set", Choices: []string{"daily", "off"}},
				{Name: "time", Description: "The time of the day: 09:30"},
				{Name: "zone", Description: "Whose clocks: Europe/Berlin"},
				{Name: "days", Description: "mon-fri, weekdays, mon,wed,fri; every day where this is left out"},
				{Name: "topics", Description: "What to ask about, in turn: tls, http; all where this is left out"},
				{Name: "for", Description: "How long each is open: 8h"},
			}
		case bot.WordHelp:
			c.Options = []discord.Option{{Name: "word", Description: "All that can be said after this word"}}
		case bot.WordLeaderboard:
			c.Options = []discord.Option{
				{Name: "by", Description: "What counts, if not points", Choices: []string{string(bot.ByRating), string(bot.ByImprovement)}},
				{Name: "period", Description: "Which days count", Choices: periodNames()},
				{Name: "here", Description: "This room only"},
				{Name: "topic", Description: "This topic only"},
				{Name: "chart", Description: "The week, day by day, as a picture"},
			}
		}
		out = append(out, c)
	}
	return out
}

func privacyNames() []string {
	var out []string
	for _, p := range bot.Privacies() {
		out = append(out, string(p))
	}
	return out
}

func variantNames() []string {
	var out []string
	for _, v := range quiz.Variants() {
		out = append(out, string(v))
	}
	return out
}

func speedNames() []string {
	var out []string
	for _, s := range quiz.Speeds() {
		out = append(out, string(s))
	}
	return out
}

func periodNames() []string {
	var out []string
	for _, p := range quiz.Periods() {
		out = append(out, string(p))
	}
	for _, p := range []quiz.Period{quiz.Week, quiz.Month, quiz.Season} {
		out = append(out, "last "+string(p))
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
