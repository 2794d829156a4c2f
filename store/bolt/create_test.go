package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"quizbot/store"
	"quizbot/store/bolt"
)

// A process that is killed while it makes the file leaves none, or a good one.
func TestKilledWhileMakingTheFile(t *testing.T) {
	t.Parallel()
	made := 0
	for i := range 30 {
		path := filepath.Join(t.TempDir(), "q.db")
		cmd, _ := child(t, path)
		for { // the file's folder changes when the child has begun
			if names, err := os.ReadDir(filepath.Dir(path)); err != nil || len(names) > 0 {
				break
			}
		}
		for range i * 2000 { // a little later each time
			_ = os.Getpid()
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if _, err := os.Stat(path); err == nil {
			made++
		}
		e, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Fatalf("after a kill: %v", err)
		}
		_ = e.Close()
	}
	t.Logf("%d of 30 were made before the kill", made)
}

func TestHalfMadeFilesAreSweptUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "q.db")
	old, young := path+".new-1", path+".new-2"
	for _, name := range []string{old, young} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hour := time.Now().Add(-time.Hour)
	if err := os.Chtimes(old, hour, hour); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	if _, err := os.Stat(old); err == nil {
		t.Error("what a dead process left is still there")
	}
	if _, err := os.Stat(young); err != nil {
		t.Error("what another process may be making is gone")
	}
}

// Several processes that find no file make one together: each opens the same, or
// is told that it is in use.
func TestMadeByManyAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "q.db")
	results := make(chan error, 4)
	for range 4 {
		go func() {
			e, err := bolt.Open(path, bolt.Options{})
			if err == nil {
				err = put(e, "k", "v")
				_ = e.Close()
			}
			results <- err
		}()
	}
	for range 4 {
		if err := <-results; err != nil && !errors.Is(err, bolt.ErrLocked) {
			t.Error(err)
		}
	}
}

func TestNoOrdinaryFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	fifo, link := filepath.Join(folder, "fifo.db"), filepath.Join(folder, "link.db")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(folder, "gone.db"), link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, link, "/dev/null"} {
		if e, err := bolt.Open(path, bolt.Options{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v %v", path, e, err)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "gone.db")); err == nil {
		t.Error("a database was made where the link leads")
	}
}

// Copies as bbolt itself writes them end with the last page in use.
func TestCopiesAreWhole(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "q.db")
	if err := os.WriteFile(path, filled(t), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := db.View(func(tx *bbolt.Tx) error { return tx.CopyFile(copied, 0o600) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := put(open(t, copied), "more", "words"); err != nil {
		t.Error(err)
	}
}

// A record that can't be read is found when the file is opened, not in a game.
func TestUnreadableRecords(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(tx *bbolt.Tx) error{
		"an answer that is no JSON": func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("teams")).Bucket([]byte("=t")).Put([]byte("l12345678"), []byte(`{"v":1,`))
		},
		"a counter of another size": func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("teams")).Bucket([]byte("=t")).Put([]byte("nledger\x00"), []byte("1"))
		},
		"a key of no kind": func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("teams")).Bucket([]byte("=t")).Put([]byte("?"), nil)
		},
		"a version far ahead": func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("meta")).Put([]byte("version"), []byte(strings.Repeat("9", 23)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			good := filled(t)
			path := place(t, written(good), len(good))
			db, err := bbolt.Open(path, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Update(change); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			e, err := bolt.Open(path, bolt.Options{})
			if err == nil {
				_ = e.Close()
			}
			if want := bolt.ErrCorrupt; strings.HasPrefix(name, "a version") && !errors.Is(err, bolt.ErrNewer) || !strings.HasPrefix(name, "a version") && !errors.Is(err, want) {
				t.Errorf("opened with %v", err)
			}
		})
	}
}

// One function that writes too much fails alone; the others of its group, and the
// engine, go on.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	e := open(t, filepath.Join(t.TempDir(), "q.db"))
	for _, key := range []string{"", strings.Repeat("k", bbolt.MaxKeySize+1)} {
		err := e.Update(t.Context(), "t", func(tx store.Tx) error {
			tx.Put([]byte(key), []byte("v"))
			return nil
		})
		if !errors.Is(err, bolt.ErrTooLarge) {
			t.Errorf("a key of %d bytes: %v", len(key), err)
		}
	}
	if err := put(e, "k", "v"); err != nil || e.Err() != nil {
		t.Errorf("afterwards: %v, %v", err, e.Err())
	}
}

// Pages that go bad while the file is open end the engine with a word; it can
// still be closed, so that the process can end.
func TestPagesGoBad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "q.db")
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		if err := put(e, fmt.Sprintf("k%03d", i), strings.Repeat("v", 400)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	junk := []byte(strings.Repeat("\xff", page))
	for i := 2; i < 200; i++ {
		if _, err := f.WriteAt(junk[:64], int64(i*page)); err != nil {
			t.Fatal(err)
		}
	}
	_ = f.Close()
	for i := range 400 {
		if put(e, fmt.Sprintf("k%03d", i), strings.Repeat("w", 900)) != nil {
			break
		}
	}
	if !errors.Is(e.Err(), bolt.ErrFailed) {
		t.Errorf("the engine says %v", e.Err())
	}
	if err := e.View(context.Background(), "t", func(tx store.Tx) error {
		_, err := tx.Scan([]byte("p"), nil, 0)
		return err
	}); err == nil {
		t.Error("damaged pages were read")
	}
	closed := make(chan error, 1)
	go func() { closed <- e.Close() }()
	select {
	case <-closed:
	case <-time.After(20 * time.Second):
		t.Fatal("it can't be closed")
	}
}
