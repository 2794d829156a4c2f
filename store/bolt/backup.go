package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// ErrExists: there is a file where a new one should be; none is ever replaced.
var ErrExists = errors.New("there is a file already")

// Progress is told how far a long copy is: bytes done, of about so many.
type Progress func(done, total int64)

// told calls p where there is one.
func (p Progress) told(done, total int64) {
	if p != nil {
		p(min(done, total), total)
	}
}

// Proof looks at a copy, of the format, before it gets its name, and says what is
// wrong with what it holds. nil: only how the file is built is looked at, and each
// record by itself.
type Proof func(ctx context.Context, copied *Engine, format int) error

// Backup writes a copy of the open database, as it is at one moment, to a new
// file at path: without free pages, checked in whole, on disk, readable to its
// owner alone. Until then it has another name, so whoever finds the file finds a
// good one. Writers go on meanwhile; but what they replace is kept in the database
// file until the copy is made, so that the file may grow by as much.
func (e *Engine) Backup(ctx context.Context, path string, progress Progress, prove Proof) error {
	return place(ctx, "backup", path, prove, func(half string) error { return e.copyTo(ctx, half, progress) })
}

// Snapshot is a copy as Backup makes it, in a file without a name beside the
// database: to be read and closed. It is for whoever takes it at a slow pace.
func (e *Engine) Snapshot(ctx context.Context) (*os.File, error) {
	half, err := os.CreateTemp(filepath.Dir(e.path), filepath.Base(e.path)+copySuffix+"*")
	if err != nil {
		return nil, uncopied(e.path, err)
	}
	defer func() { _ = os.Remove(half.Name()) }()
	if err := e.copyTo(ctx, half.Name(), nil); err != nil {
		_ = half.Close()
		return nil, uncopied(e.path, err)
	}
	return half, nil
}

// uncopied says why there is no copy beside the database.
func uncopied(db string, err error) error {
	switch {
	case noRoom(err):
		return fmt.Errorf("backup of %s: no room for a copy beside it (%w): make room on its disk; the database itself is as it was", db, plain(err))
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("backup of %s: %w: let the running quizbot write in its folder", db, fs.ErrPermission)
	}
	return fmt.Errorf("backup of %s: %w", db, plain(err))
}

func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) || errors.Is(err, errSpare)
}

// copySuffix marks files that Snapshot makes; only the process that has the
// database open makes some.
const copySuffix = ".copy-"

// sweepCopies removes what a process left behind that died in Snapshot. The caller
// has the database open.
func sweepCopies(path string) {
	left, err := filepath.Glob(escapeGlob(path) + copySuffix + "*")
	if err != nil {
		return
	}
	for _, name := range left {
		_ = os.Remove(name)
	}
}

// longestRest is how long a copy waits at most before it goes on.
const longestRest = 50 * time.Millisecond

// copyTo copies the open database into the empty file at half. One copy is made at a time.
func (e *Engine) copyTo(ctx context.Context, half string, progress Progress) error {
	select {
	case e.copying <- struct{}{}:
		defer func() { <-e.copying }()
	case <-ctx.Done():
		return ctx.Err()
	case <-e.stop:
		return ErrClosed
	}
	spare, begun := newSpare(half, e.path), time.Now()
	err := e.db.View(func(tx *bbolt.Tx) error {
		return copySnapshot(tx, half, progress, func() error {
			// Players come first: it rests as long as it has worked.
			rest := time.NewTimer(min(time.Since(begun), longestRest))
			defer rest.Stop()
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-e.stop:
				return ErrClosed
			case <-rest.C:
				begun = time.Now()
				return spare.left()
			}
		})
	})
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}

// copySnapshot compacts tx into the file at half; again is asked on and on whether
// to go on.
func copySnapshot(tx *bbolt.Tx, half string, progress Progress, again func() error) error {
	stats := tx.DB().Stats()
	total := tx.Size() - int64(stats.FreePageN+stats.PendingPageN)*int64(tx.DB().Info().PageSize)
	err := compact(tx, half, func(copied int64) error {
		progress.told(copied, total)
		return again()
	})
	if err == nil {
		progress.told(total, total)
	}
	return err
}

// Backup is Engine.Backup of the file at from, which no process may have open for
// writing. It is not changed, nor brought to a newer format.
func Backup(ctx context.Context, from, path string, progress Progress, prove Proof) error {
	info, err := os.Stat(from)
	if err != nil {
		return fmt.Errorf("database %s: %w: name an existing one with QUIZBOT_DB", from, plain(err))
	}
	return place(ctx, "backup", path, prove, func(half string) error {
		if _, err := inspect(from, info); err != nil {
			return err
		}
		db, err := openFile(from, true)
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		return db.View(func(tx *bbolt.Tx) error { return copySnapshot(tx, half, progress, ctx.Err) })
	})
}

// Receive writes the copy that from holds, of size bytes, to a new file at path,
// as Backup does. The space that the database db needs on the same disk is left.
func Receive(ctx context.Context, from io.Reader, size int64, path, db string, progress Progress, prove Proof) error {
	return place(ctx, "backup", path, prove, func(half string) error {
		if err := newSpare(half, db).has(size); err != nil {
			return err
		}
		return pour(ctx, half, from, size, progress)
	})
}

