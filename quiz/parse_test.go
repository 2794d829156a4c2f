package quiz

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodPack = `pack: wires
title: Wires
aliases: [lines, "cables"]
language: en
license: CC-BY-4.0
questions:
  - id: one
    ask: Which?
    options:
      - {text: a, correct: true}
      - {text: b, why: B is not it.}
    explain: Because.
    source: RFC 1
    difficulty: 1
    tags: [x]
    hint: The first.
    seconds: 30
  - {id: two, kind: multi, ask: "Which ones?", options: [{text: a, correct: true}, {text: b, correct: true}, {text: c}]}
  - {id: three, kind: truefalse, ask: "Is it so?", answer: false}
  - {id: four, kind: text, ask: "What?", accept: ["1000", normal closure]}
  - {id: five, kind: number, ask: "How many?", answer: 0x10, tolerance: 0.5, unit: bytes}
  - {id: six, kind: order, ask: "In which order?", steps: [first, second, third]}
`

func TestParseGood(t *testing.T) {
	p, err := ParsePack("wires.yaml", []byte(goodPack))
	if err != nil {
		t.Fatal(err)
	}
	if p.ID != "wires" || len(p.Aliases) != 2 || len(p.Questions) != 6 {
		t.Fatalf("%+v", p)
	}
	one, five := p.Questions[0], p.Questions[4]
	if one.Kind != Choice || !one.Options[0].Correct || one.Options[1].Why != "B is not it." || one.Difficulty != Easy || one.Seconds != 30 {
		t.Errorf("one: %+v", one)
	}
	if five.Answer != 16 || five.Tolerance != 0.5 || five.Unit != "bytes" || five.Difficulty != Medium {
		t.Errorf("five: %+v", five)
	}
}

// Each fault is refused with its place and a cure.
func TestParseFaults(t *testing.T) {
	q := func(rest string) string {
		return "pack: p\nquestions:\n  - id: one\n    ask: Which?\n" + rest
	}
	options := "    options: [{text: a, correct: true}, {text: b}]\n"
	for name, c := range map[string]struct{ src, at, words string }{
		"unknown key of a pack":     {"pack: p\ncolour: red\nquestions: [{id: a, ask: x, options: [{text: a, correct: true}, {text: b}]}]\n", "2:1", "colour"},
		"unknown key of a question": {q(options + "    colour: red\n"), "6:5", "colour"},
		"unknown key of an option":  {q("    options: [{text: a, correct: true, colour: red}, {text: b}]\n"), "5:40", "colour"},
		"key of another kind":       {q(options + "    accept: [a]\n"), "6:5", "accept"},
		"a key twice":               {q(options + "    ask: Again?\n"), "6:5", "ask"},
		"an id twice":               {q(options) + "  - {id: one, ask: y, options: [{text: a, correct: true}, {text: b}]}\n", "6:5", "one"},
		"no id":                     {"pack: p\nquestions:\n  - ask: Which?\n" + options, "3:5", "id"},
		"an id with capitals":       {strings.Replace(q(options), "id: one", "id: One", 1), "3:9", "One"},
		"no pack":                   {strings.Replace(q(options), "pack: p\n", "", 1), "1:1", "pack"},
		"no questions":              {"pack: p\n", "1:1", "questions"},
		"an empty list":             {"pack: p\nquestions: []\n", "2:12", "questions"},
		"no correct option":         {q("    options: [{text: a}, {text: b}]\n"), "5:14", "correct"},
		"two correct options":       {q("    options: [{text: a, correct: true}, {text: b, correct: true}]\n"), "5:14", "multi"},
		"equal options":             {q("    options: [{text: a, correct: true}, {text: A}]\n"), "5:41", "equal"},
		"one option":                {q("    options: [{text: a, correct: true}]\n"), "5:14", "options"},
		"eleven options":            {q("    options: [{text: a, correct: true}" + strings.Repeat(", {text: b}", 10) + "]\n"), "5:14", "10"},
		"an unknown kind":           {q("    kind: riddle\n" + options), "5:11", "riddle"},
		"a reserved word":           {strings.Replace(q(options), "pack: p", "pack: leaderboard", 1), "1:7", "leaderboard"},
		"a reserved alias":          {"pack: p\naliases: [Stop]\n" + strings.TrimPrefix(q(options), "pack: p\n"), "2:11", "Stop"},
		"an ask too long":           {q(options + "    explain: " + strings.Repeat("x", MaxExplain+1) + "\n"), "6:14", "1000"},
		"a hint too long":           {q(options + "    hint: " + strings.Repeat("x", MaxHint+1) + "\n"), "6:11", "300"},
		"an option too long":        {q("    options: [{text: " + strings.Repeat("x", MaxOption+1) + ", correct: true}, {text: b}]\n"), "5:22", "200"},
		"difficulty 4":              {q(options + "    difficulty: 4\n"), "6:17", "difficulty"},
		"4 seconds":                 {q(options + "    seconds: 4\n"), "6:14", "seconds"},
		"two days":                  {q(options + "    seconds: 172800\n"), "6:14", "seconds"},
		"a number in words":         {q("    kind: number\n    answer: many\n"), "6:13", "answer"},
		"an infinite number":        {q("    kind: number\n    answer: .inf\n"), "6:13", "answer"},
		"a negative tolerance":      {q("    kind: number\n    answer: 1\n    tolerance: -1\n"), "7:16", "tolerance"},
		"truth in words":            {q("    kind: truefalse\n    answer: perhaps\n"), "6:13", "answer"},
		"nothing to accept":         {q("    kind: text\n    accept: []\n"), "6:13", "accept"},
		"what can't be typed":       {q("    kind: text\n    accept: [\"?!\"]\n"), "6:14", "?!"},
		"one step":                  {q("    kind: order\n    steps: [a]\n"), "6:12", "steps"},
		"a list where text belongs": {q(options + "    explain: [a]\n"), "6:14", "explain"},
		"a control character":       {q(options + "    explain: \"a\\u001bb\"\n"), "6:14", "control"},
		"no YAML":                   {"pack: p\nquestions: [\n", "", "YAML"},
		"a tab":                     {"pack: p\nquestions:\n\t- id: a\n", "", "YAML"},
		"a list":                    {"- a\n", "1:1", "pack"},
		"nothing":                   {"", "1:1", ""},
		"only a comment":            {"# nothing\n", "", ""},
		"two documents":             {goodPack + "---\n" + goodPack, "", "document"},
		"an alias":                  {"pack: &a p\ntitle: *a\nquestions: []\n", "", ""},
		"no UTF-8":                  {"pack: p\ntitle: \xff\xfe\nquestions: []\n", "2:", "UTF-8"},
		"too large":                 {"# " + strings.Repeat("x", MaxPackSize) + "\n" + goodPack, "", "bytes"},
		"deep":                      {"pack: p\nquestions: " + strings.Repeat("[", 20_000), "", ""},
		"a bomb":                    {"a: &a [x,x,x,x,x,x,x,x,x]\n" + bomb() + "pack: p\nquestions: []\n", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParsePack("dir/p.yaml", []byte(c.src))
			var problems Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("not refused: %v", err)
			}
			found := false
			for _, p := range problems {
				text := p.String()
				if !strings.HasPrefix(text, "dir/p.yaml:") || p.Line < 1 || p.Column < 1 {
					t.Errorf("without a place: %s", text)
				}
				if p.Cure == "" {
					t.Errorf("without a cure: %s", text)
				}
				if len(text) > 600 {
					t.Errorf("a problem of %d bytes", len(text))
				}
				found = found || strings.HasPrefix(text, "dir/p.yaml:"+c.at) && strings.Contains(text, c.words)
			}
			if !found {
				t.Errorf("no problem at %s about %q:\n%s", c.at, c.words, err)
			}
		})
	}
}

