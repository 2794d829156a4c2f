package slack

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestPostUpdateAndDelete(t *testing.T) {
	s := start(t, Options{})
	out := api(t, s, "chat.postMessage", map[string]any{"channel": "C0QUIZ", "text": "one", "blocks": []any{section("mrkdwn", "*one*")}})
	ts, _ := out["ts"].(string)
	if out["ok"] != true || ts == "" || out["channel"] != "C0QUIZ" || dig(out, "message", "text") != "one" {
		t.Fatalf("post: %v", out)
	}
	if dig(out, "message", "blocks", 0, "block_id") == nil {
		t.Error("Slack fills in block_id")
	}
	up := api(t, s, "chat.update", map[string]any{"channel": "C0QUIZ", "ts": ts, "text": "two"})
	if up["ok"] != true || up["ts"] != ts {
		t.Fatalf("update: %v", up)
	}
	m, _ := s.Message("C0QUIZ", ts)
	if m.Text != "two" || m.Blocks != nil || len(m.History) != 1 || m.History[0].Text != "one" || m.History[0].Blocks == nil {
		t.Errorf("after the update: %+v", m)
	}
	if out := api(t, s, "chat.delete", map[string]any{"channel": "C0QUIZ", "ts": ts}); out["ok"] != true {
		t.Fatalf("delete: %v", out)
	}
	if n := len(s.Messages("C0QUIZ")); n != 0 {
		t.Errorf("%d messages after the deletion", n)
	}
	if out := api(t, s, "chat.update", map[string]any{"channel": "C0QUIZ", "ts": ts, "text": "x"}); out["error"] != "message_not_found" {
		t.Errorf("update of a deleted message: %v", out)
	}
}

func TestErrorsAsSlackSaysThem(t *testing.T) {
	s := start(t, Options{NoEcho: true})
	said, err := s.Say(ctxFor(t), "C0QUIZ", "U0BOB", "mine")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddChannel("T0SANDBOX", Channel{ID: "C0OLD", Name: "old", Archived: true, BotMember: true}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method string
		args   map[string]any
		want   string
	}{
		{"chat.postMessage", map[string]any{"channel": "C0NONE", "text": "x"}, "channel_not_found"},
		{"chat.postMessage", map[string]any{"channel": "C0OUTSIDE", "text": "x"}, "not_in_channel"},
		{"chat.postMessage", map[string]any{"channel": "C0OLD", "text": "x"}, "is_archived"},
		{"chat.postMessage", map[string]any{"channel": "C0QUIZ"}, "no_text"},
		{"chat.postMessage", map[string]any{"channel": "C0QUIZ", "text": "  "}, "no_text"},
		{"chat.postMessage", map[string]any{"channel": "C0QUIZ", "text": strings.Repeat("ä", 4001)}, "msg_too_long"},
		{"chat.postMessage", map[string]any{"channel": "C0QUIZ", "text": "x", "thread_ts": "1.2"}, "thread_not_found"},
		{"chat.postMessage", map[string]any{"channel": "C0QUIZ", "blocks": "[{"}, "invalid_blocks_format"},
		{"chat.postMessage", map[string]any{"channel": "C0QUIZ", "blocks": []any{map[string]any{"type": "nope"}}}, "invalid_blocks"},
		{"chat.update", map[string]any{"channel": "C0QUIZ", "ts": said.TS, "text": "x"}, "cant_update_message"},
		{"chat.update", map[string]any{"channel": "C0QUIZ", "ts": "1.2", "text": "x"}, "message_not_found"},
		{"chat.delete", map[string]any{"channel": "C0QUIZ", "ts": said.TS}, "cant_delete_message"},
		{"chat.postEphemeral", map[string]any{"channel": "G0SECRET", "user": "U0CAROL", "text": "x"}, "user_not_in_channel"},
		{"users.info", map[string]any{"user": "U0NONE"}, "user_not_found"},
		{"conversations.info", map[string]any{"channel": "C0NONE"}, "channel_not_found"},
		{"conversations.replies", map[string]any{"channel": "C0QUIZ", "ts": "1.2"}, "thread_not_found"},
		{"views.open", map[string]any{"trigger_id": "1.2.3", "view": modal()}, "invalid_trigger_id"},
		{"views.open", map[string]any{"trigger_id": "1.2.3", "view": map[string]any{"type": "modal"}}, "invalid_arguments"},
		{"no.such", nil, "unknown_method"},
	} {
		if out := api(t, s, c.method, c.args); out["ok"] != false || out["error"] != c.want {
			t.Errorf("%s %v: %v, want %s", c.method, c.args["channel"], out, c.want)
		}
	}
}

