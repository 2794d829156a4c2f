package transcript_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot/transcript"
)

// parrot is a stage whose bot says what it was told to say after each thing
// that is done.
type parrot struct {
	after [][]transcript.Heard // by number of the deed
	late  time.Duration        // how long it takes to say it
	heard []transcript.Heard
	due   []time.Time
	acts  []transcript.Act
	deeds []string
	err   error
}

func (s *parrot) done(what string) error {
	n := len(s.deeds)
	s.deeds = append(s.deeds, what)
	if n < len(s.after) {
		for _, h := range s.after[n] {
			if h.Room == "" {
				h.Room = "#room"
			}
			s.heard = append(s.heard, h)
			s.due = append(s.due, time.Now().Add(s.late))
		}
	}
	return s.err
}

func (s *parrot) Do(_ context.Context, a transcript.Act) error {
	s.acts = append(s.acts, a)
	return s.done("do")
}

func (s *parrot) Redeliver(_ context.Context, n int) error {
	return s.done(fmt.Sprint("redeliver ", n))
}

func (s *parrot) Restart(_ context.Context, crash bool, down time.Duration) error {
	return s.done(fmt.Sprint("restart ", crash, " ", down))
}

func (s *parrot) Leave(_ context.Context, crash bool) error {
	return s.done(fmt.Sprint("leave ", crash))
}

func (s *parrot) Return(context.Context) error { return s.done("return") }

func (s *parrot) Fault(_ context.Context, f transcript.Fault) error {
	return s.done(fmt.Sprintf("fault %+v", f))
}

func (s *parrot) Skip(ctx context.Context, d time.Duration) error { return s.Pass(ctx, d) }

func (s *parrot) Pass(_ context.Context, d time.Duration) error {
	time.Sleep(d) // the bubble's clock
	return s.done(fmt.Sprint("pass ", d))
}

func (s *parrot) Hear(_ context.Context, from int, within time.Duration) ([]transcript.Heard, error) {
	ready := func() int {
		n := 0
		for n < len(s.due) && !s.due[n].After(time.Now()) {
			n++
		}
		return n
	}
	if ready() <= from && within > 0 {
		wait := within
		if from < len(s.due) {
			wait = min(within, time.Until(s.due[from]))
		}
		time.Sleep(wait) // the bubble's clock
	}
	return slices.Clone(s.heard[from:max(from, ready())]), nil
}

func says(texts ...string) []transcript.Heard {
	var out []transcript.Heard
	for i, text := range texts {
		out = append(out, transcript.Heard{Message: fmt.Sprint("m", i), Text: text})
	}
	return out
}

var question = transcript.Heard{
	Message: "q", Text: "Wires\nWhich method?\nA. POST\nB. GET",
	Buttons: []transcript.Button{{ID: "one", Letter: "A", Text: "POST"}, {ID: "two", Letter: "B", Text: "GET"}},
}

