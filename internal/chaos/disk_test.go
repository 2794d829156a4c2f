//go:build chaos

package chaos

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"quizbot/internal/failpoint"
	"quizbot/store"
	"quizbot/store/bolt"
)

const (
	diskRooms, diskPlayers = 6, 8
	// refusedWithin is how long a start may take that comes to nothing.
	refusedWithin = 5 * time.Second
)

// limited has a process see a disk that ends after so many KiB of one file.
func limited(kib int) []string {
	return []string{"bash", "-c", fmt.Sprintf(`ulimit -f %d; exec "$0" "$@"`, kib)}
}

// TestFullDisk: the process ends and says so when a write fails, and after there is room
// again everything that was acknowledged is there.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	t.Run("file size limit", func(t *testing.T) {
		dir := t.TempDir()
		size := nearlyFull(t, filepath.Join(dir, "quizbot.db"))
		fullDisk(t, dir, limited(int(size/1024)))
	})
	t.Run("file system", func(t *testing.T) {
		dir := smallDisk(t, "size=400k")
		if dir == "" {
			t.Log("no file system can be mounted here; the limit on the file's size stands for it")
			return
		}
		fullDisk(t, dir, nil)
	})
}

// nearlyFull makes a database that will soon have to grow, and returns its size in bytes.
func nearlyFull(t *testing.T, path string) int64 {
	engine, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := store.New(engine)
	for i := 0; ; i++ {
		var info syscall.Stat_t
		if err := syscall.Stat(path, &info); err != nil {
			t.Fatal(err)
		}
		if info.Blocks*512 > info.Size-48<<10 { // it is made with holes, which are filled now
			if err := engine.Close(); err != nil {
				t.Fatal(err)
			}
			return info.Size
		}
		if err := s.SetValue(t.Context(), fmt.Sprintf("filler %d", i), make([]byte, 30_000)); err != nil {
			t.Fatal(err)
		}
	}
}

// smallDisk mounts a file system in memory; "" where that is not allowed.
func smallDisk(t *testing.T, options string) string {
	dir := t.TempDir()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).Run(); err != nil {
		return ""
	}
	t.Cleanup(func() {
		if err := exec.Command("umount", dir).Run(); err != nil {
			t.Errorf("umount: %v", err)
		}
	})
	return dir
}

func fullDisk(t *testing.T, dir string, wrap []string) {
	t.Parallel()
	c := newCampaign(t, diskRooms, diskPlayers)
	c.db = filepath.Join(dir, "quizbot.db")
	enough := c.start()
	proc := startProcess(t, c.env(false, ""), wrap...)
	select {
	case <-proc.over:
	case <-time.After(90 * time.Second):
		proc.kill()
		t.Fatalf("the disk never was full")
	}
	if status := proc.cmd.ProcessState.ExitCode(); status != 1 || !strings.Contains(proc.log(), c.db) {
		t.Errorf("it ended with status %d and said:\n%s", status, proc.log())
	}
	c.kills++
	roomy := filepath.Join(t.TempDir(), "quizbot.db") // the file, on a disk with room
	src, err := os.ReadFile(c.db)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(roomy, src, 0o600); err != nil {
		t.Fatal(err)
	}
	c.db = roomy
	b, err := readBooks(t.TempDir(), c.db, c.on, c.channels, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range c.compareRecords(b).lines {
		c.fail("after the disk was full: %s", line)
	}
	c.end(enough)
}

// TestSlowDisk: a sync that takes 200 ms delays acknowledgements, and none comes late.
func TestSlowDisk(t *testing.T) {
	t.Parallel()
	c := newCampaign(t, diskRooms, diskPlayers)
	enough := c.start()
	proc := startProcess(t, c.env(false, string(failpoint.Writing)+"=sleep:200ms"))
	if _, ok := proc.ready(readyWithin); !ok {
		t.Fatalf("not ready:\n%s", proc.log())
	}
	c.tally.failed.Store(0)
	for _, r := range c.rooms {
		r.slowest.Store(0)
	}
	time.Sleep(15 * time.Second) // of play
	slowest := int64(0)
	for _, r := range c.rooms {
		slowest = max(slowest, r.slowest.Load())
	}
	if n := c.tally.failed.Load(); n > 0 || time.Duration(slowest) > 3*time.Second {
		c.fail("%d presses failed, the slowest acknowledgement took %s", n, time.Duration(slowest))
	}
	fmt.Printf("with a sync of 200 ms the slowest of %d acknowledgements took %s\n", c.tally.acked.Load(), time.Duration(slowest).Round(time.Millisecond))
	proc.kill()
	c.kills++
	b, err := readBooks(t.TempDir(), c.db, c.on, c.channels, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range c.compareRecords(b).lines {
		c.fail("on a slow disk: %s", line)
	}
	c.end(enough)
}

// refused starts the program on a file that it must not touch.
func refused(t *testing.T, c *campaign, path string, words ...string) {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c.db = path
	proc := startProcess(t, c.env(true, ""))
	select {
	case <-proc.over:
	case <-time.After(refusedWithin):
		proc.kill()
		t.Errorf("it had not ended after %s", refusedWithin)
	}
	refusal(t, proc, path, words...)
	if after, err := os.ReadFile(path); err != nil || sha256.Sum256(after) != sha256.Sum256(before) {
		t.Errorf("the file was changed (%v)", err)
	}
}

// refusal checks how a process ended that could not use a file.
func refusal(t *testing.T, proc *process, path string, words ...string) {
	t.Helper()
	said := proc.log()
	last := said[strings.LastIndex(said, "\n")+1:]
	t.Log(last)
	if status := proc.cmd.ProcessState.ExitCode(); status != 1 || !strings.Contains(last, path) ||
		slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(last, w) }) {
		t.Errorf("status %d, want 1 and %s with the words %q:\n%s", status, path, words, said)
	}
}