func bomb() string {
	var b strings.Builder
	for i := range 12 {
		a := string(rune('a' + i))
		fmt.Fprintf(&b, "%c: &%c [%s]\n", 'b'+i, 'b'+i, strings.TrimSuffix(strings.Repeat("*"+a+",", 9), ","))
	}
	return b.String()
}

func TestLintAdvice(t *testing.T) {
	src := "pack: p\nquestions:\n"
	for i := range 6 {
		src += fmt.Sprintf("  - {id: q%d, ask: x, explain: y, source: z, options: [{text: the longest by far, correct: true}, {text: b, why: w}]}\n", i)
	}
	src += "  - {id: bare, ask: x, options: [{text: a, correct: true}, {text: All of the above}]}\n"
	_, advice, err := LintPack("p.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprint(advice)
	for _, words := range []string{"no explain", "no source", "has no why", "no answer of its own", "longest in 6 of 7"} {
		if !strings.Contains(all, words) {
			t.Errorf("%q is not among the advice: %s", words, all)
		}
	}
}

// What is shipped is fit to be shipped.
func TestShippedPacks(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "data", "packs", "*.yaml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%v %v", files, err)
	}
	var packs []Pack
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pack, advice, err := LintPack(file, src)
		if err != nil || len(advice) > 0 {
			t.Errorf("%v %v", err, advice)
		}
		packs = append(packs, pack)
		kinds, longest, choice := map[Kind]int{}, 0, 0
		for _, q := range pack.Questions {
			kinds[q.Kind]++
			if q.Kind == Choice {
				choice++
				if longestIsRight(q) {
					longest++
				}
			}
		}
		if len(kinds) != 6 || len(pack.Questions) < 25 {
			t.Errorf("%s: %d questions of the kinds %v", file, len(pack.Questions), kinds)
		}
		if float64(longest) > MaxLongest*float64(choice) {
			t.Errorf("%s: the right option is the longest in %d of %d", file, longest, choice)
		}
	}
	pool, err := NewPool(packs)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"websocket", "WS", " webhooks ", "hooks"} {
		if _, ok := pool.Topic(name); !ok {
			t.Errorf("no topic %q", name)
		}
	}
	if near := pool.Nearest("websokcet", 1); len(near) != 1 || near[0].ID != "websocket" {
		t.Errorf("nearest: %v", near)
	}
}