func TestTokens(t *testing.T) {
	team := DefaultTeam()
	team.Scopes = []string{"chat:write"}
	s := start(t, Options{Teams: []Team{team}})
	for _, c := range []struct{ token, method, want string }{
		{"", "auth.test", "not_authed"},
		{"xoxb-wrong", "auth.test", "invalid_auth"},
		{DefaultAppToken, "auth.test", "not_allowed_token_type"},
		{DefaultBotToken, "apps.connections.open", "not_allowed_token_type"},
		{"xapp-wrong", "apps.connections.open", "invalid_auth"},
		{DefaultBotToken, "users.info", "missing_scope"},
	} {
		if out, _ := apiAs(t, s, c.token, c.method, map[string]any{"user": "U0BOB"}); out["error"] != c.want {
			t.Errorf("%s with %q: %v, want %s", c.method, c.token, out, c.want)
		}
	}
	s.Faults().RevokeToken("T0SANDBOX", "token_revoked")
	if out := api(t, s, "auth.test", nil); out["error"] != "token_revoked" {
		t.Errorf("revoked: %v", out)
	}
	s.Faults().RestoreToken("T0SANDBOX")
	out := api(t, s, "auth.test", nil)
	if out["ok"] != true || out["team_id"] != "T0SANDBOX" || out["user_id"] != "U0QUIZBOT" || out["bot_id"] != "B0QUIZBOT" || out["url"] == nil {
		t.Errorf("restored: %v", out)
	}
}

func TestFormBodiesAndTokenParameter(t *testing.T) {
	s := start(t, Options{})
	resp, err := testClient(t).PostForm(s.APIURL()+"chat.postMessage", url.Values{
		"token": {DefaultBotToken}, "channel": {"C0QUIZ"}, "text": {"hi"},
		"blocks": {`[{"type":"section","text":{"type":"plain_text","text":"hi"}}]`},
	})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	msgs := s.Messages("C0QUIZ")
	if resp.StatusCode != http.StatusOK || len(msgs) != 1 || msgs[0].BlockText() != "hi" {
		t.Fatalf("status %d, messages %+v", resp.StatusCode, msgs)
	}
	calls := s.Calls("chat.postMessage")
	if len(calls) != 1 || calls[0].Args["text"] != "hi" || calls[0].Args["token"] != "" || calls[0].Team != "T0SANDBOX" {
		t.Errorf("recorded: %+v", calls)
	}
	if string(msgs[0].Blocks) != `[{"type":"section","text":{"type":"plain_text","text":"hi"}}]` {
		t.Errorf("blocks are not verbatim: %s", msgs[0].Blocks)
	}
}

