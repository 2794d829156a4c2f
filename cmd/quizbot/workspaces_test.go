package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	adapter "quizbot/adapters/slack"
	"quizbot/sandbox/slack"
	"quizbot/seal"
	"quizbot/store"
	"quizbot/store/bolt"
)

// The second workspace of a local Slack.
const (
	workspace2 = "T2OTHER"
	room2      = "C2QUIZ"
	dora       = "U2DORA"
)

// twoWorkspaces is a local Slack with two workspaces in which the app is not
// installed yet.
func twoWorkspaces(t *testing.T, o slack.Options) *slack.Server {
	t.Helper()
	first := slack.DefaultTeam()
	first.Pending = true
	o.Teams = []slack.Team{first, {
		ID: workspace2, Name: "Other", BotToken: "xoxb-sandbox-T2OTHER", BotUserID: "U2QUIZBOT", BotID: "B2QUIZBOT", Pending: true,
		Users:    []slack.User{{ID: dora, Name: "dora", DisplayName: "dora", Admin: true}},
		Channels: []slack.Channel{{ID: room2, Name: "quiz", Members: []string{dora}, BotMember: true}},
	}}
	s := slack.New(o)
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// quizbotKey is a QUIZBOT_KEY of a test.
func quizbotKey(n byte) string {
	raw := sha256.Sum256([]byte{n})
	return base64.StdEncoding.EncodeToString(raw[:])
}

func manyEnv(t *testing.T, sl *slack.Server, db string) map[string]string {
	t.Helper()
	return map[string]string{
		"QUIZBOT_DB": db, "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0", "QUIZBOT_LISTEN": "127.0.0.1:0", "QUIZBOT_PACKS": packFolder(t), "QUIZBOT_KEY": quizbotKey(1),
		"SLACK_SIGNING_SECRET": sl.SigningSecret(), "SLACK_CLIENT_ID": sl.ClientID(), "SLACK_CLIENT_SECRET": sl.ClientSecret(), "SLACK_API_URL": sl.APIURL(),
	}
}

// installIn plays the browser of an admin of a workspace.
func installIn(t *testing.T, s *serving, sl *slack.Server, team string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.Path, "/oauth/v2/") { // where the admin chooses the workspace
			q := r.URL.Query()
			q.Set("team", team)
			r.URL.RawQuery = q.Encode()
		}
		return nil
	}}
	req, err := http.NewRequestWithContext(waitFor(t), http.MethodGet, "http://"+s.addresses["public"]+"/slack/install", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(text), "is installed") {
		t.Fatalf("install in %s: %d %s\n%s", team, resp.StatusCode, text, s.log)
	}
	for _, c := range sl.Channels(team) {
		if err := sl.ChangeChannel(c.ID, func(c *slack.Channel) { c.BotMember = true }); err != nil {
			t.Fatal(err)
		}
	}
}

// readyz is what the admin port says.
func (s *serving) readyz(t *testing.T) (int, string) {
	t.Helper()
	return ask(t, http.MethodGet, "http://"+s.addresses["admin"]+"/readyz", "")
}

// answerIn has a question asked in a room of Slack by words, presses the right answer
// and returns the question's message.
func answerIn(t *testing.T, s *serving, sl *slack.Server, room, user, words string) string {
	t.Helper()
	ctx := waitFor(t)
	before := len(sl.Messages(room))
	if a, err := sl.Slash(ctx, room, user, "/quiz", words); err != nil || !a.OK() {
		t.Fatalf("slash: %v %+v\n%s", err, a, s.log)
	}
	var question slack.Message
	if err := sl.WaitFor(ctx, func() bool {
		for _, m := range sl.Messages(room)[before:] {
			if len(m.Buttons()) > 0 {
				question = m
				return true
			}
		}
		return false
	}); err != nil {
		t.Fatalf("no question in %s: %v\n%s", room, err, s.log)
	}
	for _, b := range question.Buttons() {
		if strings.Contains(b.Text, "GET") {
			if a, err := sl.Press(ctx, room, question.TS, user, b.ActionID); err != nil || !a.OK() {
				t.Fatalf("press: %v %+v\n%s", err, a, s.log)
			}
		}
	}
	return question.TS
}

// points waits for a leaderboard in a room that says so.
func points(t *testing.T, s *serving, sl *slack.Server, room, user, words string) {
	t.Helper()
	if a, err := sl.Slash(waitFor(t), room, user, "/quiz", "leaderboard"); err != nil || !a.OK() {
		t.Fatalf("slash: %v %+v\n%s", err, a, s.log)
	}
	waitSlack(t, sl, room, words)
}

