package bot_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"
	"unicode/utf8"

	"quizbot/bot"
	"quizbot/bot/transcript"
)

// Hostile conversations hear every sentence that the bot can say, so that what is true of
// their cards is true of all; and no card holds what hides or turns text.
func TestHostileConversationsHearEverySentence(t *testing.T) {
	var said []bot.Outgoing
	var forms []bot.Form
	synctest.Test(t, func(t *testing.T) { said, forms = transcript.Hostile(t, openStore(t), 1) })
	var all strings.Builder
	for _, f := range forms {
		c := bot.Card{Title: f.Title, Body: f.Body, Footer: f.Submit}
		for _, field := range f.Fields {
			c.Body = append(c.Body, field.Label, field.Hint)
		}
		all.WriteString(read(c) + "\n")
		checkText(t, c)
	}
	for _, o := range said {
		all.WriteString(read(o.Card) + "\n")
		if c := o.Card.Chart; c != nil {
			all.WriteString(c.Title + "\n" + c.About + "\n" + c.Nameless + "\n" + c.Cut + "\n")
		}
		checkText(t, o.Card)
	}
	for where, sentence := range sentences(t) {
		if sentence != "That can't be done now" && !strings.Contains(all.String(), sentence) { // there is no such reason
			t.Errorf("%s: nobody heard %q", where, sentence)
		}
	}
}

// sentences are the pieces of text in the functions that say something, by their place.
func sentences(t *testing.T) map[string]string {
	files, err := filepath.Glob("say*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	verb := regexp.MustCompile(`%[a-z%]`)
	for _, file := range files {
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(strings.ToLower(fn.Name.Name), "say") && fn.Name.Name != "Sorry" {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				s, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				for i, piece := range verb.Split(s, -1) {
					if len(strings.TrimSpace(piece)) > 3 {
						out[fmt.Sprintf("%s/%d", set.Position(lit.Pos()), i)] = piece
					}
				}
				return true
			})
		}
	}
	if len(out) < 60 {
		t.Fatalf("only %d sentences in %v", len(out), files)
	}
	return out
}

// checkText: what the bot shows can be read as it is meant.
func checkText(t *testing.T, c bot.Card) {
	t.Helper()
	for _, line := range strings.Split(read(c), "\n") {
		if !utf8.ValidString(line) {
			t.Errorf("%q is no UTF-8", line)
		}
		marks := 0
		for _, r := range line {
			if unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) && r != '\t' || r == '\u2028' || r == '\u2029' {
				t.Errorf("%U stands in %q", r, line)
			}
			if marks++; !unicode.Is(unicode.M, r) {
				marks = 0
			}
			if marks > 8 {
				t.Errorf("%d marks on one letter in %q", marks, line)
				break
			}
		}
	}
}
