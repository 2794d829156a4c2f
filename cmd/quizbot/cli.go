package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"
)

// cli is what can be said on the command line.
type cli struct {
	Sandbox sandboxCommand `cmd:"" help:"Try it: a local Slack and a local Discord in your browser, no account needed."`
	Serve   serveCommand   `cmd:"" help:"Run the bot on the platforms whose tokens are set."`
	Play    playCommand    `cmd:"" help:"Play a quiz in this terminal."`
	Pack    packCommand    `cmd:"" help:"Check and list question packs."`
	Version versionCommand `cmd:"" help:"Show version, commit and Go version."`
}

// usageError is a mistake of whoever started the program.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// helpShown ends the program after kong has printed a help text.
type helpShown struct{ code int }

// run is the whole program; it returns the exit status.
func run(ctx context.Context, at surroundings) (status int) {
	defer func() {
		if r := recover(); r != nil {
			shown, ok := r.(helpShown)
			if !ok {
				panic(r)
			}
			status = shown.code
		}
	}()
	var c cli
	parser, err := kong.New(&c, kong.Name("quizbot"), kong.Description(about),
		kong.Writers(at.out, at.err), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(code int) { panic(helpShown{code}) }),
	)
	if err != nil {
		return complain(at, err)
	}
	if len(at.args) == 0 {
		at.args = []string{"--help"}
	}
	parsed, err := parser.Parse(at.args)
	if err != nil {
		return complain(at, usageError{fmt.Errorf("%w; quizbot --help shows what there is", err)})
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(at); err != nil {
		return complain(at, err)
	}
	return exitDone
}

const about = "A quiz bot for Slack and Discord that explains every answer and keeps the score.\n\n" +
	"quizbot sandbox shows it at work without any account."

// complain says in one line what went wrong; problems of packs, a line each.
func complain(at surroundings, err error) int {
	var quiet quietError
	if !errors.As(err, &quiet) {
		fmt.Fprintln(at.err, "quizbot: "+strings.TrimSpace(err.Error()))
	}
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// quietError was reported where it happened.
type quietError struct{ error }

// newLog writes text to a terminal and JSON elsewhere.
func newLog(at surroundings, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if isTerminal(at.err) {
		return slog.New(slog.NewTextHandler(at.err, options))
	}
	return slog.New(slog.NewJSONHandler(at.err, options))
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
