// Package bolt is the embedded engine: one bbolt file, one process.
//
// All writes go through one goroutine that takes whatever waits, runs each
// function on an overlay of its own, and commits them together: one disk sync
// serves everybody who waited, and nobody waits for company. (bbolt's own Batch
// lets a lone writer wait 10 ms, and one failing function makes all the others
// run again.)
package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"strconv"
	"sync"
	"time"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"quizbot/internal/failpoint"
	"quizbot/store"
)

const (
	// lockTimeout is how long to wait for another process to let go of the file.
	lockTimeout = 2 * time.Second
	// mapSize is how much memory is mapped for a file at least, in bytes.
	mapSize = 256 << 20
	// maxGroup bounds how many functions share a commit.
	maxGroup = 1024
)

var (
	bucketMeta  = []byte("meta")
	bucketTeams = []byte("teams")
	bucketIndex = []byte("index")
	keyVersion  = []byte("version")
	keyCreated  = []byte("created")
	// keySize is how long the file was, in bytes, at the latest commit before its
	// newest growth: a shorter one was cut off, even where nothing has been lost yet.
	keySize = []byte("size")
)

// What can be wrong with a file. The errors that Open returns wrap one of these
// and name the path and the cure.
var (
	ErrLocked  = errors.New("in use by another process")
	ErrEmpty   = errors.New("file is empty")
	ErrCorrupt = errors.New("file is damaged")
	ErrForeign = errors.New("file is no quizbot database")
	ErrNewer   = errors.New("file is of a newer version")
	// ErrFailed: a write failed in a way that leaves the file's state unknown; the
	// engine takes no more writes until the file is opened again.
	ErrFailed = errors.New("database has failed")
	// ErrTooLarge: a function wrote more than a record can hold; nothing of it was kept.
	ErrTooLarge = errors.New("record is too large")
	// ErrClosed: the engine was closed.
	ErrClosed = errors.New("database is closed")
)

// Options change how a file is opened.
type Options struct {
	Log *slog.Logger // nil: silent
	Now func() time.Time
	// Synced is told of each commit: how many writes shared it, how long it took to
	// reach the disk, and how it failed. nil: nobody asks.
	Synced func(writes int, d time.Duration, err error)
}

// Engine implements store.Engine on a bbolt file.
type Engine struct {
	db     *bbolt.DB
	path   string
	synced func(writes int, d time.Duration, err error)
	size   int64 // of the file; the writer's alone
	said   int64 // what stands under keySize

	writes  chan *write
	copying chan struct{} // holds one: who makes a copy
	stop    chan struct{}
	done    chan struct{}
	closed  sync.Once

	mu     sync.Mutex
	failed error
	broken chan struct{}
}

var _ store.Engine = (*Engine)(nil)

type write struct {
	ctx    context.Context
	team   string
	fn     func(store.Tx) error
	err    error
	result chan error
}

// Open opens the database file at path, or makes a new one where there is no
// file. It never changes a file that it refuses: one that is empty, damaged,
// foreign, in use or newer than this program. One of an earlier format is migrated,
// after a copy of it was made beside it.
func Open(path string, o Options) (*Engine, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(path, o.Now()); err != nil {
			return nil, err
		}
		info, err = os.Stat(path)
	}
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	version, err := inspect(path, info)
	if err != nil {
		return nil, err
	}
	if err := inspectPages(path, info.Size(), o.Log); err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		o.Log.Warn("database can be read by other users of this machine; chmod 600 it", "path", path, "mode", info.Mode().Perm().String())
	}
	db, err := openFile(path, false)
	if err != nil {
		return nil, err
	}
	if version < store.FormatVersion {
		if err := migrate(db, path, o); err != nil {
			_ = db.Close()
			return nil, err
		}
	}
	e := newEngine(db, path)
	if o.Synced != nil {
		e.synced = o.Synced
	}
	if err := e.measure(); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	sweepCopies(path)
	go e.write()
	return e, nil
}

