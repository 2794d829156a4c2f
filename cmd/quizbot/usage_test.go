package main

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// An error is one line that names the thing and says the cure.
func TestErrorsNameTheThingAndTheCure(t *testing.T) {
	t.Chdir(t.TempDir())
	file := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		writeFile(t, path, text)
		return path
	}
	const notAFolder = `"none" is not a folder: name the one`
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		err  []string
	}{
		"import of nothing":      {nil, []string{"pack", "import", "none"}, []string{"none: no such file", "name the file to import"}},
		"export without format":  {nil, []string{"pack", "export", "websocket"}, []string{"--format=NAME"}},
		"export as a chat":       {nil, []string{"pack", "export", "websocket", "--format", "study-chat"}, []string{"nothing can be written so", "gift"}},
		"export of nothing":      {nil, []string{"pack", "export", "none", "--format", "gift"}, []string{"there is no pack none", "pack list"}},
		"a flag without a value": {nil, []string{"serve", "--db"}, []string{"--db needs a value"}},

		"folder of serve":   {nil, []string{"serve", "--packs", "none"}, []string{notAFolder}},
		"folder of play":    {nil, []string{"play", "--packs", "none"}, []string{notAFolder}},
		"folder of list":    {nil, []string{"pack", "list", "--packs", "none"}, []string{notAFolder}},
		"folder of sandbox": {nil, []string{"sandbox", "--packs", "none"}, []string{notAFolder}},
		"file of lint":      {nil, []string{"pack", "lint", "none"}, []string{"none: no such file", "name pack files"}},

		"Slack's tokens mixed up": {map[string]string{"SLACK_BOT_TOKEN": "xapp-1", "SLACK_SIGNING_SECRET": "s"}, []string{"serve"}, []string{"SLACK_BOT_TOKEN", "put it into SLACK_APP_TOKEN"}},
		"and the other way round": {map[string]string{"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xoxb-1"}, []string{"serve"}, []string{"SLACK_APP_TOKEN", "put it into SLACK_BOT_TOKEN"}},

		"backups nowhere":            {map[string]string{"QUIZBOT_BACKUPS": "none"}, []string{"serve", "--print-config"}, []string{"QUIZBOT_BACKUPS", "make it"}},
		"backups all the time":       {map[string]string{"QUIZBOT_BACKUP_EVERY": "59s"}, []string{"serve", "--print-config"}, []string{"QUIZBOT_BACKUP_EVERY", "from 1m on"}},
		"backups of no number":       {map[string]string{"QUIZBOT_BACKUP_KEEP": "some"}, []string{"serve", "--print-config"}, []string{"QUIZBOT_BACKUP_KEEP", "from 1 on"}},
		"no backup is kept":          {map[string]string{"QUIZBOT_BACKUP_KEEP": "0"}, []string{"serve", "--print-config"}, []string{"QUIZBOT_BACKUP_KEEP", "from 1 on"}},
		"a backup of no file":        {nil, []string{"backup"}, []string{"file"}},
		"a database elsewhere":       {map[string]string{"QUIZBOT_DB": "postgres://x"}, []string{"check"}, []string{"QUIZBOT_DB", "write a path"}},
		"a retention without a unit": {map[string]string{"QUIZBOT_RETENTION": "365"}, []string{"serve", "--print-config"}, []string{"QUIZBOT_RETENTION", "365d"}},
		"an unknown speed":           {map[string]string{"QUIZBOT_SPEED": "fast"}, []string{"serve", "--print-config"}, []string{"QUIZBOT_SPEED", "off, gentle or full"}},
		"a retention of a day":       {nil, []string{"serve", "--print-config", "--retention", "1d"}, []string{"QUIZBOT_RETENTION", "from 7d"}},

		"shards in words":     {map[string]string{"DISCORD_SHARDS": "banana"}, []string{"serve", "--print-config"}, []string{"DISCORD_SHARDS", "0,1/4"}},
		"a shard twice":       {map[string]string{"DISCORD_SHARDS": "0,0/2"}, []string{"serve", "--print-config"}, []string{"DISCORD_SHARDS", "each once"}},
		"a level and more":    {map[string]string{"QUIZBOT_LOG": "info+2"}, []string{"serve", "--print-config"}, []string{"QUIZBOT_LOG", "write debug"}},
		"sandbox has a level": {map[string]string{"QUIZBOT_LOG": "loud"}, []string{"sandbox"}, []string{"QUIZBOT_LOG", "write debug"}},

		"no secret's file":      {map[string]string{"DISCORD_TOKEN_FILE": "none"}, []string{"serve"}, []string{"DISCORD_TOKEN_FILE: none: no such file", "name a file"}},
		"a large secret":        {map[string]string{"DISCORD_TOKEN_FILE": file("s", strings.Repeat("x", maxSecret+1))}, []string{"serve"}, []string{"DISCORD_TOKEN_FILE", "64 KiB"}},
		"a secret of two lines": {map[string]string{"DISCORD_TOKEN_FILE": file("s", "one\ntwo\n")}, []string{"serve"}, []string{"DISCORD_TOKEN_FILE", "more than one line", "write nothing but"}},

		"no file of settings":     {nil, []string{"serve", "--config", "none.yaml"}, []string{"configuration file none.yaml: no such file", "--config"}},
		"a folder of settings":    {nil, []string{"serve", "--config", t.TempDir()}, []string{"is a directory", "--config"}},
		"broken settings":         {nil, []string{"serve", "--config", file("c.yaml", "db: [\n")}, []string{"c.yaml: ", "write one setting a line"}},
		"settings in two":         {nil, []string{"serve", "--config", file("c.yaml", "db: a\n---\nlog: warn\n")}, []string{"c.yaml: line 2: a second document"}},
		"a setting twice":         {nil, []string{"serve", "--config", file("c.yaml", "db: a\nQUIZBOT_DB: b\n")}, []string{"c.yaml:2:1", "keep one"}},
		"a secret in two lines":   {nil, []string{"serve", "--config", file("c.yaml", "discord_token_file: "+file("s", "a\nb")+"\n")}, []string{"c.yaml:1:1: discord_token_file", "more than one line"}},
		"no secret of the file's": {nil, []string{"serve", "--config", file("c.yaml", "discord_token_file: none\n")}, []string{"c.yaml:1:1: discord_token_file: none", "name a file"}},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, errs := call(t, c.env, "", c.args...)
			if status != exitUsage || strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "quizbot: ") {
				t.Errorf("status %d, want %d and one line:\n%s", status, exitUsage, errs)
			}
			expect(t, errs, c.err...)
		})
	}
	if left, _ := filepath.Glob("*"); len(left) > 0 {
		t.Errorf("what can't begin leaves %v behind", left)
	}
}

