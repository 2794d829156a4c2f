package main

import (
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"quizbot/internal/checkup"
	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
)

// patient is an installation on local platforms, as environment variables.
func patient(t *testing.T, d discord.Options) map[string]string {
	t.Helper()
	localSlack, localDiscord := slack.New(slack.Options{}), discord.New(d)
	if err := localSlack.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = localSlack.Close() })
	if err := localDiscord.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = localDiscord.Close() })
	return map[string]string{
		"QUIZBOT_DB": filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_ADMIN_LISTEN": freePort(t), "QUIZBOT_LISTEN": freePort(t),
		"QUIZBOT_PACKS":        packFolder(t),
		"SLACK_SIGNING_SECRET": localSlack.SigningSecret(), "SLACK_BOT_TOKEN": localSlack.BotToken(slack.DefaultTeam().ID), "SLACK_API_URL": localSlack.APIURL(),
		"DISCORD_TOKEN": localDiscord.Token(), "DISCORD_API_URL": localDiscord.APIURL(),
	}
}

func with(env map[string]string, key, value string) map[string]string {
	out := maps.Clone(env)
	out[key] = value
	return out
}

var doctorLine = regexp.MustCompile(`^(ok  |warn|FAIL)  \S.*  \S|^ {6} +cure: \S`)

func TestDoctor(t *testing.T) {
	t.Parallel()
	env := patient(t, discord.Options{})
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	empty := filepath.Join(t.TempDir(), "empty.db")
	writeFile(t, empty, "")
	open := filepath.Join(t.TempDir(), "open.db")
	startServing(t, map[string]string{
		"QUIZBOT_DB": open, "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0", "DISCORD_TOKEN": env["DISCORD_TOKEN"], "DISCORD_API_URL": env["DISCORD_API_URL"],
	}).stop()
	if err := os.Chmod(open, 0o644); err != nil { //nolint:gosec // that is the fault
		t.Fatal(err)
	}
	bad := t.TempDir()
	writeFile(t, filepath.Join(bad, "bad.yaml"), strings.Replace(wires, "correct: true", "correct: yes please", 1))
	for name, c := range map[string]struct {
		env    map[string]string
		status int
		want   []string // lines of the output, from their beginning
	}{
		"all is well": {env, exitDone, []string{"ok    settings", "ok    slack token", "ok    slack scopes", "ok    discord gateway", "ok    admin port", "ok    public port", "ok    packs"}},
		"a wrong token of Slack's": {with(env, "SLACK_BOT_TOKEN", "xoxb-secret-wrong"), exitFailed, []string{
			"FAIL  slack token", "ok    discord token",
		}},
		"a wrong token of Discord's": {with(env, "DISCORD_TOKEN", "secret-wrong"), exitFailed, []string{"FAIL  discord token", "ok    slack token"}},
		"a missing intent":           {patient(t, discord.Options{DisallowedIntents: discord.IntentMessageContent}), exitDone, []string{"warn  discord intents"}},
		"a taken port":               {with(env, "QUIZBOT_LISTEN", taken.Addr().String()), exitFailed, []string{"FAIL  public port"}},
		"an empty database":          {with(env, "QUIZBOT_DB", empty), exitFailed, []string{"FAIL  database"}},
		"no folder for it":           {with(env, "QUIZBOT_DB", filepath.Join(t.TempDir(), "none", "q.db")), exitFailed, []string{"FAIL  database"}},
		"an open database":           {with(env, "QUIZBOT_DB", open), exitDone, []string{"ok    database  ", "warn  database access"}},
		"a bad pack":                 {with(env, "QUIZBOT_PACKS", bad), exitFailed, []string{"FAIL  packs"}},
		"half of Slack":              {with(env, "SLACK_SIGNING_SECRET", ""), exitFailed, []string{"FAIL  settings", "ok    slack token"}},
		"nothing": {map[string]string{"QUIZBOT_DB": env["QUIZBOT_DB"], "QUIZBOT_ADMIN_LISTEN": env["QUIZBOT_ADMIN_LISTEN"]}, exitUsage, []string{
			"ok    database", "ok    packs",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errs := call(t, c.env, "", "doctor")
			if status != c.status || (status == exitDone) != (errs == "") || strings.Count(errs, "\n") > 1 {
				t.Errorf("status %d, want %d\n%s%s", status, c.status, out, errs)
			}
			lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
			for _, want := range c.want {
				found := false
				for i, l := range lines {
					if found = strings.HasPrefix(l, want); found {
						if cured := i+1 < len(lines) && strings.Contains(lines[i+1], "cure: "); cured == strings.HasPrefix(want, "ok") {
							t.Errorf("%q has a cure: %v", l, cured)
						}
						break
					}
				}
				if !found {
					t.Errorf("no line begins with %q:\n%s", want, out)
				}
			}
			for _, l := range lines {
				if !doctorLine.MatchString(l) {
					t.Errorf("an odd line: %q", l)
				}
			}
			if failed := strings.Count("\n"+out, "\nFAIL"); (failed > 0) != (status == exitFailed) {
				t.Errorf("%d failures and status %d", failed, status)
			}
			for _, key := range []string{"SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN", "DISCORD_TOKEN"} {
				if v := c.env[key]; v != "" && strings.Contains(out+errs, v) {
					t.Errorf("%s is told:\n%s%s", key, out, errs)
				}
			}
		})
	}
	if _, err := os.Stat(env["QUIZBOT_DB"]); err == nil {
		t.Error("the doctor made a database")
	}
}

// Beside a bot that runs, its database and its ports are as they should be.
func TestDoctorBesideARunningBot(t *testing.T) {
	t.Parallel()
	env := patient(t, discord.Options{})
	startServing(t, env).ready(t)
	status, out, errs := call(t, env, "", "doctor")
	if status != exitDone {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	expect(t, out, "is in use by the running quizbot", env["QUIZBOT_LISTEN"]+" is held by the running quizbot", env["QUIZBOT_ADMIN_LISTEN"]+" is held by the running quizbot")
}

func TestFindingsArePrinted(t *testing.T) {
	t.Parallel()
	found := []checkup.Finding{{What: "a", Said: "x\ny\x1b[31m"}, {Level: checkup.Fail, What: "long name", Said: "z", Cure: "mend it"}}
	var plainOut, coloured strings.Builder
	printFindings(&plainOut, found, false)
	if want := "ok    a          x y [31m\nFAIL  long name  z\n                 cure: mend it\n"; plainOut.String() != want {
		t.Errorf("printed\n%q, want\n%q", plainOut.String(), want)
	}
	printFindings(&coloured, found, true)
	if !strings.Contains(coloured.String(), red+"FAIL"+plain) {
		t.Errorf("on a terminal: %q", coloured.String())
	}
}
