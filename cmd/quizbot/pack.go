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

	Import packImportCommand `cmd:"" help:"Make a pack of another program's file: GIFT, Aiken, CSV, Markdown, chats and more."`
	Export packExportCommand `cmd:"" help:"Write a pack for another program."`
}

func readAtMost(r io.Reader, n int64) ([]byte, error) { return io.ReadAll(io.LimitReader(r, n)) }

type packLintCommand struct {
	Paths   []string `arg:"" optional:"" help:"Pack files or folders of them (without: the embedded packs)."`
	Strict  bool     `help:"Advice counts as a fault."`
	Against string   `help:"An earlier state of the packs, a file or a folder: no question may have gone whose id isn't retired." placeholder:"PATH"`
}

// Run opens no database. It fails where a pack is at fault; advice is a fault
// only when strict.
func (c packLintCommand) Run(at surroundings) error {
	var l linter
	if len(c.Paths) == 0 {
		l.folder(data.Packs(), "")
	}
	for _, path := range c.Paths {
		if err := l.path(path); err != nil {
			return err
		}
	}
	if l.err != nil {
		return l.err
	}
	l.faults = append(l.faults, quiz.Clashes(l.sources)...)
	l.advice = append(l.advice, quiz.Across(l.sources)...)
	if c.Against != "" {
		var before linter
		if err := before.path(c.Against); err != nil {
			return err
		}
		if before.err != nil {
			return before.err
		}
		l.faults = append(l.faults, quiz.Gone(before.sources, l.sources)...)
	}
	tell(at.err, l.faults, quiz.Problem.String)
	tell(at.err, l.advice, func(p quiz.Problem) string {
		return fmt.Sprintf("%s: advice: %s; %s", p.Place(), p.Text, p.Cure)
	})
	if len(l.sources) == 0 {
		return errors.New("there are no pack files (*.yaml) to check: name a file, or a folder that holds some")
	}
	advice := ""
	if n := len(l.advice); n > 0 {
		advice = several(n, "piece of advice", "pieces of advice")
	}
	files := several(len(l.sources), "pack file", "pack files")
	switch {
	case len(l.faults) > 0 && advice != "":
		return fmt.Errorf("%s and %s in %s", several(len(l.faults), "fault", "faults"), advice, files)
	case len(l.faults) > 0:
		return fmt.Errorf("%s in %s", several(len(l.faults), "fault", "faults"), files)
	case c.Strict && advice != "":
		return fmt.Errorf("%s in %s, which --strict counts as faults", advice, files)
	}
	questions := 0
	for _, s := range l.sources {
		questions += len(s.Pack.Questions)
	}
	verb := "are"
	if len(l.sources) == 1 {
		verb = "is"
	}
	line := fmt.Sprintf("%s with %s %s fine", several(len(l.sources), "pack", "packs"), several(questions, "question", "questions"), verb)
	if advice != "" {
		line += "; " + advice
	}
	_, err := fmt.Fprintln(at.out, line)
	return err
}

// maxLines is how many faults are listed: whoever has more mends the first ones and
// asks again.
const maxLines = 200

func tell(w io.Writer, problems []quiz.Problem, line func(quiz.Problem) string) {
	for _, p := range problems[:min(maxLines, len(problems))] {
		_, _ = fmt.Fprintln(w, line(p))
	}
	if more := len(problems) - maxLines; more > 0 {
		_, _ = fmt.Fprintf(w, "and %d more\n", more)
	}
}

func several(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

type linter struct {
	seen           map[string]bool // paths
	sources        []quiz.Source
	faults, advice []quiz.Problem
	err            error
}

// path checks what was named: a file, or a folder's files.
func (l *linter) path(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return usagef("%s: %w: name pack files, or folders that hold some", path, reason(err))
	case info.IsDir():
		l.folder(os.DirFS(path), path)
	case !info.Mode().IsRegular():
		return usagef("%s is not a regular file: save the pack in one and name that", path)
	default:
		l.file(os.DirFS(filepath.Dir(path)), filepath.Base(path), filepath.Clean(path))
	}
	return nil
}

func (l *linter) folder(fsys fs.FS, dir string) {
	names, err := packNames(fsys)
	if err != nil {
		l.err = fmt.Errorf("packs folder %s: %w", dir, err)
		return
	}
	for _, name := range names {
		l.file(fsys, name, filepath.Join(dir, name))
	}
}

func (l *linter) file(fsys fs.FS, name, path string) {
	if l.seen[path] {
		return // named twice; it would clash with itself
	}
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	l.seen[path] = true
	src, err := readPackFile(fsys, name)
	if err != nil {
		l.err = fmt.Errorf("pack %s: %w", path, err)
		return
	}
	s := quiz.ReadSource(path, src)
	l.sources = append(l.sources, s)
	l.faults = append(l.faults, s.Faults...)
	l.advice = append(l.advice, s.Advice()...)
}

type packListCommand struct {
	Packs string `help:"Folder of packs beside the embedded ones (QUIZBOT_PACKS)." placeholder:"DIR"`
}

// Run prints a line a pack.
func (c packListCommand) Run(at surroundings) error {
	dir, err := lookup(at, "QUIZBOT_PACKS", c.Packs)
	if err != nil {
		return err
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
