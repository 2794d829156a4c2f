package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
)

// venue is a local platform on which a question is asked in one channel.
type venue struct {
	env []string
	// connected waits until the bot hears what is said.
	connected func(ctx context.Context) error
	say       func(t *testing.T, who, text string)
	// question is what its message shows by now, and each change of it: when it came.
	question func() (text string, edits []time.Time)
	wait     func(ctx context.Context, cond func() bool) error
	points   func(t *testing.T) string // the leaderboard
}

func discordVenue(t *testing.T) *venue {
	v, _ := openDiscord(t)
	return v
}

func openDiscord(t *testing.T) (*venue, *discord.Server) {
	d := discord.New(discord.Options{IdentifyInterval: -1})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	const room = discord.DefaultChannelID
	who := map[string]string{"alice": discord.AliceID, "bob": discord.BobID, "carol": discord.CarolID}
	return &venue{
		env:       []string{"DISCORD_TOKEN=" + d.Token(), "DISCORD_API_URL=" + d.APIURL()},
		connected: func(ctx context.Context) error { return d.WaitReady(ctx, 1) },
		say: func(t *testing.T, user, text string) {
			t.Helper()
			if _, err := d.Say(waitFor(t), room, who[user], text); err != nil {
				t.Fatal(err)
			}
		},
		question: func() (string, []time.Time) {
			for _, m := range d.Messages(room) {
				if m.Bot && (strings.Contains(m.Text(), "Which method opens") || len(m.History) > 0) {
					edits := make([]time.Time, len(m.History))
					for i := range edits { // of the last alone it is known when
						edits[i] = m.Edited
					}
					return m.Text(), edits
				}
			}
			return "", nil
		},
		wait: d.WaitFor,
		points: func(t *testing.T) string {
			if _, err := d.Slash(waitFor(t), room, discord.BobID, "/quiz leaderboard"); err != nil {
				t.Fatal(err)
			}
			return waitDiscord(t, d, room, "Leaderboard").Text()
		},
	}, d
}

func slackVenue(t *testing.T, o slack.Options) (*venue, *slack.Server) {
	sl := slack.New(o)
	if err := sl.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sl.Close() })
	const room = "C0QUIZ"
	who := map[string]string{"alice": "U0ALICE", "bob": "U0BOB", "carol": "U0CAROL"}
	v := &venue{
		env: []string{"SLACK_BOT_TOKEN=" + slack.DefaultBotToken, "SLACK_API_URL=" + sl.APIURL()},
		connected: func(ctx context.Context) error {
			return sl.WaitFor(ctx, func() bool { return !o.SocketMode || sl.Sockets() > 0 })
		},
		say: func(t *testing.T, user, text string) {
			t.Helper()
			if command, ok := strings.CutPrefix(text, "!quiz "); ok {
				text = "<@U0QUIZBOT> " + command
			}
			if _, err := sl.Say(waitFor(t), room, who[user], text); err != nil {
				t.Fatal(err)
			}
		},
		question: func() (string, []time.Time) {
			for _, m := range sl.Messages(room) {
				if m.BotID != "" && (strings.Contains(m.Shown(), "Which method opens") || len(m.History) > 0) {
					var edits []time.Time
					for _, v := range m.History {
						edits = append(edits, v.Until)
					}
					return m.Shown(), edits
				}
			}
			return "", nil
		},
		wait: sl.WaitFor,
		points: func(t *testing.T) string {
			if a, err := sl.Slash(waitFor(t), room, "U0BOB", "/quiz", "leaderboard"); err != nil || !a.OK() {
				t.Fatalf("%v %+v", err, a)
			}
			return waitSlack(t, sl, room, "Leaderboard").Shown()
		},
	}
	if o.SocketMode {
		v.env = append(v.env, "SLACK_APP_TOKEN="+sl.AppToken())
		return v, sl
	}
	port := freePort(t)
	sl.SetAppURL("http://" + port)
	v.env = append(v.env, "SLACK_SIGNING_SECRET="+sl.SigningSecret(), "QUIZBOT_LISTEN="+port)
	return v, sl
}