// Each case breaks the transcript in one way, or keeps to it.
func TestPlayHoldsTheBotToTheTranscript(t *testing.T) {
	edit := question
	edit.Edit, edit.Buttons, edit.Text = true, nil, "Closed · Wires"
	word := transcript.Heard{Message: "w", To: "alice", Text: "Right · 10 points\nBecause."}
	for name, c := range map[string]struct {
		src   string
		after [][]transcript.Heard
		late  time.Duration
		want  string // of the error; "" for none
	}{
		"kept":           {"bot: Wires … GET\n  POST\n  without: PUT", [][]transcript.Heard{{question}}, 0, ""},
		"late":           {"bot: Wires", [][]transcript.Heard{{question}}, time.Second, ""},
		"too late":       {"bot: Wires", [][]transcript.Heard{{question}}, 3 * time.Second, "talk.txt:3: bot: Wires: the bot says nothing"},
		"anywhere":       {"bot: … GET", [][]transcript.Heard{{question}}, 0, ""},
		"not first":      {"bot: Which", [][]transcript.Heard{{question}}, 0, "doesn't begin"},
		"wrong order":    {"bot: Wires … GET … POST", [][]transcript.Heard{{question}}, 0, "in its place"},
		"lacking":        {"bot: Wires\n  PUT", [][]transcript.Heard{{question}}, 0, `lacks "PUT"`},
		"too much":       {"bot: Wires\n  without: GET", [][]transcript.Heard{{question}}, 0, `has "GET"`},
		"no edit":        {"bot edits: Wires", [][]transcript.Heard{{question}}, 0, "another kind"},
		"edit":           {"bot: Wires\nbot edits: Closed", [][]transcript.Heard{{question, edit}}, 0, ""},
		"edit as post":   {"bot: Wires\nbot: Closed", [][]transcript.Heard{{question, edit}}, 0, "another kind"},
		"twice":          {"bot: Wires", [][]transcript.Heard{{question, question}}, 0, "after the last line"},
		"unread":         {"bob types \"x\"", [][]transcript.Heard{{question}}, 0, "not in the transcript"},
		"unread, time":   {"+5s", [][]transcript.Heard{{question}}, 0, "not in the transcript"},
		"unread, leave":  {"stop and stay away", [][]transcript.Heard{{question}}, 0, "not in the transcript"},
		"unread, return": {"come back", [][]transcript.Heard{{question}}, 0, "not in the transcript"},
		"unread, crash":  {"crash", [][]transcript.Heard{{question}}, 0, "not in the transcript"},
		"other room":     {"in #blue\nbot: Wires", [][]transcript.Heard{{question}}, 0, "says nothing"},
		"wrong person":   {"bot to bob: Right", [][]transcript.Heard{{word}}, 0, "says nothing"},
		"right person":   {"bot to alice: Right", [][]transcript.Heard{{word}}, 0, ""},
		"private, not":   {"bot: Right", [][]transcript.Heard{{word}}, 0, "says nothing"},
		"silence":        {"bot says nothing", nil, 0, ""},
		"no silence":     {"bot says nothing", [][]transcript.Heard{{question}}, 300 * time.Millisecond, "not in the transcript"},
		"repeat":         {"bot to alice: Right\nredeliver", [][]transcript.Heard{{word}, {word}}, 0, ""},
		"late repeat":    {"bot to alice: Right\nredeliver\nbot says nothing", [][]transcript.Heard{{word}, {word}}, 100 * time.Millisecond, ""},
		"repeat, post":   {"bot: Wires\nredeliver", [][]transcript.Heard{{question}, {question}}, 0, "not in the transcript"},
		"repeat, not":    {"bot to alice: Right\nbob> x", [][]transcript.Heard{{word}, {word}}, 0, "not in the transcript"},
		"repeat, other":  {"bot to alice: Right\nredeliver", [][]transcript.Heard{{word}, {{To: "alice", Text: "Not quite"}}}, 0, "not in the transcript"},
		"no button":      {"bot: Wires\nbob presses \"PUT\"", [][]transcript.Heard{{question}}, 0, `no button "PUT"`},
		"no question":    {"bot: Hello\nbob answers right", [][]transcript.Heard{says("Hello")}, 0, "no question"},
		"no message":     {"bot: Wires\nbob replies to \"Hello\" \"x\"", [][]transcript.Heard{{question}}, 0, "no message"},
		"direct is one":  {"in direct with bob\nbob> x\nbot to bob: A\nbot: B", [][]transcript.Heard{nil, {{Room: "direct bob", Text: "A"}, {Room: "direct bob", To: "bob", Text: "B"}}}, 0, ""},
		"nothing before": {"bot: Wires … Which method? A. POST", [][]transcript.Heard{{question}}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := parse(t, "pack wires.yaml\nalice> wires\n"+c.src+"\n")
				err := s.Play(t.Context(), &parrot{after: c.after, late: c.late}, 2*time.Second)
				switch {
				case c.want == "" && err != nil:
					t.Fatal(err)
				case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
					t.Fatalf("got %v, want an error with %q", err, c.want)
				}
			})
		})
	}
}

