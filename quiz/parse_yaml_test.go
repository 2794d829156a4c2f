package quiz

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// fault expects a pack to be refused at a place, with these words.
func fault(t *testing.T, src, at string, words ...string) {
	t.Helper()
	_, err := ParsePack("p.yaml", []byte(src))
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("accepted: %.300q", src)
	}
	first := problems[0].String()
	if !strings.HasPrefix(first, "p.yaml:"+at+": ") {
		t.Errorf("want %s: %s\n%.300s", at, first, src)
	}
	for _, w := range words {
		if !strings.Contains(first, w) {
			t.Errorf("%q is not in %s", w, first)
		}
	}
}

// What isn't YAML is named where it stands, to the column.
func TestPlacesInWhatIsNotYAML(t *testing.T) {
	const head = "pack: p\nquestions:\n  - id: a\n"
	for name, c := range map[string]struct{ src, at, words string }{
		"a colon in a text":         {head + "    ask: What: is it\n", "4:14", "colon"},
		"a key too far right":       {head + "    ask: What\n     kind: text\n", "5:10", "indentation"},
		"a key too far left":        {head + "    ask: What\n   kind: text\n", "5:4", "indentation"},
		"text after quotes":         {head + "    ask: \"What\" is\n    kind: text\n", "4:17", "quotes"},
		"open quotes":               {head + "    ask: \"What\n    kind: text\n", "4:10", "close the quotes"},
		"the second open quotes":    {head + "    options: [{text: \"a\", why: \"b}]\n", "4:32", "close the quotes"},
		"an at sign":                {head + "    ask: @What\n", "4:10", "put quotes"},
		"a tab":                     {head + "\task: What\n", "4:1", "spaces"},
		"an unknown escape":         {head + "    ask: \"a\\qb\"\n", "4:12", "escape"},
		"an open bracket":           {head + "    tags: [a, b\n    ask: What\n", "4:15", "bracket"},
		"an unknown alias":          {head + "    ask: *bold\n", "4:10", "*"},
		"after letters of any size": {head + "    ask: \"äöü\" is\n", "4:16", "quotes"},
		"with Windows line ends":    {strings.ReplaceAll(head, "\n", "\r\n") + "    ask: @What\r\n", "4:10", "put quotes"},
		"a control character":       {head + "    ask: a\x01b\n", "4:11", "U+0001"},
		"no UTF-8":                  {head + "    ask: a\xffb\n", "4:11", "UTF-8"},
		"after the end":             {goodPack + "---\n}{\n", "24:1", "YAML"},
		"text after the end":        {goodPack + "...\nmore\n", "24:1", "YAML"},
		"a second pack":             {goodPack + "---\npack: q\n", "24:1", "document"},
	} {
		t.Run(name, func(t *testing.T) { fault(t, c.src, c.at, c.words) })
	}
	for name, src := range map[string]string{
		"hyphens at the end": goodPack + "---\n", "hyphens around": "---\n" + goodPack + "---\n---\n", "dots": goodPack + "...\n",
		"a mark of the order of bytes": "\ufeff" + goodPack, "Windows line ends": strings.ReplaceAll(goodPack, "\n", "\r\n"),
	} {
		if _, err := ParsePack("p.yaml", []byte(src)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The commonest slip in a pack that is written in one line a question.
func TestAQuestionMarkInBracketsNeedsQuotes(t *testing.T) {
	for src, at := range map[string]string{
		"  - {id: a, ask: What is it?, kind: text, accept: [x]}\n":         "3:28",
		"  - {id: a, kind: text, accept: [x], ask: What is it?}\n":         "3:53",
		"  - {id: a, kind: text, accept: [what?, b], ask: What}\n":         "3:38",
		"  - {id: a, source: \"Why?\", ask: What's it?, accept: [x]}\n":    "3:43",
		"  - id: a\n    ask: What?\n    options: [{text: Why? Because}]\n": "5:25",
	} {
		fault(t, "pack: p\nquestions:\n"+src, at, "question mark", "put quotes round the text")
	}
	_, err := ParsePack("p.yaml", []byte("pack: p\nquestions:\n  - {id: a, ask: \"What is it?\", tags: [x}\n"))
	if err == nil || strings.Contains(err.Error(), "question mark") {
		t.Errorf("quotes are there, the fault is another: %v", err)
	}
}

func TestWhatNobodySeesIsRefused(t *testing.T) {
	for _, r := range "\u202e\u2066\u200b\u2028\ufeff\u00ad\u3164\U000e0041\u0085\x7f\u200f" {
		src := "pack: p\nquestions:\n  - {id: a, kind: truefalse, answer: true, ask: \"is"
		fault(t, src+string(r)+"it\"}\n", "3:52", "remove it")
	}
	for _, escaped := range []string{`\u202e`, `\u2066`, `\u200b`, `\u2028`, `\ufeff`, `\U000e0041`, `\u001b`} {
		fault(t, "pack: p\nquestions:\n  - {id: a, kind: truefalse, answer: true, ask: \"is"+escaped+"it\"}\n", "3:49", "remove it")
		fault(t, "pack: p\ntitle: \"a"+escaped+"b\"\nquestions: [{id: a, kind: truefalse, answer: true, ask: b}]\n", "2:8", "remove it")
	}
	for _, text := range []string{"می\u200cخواهم", "👩\u200d🚀", "❤\ufe0f", "क्\u200dष", "a\tb"} {
		if _, err := ParsePack("p.yaml", []byte("pack: p\nquestions: [{id: a, kind: truefalse, answer: true, ask: \""+text+"\"}]\n")); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	zalgo := "e" + strings.Repeat("\u0301", 9)
	fault(t, "pack: p\ntitle: "+zalgo+"\nquestions: [{id: a, kind: truefalse, answer: true, ask: b}]\n", "2:8", "9 marks on one letter")
	fault(t, "pack: p\ntitle: \"\u200d\ufe0f\"\nquestions: [{id: a, kind: truefalse, answer: true, ask: b}]\n", "2:8", "empty")
}

// alike says that players can't tell two texts apart.
func alike(a, b string) bool {
	seen := looked{}
	return !seen.before(meaningsOf(a)) && seen.before(meaningsOf(b))
}

func TestTextsThatAreTheSameToPlayers(t *testing.T) {
	for _, c := range [][2]string{
		{"a b", "a  b"}, {"a b", "a\u00a0b"}, {"a b", "a\nb"}, {"café", "cafe\u0301"}, {"café", "cafe"}, {"ab", "a\u200db"}, {"GET", "ＧＥＴ"},
		{"GET", "get"}, {"GET", "GET."}, {"client", "the client"}, {"\"yes\"", "yes"}, {"+", "+ "}, {"it's", "it’s"},
	} {
		if !alike(c[0], c[1]) || !alike(c[1], c[0]) {
			t.Errorf("%q and %q are told apart", c[0], c[1])
		}
	}
	for _, c := range [][2]string{
		{"+", "-"}, {"-1", "1"}, {"c", "c++"}, {"a == b", "a === b"}, {"f[]", "f{}"}, {"< 5", "> 5"}, {"🍎", "🍏"}, {"1.1", "11"}, {"GET", "PUT"}, {"a", "an"},
	} {
		if alike(c[0], c[1]) {
			t.Errorf("%q and %q are taken for the same", c[0], c[1])
		}
	}
	same := `["a b", "a\u00a0b"]`
	q := "pack: p\nquestions:\n  - id: a\n    ask: What?\n"
	fault(t, q+"    options: [{text: \"a b\", correct: true}, {text: \"a\\nb\"}]\n", "5:45", "equal")
	fault(t, q+"    kind: order\n    steps: "+same+"\n", "6:20", "same")
	fault(t, q+"    kind: text\n    accept: "+same+"\n", "6:21", "same")
}

func TestClashesHaveTwoPlaces(t *testing.T) {
	question := "questions:\n  - {id: q, kind: truefalse, ask: \"Is it?\", answer: true}\n"
	sources := []Source{
		ReadSource("a.yaml", []byte("pack: tea\naliases: [chai, cha]\n"+question)),
		ReadSource("b.yaml", []byte("pack: tea\n"+question)),
		ReadSource("c.yaml", []byte("pack: chai\naliases: [TEA]\n"+question)),
		ReadSource("d.yaml", []byte("pack: milk\naliases: [Cha]\ncolour: white\n"+question)), // has another fault
	}
	var got []string
	for _, p := range Clashes(sources) {
		got = append(got, p.String())
	}
	want := []string{
		`b.yaml:1:7: the pack id "tea" is the id of the pack in a.yaml:1:7; give one of them another id`,
		`c.yaml:1:7: the pack id "chai" is an alias of the pack in a.yaml:2:11; choose another id, or drop the alias there`,
		`c.yaml:2:11: the alias "TEA" is the id of the pack in a.yaml:1:7; drop it, or choose another`,
		`d.yaml:2:11: the alias "Cha" is an alias of the pack in a.yaml:2:17; drop it, or choose another`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// An alias that the bot would take for something else can never be reached.
func TestAliasesThatNobodyCanSay(t *testing.T) {
	src := func(alias string) string {
		return "pack: p\naliases: [\"" + alias + "\"]\nquestions: [{id: a, kind: truefalse, answer: true, ask: b}]\n"
	}
	for _, alias := range []string{
		"add", "ADD", "ａｄｄ", "le\\u200daderboard", "privacy.", "start websocket", "help me", "!quiz", "! quiz", "5", "10", "１０", "b", "B", "ｂ", "5.",
	} {
		fault(t, src(alias), "2:11", "alias")
	}
	for _, alias := range []string{"ws", "http/2", "helpers", "help-desk", "c++", "c#", "web sockets", "7 bridges", "天", "101-basics"} {
		if _, err := ParsePack("p.yaml", []byte(src(alias))); err != nil {
			t.Errorf("%q: %v", alias, err)
		}
	}
}

// Forms that grade the same may all be listed; only one that looks the same is a slip.
func TestFormsOfAnAnswerMayBeNear(t *testing.T) {
	src := "pack: p\nquestions: [{id: a, kind: text, ask: b, accept: [mention, \"a mention\", café, cafe]}]\n"
	if _, err := ParsePack("p.yaml", []byte(src)); err != nil {
		t.Error(err)
	}
}

// Far from the front, and in a long line, the place is found as well.
func TestPlacesInLargeFiles(t *testing.T) {
	head := "pack: p\nquestions:\n" + strings.Repeat("  - {id: a, kind: truefalse, ask: \"What is it here?\", answer: true}\n", farLines)
	place := fmt.Sprint(farLines+3, ":5")
	fault(t, head+"  - @\n", place, "put quotes")
	fault(t, head+"  - \""+strings.Repeat("words and words\n", farLines), place, "close the quotes")
	fault(t, head+"  - \""+strings.Repeat("words and words ", farLines), place, "close the quotes")
}
