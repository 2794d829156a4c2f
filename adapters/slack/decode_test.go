package slack

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
)

var self = identity{user: "U0BOT", bot: "B0BOT", team: "T1", url: "https://t1.slack.com/"}

// event wraps an inner event as Slack sends it.
func event(inner string) []byte {
	return []byte(`{"token":"x","team_id":"T1","api_app_id":"A1","type":"event_callback","event_id":"Ev1","event_time":1700000000,
		"authorizations":[{"enterprise_id":null,"team_id":"T1","user_id":"U0BOT","is_bot":true}],"event":` + inner + `}`)
}

// message is an ordinary message event with fields replaced; nil removes one.
func message(t testing.TB, change map[string]any) []byte {
	t.Helper()
	m := map[string]any{
		"type": "message", "channel": "C2", "channel_type": "channel", "user": "U3", "text": "hello", "ts": "1700000000.000100",
		"event_ts": "1700000000.000100", "client_msg_id": "4b6e", "team": "T1",
		"blocks": []any{map[string]any{"type": "rich_text", "block_id": "a", "elements": []any{}}},
	}
	for k, v := range change {
		if m[k] = v; v == nil {
			delete(m, k)
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return event(string(b))
}

func TestDecodeMessage(t *testing.T) {
	type fields = map[string]any
	said := func(change func(*bot.Incoming)) bot.Incoming {
		in := bot.Incoming{
			ID: "slack:msg:T1/C2:1700000000.000100", Team: "slack:T1", Room: "slack:T1/C2", User: "slack:T1/U3",
			Text: "hello", At: time.Unix(1700000000, 100_000),
		}
		if change != nil {
			change(&in)
		}
		return in
	}
	text := func(s string) func(*bot.Incoming) { return func(in *bot.Incoming) { in.Text = s } }
	toBot := func(s string) func(*bot.Incoming) { return func(in *bot.Incoming) { in.Text, in.Addressed = s, true } }
	for _, c := range []struct {
		name   string
		change fields
		want   bot.Incoming
	}{
		{"bare line", nil, said(nil)},
		{"escaped", fields{"text": "a &lt;b&gt; &amp;amp; c"}, said(text("a <b> &amp; c"))},
		{"mention first", fields{"text": "<@U0BOT> websocket"}, said(toBot("websocket"))},
		{"mention with a label", fields{"text": "<@U0BOT|quizbot>: websocket"}, said(toBot("websocket"))},
		{"mention in the middle", fields{"text": "hey <@U0BOT>, start 5"}, said(toBot("start 5"))},
		{"mention last", fields{"text": "quiz me <@U0BOT>"}, said(toBot("quiz me "))},
		{"mention alone", fields{"text": "<@U0BOT>"}, said(toBot(""))},
		{"mention of another", fields{"text": "<@U9> websocket"}, said(text("@U9 websocket"))},
		{"another, then the bot", fields{"text": "<@U9> <@U0BOT> me"}, said(toBot("me"))},
		{"a name that starts like the bot's", fields{"text": "<@U0BOTTOM> x"}, said(text("@U0BOTTOM x"))},
		{"a mention typed by hand", fields{"text": "&lt;@U0BOT&gt; x"}, said(text("<@U0BOT> x"))},
		{"app_mention", fields{"type": "app_mention", "text": "<@U0BOT> websocket", "channel_type": nil}, said(toBot("websocket"))},
		{"links and channels", fields{"text": "see <https://a.example/?a=1&amp;b=2|the page> in <#C1|general> or <http://b.example>"}, said(text("see the page in #general or http://b.example"))},
		{"broadcast words", fields{"text": "<!channel> <!subteam^S1|@staff>"}, said(text("!channel @staff"))},
		{"unclosed markup", fields{"text": "a < b <@U0BOT"}, said(text("a < b <@U0BOT"))},
		{"thread reply", fields{"thread_ts": "1699999999.000200"}, said(func(in *bot.Incoming) { in.ReplyTo = "1699999999.000200" })},
		{"thread's first message", fields{"thread_ts": "1700000000.000100"}, said(nil)},
		{"thread_broadcast", fields{"subtype": "thread_broadcast", "thread_ts": "1699999999.000200"}, said(func(in *bot.Incoming) { in.ReplyTo = "1699999999.000200" })},
		{"file_share", fields{"subtype": "file_share", "text": "B", "files": []any{fields{"id": "F1"}}}, said(text("B"))},
		{"a file without words", fields{"subtype": "file_share", "text": nil}, said(text(""))},
		{"direct message", fields{"channel": "D2", "channel_type": "im"}, said(func(in *bot.Incoming) {
			in.ID, in.Room, in.Private = "slack:msg:T1/D2:1700000000.000100", "slack:T1/D2", true
		})},
		{"direct message without channel_type", fields{"channel": "D2", "channel_type": nil}, said(func(in *bot.Incoming) {
			in.ID, in.Room, in.Private = "slack:msg:T1/D2:1700000000.000100", "slack:T1/D2", true
		})},
		{"group message", fields{"channel": "G2", "channel_type": "mpim"}, said(func(in *bot.Incoming) {
			in.ID, in.Room = "slack:msg:T1/G2:1700000000.000100", "slack:T1/G2"
		})},
		{"odd time", fields{"ts": "now"}, said(func(in *bot.Incoming) { in.ID, in.At = "slack:msg:T1/C2:now", time.Time{} })},
		{"malformed blocks", fields{"blocks": []any{fields{"type": 7, "elements": "x"}, nil, "what"}}, said(nil)},
		{"blocks that are no list", fields{"blocks": "x", "files": 3, "attachments": false, "edited": "no"}, said(nil)},
		{"huge text", fields{"text": strings.Repeat("<@U0BO> ", 10_000)}, said(text(strings.Repeat("@U0BO ", 10_000)))},
	} {
		t.Run(c.name, func(t *testing.T) {
			env, a, ok, err := decodeEvent(message(t, c.change), self.in)
			if err != nil || !ok {
				t.Fatalf("ok %v, err %v", ok, err)
			}
			if env.EventID != "Ev1" || !reflect.DeepEqual(a.in, c.want) {
				t.Errorf("got  %+v\nwant %+v", a.in, c.want)
			}
			if a.to.private != c.want.Private || a.user != "U3" || a.team != "T1" || a.to.user != "U3" {
				t.Errorf("answer goes to %+v", a.to)
			}
		})
	}
}

func TestMessagesThatAreNoWordsOfAPlayer(t *testing.T) {
	type fields = map[string]any
	cases := map[string]fields{
		"own message":           {"user": "U0BOT"},
		"bot_id":                {"bot_id": "B9"},
		"own message by bot_id": {"user": "U0BOT", "bot_id": "B0BOT", "app_id": "A1"},
		"hidden":                {"hidden": true},
		"no user":               {"user": nil},
		"user null":             {"user": json.RawMessage("null")},
		"no channel":            {"channel": nil},
		"no ts":                 {"ts": nil},
		"empty":                 {"user": nil, "channel": nil, "ts": nil, "text": nil},
		"edit":                  {"subtype": "message_changed", "message": fields{"user": "U3", "text": "B"}, "user": nil, "hidden": true},
		"edit by somebody":      {"subtype": "message_changed"},
		"deletion":              {"subtype": "message_deleted", "previous_message": fields{"user": "U3"}},
	}
	for _, s := range []string{
		"assistant_app_thread", "bot_add", "bot_message", "bot_remove", "channel_archive", "channel_convert_to_private", "channel_join", "channel_leave",
		"channel_name", "channel_posting_permissions", "channel_purpose", "channel_topic", "channel_unarchive", "document_mention",
		"ekm_access_denied", "file_comment", "file_mention", "group_archive", "group_join", "group_leave", "group_name", "group_purpose",
		"group_topic", "group_unarchive", "huddle_thread", "me_message", "message_replied", "pinned_item", "reminder_add", "reply_broadcast",
		"tombstone", "unpinned_item", "something_new",
	} {
		cases["subtype "+s] = fields{"subtype": s}
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			if _, a, ok, err := decodeEvent(message(t, change), self.in); ok || err != nil {
				t.Errorf("taken for %+v, err %v", a.in, err)
			}
		})
	}
}

