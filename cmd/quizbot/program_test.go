package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
	"quizbot/store"
	"quizbot/store/bolt"
)

// call runs the program inside the test and returns what it said.
func call(t *testing.T, env map[string]string, in string, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	status = run(ctx, surroundings{
		args: args, getenv: func(k string) (string, bool) { v, ok := env[k]; return v, ok }, in: strings.NewReader(in), out: &o, err: &e,
	})
	return status, o.String(), e.String()
}

func TestUsageAndStatus(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "odd.yaml"), "db: x.db\nno_such_thing: 1\n")
	writeFile(t, filepath.Join(dir, "empty"), "")
	writeFile(t, filepath.Join(dir, "bad.yaml"), "pack: bad\nquestions:\n  - id: q\n    ask: What?\n    colour: red\n    options: [{text: a, correct: true}, {text: b}]\n")
	for name, c := range map[string]struct {
		env    map[string]string
		args   []string
		status int
		out    string
		err    string
	}{
		"help":                 {args: []string{"--help"}, out: "sandbox"},
		"nothing":              {out: "Usage: quizbot"},
		"help of serve":        {args: []string{"serve", "--help"}, out: "DISCORD_TOKEN"},
		"version":              {args: []string{"version"}, out: "quizbot dev"},
		"unknown command":      {args: []string{"bogus"}, status: exitUsage, err: "bogus"},
		"unknown flag":         {args: []string{"serve", "--bogus"}, status: exitUsage, err: "--bogus"},
		"no platform":          {args: []string{"serve"}, status: exitUsage, err: "DISCORD_TOKEN"},
		"half of Slack":        {args: []string{"serve"}, env: map[string]string{"SLACK_SIGNING_SECRET": "s"}, status: exitUsage, err: "SLACK_BOT_TOKEN"},
		"other half of Slack":  {args: []string{"serve"}, env: map[string]string{"SLACK_BOT_TOKEN": "x"}, status: exitUsage, err: "SLACK_APP_TOKEN"},
		"bad log level":        {args: []string{"serve", "--log", "loud"}, status: exitUsage, err: "QUIZBOT_LOG"},
		"bad address":          {args: []string{"serve"}, env: map[string]string{"QUIZBOT_LISTEN": "here"}, status: exitUsage, err: "QUIZBOT_LISTEN"},
		"bad port":             {args: []string{"serve"}, env: map[string]string{"QUIZBOT_LISTEN": ":99999"}, status: exitUsage, err: "QUIZBOT_LISTEN"},
		"bad API address":      {args: []string{"serve"}, env: map[string]string{"DISCORD_API_URL": "ftp://x"}, status: exitUsage, err: "DISCORD_API_URL"},
		"bad shards":           {args: []string{"serve"}, env: map[string]string{"DISCORD_TOKEN": "x", "DISCORD_SHARDS": "7", "QUIZBOT_DB": filepath.Join(dir, "s.db")}, status: exitUsage, err: "DISCORD_SHARDS"},
		"unknown setting":      {args: []string{"serve", "--config", filepath.Join(dir, "odd.yaml")}, status: exitUsage, err: "odd.yaml:2:1"},
		"no such config":       {args: []string{"serve", "--config", filepath.Join(dir, "none.yaml")}, status: exitUsage, err: "none.yaml"},
		"empty secret file":    {args: []string{"serve"}, env: map[string]string{"DISCORD_TOKEN_FILE": filepath.Join(dir, "empty")}, status: exitUsage, err: "DISCORD_TOKEN_FILE"},
		"no such packs":        {args: []string{"serve"}, env: map[string]string{"QUIZBOT_PACKS": filepath.Join(dir, "none")}, status: exitUsage, err: "QUIZBOT_PACKS"},
		"lint embedded":        {args: []string{"pack", "lint", "--strict"}, out: "are fine"},
		"lint a fault":         {args: []string{"pack", "lint", filepath.Join(dir, "bad.yaml")}, status: exitFailed, err: "bad.yaml:5:5"},
		"lint nothing":         {args: []string{"pack", "lint", t.TempDir()}, status: exitFailed, err: "no pack files"},
		"lint a missing file":  {args: []string{"pack", "lint", filepath.Join(dir, "none.yaml")}, status: exitUsage, err: "none.yaml"},
		"list":                 {args: []string{"pack", "list"}, out: "websocket"},
		"play an unknown pack": {args: []string{"play", "knitting"}, status: exitUsage, err: "knitting"},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errs := call(t, c.env, "", c.args...)
			if status != c.status || !strings.Contains(out, c.out) || !strings.Contains(errs, c.err) {
				t.Errorf("status %d, want %d\nout: %s\nerr: %s", status, c.status, out, errs)
			}
			if c.status != exitDone && strings.Count(strings.TrimSpace(errs), "\n") > 2 {
				t.Errorf("more than a line: %s", errs)
			}
		})
	}
}

