package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

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

	kept := store.New(engine)
	core := bot.New(bot.Config{Store: kept, Log: log, Alone: true}, pool)
	prompt := terminal.New(terminal.Config{
		In: at.in, Out: at.out, Topic: topic, Ask: string(bot.WordAsk), Name: playerName(at), Session: strconv.FormatInt(time.Now().UnixNano(), 36),
		Strong: showsStrong(at), Width: columns(at.out), Skip: string(bot.WordSkip), Reword: promptWords(),
		Cancel: "cancel", Fields: "Enter leaves a field as it is; cancel drops all of it",
		Again:   "Enter for the next question, a topic, leaderboard, me, review, help, or quit",
		TooLong: "That line is too long to be an answer; it was not read.",
		Playing: func(ctx context.Context, team bot.TeamID, room bot.RoomID) bool {
			snap, err := kept.Room(ctx, team, room)
			return err == nil && snap.State.Room.Game != nil
		},
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

// playerName is the login name: it goes well with "wins", which "you" doesn't.
func playerName(at surroundings) string {
	for _, key := range []string{"USER", "LOGNAME"} {
		if name, _ := at.getenv(key); name != "" {
			return name
		}
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "Player"
}

// promptWords are what the bot says about buttons and commands, as it goes at a
// prompt, which has neither.
func promptWords() *strings.Replacer {
	return strings.NewReplacer(
		"press a button, or type", "type",
		"press the buttons, or type", "type",
		"press one after the other, or type", "type",
		"Answer by button, or by typing", "Answer by typing",
		"Say these after /quiz, after !quiz (Discord), after mentioning me, or alone in a direct message:", "Type one of these:",
		"Say one after /quiz, for example: /quiz ", "Type one, for example: ",
		"Ended early.", "", // every answer ends a question here
	)
}

// showsStrong says whether bold letters are shown, and wanted.
func showsStrong(at surroundings) bool {
	plain, _ := at.getenv("NO_COLOR")
	kind, _ := at.getenv("TERM")
	return isTerminal(at.out) && plain == "" && kind != "dumb"
}

// columns says how wide a terminal is at the moment; 0: not known.
func columns(w any) func() int {
	return func() int {
		f, ok := w.(*os.File)
		if !ok {
			return 0
		}
		n, _, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 0
		}
		return n
	}
}
