package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	bbolt "go.etcd.io/bbolt"

	"quizbot/store"
)

// abandoned is how old a half-made file must be to be taken for one that a
// process left behind when it died.
const abandoned = time.Minute

// create makes a new, empty database. It is made whole under another name and
// then gets its own, so that a process that dies here leaves no half of one; it
// never takes the place of a file that has come into being meanwhile.
func create(path string, now time.Time) error {
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("database %s: there is no folder %s: make it, or set QUIZBOT_DB", path, folder)
	}
	if to, err := os.Readlink(path); err == nil {
		return fmt.Errorf("database %s: it is a link to %s, which is not there: bring the file back, or remove the link", path, to)
	}
	sweep(path, now)
	half, err := os.CreateTemp(folder, filepath.Base(path)+".new-*")
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("database %s: %w: let this user write in the folder", path, fs.ErrPermission)
		}
		return fmt.Errorf("database %s: %w: it has to be on a disk that is there and writable", path, plain(err))
	}
	name := half.Name()
	defer func() { _ = os.Remove(name) }()
	if err := half.Close(); err != nil {
		return fmt.Errorf("database %s: make a new file: %w", path, err)
	}
	db, err := openFile(name, false)
	if err != nil {
		return fmt.Errorf("make a new file: %w", err)
	}
	err = initialise(db, now)
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("database %s: make a new file: %w", path, err)
	}
	if err := os.Link(name, path); err != nil && !errors.Is(err, fs.ErrExist) {
		if err := os.Rename(name, path); err != nil { // a file system without links
			return fmt.Errorf("database %s: make a new file: %w", path, err)
		}
	}
	if err := syncFolder(folder); err != nil {
		return fmt.Errorf("database %s: make a new file: %w", path, err)
	}
	return nil
}

// sweep removes what processes left behind that died while they made the file.
func sweep(path string, now time.Time) {
	halves, err := filepath.Glob(escapeGlob(path) + ".new-*")
	if err != nil {
		return
	}
	for _, half := range halves {
		if info, err := os.Stat(half); err == nil && now.Sub(info.ModTime()) > abandoned {
			_ = os.Remove(half)
		}
	}
}

func initialise(db *bbolt.DB, now time.Time) error {
	return db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketTeams, bucketIndex} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		if err := meta.Put(keyCreated, []byte(now.UTC().Format(time.RFC3339))); err != nil {
			return err
		}
		return meta.Put(keyVersion, []byte(strconv.Itoa(store.FormatVersion)))
	})
}

// syncFolder makes the new file's name as durable as its content.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return d.Sync()
}
