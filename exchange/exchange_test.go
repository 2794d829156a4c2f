package exchange

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"quizbot/quiz"
)

// shipped are the packs that are built in.
func shipped(t testing.TB) []quiz.Pack {
	t.Helper()
	files, err := filepath.Glob("../data/packs/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v %v", files, err)
	}
	var out []quiz.Pack
	for i, file := range files {
		if i%everyPack != 0 {
			continue
		}
		src, err := os.ReadFile(file) //nolint:gosec // our own packs
		if err != nil {
			t.Fatal(err)
		}
		p, err := quiz.ParsePack(file, src)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// holds says what of a question comes back from a format, beside what is asked and
// answered; a kind that isn't there is left out when it is written.
var holds = map[string]struct {
	kept
	kinds string
}{
	"yaml":     {kept{id: true, explain: true, why: true, source: true, hint: true, tags: true, difficulty: true, seconds: true}, "choice multi truefalse text number order"},
	"json":     {kept{id: true, explain: true, why: true, source: true, hint: true, tags: true, difficulty: true, seconds: true}, "choice multi truefalse text number order"},
	"csv":      {kept{id: true, explain: true, why: true, source: true, hint: true, tags: true, difficulty: true, seconds: true}, "choice multi truefalse text number order"},
	"gift":     {kept{id: true, explain: true, why: true}, "choice multi truefalse text number"},
	"aiken":    {kept{}, "choice"},
	"markdown": {kept{explain: true, why: true, source: true, hint: true}, "choice multi"},
	"opentdb":  {kept{difficulty: true}, "choice truefalse"},
}

// What is written and read again is the same, but for what was said to be lost.
func TestRoundTrip(t *testing.T) {
	packs := shipped(t)
	for _, f := range Formats() {
		if !f.Writes() {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			h, ok := holds[f.Name]
			if !ok {
				t.Fatal("nobody says what it holds")
			}
			for _, pack := range packs {
				lost := map[string]string{}
				var b bytes.Buffer
				if err := f.Write(&b, pack, func(id, what string) { lost[id] += what + ". " }); err != nil {
					t.Fatal(err)
				}
				in := inputOf("pack"+f.Suffixes[0], b.String())
				if g, err := Guess(in); err != nil || g.Name != f.Name {
					t.Errorf("%s: guessed %q, %v", pack.ID, g.Name, err)
				}
				got := readAll(t, f, in)
				for _, q := range pack.Questions {
					if !strings.Contains(h.kinds, string(q.Kind)) || f.Name == "markdown" && rights(q) == 1 && q.Kind == quiz.Multi {
						if !strings.Contains(lost[q.ID], "left out") {
							t.Errorf("%s/%s is left out, and nobody says so", pack.ID, q.ID)
						}
						continue
					}
					if len(got) == 0 {
						t.Fatalf("%s/%s is not there", pack.ID, q.ID)
					}
					x := got[0]
					got = got[1:]
					if x.Dropped != "" || len(x.Notes) > 0 {
						t.Errorf("%s/%s: %q %q", pack.ID, q.ID, x.Dropped, x.Notes)
						continue
					}
					want := only(q, h.kept, f.Name)
					if have := only(x.Question, h.kept, f.Name); !reflect.DeepEqual(have, want) {
						t.Errorf("%s/%s: have\n%s\nwant\n%s", pack.ID, q.ID, written(t, have), written(t, want))
					}
					if less := !reflect.DeepEqual(only(q, kept{true, true, true, true, true, true, true, true}, f.Name), want); less && h.id && lost[q.ID] == "" && want.ID != "" {
						t.Errorf("%s/%s lost something, and nobody says so", pack.ID, q.ID)
					}
				}
				if len(got) > 0 {
					t.Errorf("%s: %d more than were written", pack.ID, len(got))
				}
			}
		})
	}
}

func rights(q quiz.Question) int {
	n := 0
	for _, o := range q.Options {
		if o.Correct {
			n++
		}
	}
	return n
}

