package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"quizbot/exchange"
	"quizbot/quiz"
)

type packImportCommand struct {
	File     string `arg:"" help:"The file to read; - reads standard input."`
	To       string `arg:"" optional:"" help:"Where to write: a folder, or a file whose name ends in .yaml (without: ID.yaml here)."`
	Write    bool   `help:"Write the pack. Without it nothing is written, and what would be is shown."`
	Format   string `help:"The file's format, where it isn't guessed right: ${formats}." placeholder:"NAME"`
	ID       string `help:"The pack's id, which is also the topic's name (without: the pack's own, or from the file's name)." name:"id" placeholder:"ID"`
	Title    string `help:"The pack's title." placeholder:"TEXT"`
	Language string `help:"The language of its questions, as in en or pt-BR (without: the pack's own, or en)." placeholder:"CODE"`
	License  string `help:"Its licence, as in CC-BY-4.0." placeholder:"NAME"`
	Columns  string `help:"What a table's columns hold, by their names or numbers: ask=Question,answer=Right,wrong=Wrong 1|Wrong 2,explain=7." placeholder:"WHAT=COLUMN,…"`
	Choices  bool   `help:"Make choice questions of cards whose answers are too long to be typed, with other cards' answers beside the right one."`
	All      bool   `help:"Show all questions, notes and drops, however many."`
}

// Help is what stands below the flags.
func (packImportCommand) Help() string {
	var b strings.Builder
	b.WriteString("The format is guessed from what is in the file. Known are:\n\n")
	for _, f := range exchange.Formats() {
		fmt.Fprintf(&b, "  %-14s%s\n", f.Name, f.Title)
	}
	b.WriteString("\ndocs/formats.md shows each with a small file.")
	return b.String()
}

// shownAtMost is how many questions, and how many notes, are shown unless all are asked for.
const shownAtMost = 20

// Run reads the whole file before anything gets its name: what is damaged makes no pack.
func (c packImportCommand) Run(ctx context.Context, at surroundings) (err error) {
	if c.To != "" && !c.Write {
		return usagef("%s is named, but nothing is written without --write: add it", c.To)
	}
	in, done, err := c.open(at)
	if err != nil {
		return err
	}
	defer done()
	if c.Columns != "" {
		if in.Columns, err = exchange.ParseColumns(c.Columns); err != nil {
			return usageError{fmt.Errorf("--columns: %w", err)}
		}
	}
	in.Choices = c.Choices
	format, err := c.format(in)
	if err != nil {
		return err
	}
	i := importing{c: c, at: at, format: format, progress: newProgress(at.err)}
	if i.packs.Header, err = c.header(in, format.Head(in)); err != nil {
		return err
	}
	i.packs.Create = i.create
	defer i.giveUp()
	err = format.Read(in, func(f exchange.Found) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return i.found(f)
	})
	if closing := i.packs.Close(); err == nil {
		err = closing
	}
	i.progress.end()
	if ctx.Err() != nil {
		return fmt.Errorf("%s: stopped by a signal; nothing was written", c.File)
	}
	if err != nil {
		var faults quiz.Problems
		if errors.As(err, &faults) {
			return faults
		}
		return fmt.Errorf("%s, read as %s: %w", c.File, format.Title, err)
	}
	return i.finish()
}

// open makes the file one that can be read from any place.
func (c packImportCommand) open(at surroundings) (*exchange.Input, func(), error) {
	if c.File == "-" {
		src, err := io.ReadAll(at.in)
		if err != nil {
			return nil, nil, fmt.Errorf("read standard input: %w", err)
		}
		return &exchange.Input{Name: "standard input", Data: bytes.NewReader(src), Size: int64(len(src))}, func() {}, nil
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return nil, nil, usagef("%s: %w: name the file to import", c.File, reason(err))
	}
	if !info.Mode().IsRegular() {
		return nil, nil, usagef("%s is not a regular file: name the file to import, or - and pipe it in", c.File)
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w: make it readable", c.File, reason(err))
	}
	return &exchange.Input{Name: filepath.Base(c.File), Data: f, Size: info.Size()}, func() { _ = f.Close() }, nil
}

func (c packImportCommand) format(in *exchange.Input) (exchange.Format, error) {
	if c.Format == "" {
		format, err := exchange.Guess(in)
		if err != nil {
			return format, fmt.Errorf("%s: %w", c.File, err)
		}
		return format, nil
	}
	format, ok := exchange.Named(c.Format)
	if !ok {
		return format, usagef("--format %s: there is no such format: use one of %s", c.Format, strings.Join(exchange.Names(), ", "))
	}
	return format, nil
}

// header is the pack without its questions: as it is said, or else as the file's own head
// has it.
func (c packImportCommand) header(in *exchange.Input, own quiz.Pack) (quiz.Pack, error) {
	id, title := c.ID, cmp.Or(c.Title, own.Title)
	base := strings.TrimSuffix(in.Name, filepath.Ext(in.Name))
	if id == "" && strings.HasSuffix(c.To, ".yaml") {
		id = exchange.Slug(strings.TrimSuffix(filepath.Base(c.To), ".yaml"), 60)
	}
	if id == "" {
		id = cmp.Or(own.ID, exchange.Slug(base, 60))
	}
	if id == "" || slices.Contains(quiz.Reserved(), id) && c.ID == "" {
		id = strings.TrimPrefix(id+"-pack", "-")
	}
	if title == "" {
		title = base
	}
	pack := quiz.Pack{
		ID: id, Title: title, Aliases: own.Aliases, Retired: own.Retired,
		Language: cmp.Or(c.Language, own.Language, "en"), License: cmp.Or(c.License, own.License),
	}
	if why := exchange.RefusedPack(pack); why != "" {
		return pack, usagef("%s: choose others with --id, --title, --language and --license", why)
	}
	return pack, nil
}