func newEngine(db *bbolt.DB, path string) *Engine {
	return &Engine{
		db: db, path: path, synced: func(int, time.Duration, error) {},
		writes: make(chan *write, maxGroup), copying: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}), broken: make(chan struct{}),
	}
}

// OpenReadOnly opens a file of any format that this program knows, to look into it:
// it changes nothing, and Update fails. It returns the file's format.
func OpenReadOnly(path string) (e *Engine, format int, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, fmt.Errorf("database %s: %w: name a file that is there", path, plain(err))
	}
	if format, err = inspect(path, info); err != nil {
		return nil, 0, err
	}
	db, err := openFile(path, true)
	if err != nil {
		return nil, 0, err
	}
	e = newEngine(db, path)
	go e.write()
	return e, format, nil
}

func openFile(path string, readOnly bool) (db *bbolt.DB, err error) {
	defer func() {
		if r := recover(); r != nil { // bbolt panics on some damaged files
			err = damaged(path, fmt.Sprint(r))
		}
	}()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType, InitialMmapSize: mapping(path), ReadOnly: readOnly,
	})
	var unopened *fs.PathError
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("database %s: %w: stop the other quizbot, or give this one another file with QUIZBOT_DB", path, ErrLocked)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("database %s: %w: let this user read and write the file and its folder", path, fs.ErrPermission)
	case errors.As(err, &unopened):
		return nil, fmt.Errorf("database %s: %w: it has to be on a disk that is there and writable", path, unopened.Err)
	default:
		return nil, damaged(path, err.Error())
	}
}

// mapping is how much memory to map for a file at once, in bytes: so much that it
// can grow to twice its size. When a file outgrows its mapping, writers wait until
// every snapshot that is open has ended, and one that is copied takes long.
func mapping(path string) int {
	const most = math.MaxInt32 / 2 // on machines of 32 bits
	size := int64(mapSize)
	if info, err := os.Stat(path); err == nil && 2*info.Size() > size {
		size = (2*info.Size() + mapSize - 1) / mapSize * mapSize
	}
	if strconv.IntSize == 32 && size > most {
		size = most
	}
	return int(size)
}

// Failed is closed when the database can take no more writes; Err says why.
func (e *Engine) Failed() <-chan struct{} { return e.broken }

// Err is why the database has failed; nil while it works.
func (e *Engine) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failed
}

func (e *Engine) fail(err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.failed == nil {
		e.failed = fmt.Errorf("database %s: %w: %w; check the disk, then start again; where that doesn't help, restore a backup", e.path, ErrFailed, err)
		close(e.broken)
	}
	return e.failed
}

// Close finishes the writes that wait and closes the file.
func (e *Engine) Close() error {
	var err error
	e.closed.Do(func() {
		close(e.stop)
		<-e.done
		err = e.db.Close()
	})
	return err
}

// Update implements store.Engine.
func (e *Engine) Update(ctx context.Context, team string, fn func(store.Tx) error) error {
	w := &write{ctx: ctx, team: team, fn: fn, result: make(chan error, 1)}
	select {
	case <-e.stop:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	case e.writes <- w:
	}
	select {
	case err := <-w.result:
		return err
	case <-e.done:
		select {
		case err := <-w.result: // it was in the last group
			return err
		default:
			return ErrClosed
		}
	}
}

// write is the only writer.
func (e *Engine) write() {
	defer close(e.done)
	for {
		select {
		case w := <-e.writes:
			e.commit(e.gather(w))
		case <-e.stop:
			for {
				select {
				case w := <-e.writes:
					e.commit(e.gather(w))
				default:
					return
				}
			}
		}
	}
}

// gather takes what else waits by now.
func (e *Engine) gather(w *write) []*write {
	group := []*write{w}
	for len(group) < maxGroup {
		select {
		case w := <-e.writes:
			group = append(group, w)
		default:
			return group
		}
	}
	return group
}