// only is what a format can hold of a question.
func only(q quiz.Question, k kept, format string) quiz.Question {
	out := q
	clear := func(to *string, keep bool) {
		if !keep {
			*to = ""
		}
	}
	clear(&out.ID, k.id)
	clear(&out.Explain, k.explain)
	clear(&out.Source, k.source)
	clear(&out.Hint, k.hint)
	if !k.tags {
		out.Tags = nil
	}
	if !k.difficulty {
		out.Difficulty = quiz.Medium
	}
	if !k.seconds {
		out.Seconds = 0
	}
	out.Options = nil
	for _, o := range q.Options {
		clear(&o.Why, k.why)
		out.Options = append(out.Options, o)
	}
	switch format {
	case "gift":
		out.Unit = ""
	case "opentdb": // the right one comes first
		var right, wrong []quiz.Option
		for _, o := range out.Options {
			if o.Correct {
				right = append(right, o)
			} else {
				wrong = append(wrong, o)
			}
		}
		out.Options = slices.Concat(right, wrong)
		out.Tags = nil
	}
	return out
}

// Texts that look like the marks of a format come back, or are said to be left out.
func TestMarksInTexts(t *testing.T) {
	option := func(right, wrong string) []quiz.Option {
		return []quiz.Option{{Text: right, Correct: true}, {Text: wrong}}
	}
	asks := []string{"# is what?", "1. Which comes first?", "What is C#", "Which?\n# a heading\n2) more\n- [x] ticked", `\# or \\?`, "Look:\n```sh\n# 1. x\n```\nAnd?", "```go\nx := 1\n```\nWhat is it?", "Q1: who?"}
	pack := quiz.Pack{ID: "x", Title: "x"}
	for i, ask := range asks {
		pack.Questions = append(pack.Questions, quiz.Question{ID: "q" + string(rune('a'+i)), Kind: quiz.Choice, Ask: ask, Options: option("'yes", "no = 1"), Explain: "'tis", Difficulty: quiz.Medium})
	}
	pack.Questions = append(pack.Questions,
		quiz.Question{ID: "qx", Kind: quiz.Choice, Ask: "Which?", Options: option("a -> b", "%50%c"), Difficulty: quiz.Medium},
		quiz.Question{ID: "qy", Kind: quiz.Text, Ask: "Which?", Accept: []string{"a*b"}, Difficulty: quiz.Medium})
	for _, f := range Formats() {
		if !f.Writes() || f.Name == "aiken" {
			continue
		}
		out := map[string]bool{}
		var b bytes.Buffer
		if err := f.Write(&b, pack, func(id, what string) { out[id] = out[id] || strings.Contains(what, "left out") }); err != nil {
			t.Fatal(err)
		}
		got := readAll(t, f, inputOf("x"+f.Suffixes[0], b.String()))
		for _, q := range pack.Questions {
			if out[q.ID] {
				continue
			}
			if len(got) == 0 {
				t.Fatalf("%s: %s is not there\n%s", f.Name, q.ID, b.String())
			}
			x := got[0]
			got = got[1:]
			if x.Dropped != "" || x.Question.Ask != q.Ask || !reflect.DeepEqual(x.Question.Options, q.Options) || !reflect.DeepEqual(x.Question.Accept, q.Accept) {
				t.Errorf("%s: have %s %q want %+v", f.Name, short(x), x.Question.Ask, q)
			}
		}
		if len(got) > 0 {
			t.Errorf("%s: %d more than were written", f.Name, len(got))
		}
	}
}

