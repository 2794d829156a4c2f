package quiz

import (
	"fmt"
	"strings"
	"testing"
)

// planted are questions with one fault each, and words of the advice about it.
var planted = map[string]struct{ question, advice string }{
	"no explain":           {"{id: q, kind: truefalse, ask: 'Is water wet?', answer: true, source: s}", "it has no explain"},
	"no source":            {"{id: q, kind: truefalse, ask: 'Is water wet?', answer: true, explain: e}", "it has no source"},
	"no why":               {"{id: q, ask: 'Which one is it?', explain: e, source: s, options: [{text: aa, correct: true}, {text: bb}]}", `"bb" has no why`},
	"nothing asked":        {"{id: q, kind: truefalse, ask: 'Wet?', answer: true, explain: e, source: s}", "what is asked"},
	"all of the above":     {choiceOf("Which is it?", "GET", "All of the above."), "no answer of its own"},
	"none of these":        {choiceOf("Which is it?", "GET", "None of these"), "no answer of its own"},
	"both A and B":         {choiceOf("Which is it?", "GET", "Both A and B"), "no answer of its own"},
	"alle genannten":       {choiceOf("Welche ist es?", "GET", "Alle genannten"), "no answer of its own"},
	"denied twice":         {choiceOf("Which header is not sent when there is no cookie?", "Cookie", "Host"), "denies twice"},
	"denied by an n't":     {choiceOf("Which one doesn’t work without TLS?", "Secure", "Path"), "denies twice"},
	"denied in an option":  {choiceOf("Which of these is not true?", "It is big", "It does not move"), "denies too"},
	"same words":           {choiceOf("Who speaks here?", "client and server", "server and client"), "say the same"},
	"the right one and":    {choiceOf("Which transport is used?", "TCP", "TCP or UDP"), "what is right too"},
	"an admission":         {"{id: q, ask: 'Which one is it?', explain: e, source: s, options: [{text: aa, correct: true}, {text: bb, why: This is also correct in HTTP/2.}]}", "can be defended"},
	"stands out":           {"{id: q, ask: 'Which one is it?', explain: e, source: s, options: [{text: It is sent by the server after the handshake, correct: true}, {text: It is not, why: w}, {text: It is old, why: w}]}", "gives it away"},
	"answer in the text":   {"{id: q, kind: text, ask: 'What does the header Upgrade do to an upgrade?', accept: [upgrade], explain: e, source: s}", "its text holds the answer"},
	"answer in the hint":   {"{id: q, kind: text, ask: 'What is it called?', accept: [preflight], hint: It is a preflight., explain: e, source: s}", "its hint holds the answer"},
	"a sentence for hours": {"{id: q, kind: truefalse, ask: 'Is water wet?', answer: true, source: s, explain: " + strings.Repeat("and so on ", 15) + "}", "a sentence has 45 words"},
	"hard to read": {"{id: q, kind: truefalse, ask: 'Is water wet?', answer: true, source: s, explain: " +
		"Implementations concatenating heterogeneous intermediary representations necessarily misinterpret corresponding directives whenever transformations applicable elsewhere accidentally intervene beforehand}", "LIX"},
}

func choiceOf(ask, right, wrong string) string {
	return fmt.Sprintf("{id: q, ask: %q, explain: e, source: s, options: [{text: %q, correct: true}, {text: %q, why: w}]}", ask, right, wrong)
}

