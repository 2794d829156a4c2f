package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"quizbot/adapters/discord"
	"quizbot/adapters/slack"
	"quizbot/internal/checkup"
)

// checkTime bounds each check of the doctor's.
const checkTime = 10 * time.Second

type doctorCommand struct {
	Config string `help:"Configuration file (quizbot.yaml, where there is one)." placeholder:"FILE"`
	DB     string `help:"Database file (QUIZBOT_DB)." placeholder:"FILE"`
	Packs  string `help:"Folder of packs (QUIZBOT_PACKS)." placeholder:"DIR"`

	SlackAPIURL   string `name:"slack-api-url" help:"Instead of https://slack.com/api/ (SLACK_API_URL)." placeholder:"URL"`
	DiscordAPIURL string `name:"discord-api-url" help:"Instead of https://discord.com/api/v9 (DISCORD_API_URL)." placeholder:"URL"`
}

// Help says what it does not do.
func (doctorCommand) Help() string {
	return "It reads the same configuration as quizbot serve. It changes nothing, posts nothing and prints no secret; " +
		"it may run beside a bot that serves.\n\nEach line is ok, warn or FAIL. It ends with 0 when nothing failed, " +
		"with 1 when something did, with 2 when no platform is configured."
}

// Run looks the installation over and prints a line for each thing.
func (c doctorCommand) Run(ctx context.Context, at surroundings) error {
	conf, err := readConfig(at, map[string]string{
		"QUIZBOT_DB": c.DB, "QUIZBOT_PACKS": c.Packs, "SLACK_API_URL": c.SlackAPIURL, "DISCORD_API_URL": c.DiscordAPIURL,
	}, c.Config)
	if err != nil {
		return err
	}
	found := checkup.Run(ctx, checkTime, conf.checks())
	failed := 0
	for _, f := range found {
		if f.Level == checkup.Fail {
			failed++
		}
	}
	printFindings(at.out, found, isTerminal(at.out))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case !conf.slack() && !conf.discord():
		return conf.platforms()
	case failed > 0:
		return fmt.Errorf("%s; the cures stand above", several(failed, "check failed", "checks failed"))
	}
	return nil
}

// checks are what there is to look at with this configuration.
func (c config) checks() []checkup.Check {
	var out []checkup.Check
	if c.slack() || c.discord() {
		out = append(out, checkup.Check{What: "settings", Run: c.checkSettings})
	}
	if c.get("SLACK_BOT_TOKEN") != "" {
		out = append(out, slack.Checkup(slack.Config{
			SigningSecrets: c.secrets("SLACK_SIGNING_SECRET"), BotToken: c.get("SLACK_BOT_TOKEN"), AppToken: c.get("SLACK_APP_TOKEN"),
			APIURL: c.get("SLACK_API_URL"),
		})...)
	}
	if c.discord() {
		out = append(out, discord.Checkup(discord.Config{Token: c.get("DISCORD_TOKEN"), APIURL: c.get("DISCORD_API_URL")})...)
	}
	return append(out, c.machineChecks()...)
}

func (c config) checkSettings(context.Context) []checkup.Finding {
	const what = "settings"
	if err := c.platforms(); err != nil {
		return []checkup.Finding{{Level: checkup.Fail, What: what, Said: "not complete", Cure: err.Error()}}
	}
	var names string
	switch {
	case c.slack() && c.discord():
		names = "Slack and Discord"
	case c.slack():
		names = "Slack"
	default:
		names = "Discord"
	}
	return []checkup.Finding{{What: what, Said: "complete for " + names}}
}

// The colours of a terminal.
const (
	green, yellow, red, plain = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"
)

// printFindings prints a line for each finding, and its cure below.
func printFindings(w io.Writer, found []checkup.Finding, colours bool) {
	width := 0
	for _, f := range found {
		width = max(width, len(f.What))
	}
	for _, f := range found {
		level := fmt.Sprintf("%-4s", f.Level)
		if colours {
			level = []string{green, yellow, red}[f.Level] + level + plain
		}
		_, _ = fmt.Fprintf(w, "%s  %-*s  %s\n", level, width, f.What, oneLine(f.Said))
		if f.Cure != "" {
			_, _ = fmt.Fprintf(w, "      %-*s  cure: %s\n", width, "", oneLine(f.Cure))
		}
	}
}

// halves splits an error of ours, which names the thing and then the cure.
func halves(err error) (said, cure string) {
	var usage usageError
	if errors.As(err, &usage) {
		err = usage.error
	}
	return cutLast(err.Error())
}
