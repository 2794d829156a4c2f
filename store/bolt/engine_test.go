package bolt_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/store"
	"quizbot/store/bolt"
	"quizbot/store/storetest"
)

// asChild in the environment makes the test binary a process that commits.
const asChild = "QUIZBOT_TEST_COMMIT"

func TestMain(m *testing.M) {
	if path := os.Getenv(asChild); path != "" {
		if to := os.Getenv(backupTo); to != "" {
			backUp(path, to)
		} else {
			commitForEver(path)
		}
		return
	}
	if path := os.Getenv(asMigrator); path != "" {
		migrateOnce(path)
		return
	}
	goleak.VerifyTestMain(m)
}

func open(t testing.TB, path string) *bolt.Engine {
	t.Helper()
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func TestEngine(t *testing.T) {
	t.Parallel()
	storetest.RunEngine(t, func(t *testing.T) store.Engine { return open(t, filepath.Join(t.TempDir(), "q.db")) })
}

// put writes a record of a kind whose value can be anything: a player's name.
func put(e *bolt.Engine, key, value string) error {
	return e.Update(context.Background(), "t", func(tx store.Tx) error {
		tx.Put([]byte("p"+key), []byte(value))
		return nil
	})
}

// filled is the bytes of a good file, the caller's to change.
func filled(t *testing.T) []byte {
	t.Helper()
	good, err := goodFile()
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(good)
}

var goodFile = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "good")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "good.db")
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return nil, err
	}
	for i := range 300 {
		err = errors.Join(err, put(e, fmt.Sprintf("k%03d", i), strings.Repeat("v", 400)))
	}
	if err := errors.Join(err, e.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// place writes a file that ends with zeros, of which there are most in a file that
// bbolt has made larger for what is to come: they take no room on the disk, and no time.
func place(t *testing.T, content []byte, size int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "q.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(size)); err != nil {
		t.Fatal(err)
	}
	return path
}

// written is content without the pages of zeros at its end.
func written(content []byte) []byte {
	page := os.Getpagesize()
	for zeros := make([]byte, page); len(content) >= page && bytes.Equal(content[len(content)-page:], zeros); {
		content = content[:len(content)-page]
	}
	return content
}

// A file that can't be used is refused with its reason, path and cure, and
// stays as it is to the last byte.
func TestRefusedFilesAreLeftAlone(t *testing.T) {
	t.Parallel()
	good := filled(t)
	page := os.Getpagesize()
	change := func(at int, b byte) []byte {
		c := append([]byte(nil), good...)
		for i := range 40 {
			c[at+i] ^= b
		}
		return c
	}
	cases := map[string]struct {
		content []byte
		want    error
	}{
		"empty":            {nil, bolt.ErrEmpty},
		"text":             {[]byte("hello"), bolt.ErrCorrupt},
		"zeros":            {make([]byte, 4*page), bolt.ErrCorrupt},
		"both metas wrong": {append(change(16, 0xff)[:page], change(page+16, 0xff)[page:]...), bolt.ErrCorrupt},
		"last byte gone":   {good[:len(good)-1], bolt.ErrCorrupt},
		"foreign":          {foreign(t), bolt.ErrForeign},
		"newer":            {newer(t), bolt.ErrNewer},
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 12 {
		n := 1 + r.IntN(len(good)-2)
		if i < 4 {
			n = (i + 1) * page / 2
		}
		cases[fmt.Sprintf("cut to %d bytes", n)] = struct {
			content []byte
			want    error
		}{good[:n], bolt.ErrCorrupt}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "q.db")
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			e, err := bolt.Open(path, bolt.Options{})
			if err == nil {
				_ = e.Close()
				t.Fatalf("opened, want %v", c.want)
			}
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q, want %v and the path in one line", err, c.want)
			}
			after, readErr := os.ReadFile(path)
			if readErr != nil || sha256.Sum256(after) != sha256.Sum256(c.content) {
				t.Errorf("the file was changed (%v)", readErr)
			}
		})
	}
}