func TestConfigurationHasAnOrderAndKeepsSecrets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "c.yaml")
	writeFile(t, file, "db: from-file.db\nQUIZBOT_LOG: warn\nlisten: 127.0.0.1:1\nslack_signing_secret: hush-file\n")
	writeFile(t, filepath.Join(dir, "token"), "hush-token\n")
	status, out, errs := call(t, map[string]string{
		"QUIZBOT_LISTEN": "127.0.0.1:2", "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:3", "SLACK_BOT_TOKEN_FILE": filepath.Join(dir, "token"), "DISCORD_TOKEN": "hush-env",
		"SLACK_API_URL": "https://user:hush@proxy.example/api/?token=hush",
	}, "", "serve", "--print-config", "--config", file, "--admin-listen", "127.0.0.1:4")
	if status != exitDone {
		t.Fatalf("status %d: %s", status, errs)
	}
	expect(t, out, "QUIZBOT_DB: from-file.db", "QUIZBOT_LOG: warn", "QUIZBOT_LISTEN: 127.0.0.1:2", "QUIZBOT_ADMIN_LISTEN: 127.0.0.1:4",
		"SLACK_SIGNING_SECRET: set", "SLACK_BOT_TOKEN: set", "DISCORD_TOKEN: set", "DISCORD_SHARDS: auto")
	if strings.Contains(out+errs, "hush") {
		t.Errorf("a secret is shown: %s", out)
	}
}

// TestREADME holds what the README promises against the program.
func TestREADME(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	for _, s := range settings() {
		row := "| `" + s.key + "` |"
		i := strings.Index(text, row)
		if i < 0 {
			t.Errorf("the README's table lacks %s", s.key)
			continue
		}
		line, _, _ := strings.Cut(text[i:], "\n")
		if s.value != "" && !strings.Contains(line, "`"+s.value+"`") {
			t.Errorf("the README says another default of %s than %q: %s", s.key, s.value, line)
		}
	}
	for _, section := range []string{"Try it", "Test it"} {
		block := regexp.MustCompile("(?s)\n## " + section + "\n.*?```\n(.*?)\n```").FindStringSubmatch(text)
		if block == nil || strings.Contains(block[1], "\n") {
			t.Errorf("the section %q needs one code block with one command", section)
		}
	}
}

func TestDamagedDatabasesAreRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := filepath.Join(dir, "good.db")
	engine, err := bolt.Open(good, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 { // pages that a cut takes away
		if err := store.New(engine).SetValue(t.Context(), strings.Repeat("n", i+1), make([]byte, 4000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"empty": "", "garbage": strings.Repeat("not a database ", 4000), "truncated": string(whole[:len(whole)/2]), "short": string(whole[:100]),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name+".db")
			writeFile(t, path, content)
			status, _, errs := call(t, map[string]string{
				"QUIZBOT_DB": path, "DISCORD_TOKEN": "x", "DISCORD_API_URL": "http://127.0.0.1:9", "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0",
			}, "", "serve")
			if status != exitFailed || !strings.Contains(errs, path) {
				t.Errorf("status %d, want %d and the path:\n%s", status, exitFailed, errs)
			}
			after, err := os.ReadFile(path)
			if err != nil || sha256.Sum256(after) != sha256.Sum256([]byte(content)) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
	t.Run("in use", func(t *testing.T) {
		engine, err := bolt.Open(good, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = engine.Close() }()
		status, _, errs := call(t, map[string]string{
			"QUIZBOT_DB": good, "DISCORD_TOKEN": "x", "DISCORD_API_URL": "http://127.0.0.1:9", "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0",
		}, "", "serve")
		if status != exitFailed || !strings.Contains(errs, good) {
			t.Errorf("status %d, want %d and the path:\n%s", status, exitFailed, errs)
		}
	})
}

func TestPublicAndPrivateHTTP(t *testing.T) {
	t.Parallel()
	sl := slack.New(slack.Options{})
	if err := sl.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sl.Close() })
	s := startServing(t, map[string]string{
		"QUIZBOT_DB": filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0", "QUIZBOT_LISTEN": "127.0.0.1:0",
		"SLACK_SIGNING_SECRET": sl.SigningSecret(), "SLACK_BOT_TOKEN": slack.DefaultBotToken, "SLACK_API_URL": sl.APIURL(),
	})
	s.ready(t)
	for _, c := range []struct {
		side, method, path string
		size, status       int
		words              string
	}{
		{"admin", "GET", "/healthz", 0, 200, "ok"},
		{"admin", "GET", "/readyz", 0, 200, "ready"},
		{"admin", "GET", "/metrics", 0, 200, `quizbot_ready{platform="slack"} 1`},
		{"admin", "GET", "/debug/pprof/", 0, 200, "goroutine"},
		{"public", "POST", "/slack/events", 10, 401, ""},
		{"public", "POST", "/slack/commands", 10, 401, ""},
		{"public", "POST", "/slack/interactions", 10, 401, ""},
		{"public", "POST", "/slack/events", 1<<20 + 1, 413, ""},
		{"public", "GET", "/", 0, 404, ""},
		{"public", "GET", "/metrics", 0, 404, ""},
		{"public", "POST", "/slack/else", 0, 404, ""},
	} {
		req, err := http.NewRequestWithContext(waitFor(t), c.method, "http://"+s.addresses[c.side]+c.path, strings.NewReader(strings.Repeat("x", c.size)))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != c.status || !strings.Contains(string(body), c.words) {
			t.Errorf("%s %s: status %d, want %d with %q:\n%.300s", c.method, c.path, resp.StatusCode, c.status, c.words, body)
		}
	}
}

