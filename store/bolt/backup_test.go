package bolt_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"quizbot/bot"
	"quizbot/store"
	"quizbot/store/bolt"
)

// backupTo in the environment makes the child a process that backs up to there.
const backupTo = "QUIZBOT_TEST_BACKUP"

// backUp opens the database, says so, and makes backups to the same name. With a
// limit on files it makes one, says what came of it, and commits once more.
func backUp(path, to string) {
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		fmt.Println("open", err)
		return
	}
	if os.Getenv("QUIZBOT_TEST_LIMIT") != "" {
		var before syscall.Rlimit
		_ = syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 300_000, Max: before.Max}); err != nil {
			fmt.Println("limit", err)
		}
		fmt.Println("backup:", e.Backup(context.Background(), to, nil, nil))
		_, err := e.Snapshot(context.Background())
		fmt.Println("snapshot:", err)
		_ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before)
		fmt.Println("commit:", put(e, "later", "v"), e.Err())
		return
	}
	for {
		fmt.Println("begin")
		if err := e.Backup(context.Background(), to, nil, nil); err != nil {
			fmt.Println("failed", err)
			return
		}
		fmt.Println("made")
		_ = os.Remove(to)
	}
}

// sound fails the test where the file is not.
func sound(t *testing.T, path string) {
	t.Helper()
	if faults, err := bolt.Check(t.Context(), path); err != nil || len(faults) > 0 {
		t.Fatalf("%s: %v %v", path, err, faults)
	}
}

// halves are the files beside path that have no good name.
func halves(t *testing.T, path string) []string {
	t.Helper()
	list, err := filepath.Glob(path + ".*")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A backup that is made while many write holds of each writer what it had
// acknowledged when the backup began, and then a first part of the rest; nothing
// between is missing.
func TestBackupWhileMany(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "q.db")
	e := open(t, path)
	s := store.New(e)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	const rooms = 16
	var acknowledged [rooms]atomic.Int64
	var writing sync.WaitGroup
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	id := func(room int) bot.RoomID { return bot.RoomID(fmt.Sprintf("room%d", room)) }
	for room := range rooms {
		writing.Go(func() {
			for n := 1; ctx.Err() == nil; n++ {
				if err := s.Commit(context.Background(), bot.Change{
					Team: "t", Room: id(room), From: uint64(n - 1), At: at, Causes: []string{fmt.Sprintf("%d-%d", room, n)},
					Answers: []bot.Entry{{Room: id(room), Round: n, Player: "p", Pack: "x", At: at, Points: 10, Right: true}},
				}); err != nil {
					t.Error(err)
					return
				}
				acknowledged[room].Store(int64(n))
			}
		})
	}
	for try := range 4 {
		for acknowledged[0].Load() < int64(30*(try+1)) {
			time.Sleep(time.Millisecond) // until there is something to copy
		}
		var before [rooms]int64
		for room := range rooms {
			before[room] = acknowledged[room].Load()
		}
		to := filepath.Join(t.TempDir(), "b.db")
		if err := e.Backup(t.Context(), to, nil, nil); err != nil {
			t.Fatal(err)
		}
		sound(t, to)
		info, err := os.Stat(to)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v %v, want 0600", info.Mode(), err)
		}
		kept := store.New(open(t, to))
		for room := range rooms {
			snap, err := kept.Room(t.Context(), "t", id(room))
			if err != nil || int64(snap.Rev) < before[room] || int64(snap.Rev) > acknowledged[room].Load()+1 {
				t.Fatalf("room %d is at %d, it was acknowledged at %d before and at %d after (%v)", room, snap.Rev, before[room], acknowledged[room].Load(), err)
			}
			for n := 1; n <= int(snap.Rev)+1; n++ {
				if _, ok, err := kept.Given(t.Context(), "t", id(room), n, "p"); err != nil || ok != (n <= int(snap.Rev)) {
					t.Fatalf("room %d is at %d; answer %d is there: %v %v", room, snap.Rev, n, ok, err)
				}
			}
		}
	}
	cancel()
	writing.Wait()
}