// TestOddEvents: what nobody expects is left alone, and never worse.
func TestOddEvents(t *testing.T) {
	for _, body := range []string{
		``, ` `, `null`, `0`, `"x"`, `[]`, `{}`, `{`, `{"type":"event_callback"}`, `{"type":"event_callback","event":null}`,
		`{"type":"event_callback","event":"message"}`, `{"type":"event_callback","event":[]}`, `{"type":"event_callback","event":{}}`,
		`{"type":"event_callback","event":{"type":7}}`, `{"type":"event_callback","event":{"type":"message"}}`,
		`{"type":"app_rate_limited","team_id":"T1","minute_rate_limited":1518467820}`, `{"type":{"a":1}}`,
		string(event(`{"type":"reaction_added","user":"U3","item":{"type":"message"}}`)),
		string(event(`{"type":"app_home_opened","user":"U3","channel":"D1","tab":"home"}`)),
		string(event(`{"type":"tokens_revoked","tokens":{"oauth":["U1"],"bot":["U2"]}}`)),
		string(event(`{"type":"app_uninstalled"}`)),
		string(event(`{"type":"channel_rename","channel":{"id":"C2","name":"x"}}`)),
		string(event(`{"type":"message.im","channel":"D1"}`)),
		string(event(`{"type":"brand_new","channel":[[[[1]]]]}`)),
		string(event(strings.Repeat(`[`, 20_000) + strings.Repeat(`]`, 20_000))),
	} {
		if _, a, ok, _ := decodeEvent([]byte(body), self.in); ok {
			t.Errorf("%.80s was taken for %+v", body, a.in)
		}
	}
}