func TestPacksAreFollowed(t *testing.T) {
	t.Parallel()
	d := discord.New(discord.Options{})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	dir := packFolder(t)
	s := startServing(t, map[string]string{
		"QUIZBOT_DB": filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0", "QUIZBOT_PACKS": dir,
		"DISCORD_TOKEN": d.Token(), "DISCORD_API_URL": d.APIURL(),
	})
	s.ready(t)
	log := func(words string) {
		t.Helper()
		for ctx := waitFor(t); !strings.Contains(s.log.String(), words); pause(ctx, 20*time.Millisecond) {
			if ctx.Err() != nil {
				t.Fatalf("%q was not logged:\n%s", words, s.log)
			}
		}
	}
	say := func(text string) {
		t.Helper()
		if _, err := d.Say(waitFor(t), discord.DefaultLobbyID, discord.BobID, text); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, filepath.Join(dir, "tea.yaml"), "pack: tea\nquestions:\n  - {id: q, kind: truefalse, ask: \"Is tea a leaf?\", answer: true, seconds: 5}\n")
	log("packs reloaded")
	say("!quiz tea")
	waitDiscord(t, d, discord.DefaultLobbyID, "Is tea a leaf?")
	writeFile(t, filepath.Join(dir, "tea.yaml"), "pack: tea\nquestions: [")
	log("packs not reloaded")
	expect(t, s.log.String(), "tea.yaml")
	say("!quiz topics")
	topics := waitDiscord(t, d, discord.DefaultLobbyID, "Topics")
	expect(t, topics.Text(), "tea", "wires", "websocket")
}

func TestNamesOfPacks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	question := "questions:\n  - {id: q, kind: truefalse, ask: \"Is it?\", answer: true}\n"
	writeFile(t, filepath.Join(dir, "mine.yaml"), "pack: mine\naliases: [websocket, WS, hook]\n"+question)
	writeFile(t, filepath.Join(dir, "webhooks.yaml"), "pack: webhooks\n"+question)
	files, notes, err := readPacks(dir)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := newPool(files)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		pack      string
		questions int
	}{"websocket": {"websocket", 25}, "ws": {"mine", 1}, "hook": {"mine", 1}, "websockets": {"websocket", 25}, "webhooks": {"webhooks", 1}} {
		p, ok := pool.Topic(name)
		if !ok || p.ID != want.pack || len(p.Questions) < want.questions || want.questions == 1 && len(p.Questions) != 1 {
			t.Errorf("topic %s is pack %s with %d questions, want %s", name, p.ID, len(p.Questions), want.pack)
		}
	}
	expect(t, strings.Join(notes, "\n"), "the alias websocket of pack mine is not used", "the alias ws of pack websocket is not used", "the folder's pack webhooks takes the place")
}

func TestSandboxOpens(t *testing.T) {
	t.Parallel()
	at := map[string]string{"page": openSandbox(t, nil)}
	get := func(path, host string) (int, string) {
		req, err := http.NewRequestWithContext(waitFor(t), http.MethodGet, "http://"+at["page"]+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			req.Host = host
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body)
	}
	if code, body := get("/", ""); code != http.StatusOK || !strings.Contains(body, "quizbot sandbox") {
		t.Errorf("page: %d %.100s", code, body)
	}
	if code, _ := get("/", "evil.example"); code != http.StatusForbidden {
		t.Errorf("a name that leads here was let in: %d", code)
	}
	for _, pane := range []string{"slack", "discord"} {
		_, state := get("/state?pane="+pane, "")
		player := regexp.MustCompile(`"people":\[\{"id":"(\w+)"`).FindStringSubmatch(state)
		room := regexp.MustCompile(`"rooms":\[\{"id":"(\w+)"`).FindStringSubmatch(state)
		if player == nil || room == nil {
			t.Fatalf("state of %s: %s", pane, state)
		}
		act := func() int {
			req, err := http.NewRequestWithContext(waitFor(t), http.MethodPost, "http://"+at["page"]+"/act",
				strings.NewReader(`{"pane":"`+pane+`","player":"`+player[1]+`","room":"`+room[1]+`","text":"/quiz topics"}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			return resp.StatusCode
		}
		ctx := waitFor(t)
		for act() != http.StatusNoContent && ctx.Err() == nil { // Discord's command may not be registered yet
			pause(ctx, 50*time.Millisecond)
		}
		for {
			if _, state := get("/state?pane="+pane, ""); strings.Contains(state, "Topics") {
				break
			}
			if pause(ctx, 20*time.Millisecond); ctx.Err() != nil {
				t.Fatalf("%s says nothing", pane)
			}
		}
	}
}
