package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
)

// asProgram in the environment makes the test binary the program itself.
const asProgram = "QUIZBOT_TEST_AS_PROGRAM"

// program starts quizbot as a process of its own.
func program(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = slices.Concat(env, []string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()})
	cmd.Dir = t.TempDir()
	return cmd
}

// serveProcess starts the program and waits until it says that it serves.
func serveProcess(t *testing.T, env []string) (kill func(os.Signal) error, lines func() string) {
	t.Helper()
	cmd := program(t, env, "serve")
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	log := &lockedBuffer{}
	up := make(chan struct{})
	read := make(chan struct{})
	go func() {
		defer close(read)
		started := false
		for scanner := bufio.NewScanner(pipe); scanner.Scan(); {
			_, _ = fmt.Fprintln(log, scanner.Text())
			if !started && strings.Contains(scanner.Text(), `"msg":"serving"`) {
				started = true
				close(up)
			}
		}
	}()
	end := sync.OnceValue(func() error { <-read; return cmd.Wait() })
	kill = func(s os.Signal) error {
		_ = cmd.Process.Signal(s)
		return end()
	}
	t.Cleanup(func() { _ = kill(os.Kill) })
	select {
	case <-up:
	case <-read:
		t.Fatalf("serve ended: %v\n%s", end(), log)
	case <-waitFor(t).Done():
		t.Fatalf("serve did not start:\n%s", log)
	}
	return kill, log.String
}

// wiresTime is how long the pack's question stays open.
const wiresTime = 5 * time.Second

// killed says how often the bot is killed in this test.
const kills = 4

// TestKilledAtAnyMoment: players press in Slack and type in Discord while the
// process is killed with -9 again and again. Whatever one of them was told is on
// the board afterwards, once, and every question is closed.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	sl, d := slack.New(slack.Options{RetryDelays: []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond}}), discord.New(discord.Options{IdentifyInterval: -1})
	if err := sl.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sl.Close() })
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	port := freePort(t)
	env := []string{
		"QUIZBOT_DB=" + filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_ADMIN_LISTEN=127.0.0.1:0", "QUIZBOT_LISTEN=" + port, "QUIZBOT_PACKS=" + packFolder(t),
		"SLACK_SIGNING_SECRET=" + sl.SigningSecret(), "SLACK_BOT_TOKEN=" + slack.DefaultBotToken, "SLACK_API_URL=" + sl.APIURL(),
		"DISCORD_TOKEN=" + d.Token(), "DISCORD_API_URL=" + d.APIURL(),
	}
	sl.SetAppURL("http://" + port)
	players := make([]string, 24)
	for i := range players {
		players[i] = fmt.Sprintf("U0P%02d", i)
		if err := sl.AddUser("T0SANDBOX", slack.User{ID: players[i], Name: fmt.Sprintf("p%02d", i), DisplayName: fmt.Sprintf("p%02d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := sl.ChangeChannel("C0QUIZ", func(c *slack.Channel) { c.Members = append(slices.Clone(c.Members), players...) }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	kill, log := serveProcess(t, env)
	ask := func() {
		t.Helper()
		for ctx.Err() == nil {
			if a, err := sl.Slash(ctx, "C0QUIZ", "U0ALICE", "/quiz", "wires"); err == nil && a.OK() {
				return
			}
			pause(ctx, 50*time.Millisecond)
		}
	}
	ask()
	if err := d.WaitReady(ctx, 1); err != nil { // what is said before is said to nobody
		t.Fatalf("%v\n%s", err, log())
	}
	if _, err := d.Say(ctx, discord.DefaultChannelID, discord.AliceID, "!quiz wires"); err != nil {
		t.Fatal(err)
	}
	question := waitSlack(t, sl, "C0QUIZ", "Which method opens")
	waitDiscord(t, d, discord.DefaultChannelID, "Which method opens")

	// Every player presses until told what it came to; some tell the bot twice.
	var told atomic.Int32
	acknowledged := make([]time.Time, len(players))
	var playing sync.WaitGroup
	for i, p := range players {
		playing.Go(func() {
			pause(ctx, time.Duration(rand.IntN(2500))*time.Millisecond)
			right := i%2 == 0
			for ctx.Err() == nil {
				pressed := buttonOf(question, map[bool]string{true: "GET", false: "POST"}[right])
				a, err := sl.Press(ctx, "C0QUIZ", question.TS, p, pressed, slack.Stale())
				if err == nil && a.OK() {
					acknowledged[i] = time.Now()
					told.Add(1)
					return
				}
				pause(ctx, 20*time.Millisecond)
			}
		})
	}
	for range kills {
		pause(ctx, time.Duration(200+rand.IntN(500))*time.Millisecond)
		_ = kill(os.Kill)
		kill, log = serveProcess(t, env)
	}
	playing.Wait()
	if n := int(told.Load()); n != len(players) {
		t.Fatalf("%d of %d players were answered\n%s", n, len(players), log())
	}
	if err := sl.WaitFor(ctx, func() bool {
		m, _ := sl.Message("C0QUIZ", question.TS)
		return strings.HasPrefix(m.Shown(), "Closed") && len(m.Buttons()) == 0
	}); err != nil {
		t.Fatalf("Slack's question was not closed\n%s", log())
	}
	if err := d.WaitFor(ctx, func() bool {
		n := 0
		for _, m := range d.Messages(discord.DefaultChannelID) {
			if m.Bot && strings.Contains(m.Text(), "Closed") {
				n++
			}
		}
		return n == 1
	}); err != nil {
		t.Fatalf("Discord's question was not closed\n%s", log())
	}
	if n := count(sl.Messages("C0QUIZ"), "Which method opens"); n != 1 {
		t.Errorf("the question stands in the channel %d times", n)
	}
	end := postedAt(t, question).Add(wiresTime)
	inTime := 0
	for i, p := range players {
		a, err := sl.Slash(ctx, "C0QUIZ", p, "/quiz", "me")
		if err != nil || !a.OK() {
			t.Fatalf("me of %s: %v %+v", p, err, a)
		}
		points, said := "0 points", ""
		if i%2 == 0 {
			points = "10 points"
		}
		for _, m := range sl.Ephemerals("C0QUIZ", p) {
			said, _, _ = strings.Cut(m.Shown(), "\n")
			if strings.HasPrefix(said, "Right") || said == "Not quite" || said == "Closed" {
				break
			}
		}
		switch me := string(a.Body); {
		case said == "Closed":
		case said == "" && !acknowledged[i].Before(end): // told that it was late when it died
		case !strings.Contains(me, points) || i%2 == 1 && strings.Contains(me, "10 points"):
			t.Errorf("%s was acknowledged and told %q, and has not %s: %s", p, said, points, me)
		default:
			inTime++
		}
	}
	if inTime < 10 {
		t.Errorf("only %d of %d players were in time", inTime, len(players))
	}
	if err := kill(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, log())
	}
}

// postedAt is when Slack made the message.
func postedAt(t *testing.T, m slack.Message) time.Time {
	seconds, err := strconv.ParseFloat(m.TS, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.UnixMicro(int64(seconds * 1e6))
}

func buttonOf(m slack.Message, label string) string {
	for _, b := range m.Buttons() {
		if strings.Contains(b.Text, label) {
			return b.ActionID
		}
	}
	return ""
}

func count(all []slack.Message, words string) int {
	n := 0
	for _, m := range all {
		if strings.Contains(m.Shown(), words) {
			n++
		}
	}
	return n
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
