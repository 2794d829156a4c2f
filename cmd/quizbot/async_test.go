package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"quizbot/sandbox/slack"
)

var ownTime = regexp.MustCompile(`you have (\d+) seconds`)

// Who has opened an async question, and presses again after the process was killed the moment
// the first press was taken, has what is left of the same time.
func TestNoSecondClockAfterAKill(t *testing.T) {
	t.Parallel()
	sl := slack.New(slack.Options{})
	if err := sl.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sl.Close() })
	packs, port, db := t.TempDir(), freePort(t), filepath.Join(t.TempDir(), "q.db")
	writeFile(t, filepath.Join(packs, "wires.yaml"), strings.Replace(wires, "seconds: 5", "seconds: 50", 1))
	env := []string{
		"QUIZBOT_DB=" + db, "QUIZBOT_ADMIN_LISTEN=127.0.0.1:0", "QUIZBOT_LISTEN=" + port, "QUIZBOT_PACKS=" + packs,
		"SLACK_SIGNING_SECRET=" + sl.SigningSecret(), "SLACK_BOT_TOKEN=" + slack.DefaultBotToken, "SLACK_API_URL=" + sl.APIURL(),
	}
	sl.SetAppURL("http://" + port)
	ctx := waitFor(t)
	kill, log := serveProcess(t, env)
	if a, err := sl.Slash(ctx, "C0QUIZ", "U0ALICE", "/quiz", "ask wires for 4h"); err != nil || !a.OK() {
		t.Fatalf("%v %+v\n%s", err, a, log())
	}
	question := waitSlack(t, sl, "C0QUIZ", "Open for 4 hours")
	press := func() {
		t.Helper()
		if a, err := sl.Press(ctx, "C0QUIZ", question.TS, "U0BOB", buttonOf(question, "Show me")); err != nil || !a.OK() {
			t.Fatalf("%v %+v\n%s", err, a, log())
		}
	}
	press()
	_ = kill(os.Kill)
	opened := time.Now()
	kill, log = serveProcess(t, env)
	pause(ctx, time.Until(opened.Add(1100*time.Millisecond))) // of the fifty seconds
	before := len(sl.Ephemerals("C0QUIZ", "U0BOB"))
	press()
	if err := sl.WaitFor(ctx, func() bool { return len(sl.Ephemerals("C0QUIZ", "U0BOB")) > before }); err != nil {
		t.Fatalf("%v\n%s", err, log())
	}
	again := sl.Ephemerals("C0QUIZ", "U0BOB")[before].Shown()
	expect(t, again, "Which method opens")
	if left := ownTime.FindStringSubmatch(again); left == nil {
		t.Errorf("pressed again: %s", again)
	} else if n, err := strconv.Atoi(left[1]); err != nil || n >= 50 {
		t.Errorf("a second clock: %s", again)
	}
	for _, m := range sl.Messages("C0QUIZ") {
		if strings.Contains(m.Shown(), "Which method") {
			t.Errorf("everybody reads: %s", m.Shown())
		}
	}
	if err := kill(os.Interrupt); err != nil {
		t.Errorf("stopped: %v\n%s", err, log())
	}
	if status, out, errs := command(t, db, "check"); status != exitDone {
		t.Errorf("check: %s%s", out, errs)
	}
}
