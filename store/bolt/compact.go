package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	bbolt "go.etcd.io/bbolt"
)

// copyGroup is how much one transaction of a copy writes, in bytes.
const copyGroup = 4 << 20

// compact writes what a snapshot holds into the empty file at path, without free
// pages, and so without what was deleted. It ends with the last page in use and is
// on disk when compact returns. step is told what was copied, in bytes of keys and
// values, and can end it.
func compact(src *bbolt.Tx, path string, step func(copied int64) error) error {
	dst, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType, NoGrowSync: true, NoSync: true,
	})
	if err != nil {
		return err
	}
	c := &copier{dst: dst, step: step}
	err = c.all(src)
	if c.tx != nil {
		letGo(c.tx) // says that it has ended where it has
	}
	if err = errors.Join(err, dst.Close()); err != nil {
		return err
	}
	return trim(path)
}

// trim cuts off what lies behind the last page in use, and brings the file to disk.
func trim(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	used, err := checkMeta(path, info.Size())
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Truncate(used)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// copier copies buckets in order, a group of records at a time.
type copier struct {
	dst  *bbolt.DB
	tx   *bbolt.Tx
	into *bbolt.Bucket // the bucket at path in tx; nil: to be looked up
	path [][]byte

	pending, copied int64
	step            func(int64) error
}

func (c *copier) all(src *bbolt.Tx) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil { // bbolt found the source's pages damaged
			err = damaged(src.DB().Path(), fmt.Sprint(r))
		}
	}()
	if err := c.begin(); err != nil {
		return err
	}
	if err := c.bucket(src.Cursor().Bucket(), nil); err != nil {
		return err
	}
	return c.tx.Commit()
}

func (c *copier) begin() (err error) {
	c.into, c.pending = nil, 0
	c.tx, err = c.dst.Begin(true)
	return err
}

// bucket copies what is in from, which stands at path.
func (c *copier) bucket(from *bbolt.Bucket, path [][]byte) error {
	c.into, c.path = nil, path
	return from.ForEach(func(k, v []byte) error {
		// How long the source was says nothing about the copy.
		if len(path) == 1 && bytes.Equal(path[0], bucketMeta) && bytes.Equal(k, keySize) {
			return nil
		}
		if err := c.room(int64(len(k) + len(v))); err != nil {
			return err
		}
		if v != nil {
			c.into.FillPercent = 1 // in order, nothing comes between
			return c.into.Put(k, v)
		}
		child := from.Bucket(k)
		made, err := c.into.CreateBucket(k)
		if err == nil {
			err = made.SetSequence(child.Sequence())
		}
		if err == nil {
			err = c.bucket(child, append(path[:len(path):len(path)], k))
		}
		c.into, c.path = nil, path
		return err
	})
}

// room begins a new transaction when this one is full, and finds the bucket in it.
func (c *copier) room(size int64) error {
	if c.pending += size; c.pending > copyGroup {
		if err := c.tx.Commit(); err != nil {
			return err
		}
		if err := c.begin(); err != nil {
			return err
		}
	}
	c.copied += size
	if c.pending == size || c.copied/(64<<10) != (c.copied-size)/(64<<10) {
		if err := c.step(c.copied); err != nil {
			return err
		}
	}
	if c.into == nil {
		c.into = c.tx.Cursor().Bucket()
		for _, name := range c.path {
			c.into = c.into.Bucket(name)
		}
	}
	return nil
}