// TestAnswersWhileKilled: the program is killed with -9 while a question is open, players go
// on typing, and it comes back after the end. What was typed in time counts, what was
// typed later doesn't, and the question is closed within two seconds of being ready.
func TestAnswersWhileKilled(t *testing.T) {
	t.Parallel()
	var playing sync.WaitGroup // they wait more than they work, however few processors there are
	defer playing.Wait()
	for name, c := range map[string]struct {
		open func(t *testing.T) *venue
		// amended: the answers come only after the close.
		amended bool
	}{
		"discord": {open: discordVenue},
		"slack, sockets": {open: func(t *testing.T) *venue {
			v, _ := slackVenue(t, slack.Options{SocketMode: true})
			return v
		}},
		"slack, history and retries": {open: func(t *testing.T) *venue {
			v, _ := slackVenue(t, slack.Options{RetryDelays: []time.Duration{9 * time.Second}})
			return v
		}},
		"slack, first retries alone": {amended: true, open: func(t *testing.T) *venue {
			v, sl := slackVenue(t, slack.Options{RetryDelays: []time.Duration{10 * time.Second}})
			sl.Faults().Error("conversations.history", 1000, "missing_scope")
			return v
		}},
		"slack, third retries alone": {amended: true, open: func(t *testing.T) *venue {
			v, sl := slackVenue(t, slack.Options{RetryDelays: []time.Duration{time.Millisecond, time.Millisecond, 10 * time.Second}})
			sl.Faults().Error("conversations.history", 1000, "missing_scope")
			return v
		}},
	} {
		playing.Go(func() { t.Run(name, func(t *testing.T) { answersWhileKilled(t, c.open(t), c.amended) }) })
	}
}

func answersWhileKilled(t *testing.T, v *venue, amended bool) {
	admin := freePort(t)
	env := slices.Concat(v.env, []string{
		"QUIZBOT_DB=" + filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_PACKS=" + packFolder(t), "QUIZBOT_ADMIN_LISTEN=" + admin,
	})
	kill, log := serveProcess(t, env)
	awaitReady(t, admin, log)
	if err := v.connected(waitFor(t)); err != nil {
		t.Fatalf("%v\n%s", err, log())
	}
	v.say(t, "alice", "!quiz wires")
	if err := v.wait(waitFor(t), func() bool { text, _ := v.question(); return text != "" }); err != nil {
		t.Fatalf("nothing was asked\n%s", log())
	}
	asked := time.Now()
	awaitSent(t, admin, log) // it knows that its question can be read
	_ = kill(os.Kill)
	v.say(t, "bob", "GET")
	v.say(t, "alice", "POST")
	if over := time.Since(asked); over > wiresTime-time.Second {
		t.Fatalf("the machine needed %s for two lines: this test shows nothing", over)
	}
	pause(t.Context(), time.Until(asked.Add(wiresTime+500*time.Millisecond)))
	v.say(t, "carol", "GET")
	_, log = serveProcess(t, env)
	ready := awaitReady(t, admin, log)
	shows := func(words ...string) {
		t.Helper()
		if err := v.wait(waitFor(t), func() bool {
			text, _ := v.question()
			return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
		}); err != nil {
			text, _ := v.question()
			t.Fatalf("the question never showed %q, but %q\n%s", words, text, log())
		}
	}
	shows("Closed")
	_, edits := v.question()
	if late := edits[0].Sub(ready); late > 2*time.Second {
		t.Errorf("it was closed %s after the bot was ready\n%s", late, log())
	}
	shows("Closed", "Answered by 2 players", "10 points")
	board := v.points(t)
	if !strings.Contains(board, " — 10") || strings.Count(board, " — ") != 2 || !strings.Contains(board, " — 0") || strings.Contains(strings.ToLower(board), "carol") {
		t.Errorf("the board says %q", board)
	}
	most := 1
	if amended { // once, where a slow machine needs as long as the retries
		most = 2
	}
	if _, edits := v.question(); len(edits) > most {
		t.Errorf("the question was changed %d times, want %d", len(edits), most)
	}
}