// What people do reaches the stage completely.
func TestPlayDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := parse(t, `pack wires.yaml
alice> !quiz wires
bot: Wires
bob presses "GET"
bob presses "A"
bob types the letters of "GET", "POST"
bob replies "b"
carol answers right
carol answers wrong
in direct with alice
alice types "lunch?"
redeliver everything 2 times
platform refuses 2 messages for 3s
in #room
platform deletes "Which method"
crash for 1m
stop and stay away
come back
crash and stay away
platform keeps everything back
platform lets it go
+5s
`)
		stage := &parrot{after: [][]transcript.Heard{{question}}}
		if err := s.Play(t.Context(), stage, time.Second); err != nil {
			t.Fatal(err)
		}
		room, direct := transcript.Room{Name: "#room"}, transcript.Room{Name: "direct alice", Direct: "alice"}
		post, get := question.Buttons[0], question.Buttons[1]
		want := []transcript.Act{
			{Kind: transcript.Say, Who: "alice", Room: room, Text: "wires"},
			{Kind: transcript.Press, Who: "bob", Room: room, Message: "q", Button: get},
			{Kind: transcript.Press, Who: "bob", Room: room, Message: "q", Button: post},
			{Kind: transcript.Type, Who: "bob", Room: room, Text: "B A"},
			{Kind: transcript.Reply, Who: "bob", Room: room, Message: "q", Text: "b"},
			{Kind: transcript.Press, Who: "carol", Room: room, Message: "q", Button: get},
			{Kind: transcript.Press, Who: "carol", Room: room, Message: "q", Button: post},
			{Kind: transcript.Type, Who: "alice", Room: direct, Text: "lunch?"},
		}
		if !reflect.DeepEqual(stage.acts, want) {
			t.Errorf("acts:\n%+v\nwant:\n%+v", stage.acts, want)
		}
		var deeds []string
		for _, d := range stage.deeds {
			if d != "do" {
				deeds = append(deeds, d)
			}
		}
		var wantDeeds []string
		for range 2 {
			for n := range want {
				wantDeeds = append(wantDeeds, fmt.Sprint("redeliver ", n))
			}
		}
		wantDeeds = append(wantDeeds,
			fmt.Sprintf("fault %+v", transcript.Fault{Kind: transcript.Refuse, N: 2, For: 3 * time.Second, Room: direct}),
			fmt.Sprintf("fault %+v", transcript.Fault{Kind: transcript.Delete, Room: room, Message: "q"}),
			"restart true 1m0s", "leave false", "return", "leave true",
			fmt.Sprintf("fault %+v", transcript.Fault{Kind: transcript.KeepBack, Room: room}),
			fmt.Sprintf("fault %+v", transcript.Fault{Kind: transcript.LetGo, Room: room}), "pass 5s")
		if !slices.Equal(deeds, wantDeeds) {
			t.Errorf("deeds:\n%q\nwant:\n%q", deeds, wantDeeds)
		}
	})
}

// A right answer is right and a wrong one wrong, for the kinds that are typed.
func TestPlayAnswersInWords(t *testing.T) {
	order := transcript.Heard{
		Message: "q", Text: "Wires\nIn which order?",
		Buttons: []transcript.Button{{ID: "1", Letter: "A", Text: "goodbye"}, {ID: "2", Letter: "B", Text: "hello"}},
	}
	for name, c := range map[string]struct {
		asked        transcript.Heard
		right, wrong string
	}{
		"order":  {order, "B A", "A B"},
		"number": {transcript.Heard{Text: "Wires\nWhich port?"}, "443", "446"},
	} {
		t.Run(name, func(t *testing.T) {
			s := parse(t, "pack wires.yaml\nalice> wires\nbot: Wires\nbob answers right\nbob answers wrong\n")
			stage := &parrot{after: [][]transcript.Heard{{c.asked}}}
			if err := s.Play(t.Context(), stage, time.Second); err != nil {
				t.Fatal(err)
			}
			if stage.acts[1].Text != c.right || stage.acts[2].Text != c.wrong {
				t.Errorf("said %q and %q, want %q and %q", stage.acts[1].Text, stage.acts[2].Text, c.right, c.wrong)
			}
		})
	}
}

func TestPlayTellsWhatAStageCannot(t *testing.T) {
	s := parse(t, "pack wires.yaml\nplatform is down\n")
	err := s.Play(t.Context(), &parrot{err: fmt.Errorf("no switch: %w", transcript.ErrCannot)}, time.Second)
	if !errors.Is(err, transcript.ErrCannot) {
		t.Fatalf("got %v", err)
	}
}
