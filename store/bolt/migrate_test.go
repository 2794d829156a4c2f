package bolt_test

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/quiz/fsrs"
	"quizbot/store"
	"quizbot/store/bolt"
)

// make has the file of the present format made anew:
//
//	go test ./store/bolt -run TestOpensEveryFormat -make
//
// A file of a released format is never made again.
var makeFormat = flag.Bool("make", false, "make testdata/formatN.db.gz of the present format")

// asMigrator in the environment makes the test binary a process that opens the
// file and ends.
const asMigrator = "QUIZBOT_TEST_MIGRATE"

func migrateOnce(path string) {
	limitFiles()
	fmt.Println("begins")
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		fmt.Println("failed", err)
		return
	}
	fmt.Println("open")
	_ = e.Close()
}

// formatFile is where the file of a format lies.
func formatFile(format int) string {
	return filepath.Join("testdata", fmt.Sprintf("format%d.db.gz", format))
}

// unpack writes the file of a format where it can be opened.
func unpack(t *testing.T, format int) string {
	t.Helper()
	packed, err := os.Open(formatFile(format))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packed.Close() }()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "q.db")
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, unpacked); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// makeFile fills a file as every released format's file is filled.
func makeFile(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "q.db")
	e := open(t, path)
	s := store.New(e)
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	state := bot.State{Room: quiz.Room{Seed: 7, Last: 1, Rounds: []quiz.Round{{
		No: 1, Pack: "websocket", Title: "WebSocket", By: "slack:T1/U1", Points: 30, Limit: time.Minute, Asked: at, Opened: at, Closes: at.Add(time.Minute),
		Question: quiz.Question{ID: "q", Kind: quiz.TrueFalse, Ask: "Is it so?", Truth: true, Difficulty: quiz.Hard}, Shown: []int{0, 1},
	}}}, Posts: map[int]bot.MessageID{1: "m1"}}
	first := bot.Change{Team: "slack:T1", Room: "slack:T1/C1", At: at, Causes: []string{"slack:msg:1"}, State: &state, Wake: at.Add(time.Minute),
		Out: []bot.Outgoing{{Key: "r1-ask-aaaaa", Room: "slack:T1/C1", Round: 1, Card: bot.Card{Title: "WebSocket"}}}}
	second := bot.Change{Team: "slack:T1", Room: "slack:T1/C1", From: 1, At: at, Causes: []string{"slack:msg:2"},
		Names: map[bot.UserID]string{"slack:T1/U1": "alice", "slack:T1/U2": "bob"}}
	for player, points := range map[bot.UserID]int{"slack:T1/U1": 30, "slack:T1/U2": 0} {
		second.Answers = append(second.Answers, bot.Entry{
			Room: "slack:T1/C1", Round: 1, Player: player, Pack: "websocket", Question: "q", At: at, Given: quiz.Given{Picks: []int{min(1, 30-points)}}, Right: points > 0, Points: points,
		})
	}
	for _, c := range []bot.Change{first, second} {
		if err := s.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.ChangePlayer(t.Context(), "slack:T1/U1", "slack:msg:3", at, func(bot.PlayerSettings) bot.PlayerSettings { return bot.PlayerSettings{Pace: 150, Hidden: true} }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ChangeTeam(t.Context(), "slack:T1", "slack:msg:4", at, func(bot.TeamSettings) bot.TeamSettings { return chosen() }); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(formatFile(store.FormatVersion), packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// chosen are the settings of the team in the files.
func chosen() bot.TeamSettings {
	return bot.TeamSettings{AdminsStart: true, Rooms: bot.RoomRule{Only: true, List: []bot.RoomID{"slack:T1/C1"}}, Speed: quiz.SpeedOff, Seconds: 45, Count: 7}
}

// Every released format is opened by every build, and says the same as ever. Of an
// older one a copy is left that is the file as it was.
func TestOpensEveryFormat(t *testing.T) {
	t.Parallel()
	if *makeFormat {
		makeFile(t)
	}
	for format := 1; format <= store.FormatVersion; format++ {
		t.Run(fmt.Sprint(format), func(t *testing.T) {
			path := unpack(t, format)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			e, err := bolt.Open(path, bolt.Options{Now: func() time.Time { return time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC) }})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = e.Close() })
			s := store.New(e)
			at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
			hidden := format >= 4 // alice has chosen so
			for _, q := range []bot.BoardQuery{{Period: quiz.AllTime}, {Period: quiz.Season}, {Period: quiz.Month, Topic: map[bool]string{true: "wires", false: "websocket"}[format == 1], Room: "slack:T1/C1"}} {
				q.Team, q.Now, q.Top, q.Player = "slack:T1", at, 10, "slack:T1/U1"
				b, err := s.Board(t.Context(), q)
				if err != nil || b.Own.Name != "alice" || b.Own.Rank != 1 || b.Own.Points != 30 || b.Hidden != hidden || len(b.Top) == 0 || b.Top[len(b.Top)-1].Name != "bob" ||
					(len(b.Top) == 1) != hidden {
					t.Errorf("board: %+v %v", b, err)
				}
			}
			if got, err := s.Strength(t.Context(), "slack:T1", "slack:T1/U1"); err != nil || got.N != 1 || got.Logit <= 0 {
				t.Errorf("rating: %+v %v", got, err)
			}
			snap, err := s.Room(t.Context(), "slack:T1", "slack:T1/C1")
			if err != nil || snap.Rev != 2 || len(snap.State.Room.Rounds) != 1 || len(snap.State.Room.Rounds[0].Answers) != 2 || len(snap.Outbox) != 1 {
				t.Errorf("room: %+v %v", snap, err)
			}
			if due, err := s.Due(t.Context(), at.Add(time.Hour), 5); err != nil || len(due) != 1 {
				t.Errorf("due: %+v %v", due, err)
			}
			for player, rating := range map[bot.UserID]fsrs.Rating{"slack:T1/U1": fsrs.Good, "slack:T1/U2": fsrs.Again} {
				pack := map[int]string{1: "wires"}[format]
				want := []quiz.Seen{{Pack: cmp.Or(pack, "websocket"), Question: "q", Recalls: []quiz.Recall{{At: at, Rating: rating}}}}
				if seen, err := s.Seen(t.Context(), player); err != nil || !reflect.DeepEqual(seen, want) {
					t.Errorf("%s has seen: %+v %v, want %+v", player, seen, err, want)
				}
			}
			var own bot.PlayerSettings
			var team bot.TeamSettings
			if format >= 4 {
				own, team = bot.PlayerSettings{Pace: 150, Hidden: true}, chosen()
			}
			if got, err := s.PlayerSettings(t.Context(), "slack:T1/U1"); err != nil || got != own {
				t.Errorf("a player's settings: %+v %v, want %+v", got, err, own)
			}
			if got, err := s.TeamSettings(t.Context(), "slack:T1"); err != nil || !reflect.DeepEqual(got, team) {
				t.Errorf("the team's settings: %+v %v, want %+v", got, err, team)
			}
			if _, err := store.Verify(t.Context(), e, store.FormatVersion, at, func(f store.Fault) { t.Error(f) }); err != nil {
				t.Error(err)
			}
			copied, err := os.ReadFile(fmt.Sprintf("%s.format%d-20270102T030405Z", path, format))
			if format == store.FormatVersion {
				if !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("a copy of a file that needs none: %v", err)
				}
			} else if !bytes.Equal(copied, before) {
				t.Errorf("the copy is not the file as it was (%v)", err)
			}
			if left := names(t, filepath.Dir(path), ".new-"); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// names are the files of a folder whose name holds part.
func names(t *testing.T, folder, part string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if strings.Contains(e.Name(), part) {
			out = append(out, e.Name())
		}
	}
	return out
}

// earlier makes a file of format 1 that many have played in.
func earlier(t *testing.T, answers int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "q.db")
	e := open(t, path)
	s := store.New(e)
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, team := range []bot.TeamID{"t1", "t2"} {
		const each = 500
		for rev := range answers / each {
			c := bot.Change{Team: team, Room: "r", From: uint64(rev), At: at, Names: map[bot.UserID]string{"p1": "Pia"}}
			for i := range each {
				c.Answers = append(c.Answers, bot.Entry{Room: "r", Round: rev, Player: bot.UserID(fmt.Sprintf("p%d", i)), Pack: "x", Question: "q", At: at, Points: i % 31, Right: i%31 > 0})
			}
			if err := s.Commit(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Fold(t.Context(), team); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error {
		for _, team := range []string{"=t1", "=t2"} {
			b := tx.Bucket([]byte("teams")).Bucket([]byte(team))
			for _, kind := range []byte("ijqRSDF") {
				if err := without(b, kind); err != nil {
					return err
				}
			}
		}
		if err := without(tx.Bucket([]byte("index")), 'j'); err != nil {
			return err
		}
		return tx.Bucket([]byte("meta")).Put([]byte("version"), []byte("1"))
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// without deletes the records that begin so, which a later format has brought.
func without(b *bbolt.Bucket, kind byte) error {
	var later [][]byte
	c := b.Cursor()
	for k, _ := c.Seek([]byte{kind}); k != nil && k[0] == kind; k, _ = c.Next() {
		later = append(later, bytes.Clone(k))
	}
	for _, k := range later {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// indexed says which format a file has, and fails where that is only in part so:
// it counts the ledger and its index in each team.
func indexed(t *testing.T, path string) (version string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.View(func(tx *bbolt.Tx) error {
		version = string(tx.Bucket([]byte("meta")).Get([]byte("version")))
		for _, team := range []string{"=t1", "=t2"} {
			count := map[byte]int{}
			if err := tx.Bucket([]byte("teams")).Bucket([]byte(team)).ForEach(func(k, _ []byte) error {
				count[k[0]]++
				return nil
			}); err != nil {
				return err
			}
			want, players := count['l'], 500 // all of whom were asked one question
			if version == "1" {
				want, players = 0, 0
			}
			if count['l'] == 0 || count['i'] != want || count['q'] != players || count['j'] != players {
				t.Errorf("format %s, team %s: %d answers, %d in the index, %d and %d for review", version, team, count['l'], count['i'], count['q'], count['j'])
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return version
}

func boards(t *testing.T, path string) string {
	t.Helper()
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	var out []bot.Board
	for _, team := range []bot.TeamID{"t1", "t2"} {
		for _, period := range quiz.Periods() {
			b, err := store.New(e).Board(t.Context(), bot.BoardQuery{Team: team, Period: period, Now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Top: 1000})
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, b)
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A process that is killed while it migrates leaves the old file or the new one,
// whole, and the next one goes on from there. Copies are all of the old one.
func TestKilledWhileMigrating(t *testing.T) {
	t.Parallel()
	old := earlier(t, 1000)
	content, err := os.ReadFile(old)
	if err != nil {
		t.Fatal(err)
	}
	start := func() (path string, cmd *exec.Cmd, said *bufio.Scanner) {
		path = filepath.Join(t.TempDir(), "q.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd, out := migrator(t, path)
		said = bufio.NewScanner(out)
		if !said.Scan() || said.Text() != "begins" {
			t.Fatalf("child: %q", said.Text())
		}
		return path, cmd, said
	}
	path, cmd, said := start()
	began := time.Now()
	if !said.Scan() || said.Text() != "open" {
		t.Fatalf("child: %q", said.Text())
	}
	whole := time.Since(began) // how long it takes when nobody disturbs it
	_ = cmd.Wait()
	want := boards(t, path)
	const kills = 8
	found := map[string]int{}
	for i := range kills {
		path, cmd, _ := start()
		<-time.After(whole * time.Duration(i) / (kills - 1))
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		found[indexed(t, path)]++
		if got := boards(t, path); got != want {
			t.Errorf("boards after a kill: %s, want %s", got, want)
		}
		if indexed(t, path) != strconv.Itoa(store.FormatVersion) {
			t.Error("not migrated by the next process")
		}
		copies := names(t, filepath.Dir(path), ".format1-")
		if len(copies) != 1 {
			t.Errorf("copies: %q, want one", copies)
		}
		for _, name := range copies {
			kept, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
			if err != nil || sha256.Sum256(kept) != sha256.Sum256(content) {
				t.Errorf("the copy %s is another (%v)", name, err)
			}
		}
	}
	t.Logf("formats found after the kills: %v", found)
}

func migrator(t *testing.T, path string, env ...string) (*exec.Cmd, io.Reader) {
	t.Helper()
	return again(t, append(env, asMigrator+"="+path)...)
}

// Without room for the copy, or with a record that can't be read, the file is left
// as it is, and nothing is left beside it that somebody might take for a copy.
func TestCannotMigrate(t *testing.T) {
	t.Parallel()
	path := earlier(t, 1000)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{len(content) / 2, len(content) * 3 / 2} {
		cmd, out := migrator(t, path, fmt.Sprintf("QUIZBOT_TEST_LIMIT=%d", limit))
		said, err := io.ReadAll(out)
		if err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if text := string(said); !strings.Contains(text, "failed database "+path) || !strings.Contains(text, "make room") {
			t.Errorf("the child said %q", text)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, content) {
			t.Errorf("the file was changed (%v)", err)
		}
		if left := names(t, filepath.Dir(path), "q.db."); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	}
}

func TestCopyReplacesNothing(t *testing.T) {
	t.Parallel()
	path := earlier(t, 500)
	now := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	taken := path + ".format1-20270102T030405Z"
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := bolt.Open(path, bolt.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	_ = e.Close()
	if kept, err := os.ReadFile(taken); err != nil || string(kept) != "mine" {
		t.Errorf("somebody's file: %q %v", kept, err)
	}
	if got := names(t, filepath.Dir(path), ".format1-"); len(got) != 2 || got[1] != filepath.Base(taken)+"-2" {
		t.Errorf("copies: %q", got)
	}
}