// Restore makes a new database at path of the backup at from, which stays as it
// is. from is checked in whole before; its error names it.
func Restore(ctx context.Context, from, path string, progress Progress, prove Proof) error {
	if err := Vacant("restore", path); err != nil {
		return err
	}
	if err := sound(ctx, from, prove); err != nil {
		return unfit(from, err)
	}
	f, err := os.Open(from)
	if err != nil {
		return unfit(from, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return unfit(from, err)
	}
	return place(ctx, "restore", path, nil, func(half string) error { return pour(ctx, half, f, info.Size(), progress) })
}

// unfit is why a backup can't be restored. Nothing was written.
func unfit(path string, err error) error {
	var how *damage
	switch {
	case errors.As(err, &how):
		return fmt.Errorf("backup %s: %w (%s): nothing was written; restore another backup", path, ErrCorrupt, how.how)
	case errors.Is(err, ErrEmpty):
		return fmt.Errorf("backup %s: %w: nothing was written; restore another backup", path, ErrEmpty)
	case errors.Is(err, ErrForeign):
		return fmt.Errorf("backup %s: %w: nothing was written; name a file that quizbot backup has made", path, ErrForeign)
	case errors.Is(err, ErrNewer):
		return fmt.Errorf("backup %s: %w: nothing was written; restore it with the newer quizbot", path, ErrNewer)
	case errors.Is(err, ErrLocked):
		return fmt.Errorf("backup %s: %w: nothing was written; take a copy with quizbot backup, and restore that", path, ErrLocked)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("backup %s: %w: name a file that quizbot backup has made", path, fs.ErrNotExist)
	}
	return fmt.Errorf("backup %s: nothing was written: %w", path, plain(err))
}

// place has fill make a file under another name, checks it, and gives it its name
// where that is free. What fails leaves nothing behind.
func place(ctx context.Context, what, path string, prove Proof, fill func(half string) error) error {
	if err := Vacant(what, path); err != nil {
		return err
	}
	sweep(path, time.Now())
	folder := filepath.Dir(path)
	half, err := os.CreateTemp(folder, filepath.Base(path)+".new-*")
	if err != nil {
		return unwritten(what, path, err)
	}
	defer func() { _ = os.Remove(half.Name()) }()
	if err = half.Close(); err == nil {
		err = fill(half.Name())
	}
	if err != nil {
		return unwritten(what, path, err)
	}
	if err := sound(ctx, half.Name(), prove); err != nil {
		var how *damage
		if errors.As(err, &how) {
			err = fmt.Errorf("%w (%s)", ErrCorrupt, how.how)
		}
		return fmt.Errorf("%s %s: the copy is not good, and was removed; check the disk, and the database with quizbot check: %w", what, path, err)
	}
	if err := giveName(half.Name(), path); err != nil {
		return unwritten(what, path, err)
	}
	if err := syncFolder(folder); err != nil {
		return fmt.Errorf("%s %s: it is there, but perhaps not for good: %w; check the disk", what, path, plain(err))
	}
	return nil
}

// Vacant says why there can't be a new file at path, for what: backup or restore.
func Vacant(what, path string) error {
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fmt.Errorf("%s %s: there is no folder %s: make it, or name another", what, path, filepath.Dir(path))
	}
	if _, err := os.Lstat(path); err == nil {
		return unwritten(what, path, ErrExists)
	}
	return nil
}

// unwritten says why there is no file at path now, and what to do.
func unwritten(what, path string, err error) error {
	switch {
	case errors.Is(err, ErrExists), errors.Is(err, fs.ErrExist):
		cure := "name a new file: none is ever replaced"
		if what == "restore" {
			cure = "move it away, or name a new one with QUIZBOT_DB: none is ever replaced"
		}
		return fmt.Errorf("%s %s: %w: %s", what, path, ErrExists, cure)
	case noRoom(err):
		return fmt.Errorf("%s %s: %w: nothing was kept of it; make room there, or name a file on another disk", what, path, plain(err))
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s %s: %w: let this user write in the folder, or name another", what, path, fs.ErrPermission)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s %s: it was stopped; nothing was kept of it: %w", what, path, err)
	}
	return fmt.Errorf("%s %s: nothing was kept of it: %w", what, path, plain(err))
}

// pour writes size bytes into the file at half, to disk.
func pour(ctx context.Context, half string, from io.Reader, size int64, progress Progress) error {
	f, err := os.OpenFile(half, os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	written := int64(0)
	for err == nil && written < size {
		var n int64
		n, err = io.CopyN(f, from, min(size-written, 1<<20))
		written += n
		progress.told(written, size)
		if err == nil {
			err = ctx.Err()
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("only %d of %d bytes came: %w; try again", written, size, io.ErrUnexpectedEOF)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// plain is the reason alone where an error also names the half-made file, which
// is nobody's business.
func plain(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
