package slack

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// second is another workspace, in which the app is not installed yet.
func second() Team {
	return Team{
		ID: "T1OTHER", Name: "Other <b>", BotToken: "xoxb-other", BotUserID: "U1QUIZBOT", BotID: "B1QUIZBOT", Pending: true,
		Users:    []User{{ID: "U1DORA", Name: "dora", Admin: true}},
		Channels: []Channel{{ID: "C1QUIZ", Name: "quiz", Members: []string{"U1DORA"}, BotMember: true}},
	}
}

// authorize opens the authorize page and returns its answer and text.
func authorize(t *testing.T, s *Server, q url.Values) (*http.Response, string) {
	t.Helper()
	client := testClient(t)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Get(s.URL() + "/oauth/v2/authorize?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func asked(s *Server) url.Values {
	return url.Values{"client_id": {s.ClientID()}, "state": {"s1"}, "scope": {"chat:write,users:read"}}
}

func TestAuthorizePage(t *testing.T) {
	s := start(t, Options{Teams: []Team{DefaultTeam(), second()}})
	s.SetRedirectURLs("https://quiz.example.com/slack/oauth_redirect")
	resp, page := authorize(t, s, asked(s))
	if resp.StatusCode != http.StatusOK || !strings.Contains(page, "Other &lt;b&gt;") || !strings.Contains(page, "team=T1OTHER") || !strings.Contains(page, "Cancel") {
		t.Errorf("where there are two workspaces: %d %s", resp.StatusCode, page)
	}
	for name, c := range map[string]struct {
		change func(url.Values)
		want   string
	}{
		"another app":      {func(q url.Values) { q.Set("client_id", "9.9") }, "invalid_client_id"},
		"nowhere to go":    {func(q url.Values) { q.Set("redirect_uri", "https://evil.example.com/") }, "bad_redirect_uri"},
		"a longer name":    {func(q url.Values) { q.Set("redirect_uri", "https://quiz.example.com/slack/oauth_redirected") }, "bad_redirect_uri"},
		"nothing is asked": {func(q url.Values) { q.Del("scope") }, "invalid_scope"},
		"no such team":     {func(q url.Values) { q.Set("team", "T9") }, "invalid_team"},
	} {
		q := asked(s)
		c.change(q)
		if resp, page := authorize(t, s, q); resp.StatusCode != http.StatusBadRequest || !strings.Contains(page, c.want) {
			t.Errorf("%s: %d %s, want %s", name, resp.StatusCode, page, c.want)
		}
	}
	q := asked(s)
	q.Set("cancel", "1")
	resp, _ = authorize(t, s, q)
	if back := resp.Header.Get("Location"); back != "https://quiz.example.com/slack/oauth_redirect?error=access_denied&state=s1" {
		t.Errorf("declined: %s", back)
	}
}

func TestUninstallAndInstallAgain(t *testing.T) {
	s := start(t, Options{Teams: []Team{DefaultTeam(), second()}, RetryDelays: []time.Duration{}})
	install := func(teamID string) map[string]any {
		t.Helper()
		q := asked(s)
		q.Set("team", teamID)
		q.Set("redirect_uri", "http://127.0.0.1:9/back")
		resp, page := authorize(t, s, q)
		back, err := resp.Location()
		if err != nil {
			t.Fatalf("%v %s", err, page)
		}
		exchange := map[string]any{"client_id": s.ClientID(), "client_secret": s.ClientSecret(), "code": back.Query().Get("code")}
		if out, _ := apiAs(t, s, "", "oauth.v2.access", exchange); out["error"] != "bad_redirect_uri" {
			t.Errorf("without the address that the code was given for: %v", out)
		}
		code, err := s.GrantCode(teamID)
		if err != nil {
			t.Fatal(err)
		}
		exchange["code"] = code
		out, _ := apiAs(t, s, "", "oauth.v2.access", exchange)
		return out
	}
	first, _ := install("T1OTHER")["access_token"].(string)
	if first != "xoxb-other" {
		t.Fatalf("token %q", first)
	}
	if again := install("T1OTHER")["access_token"]; again != first {
		t.Errorf("installed twice, the token is %v", again)
	}
	app := newApp(t, s, nil)
	if _, err := s.Uninstall(ctxFor(t), "T1OTHER", true); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"app_uninstalled", "tokens_revoked"} {
		if m := app.received()[i].json(t); dig(m, "event", "type") != want || m["team_id"] != "T1OTHER" || m["authorizations"] != nil {
			t.Errorf("%v, want %s", m, want)
		}
	}
	if out, _ := apiAs(t, s, first, "chat.postMessage", map[string]any{"channel": "C1QUIZ", "text": "x"}); out["error"] != "account_inactive" {
		t.Errorf("after it was uninstalled: %v", out)
	}
	if a, err := s.Slash(ctxFor(t), "C1QUIZ", "U1DORA", "/quiz", ""); err != nil || a.Delivery != nil {
		t.Errorf("its command is still there: %+v %v", a, err)
	}
	next, _ := install("T1OTHER")["access_token"].(string)
	if next == first || next == "" {
		t.Errorf("the dead token was given again: %q", next)
	}
	for token, want := range map[string]any{first: "account_inactive", next: nil} {
		if out, _ := apiAs(t, s, token, "auth.test", nil); out["error"] != want {
			t.Errorf("%s: %v, want %v", token, out, want)
		}
	}
	if out, _ := apiAs(t, s, next, "chat.postMessage", map[string]any{"channel": "C1QUIZ", "text": "x"}); out["error"] != "not_in_channel" {
		t.Errorf("nobody has invited it again: %v", out)
	}
	if out, _ := apiAs(t, s, next, "auth.revoke", nil); out["revoked"] != true {
		t.Errorf("revoke: %v", out)
	}
	if out, _ := apiAs(t, s, next, "auth.test", nil); out["error"] != "token_revoked" {
		t.Errorf("after it was revoked: %v", out)
	}
}

// A secret in an address would be in the logs of everything on the way.
func TestNoSecretsInAddresses(t *testing.T) {
	s := start(t, Options{})
	code, err := s.GrantCode("T0SANDBOX")
	if err != nil {
		t.Fatal(err)
	}
	q := url.Values{"client_id": {s.ClientID()}, "client_secret": {s.ClientSecret()}, "code": {code}}
	if out, _ := apiAs(t, s, "", "oauth.v2.access?"+q.Encode(), nil); out["error"] != "invalid_arguments" {
		t.Errorf("%v", out)
	}
}
