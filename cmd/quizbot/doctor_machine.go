package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"quizbot/internal/checkup"
	"quizbot/quiz"
	"quizbot/store"
	"quizbot/store/bolt"
)

// machineChecks are those of this machine: database, ports and packs.
func (c config) machineChecks() []checkup.Check {
	out := []checkup.Check{
		{What: "database", Run: c.checkDatabase},
		{What: "admin port", Run: func(ctx context.Context) []checkup.Finding {
			return []checkup.Finding{c.checkPort(ctx, "admin port", "QUIZBOT_ADMIN_LISTEN")}
		}},
	}
	if c.get("SLACK_SIGNING_SECRET") != "" {
		out = append(out, checkup.Check{What: "public port", Run: func(ctx context.Context) []checkup.Finding {
			return []checkup.Finding{c.checkPort(ctx, "public port", "QUIZBOT_LISTEN")}
		}})
	}
	return append(out, checkup.Check{What: "packs", Run: c.checkPacks})
}

// serves says whether a quizbot that serves this database answers.
func (c config) serves(ctx context.Context) bool {
	answer, found, err := callControl(ctx, c.get("QUIZBOT_DB"), http.MethodGet, controlPath, nil)
	if err == nil && found {
		_ = answer.Body.Close()
	}
	return found
}

// Free space where the database is, in bytes.
const (
	spaceWarn = 500 << 20
	spaceFail = 50 << 20
)

// checkDatabase changes nothing: where there is no file, none is made.
func (c config) checkDatabase(ctx context.Context) []checkup.Finding {
	const what = "database"
	path := c.get("QUIZBOT_DB")
	folder := filepath.Dir(path)
	info, err := os.Stat(path)
	var out []checkup.Finding
	switch {
	case errors.Is(err, fs.ErrNotExist):
		out = append(out, newDatabase(path, folder))
	case err != nil:
		return []checkup.Finding{{Level: checkup.Fail, What: what, Said: fmt.Sprintf("%s: %v", path, reason(err)), Cure: "name a file with QUIZBOT_DB that this user can read and write"}}
	default:
		out = append(out, c.openDatabase(ctx, path, info))
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			out = append(out, checkup.Finding{
				Level: checkup.Warn, What: "database access", Said: fmt.Sprintf("other users of this machine can get at it (mode %#o)", mode),
				Cure: "chmod 600 " + path,
			})
		}
	}
	if free, ok := bolt.FreeSpace(folder); ok {
		f := checkup.Finding{What: "disk", Said: sizeWords(free) + " are free in " + folder, Cure: "make room: a write that fails ends the bot"}
		switch {
		case free < spaceFail:
			f.Level = checkup.Fail
		case free < spaceWarn:
			f.Level = checkup.Warn
		default:
			f.Cure = ""
		}
		out = append(out, f)
	}
	return out
}

// newDatabase looks whether serve will be able to make the file.
func newDatabase(path, folder string) checkup.Finding {
	const what = "database"
	probe, err := os.CreateTemp(folder, ".quizbot-doctor-*")
	if err != nil {
		return checkup.Finding{
			Level: checkup.Fail, What: what, Said: fmt.Sprintf("there is none, and none can be made in %s: %v", folder, reason(err)),
			Cure: "make the folder and let this user write there, or name another file with QUIZBOT_DB",
		}
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	return checkup.Finding{What: what, Said: path + " will be made at the first start"}
}

func (c config) openDatabase(ctx context.Context, path string, info fs.FileInfo) checkup.Finding {
	const what = "database"
	if c.serves(ctx) {
		return checkup.Finding{What: what, Said: fmt.Sprintf("%s (%s) is in use by the running quizbot", path, sizeWords(info.Size()))}
	}
	engine, format, err := bolt.OpenReadOnly(path)
	switch {
	case errors.Is(err, bolt.ErrLocked):
		return checkup.Finding{
			Level: checkup.Warn, What: what, Said: path + " is in use by a process that can't be asked",
			Cure: "if that is quizbot, run this as its user; if it is something else, stop it",
		}
	case err != nil:
		said, cure := halves(err)
		return checkup.Finding{Level: checkup.Fail, What: what, Said: said, Cure: cure}
	}
	_ = engine.Close()
	f := checkup.Finding{What: what, Said: fmt.Sprintf("%s opens (%s, format %d)", path, sizeWords(info.Size()), format)}
	if format < store.FormatVersion {
		f.Said += fmt.Sprintf("; the next start makes a copy and migrates it to format %d", store.FormatVersion)
	}
	probe, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return checkup.Finding{Level: checkup.Fail, What: what, Said: fmt.Sprintf("%s can be read, not written: %v", path, reason(err)), Cure: "let this user read and write the file and its folder"}
	}
	_ = probe.Close()
	return f
}

// checkPort looks whether serve can listen, or does.
func (c config) checkPort(ctx context.Context, what, key string) checkup.Finding {
	address := c.get(key)
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		_ = ln.Close()
		return checkup.Finding{What: what, Said: address + " is free"}
	case errors.Is(err, syscall.EADDRINUSE) && c.serves(ctx) && ours(ctx, key, address):
		return checkup.Finding{What: what, Said: address + " is held by the running quizbot"}
	case errors.Is(err, syscall.EADDRINUSE):
		return checkup.Finding{Level: checkup.Fail, What: what, Said: address + " is in use by another program", Cure: "stop that, or choose another with " + key}
	}
	return checkup.Finding{Level: checkup.Fail, What: what, Said: fmt.Sprintf("%s: %v", address, err), Cure: "choose another with " + key}
}

// ours says whether what listens on an address answers as quizbot does.
func ours(ctx context.Context, key, address string) bool {
	if key == "QUIZBOT_ADMIN_LISTEN" {
		said, err := adminPage(ctx, address, "/healthz")
		return err == nil && said == "ok"
	}
	_, err := adminPage(ctx, address, "/slack/events")
	var status statusError
	return errors.As(err, &status) && status.status == http.StatusMethodNotAllowed
}

func (c config) checkPacks(context.Context) []checkup.Finding {
	const what = "packs"
	dir := c.get("QUIZBOT_PACKS")
	files, notes, err := readPacks(dir)
	if err == nil {
		_, err = newPool(files)
	}
	var problems quiz.Problems
	switch {
	case errors.As(err, &problems):
		var out []checkup.Finding
		for _, p := range problems {
			out = append(out, checkup.Finding{Level: checkup.Fail, What: what, Said: p.Place() + ": " + p.Text, Cure: p.Cure})
		}
		return out
	case err != nil:
		return []checkup.Finding{{Level: checkup.Fail, What: what, Said: err.Error(), Cure: "run quizbot pack lint " + dir}}
	}
	questions := 0
	for _, f := range files {
		questions += len(f.pack.Questions)
	}
	out := []checkup.Finding{{What: what, Said: fmt.Sprintf("%s with %s", several(len(files), "topic", "topics"), several(questions, "question", "questions"))}}
	for _, note := range notes {
		out = append(out, checkup.Finding{Level: checkup.Warn, What: what, Said: note, Cure: "rename one of them where that is not meant"})
	}
	return out
}

// oneLine keeps what a platform or a file says from breaking the line, or the terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// cutLast splits "thing: why: cure" before the cure.
func cutLast(s string) (said, cure string) {
	i := strings.LastIndex(s, ": ")
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+2:]
}
