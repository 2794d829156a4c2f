package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"quizbot/adapters/terminal"
	"quizbot/bot"
	"quizbot/store"
	"quizbot/store/bolt"
)

type playCommand struct {
	Topic []string `arg:"" optional:"" help:"What to be asked about (quizbot pack list)."`
	DB    string   `help:"Keep your points in this file (without: they end with the game)." placeholder:"FILE"`
	Packs string   `help:"Folder of packs beside the embedded ones (QUIZBOT_PACKS)." placeholder:"DIR"`
}

// Run plays until the input ends.
func (c playCommand) Run(ctx context.Context, at surroundings) (err error) {
	dir, err := lookup(at, "QUIZBOT_PACKS", c.Packs)
	if err != nil {
		return err
	}
	log := newLog(at, slog.LevelWarn)
	pool, err := loadPool(dir, log)
	if err != nil {
		return err
	}
	topic := strings.Join(c.Topic, " ")
	if _, known := pool.Topic(topic); topic != "" && !known {
		return usagef("there is no topic %q: quizbot pack list shows what there is", topic)
	}
	path := c.DB
	if path == "" {
		tmp, err := os.MkdirTemp("", "quizbot-play-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(tmp) }()
		path = filepath.Join(tmp, "play.db")
	}
	engine, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()

	core := bot.New(bot.Config{Store: store.New(engine), Log: log}, pool)
	prompt := terminal.New(terminal.Config{
		In: at.in, Out: at.out, Topic: topic, Name: playerName(at), Session: strconv.FormatInt(time.Now().UnixNano(), 36),
		Strong: isTerminal(at.out), Skip: string(bot.WordSkip),
		Again: "Enter for the next question, a topic, leaderboard, me, help, or quit",
	}, core)
	core.SetMessengers(map[string]bot.Messenger{"terminal": prompt})

	keep, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	var coreErr error
	running.Go(func() { coreErr = core.Run(keep) })
	_, _ = fmt.Fprintln(at.out, "A quiz in your terminal. Answer by letter, number or text; quit ends it.")
	err = prompt.Run(ctx)
	stop()
	running.Wait()
	if c.DB == "" && err == nil {
		_, _ = fmt.Fprintln(at.out, "\nBye. To keep your points, play with --db FILE.")
	}
	return errors.Join(err, coreErr)
}

func playerName(at surroundings) string {
	if name, _ := at.getenv("USER"); name != "" {
		return name
	}
	return "you"
}
