package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"quizbot/store"
	"quizbot/store/bolt"
)

type checkCommand struct {
	File string `arg:"" optional:"" help:"A database or a backup (without: QUIZBOT_DB)."`
	DB   string `help:"Database file (QUIZBOT_DB)." placeholder:"FILE"`
}

// Help says what is checked.
func (checkCommand) Help() string {
	return "Reads all of a database, or of a backup, and changes nothing: how the file is built, each record, that each answer " +
		"is there once, that open questions will close and messages be sent, and that boards and records are what the answers give. " +
		"A line for each fault, one for the outcome; exit status 0 when all is sound, 1 when not.\n\n" +
		"While quizbot serve runs on the file, a fresh copy is made by that process and checked, in the folder for temporary files (TMPDIR)."
}

// maxFaultLines is how many faults are told one by one.
const maxFaultLines = 50

// faultCure stands at the end of each fault.
const faultCure = "restore the newest backup that quizbot check finds sound (quizbot restore)"

// Run checks a file.
func (c checkCommand) Run(ctx context.Context, at surroundings) error {
	path := c.File
	if path == "" {
		var err error
		if path, err = database(at, c.DB); err != nil {
			return err
		}
	}
	line := newProgressLine(at)
	defer line.clear()
	copied, remove, err := copyOfLive(ctx, path, line)
	if err != nil {
		return err
	}
	defer remove()
	report := &faultReport{to: at.out, line: line}
	sum, err := verifyFile(ctx, copied, line, report)
	if errors.Is(err, bolt.ErrLocked) {
		return unreachable(path)
	}
	if err != nil {
		return err
	}
	line.clear()
	return report.end(path, copied != path, sum)
}

// copyOfLive makes a copy of a database that a running quizbot has open; any other
// file is returned as it is. remove removes the copy.
func copyOfLive(ctx context.Context, path string, line *progressLine) (copied string, remove func(), err error) {
	answer, found, err := callControl(ctx, path, http.MethodGet, controlPath, nil)
	if err != nil {
		return "", nil, err
	}
	if !found {
		return path, func() {}, nil
	}
	_ = answer.Body.Close()
	folder, err := os.MkdirTemp("", "quizbot-check-")
	if err != nil {
		return "", nil, fmt.Errorf("check %s: no folder for a copy: %w; name another with TMPDIR", path, err)
	}
	remove = func() { _ = os.RemoveAll(folder) }
	copied = filepath.Join(folder, "copy.db")
	if err := copyDatabase(ctx, path, copied, line, nil); err != nil {
		remove()
		return "", nil, fmt.Errorf("check %s: no copy of the running quizbot's could be made (TMPDIR says where): %w", path, err)
	}
	return copied, remove, nil
}

func verifyFile(ctx context.Context, path string, line *progressLine, report *faultReport) (sum store.Totals, err error) {
	line.say("checking how the file is built")
	faults, err := bolt.Check(ctx, path)
	if err != nil {
		return sum, err
	}
	for _, f := range faults {
		report.add(store.Fault{What: f})
	}
	if len(faults) > 0 { // what hangs on such pages can't be trusted
		return sum, nil
	}
	line.say("checking the records")
	e, format, err := bolt.OpenReadOnly(path)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	return store.Verify(ctx, e, format, time.Now(), report.add)
}

// proveRecords is a bolt.Proof: it finds what quizbot check would.
func proveRecords(ctx context.Context, copied *bolt.Engine, format int) error {
	var first *store.Fault
	n := 0
	_, err := store.Verify(ctx, copied, format, time.Now(), func(f store.Fault) {
		if n++; first == nil {
			first = &f
		}
	})
	switch {
	case err != nil:
		return err
	case n > 1:
		return fmt.Errorf("%s, and %d more", plainLine(first.What), n-1)
	case n == 1:
		return errors.New(plainLine(first.What))
	}
	return nil
}

// faultReport tells faults, a line each.
type faultReport struct {
	to     io.Writer
	line   *progressLine
	faults int
}

func (r *faultReport) add(f store.Fault) {
	if r.faults++; r.faults > maxFaultLines {
		return
	}
	where := ""
	if f.Team != "" {
		where = "team " + f.Team + ": "
	}
	r.line.clear()
	_, _ = fmt.Fprintln(r.to, plainLine(where+f.What)+": "+faultCure)
}

// end tells the outcome of a check of path.
func (r *faultReport) end(path string, live bool, sum store.Totals) error {
	if r.faults > maxFaultLines {
		_, _ = fmt.Fprintf(r.to, "and %d more of this kind\n", r.faults-maxFaultLines)
	}
	what, outcome := path, "sound"
	if live {
		what += " (a copy of the running quizbot's)"
	}
	if r.faults > 0 {
		outcome = plural(r.faults, "fault")
	}
	_, err := fmt.Fprintf(r.to, "%s: %s; %s, %s, %s, %s\n", what, outcome,
		plural(sum.Teams, "team"), plural(sum.Rooms, "room"), plural(sum.Answers, "answer"), plural(sum.Players, "player"))
	if r.faults > 0 {
		return quietError{errors.New("faults were found")}
	}
	return err
}

// plainLine keeps what is stored from writing on the terminal by itself.
func plainLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