// Whatever byte is damaged, opening ends in an error or in a usable file, never
// in a panic.
func TestDamagedBytes(t *testing.T) {
	t.Parallel()
	good := filled(t)
	size := len(good)
	good = written(good)
	r := rand.New(rand.NewPCG(3, 4))
	used := 60 * os.Getpagesize()
	for range 60 {
		c := bytes.Clone(good)
		at := r.IntN(used)
		for i := range 1 + r.IntN(64) {
			c[at+i] = byte(r.Uint32())
		}
		path := place(t, c, size)
		if e, err := bolt.Open(path, bolt.Options{}); err == nil {
			if err := put(e, "more", "words"); err != nil {
				t.Errorf("damaged at %d, opened all the same, and then: %v", at, err)
			}
			_ = e.Close()
		} else if !errors.Is(err, bolt.ErrCorrupt) && !errors.Is(err, bolt.ErrForeign) && !errors.Is(err, bolt.ErrNewer) {
			t.Errorf("damaged at %d: %v", at, err)
		}
	}
}

// TestDamagedFreelist: pages that are free and in use at once are found before bbolt
// gives one of them away.
func TestDamagedFreelist(t *testing.T) {
	t.Parallel()
	content := filled(t)
	page := os.Getpagesize()
	found := false
	for at := 2 * page; at+page <= len(content); at += page {
		kind, count := binary.NativeEndian.Uint16(content[at+8:]), binary.NativeEndian.Uint16(content[at+10:])
		if kind != 0x10 || count == 0 || binary.NativeEndian.Uint64(content[at:]) != uint64(at/page) {
			continue
		}
		found = true
		content[at+16] ^= 0x01 // another page than the one that is free
	}
	if !found {
		t.Fatal("there is no list of free pages")
	}
	path := filepath.Join(t.TempDir(), "q.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Open(path, bolt.Options{}); !errors.Is(err, bolt.ErrCorrupt) {
		t.Errorf("opened: %v", err)
	}
}

// TestDamagedHead: bbolt goes on from the other head, one change earlier. That can be
// right, after a power failure, so it is no refusal; but it is said.
func TestDamagedHead(t *testing.T) {
	t.Parallel()
	for head := range 2 {
		content := filled(t)
		content[head*os.Getpagesize()+20] ^= 0x10
		path := filepath.Join(t.TempDir(), "q.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if faults, err := bolt.Check(t.Context(), path); err != nil || len(faults) == 0 {
			t.Errorf("head %d: check finds %q, %v", head, faults, err)
		}
		var log strings.Builder
		e, err := bolt.Open(path, bolt.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(put(e, "more", "words"), e.Close()); err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "backup") {
			t.Errorf("head %d: the log says %q", head, log.String())
		}
	}
}

func made(t *testing.T, fn func(*bbolt.Tx) error) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(fn); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func foreign(t *testing.T) []byte {
	return made(t, func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("somebody else's"))
		return err
	})
}

func newer(t *testing.T) []byte {
	return made(t, func(tx *bbolt.Tx) error {
		for _, name := range []string{"meta", "teams", "index"} {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return tx.Bucket([]byte("meta")).Put([]byte("version"), []byte(strconv.Itoa(store.FormatVersion+1)))
	})
}

func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "q.db")
	e := open(t, path)
	if second, err := bolt.Open(path, bolt.Options{}); !errors.Is(err, bolt.ErrLocked) {
		t.Errorf("a second one: %v %v, want ErrLocked", second, err)
	}
	if err := put(e, "a", "1"); err != nil {
		t.Errorf("the first one afterwards: %v", err)
	}
}

func TestNewFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "q.db")
	_ = open(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v, want 0600", info.Mode(), err)
	}
	if _, err := bolt.Open(filepath.Join(path, "no", "folder.db"), bolt.Options{}); err == nil {
		t.Error("a file where there is no folder")
	}
	if _, err := bolt.Open(t.TempDir(), bolt.Options{}); err == nil {
		t.Error("a folder as a file")
	}
}