// TestOddFields: a field of the wrong type takes nothing else down with it.
func TestOddFields(t *testing.T) {
	for _, odd := range []any{7, 1.5e300, true, []any{}, []any{"x"}, map[string]any{"a": 1}, "", strings.Repeat("é", 100_000), "\x00", "<@U0BOT>"} {
		for _, field := range []string{"type", "subtype", "channel", "channel_type", "user", "bot_id", "text", "ts", "thread_ts", "hidden", "blocks", "metadata", "room"} {
			_, a, ok, _ := decodeEvent(message(t, map[string]any{field: odd}), self.in)
			if ok && (a.in.ID == "" || a.in.User == "" || a.in.Room == "") {
				t.Errorf("%s = %.20v: half an arrival: %.200q", field, odd, fmt.Sprint(a.in))
			}
		}
	}
}

func TestMessageAndMentionAreOneDelivery(t *testing.T) {
	_, a, ok, err := decodeEvent(message(t, map[string]any{"text": "<@U0BOT> start"}), self.in)
	_, b, ok2, err2 := decodeEvent(message(t, map[string]any{"text": "<@U0BOT> start", "type": "app_mention"}), self.in)
	if !ok || !ok2 || err != nil || err2 != nil || !reflect.DeepEqual(a.in, b.in) {
		t.Errorf("message    %+v\napp_mention %+v", a.in, b.in)
	}
}

// TestBotIsKnownByAuthorizations: before auth.test has answered, the event itself
// says who the bot is.
func TestBotIsKnownByAuthorizations(t *testing.T) {
	_, a, ok, err := decodeEvent(message(t, map[string]any{"text": "<@U0BOT> start"}), identity{}.in)
	if err != nil || !ok || !a.in.Addressed || a.in.Text != "start" {
		t.Errorf("%v %v %+v", ok, err, a.in)
	}
}

