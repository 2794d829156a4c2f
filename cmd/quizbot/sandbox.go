package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
	"quizbot/sandbox/web"
)

type sandboxCommand struct {
	Listen string `help:"Where the page is served." default:"127.0.0.1:7070" placeholder:"ADDR"`
	DB     string `help:"Keep the points in this file (without: they end with the sandbox)." placeholder:"FILE"`
	Packs  string `help:"Folder of packs beside the embedded ones (QUIZBOT_PACKS)." placeholder:"DIR"`
	Log    string `help:"debug, info, warn or error (QUIZBOT_LOG; without: warn)." placeholder:"LEVEL"`
}

// Run starts a local Slack and a local Discord, connects the real adapters to
// them, and serves the page until ctx ends.
func (c sandboxCommand) Run(ctx context.Context, at surroundings) (err error) {
	packs, err := lookup(at, "QUIZBOT_PACKS", c.Packs)
	if err != nil {
		return err
	}
	level, err := lookup(at, "QUIZBOT_LOG", c.Log)
	if err != nil {
		return err
	}
	if level == "" {
		level = "warn"
	}
	path := c.DB
	if path == "" {
		tmp, err := os.MkdirTemp("", "quizbot-sandbox-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(tmp) }()
		path = filepath.Join(tmp, "sandbox.db")
	}
	localSlack, localDiscord := slack.New(slack.Options{}), discord.New(discord.Options{})
	outlive := context.WithoutCancel(ctx) // they end after the bot
	if err := localSlack.Start(outlive); err != nil {
		return fmt.Errorf("local Slack: %w", err)
	}
	defer func() { err = errors.Join(err, localSlack.Close()) }()
	if err := localDiscord.Start(outlive); err != nil {
		return fmt.Errorf("local Discord: %w", err)
	}
	defer func() { err = errors.Join(err, localDiscord.Close()) }()

	nothing := surroundings{getenv: func(string) (string, bool) { return "", false }}
	conf, err := readConfig(nothing, map[string]string{
		"QUIZBOT_DB": path, "QUIZBOT_PACKS": packs, "QUIZBOT_LOG": level,
		"QUIZBOT_LISTEN": "127.0.0.1:0", "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0",
		"SLACK_SIGNING_SECRET": localSlack.SigningSecret(), "SLACK_BOT_TOKEN": localSlack.BotToken(slack.DefaultTeam().ID), "SLACK_API_URL": localSlack.APIURL(),
		"DISCORD_TOKEN": localDiscord.Token(), "DISCORD_API_URL": localDiscord.APIURL(),
	}, os.DevNull)
	if err != nil {
		return err
	}
	log := newLog(at, conf.log)
	page, err := listen(ctx, "sandbox page", "--listen", c.Listen, web.Handler(web.Config{Slack: localSlack, Discord: localDiscord, Log: log}), log)
	if err != nil {
		return err
	}
	pageCtx, closePage := context.WithCancel(outlive)
	defer closePage()
	page.endless(pageCtx)
	page.serve()
	err = serve(ctx, conf, log, at.hangup, func(addresses map[string]string) {
		localSlack.SetAppURL("http://" + addresses["public"])
		_, _ = fmt.Fprintf(at.out, "The sandbox is open: http://%s\n", page.address())
		_, _ = fmt.Fprintf(at.out, "A local Slack on the left, a local Discord on the right, the real bot in both. Ctrl-C ends it.\n")
		if at.serving != nil {
			at.serving(map[string]string{"page": page.address(), "admin": addresses["admin"]})
		}
	})
	closePage()
	end, cancel := context.WithTimeout(outlive, time.Second)
	defer cancel()
	return errors.Join(err, ignoreLate(page.shutdown(end)))
}
