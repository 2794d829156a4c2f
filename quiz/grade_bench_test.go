package quiz

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// hostileLines are typed answers that are made to take long, with the question that
// makes them take the longest.
func hostileLines() map[string]struct {
	q    Question
	text string
} {
	texts := func(n int, each string) []string {
		var out []string
		for i := range n {
			out = append(out, fmt.Sprintf("%s%d", each, i))
		}
		return out
	}
	var options []Option
	for i := range MaxOptions {
		options = append(options, Option{Text: strings.Repeat("ab cd ", 33) + string(rune('a'+i)), Correct: i%2 == 0})
	}
	var steps []string
	for _, o := range options {
		steps = append(steps, o.Text)
	}
	text := func(n int, each string) Question { return Question{Kind: Text, Accept: texts(n, each)} }
	number := Question{Kind: Number, Ask: strings.Repeat("how many seconds ", 200), Answer: 1, Unit: "second"}
	choice, multi, order := Question{Kind: Choice, Options: options}, Question{Kind: Multi, Options: options}, Question{Kind: Order, Steps: steps}
	return map[string]struct {
		q    Question
		text string
	}{
		"3,500 characters against 1,000 answers":   {text(1000, strings.Repeat("word ", 38)), strings.Repeat("word ", 700)},
		"200 characters against 1,000 answers":     {text(1000, strings.Repeat("wxyz ", 38)), strings.Repeat("wxyv ", 39)},
		"200 characters against 50 answers":        {text(50, strings.Repeat("wxyz ", 38)), strings.Repeat("wxyv ", 39)},
		"one word of 200 against 50 answers":       {text(50, strings.Repeat("w", 190)), strings.Repeat("w", 188) + "vvv"},
		"marks":                                    {text(50, "e\u0301"), strings.Repeat("e", 1) + strings.Repeat("\u0301\u0316", 99)},
		"characters that grow":                     {text(50, "\ufdfa"), strings.Repeat("\ufdfa", 199)},
		"8 KiB of digits":                          {number, strings.Repeat("9", 8<<10)},
		"200 digits":                               {number, strings.Repeat("9", 199)},
		"groups of digits":                         {number, strings.Repeat("1,", 99)},
		"a huge exponent":                          {number, "1e999999999"},
		"a tiny fraction":                          {number, "0." + strings.Repeat("0", 190) + "1"},
		"many words of numbers":                    {number, strings.Repeat("hundred ", 24)},
		"figures in a row":                         {number, strings.Repeat("1 - ", 49)},
		"leads":                                    {number, strings.Repeat("about ", 33)},
		"40,000 characters for a text":             {text(50, "close"), strings.Repeat("close ", 6667)},
		"8 KiB for an order":                       {order, strings.Repeat("ab, ", 2000)},
		"8 KiB of letters for an order":            {order, strings.Repeat("a", 8000)},
		"8 KiB for a choice":                       {choice, strings.Repeat("a,b ", 2000)},
		"8 KiB of one option":                      {choice, strings.Repeat("ab cd ", 1<<10)},
		"8 KiB of marks for an order":              {order, "a" + strings.Repeat("\u0301", 3990)},
		"8 KiB of what grows for an order":         {order, strings.Repeat("\ufdfa", 2600)},
		"200 characters for several":               {multi, strings.Repeat("ab cd a", 28)},
		"an order in full":                         {order, strings.Join(steps, ", ")},
		"an order in full, each with a slip":       {order, strings.ReplaceAll(strings.Join(steps, ", "), "cd ab cd a", "cd ab cd x")},
		"places of an order, the last one unknown": {order, strings.Repeat("a, b, c, d, e, f, g, h, i, ", 290) + "zz"},
	}
}

// mostRead is what reading and grading a line may allocate, in bytes; as many times as
// much where a question has more answers than a pack can give it.
const mostRead = 4 << 20

// No line that somebody types takes much work.
func TestHostileLinesAreBounded(t *testing.T) {
	for name, c := range hostileLines() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		gradeAll(c.q, c.text)
		runtime.ReadMemStats(&after)
		if made, most := after.TotalAlloc-before.TotalAlloc, uint64(poolsForget*mostRead*max(1, len(c.q.Accept)/maxAccept)); made > most {
			t.Errorf("%s: it made %d bytes", name, made)
		}
	}
}

// gradeAll is what a bot does with a line.
func gradeAll(q Question, text string) {
	shown := make([]int, MaxOptions)
	for i := range shown {
		shown[i] = i
	}
	g, _ := Read(q, shown, text)
	Grade(q, g)
	Casual(q, shown, text)
}

func BenchmarkHostileLines(b *testing.B) {
	for name, c := range hostileLines() {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				gradeAll(c.q, c.text)
			}
		})
	}
}