// importing is one import under way.
type importing struct {
	c        packImportCommand
	at       surroundings
	format   exchange.Format
	packs    exchange.Packs
	progress progress

	kinds                       map[quiz.Kind]int
	questions, dropped, notes   int
	shown, hiddenNotes, toldOff int
	files                       []string // their names
	temporary                   []string // as long as files
}

func (i *importing) found(f exchange.Found) error {
	place := i.c.File + ":" + fmt.Sprint(f.At)
	if i.format.Unit != "" {
		place = i.c.File + ": " + i.format.Place(f.At)
	}
	if f.Dropped != "" {
		i.dropped++
		i.tell(fmt.Sprintf("%s: dropped: %s", place, f.Dropped))
		return nil
	}
	id, err := i.packs.Add(f.Question)
	if err != nil {
		return err
	}
	for _, note := range f.Notes {
		i.notes++
		i.tell(fmt.Sprintf("%s: %s: %s", place, id, note))
	}
	if i.kinds == nil {
		i.kinds = map[quiz.Kind]int{}
	}
	i.kinds[f.Question.Kind]++
	i.questions++
	i.progress.at(i.questions + i.dropped)
	if i.shown++; i.shown > shownAtMost && !i.c.All {
		return nil
	}
	_, err = fmt.Fprintf(i.at.out, "%-10s %-42s %s\n", f.Question.Kind, id, inShort(f.Question.Ask, 70))
	return err
}

// tame is a text of a file as a terminal may have it: nothing in it moves a cursor, sets a
// colour or turns the direction.
func tame(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return utf8.RuneError
		}
		return r
	}, s)
}

func inShort(s string, n int) string {
	s = tame(strings.Join(strings.Fields(s), " "))
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

func (i *importing) tell(line string) {
	if i.toldOff++; i.toldOff > maxLines && !i.c.All {
		i.hiddenNotes++
		return
	}
	i.progress.clear()
	_, _ = fmt.Fprintln(i.at.err, tame(line))
}

// create opens a file beside the one that it will be; without --write nothing is written.
func (i *importing) create(id string) (io.WriteCloser, error) {
	name := i.target(id)
	i.files = append(i.files, name)
	if !i.c.Write {
		return nowhere{io.Discard}, nil
	}
	if _, err := os.Lstat(name); err == nil {
		return nil, fmt.Errorf("%s exists already: move it away, or choose another id with --id", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".import-*")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, reason(err))
	}
	i.temporary = append(i.temporary, f.Name())
	return f, f.Chmod(0o644)
}

type nowhere struct{ io.Writer }

func (nowhere) Close() error { return nil }

// target is the file of the pack with that id.
func (i *importing) target(id string) string {
	to := i.c.To
	if strings.HasSuffix(to, ".yaml") || strings.HasSuffix(to, ".yml") {
		if len(i.files) == 0 {
			return to
		}
		return filepath.Join(filepath.Dir(to), id+".yaml")
	}
	return filepath.Join(to, id+".yaml")
}

// giveUp takes away what has not got its name.
func (i *importing) giveUp() {
	for _, name := range i.temporary {
		_ = os.Remove(name)
	}
}

func (i *importing) finish() error {
	if more := i.shown - shownAtMost; more > 0 && !i.c.All {
		if _, err := fmt.Fprintf(i.at.out, "and %s; --all shows them\n", several(more, "more", "more")); err != nil {
			return err
		}
	}
	if i.hiddenNotes > 0 {
		_, _ = fmt.Fprintf(i.at.err, "and %d more; --all shows them\n", i.hiddenNotes)
	}
	sum := fmt.Sprintf("%s is %s: %s%s, %d dropped, %s", i.c.File, i.format.Title, several(i.questions, "question", "questions"), i.kindsInWords(), i.dropped, several(i.notes, "note", "notes"))
	if i.questions == 0 {
		return fmt.Errorf("%s: there is nothing to make a pack of", sum)
	}
	if !i.c.Write {
		_, err := fmt.Fprintf(i.at.out, "%s. Nothing was written: --write makes %s\n", sum, strings.Join(i.files, ", "))
		return err
	}
	for n, name := range i.files {
		if err := os.Link(i.temporary[n], name); err != nil { // it replaces nothing
			return fmt.Errorf("write %s: %w", name, reason(err))
		}
	}
	_, err := fmt.Fprintf(i.at.out, "%s. Written: %s\n", sum, strings.Join(i.files, ", "))
	return err
}

func (i *importing) kindsInWords() string {
	var parts []string
	for _, kind := range []quiz.Kind{quiz.Choice, quiz.Multi, quiz.TrueFalse, quiz.Text, quiz.Number, quiz.Order} {
		if n := i.kinds[kind]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, kind))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// progress says on a terminal how far a long work is.
type progress struct {
	to    io.Writer // nil: nobody looks
	next  time.Time
	stand bool // a line stands there
}

func newProgress(to io.Writer) progress {
	if !isTerminal(to) {
		return progress{}
	}
	return progress{to: to, next: time.Now().Add(time.Second)}
}

func (p *progress) at(n int) {
	if p.to == nil || n%256 != 0 || time.Now().Before(p.next) {
		return
	}
	p.next = time.Now().Add(250 * time.Millisecond)
	p.stand = true
	_, _ = fmt.Fprintf(p.to, "\r%d questions read", n)
}

func (p *progress) clear() {
	if p.stand {
		_, _ = fmt.Fprint(p.to, "\r\x1b[K")
		p.stand = false
	}
}

func (p *progress) end() { p.clear() }