// However much stands in one place, a reader comes to its end, and keeps no more than a
// question may hold.
func TestMuchOfOne(t *testing.T) {
	var turns strings.Builder
	for i := range 8000 {
		fmt.Fprintf(&turns, "You said:\nWhich is %d?\na\nb\nChatGPT said:\n✅ a\n", i)
	}
	const list = "# a\n- [ ] b\n- [x] c\n"
	for name, c := range map[string]struct {
		format, src string
		found       int
	}{
		"gift answers":      {"gift", "Q {" + strings.Repeat("=a", 250_000) + "}\n", 1},
		"markdown quotes":   {"markdown", list + strings.Repeat("> xyz\n", 200_000), 1},
		"markdown whys":     {"markdown", list + strings.Repeat("  > xyz\n", 150_000), 1},
		"markdown fences":   {"markdown", strings.Repeat("```\n", 60_000), 0},
		"study parentheses": {"study-chat", "You said:\nWhich?\none two\ntwo\nChatGPT said:\n" + strings.Repeat("(", 60_000) + "\n", 1},
		"study turns":       {"study-chat", turns.String(), 8000},
		"study whys":        {"study-chat", "You said:\nWhich?\none two\ntwo\nChatGPT said:\n✅ two\n" + strings.Repeat("❌ one two: xx\n", 60_000), 1},
	} {
		f, _ := Named(c.format)
		n := 0
		if err := f.read(inputOf("x", c.src), func(x Found) error {
			n++
			for _, text := range texts(&x.Question) {
				if text.cut && len(*text.to) > 2*gathered {
					t.Errorf("%s: %d bytes of %s", name, len(*text.to), text.what)
				}
			}
			return nil
		}); err != nil || n != c.found {
			t.Errorf("%s: %d %v", name, n, err)
		}
	}
}

