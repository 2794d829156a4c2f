package discord

import (
	"strings"
	"testing"
	"unicode/utf8"

	"quizbot/bot"
)

// checkForm holds what Discord asks of a modal, and that none of its text is live.
func checkForm(t *testing.T, f bot.Form) {
	t.Helper()
	m := renderForm(f)
	within := func(what, s string, least, most int) {
		t.Helper()
		if n := utf8.RuneCountInString(s); n < least || n > most {
			t.Errorf("%s has %d characters, at most %d: %.60q", what, n, most, s)
		}
	}
	within("custom_id", m.CustomID, 1, 100)
	within("title", m.Title, 1, 45)
	if n := len(m.Components); n < 1 || n > 5 {
		t.Errorf("%d components", n)
	}
	for _, part := range m.Components {
		if part.Type == componentText {
			within("text", part.Content, 1, 4000)
			if live := liveMarkdown.FindString(readMarkdown(part.Content, false)); live != "" {
				t.Errorf("%q is live in %q", live, part.Content)
			}
			continue
		}
		within("label", part.Label, 1, 45)
		within("description", part.Description, 0, 100)
		in := part.Component
		within("value", in.Value, 0, 4000)
		if in.Type == componentInput && (in.Max < 1 || in.Max > 4000 || in.Min > in.Max || len(in.Options) > 0) || in.Type == componentSelect && (in.Max != 0 || len(in.Options) == 0) {
			t.Errorf("%+v", in)
		}
		for _, o := range in.Options {
			within("option", o.Label, 1, 100)
			within("option's value", o.Value, 1, 100)
		}
	}
}

// A form as large as one can be keeps the limits. Where five fields leave no place for its
// text, the fields go first.
func TestFormsAreBounded(t *testing.T) {
	long := strings.Repeat("# *a* <@1>\n", 5000)
	f := bot.Form{ID: "f", Title: long, Body: []string{long, "", long}}
	for _, name := range []string{"a", "b", "c", "d"} {
		f.Fields = append(f.Fields, bot.Field{ID: name, Label: long, Hint: long, Value: long, Max: 99_999, Many: true})
	}
	f.Fields[3].Options = []bot.Option{{Value: "x", Text: long}, {Value: "y"}}
	checkForm(t, f)
	if m := renderForm(f); len(m.Components) != 5 || m.Components[0].Type != componentText {
		t.Errorf("%d components", len(m.Components))
	}
	f.Fields = append(f.Fields, bot.Field{ID: "e", Label: "E", Optional: true})
	checkForm(t, f)
	if m := renderForm(f); len(m.Components) != 5 || m.Components[0].Type != componentLabel || m.Components[4].Component.Required {
		t.Errorf("%+v", m.Components[4])
	}
}
