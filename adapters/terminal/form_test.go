package terminal_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"quizbot/adapters/terminal"
	"quizbot/bot"
)

// former is a core that answers words with a form, and takes no form with a short title.
type former struct{ took []bot.Incoming }

func (c *former) Submit(_ context.Context, in bot.Incoming) (bot.Reply, error) {
	if in.Text == "add" {
		return bot.Reply{Card: &bot.Card{Title: "No form here"}, Form: &bot.Form{
			ID: "f:add", Title: "A question", Body: []string{"Thank you."}, Submit: "Send",
			Fields: []bot.Field{
				{ID: "ask", Label: "What is asked", Min: 3},
				{ID: "topic", Label: "Topic", Value: "ws", Options: []bot.Option{{Value: "ws", Text: "WebSocket"}, {Value: "tls", Text: "TLS"}}},
				{ID: "why", Label: "Why", Optional: true},
			},
		}}, nil
	}
	if in.Choice == "" {
		return bot.Reply{Card: &bot.Card{Title: "What?"}}, nil
	}
	c.took = append(c.took, in)
	if len(in.Fields[0].Value) < 6 {
		return bot.Reply{Faults: []bot.Fault{{Field: "ask", Text: "That is too short."}}}, nil
	}
	return bot.Reply{Card: &bot.Card{Title: "It is in."}}, nil
}

// A form is asked for line by line. What is wrong is asked for again, the rest is kept.
func TestFormLineByLine(t *testing.T) {
	core := &former{}
	out := &screen{wake: make(chan struct{})}
	in := strings.Join([]string{"add", "", "hm", "short", "3", "2", "", "Which one?", "add", "cancel", "add"}, "\n") + "\n"
	a := terminal.New(terminal.Config{In: strings.NewReader(in), Out: out, Cancel: "cancel", Fields: "How to", Again: "Again"}, core)
	if err := a.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(core.took) != 2 {
		t.Fatalf("sent off: %+v", core.took)
	}
	want := []bot.Filled{{Field: "ask", Value: "Which one?"}, {Field: "topic", Value: "tls"}, {Field: "why", Value: ""}}
	if last := core.took[1]; last.Choice != "f:add" || !slices.Equal(last.Fields, want) || last.ID == core.took[0].ID {
		t.Errorf("%+v", last)
	}
	text := out.b.String()
	for words, n := range map[string]int{"Thank you.": 3, "What is asked": 6, "1. WebSocket": 2, "[ws]": 2, "That is too short.": 1, "It is in.": 1, "Again": 1, "No form here": 0} {
		if strings.Count(text, words) != n {
			t.Errorf("%q is said %d times, not %d:\n%s", words, strings.Count(text, words), n, text)
		}
	}
}
