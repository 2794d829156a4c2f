package bolt

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	bbolt "go.etcd.io/bbolt"

	"quizbot/store"
)

// migrate brings an open file of an earlier format to this one. First a copy is made
// beside it, then all teams and the version number are changed in one transaction:
// a process that dies here leaves the old file or the new one, whole. An error
// leaves the file as it was.
func migrate(db *bbolt.DB, path string, o Options) (err error) {
	defer func() {
		if r := recover(); r != nil { // bbolt found its own pages damaged
			err = damaged(path, fmt.Sprint(r))
		}
	}()
	var from int
	if err := db.View(func(tx *bbolt.Tx) (err error) { // another process may have been quicker
		from, err = formatOf(tx.Bucket(bucketMeta))
		return err
	}); err != nil || from >= store.FormatVersion {
		return err
	}
	cannot := func(err error) error {
		return fmt.Errorf("database %s: can't be brought from format %d to %d: %w", path, from, store.FormatVersion, err)
	}
	name, err := keep(path, from, o.Now())
	if err != nil {
		return cannot(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { return migrateTeams(tx, from) }); err != nil {
		return cannot(fmt.Errorf("%w; it was left as it was: make room on the disk, or use the quizbot that made it", err))
	}
	o.Log.Info("database migrated", "path", path, "from", from, "to", store.FormatVersion, "copy", name)
	return nil
}

func migrateTeams(tx *bbolt.Tx, from int) error {
	var teams [][]byte
	if err := tx.Bucket(bucketTeams).ForEachBucket(func(k []byte) error {
		teams = append(teams, bytes.Clone(k))
		return nil
	}); err != nil {
		return err
	}
	g := &groupTx{teams: tx.Bucket(bucketTeams), index: tx.Bucket(bucketIndex), open: map[string]*bbolt.Bucket{}}
	for _, k := range teams {
		team := string(k[1:])
		o := &overlay{base: g.team(team), writes: map[string][]byte{}}
		if err := store.Migrate(o, from); err != nil {
			return fmt.Errorf("team %s: %w", team, err)
		}
		if err := o.check(); err != nil {
			return fmt.Errorf("team %s: %w", team, err)
		}
		if err := g.apply(team, o); err != nil {
			return fmt.Errorf("team %s: %w", team, err)
		}
	}
	return tx.Bucket(bucketMeta).Put(keyVersion, []byte(strconv.Itoa(store.FormatVersion)))
}

// keep makes sure that a copy of the file as it is stands beside it, and returns its
// name: PATH.format1-20261124T120000Z. An earlier copy of the same state is enough,
// so that starts that fail again and again don't fill the disk. The caller holds
// the file's lock.
func keep(path string, format int, now time.Time) (string, error) {
	sum, size, err := sumOf(path)
	if err != nil {
		return "", err
	}
	prefix := fmt.Sprintf("%s.format%d-", path, format)
	earlier, err := filepath.Glob(escapeGlob(prefix) + "*")
	if err != nil {
		return "", err
	}
	for _, name := range earlier {
		if sameState(path, name) {
			return name, nil
		}
	}
	sweep(path, now)
	half, err := copyOf(path, size)
	if half != "" {
		defer func() { _ = os.Remove(half) }()
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "", fmt.Errorf("copy it first: %w: let this user write in the folder", fs.ErrPermission)
	case err != nil:
		return "", fmt.Errorf("copy it first: %w; make room for twice its %d bytes beside it, then start again", err, size)
	}
	if copied, n, err := sumOf(half); err != nil || n != size || copied != sum {
		return "", errors.Join(errors.New("the copy that was made of it is another; check the disk, then start again"), err)
	}
	name := prefix + now.UTC().Format("20060102T150405Z")
	for n := 2; ; n++ {
		err := giveName(half, name)
		if err == nil {
			return name, syncFolder(filepath.Dir(path))
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
		name = fmt.Sprintf("%s%s-%d", prefix, now.UTC().Format("20060102T150405Z"), n)
	}
}

// sameState reports that a file is a good copy of what the database holds: bbolt's
// meta pages say what counts, and other pages that differ are of a transaction that
// was never finished.
func sameState(path, copied string) bool {
	info, err := os.Stat(copied)
	if err != nil {
		return false
	}
	if _, err := inspect(copied, info); err != nil {
		return false
	}
	a, errA := metas(path)
	b, errB := metas(copied)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// metas reads the two pages that a file begins with.
func metas(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	pages := make([]byte, 2*os.Getpagesize())
	_, err = io.ReadFull(f, pages)
	return pages, err
}

// copyOf copies a file under a name of its own and returns it, when it is on disk.
// It makes sure that as much again can be written, for a transaction writes what it
// changes beside what was there. "" when not even the name could be made.
func copyOf(path string, size int64) (name string, err error) {
	from, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = from.Close() }()
	to, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return "", err
	}
	name = to.Name()
	defer func() { err = errors.Join(err, to.Close()) }()
	if _, err := io.Copy(to, from); err != nil {
		return name, err
	}
	zeros := make([]byte, 1<<20)
	for at := size; at < 2*size; at += int64(len(zeros)) {
		if _, err := to.WriteAt(zeros[:min(int64(len(zeros)), 2*size-at)], at); err != nil {
			return name, err
		}
	}
	if err := to.Sync(); err != nil {
		return name, err
	}
	if err := to.Truncate(size); err != nil {
		return name, err
	}
	return name, to.Sync()
}

// giveName gives a finished file its name, which nothing else may have.
func giveName(half, name string) error {
	err := os.Link(half, name)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// A file system without links: an empty file takes the name first.
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_ = f.Close()
	if err := os.Rename(half, name); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// sumOf is what a file holds and how long it is.
func sumOf(path string) (sum [sha256.Size]byte, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, 0, err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return [sha256.Size]byte(h.Sum(nil)), size, err
}

// escapeGlob makes a pattern that means s itself.
func escapeGlob(s string) string {
	var b bytes.Buffer
	for _, r := range s {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