func TestCloseWhileWritersWait(t *testing.T) {
	t.Parallel()
	e := open(t, filepath.Join(t.TempDir(), "q.db"))
	var writing sync.WaitGroup
	var kept atomic.Int32
	for i := range 100 {
		writing.Go(func() {
			err := put(e, fmt.Sprintf("k%d", i), "v")
			if err == nil {
				kept.Add(1)
			} else if !errors.Is(err, bolt.ErrClosed) {
				t.Errorf("put: %v", err)
			}
		})
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	writing.Wait()
	if err := put(e, "late", "v"); !errors.Is(err, bolt.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("a second close: %v", err)
	}
}

// Whoever waits shares a commit: a hundred writers need far fewer than a hundred.
func TestWritersShareCommits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "q.db")
	e := open(t, path)
	hold, held := make(chan struct{}), make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		_ = e.Update(context.Background(), "t", func(tx store.Tx) error {
			close(held)
			<-hold
			tx.Put([]byte("first"), nil)
			return nil
		})
	})
	<-held
	var queued atomic.Int32
	for i := range 100 {
		writing.Go(func() {
			queued.Add(1)
			if err := put(e, fmt.Sprintf("k%d", i), "v"); err != nil {
				t.Error(err)
			}
		})
	}
	for queued.Load() < 100 {
		time.Sleep(time.Millisecond) // until all are about to write
	}
	close(hold)
	writing.Wait()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.View(func(tx *bbolt.Tx) error {
		if id := tx.ID(); id > 60 {
			t.Errorf("100 writers took %d transactions", id)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func answer(n int) bot.Change {
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	room := bot.RoomID(fmt.Sprintf("r%d", n%4))
	return bot.Change{
		Team: "t", Room: room, From: uint64(n / 4), At: at, Causes: []string{fmt.Sprintf("d%d", n)},
		Answers: []bot.Entry{{Room: room, Round: n, Player: bot.UserID(fmt.Sprintf("p%d", n%7)), Pack: "x", At: at, Points: 10, Right: true}},
	}
}

// commitForEver commits one answer after the other in each of four rooms and
// prints each that was acknowledged.
func commitForEver(path string) {
	limitFiles()
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		fmt.Println("open", err)
		return
	}
	s := store.New(e)
	var printing sync.Mutex
	var committing sync.WaitGroup
	for room := range 4 {
		committing.Go(func() {
			for n := room; ; n += 4 {
				err := s.Commit(context.Background(), answer(n))
				var seen *bot.SeenError
				if errors.As(err, &seen) || errors.Is(err, bot.ErrStale) {
					continue // from the life before
				}
				printing.Lock()
				if err != nil {
					fmt.Println("failed", errors.Is(err, bolt.ErrFailed), err)
					select {
					case <-e.Failed():
						fmt.Println("said so")
					default:
					}
				} else {
					fmt.Println("ok", n)
				}
				printing.Unlock()
				if err != nil {
					return
				}
				if n%16 == 0 { // boards are folded between the answers
					_ = s.Fold(context.Background(), "t")
				}
			}
		})
	}
	committing.Wait()
}

// limitFiles keeps a child from writing files longer than QUIZBOT_TEST_LIMIT, as a
// full disk would.
func limitFiles() {
	limit := os.Getenv("QUIZBOT_TEST_LIMIT")
	if limit == "" {
		return
	}
	n, _ := strconv.ParseUint(limit, 10, 64)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		fmt.Println("limit", err)
	}
}

// child starts a process that commits, and gives its output.
func child(t *testing.T, path string, env ...string) (*exec.Cmd, io.Reader) {
	t.Helper()
	return again(t, append(env, asChild+"="+path)...)
}

// again starts this test binary once more, as what env says, and gives its output.
func again(t *testing.T, env ...string) (*exec.Cmd, io.Reader) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

// What was acknowledged is there after kill -9, once, and the boards agree with it.
func TestKilledWhileCommitting(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "q.db")
	acknowledged := map[int]bool{}
	for round := range 6 {
		cmd, out := child(t, path)
		enough := 20 + rand.IntN(200)
		scanner := bufio.NewScanner(out)
		for n := 0; scanner.Scan(); n++ {
			word, number, _ := strings.Cut(scanner.Text(), " ")
			if word != "ok" {
				t.Fatalf("round %d: %s", round, scanner.Text())
			}
			i, err := strconv.Atoi(number)
			if err != nil {
				t.Fatal(err)
			}
			if acknowledged[i] {
				t.Fatalf("answer %d was taken twice", i)
			}
			acknowledged[i] = true
			if n == enough {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()
		check(t, path, acknowledged)
	}
}

func check(t *testing.T, path string, acknowledged map[int]bool) {
	t.Helper()
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	s := store.New(e)
	for n := range acknowledged {
		c := answer(n)
		if _, ok, err := s.Given(t.Context(), "t", c.Room, n, c.Answers[0].Player); err != nil || !ok {
			t.Fatalf("answer %d was acknowledged and is gone (%v)", n, err)
		}
		if fresh, err := s.Once(t.Context(), "t", fmt.Sprintf("d%d", n), c.At); err != nil || fresh {
			t.Fatalf("delivery %d is not known again (%v)", n, err)
		}
	}
	total := map[bot.UserID]int{}
	for n := range 12_000 { // those on disk, acknowledged or not; one room may be far ahead of the others
		c := answer(n)
		if _, ok, err := s.Given(t.Context(), "t", c.Room, n, c.Answers[0].Player); err != nil {
			t.Fatal(err)
		} else if ok {
			total[c.Answers[0].Player] += 10
		}
	}
	b, err := s.Board(t.Context(), bot.BoardQuery{Team: "t", Period: quiz.AllTime, Now: answer(0).At, Top: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, standing := range b.Top {
		if standing.Points != total[bot.UserID(standing.Player)] {
			t.Errorf("the board gives %s %d points, the ledger %d", standing.Player, standing.Points, total[bot.UserID(standing.Player)])
		}
	}
	if len(b.Top) != len(total) {
		t.Errorf("%d players on the board, %d in the ledger", len(b.Top), len(total))
	}
}

// A disk without room ends the engine with a word, and loses nothing.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "q.db")
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	cmd, out := child(t, path, "QUIZBOT_TEST_LIMIT=600000") // bytes of the file that can be written
	acknowledged, failed, said := map[int]bool{}, false, false
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		var n int
		switch line := scanner.Text(); {
		case strings.HasPrefix(line, "ok "):
			_, _ = fmt.Sscanf(line, "ok %d", &n)
			acknowledged[n] = true
		case strings.HasPrefix(line, "failed true"):
			failed = true
		case line == "said so":
			said = true
		default:
			t.Errorf("child: %s", line)
		}
	}
	_ = cmd.Wait()
	if !failed || !said || len(acknowledged) == 0 {
		t.Errorf("failed %v, said so %v, after %d answers", failed, said, len(acknowledged))
	}
	check(t, path, acknowledged)
}

func BenchmarkCommit(b *testing.B) {
	for _, rooms := range []int{1, 16, 128} {
		b.Run(fmt.Sprintf("rooms=%d", rooms), func(b *testing.B) {
			s := store.New(open(b, filepath.Join(b.TempDir(), "q.db")))
			at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
			var next atomic.Int64
			b.ReportAllocs()
			b.ResetTimer()
			var working sync.WaitGroup
			for room := range rooms {
				working.Go(func() {
					id := bot.RoomID(fmt.Sprintf("room%d", room))
					for rev := uint64(0); ; rev++ {
						n := next.Add(1)
						if n > int64(b.N) {
							return
						}
						if err := s.Commit(context.Background(), bot.Change{
							Team: "t", Room: id, From: rev, At: at, Causes: []string{fmt.Sprintf("delivery-%d", n)},
							Answers: []bot.Entry{{Room: id, Round: int(n), Player: "player", Pack: "x", Question: "q", At: at, Points: 10, Right: true}},
						}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			working.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}
