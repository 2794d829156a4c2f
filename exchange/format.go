package exchange

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"

	"quizbot/quiz"
)

// Found is one question of a file, or what stands in its way.
type Found struct {
	// At is where it begins, from 1: a line, or what the format counts by.
	At int
	// Question is what came of it; without an ID when the file gives none. Empty when
	// Dropped.
	Question quiz.Question
	// Notes say what could not be carried over, each a short sentence.
	Notes []string
	// Dropped says why there is no question; "" when there is one.
	Dropped string
}

func (f *Found) note(format string, args ...any) {
	f.Notes = append(f.Notes, fmt.Sprintf(format, args...))
}

// Input is a file to be read.
type Input struct {
	Name string // its base name: formats may be known by it
	Data io.ReaderAt
	Size int64 // bytes
	// Columns says which column of a table holds what; see ParseColumns. Nil: by their
	// names.
	Columns Columns
	// Choices makes choice questions of cards whose answers are too long to be typed,
	// with other cards' answers beside the right one.
	Choices bool
}

// reader reads the file from its beginning, as UTF-8: spreadsheets write UTF-16 where they
// say Unicode.
func (in *Input) reader() io.Reader {
	raw := io.NewSectionReader(in.Data, 0, in.Size)
	mark := make([]byte, 2)
	if _, err := in.Data.ReadAt(mark, 0); err == nil && (mark[0] == 0xff && mark[1] == 0xfe || mark[0] == 0xfe && mark[1] == 0xff) {
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(raw)
	}
	return raw
}

// headSize is how much of a file is looked at in order to guess its format.
const headSize = 64 << 10

// head is the beginning of the file, without a byte order mark.
func (in *Input) head() ([]byte, error) {
	head, err := io.ReadAll(io.LimitReader(in.reader(), headSize))
	return bytes.TrimPrefix(head, []byte("\ufeff")), err
}

// Format is one form in which programs keep questions.
type Format struct {
	Name     string   // what it is called on a command line
	Title    string   // what people call it
	Suffixes []string // of its files, lower case, with the dot
	// Unit is what Found.At counts: "line" where it is empty.
	Unit string
	// binary files can't be shown in a text.
	binary bool

	// guess says how sure it is that a file has this format, from its beginning: 0 it
	// hasn't, 100 nothing else looks so.
	guess func(head []byte) int
	read  func(in *Input, found func(Found) error) error
	// write is nil where the format is only read. lost is called for what it can't hold.
	write func(w io.Writer, pack quiz.Pack, lost func(id, what string)) error
}

// Place is where something was found, in words: "line 12".
func (f Format) Place(at int) string {
	unit := f.Unit
	if unit == "" {
		unit = "line"
	}
	return fmt.Sprintf("%s %d", unit, at)
}

// Writes reports that questions can be written in the format.
func (f Format) Writes() bool { return f.write != nil }

// Formats lists all, in the order of the documentation.
func Formats() []Format {
	return []Format{
		yamlFormat(), jsonFormat(), csvFormat(), giftFormat(), aikenFormat(), markdownFormat(), openTDBFormat(), studyFormat(),
	}
}

// Named finds a format by its name.
func Named(name string) (Format, bool) {
	all := Formats()
	i := slices.IndexFunc(all, func(f Format) bool { return f.Name == strings.ToLower(name) })
	if i < 0 {
		return Format{}, false
	}
	return all[i], true
}

// Names lists the names of all formats.
func Names() []string {
	var out []string
	for _, f := range Formats() {
		out = append(out, f.Name)
	}
	return out
}

// A name that fits adds to how sure a guess is; the content decides.
const bySuffix = 15

// Guess finds the format of a file by what is in it and what it is called. The error
// says what was tried.
func Guess(in *Input) (Format, error) {
	head, err := in.head()
	if err != nil {
		return Format{}, err
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return Format{}, fmt.Errorf("%s is empty", in.Name)
	}
	best, most := Format{}, 0
	for _, f := range Formats() {
		sure := f.guess(head)
		if sure > 0 && slices.Contains(f.Suffixes, strings.ToLower(filepath.Ext(in.Name))) {
			sure += bySuffix
		}
		if sure > most {
			best, most = f, sure
		}
	}
	if most == 0 {
		return Format{}, fmt.Errorf("%s is in no format that is known (tried: %s); say which one with --format", in.Name, strings.Join(Names(), ", "))
	}
	return best, nil
}

// Read hands over the questions of a file in their order, each as the rules of packs want
// it: what breaks them is dropped, with the reason. An error of found ends the reading and
// is returned; any other error says where the file is damaged.
func (f Format) Read(in *Input, found func(Found) error) error {
	return f.read(in, func(x Found) error {
		if x.Dropped == "" {
			x.settle()
		}
		return found(x)
	})
}

// Write writes a pack. lost is called with a question's ID for what the format can't hold,
// and with the words of what that is.
func (f Format) Write(w io.Writer, pack quiz.Pack, lost func(id, what string)) error {
	if f.write == nil {
		return fmt.Errorf("%s can only be read", f.Title)
	}
	buffered := bufio.NewWriter(w)
	if err := f.write(buffered, pack, lost); err != nil {
		return err
	}
	return buffered.Flush()
}

// maxLine bounds a line of a text file, in bytes.
const maxLine = 1 << 20

// lines calls fn for each line, from 1 on, without its end and without a byte order mark.
func (in *Input) lines(fn func(n int, line string) error) error {
	scanner := bufio.NewScanner(in.reader())
	scanner.Buffer(make([]byte, 0, 64<<10), maxLine)
	n := 0
	for scanner.Scan() {
		n++
		line := strings.TrimSuffix(scanner.Text(), "\r")
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if !utf8.ValidString(line) {
			return fmt.Errorf("line %d is not UTF-8: save the file as UTF-8", n)
		}
		if err := fn(n, line); err != nil {
			return err
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	return nil
}