// TestTeamOfAnEvent: the workspace that hears it, not that of who speaks.
func TestTeamOfAnEvent(t *testing.T) {
	for _, c := range []struct {
		outer string
		self  identity
		want  bot.RoomID
	}{
		{`"team_id":"TGUEST","context_team_id":"TX","authorizations":[{"team_id":"TX"}]`, identity{team: "TUS"}, "slack:TUS/C2"},
		{`"team_id":"TGUEST","context_team_id":"TX","authorizations":[{"team_id":"TUS"}]`, identity{}, "slack:TUS/C2"},
		{`"team_id":"TGUEST","context_team_id":"TUS","authorizations":[{"team_id":null}]`, identity{}, "slack:TUS/C2"},
		{`"team_id":"TGUEST","context_team_id":"TUS"`, identity{}, "slack:TUS/C2"},
		{`"team_id":"TUS","context_team_id":null`, identity{}, "slack:TUS/C2"},
	} {
		body := `{"type":"event_callback",` + c.outer + `,"event":{"type":"message","channel":"C2","user":"U3","text":"A","ts":"1700000000.000100"}}`
		_, a, ok, err := decodeEvent([]byte(body), c.self.in)
		if err != nil || !ok || a.in.Room != c.want || a.in.Team != "slack:TUS" || a.in.User != "slack:TUS/U3" {
			t.Errorf("%s: %v %v %+v", c.outer, ok, err, a.in)
		}
	}
}

func command(change map[string]string) url.Values {
	form := url.Values{
		"token": {"x"}, "team_id": {"T1"}, "team_domain": {"t1"}, "channel_id": {"C2"}, "channel_name": {"quiz"}, "user_id": {"U3"},
		"user_name": {"carol"}, "command": {"/quiz"}, "text": {"websocket"}, "response_url": {"https://hooks.slack.com/commands/T1/1/x"},
		"trigger_id": {"1.2.abc"}, "api_app_id": {"A1"},
	}
	for k, v := range change {
		form.Set(k, v)
	}
	return form
}

func TestDecodeCommand(t *testing.T) {
	for _, c := range []struct {
		name   string
		change map[string]string
		check  func(arrival) bool
	}{
		{"plain", nil, func(a arrival) bool {
			return a.in.Text == "websocket" && a.in.Addressed && !a.in.Private && a.in.Room == "slack:T1/C2" && a.in.Team == "slack:T1" &&
				a.in.User == "slack:T1/U3" && a.name == "carol" && a.in.Choice == "" && a.in.At.IsZero() &&
				a.to.responseURL == "https://hooks.slack.com/commands/T1/1/x"
		}},
		{"no words", map[string]string{"text": ""}, func(a arrival) bool { return a.in.Text == "" && a.in.Addressed }},
		{"escaped words", map[string]string{"text": "a &lt;b&gt; <@U9|bob> &amp; <#C1|general>"}, func(a arrival) bool { return a.in.Text == "a <b> @U9 & #general" }},
		{"direct message", map[string]string{"channel_id": "D2", "channel_name": "directmessage"}, func(a arrival) bool { return a.in.Private && a.to.private }},
		{"private by name", map[string]string{"channel_name": "directmessage"}, func(a arrival) bool { return a.in.Private }},
		{"no team", map[string]string{"team_id": ""}, func(a arrival) bool { return a.in.Room == "slack:/C2" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			form := command(c.change)
			a, err := decodeCommand(form, identity{}.in)
			if err != nil || !c.check(a) {
				t.Errorf("%v %+v", err, a)
			}
		})
	}
	for _, missing := range []string{"channel_id", "user_id"} {
		form := command(map[string]string{missing: ""})
		if a, err := decodeCommand(form, identity{}.in); err == nil {
			t.Errorf("without %s it was taken for %+v", missing, a.in)
		}
	}
}

