package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/sandbox/discord"
	"quizbot/store"
	"quizbot/store/bolt"
)

// command runs the program with a database and returns its exit status and what it said.
func command(t *testing.T, db string, args ...string) (status int, out, errs string) {
	t.Helper()
	cmd := program(t, []string{"QUIZBOT_DB=" + db, "TMPDIR=" + t.TempDir()}, args...)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

// refused: exit status 1 and one line that has the words.
func refused(t *testing.T, db string, args []string, words ...string) {
	t.Helper()
	status, out, errs := command(t, db, args...)
	if status != exitFailed || strings.Count(errs, "\n") != 1 || out != "" {
		t.Errorf("%v: status %d, want %d and one line:\n%s%s", args, status, exitFailed, out, errs)
	}
	expect(t, errs, words...)
}

// done: exit status 0 and words.
func done(t *testing.T, db string, args []string, words ...string) {
	t.Helper()
	status, out, errs := command(t, db, args...)
	if status != exitDone || errs != "" {
		t.Fatalf("%v: status %d\n%s%s", args, status, out, errs)
	}
	expect(t, out, words...)
}

// A bot is backed up while it runs, killed, and started again from the backup:
// the board is the same. Nothing on the way replaces a file.
func TestBackedUpLiveAndRestored(t *testing.T) {
	t.Parallel()
	d := discord.New(discord.Options{IdentifyInterval: -1})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	folder := t.TempDir()
	db, saved, again := filepath.Join(folder, "q.db"), filepath.Join(folder, "saved.db"), filepath.Join(folder, "again.db")
	env := func(db string) []string {
		return []string{"QUIZBOT_DB=" + db, "QUIZBOT_ADMIN_LISTEN=127.0.0.1:0", "QUIZBOT_PACKS=" + packFolder(t), "DISCORD_TOKEN=" + d.Token(), "DISCORD_API_URL=" + d.APIURL()}
	}
	kill, log := serveProcess(t, env(db))
	ctx := waitFor(t)
	if err := d.WaitReady(ctx, 1); err != nil {
		t.Fatalf("%v\n%s", err, log())
	}
	const room = discord.DefaultChannelID
	if _, err := d.Say(ctx, room, discord.AliceID, "!quiz wires"); err != nil {
		t.Fatal(err)
	}
	question := waitDiscord(t, d, room, "Which method opens")
	for user, label := range map[string]string{discord.AliceID: "GET", discord.BobID: "POST"} {
		i := slices.IndexFunc(question.Controls(), func(c discord.Control) bool { return strings.Contains(c.Label, label) })
		if a, err := d.Press(ctx, question.ID, user, question.Controls()[i].CustomID); err != nil || a.Failed {
			t.Fatalf("press %s: %v\n%s", label, err, log())
		}
	}
	done(t, db, []string{"backup", saved}, saved, "checked")
	done(t, db, []string{"check"}, db, "a copy of the running quizbot's", "sound; 1 team, 1 room, 2 answers, 2 players")
	refused(t, db, []string{"backup", saved}, saved, "there is a file already")
	refused(t, db, []string{"backup", filepath.Join(folder, "none", "x.db")}, "there is no folder", "make it")
	refused(t, db, []string{"restore", saved}, db, "a running quizbot uses it", "stop that first")
	if info, err := os.Stat(saved); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v, want 0600", info.Mode(), err)
	}
	at, err := os.ReadFile(db + controlSuffix)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(db + controlSuffix); err != nil {
		t.Fatal(err)
	}
	refused(t, db, []string{"backup", filepath.Join(folder, "x.db")}, db, "in use by another process", "or stop it")
	refused(t, db, []string{"check"}, db, "in use by another process", "or stop it")
	writeFile(t, db+controlSuffix, string(at))
	_ = kill(os.Kill)

	done(t, db, []string{"check"}, db, "sound; 1 team, 1 room, 2 answers, 2 players") // the stale control file does no harm
	done(t, db, []string{"backup", filepath.Join(folder, "idle.db")}, "checked")
	done(t, db, []string{"check", filepath.Join(folder, "idle.db")}, "sound")
	refused(t, db, []string{"restore", saved}, db, "there is a file already", "QUIZBOT_DB")
	done(t, again, []string{"restore", saved}, again, saved)
	kill, log = serveProcess(t, env(again))
	if err := d.WaitReady(ctx, 1); err != nil {
		t.Fatalf("%v\n%s", err, log())
	}
	if _, err := d.Slash(ctx, room, discord.BobID, "/quiz leaderboard"); err != nil {
		t.Fatal(err)
	}
	expect(t, waitDiscord(t, d, room, "Leaderboard").Text(), "1. Alice — 10", "2. Bobby — 0")
	if err := kill(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, log())
	}
	names, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, name := range names {
		left = append(left, name.Name())
	}
	if want := []string{"again.db", "idle.db", "q.db", "q.db.serving", "saved.db"}; !slices.Equal(left, want) {
		t.Errorf("in the folder are %v, want %v", left, want)
	}
}