// What was deleted is in the file still, and in no backup of it.
func TestBackupHoldsNothingDeleted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "q.db")
	e := open(t, path)
	secret := "a name that was to be forgotten"
	const records = 200 // on many more pages than the few writes after their end use again, whichever they choose
	each := func(do func(tx store.Tx, k string)) {
		if err := e.Update(t.Context(), "t", func(tx store.Tx) error {
			for i := range records {
				do(tx, fmt.Sprintf("pk%d", i))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	each(func(tx store.Tx, k string) { tx.Put([]byte(k), []byte(secret+strings.Repeat("v", 400))) })
	each(func(tx store.Tx, k string) { tx.Delete([]byte(k)) })
	if err := put(e, "kept", "a name that stays"); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "b.db")
	var last, total int64
	if err := e.Backup(t.Context(), to, func(done, of int64) {
		if done < last || done > of {
			t.Errorf("%d of %d after %d", done, of, last)
		}
		last, total = done, of
	}, nil); err != nil || last != total || total == 0 {
		t.Fatalf("%d of %d: %v", last, total, err)
	}
	old, err1 := os.ReadFile(path)
	copied, err2 := os.ReadFile(to)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(old, []byte(secret)) {
		t.Error("the file itself doesn't hold it: this test shows nothing")
	}
	if bytes.Contains(copied, []byte(secret)) || !bytes.Contains(copied, []byte("a name that stays")) {
		t.Error("the backup holds what was deleted, or not what was kept")
	}
	if len(copied) > 100_000 {
		t.Errorf("%d bytes of next to nothing", len(copied))
	}
}

// A file that nobody has open is backed up as well, and not changed by it; and
// nothing is ever replaced.
func TestBackupAndRestoreOfAFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, to, again := filepath.Join(folder, "q.db"), filepath.Join(folder, "b.db"), filepath.Join(folder, "new.db")
	good := filled(t)
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := bolt.Backup(t.Context(), path, to, nil, nil); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, good) {
		t.Errorf("the database was changed (%v)", err)
	}
	if err := bolt.Restore(t.Context(), to, again, nil, nil); err != nil {
		t.Fatal(err)
	}
	e := open(t, again)
	if err := e.View(t.Context(), "t", func(tx store.Tx) error {
		kvs, err := tx.Scan([]byte("p"), []byte("q"), 0)
		if len(kvs) != 300 || string(kvs[7].Value) != strings.Repeat("v", 400) {
			t.Errorf("%d records", len(kvs))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(folder, "link.db")
	if err := os.Symlink(filepath.Join(folder, "gone"), link); err != nil {
		t.Fatal(err)
	}
	for _, there := range []string{path, to, folder, link} {
		before, _ := os.ReadFile(there)
		for name, err := range map[string]error{
			"backup": bolt.Backup(t.Context(), path, there, nil, nil), "live": e.Backup(t.Context(), there, nil, nil), "restore": bolt.Restore(t.Context(), to, there, nil, nil),
			"receive": bolt.Receive(t.Context(), bytes.NewReader(good), int64(len(good)), there, again, nil, nil),
		} {
			if !errors.Is(err, bolt.ErrExists) || !strings.Contains(err.Error(), there) {
				t.Errorf("%s to %s: %v", name, there, err)
			}
		}
		if after, _ := os.ReadFile(there); !bytes.Equal(after, before) {
			t.Errorf("%s was changed", there)
		}
	}
	nowhere := filepath.Join(folder, "none", "b.db")
	if err := bolt.Backup(t.Context(), path, nowhere, nil, nil); err == nil || !strings.Contains(err.Error(), nowhere) {
		t.Errorf("to no folder: %v", err)
	}
	if err := bolt.Backup(t.Context(), again, filepath.Join(folder, "c.db"), nil, nil); !errors.Is(err, bolt.ErrLocked) {
		t.Errorf("of a file in use: %v", err)
	}
	if left := slices.Concat(halves(t, path), halves(t, to), halves(t, again)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// What can't be restored is refused in whole, whatever is wrong with it.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	good := filled(t)
	turned := bytes.Clone(good)
	at := bytes.LastIndex(turned[:40*os.Getpagesize()], []byte("pk1"))
	turned[at] = '?' // a key of no kind
	short := bytes.Clone(good)
	for name, c := range map[string]struct {
		content []byte
		want    error
	}{
		"empty": {nil, bolt.ErrEmpty}, "text": {[]byte("hello"), bolt.ErrCorrupt}, "zeros": {make([]byte, 1<<16), bolt.ErrCorrupt},
		"cut off": {short[:len(short)/3], bolt.ErrCorrupt}, "foreign": {foreign(t), bolt.ErrForeign}, "newer": {newer(t), bolt.ErrNewer},
		"a record turned": {turned, bolt.ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := filepath.Join(t.TempDir(), "b.db"), filepath.Join(t.TempDir(), "q.db")
			if err := os.WriteFile(from, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			err := bolt.Restore(t.Context(), from, to, nil, nil)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), from) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %v and the path in one line", err, c.want)
			}
			if names, err := os.ReadDir(filepath.Dir(to)); err != nil || len(names) > 0 {
				t.Errorf("written: %v %v", names, err)
			}
			if after, err := os.ReadFile(from); err != nil || sha256.Sum256(after) != sha256.Sum256(c.content) {
				t.Errorf("the backup was changed (%v)", err)
			}
		})
	}
	if err := bolt.Restore(t.Context(), filepath.Join(t.TempDir(), "none"), filepath.Join(t.TempDir(), "q.db"), nil, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no backup: %v", err)
	}
}

// large is a database that takes a while to copy.
func large(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "q.db")
	e := open(t, path)
	for i := range 10 {
		if err := e.Update(t.Context(), "t", func(tx store.Tx) error {
			for j := range 200 {
				tx.Put(fmt.Appendf(nil, "p%d-%d", i, j), bytes.Repeat([]byte("v"), 1000))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// A process that is killed while it backs up leaves no half file under the name.
func TestKilledWhileBackingUp(t *testing.T) {
	t.Parallel()
	path := large(t)
	to := filepath.Join(t.TempDir(), "b.db")
	cut := 0
	for i := range 12 {
		_ = os.Remove(to)
		cmd, out := child(t, path, backupTo+"="+to)
		said := make([]byte, 64)
		if n, err := out.Read(said); err != nil || !strings.HasPrefix(string(said[:n]), "begin") {
			t.Fatalf("child: %s %v", said, err)
		}
		time.Sleep(time.Duration(rand.IntN(1+4*i)) * time.Millisecond) // any moment will do
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(out)
		_ = cmd.Wait()
		if strings.Contains(string(rest), "failed") {
			t.Fatalf("child: %s", rest)
		}
		if _, err := os.Stat(to); err == nil {
			sound(t, to)
		}
		cut += len(halves(t, to))
	}
	if cut == 0 {
		t.Error("none was killed in the middle")
	}
	old := time.Now().Add(-time.Hour)
	for _, half := range halves(t, to) {
		if err := os.Chtimes(half, old, old); err != nil {
			t.Fatal(err)
		}
	}
	_ = os.Remove(to)
	if err := open(t, path).Backup(t.Context(), to, nil, nil); err != nil {
		t.Fatal(err)
	}
	if left := halves(t, to); len(left) > 0 {
		t.Errorf("the next backup leaves %v", left)
	}
}

// A disk without room fails the backup, with the path and the cure, and neither
// leaves half of it nor does the database any harm.
func TestBackupToAFullDisk(t *testing.T) {
	t.Parallel()
	path := large(t)
	to := filepath.Join(t.TempDir(), "b.db")
	_, out := child(t, path, backupTo+"="+to, "QUIZBOT_TEST_LIMIT=1")
	said, err := io.ReadAll(out)
	lines := strings.Split(string(said), "\n")
	if err != nil || len(lines) != 4 {
		t.Fatalf("child: %s %v", said, err)
	}
	if !strings.HasPrefix(lines[0], "backup: backup "+to) || !strings.Contains(lines[0], "make room") {
		t.Errorf("it says %s", lines[0])
	}
	if !strings.Contains(lines[1], path) || !strings.Contains(lines[1], "make room") {
		t.Errorf("it says %s", lines[1])
	}
	if lines[2] != "commit: <nil> <nil>" {
		t.Errorf("afterwards: %s", lines[2])
	}
	if names, err := os.ReadDir(filepath.Dir(to)); err != nil || len(names) > 0 {
		t.Errorf("left behind: %v %v", names, err)
	}
	if left := halves(t, path); len(left) > 0 {
		t.Errorf("left beside the database: %v", left)
	}
	sound(t, path)
}

// A copy that would take the room that the database on the same disk needs is not
// begun.
func TestBackupLeavesRoom(t *testing.T) {
	t.Parallel()
	path := large(t)
	to := filepath.Join(filepath.Dir(path), "b.db")
	err := bolt.Receive(t.Context(), bytes.NewReader(nil), 1<<60, to, path, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "backup "+to) || !strings.Contains(err.Error(), "too little space is left") {
		t.Errorf("a copy larger than the disk: %v", err)
	}
	if left := halves(t, to); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A copy without a name reads as a backup; what a killed process left of one goes
// with the next start.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	path := large(t)
	left := path + ".copy-12"
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	e := open(t, path)
	if names := halves(t, path); len(names) > 0 {
		t.Errorf("left: %v", names)
	}
	f, err := e.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if names := halves(t, path); len(names) > 0 {
		t.Errorf("it has a name: %v", names)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "b.db")
	if err := bolt.Receive(t.Context(), f, info.Size()+1, to, path, nil, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("less came than was said: %v", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if err := bolt.Receive(t.Context(), f, info.Size(), to, path, nil, nil); err != nil {
		t.Fatal(err)
	}
	sound(t, to)
}

// The end of the engine, or of whoever asked, ends a backup.
func TestBackupEnds(t *testing.T) {
	t.Parallel()
	e := open(t, large(t))
	to := filepath.Join(t.TempDir(), "b.db")
	closed := make(chan error, 1)
	var once sync.Once
	err := e.Backup(t.Context(), to, func(int64, int64) {
		once.Do(func() {
			go func() { closed <- e.Close() }()
			for !errors.Is(put(e, "k", "v"), bolt.ErrClosed) { // until it is about to close
				time.Sleep(time.Millisecond)
			}
		})
	}, nil)
	if !errors.Is(err, bolt.ErrClosed) {
		t.Errorf("closed meanwhile: %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := e.Backup(t.Context(), to, nil, nil); !errors.Is(err, bolt.ErrClosed) {
		t.Errorf("closed before: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := open(t, large(t)).Backup(ctx, to, func(int64, int64) { cancel() }, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	if names, err := os.ReadDir(filepath.Dir(to)); err != nil || len(names) > 0 {
		t.Errorf("left behind: %v %v", names, err)
	}
}

// Whatever is damaged, looking for it ends, and what is found sound bbolt's own
// check finds sound.
func TestCheckSurvivesDamage(t *testing.T) {
	t.Parallel()
	page := os.Getpagesize()
	path, whole := filepath.Join(t.TempDir(), "q.db"), filepath.Join(t.TempDir(), "whole.db")
	if err := os.WriteFile(path, filled(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := bolt.Backup(t.Context(), path, whole, nil, nil); err != nil { // without pages that nobody uses
		t.Fatal(err)
	}
	good, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	check := func(content []byte) (found bool) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		faults, err := bolt.Check(t.Context(), path)
		return err != nil || len(faults) > 0
	}
	if check(good) {
		t.Fatal("faults in a good file")
	}
	r := rand.New(rand.NewPCG(5, 6))
	found := 0
	for range 60 {
		c := bytes.Clone(good)
		at := r.IntN(len(good)/page)*page + r.IntN(160) // heads and lists of records
		for i := range 1 + r.IntN(32) {
			c[at+i] = byte(r.Uint32())
		}
		if check(c) {
			found++
		}
	}
	if found < 40 {
		t.Errorf("only %d damaged files were found so", found)
	}
	for head := range 2 { // an older commit is silently fallen back to
		c := bytes.Clone(good)
		c[head*page+30] ^= 1
		if !check(c) {
			t.Errorf("head %d is damaged, and nothing was found", head)
		}
	}
}

// Both ways to look at pages agree on what bbolt writes: large records, nested
// buckets, free pages.
func TestCheckOfWhatBboltWrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "q.db")
	if err := os.WriteFile(path, filled(t), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 8))
	for range 60 {
		if err := db.Update(func(tx *bbolt.Tx) error {
			for range r.IntN(60) {
				b, err := tx.Bucket([]byte("teams")).CreateBucketIfNotExists(fmt.Appendf(nil, "=%d", r.IntN(9)))
				if err != nil {
					return err
				}
				k := fmt.Appendf(nil, "p%d", r.IntN(900))
				if r.IntN(3) == 0 {
					err = b.Delete(k)
				} else {
					err = b.Put(k, make([]byte, r.IntN(1+r.IntN(20_000))))
				}
				if err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	sound(t, path)
	to := filepath.Join(t.TempDir(), "b.db")
	if err := bolt.Backup(t.Context(), path, to, nil, nil); err != nil {
		t.Fatal(err)
	}
	if a, b := content(t, path), content(t, to); a != b {
		t.Error("the copy holds something else")
	}
}

// content sums up all teams' records.
func content(t *testing.T, path string) string {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	sum := sha256.New()
	if err := db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("teams")).ForEachBucket(func(team []byte) error {
			return tx.Bucket([]byte("teams")).Bucket(team).ForEach(func(k, v []byte) error {
				_, err := fmt.Fprintf(sum, "%q %q %q\n", team, k, v)
				return err
			})
		})
	}); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}
