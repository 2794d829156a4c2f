package main

import (
	"bytes"
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
)

// wires is a pack that only the tests have.
const wires = `pack: wires
title: Wires
questions:
  - id: method
    ask: Which method opens a WebSocket?
    seconds: 5
    difficulty: 1
    options:
      - {text: GET, correct: true}
      - {text: POST, why: POST carries a body.}
    explain: It is an upgraded GET.
`

func waitFor(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// serving is a quizbot that runs inside the test.
type serving struct {
	addresses map[string]string
	stop      func() int
	log       *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func startServing(t *testing.T, env map[string]string) *serving {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &serving{log: &lockedBuffer{}}
	up, status := make(chan map[string]string, 1), make(chan int, 1)
	go func() {
		status <- run(ctx, surroundings{
			args: []string{"serve"}, getenv: func(k string) (string, bool) { v, ok := env[k]; return v, ok },
			in: strings.NewReader(""), out: &bytes.Buffer{}, err: s.log, serving: func(a map[string]string) { up <- a },
		})
	}()
	s.stop = sync.OnceValue(func() int { cancel(); return <-status })
	t.Cleanup(func() { s.stop() })
	select {
	case s.addresses = <-up:
	case code := <-status:
		status <- code
		t.Fatalf("serve ended with %d:\n%s", code, s.log)
	case <-waitFor(t).Done():
		t.Fatalf("serve did not start:\n%s", s.log)
	}
	return s
}

// ready waits until /readyz answers 200.
func (s *serving) ready(t *testing.T) {
	t.Helper()
	ctx := waitFor(t)
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addresses["admin"]+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatalf("readyz: %v\n%s", err, s.log)
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("not ready:\n%s", s.log)
		}
	}
}

func packFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "wires.yaml"), wires)
	return dir
}

func TestDiscordQuestionFromAskToBoard(t *testing.T) {
	t.Parallel()
	d := discord.New(discord.Options{})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	s := startServing(t, map[string]string{
		"QUIZBOT_DB": filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0", "QUIZBOT_PACKS": packFolder(t),
		"DISCORD_TOKEN": d.Token(), "DISCORD_API_URL": d.APIURL(),
	})
	s.ready(t)
	ctx := waitFor(t)
	const room = discord.DefaultChannelID
	if _, err := d.Say(ctx, room, discord.AliceID, "!quiz wires"); err != nil {
		t.Fatal(err)
	}
	question := waitDiscord(t, d, room, "Which method opens")
	press := func(user, label string) string {
		t.Helper()
		for _, c := range question.Controls() {
			if strings.Contains(c.Label, label) {
				i, err := d.Press(ctx, question.ID, user, c.CustomID)
				if err != nil || i.Failed {
					t.Fatalf("press %s: %v failed=%v\n%s", label, err, i.Failed, s.log)
				}
				m, _ := d.Message(i.MessageID)
				if m.EphemeralFor != user {
					t.Errorf("the answer to %s is not private: %+v", label, m)
				}
				return m.Text()
			}
		}
		t.Fatalf("no button %q in %+v", label, question.Controls())
		return ""
	}
	expect(t, press(discord.AliceID, "GET"), "Right")
	expect(t, press(discord.BobID, "POST"), "Not quite", "POST carries a body.")
	expect(t, press(discord.BobID, "GET"), "Already answered")
	// The thread under the question is a channel of its own, with the message's id.
	thread, err := d.AddChannel(discord.Channel{ID: question.ID, GuildID: discord.DefaultGuildID, ParentID: room, Kind: discord.PublicThread, Name: "talk"})
	if err != nil {
		t.Fatal(err)
	}
	inThread := func(text string) {
		t.Helper()
		if _, err := d.Say(ctx, thread, discord.CarolID, text); err != nil {
			t.Fatal(err)
		}
	}
	inThread("post")
	waitDiscord(t, d, thread, "Not quite")
	if err := d.WaitFor(ctx, func() bool {
		m, _ := d.Message(question.ID)
		return strings.Contains(m.Text(), "It is an upgraded GET.") && len(m.Controls()) == 0
	}); err != nil {
		m, _ := d.Message(question.ID)
		t.Fatalf("the question was not closed: %q\n%s", m.Text(), s.log)
	}
	inThread("what a question, I had no idea that it was so")
	inThread("get")
	waitDiscord(t, d, thread, "Closed")
	if _, err := d.Slash(ctx, room, discord.BobID, "/quiz leaderboard"); err != nil {
		t.Fatal(err)
	}
	board := waitDiscord(t, d, room, "Leaderboard")
	expect(t, board.Text(), "1. Alice — 10", "2. Bobby — 0", "2. Carol — 0")
	if pings := d.Pings(); len(pings) > 0 {
		t.Errorf("pings: %+v", pings)
	}
	if code := s.stop(); code != exitDone {
		t.Errorf("exit status %d\n%s", code, s.log)
	}
}