func TestCommandsAreToldApart(t *testing.T) {
	id := func(change map[string]string) string {
		form := command(change)
		a, err := decodeCommand(form, identity{}.in)
		if err != nil {
			t.Fatal(err)
		}
		return a.in.ID
	}
	first := id(nil)
	if again := id(nil); again != first || !strings.HasPrefix(first, "slack:cmd:") {
		t.Errorf("the same command twice: %q and %q", first, again)
	}
	for _, change := range []map[string]string{
		{"trigger_id": "1.3.abc"}, {"trigger_id": ""}, {"text": "tcp"}, {"user_id": "U4"}, {"channel_id": "C3"}, {"team_id": "T2"},
		{"response_url": "https://hooks.slack.com/commands/T1/2/y"},
	} {
		if other := id(change); other == first {
			t.Errorf("with %v it has the same id %q", change, other)
		}
	}
}

// press is a block_actions payload with fields replaced.
func press(t testing.TB, change func(p map[string]any)) []byte {
	t.Helper()
	p := map[string]any{}
	err := json.Unmarshal([]byte(`{"type":"block_actions","team":{"id":"T1","domain":"t1"},"user":{"id":"U3","username":"carol","name":"carol","team_id":"T1"},
		"api_app_id":"A1","token":"x","container":{"type":"message","message_ts":"1700000000.000100","channel_id":"C2","is_ephemeral":false},
		"trigger_id":"1.2.abc","channel":{"id":"C2","name":"quiz"},"message":{"type":"message","ts":"1700000000.000100","text":"?","blocks":[]},
		"response_url":"https://hooks.slack.com/actions/T1/1/x",
		"actions":[{"action_id":"q1-a","block_id":"k","text":{"type":"plain_text","text":"A. GET"},"value":"q1-a","type":"button","action_ts":"1700000005.250000"}]}`), &p)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(p)
	}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecodePress(t *testing.T) {
	first := func(p map[string]any) map[string]any { return p["actions"].([]any)[0].(map[string]any) }
	for _, c := range []struct {
		name   string
		change func(p map[string]any)
		check  func(arrival) bool
	}{
		{"plain", nil, func(a arrival) bool {
			return a.in.Choice == "q1-a" && a.in.Room == "slack:T1/C2" && a.in.User == "slack:T1/U3" && a.in.Team == "slack:T1" && a.name == "carol" &&
				a.in.At.Equal(time.Unix(1700000005, 250_000_000)) && !a.in.Private && !a.to.replace && a.to.channel == "C2" && a.to.user == "U3"
		}},
		{"no value", func(p map[string]any) { delete(first(p), "value") }, func(a arrival) bool { return a.in.Choice == "q1-a" }},
		{"value and action differ", func(p map[string]any) { first(p)["value"] = "v" }, func(a arrival) bool { return a.in.Choice == "v" }},
		{"no team", func(p map[string]any) { p["team"] = nil }, func(a arrival) bool { return a.in.Team == "slack:T1" }},
		{"no channel but a container", func(p map[string]any) { delete(p, "channel") }, func(a arrival) bool { return a.in.Room == "slack:T1/C2" }},
		{"no container", func(p map[string]any) { delete(p, "container") }, func(a arrival) bool { return a.in.Choice == "q1-a" && !a.to.replace }},
		{"no message", func(p map[string]any) { delete(p, "message") }, func(a arrival) bool { return a.in.Choice == "q1-a" }},
		{"ephemeral", func(p map[string]any) { p["container"].(map[string]any)["is_ephemeral"] = true }, func(a arrival) bool { return a.to.replace }},
		{"in a thread", func(p map[string]any) { p["message"].(map[string]any)["thread_ts"] = "1699999999.000100" }, func(a arrival) bool { return a.to.thread == "1699999999.000100" }},
		{"in a direct message", func(p map[string]any) { p["channel"].(map[string]any)["id"] = "D2" }, func(a arrival) bool { return a.in.Private && a.to.private }},
		{"no names", func(p map[string]any) { p["user"] = map[string]any{"id": "U3"} }, func(a arrival) bool { return a.name == "" && a.in.User == "slack:T1/U3" }},
		{"no time", func(p map[string]any) { delete(first(p), "action_ts") }, func(a arrival) bool { return a.in.At.IsZero() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, ok, err := decodeInteraction(press(t, c.change), identity{}.in)
			if err != nil || !ok || !c.check(a) {
				t.Errorf("%v %v %+v", ok, err, a)
			}
		})
	}
}