func TestThreadsAndHistory(t *testing.T) {
	s := start(t, Options{})
	ctx := ctxFor(t)
	root, _ := api(t, s, "chat.postMessage", map[string]any{"channel": "C0QUIZ", "text": "root"})["ts"].(string)
	reply, err := s.Say(ctx, "C0QUIZ", "U0BOB", "reply", InThread(root))
	if err != nil {
		t.Fatal(err)
	}
	// A reply to a reply lands in the same thread.
	api(t, s, "chat.postMessage", map[string]any{"channel": "C0QUIZ", "text": "second", "thread_ts": reply.TS})
	if n := len(s.Thread("C0QUIZ", root)); n != 3 {
		t.Errorf("thread of %d messages", n)
	}
	h := api(t, s, "conversations.history", map[string]any{"channel": "C0QUIZ"})
	if l, _ := h["messages"].([]any); len(l) != 1 || dig(l, 0, "reply_count") != 2.0 {
		t.Errorf("history: %v", h)
	}
	r := api(t, s, "conversations.replies", map[string]any{"channel": "C0QUIZ", "ts": root, "limit": 2})
	if l, _ := r["messages"].([]any); len(l) != 2 || r["has_more"] != true {
		t.Errorf("replies: %v", r)
	}
	r = api(t, s, "conversations.replies", map[string]any{
		"channel": "C0QUIZ", "ts": root, "limit": 2, "cursor": dig(r, "response_metadata", "next_cursor"),
	})
	if l, _ := r["messages"].([]any); len(l) != 1 || dig(l, 0, "text") != "second" || r["has_more"] != false {
		t.Errorf("second page: %v", r)
	}
}

func TestDirectMessagesAndPeople(t *testing.T) {
	s := start(t, Options{})
	out := api(t, s, "conversations.open", map[string]any{"users": "U0BOB"})
	dm, err := s.DM("U0BOB")
	if err != nil || dig(out, "channel", "id") != dm {
		t.Fatalf("open: %v, DM %s, %v", out, dm, err)
	}
	// A user's id as the channel means the DM.
	if out := api(t, s, "chat.postMessage", map[string]any{"channel": "U0BOB", "text": "hi"}); out["channel"] != dm {
		t.Errorf("post to a user: %v", out)
	}
	u := api(t, s, "users.info", map[string]any{"user": "U0ALICE"})
	if dig(u, "user", "is_admin") != true || dig(u, "user", "profile", "display_name") != "alice" || dig(u, "user", "real_name") != "Alice Ames" {
		t.Errorf("users.info: %v", u)
	}
	c := api(t, s, "conversations.info", map[string]any{"channel": "G0SECRET", "include_num_members": true})
	if dig(c, "channel", "is_private") != true || dig(c, "channel", "is_member") != true || dig(c, "channel", "num_members") != 3.0 {
		t.Errorf("conversations.info: %v", c)
	}
	l := api(t, s, "chat.getPermalink", map[string]any{"channel": dm, "message_ts": s.Messages(dm)[0].TS})
	if p, _ := l["permalink"].(string); !strings.Contains(p, dm) {
		t.Errorf("permalink: %v", l)
	}
}

func TestOAuth(t *testing.T) {
	team := DefaultTeam()
	team.Pending = true
	s := start(t, Options{Teams: []Team{team}})
	if out := api(t, s, "auth.test", nil); out["error"] != "invalid_auth" {
		t.Fatalf("before the install: %v", out)
	}
	client := testClient(t)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Get(s.URL() + "/oauth/v2/authorize?" + url.Values{
		"client_id": {s.ClientID()}, "state": {"s1"}, "redirect_uri": {"http://127.0.0.1:9/back"}, "scope": {"chat:write"},
	}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	back, err := resp.Location()
	if err != nil || back.Query().Get("state") != "s1" {
		t.Fatalf("back to %v, %v", back, err)
	}
	exchange := map[string]any{"client_id": s.ClientID(), "client_secret": s.ClientSecret(), "code": back.Query().Get("code"), "redirect_uri": "http://127.0.0.1:9/back"}
	out := api(t, s, "oauth.v2.access", exchange)
	if out["access_token"] != DefaultBotToken || dig(out, "team", "id") != "T0SANDBOX" {
		t.Fatalf("exchange: %v", out)
	}
	if out := api(t, s, "oauth.v2.access", exchange); out["error"] != "invalid_code" {
		t.Errorf("second use of the code: %v", out)
	}
	if out := api(t, s, "auth.test", nil); out["ok"] != true {
		t.Errorf("after the install: %v", out)
	}
	if c := s.Calls("oauth.v2.access"); c[0].Args["client_secret"] != "" {
		t.Error("the client secret was recorded")
	}
}