func TestPlanted(t *testing.T) {
	for name, c := range planted {
		t.Run(name, func(t *testing.T) {
			_, advice, err := LintPack("p.yaml", []byte("pack: p\nquestions:\n  - "+c.question+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			if len(advice) != 1 || !strings.Contains(advice[0].String(), c.advice) || advice[0].Line != 3 || advice[0].Cure == "" {
				t.Errorf("want %q alone, have %q", c.advice, advice)
			}
		})
	}
}

// What looks like a fault and is none.
func TestSound(t *testing.T) {
	for _, question := range []string{
		choiceOf("Which directive keeps a response out of every cache?", "no-store", "no-cache"),
		choiceOf("Why can’t a page do that?", "It has no address", "It does not run"),
		choiceOf("What does “not modified, no body” mean to a cache?", "Go on with yours", "Ask again"),
		choiceOf("How does it neither lose an event nor send one twice?", "By an outbox", "By a retry"),
		choiceOf("Who begins?", "client, then server", "server, then client"),
		choiceOf("Which one is faster than the other?", "A cache in memory", "A cache on disk"),
		"{id: q, kind: text, ask: 'Which method asks for permission first?', accept: [OPTIONS], hint: It lists what is possible., explain: e, source: s}",
		"{id: q, ask: 'Which method is safe?', hint: Think of GET., explain: e, source: s, options: [{text: GET, correct: true}, {text: GET with a body, why: w}]}",
	} {
		_, advice, err := LintPack("p.yaml", []byte("pack: p\nquestions:\n  - "+question+"\n"))
		if err != nil || len(advice) > 0 {
			t.Errorf("%s: %v %v", question, advice, err)
		}
	}
}

// What can be said of many questions together.
func TestUnbalanced(t *testing.T) {
	var first, truths strings.Builder
	for i := range 12 {
		fmt.Fprintf(&first, "  - {id: q%d, ask: 'Which one is number %d?', explain: e, source: s, options: [{text: aaa, correct: true}, {text: bbb, why: w}, {text: ccc, why: w}, {text: ddd, why: w}]}\n", i, i)
		fmt.Fprintf(&truths, "  - {id: q%d, kind: truefalse, ask: 'Is number %d odd?', answer: %t, explain: e, source: s}\n", i, i, i > 1)
	}
	for questions, want := range map[string]string{first.String(): "place 1 in 12 of 12", truths.String(): "true is right in 10 of 12"} {
		_, advice, err := LintPack("p.yaml", []byte("pack: p\nquestions:\n"+questions))
		if err != nil || len(advice) != 1 || !strings.Contains(advice[0].Text, want) {
			t.Errorf("want %q: %v %v", want, advice, err)
		}
	}
}

func TestAcross(t *testing.T) {
	const a = `pack: a
questions:
  - {id: one, ask: 'Which status code says that a resource has moved for good?', explain: e, source: s, options: [{text: "301", correct: true}, {text: "302", why: w}]}
  - {id: two, ask: 'Which record maps a host name to an IPv4 address?', explain: e, source: s, options: [{text: A, correct: true}, {text: MX, why: w}]}
`
	const b = `pack: b
questions:
  - {id: same, ask: "Which status code says that the resource moved, for good?", explain: e, source: s, options: [{text: "308", why: w}, {text: "301", correct: true}]}
  - {id: other, ask: 'Which record maps a host name to an IPv6 address?', explain: e, source: s, options: [{text: AAAA, correct: true}, {text: MX, why: w}]}
`
	read := func(file, src string) Source { return ReadSource(file, []byte(src)) }
	got := Across([]Source{read("a.yaml", a), read("b.yaml", b)})
	if len(got) != 1 || got[0].Place() != "b.yaml:3:5" || !strings.Contains(got[0].Text, `"one" at a.yaml:3:5`) {
		t.Errorf("%v", got)
	}
	if got := Across([]Source{read("a.yaml", a), read("b.yaml", "language: de\n"+b)}); len(got) != 0 {
		t.Errorf("another language is no duplicate: %v", got)
	}
}

// The quick way finds what looking at all pairs finds.
func TestAcrossFindsAll(t *testing.T) {
	words := strings.Fields("alpha beta gamma delta epsilon zeta eta theta iota kappa")
	var pack Pack
	var places []Problem
	for i := range 400 {
		var ask []string
		for j, w := range words {
			if i*7919>>j&1 == 1 {
				ask = append(ask, w)
			}
		}
		pack.Questions = append(pack.Questions, Question{ID: fmt.Sprint(i), Kind: TrueFalse, Ask: strings.Join(ask, " ")})
		places = append(places, Problem{Line: i})
	}
	source := Source{Pack: pack, places: places}
	want := map[int]bool{}
	all := gather([]Source{source})
	for i, a := range all {
		for _, b := range all[:i] {
			if similarity(a.words, b.words) >= nearDuplicate {
				want[a.question] = true
			}
		}
	}
	got := Across([]Source{source})
	for _, p := range got {
		if !want[p.Line] {
			t.Errorf("%v is not like another", p)
		}
	}
	if len(got) != len(want) || len(want) == 0 {
		t.Errorf("%d found, of %d", len(got), len(want))
	}
}

func TestGone(t *testing.T) {
	const head = "pack: p\nquestions:\n"
	q := func(id string) string {
		return "  - {id: " + id + ", kind: truefalse, ask: 'Is water wet?', answer: true}\n"
	}
	read := func(src string) []Source { return []Source{ReadSource("p.yaml", []byte(src))} }
	for src, want := range map[string]string{
		head + q("kept"): `"gone" is gone`,
		"retired: [gone, old]\n" + head + q("kept"): "",
		"retired: [gone]\n" + head + q("kept"):      `"old" is not retired`,
		"retired: [old]\n" + head + q("kept") + "  - {id: gone, kind: number, ask: 'How many are it?', answer: 1}": "was a truefalse question",
	} {
		got := Gone(read("retired: [old]\n"+head+q("kept")+q("gone")), read(src)).Error()
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: want %q, have %s", src, want, got)
		}
	}
	if _, err := ParsePack("p.yaml", []byte("retired: [kept]\n"+head+q("kept"))); err == nil || !strings.Contains(err.Error(), "is retired") {
		t.Errorf("a retired id is used again: %v", err)
	}
}

func BenchmarkAcross(b *testing.B) {
	var pack Pack
	var places []Problem
	for i := range 10_000 {
		ask := fmt.Sprintf("Which of the parts numbered %d and %d in the standard %d describes the field %d of a frame?", i%97, i%89, i%83, i)
		pack.Questions = append(pack.Questions, Question{ID: fmt.Sprint(i), Kind: TrueFalse, Ask: ask})
		places = append(places, Problem{})
	}
	b.ReportAllocs()
	for b.Loop() {
		Across([]Source{{Pack: pack, places: places}})
	}
}