// TestManyWorkspaces: two install the app and play; one leaves in the middle of a
// game, and comes back to its points, across a restart and a rotation of the key.
func TestManyWorkspaces(t *testing.T) {
	t.Parallel()
	sl := twoWorkspaces(t, slack.Options{RetryDelays: []time.Duration{10 * time.Millisecond, 100 * time.Millisecond}})
	db := filepath.Join(t.TempDir(), "q.db")
	env := manyEnv(t, sl, db)
	s := startServing(t, env)
	s.ready(t)
	sl.SetAppURL("http://" + s.addresses["public"])
	sl.SetRedirectURLs("http://" + s.addresses["public"] + "/slack/oauth_redirect")
	home := slack.DefaultTeam()
	room, alice := home.Channels[0].ID, home.Users[0].ID
	installIn(t, s, sl, home.ID)
	installIn(t, s, sl, workspace2)

	// It leaves in the middle of a game, and the other one goes on.
	ctx := waitFor(t)
	answerIn(t, s, sl, room2, dora, "start wires 3 each 5")
	gone := sl.BotToken(workspace2)
	if _, err := sl.Uninstall(ctx, workspace2, false); err != nil {
		t.Fatal(err)
	}
	asked := answerIn(t, s, sl, room, alice, "wires")
	points(t, s, sl, room, alice, " — 10")
	if err := sl.WaitFor(ctx, func() bool {
		m, _ := sl.Message(room, asked)
		return len(m.Buttons()) == 0
	}); err != nil {
		t.Fatalf("the question was not closed\n%s", s.log)
	}
	if status, text := s.readyz(t); status != http.StatusOK {
		t.Errorf("one of two makes it unready: %d %s", status, text)
	}
	if n := strings.Count(s.log.String(), "workspace has left"); n != 1 {
		t.Errorf("said %d times:\n%s", n, s.log)
	}

	// What came meanwhile from there has changed nothing, and it comes back.
	installIn(t, s, sl, workspace2)
	points(t, s, sl, room2, dora, "1. dora — 1")
	if code := s.stop(); code != exitDone {
		t.Fatalf("exit status %d\n%s", code, s.log)
	}
	content, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{sl.BotToken(home.ID), sl.BotToken(workspace2), gone, "xoxb-", sl.ClientSecret()} {
		if bytes.Contains(content, []byte(secret)) || bytes.Contains(content, []byte(base64.StdEncoding.EncodeToString([]byte(secret)))) {
			t.Errorf("%s stands in the database", secret)
		}
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("%s stands in the log", secret)
		}
	}

	// A new key in front seals them anew; then the old one is not needed.
	for _, keys := range []string{quizbotKey(2) + "," + quizbotKey(1), quizbotKey(2)} {
		env["QUIZBOT_KEY"] = keys
		s = startServing(t, env)
		s.ready(t)
		sl.SetAppURL("http://" + s.addresses["public"])
		points(t, s, sl, room2, dora, "1. dora — 1")
		if anew := strings.Contains(s.log.String(), "sealed anew"); anew != strings.Contains(keys, ",") {
			t.Errorf("with %d keys: sealed anew %v", strings.Count(keys, ",")+1, anew)
		}
		if code := s.stop(); code != exitDone {
			t.Fatalf("exit status %d\n%s", code, s.log)
		}
	}
}

// sealedDB is a database with the app installed in the named workspaces.
func sealedDB(t *testing.T, key string, teams ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "q.db")
	withInstallations(t, path, key, func(i installations) {
		for _, team := range teams {
			if err := i.Keep(t.Context(), adapter.Installation{Team: team, BotUser: "U" + team, Token: "xoxb-" + team}); err != nil {
				t.Fatal(err)
			}
		}
	})
	return path
}

func withInstallations(t *testing.T, path, key string, fn func(installations)) {
	t.Helper()
	engine, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	}()
	keys, err := seal.Parse(key)
	if err != nil {
		t.Fatal(err)
	}
	fn(installations{store: store.New(engine), keys: keys, now: time.Now})
}

func sum(t *testing.T, path string) [32]byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(content)
}

