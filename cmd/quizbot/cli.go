package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"quizbot/exchange"
)

// cli is what can be said on the command line.
type cli struct {
	Sandbox sandboxCommand `cmd:"" help:"Try it: a local Slack and a local Discord in your browser, no account needed."`
	Serve   serveCommand   `cmd:"" help:"Run the bot on the platforms whose tokens are set."`
	Play    playCommand    `cmd:"" help:"Play a quiz in this terminal."`
	Pack    packCommand    `cmd:"" help:"Check, list, import and export question packs."`
	Doctor  doctorCommand  `cmd:"" help:"Check tokens, scopes, intents, database, clock, ports and packs; for each fault the cure."`
	Backup  backupCommand  `cmd:"" help:"Copy the database into a new file, also while serve runs."`
	Restore restoreCommand `cmd:"" help:"Make a new database of a backup."`
	Check   checkCommand   `cmd:"" help:"Check a database or a backup in whole."`
	Probe   probeCommand   `cmd:"" help:"Ask the running bot how it is: a health check for containers."`
	User    userCommand    `cmd:"" help:"Answer somebody who asks for their data: list, export, forget."`
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
		kong.Vars{"formats": strings.Join(exchange.Names(), ", "), "writable": strings.Join(writable(), ", ")},
		kong.Exit(func(code int) { panic(helpShown{code}) }),
	)
	if err != nil {
		return complain(at, err)
	}
	args := plainArgs(at.args)
	parsed, err := parser.Parse(args)
	if err != nil {
		return complain(at, usagef("%s; quizbot --help shows what there is", plainError(err)))
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(at); err != nil {
		return complain(at, err)
	}
	return exitDone
}

// plainArgs turns what people try first into what the parser knows.
func plainArgs(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	case args[0] == "--version":
		return []string{"version"}
	}
	return args
}

var noValue = regexp.MustCompile(`^(--[\w-]+): expected .* value but got "EOL" \(<EOL>\)$`)

// plainError says what the parser of the command line means.
func plainError(err error) string {
	if m := noValue.FindStringSubmatch(err.Error()); m != nil {
		return m[1] + " needs a value"
	}
	return err.Error()
}

const about = "A quiz bot for Slack and Discord that explains every answer and keeps the score.\n\n" +
	"quizbot sandbox shows it at work without any account."

// complain says in one line what went wrong; problems of packs, a line each.
func complain(at surroundings, err error) int {
	var quiet quietError
	if !errors.As(err, &quiet) {
		for line := range strings.SplitSeq(strings.TrimSpace(err.Error()), "\n") {
			_, _ = fmt.Fprintln(at.err, "quizbot: "+line)
		}
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
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: readable}
	if isTerminal(at.err) {
		return slog.New(slog.NewTextHandler(at.err, options))
	}
	return slog.New(slog.NewJSONHandler(at.err, options))
}

// readable writes lengths of time and file modes as people do: JSON would have
// nanoseconds, and a mode in tens.
func readable(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case time.Duration:
		a.Value = slog.StringValue(v.String())
	case fs.FileMode:
		a.Value = slog.StringValue(fmt.Sprintf("%#o", uint32(v.Perm())))
	}
	return a
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