// TestHeardAfterTheClose: Discord is behind when a question ends. A press that it replays
// when the session is resumed counts by when it was made; what was typed is found in the
// channel's history when the session is lost for good.
func TestHeardAfterTheClose(t *testing.T) {
	t.Parallel()
	d := discord.New(discord.Options{IdentifyInterval: -1, AckTimeout: 100 * time.Millisecond})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	s := startServing(t, map[string]string{
		"QUIZBOT_DB": filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0", "QUIZBOT_PACKS": packFolder(t),
		"DISCORD_TOKEN": d.Token(), "DISCORD_API_URL": d.APIURL(),
	})
	s.ready(t)
	const room = discord.DefaultChannelID
	if _, err := d.Say(waitFor(t), room, discord.AliceID, "!quiz wires"); err != nil {
		t.Fatal(err)
	}
	question := waitDiscord(t, d, room, "Which method opens")
	awaitSent(t, s.addresses["admin"], s.log.String)
	d.Faults().Lag(true)
	for _, c := range question.Controls() {
		if strings.Contains(c.Label, "GET") { // its token is dead before anybody hears of it
			if _, err := d.Press(waitFor(t), question.ID, discord.BobID, c.CustomID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := d.Say(waitFor(t), room, discord.CarolID, "GET"); err != nil {
		t.Fatal(err)
	}
	shows := func(words string) {
		t.Helper()
		if err := d.WaitFor(waitFor(t), func() bool {
			m, _ := d.Message(question.ID)
			return strings.Contains(m.Text(), words)
		}); err != nil {
			m, _ := d.Message(question.ID)
			t.Fatalf("the question never showed %q, but %q\n%s", words, m.Text(), s.log)
		}
	}
	shows("Nobody answered")
	if _, err := d.Say(waitFor(t), room, discord.AliceID, "POST"); err != nil { // too late
		t.Fatal(err)
	}
	d.Faults().Cut()
	shows("Answered by 2 players")
	if len(d.Resumes()) != 1 || len(d.Identifies()) != 1 {
		t.Errorf("%d resumes, %d identifies", len(d.Resumes()), len(d.Identifies()))
	}
	if _, err := d.Say(waitFor(t), room, discord.AliceID, "!quiz wires"); err != nil {
		t.Fatal(err)
	}
	d.Faults().Lag(false)
	next := func() discord.Message {
		for _, m := range slices.Backward(d.Messages(room)) {
			if m.Bot && m.ID != question.ID && strings.Contains(m.Text(), "Which method opens") {
				return m
			}
		}
		return discord.Message{}
	}
	if err := d.WaitFor(waitFor(t), func() bool { return next().ID != "" }); err != nil {
		t.Fatalf("nothing more was asked\n%s", s.log)
	}
	question = next()
	d.Faults().Lag(true)
	if _, err := d.Say(waitFor(t), room, discord.CarolID, "GET"); err != nil {
		t.Fatal(err)
	}
	shows("Nobody answered")
	d.Faults().RefuseResumes(1, false)
	d.Faults().Cut()
	shows("Answered by 1 player")
	if n := len(d.Identifies()); n != 2 {
		t.Errorf("%d identifies", n)
	}
}

// awaitReady waits until /readyz says 200, and returns when that was.
func awaitReady(t *testing.T, admin string, log func() string) time.Time {
	t.Helper()
	awaitAdmin(t, "http://"+admin+"/readyz", "", log)
	return time.Now()
}

// awaitSent waits until nothing is left in the outbox.
func awaitSent(t *testing.T, admin string, log func() string) {
	t.Helper()
	awaitAdmin(t, "http://"+admin+"/metrics", "\nquizbot_outbox_messages 0\n", log)
}

// awaitAdmin waits until a page of the admin port is there and has those words.
func awaitAdmin(t *testing.T, page, words string, log func() string) {
	t.Helper()
	ctx := waitFor(t)
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK && strings.Contains(string(body), words) {
				return
			}
		}
		if pause(ctx, 10*time.Millisecond); ctx.Err() != nil {
			t.Fatalf("%s never had %q\n%s", page, words, log())
		}
	}
}