// TestAWrongKeyIsRefused and leaves the database as it is.
func TestAWrongKeyIsRefused(t *testing.T) {
	t.Parallel()
	db := sealedDB(t, quizbotKey(1), "T1", "T2")
	withInstallations(t, db, quizbotKey(3), func(i installations) { // a third, under another key
		if err := i.Keep(t.Context(), adapter.Installation{Team: "T3", Token: "xoxb-T3"}); err != nil {
			t.Fatal(err)
		}
	})
	env := map[string]string{
		"QUIZBOT_DB": db, "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0", "QUIZBOT_LISTEN": "127.0.0.1:0", "SLACK_API_URL": "http://127.0.0.1:9/api/",
		"SLACK_SIGNING_SECRET": "s", "SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "hush",
	}
	before := sum(t, db)
	for key, want := range map[string]string{
		quizbotKey(2):                       "3 of 3",
		quizbotKey(1):                       "1 of 3",
		quizbotKey(2) + "," + quizbotKey(1): "1 of 3",
	} {
		env["QUIZBOT_KEY"] = key
		status, _, errs := call(t, env, "", "serve")
		line := errs[strings.LastIndex(strings.TrimSpace(errs), "\n")+1:]
		if status != exitFailed || !strings.HasPrefix(line, "quizbot: QUIZBOT_KEY ") || !strings.Contains(line, want) || !strings.Contains(line, "behind a comma") {
			t.Errorf("status %d: %s", status, errs)
		}
		if strings.Contains(errs, key) || strings.Contains(errs, "xoxb") {
			t.Errorf("a secret is shown: %s", errs)
		}
		if sum(t, db) != before {
			t.Fatal("the database was changed")
		}
	}
	// The way out where a key is lost.
	env["QUIZBOT_KEY"] = quizbotKey(2) + "," + quizbotKey(1)
	withInstallations(t, db, env["QUIZBOT_KEY"], func(i installations) {
		var log lockedBuffer
		if _, err := openInstallations(t.Context(), i.store, i.keys, true, newLog(surroundings{err: &log}, 0)); err != nil {
			t.Fatal(err)
		}
		expect(t, log.String(), `"workspaces":["T3"]`)
		all, err := i.List(t.Context())
		if err != nil || len(all) != 3 || all["T1"] != "" || all["T2"] != "" || all["T3"] != lostKey {
			t.Errorf("%v %v", all, err)
		}
	})
	withInstallations(t, db, quizbotKey(2), func(i installations) {
		for _, team := range []string{"T1", "T2"} {
			if in, err := i.Find(t.Context(), team); err != nil || in.Token != "xoxb-"+team {
				t.Errorf("%s: %+v %v", team, in, err)
			}
		}
	})
}

