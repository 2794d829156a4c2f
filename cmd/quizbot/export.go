package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"quizbot/exchange"
	"quizbot/quiz"
)

type packExportCommand struct {
	Pack   string `arg:"" help:"A pack's id (quizbot pack list), or a pack file."`
	To     string `arg:"" optional:"" help:"The file to write, which must not exist (without: standard output)."`
	Format string `help:"In which format: ${writable}." required:"" placeholder:"NAME"`
	Packs  string `help:"Folder of packs beside the embedded ones (QUIZBOT_PACKS)." placeholder:"DIR"`
}

// Run writes a pack for another program, and says on standard error what is lost.
func (c packExportCommand) Run(at surroundings) error {
	format, ok := exchange.Named(c.Format)
	if !ok || !format.Writes() {
		return usagef("--format %s: nothing can be written so: use one of %s", c.Format, strings.Join(writable(), ", "))
	}
	pack, err := c.pack(at)
	if err != nil {
		return err
	}
	if c.To != "" {
		if _, err := os.Lstat(c.To); err == nil {
			return usagef("%s exists already: name a file that doesn't", c.To)
		}
	}
	var b bytes.Buffer
	if err := format.Write(&b, pack, func(id, what string) {
		_, _ = fmt.Fprintf(at.err, "%s/%s: %s\n", pack.ID, id, what)
	}); err != nil {
		return fmt.Errorf("write %s as %s: %w", pack.ID, format.Title, err)
	}
	if c.To == "" {
		_, err = at.out.Write(b.Bytes())
		return err
	}
	f, err := os.OpenFile(c.To, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // others may read packs
	if err != nil {
		return fmt.Errorf("write %s: %w", c.To, reason(err))
	}
	_, err = f.Write(b.Bytes())
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

// pack finds what is to be written: a pack of that id, or the one in a file.
func (c packExportCommand) pack(at surroundings) (quiz.Pack, error) {
	if info, err := os.Stat(c.Pack); err == nil && info.Mode().IsRegular() {
		src, err := os.ReadFile(c.Pack)
		if err != nil {
			return quiz.Pack{}, fmt.Errorf("%s: %w: make it readable", c.Pack, reason(err))
		}
		return quiz.ParsePack(c.Pack, src)
	}
	dir, err := lookup(at, "QUIZBOT_PACKS", c.Packs)
	if err != nil {
		return quiz.Pack{}, err
	}
	files, _, err := readPacks(dir)
	if err != nil {
		return quiz.Pack{}, err
	}
	i := slices.IndexFunc(files, func(f packFile) bool {
		return spoken(f.pack.ID) == spoken(c.Pack) || slices.ContainsFunc(f.pack.Aliases, func(a string) bool { return spoken(a) == spoken(c.Pack) })
	})
	if i < 0 {
		return quiz.Pack{}, usagef("there is no pack %s and no such file; quizbot pack list shows the packs", c.Pack)
	}
	return files[i].pack, nil
}

// writable are the names of the formats that can be written.
func writable() []string {
	var out []string
	for _, f := range exchange.Formats() {
		if f.Writes() {
			out = append(out, f.Name)
		}
	}
	return out
}
