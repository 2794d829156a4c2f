package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"quizbot/store/bolt"
)

type backupCommand struct {
	File string `arg:"" help:"The new file; none is ever replaced."`
	DB   string `help:"Database file (QUIZBOT_DB)." placeholder:"FILE"`
}

// Help says what a backup is.
func (backupCommand) Help() string {
	return "Copies the database of QUIZBOT_DB as it is at one moment. While quizbot serve runs, that process makes the copy " +
		"and players notice nothing; run this as the same user then. Otherwise the file is read itself.\n\n" +
		"The copy is checked in whole before it gets its name, is readable to you alone, and holds nothing that was deleted. " +
		"quizbot serve can also make backups by itself: see QUIZBOT_BACKUPS in quizbot serve --help."
}

// backupPath is the route on which the running process sends a copy.
const backupPath = controlPath + "backup"

// Run makes a backup.
func (c backupCommand) Run(ctx context.Context, at surroundings) error {
	db, err := database(at, c.DB)
	if err != nil {
		return err
	}
	if err := bolt.Vacant("backup", c.File); err != nil {
		return err
	}
	line := newProgressLine(at)
	defer line.clear()
	if err := copyDatabase(ctx, db, c.File, line, proveRecords); err != nil {
		return err
	}
	line.clear()
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(at.out, "backup %s: %s, checked\n", c.File, sizeWords(info.Size()))
	return err
}

// copyDatabase makes a copy of a database to a new file, through the process that
// has it open where there is one.
func copyDatabase(ctx context.Context, db, path string, line *progressLine, prove bolt.Proof) error {
	line.say("waiting for a copy")
	answer, found, err := callControl(ctx, db, http.MethodPost, backupPath, nil)
	if err != nil {
		return err
	}
	if found {
		defer func() { _ = answer.Body.Close() }()
		return bolt.Receive(ctx, answer.Body, answer.ContentLength, path, db, line.progress("received"), prove)
	}
	err = bolt.Backup(ctx, db, path, line.progress("copied"), prove)
	if errors.Is(err, bolt.ErrLocked) {
		return unreachable(db)
	}
	return err
}

// sendBackup answers with a copy of the database.
func (s *service) sendBackup(w http.ResponseWriter, r *http.Request) error {
	start := time.Now()
	f, err := s.engine.Snapshot(r.Context())
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	if _, err := io.Copy(w, f); err != nil {
		return err
	}
	s.log.Info("a copy of the database was handed out", "bytes", info.Size(), "after", time.Since(start))
	return nil
}

type restoreCommand struct {
	File string `arg:"" help:"A backup; it stays as it is."`
	DB   string `help:"The new database file (QUIZBOT_DB)." placeholder:"FILE"`
}

// Help says what restoring does.
func (restoreCommand) Help() string {
	return "Makes a new database at QUIZBOT_DB of a backup, which is checked in whole first. A file that is there is never " +
		"replaced: stop quizbot, move the old database away, restore, start quizbot again."
}

// Run restores a backup.
func (c restoreCommand) Run(ctx context.Context, at surroundings) error {
	db, err := database(at, c.DB)
	if err != nil {
		return err
	}
	answer, found, err := callControl(ctx, db, http.MethodGet, controlPath, nil)
	switch {
	case found && err == nil:
		_ = answer.Body.Close()
		return fmt.Errorf("restore %s: a running quizbot uses it: stop that first, and move the file away", db)
	case err != nil:
		return err
	}
	line := newProgressLine(at)
	defer line.clear()
	line.say("checking " + c.File)
	if err := bolt.Restore(ctx, c.File, db, line.progress("restored"), proveRecords); err != nil {
		return err
	}
	line.clear()
	_, err = fmt.Fprintf(at.out, "database %s: restored from %s, checked; quizbot serve can be started\n", db, c.File)
	return err
}

// database is the path of the database of a command that needs no other setting.
func database(at surroundings, flag string) (string, error) {
	db, err := lookup(at, "QUIZBOT_DB", flag)
	if err != nil {
		return "", err
	}
	for _, s := range settings() {
		if s.key == "QUIZBOT_DB" && db == "" {
			db = s.value
		}
	}
	if strings.Contains(db, "://") {
		return "", usagef("QUIZBOT_DB: this version keeps its data in a file; write a path")
	}
	return db, nil
}

// progressLine is one line on a terminal that says how far long work is; nothing
// elsewhere.
type progressLine struct {
	to    io.Writer // nil: nobody looks
	mu    sync.Mutex
	next  time.Time
	width int
}

// progressEvery is how often a progress line changes at most.
const progressEvery = 100 * time.Millisecond

func newProgressLine(at surroundings) *progressLine {
	if !isTerminal(at.err) {
		return &progressLine{}
	}
	return &progressLine{to: at.err}
}

// progress shows how many bytes were done.
func (l *progressLine) progress(done string) bolt.Progress {
	return func(n, total int64) {
		l.mu.Lock()
		late := time.Now().After(l.next) || n == total
		l.mu.Unlock()
		if late {
			l.say(fmt.Sprintf("%s %s of %s", done, sizeWords(n), sizeWords(total)))
		}
	}
}

// say replaces what the line says.
func (l *progressLine) say(words string) {
	if l.to == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.to, "\r%-*s", l.width, words)
	l.width, l.next = len(words), time.Now().Add(progressEvery)
}

// clear leaves the line empty.
func (l *progressLine) clear() {
	if l.to == nil || l.width == 0 {
		return
	}
	_, _ = fmt.Fprintf(l.to, "\r%-*s\r", l.width, "")
	l.width = 0
}

func sizeWords(n int64) string {
	switch {
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", (n+1023)>>10)
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	default:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
}
