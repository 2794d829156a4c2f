package slack

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"quizbot/bot"
)

func FuzzDecodeEvent(f *testing.F) {
	type fields = map[string]any
	for _, change := range []fields{
		nil, {"type": "app_mention", "text": "<@U0BOT> x"}, {"subtype": "message_changed", "message": fields{"ts": "1.2"}}, {"bot_id": "B1"},
		{"thread_ts": "1.2"}, {"channel": "D1"}, {"text": "<<@U0BOT|x>> <@U0BOT"}, {"ts": "-1.-1"}, {"blocks": 7}, {"user": nil},
	} {
		f.Add(message(f, change))
	}
	f.Add([]byte(`{"type":"url_verification","challenge":"x"}`))
	f.Add([]byte(`{"type":"event_callback","event":{"type":"message"},"authorizations":[null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, a, ok, err := decodeEvent(body, self.in)
		if !ok {
			return
		}
		if err != nil {
			t.Errorf("both an arrival and %v", err)
		}
		_, channel, found := splitRoom(a.in.Room)
		if a.in.ID == "" || a.in.User == "" || !found || channel == "" || a.to.channel == "" || a.in.Choice != "" {
			t.Errorf("half an arrival: %+v", a)
		}
		if _, again, ok, _ := decodeEvent(body, self.in); !ok || !reflect.DeepEqual(again.in, a.in) {
			t.Errorf("read twice: %+v and %+v", a.in, again.in)
		}
	})
}

func FuzzDecodeInteraction(f *testing.F) {
	for _, change := range []func(p map[string]any){
		nil,
		func(p map[string]any) { p["actions"] = []any{nil} },
		func(p map[string]any) { p["type"] = "view_submission" },
		func(p map[string]any) { p["container"] = map[string]any{"is_ephemeral": true} },
		func(p map[string]any) { p["team"], p["user"] = nil, map[string]any{"id": "U3"} },
	} {
		f.Add(press(f, change))
	}
	f.Add([]byte(`{"command":"/quiz","text":"x","channel_id":"C2","user_id":"U3"}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		a, ok, err := decodeInteraction(payload, identity{}.in)
		if ok && (err != nil || a.in.ID == "" || a.in.User == "" || a.in.Choice == "" || a.to.channel == "") {
			t.Errorf("half an arrival: %+v, %v", a, err)
		}
		if a, err := decodeSocketCommand(payload, identity{}.in); err == nil && (a.in.ID == "" || a.in.User == "" || a.to.channel == "") {
			t.Errorf("half a command: %+v", a)
		}
	})
}

func FuzzRender(f *testing.F) {
	for _, words := range hostile {
		f.Add(words, words, words, words, 3, 7)
	}
	f.Add("t", strings.Repeat("x y\n", 2000), strings.Repeat("option ", 30), "1. a — 2", 30, 60)
	f.Add("", "", "", "", 0, 0)
	f.Add("\xff", "\xff", "\xff", "\xff", 2, 1)
	f.Fuzz(func(t *testing.T, title, body, choice, line string, choices, lines int) {
		if len(title)+len(body)+len(choice)+len(line) > 8_000 {
			return // larger than anything that the core says; only slow
		}
		c := bot.Card{Title: title, Body: []string{body, line}, After: []string{body, line}, Footer: line}
		for i := range min(max(choices, 0), 60) {
			pick := bot.Choice{ID: string(rune('a' + i)), Letter: string(rune('A' + i)), Text: choice, Counted: i%2 == 0}
			if i%5 == 4 {
				pick.Letter = ""
			}
			if i%7 == 6 {
				pick.ID = ""
			}
			c.Choices = append(c.Choices, pick)
		}
		for range min(max(lines, 0), 100) {
			c.Table = append(c.Table, line)
		}
		r := render(c, blockName("r1-ask"), "https://t1.slack.com/archives/C2/p1", "See")
		s := readBack(t, r)
		for _, live := range s.live {
			if live != "<https://t1.slack.com/archives/C2/p1|See>" {
				t.Errorf("Slack reads markup in %q", live)
			}
		}
		if bad := liveMarkup.FindString(r.text); bad != "" {
			t.Errorf("%q is live in the text %q", bad, r.text)
		}
		if words := oneLine(title); words != "" && utf8.RuneCountInString(words) <= 150 && utf8.ValidString(words) && s.lines[0] != words {
			t.Errorf("first line %q, not %q", s.lines[0], words)
		}
	})
}
