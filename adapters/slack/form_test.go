package slack

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"quizbot/bot"
)

// checkForm holds what Slack asks of a modal: plain texts that are not blank, and lengths.
func checkForm(t *testing.T, f bot.Form) {
	t.Helper()
	raw, err := json.Marshal(renderForm(f, "Cancel", whence{Channel: "C1", URL: "https://hooks.slack.com/x"}))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				walk(at, one)
			}
		case map[string]any:
			for name, inner := range v {
				walk(name, inner)
			}
			text, isText := v["text"].(string)
			most := map[string]int{"title": 24, "submit": 24, "close": 24, "label": 2000, "hint": 2000, "text": 3000}[at]
			if isText && (v["type"] != "plain_text" || strings.TrimSpace(text) == "" || utf8.RuneCountInString(text) > most) {
				t.Errorf("%s is %v", at, v)
			}
		}
	}
	walk("", m)
	for name, most := range map[string]int{"callback_id": 255, "private_metadata": 3000} {
		if s, _ := m[name].(string); s == "" || len(s) > most {
			t.Errorf("%s is %q", name, s)
		}
	}
	if blocks, _ := m["blocks"].([]any); len(blocks) == 0 || len(blocks) > 100 || len(raw) > 250_000 {
		t.Errorf("%d blocks, %d bytes", len(blocks), len(raw))
	}
}

// A form as large as one can be keeps the limits, also where the place that it came from
// is longer than a form has place for.
func TestFormsAreBounded(t *testing.T) {
	long := strings.Repeat("&<W>\n", 5000)
	f := bot.Form{ID: "f", Title: long, Body: []string{long, "", long}, Submit: " "}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		f.Fields = append(f.Fields, bot.Field{ID: name, Label: long, Hint: long, Value: long, Max: 99_999, Many: true})
	}
	f.Fields[4].Options = []bot.Option{{Value: "x", Text: long}, {Value: "y"}}
	checkForm(t, f)
	if s := (whence{Channel: "C1", URL: "https://hooks.slack.com/" + long, Replace: true}).String(); s != `{"c":"C1"}` {
		t.Errorf("%q", s)
	}
}

// What a form says of where it was opened is read as it was written; what is none of ours
// is nothing.
func TestDecodeSubmissions(t *testing.T) {
	const whole = `{"type":"view_submission","trigger_id":"1.2","team":{"id":"T9"},"user":{"id":"U2","username":"ann"},"view":{"id":"V1","hash":"h","callback_id":"a:1.t:=",
		"private_metadata":"{\"c\":\"C1\",\"t\":\"1.5\",\"u\":\"https://hooks.slack.com/x\",\"r\":true}","app_installed_team_id":"T1",
		"blocks":[{"type":"section","block_id":"body0.0"},{"type":"input","block_id":"field:answer","element":{"action_id":"answer"}},{"type":"input","block_id":"field:topic","element":{"action_id":"topic"}}],
		"state":{"values":{"field:answer":{"answer":{"type":"plain_text_input","value":"GET"}},"field:topic":{"topic":{"type":"static_select","selected_option":{"value":"ws"}}}}}}}`
	in := func(teams ...string) (identity, error) { return identity{team: teams[0], user: "UBOT"}, nil }
	a, ok, err := decodeInteraction([]byte(whole), in)
	if err != nil || !ok || !a.form || a.in.Choice != "a:1.t:=" || a.in.Room != "slack:T1/C1" || a.in.User != "slack:T1/U2" || a.in.Pressed != "" {
		t.Fatalf("%+v %v %v", a, ok, err)
	}
	if f := a.in.Fields; len(f) != 2 || f[0] != (bot.Filled{Field: "answer", Value: "GET"}) || f[1] != (bot.Filled{Field: "topic", Value: "ws"}) {
		t.Errorf("fields %+v", f)
	}
	if want := (address{team: "T1", channel: "C1", user: "U2", thread: "1.5", responseURL: "https://hooks.slack.com/x", replace: true}); a.to != want {
		t.Errorf("the answer goes to %+v", a.to)
	}
	other, _, _ := decodeInteraction([]byte(strings.Replace(whole, `"GET"`, `"POST"`, 1)), in)
	if again, _, _ := decodeInteraction([]byte(whole), in); again.in.ID != a.in.ID || other.in.ID == a.in.ID {
		t.Error("the name of a delivery does not follow from what was sent")
	}
	for _, cut := range []string{`\"c\":\"C1\",`, `"callback_id":"a:1.t:=",`, `"block_id":"field:answer",`, `"id":"U2",`} {
		less := strings.Replace(whole, cut, "", 1)
		if cut == `"block_id":"field:answer",` {
			less = strings.Replace(less, `"block_id":"field:topic",`, "", 1)
		}
		if _, ok, err := decodeInteraction([]byte(less), in); ok || err != nil {
			t.Errorf("without %s: %v %v", cut, ok, err)
		}
	}
}