// answeredFile is a database with some answers, folded and not.
func answeredFile(t *testing.T) string {
	t.Helper()
	db := filepath.Join(t.TempDir(), "q.db")
	e, err := bolt.Open(db, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := store.New(e)
	now := time.Now()
	for n := range 8 {
		err = s.Commit(t.Context(), bot.Change{Team: "test:A", Room: "test:A/r", From: uint64(n), At: now, Answers: []bot.Entry{
			{Room: "test:A/r", Round: n, Player: "test:p1", Pack: "x", At: now, Right: true, Points: 10}, {Room: "test:A/r", Round: n, Player: "test:p2", Pack: "x", At: now},
		}})
		if n == 5 && err == nil {
			err = s.Fold(t.Context(), "test:A")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return db
}

// What is broken by hand is found, with a line for each and the outcome last; the
// file stays as it is.
func TestCheckFindsFaults(t *testing.T) {
	t.Parallel()
	compact := filepath.Join(t.TempDir(), "compact.db") // without pages that nobody uses
	if err := bolt.Backup(t.Context(), answeredFile(t), compact, nil, nil); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(compact)
	if err != nil {
		t.Fatal(err)
	}
	byHand := func(fn func(store.Tx)) func(t *testing.T, db string) {
		return func(t *testing.T, db string) {
			e, err := bolt.Open(db, bolt.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Update(t.Context(), "test:A", func(tx store.Tx) error { fn(tx); return nil }); err != nil {
				t.Fatal(err)
			}
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		breakIt func(t *testing.T, db string)
		lines   int
		words   []string
	}{
		"nothing": {func(*testing.T, string) {}, 1, []string{"sound; 1 team, 1 room, 16 answers, 2 players"}},
		"no answer": {byHand(func(tx store.Tx) { tx.Delete([]byte("l\x00\x00\x00\x00\x00\x00\x00\x0f")) }), 4,
			[]string{"team test:A: answer 15 of test:p2 in round 7 of test:A/r is missing from the ledger: restore the newest backup", "8 times as far as review knows, the ledger has 7 answers", "3 faults; 1 team, 1 room, 15 answers"}},
		"a wrong total": {byHand(func(tx store.Tx) { tx.Put([]byte("sall\n\x00test:p1\x00"), []byte("\x00\x00\x00\x00\x00\x00\x03\xe8")) }), 3,
			[]string{"test:p1 has 1000 points on the board all, the ledger gives 60: restore"}},
		"a flipped page": {func(t *testing.T, db string) {
			b := bytes.Clone(good)
			page := os.Getpagesize()
			at := bytes.LastIndex(b, []byte("sall\n")) / page * page
			copy(b[at:at+page], bytes.Repeat([]byte{0xa5}, page))
			if err := os.WriteFile(db, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}, 0, []string{"file is damaged"}},
	} {
		t.Run(name, func(t *testing.T) {
			db := filepath.Join(t.TempDir(), "q.db")
			if err := os.WriteFile(db, good, 0o600); err != nil {
				t.Fatal(err)
			}
			c.breakIt(t, db)
			before, _ := os.ReadFile(db)
			status, out, errs := command(t, db, "check")
			if strings.Count(out, "\n") != c.lines || (status == exitDone) != (name == "nothing") || status > exitFailed {
				t.Errorf("status %d, want %d lines:\n%s%s", status, c.lines, out, errs)
			}
			expect(t, out+errs, c.words...)
			expect(t, out+errs, db)
			if after, err := os.ReadFile(db); err != nil || !bytes.Equal(after, before) {
				t.Errorf("the file was changed (%v)", err)
			}
			// What check finds is neither copied as a good backup nor restored from one.
			saved, again := filepath.Join(t.TempDir(), "saved.db"), filepath.Join(t.TempDir(), "again.db")
			for target, args := range map[string][]string{saved: {db, "backup", saved}, again: {again, "restore", db}} {
				status, out, errs := command(t, args[0], args[1:]...)
				if (status == exitDone) != (name == "nothing") || status > exitFailed {
					t.Errorf("%q: status %d:\n%s%s", args[1:], status, out, errs)
				}
				if _, err := os.Stat(target); (err == nil) != (status == exitDone) {
					t.Errorf("%q left %s (%v)", args[1:], target, err)
				}
			}
		})
	}
}

// Files that are no backup are refused in one line, and nothing is written.
func TestRestoreOfNoBackup(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile(answeredFile(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"empty": nil, "words": []byte("hello"), "cut off": good[:len(good)/1000]} {
		t.Run(name, func(t *testing.T) {
			from, db := filepath.Join(t.TempDir(), "b.db"), filepath.Join(t.TempDir(), "q.db")
			if err := os.WriteFile(from, content, 0o600); err != nil {
				t.Fatal(err)
			}
			refused(t, db, []string{"restore", from}, from, "nothing was written; restore another")
			refused(t, db, []string{"check", from}, from)
			if _, err := os.Stat(db); err == nil {
				t.Error("there is a database now")
			}
		})
	}
	refused(t, filepath.Join(t.TempDir(), "q.db"), []string{"restore", "none.db"}, "none.db", "name a file that quizbot backup has made")
	refused(t, filepath.Join(t.TempDir(), "q.db"), []string{"backup", "b.db"}, "name an existing one with QUIZBOT_DB")
}

// serve makes backups by itself, and says so.
func TestServeMakesBackups(t *testing.T) {
	t.Parallel()
	d := discord.New(discord.Options{})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	folder := t.TempDir()
	s := startServing(t, map[string]string{
		"QUIZBOT_DB": filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0", "QUIZBOT_BACKUPS": folder,
		"DISCORD_TOKEN": d.Token(), "DISCORD_API_URL": d.APIURL(),
	})
	ctx := waitFor(t)
	var made struct{ Msg, Path string }
	for made.Msg != "backup made" {
		pause(ctx, 20*time.Millisecond)
		if ctx.Err() != nil {
			t.Fatalf("no backup:\n%s", s.log)
		}
		for line := range strings.SplitSeq(s.log.String(), "\n") {
			if strings.Contains(line, `"backup made"`) {
				if err := json.Unmarshal([]byte(line), &made); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if filepath.Dir(made.Path) != folder {
		t.Errorf("it is at %s", made.Path)
	}
	resp, err := http.Get("http://" + s.addresses["admin"] + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	body := string(text)
	if err != nil || !strings.Contains(body, `quizbot_backups_total{outcome="ok"} 1`) || !strings.Contains(body, "quizbot_backup_last_success_timestamp_seconds 1.") {
		t.Errorf("metrics: %v\n%s", err, body)
	}
	if code := s.stop(); code != exitDone {
		t.Errorf("exit status %d\n%s", code, s.log)
	}
	done(t, "none", []string{"check", made.Path}, "sound")
}