func waitDiscord(t *testing.T, d *discord.Server, room, words string) discord.Message {
	t.Helper()
	var found discord.Message
	if _, err := d.Wait(waitFor(t), room, func(all []discord.Message) bool {
		for _, m := range all {
			if m.Bot && strings.Contains(m.Text(), words) {
				found = m
				return true
			}
		}
		return false
	}); err != nil {
		t.Fatalf("nobody said %q: %v", words, err)
	}
	return found
}

func expect(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in:\n%s", w, text)
		}
	}
}

func TestSlackQuestionFromAskToBoard(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"http", "socket"} {
		t.Run(way, func(t *testing.T) {
			sl := slack.New(slack.Options{SocketMode: way == "socket"})
			if err := sl.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = sl.Close() })
			team := slack.DefaultTeam()
			env := map[string]string{
				"QUIZBOT_DB": filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0", "QUIZBOT_LISTEN": "127.0.0.1:0",
				"QUIZBOT_PACKS": packFolder(t), "SLACK_BOT_TOKEN": sl.BotToken(team.ID), "SLACK_API_URL": sl.APIURL(),
			}
			if way == "socket" {
				env["SLACK_APP_TOKEN"] = sl.AppToken()
			} else {
				env["SLACK_SIGNING_SECRET"] = sl.SigningSecret()
			}
			s := startServing(t, env)
			s.ready(t)
			if way == "http" {
				sl.SetAppURL("http://" + s.addresses["public"])
			}
			ctx := waitFor(t)
			room, alice, bob := team.Channels[0].ID, team.Users[0].ID, team.Users[1].ID
			if a, err := sl.Slash(ctx, room, alice, "/quiz", "wires"); err != nil || !a.OK() {
				t.Fatalf("slash: %v %+v\n%s", err, a, s.log)
			}
			question := waitSlack(t, sl, room, "Which method opens")
			press := func(user, label string) {
				t.Helper()
				for _, b := range question.Buttons() {
					if strings.Contains(b.Text, label) {
						if a, err := sl.Press(ctx, room, question.TS, user, b.ActionID); err != nil || !a.OK() {
							t.Fatalf("press: %v %+v\n%s", err, a, s.log)
						}
						return
					}
				}
				t.Fatalf("no button %q", label)
			}
			press(alice, "GET")
			waitEphemeral(t, sl, room, alice, "Right")
			press(bob, "POST")
			waitEphemeral(t, sl, room, bob, "Not quite")
			press(bob, "GET")
			waitEphemeral(t, sl, room, bob, "Already answered")
			if err := sl.WaitFor(ctx, func() bool {
				m, _ := sl.Message(room, question.TS)
				return strings.Contains(m.Shown(), "It is an upgraded GET.") && len(m.Buttons()) == 0
			}); err != nil {
				t.Fatalf("the question was not closed\n%s", s.log)
			}
			if a, err := sl.Slash(ctx, room, bob, "/quiz", "leaderboard"); err != nil || !a.OK() {
				t.Fatalf("slash: %v %+v", err, a)
			}
			board := waitSlack(t, sl, room, "Leaderboard")
			expect(t, board.Shown(), "1. ", " — 10", "2. ", " — 0")
			if pings := sl.Pings(); len(pings) > 0 {
				t.Errorf("pings: %+v", pings)
			}
			if code := s.stop(); code != exitDone {
				t.Errorf("exit status %d\n%s", code, s.log)
			}
		})
	}
}

func waitSlack(t *testing.T, s *slack.Server, room, words string) slack.Message {
	t.Helper()
	var found slack.Message
	if err := s.WaitFor(waitFor(t), func() bool {
		for _, m := range s.Messages(room) {
			if m.BotID != "" && strings.Contains(m.Shown(), words) {
				found = m
				return true
			}
		}
		return false
	}); err != nil {
		t.Fatalf("nobody said %q: %v", words, err)
	}
	return found
}

func waitEphemeral(t *testing.T, s *slack.Server, room, user, words string) {
	t.Helper()
	if err := s.WaitFor(waitFor(t), func() bool {
		for _, m := range s.Ephemerals(room, user) {
			if strings.HasPrefix(m.Shown(), words) {
				return true
			}
		}
		return false
	}); err != nil {
		var all []string
		for _, m := range s.Ephemerals(room, user) {
			all = append(all, m.Shown())
		}
		t.Fatalf("%s did not read %q, but %q", user, words, all)
	}
}
