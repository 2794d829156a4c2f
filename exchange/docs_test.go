package exchange

import (
	"os"
	"strings"
	"testing"
)

// section is what docs/formats.md shows of a format: a file, and the questions it makes.
func section(t *testing.T, name string) (file, result string) {
	t.Helper()
	src, err := os.ReadFile("../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(src), "(`"+name+"`)\n")
	if !ok {
		t.Fatalf("docs/formats.md has no heading with (`%s`)", name)
	}
	text, _, _ = strings.Cut(text, "\n### ")
	var blocks []string
	for {
		_, rest, ok := strings.Cut(text, "\n````")
		if !ok {
			break
		}
		_, rest, _ = strings.Cut(rest, "\n")
		block, rest, ok := strings.Cut(rest, "````")
		if !ok {
			t.Fatalf("%s: a block is not closed", name)
		}
		blocks, text = append(blocks, block), rest
	}
	if len(blocks) != 2 {
		t.Fatalf("%s: %d blocks; a file and its result are wanted", name, len(blocks))
	}
	return blocks[0], blocks[1]
}

// What the documentation shows is what happens.
func TestDocumented(t *testing.T) {
	for _, f := range Formats() {
		t.Run(f.Name, func(t *testing.T) {
			file, want := section(t, f.Name)
			if f.binary {
				file = "" // it is described; its own test reads a real one
			}
			in := inputOf("file"+f.Suffixes[0], strings.TrimPrefix(file, "\n"))
			if !f.binary {
				if g, err := Guess(in); err != nil || g.Name != f.Name {
					t.Errorf("guessed %q, %v", g.Name, err)
				}
				var got strings.Builder
				var names Namer
				for _, x := range readAll(t, f, in) {
					if x.Dropped != "" {
						t.Fatalf("%d: %s", x.At, x.Dropped)
					}
					x.Question.ID = names.Name(x.Question)
					body, err := questionYAML(x.Question)
					if err != nil {
						t.Fatal(err)
					}
					got.Write(body)
				}
				if plain(got.String()) != plain(want) {
					t.Errorf("have\n%s\nwant\n%s", got.String(), want)
				}
			}
		})
	}
}

// plain is YAML without empty lines.
func plain(s string) string {
	var out []string
	for line := range strings.Lines(s) {
		if line = strings.TrimRight(line, "\n "); line != "" {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}