func (e *Engine) commit(group []*write) {
	err := e.Err()
	if err == nil {
		err = e.runGroup(group)
	}
	for _, w := range group {
		if err != nil && w.err == nil {
			w.err = err
		}
		w.result <- w.err
	}
}

func (e *Engine) runGroup(group []*write) (err error) {
	tx, err := e.db.Begin(true)
	if err != nil {
		return e.fail(err)
	}
	defer func() {
		if r := recover(); r != nil { // bbolt found its own pages damaged
			err = e.fail(fmt.Errorf("%v", r))
			letGo(tx)
		}
	}()
	g := &groupTx{teams: tx.Bucket(bucketTeams), index: tx.Bucket(bucketIndex), open: map[string]*bbolt.Bucket{}}
	wrote := false
	for _, w := range group {
		if w.err = w.ctx.Err(); w.err != nil {
			continue
		}
		o := &overlay{base: g.team(w.team), writes: map[string][]byte{}}
		if w.err = run(w.fn, o); w.err != nil || len(o.writes) == 0 {
			continue
		}
		if w.err = o.check(); w.err != nil {
			continue
		}
		if err := g.apply(w.team, o); err != nil {
			_ = tx.Rollback()
			return e.fail(err)
		}
		wrote = true
	}
	if !wrote {
		return tx.Rollback()
	}
	grown := e.size > e.said
	if grown {
		if err := tx.Bucket(bucketMeta).Put(keySize, []byte(strconv.FormatInt(e.size, 10))); err != nil {
			_ = tx.Rollback()
			return e.fail(err)
		}
	}
	failpoint.Reach(failpoint.Writing)
	began := time.Now()
	err = tx.Commit()
	e.synced(len(group), time.Since(began), err)
	if err != nil {
		return e.fail(err)
	}
	failpoint.Reach(failpoint.Written)
	if grown {
		e.said = e.size
	}
	if err := e.measure(); err != nil {
		return e.fail(err)
	}
	return nil
}

// letGo ends a transaction that bbolt gave up in the middle; while it is open,
// the file can't be closed.
func letGo(tx *bbolt.Tx) {
	defer func() { _ = recover() }()
	_ = tx.Rollback()
}

// measure learns how long the file is.
func (e *Engine) measure() error {
	info, err := os.Stat(e.path)
	if err != nil {
		return err
	}
	e.size = info.Size()
	return nil
}

// run keeps a panic of one function from the others.
func run(fn func(store.Tx) error, tx store.Tx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("transaction panicked: %v", r)
		}
	}()
	return fn(tx)
}

// View implements store.Engine.
func (e *Engine) View(ctx context.Context, team string, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return e.read(func(tx *bbolt.Tx) error {
		return fn(&overlay{base: tx.Bucket(bucketTeams).Bucket(teamKey(team))})
	})
}

// read runs fn on a snapshot. A panic there is bbolt's word for damaged pages.
func (e *Engine) read(fn func(*bbolt.Tx) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = e.fail(fmt.Errorf("%v", r))
		}
	}()
	return e.db.View(fn)
}

// Teams implements store.Engine.
func (e *Engine) Teams(ctx context.Context) ([]string, error) {
	var out []string
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err := e.read(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketTeams).ForEachBucket(func(k []byte) error {
			out = append(out, string(k[1:]))
			return nil
		})
	})
	return out, err
}

// Indexed implements store.Engine.
func (e *Engine) Indexed(ctx context.Context, from, to []byte, limit int) ([]store.Ref, error) {
	var out []store.Ref
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err := e.read(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketIndex).Cursor()
		for k, v := c.Seek(from); k != nil && len(out) < limit; k, v = c.Next() {
			n, err := strconv.Atoi(string(v))
			if err != nil || n > len(k) {
				return fmt.Errorf("database %s: %w: index", e.path, ErrCorrupt)
			}
			if string(k[:n]) >= string(to) {
				break
			}
			out = append(out, store.Ref{Team: string(k[n:]), Key: append([]byte(nil), k[:n]...)})
		}
		return nil
	})
	return out, err
}
