package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quizbot/bot"
	"quizbot/sandbox/discord"
	"quizbot/store/bolt"
)

// A data request is answered while the bot runs, and on the file when it doesn't;
// who was forgotten is nowhere, and may play again.
func TestUserData(t *testing.T) {
	t.Parallel()
	d := discord.New(discord.Options{})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	folder := t.TempDir()
	db := filepath.Join(folder, "q.db")
	env := map[string]string{
		"QUIZBOT_DB": db, "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0", "QUIZBOT_PACKS": packFolder(t),
		"DISCORD_TOKEN": d.Token(), "DISCORD_API_URL": d.APIURL(),
	}
	s := startServing(t, env)
	s.ready(t)
	alice, bob := "discord:"+discord.AliceID, "discord:"+discord.BobID
	play := func(user string) string {
		t.Helper()
		const room = discord.DefaultChannelID
		if _, err := d.Say(waitFor(t), room, user, "!quiz wires"); err != nil {
			t.Fatal(err)
		}
		question := waitDiscord(t, d, room, "Which method opens")
		i, err := d.Press(waitFor(t), question.ID, user, question.Controls()[0].CustomID)
		if err != nil || i.Failed {
			t.Fatalf("press: %v %v", err, i.Failed)
		}
		return question.ID
	}
	question := play(discord.AliceID)
	if _, err := d.Press(waitFor(t), question, discord.BobID, func() string { m, _ := d.Message(question); return m.Controls()[0].CustomID }()); err != nil {
		t.Fatal(err)
	}
	say := func(status int, args ...string) string {
		t.Helper()
		got, out, errs := call(t, env, "", append([]string{"user"}, args...)...)
		if got != status {
			t.Fatalf("user %v: status %d, want %d\n%s%s", args, got, status, out, errs)
		}
		return out + errs
	}
	both := []string{alice, bob}
	if alice > bob {
		both = []string{bob, alice}
	}
	if got := say(exitDone, "list"); got != strings.Join(both, "\n")+"\n" {
		t.Errorf("list of the running quizbot: %q", got)
	}
	var dossier bot.Dossier
	if err := json.Unmarshal([]byte(say(exitDone, "export", alice)), &dossier); err != nil {
		t.Fatal(err)
	}
	if len(dossier.Teams) != 1 || dossier.Teams[0].Name == "" || len(dossier.Teams[0].Answers) != 1 || dossier.Teams[0].Answers[0].Question == "" || len(dossier.Teams[0].Rooms) != 1 {
		t.Errorf("export: %+v", dossier)
	}
	expect(t, say(exitFailed, "export", discord.AliceID), alice, "user list")
	expect(t, say(exitFailed, "forget", "slack:T1/U1"), `user "slack:T1/U1"`, "user list")
	expect(t, say(exitDone, "forget", alice), "forgotten "+alice+": 1 answer,", "in 1 team")
	expect(t, say(exitFailed, "export", alice), "nothing is kept about this player")
	if got := say(exitDone, "list"); got != bob+"\n" {
		t.Errorf("list after forgetting: %q", got)
	}
	if err := d.WaitFor(waitFor(t), func() bool {
		m, _ := d.Message(question)
		return strings.Contains(m.Text(), "Answered by 1 player")
	}); err != nil {
		m, _ := d.Message(question)
		t.Errorf("the question closed as %q", m.Text())
	}
	if code := s.stop(); code != exitDone {
		t.Fatalf("exit status %d\n%s", code, s.log)
	}

	// Nobody has the file open now.
	out := filepath.Join(folder, "bob.json")
	if got := say(exitDone, "export", bob, "--out", out); got != "" {
		t.Errorf("said %q", got)
	}
	if content, err := os.ReadFile(out); err != nil || !strings.Contains(string(content), bob) {
		t.Errorf("exported: %s %v", content, err)
	}
	expect(t, say(exitFailed, "export", bob, "--out", out), "there is a file already")
	expect(t, say(exitFailed, "export", "nobody", "--out", out+"2"), "nothing is kept")
	if _, err := os.Stat(out + "2"); err == nil {
		t.Error("an export that failed has left a file")
	}
	expect(t, say(exitDone, "forget", bob), "forgotten "+bob)
	if got := say(exitDone, "list"); got != "" {
		t.Errorf("list when all are forgotten: %q", got)
	}
	e, err := bolt.Open(db, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(folder, "copy.db")
	if err := e.Backup(t.Context(), copied, nil, nil); err != nil {
		t.Fatal(err)
	}
	expect(t, say(exitFailed, "list"), "in use by another process", "no running quizbot answers")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{discord.AliceID, discord.BobID, "Alice", "Bobby"} {
		if strings.Contains(string(content), word) {
			t.Errorf("a backup holds %q", word)
		}
	}
}

func TestNearestUser(t *testing.T) {
	t.Parallel()
	players := []bot.UserID{"discord:1234", "slack:T1/U1", "slack:T1/U12", "slack:T2/U7", "slack:T3/U7"}
	for id, want := range map[string]bot.UserID{
		"U12": "slack:T1/U12", "slack:t1/u1": "slack:T1/U1", "1234": "discord:1234", "U7": "", "discord:1243": "discord:1234", "": "", "somebody": "",
	} {
		if got := nearestUser(players, id); got != want {
			t.Errorf("%q: %q, want %q", id, got, want)
		}
	}
}

// No command makes a database.
func TestUserWithoutADatabase(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{{"list"}, {"export", "slack:T1/U1"}, {"forget", "slack:T1/U1"}} {
		status, _, errs := call(t, nil, "", append([]string{"user"}, args...)...)
		if status != exitFailed {
			t.Errorf("user %v: status %d", args, status)
		}
		expect(t, errs, "database quizbot.db: there is no such file", "QUIZBOT_DB")
	}
	if left, err := filepath.Glob("*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