// Who can write to the database can't let one workspace speak with another's token.
func TestATokenCannotBeMoved(t *testing.T) {
	t.Parallel()
	db := sealedDB(t, quizbotKey(1), "T1", "T2")
	withInstallations(t, db, quizbotKey(1), func(i installations) {
		if err := i.store.UpdateValues(t.Context(), func(v store.Values) error {
			stolen, err := v.Get(installationName + "T1")
			v.Put(installationName+"T2", stolen)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var log lockedBuffer
		if _, err := openInstallations(t.Context(), i.store, i.keys, false, newLog(surroundings{err: &log}, 0)); err != nil {
			t.Fatalf("one that was tampered with keeps all from starting: %v", err)
		}
		expect(t, log.String(), `"team":"T2"`, "install the app there again")
		if in, err := i.Find(t.Context(), "T2"); err == nil || in.Token != "" {
			t.Errorf("%+v", in)
		}
		if in, err := i.Find(t.Context(), "T1"); err != nil || in.Token != "xoxb-T1" {
			t.Errorf("%+v %v", in, err)
		}
	})
}

func TestAnInstallationEndsOnce(t *testing.T) {
	t.Parallel()
	db := sealedDB(t, quizbotKey(1), "T1")
	withInstallations(t, db, quizbotKey(1), func(i installations) {
		for _, c := range []struct {
			team, token string
			want        bool
		}{{"T1", "xoxb-old", false}, {"T9", "xoxb-T1", false}, {"T1", "xoxb-T1", true}, {"T1", "xoxb-T1", false}} {
			if done, err := i.End(t.Context(), c.team, c.token, "app_uninstalled"); err != nil || done != c.want {
				t.Errorf("%+v: %v %v", c, done, err)
			}
		}
		if _, err := i.Find(t.Context(), "T1"); err == nil || !strings.Contains(err.Error(), "app_uninstalled") {
			t.Errorf("%v", err)
		}
		if raw, err := i.store.Value(t.Context(), installationName+"T1"); err != nil || strings.Contains(string(raw), `"data":"`) {
			t.Errorf("the token is kept: %s %v", raw, err)
		}
	})
}

// What is needed for many workspaces, and what for one.
func TestSettingsOfManyWorkspaces(t *testing.T) {
	t.Chdir(t.TempDir())
	good := map[string]string{"SLACK_SIGNING_SECRET": "s", "SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "hush", "QUIZBOT_KEY": quizbotKey(1)}
	for name, c := range map[string]struct {
		change map[string]string
		want   []string
	}{
		"no key":           {map[string]string{"QUIZBOT_KEY": ""}, []string{"QUIZBOT_KEY is missing", "openssl rand -base64 32"}},
		"a short key":      {map[string]string{"QUIZBOT_KEY": "aHVzaA=="}, []string{"QUIZBOT_KEY: key 1: has 4 bytes", "openssl rand -base64 32"}},
		"a bad second key": {map[string]string{"QUIZBOT_KEY": quizbotKey(1) + ",hush!"}, []string{"QUIZBOT_KEY: key 2: is neither"}},
		"no client id":     {map[string]string{"SLACK_CLIENT_ID": ""}, []string{"SLACK_CLIENT_ID is missing"}},
		"no client secret": {map[string]string{"SLACK_CLIENT_SECRET": ""}, []string{"SLACK_CLIENT_SECRET is missing"}},
		"neither":          {map[string]string{"SLACK_CLIENT_ID": "", "SLACK_CLIENT_SECRET": ""}, []string{"SLACK_BOT_TOKEN", "SLACK_CLIENT_ID"}},
		"no ears":          {map[string]string{"SLACK_SIGNING_SECRET": ""}, []string{"SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN"}},
		"a bad address":    {map[string]string{"QUIZBOT_PUBLIC_URL": "quiz.example.com"}, []string{"QUIZBOT_PUBLIC_URL", "https://quiz.example.com"}},
		"a path":           {map[string]string{"QUIZBOT_PUBLIC_URL": "https://quiz.example.com/bot"}, []string{"QUIZBOT_PUBLIC_URL", "without a path"}},
	} {
		env := map[string]string{}
		for _, from := range []map[string]string{good, c.change} {
			for k, v := range from {
				env[k] = v
			}
		}
		status, _, errs := call(t, env, "", "serve")
		if status != exitUsage || strings.Count(errs, "\n") != 1 || strings.Contains(errs, "hush") {
			t.Errorf("%s: status %d: %s", name, status, errs)
		}
		expect(t, errs, c.want...)
	}
	status, out, errs := call(t, good, "", "serve", "--print-config", "--public-url", "https://quiz.example.com")
	if status != exitDone || strings.Contains(out+errs, "hush") || strings.Contains(out, quizbotKey(1)) {
		t.Errorf("%d %s%s", status, out, errs)
	}
	expect(t, out, "QUIZBOT_KEY: set", "SLACK_CLIENT_SECRET: set", "SLACK_CLIENT_ID: \"1.2\"", "QUIZBOT_PUBLIC_URL: https://quiz.example.com")
	if left, _ := filepath.Glob("*"); len(left) > 0 {
		t.Errorf("what can't begin leaves %v behind", left)
	}
}

// Socket Mode hears many workspaces too; the pages of the install flow are served
// all the same, and nothing else.
func TestManyWorkspacesOverASocket(t *testing.T) {
	t.Parallel()
	sl := twoWorkspaces(t, slack.Options{SocketMode: true})
	env := manyEnv(t, sl, filepath.Join(t.TempDir(), "q.db"))
	delete(env, "SLACK_SIGNING_SECRET")
	env["SLACK_APP_TOKEN"] = sl.AppToken()
	s := startServing(t, env)
	s.ready(t)
	installIn(t, s, sl, workspace2)
	answerIn(t, s, sl, room2, dora, "wires")
	points(t, s, sl, room2, dora, " — 10")
	if status, _ := ask(t, http.MethodPost, "http://"+s.addresses["public"]+"/slack/events", "{}"); status != http.StatusNotFound {
		t.Errorf("events are served without a signing secret: %d", status)
	}
	if _, err := sl.Uninstall(waitFor(t), workspace2, true); err != nil {
		t.Fatal(err)
	}
	if status, text := s.readyz(t); status != http.StatusServiceUnavailable || !strings.Contains(text, workspace2) {
		t.Errorf("the only workspace is gone: %d %s", status, text)
	}
}

// The manifests ask for what the install flow asks for, and for the events that tell
// of an end.
func TestManifestsFitTheInstallFlow(t *testing.T) {
	t.Parallel()
	sl := twoWorkspaces(t, slack.Options{})
	s := startServing(t, manyEnv(t, sl, filepath.Join(t.TempDir(), "q.db")))
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get("http://" + s.addresses["public"] + "/slack/install")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"slack-http.yaml", "slack-socket.yaml"} {
		src, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(src), "    bot:\n")
		list, _, _ := strings.Cut(after, "settings:")
		if got := strings.Join(strings.Fields(strings.ReplaceAll(list, "- ", "")), ","); got != to.Query().Get("scope") {
			t.Errorf("%s asks for %s, the install flow for %s", name, got, to.Query().Get("scope"))
		}
		expect(t, string(src), "- app_uninstalled", "- tokens_revoked", "/slack/oauth_redirect")
	}
}