// TestBadFile: what a disk or an operator has made of the file is refused within
// seconds, with its path and the cure, and left alone.
func TestBadFile(t *testing.T) {
	t.Parallel()
	c := newCampaign(t, 1, 1)
	good := filepath.Join(t.TempDir(), "good.db")
	engine, err := bolt.Open(good, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if err := store.New(engine).SetValue(t.Context(), fmt.Sprintf("n%d", i), make([]byte, 4000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	damage := func(from, to int) []byte {
		out := slices.Clone(whole)
		for i := from; i < to; i++ {
			out[i] ^= 0xa5
		}
		return out
	}
	for name, content := range map[string][]byte{
		"empty": {}, "truncated": whole[:len(whole)*2/3], "cut to two pages": whole[:8192], "both meta pages": damage(0, 8192), "a text": []byte("this is no database"),
		"zeros": make([]byte, 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bad.db")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			refused(t, c, path, "backup")
		})
	}
	t.Run("newer", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "newer.db")
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := bbolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("version"), []byte("99")) })
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		refused(t, c, path, "newer")
	})
	t.Run("in use", func(t *testing.T) { inUse(t, c, good) })
	t.Run("not readable", func(t *testing.T) { notReadable(t, c, whole) })
	t.Run("read-only disk", func(t *testing.T) { readOnlyDisk(t, c, whole) })
}

// inUse: the second process on a file ends, the first goes on.
func inUse(t *testing.T, c *campaign, path string) {
	c.db = path
	first := startProcess(t, c.env(true, ""))
	if _, ok := first.ready(readyWithin); !ok {
		t.Fatalf("not ready:\n%s", first.log())
	}
	second := startProcess(t, c.env(true, ""))
	select {
	case <-second.over:
	case <-time.After(refusedWithin):
		second.kill()
		t.Errorf("the second had not ended after %s", refusedWithin)
	}
	refusal(t, second, path, "other quizbot")
	if status, _ := first.get("/readyz"); status != 200 {
		t.Errorf("the first is not ready any more:\n%s", first.log())
	}
	if status, err := first.stop(); status != 0 || err != nil {
		t.Errorf("the first ended with status %d (%v)", status, err)
	}
}

// notReadable: a file that this user may not write.
func notReadable(t *testing.T, c *campaign, content []byte) {
	dir, err := os.MkdirTemp("", "quizbot-chaos-ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "ro.db")
	if err := os.WriteFile(path, content, 0o444); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 {
		refused(t, c, path, "let this user")
		return
	}
	if err := os.Chmod(dir, 0o755); err != nil { // root may write everything: be somebody else
		t.Fatal(err)
	}
	c.db = path
	env := slices.DeleteFunc(c.env(true, ""), func(e string) bool { return strings.HasPrefix(e, "QUIZBOT_PACKS=") }) // in root's folder
	proc := startAs(t, env, &syscall.Credential{Uid: 65534, Gid: 65534})
	select {
	case <-proc.over:
	case <-time.After(refusedWithin):
		proc.kill()
		t.Errorf("it had not ended after %s", refusedWithin)
	}
	refusal(t, proc, path, "let this user")
}

// readOnlyDisk: a file system that was mounted to be read.
func readOnlyDisk(t *testing.T, c *campaign, content []byte) {
	dir := smallDisk(t, "size=64m")
	if dir == "" {
		t.Log("no file system can be mounted here")
		return
	}
	path := filepath.Join(dir, "quizbot.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("mount", "-o", "remount,ro", dir).Run(); err != nil {
		t.Fatal(err)
	}
	refused(t, c, path, "read-only", "writable")
}