func TestHelpAndVersionAreFoundByEveryName(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{"Usage: quizbot <command>": {"help"}, "Usage: quizbot serve": {"help", "serve"}, "quizbot dev": {"--version"}} {
		if status, out, errs := call(t, nil, "", args...); status != exitDone || !strings.Contains(out, want) {
			t.Errorf("%v: status %d\n%s%s", args, status, out, errs)
		}
	}
}

// An empty setting of the file is as an empty variable: not set.
func TestEmptySettingsAreNotSet(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "c.yaml")
	writeFile(t, file, "log: ~\ndb: \"\"\npacks:\n---\n")
	status, out, errs := call(t, map[string]string{"QUIZBOT_LISTEN": ""}, "", "serve", "--print-config", "--config", file)
	if status != exitDone {
		t.Fatalf("status %d: %s", status, errs)
	}
	expect(t, out, "QUIZBOT_LOG: info\n", "QUIZBOT_DB: quizbot.db\n", "QUIZBOT_PACKS: \"\"\n", "QUIZBOT_LISTEN: :8080\n")
}

// quizbot.yaml names the packs of every command; what it says of secrets is the
// business of serve alone.
func TestPacksOfTheFileAreForEveryCommand(t *testing.T) {
	packs := packFolder(t)
	t.Chdir(t.TempDir())
	writeFile(t, configFile, "packs: "+packs+"\ndiscord_token_file: none\n")
	if status, out, errs := call(t, nil, "", "pack", "list"); status != exitDone || !strings.Contains(out, "wires ") {
		t.Errorf("list: status %d\n%s%s", status, out, errs)
	}
	if status, out, errs := call(t, nil, "", "play", "wires"); status != exitDone || !strings.Contains(out, "Which method opens") {
		t.Errorf("play: status %d\n%s%s", status, out, errs)
	}
	if _, out, _ := call(t, map[string]string{"QUIZBOT_PACKS": t.TempDir()}, "", "pack", "list"); strings.Contains(out, "wires ") {
		t.Errorf("the environment does not go over the file:\n%s", out)
	}
}

func TestLogsAreReadable(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	newLog(surroundings{err: &b}, slog.LevelInfo).Info("x", "again_in", 500*time.Millisecond, "mode", fs.FileMode(0o644))
	expect(t, b.String(), `"again_in":"500ms"`, `"mode":"0644"`)
}

// Packs may be changed while the bot starts.
func TestHangupWhileStartingIsNotTheEnd(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "settings.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := program(t, nil, "serve", "--config", pipe)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits until the program reads its settings
	if err == nil {
		err = cmd.Process.Signal(syscall.SIGHUP)
	}
	if err == nil {
		_, err = w.WriteString("no_such_setting: 1\n")
	}
	_ = w.Close()
	if err != nil {
		_ = cmd.Process.Kill()
		t.Error(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitUsage {
		t.Errorf("ended by %v", cmd.ProcessState)
	}
}