func TestPressesAreToldApart(t *testing.T) {
	id := func(change func(p map[string]any)) string {
		a, ok, err := decodeInteraction(press(t, change), identity{}.in)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return a.in.ID
	}
	first := id(nil)
	if again := id(nil); again != first || !strings.HasPrefix(first, "slack:act:") {
		t.Errorf("the same press twice: %q and %q", first, again)
	}
	act := func(p map[string]any) map[string]any { return p["actions"].([]any)[0].(map[string]any) }
	for name, change := range map[string]func(p map[string]any){
		"trigger":    func(p map[string]any) { p["trigger_id"] = "1.3.abc" },
		"no trigger": func(p map[string]any) { delete(p, "trigger_id") },
		"user":       func(p map[string]any) { p["user"] = map[string]any{"id": "U4", "team_id": "T1"} },
		"channel":    func(p map[string]any) { p["channel"] = map[string]any{"id": "C3"} },
		"message":    func(p map[string]any) { p["container"].(map[string]any)["message_ts"] = "1700000009.000100" },
		"button":     func(p map[string]any) { act(p)["action_id"] = "q1-b" },
		"time":       func(p map[string]any) { act(p)["action_ts"] = "1700000006.250000" },
	} {
		if other := id(change); other == first {
			t.Errorf("with another %s it has the same id %q", name, other)
		}
	}
}

func TestInteractionsThatAreNoPress(t *testing.T) {
	for _, typ := range []string{
		"view_submission", "view_closed", "shortcut", "message_action", "block_suggestion", "interactive_message", "dialog_submission",
		"dialog_cancellation", "dialog_suggestion", "workflow_step_edit", "", "new_thing",
	} {
		if a, ok, err := decodeInteraction(press(t, func(p map[string]any) { p["type"] = typ }), identity{}.in); ok || err != nil {
			t.Errorf("%q was taken for %+v, %v", typ, a.in, err)
		}
	}
	for name, change := range map[string]func(p map[string]any){
		"no actions":        func(p map[string]any) { delete(p, "actions") },
		"actions empty":     func(p map[string]any) { p["actions"] = []any{} },
		"no user":           func(p map[string]any) { delete(p, "user") },
		"no channel at all": func(p map[string]any) { delete(p, "channel"); delete(p, "container") },
		"no ids":            func(p map[string]any) { p["actions"] = []any{map[string]any{"type": "button"}} },
		"null action":       func(p map[string]any) { p["actions"] = []any{nil} },
		"in a view": func(p map[string]any) {
			delete(p, "channel")
			p["container"] = map[string]any{"type": "view", "view_id": "V1"}
		},
	} {
		if a, ok, err := decodeInteraction(press(t, change), identity{}.in); ok || err != nil {
			t.Errorf("%s: taken for %+v, %v", name, a.in, err)
		}
	}
	for _, body := range []string{``, `null`, `[]`, `"x"`, `{`, `{"type":"block_actions","actions":"x"}`, `{"type":"block_actions","user":7,"channel":[],"actions":[[]]}`} {
		if a, ok, _ := decodeInteraction([]byte(body), identity{}.in); ok {
			t.Errorf("%s was taken for %+v", body, a.in)
		}
	}
}
