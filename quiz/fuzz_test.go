package quiz

import (
	"errors"
	"testing"
	"unicode/utf8"
)

func FuzzParsePack(f *testing.F) {
	f.Add([]byte(goodPack))
	f.Add([]byte("pack: p\nquestions: [{id: a, ask: b, kind: number, answer: 1e400}]"))
	f.Add([]byte("? [a]\n: b\n"))
	f.Add([]byte("pack: !!binary aGk=\nquestions: {}\n"))
	f.Add([]byte("\xef\xbb\xbfpack: p\r\nquestions:\r\n"))
	f.Add([]byte(bomb()))
	f.Fuzz(func(t *testing.T, src []byte) {
		p, err := ParsePack("p.yaml", src)
		if err != nil {
			var problems Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("refused without a problem: %v", err)
			}
			for _, x := range problems {
				if x.Line < 1 || x.Column < 1 || x.Cure == "" {
					t.Fatalf("without a place or a cure: %+v", x)
				}
			}
			return
		}
		ids := map[string]bool{}
		for _, q := range p.Questions {
			if ids[q.ID] || q.ID == "" || q.Ask == "" || utf8.RuneCountInString(q.Ask) > MaxAsk || q.TimeLimit() < MinSeconds*1e9 || q.Difficulty.Points() == 0 {
				t.Fatalf("accepted: %+v", q)
			}
			ids[q.ID] = true
			correct := 0
			for _, o := range q.Options {
				if o.Correct {
					correct++
				}
			}
			switch q.Kind {
			case Choice:
				if correct != 1 {
					t.Fatalf("%d options are correct: %+v", correct, q)
				}
			case Multi:
				if correct == 0 {
					t.Fatalf("no option is correct: %+v", q)
				}
			case Text:
				if !Grade(q, Given{Text: q.Accept[0]}) {
					t.Fatalf("its own answer is wrong: %+v", q)
				}
			case TrueFalse, Number, Order:
			}
		}
		if _, err := NewPool([]Pack{p}); err != nil {
			t.Fatalf("a good pack makes no pool: %v", err)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"b", "(B)", "a b c d", "GET or POST", "acd", "1 2 3", "true or false", "1,000.5 kb", "twenty-one", "۳", "ﬁrst", "\u202eabc", "İ", "á́́"} {
		f.Add(s, uint8(0))
		f.Add(s, uint8(3))
	}
	questions := []Question{
		{Kind: Choice, Options: []Option{{Text: "GET", Correct: true}, {Text: "POST"}, {Text: "1"}}},
		{Kind: Multi, Options: []Option{{Text: "wss", Correct: true}, {Text: "https", Correct: true}, {Text: "ws"}}},
		{Kind: TrueFalse, Truth: true},
		{Kind: Order, Steps: []string{"first", "second", "third"}},
		number(5, 0.5, "seconds"), number(101, 0, ""),
		text("exponential backoff", "1000"),
	}
	f.Fuzz(func(t *testing.T, s string, kind uint8) {
		q := questions[int(kind)%len(questions)]
		given, reading := Read(q, []int{2, 0, 1}, s)
		if q.Kind == TrueFalse {
			given, reading = Read(q, []int{0, 1}, s)
		}
		Casual(q, []int{2, 0, 1}, s)
		if reading != Clear {
			if len(given.Picks) > 0 || given.Text != "" {
				t.Fatalf("%q is no answer and yet %+v", s, given)
			}
			return
		}
		seen := map[int]bool{}
		for _, p := range given.Picks {
			if p < 0 || p > 2 || seen[p] {
				t.Fatalf("%q picks %v", s, given.Picks)
			}
			seen[p] = true
		}
		if Grade(q, given) && q.Kind == Order && len(given.Picks) != 3 {
			t.Fatalf("%q is right with %v", s, given.Picks)
		}
	})
}

func FuzzGrade(f *testing.F) {
	f.Add("normal closure", "normal closre")
	f.Add("c++", "C++")
	f.Add("no", "on")
	f.Add("http/2", "http/3")
	f.Fuzz(func(t *testing.T, accept, typed string) {
		if utf8.RuneCountInString(accept) > MaxOption || foldAnswer(accept) == "" {
			return
		}
		q := text(accept)
		Grade(q, Given{Text: typed})
		if utf8.RuneCountInString(accept) <= MaxTyped && utf8.ValidString(accept) && !Grade(q, Given{Text: accept}) {
			t.Fatalf("%q is not its own answer", accept)
		}
	})
}

func FuzzStep(f *testing.F) {
	f.Add(uint64(1))
	f.Add(uint64(1 << 40))
	f.Fuzz(func(t *testing.T, seed uint64) { checkPlay(t, seed, 120) })
}