// Files as other programs write them.
func TestFormats(t *testing.T) {
	for name, c := range map[string]struct{ file, src, format, want string }{
		"gift of all kinds": {"q.txt", `// a comment
$CATEGORY: $course$/top/Web basics

::safe:: Which method is safe? {
  =GET # It only reads.
  ~POST # It creates.
  ~%50%HEAD
  #### Safe means read-only. }

::tls::Is HTTPS over TLS?{TRUE#No, it is.#Yes.}

Two plus two is {=four =4 =%50%about four}.

When was RFC 6455 published? {#2011:1}

Between one and five {#1..5}

Pick two {~%50%TCP ~%50%UDP ~%-100%HTML}

Match {=a -> b =c -> d}

Just words.

Write about it {}

[html]<b>Bold</b>\: &lt;p&gt; is\n{=a paragraph}
`, "gift", `4 Which method is safe? | *GET (It only reads.) | POST (It creates.) | HEAD // Safe means read-only.
10 Is HTTPS over TLS? | true // No, it is.
12 Two plus two is _____. | =four=4
14 When was RFC 6455 published? | 2011±1
16 Between one and five | 3±2
18 Pick two | multi | *TCP | *UDP | HTML
20 dropped: it matches pairs, and there is no such kind of question
22 dropped: it has no answers in braces: a description
24 dropped: it is an essay: nothing says what is right
26 Bold: <p> is | =a paragraph`},
		"aiken": {"a.txt", "Which one?\nA. one\nB) two\nANSWER: B\n\nNo answer here?\nA. one\nB. two\n\nNo letter?\nA. x\nB. y\nANSWER: Z\nNo options?\nANSWER: A\n", "aiken",
			`1 Which one? | one | *two
6 dropped: it has no line ANSWER: with the letter of the right option
10 dropped: its answer "Z" is none of the options
14 dropped: it has no options: lines that begin with A. or A)`},
		"csv": {"t.csv", "Question,Correct Answer,Wrong 1,Wrong 2,Explanation\r\n\"Which, then?\",GET,POST,PUT,It reads.\r\nEmpty?,,a,b,\r\nTyped?,preflight,,,\r\n", "csv",
			`2 Which, then? | *GET | POST | PUT // It reads.
3 dropped: it has no answer
4 Typed? | =preflight`},
		"csv with letters": {"t.csv", "sep=;\nquestion;a;b;c;answer;difficulty\nWhich?;one;two;three;B;hard\nWhich two?;one;two;three;A,C;1\nNone?;one;two;three;four;\n", "csv",
			`3 Which? | one | *two | three
4 Which two? | multi | *one | two | *three
5 dropped: its answer "four" is none of the options`},
		"markdown, an explanation of lines": {"m.md", "## Which?\n- [x] a\n- [ ] b\n\nExplanation: It is\nso, and\nmore.\n\n## Next?\n- [ ] c\n- [x] d\n", "markdown", "1 Which? | *a | b // It is/so, and/more.\n9 Next? | c | *d"},
		"csv with blank options": {"t.csv", "question,a,b,c,answer\nWhich?,one,,three,C\nNone?,one,,three,B\n", "csv",
			"2 Which? | one | *three\n3 dropped: its answer \"B\" is none of the options"},
		"csv with truths": {"t.csv", "question,kind,a,b,answer\nHex for 15?,,,,F\nNorwegian?,,,,no\nSo?,,,,TRUE\nSaid?,truefalse,,,t\nOdd?,truefalse,,,perhaps\nPolite?,,yes,no,yes\nLettered?,,False,True,B\nTwice?,,true,yes,yes\n", "csv",
			`2 Hex for 15? | =F
3 Norwegian? | =no
4 So? | true
5 Said? | true
6 dropped: its answer "perhaps" is neither true nor false
7 Polite? | *yes | no
8 Lettered? | true
9 Twice? | true | *yes`},
		"csv with numbers": {"t.csv", "question,kind,answer\nHow many?,number,\"1,024\"\nHow long?,number,\"0,125\"\nHow wide?,number,\"1,5\"\nAnd?,number,\"1,024.5\"\n", "csv",
			`2 dropped: its answer "1,024" can be read as thousands or as a fraction: write it without the comma
3 How long? | 0.125±0
4 How wide? | 1.5±0
5 dropped: its answer "1,024.5" is no number`},
		"csv with lists": {"t.csv", "question,correct answers,incorrect answers\nWhich?,GET|HEAD,POST; PUT | PATCH\nTwo?,GET;HEAD,POST;PUT\n", "csv",
			"2 Which? | multi | *GET | *HEAD | POST; PUT | PATCH\n3 Two? | multi | *GET | *HEAD | POST | PUT"},
		"csv with options in one cell":   {"t.csv", "question,options,answer\nWhich?,GET;POST;PUT,B\n", "csv", "2 Which? | GET | *POST | PUT"},
		"csv with names that are no ids": {"t.csv", "id,question,answer\nQ 1: Größe!,What?,x\n", "csv", "2 What? | =x"},
		"a character that was lost":      {"t.csv", "question,answer\nFr\ufffdhlich?,ja\n", "csv", "2 dropped: characters of it were lost when the file was saved (U+FFFD): save it again, as UTF-8"},
		"gift with a title in words":     {"q.txt", "::Question 1: safe\\: or not::Which? {=a ~b}\n", "gift", "1 Which? | *a | b"},
		"gift with braces left open": {"q.txt", "One {=a ~b\nTwo {=c ~d}\n\nThree {=a ~b} and {=c}\n\nFour {=a ~b}\nFive {=c ~d}\n\nSix {=a =b ~c}\n", "gift",
			`1 dropped: a brace opens inside its answers: an earlier one is not closed, or one in a text needs a backslash
4 dropped: more braces stand behind its answers: put an empty line between questions
6 Four | *a | b
7 Five | *c | d
9 dropped: several of its answers are right, each alone: there is no such kind of question`},
		"opentdb for URLs, as it was": {"o.json", `{"results":[{"type":"multiple","difficulty":"easy","category":"Science%3A+Computers","question":"Which+language+has+templates%3F","correct_answer":"C%2B%2B","incorrect_answers":["Plain+C"]},{"type":"multiple","difficulty":"easy","category":"x","question":"C++?","correct_answer":"C++","incorrect_answers":["C"]}]}`, "opentdb",
			"1 Which language has templates? | *C++ | Plain C\n2 C++? | *C++ | C"},
		"tsv in UTF-16": {"t.tsv", "\xff\xfe" + utf16le("question\tanswer\nFröhlich?\tja\n"), "csv", "2 Fröhlich? | =ja"},
		"json": {"p.json", `[{"id":"a","ask":"Which?","options":[{"text":"x","correct":true},{"text":"y","why":"no"}],"colour":"red"},{"kind":"truefalse","ask":"So?","answer":"maybe"},3]`, "json",
			`1 Which? | *x | y (no)
2 dropped: answer must be true or false
3 dropped: it is no object with keys`},
		"opentdb": {"o.json", `{"response_code":0,"results":[{"type":"multiple","difficulty":"easy","category":"Science: Computers","question":"What does &quot;HTTP&quot; begin with?","correct_answer":"H&amp;T","incorrect_answers":["X","Y"]},{"type":"boolean","difficulty":"hard","category":"x","question":"So?","correct_answer":"False","incorrect_answers":["True"]}]}`, "opentdb",
			`1 What does "HTTP" begin with? | *H&T | X | Y
2 So? | false`},
		"opentdb in Base64": {"o.json", `{"results":[{"type":"bXVsdGlwbGU=","difficulty":"ZWFzeQ==","category":"eA==","question":"V2hpY2g/","correct_answer":"b25l","incorrect_answers":["dHdv"]}]}`, "opentdb", "1 Which? | *one | two"},
		"opentdb for URLs":  {"o.json", `{"results":[{"type":"multiple","difficulty":"easy","category":"x","question":"Which%20one%3F","correct_answer":"one","incorrect_answers":["t%2Bwo"]}]}`, "opentdb", "1 Which one? | *one | t+wo"},
		"markdown": {"m.md", "# Title\n\nWords.\n\n## 1. Which?\n\nLook:\n\n- [ ] one\n  > no\n- [x] two\n\n> Because.\n> So.\n\nSource: RFC 1\n\n1. Which two?\n   - [x] a\n   - [X] b\n   - [ ] c\n\n## None?\n- [ ] a\n- [ ] b\n", "markdown",
			`5 Which?//Look: | one (no) | *two // Because./So.
18 Which two? | multi | *a | *b | c
23 dropped: none of its boxes is ticked`},
	} {
		t.Run(name, func(t *testing.T) {
			in := inputOf(c.file, c.src)
			f, err := Guess(in)
			if err != nil || f.Name != c.format {
				t.Fatalf("guessed %q, %v", f.Name, err)
			}
			if got := shorts(readAll(t, f, in)); got != c.want {
				t.Errorf("have\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func utf16le(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

func TestColumns(t *testing.T) {
	c, err := ParseColumns("ask=Frage, answer=Richtig,wrong=Falsch 1|Falsch 2")
	if err != nil {
		t.Fatal(err)
	}
	in := inputOf("t.csv", "Frage,Richtig,Falsch 1,Falsch 2\nWas?,das,dies,jenes\n")
	in.Columns = c
	if got := shorts(readAll(t, csvFormat(), in)); got != "2 Was? | *das | dies | jenes" {
		t.Error(got)
	}
	in = inputOf("t.csv", "Was?,das,dies\n")
	if in.Columns, err = ParseColumns("ask=1,answer=2,wrong=3"); err != nil {
		t.Fatal(err)
	}
	if got := shorts(readAll(t, csvFormat(), in)); got != "1 Was? | *das | dies" {
		t.Error(got)
	}
	for s, want := range map[string]string{"colour=red": "says nothing", "answer=1": "no column is said to hold the question"} {
		if _, err := ParseColumns(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// A damaged file says where.
func TestDamaged(t *testing.T) {
	for name, c := range map[string]struct{ file, src, format, want string }{
		"json that ends":   {"p.json", `[{"ask":"Which?"},`, "json", "ends too early"},
		"json with a slip": {"p.json", "[\n{\"ask\":\"Which?\"},\n{\"ask\" \"x\"}]", "json", "line 3"},
		"csv quotes":       {"t.csv", "question,answer\nab\"c,d\n", "csv", "line 2"},
		"csv, no columns":  {"t.csv", "colour,size\nred,5\n", "csv", "no column is called question"},
		"gift brace":       {"q.gift", "What {=a\n" + strings.Repeat("x\n", 2100), "gift", "a brace is not closed"},
		"json and more": {"p.json", `[{"ask":"Which?"}]
]`, "json", "line 2: something stands behind the end"},
		"json, open":       {"p.json", `{"questions":[{"ask":"Which?"}]`, "json", "ends too early"},
		"json in Latin-1":  {"p.json", "[\n{\"ask\":\"Fr\xf6hlich?\"}]", "json", "line 2 is not UTF-8: save"},
		"csv in Latin-1":   {"t.csv", "question,answer\na,b\nFr\xf6hlich?,ja\n", "csv", "line 3 is not UTF-8: save"},
		"csv, odd columns": {"t.csv", "\x1b[2Jcolour," + strings.Repeat("x", 100) + "\nred,5\n", "csv", `there are: "\x1b[2Jcolour", "` + strings.Repeat("x", 39) + `…")`},
		"not UTF-8":        {"a.txt", "What\xff?\nA. a\nB. b\nANSWER: A\n", "aiken", "line 1 is not UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := Named(c.format)
			err := f.Read(inputOf(c.file, c.src), func(Found) error { return nil })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := Guess(inputOf("x.bin", "\x00\x01\x02")); err == nil || !strings.Contains(err.Error(), "tried: yaml, json") {
		t.Errorf("%v", err)
	}
}

func TestNames(t *testing.T) {
	var n Namer
	ask := func(s string) quiz.Question { return quiz.Question{Kind: quiz.Text, Ask: s, Accept: []string{"x"}} }
	for _, c := range []struct {
		q    quiz.Question
		want string
	}{
		{quiz.Question{ID: "Already-Named", Ask: "What?"}, "already-named"},
		{quiz.Question{ID: "a-name-of-our-own-that-is-longer-than-most-but-still-a-name"}, "a-name-of-our-own-that-is-longer-than-most-but-still-a-name"},
		{ask("What is the use of the Upgrade header in HTTP/1.1 requests and more?"), "use-upgrade-header-http-1-1-requests-and"},
		{ask("Größe über alles?"), "grosse-uber-alles"},
		{ask("何?"), "question"},
	} {
		if got := n.Name(c.q); got != c.want {
			t.Errorf("%q: %s, want %s", c.q.Ask, got, c.want)
		}
	}
	again := n.Name(ask("何?"))
	if again == "question" || !strings.HasPrefix(again, "question-") {
		t.Errorf("%s", again)
	}
}

// No file makes a reader panic, and what it hands over can stand in a pack.
func FuzzRead(f *testing.F) {
	for _, format := range Formats() {
		f.Add(format.Name, []byte("Which?\nA. a\nB. b\nANSWER: A\n"))
	}
	f.Add("study-chat", []byte("You said:\nWhich?\na\nb\nChatGPT said:\n✅ a\n"))
	f.Add("gift", []byte("::t:: a {=b ~c#d ####e}\n\n{#1..2}\n"))
	f.Add("csv", []byte("question,answer,option a,option b\nx,A,1,2\n"))
	f.Add("markdown", []byte("# a\n- [ ] b\n- [x] c\n> d\n"))
	f.Add("json", []byte(`{"questions":[{"ask":"a","kind":"number","answer":1}]}`))
	f.Add("opentdb", []byte(`{"results":[{"question":"a","correct_answer":"b","incorrect_answers":["c"]}]}`))
	f.Fuzz(func(t *testing.T, name string, src []byte) {
		format, ok := Named(name)
		if !ok {
			return
		}
		in := &Input{Name: "f", Data: bytes.NewReader(src), Size: int64(len(src))}
		_, _ = Guess(in)
		_ = format.Read(in, func(x Found) error {
			if x.Dropped == "" {
				if why := Refused(x.Question); why != "" {
					t.Errorf("%+v: %s", x.Question, why)
				}
			}
			return nil
		})
	})
}
