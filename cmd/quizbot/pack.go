package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"quizbot/data"
	"quizbot/quiz"
)

type packCommand struct {
	Lint packLintCommand `cmd:"" help:"Check pack files; faults are told as file:line:column with the cure."`
	List packListCommand `cmd:"" help:"List the packs: the embedded ones and those of a folder."`
}

func readAtMost(r io.Reader, n int64) ([]byte, error) { return io.ReadAll(io.LimitReader(r, n)) }

type packLintCommand struct {
	Paths  []string `arg:"" optional:"" help:"Pack files or folders of them (without: the embedded packs)."`
	Strict bool     `help:"Advice counts as a fault."`
}

// Run opens no database. It fails where a pack is at fault; advice is a fault
// only when strict.
func (c packLintCommand) Run(at surroundings) error {
	var l linter
	if len(c.Paths) == 0 {
		l.folder(data.Packs(), "")
	}
	for _, path := range c.Paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return usagef("%v", err)
		case info.IsDir():
			l.folder(os.DirFS(path), path)
		default:
			l.file(os.DirFS(filepath.Dir(path)), filepath.Base(path), path)
		}
	}
	if l.err == nil && l.files > 0 && len(l.faults) == 0 {
		if _, err := quiz.NewPool(l.packs); err != nil {
			l.err = err
		}
	}
	if l.err != nil {
		return l.err
	}
	for _, p := range l.faults {
		_, _ = fmt.Fprintln(at.err, p)
	}
	for _, p := range l.advice {
		_, _ = fmt.Fprintln(at.err, p)
	}
	if l.files == 0 {
		return errors.New("there are no pack files (*.yaml) to check")
	}
	if len(l.faults) > 0 || c.Strict && len(l.advice) > 0 {
		return fmt.Errorf("%d faults and %d pieces of advice in %d pack files", len(l.faults), len(l.advice), l.files)
	}
	questions := 0
	for _, p := range l.packs {
		questions += len(p.Questions)
	}
	_, err := fmt.Fprintf(at.out, "%d packs with %d questions are fine", l.files, questions)
	if len(l.advice) > 0 {
		_, err = fmt.Fprintf(at.out, "; %d pieces of advice", len(l.advice))
	}
	_, _ = fmt.Fprintln(at.out)
	return err
}

type linter struct {
	files          int
	packs          []quiz.Pack
	faults, advice []quiz.Problem
	err            error
}

func (l *linter) folder(fsys fs.FS, dir string) {
	names, err := packNames(fsys)
	if err != nil {
		l.err = err
		return
	}
	for _, name := range names {
		l.file(fsys, name, filepath.Join(dir, name))
	}
}

func (l *linter) file(fsys fs.FS, name, path string) {
	src, err := readPackFile(fsys, name)
	if err != nil {
		l.err = err
		return
	}
	l.files++
	pack, advice, err := quiz.LintPack(path, src)
	var faults quiz.Problems
	switch {
	case errors.As(err, &faults):
		l.faults = append(l.faults, faults...)
	case err != nil:
		l.err = err
	default:
		l.packs = append(l.packs, pack)
		l.advice = append(l.advice, advice...)
	}
}

type packListCommand struct {
	Packs string `help:"Folder of packs beside the embedded ones (QUIZBOT_PACKS)." placeholder:"DIR"`
}

// Run prints a line a pack.
func (c packListCommand) Run(at surroundings) error {
	dir := c.Packs
	if dir == "" {
		dir, _ = at.getenv("QUIZBOT_PACKS")
	}
	files, notes, err := readPacks(dir)
	if err != nil {
		return err
	}
	for _, note := range notes {
		_, _ = fmt.Fprintln(at.err, note)
	}
	if _, err := newPool(files); err != nil {
		return err
	}
	for _, f := range files {
		where := f.path
		if f.embedded {
			where = "embedded"
		}
		if _, err := fmt.Fprintf(at.out, "%-20s %3d questions  %s  (%s)\n", f.pack.ID, len(f.pack.Questions), f.pack.Title, where); err != nil {
			return err
		}
	}
	return nil
}
