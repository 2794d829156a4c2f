package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"strconv"

	bbolt "go.etcd.io/bbolt"

	"quizbot/store"
)

// maxWalk is the largest file whose every page is read before it is opened;
// larger ones would take longer than an operator should wait.
const maxWalk = 256 << 20

// damage is an ErrCorrupt: what is wrong with which file.
type damage struct{ path, how string }

func (d *damage) Error() string {
	return fmt.Sprintf("database %s: %v (%s): it was left as it is; restore a backup, or move it away to start anew", d.path, ErrCorrupt, d.how)
}

func (d *damage) Unwrap() error { return ErrCorrupt }

func damaged(path, how string) error { return &damage{path: path, how: how} }

// inspect reads an existing file without changing it and says which format it has,
// or why it can't be used. bbolt itself takes an empty file for a new one, falls back
// or panics on some damaged ones, and knows nothing of our versions.
func inspect(path string, info fs.FileInfo) (version int, err error) {
	return inspectUpTo(path, info, maxWalk)
}

// inspectAll is inspect with every record of a file of any size.
func inspectAll(path string, info fs.FileInfo) (version int, err error) {
	return inspectUpTo(path, info, math.MaxInt64)
}

func inspectUpTo(path string, info fs.FileInfo, most int64) (version int, err error) {
	switch {
	case info.IsDir():
		return 0, fmt.Errorf("database %s: this is a folder: name a file in it with QUIZBOT_DB", path)
	case !info.Mode().IsRegular():
		return 0, fmt.Errorf("database %s: this is no ordinary file (%s): name another with QUIZBOT_DB", path, info.Mode().Type())
	case info.Size() == 0:
		return 0, fmt.Errorf("database %s: %w: a database was lost here, or the file was made by hand; restore a backup, or remove the file to start anew", path, ErrEmpty)
	}
	used, err := checkMeta(path, info.Size())
	if err != nil {
		return 0, err
	}
	db, err := openFile(path, true)
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	return walk(db, path, info.Size(), used, most)
}

// inspectPages refuses a file whose pages don't hang together: bbolt would find that
// out at some later write. A damaged head is only said: bbolt goes on from the other.
func inspectPages(path string, size int64, log *slog.Logger) error {
	if size > maxWalk {
		return nil
	}
	found, err := readPages(context.Background(), path)
	switch {
	case err != nil:
		return fmt.Errorf("database %s: %w", path, plain(err))
	case len(found.faults) > 0:
		return damaged(path, found.faults[0])
	case len(found.heads) > 0:
		log.Warn("database goes on from the change before its newest, unless that one was cut short by a power failure: compare it with the latest backup", "path", path, "fault", found.heads[0])
	}
	return nil
}

// checkMeta verifies bbolt's two meta pages and that the file holds all the
// pages that they speak of: used bytes. Layout: bbolt internal/common page.go and
// meta.go.
func checkMeta(path string, size int64) (used int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return 0, fmt.Errorf("database %s: %w: let this user read and write the file", path, fs.ErrPermission)
		}
		return 0, fmt.Errorf("database %s: %w", path, err)
	}
	defer func() { _ = f.Close() }()
	pageSize := int64(os.Getpagesize())
	valid := false
	var newest, pages uint64
	for i := int64(0); i < 2; i++ {
		m, ok := readMeta(f, i*pageSize)
		if !ok {
			continue
		}
		if i == 0 {
			pageSize = int64(m.pageSize)
		}
		if !valid || m.txid > newest {
			newest, pages = m.txid, m.pages
		}
		valid = true
	}
	switch {
	case !valid:
		return 0, damaged(path, "it doesn't begin like a database")
	case pages > uint64(size)/uint64(pageSize):
		return 0, damaged(path, fmt.Sprintf("it is cut off: %d bytes of %d", size, pages*uint64(pageSize)))
	}
	return int64(pages) * pageSize, nil
}

type meta struct {
	pageSize       uint32
	root, freelist uint64 // pages
	pages, txid    uint64
}

func readMeta(r io.ReaderAt, at int64) (meta, bool) {
	const header, size = 16, 64
	var b [header + size]byte
	if _, err := r.ReadAt(b[:], at); err != nil {
		return meta{}, false
	}
	order := binary.NativeEndian
	m := b[header:]
	sum := fnv.New64a()
	_, _ = sum.Write(m[:56])
	if order.Uint32(m[0:]) != 0xED0CDAED || order.Uint32(m[4:]) != 2 || order.Uint64(m[56:]) != sum.Sum64() {
		return meta{}, false
	}
	out := meta{pageSize: order.Uint32(m[8:]), root: order.Uint64(m[16:]), freelist: order.Uint64(m[32:]), pages: order.Uint64(m[40:]), txid: order.Uint64(m[48:])}
	return out, out.pageSize >= 512
}

// walk checks the version, which it returns, and every record, so that damage is found
// now and not in the middle of a game. (bbolt's own Check runs in a goroutine of its own, in which
// a page beyond the end of the file would end the process.)
func walk(db *bbolt.DB, path string, size, used, most int64) (version int, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = damaged(path, fmt.Sprint(r))
		}
	}()
	err = db.View(func(tx *bbolt.Tx) error {
		m := tx.Bucket(bucketMeta)
		if m == nil || tx.Bucket(bucketTeams) == nil || tx.Bucket(bucketIndex) == nil {
			return fmt.Errorf("database %s: %w: name another file with QUIZBOT_DB", path, ErrForeign)
		}
		version, err = formatOf(m)
		switch {
		case err != nil || version < 1:
			return fmt.Errorf("database %s: %w: it has no version; name another file with QUIZBOT_DB", path, ErrForeign)
		case version > store.FormatVersion:
			return fmt.Errorf("database %s: %w (%d; this program knows %d): use the newer quizbot, or restore a backup made by this one", path, ErrNewer, version, store.FormatVersion)
		}
		if said := m.Get(keySize); said != nil {
			whole, err := strconv.ParseInt(string(said), 10, 64)
			// A copy that ends with the last page in use is whole: so bbolt writes them.
			if err != nil || size < whole && size != used {
				return damaged(path, fmt.Sprintf("it is cut off: %d bytes of %s", size, said))
			}
		}
		if size > most {
			return nil
		}
		return tx.Bucket(bucketTeams).ForEachBucket(func(team []byte) error {
			return tx.Bucket(bucketTeams).Bucket(team).ForEach(func(k, v []byte) error {
				if err := store.Check(k, v); err != nil {
					return damaged(path, err.Error())
				}
				return nil
			})
		})
	})
	return version, err
}

// formatOf reads the version that stands in the bucket meta.
func formatOf(meta *bbolt.Bucket) (int, error) {
	version, err := strconv.Atoi(string(meta.Get(keyVersion)))
	if errors.Is(err, strconv.ErrRange) {
		return math.MaxInt, nil
	}
	return version, err
}
