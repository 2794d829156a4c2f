package bolt

import (
	"errors"
	"os"
	"path/filepath"
)

// errSpare: a copy would take the space that the database needs for itself.
var errSpare = errors.New("too little space is left on the database's disk")

// spare keeps a copy from filling the disk of a database in use, which would end it.
type spare struct {
	folder string // of the copy; "" where it is on another disk, or that can't be told
	need   int64  // bytes to be left for the database
}

// newSpare is for a copy of the database db that is written to path.
func newSpare(path, db string) spare {
	folder := filepath.Dir(path)
	if !sameDisk(folder, filepath.Dir(db)) {
		return spare{}
	}
	info, err := os.Stat(db)
	if err != nil {
		return spare{}
	}
	// As much as a busy hour writes: a quarter, within bounds.
	return spare{folder: folder, need: min(max(info.Size()/4, 1<<20), 64<<20)}
}

// has says whether there is room for a file of size bytes.
func (s spare) has(size int64) error {
	if s.folder == "" {
		return nil
	}
	if free, ok := freeSpace(s.folder); ok && free < size+s.need {
		return errSpare
	}
	return nil
}

// left says whether there is room to go on.
func (s spare) left() error { return s.has(0) }

// FreeSpace is how many bytes this user can still write in a folder; ok is false
// where that is not known.
func FreeSpace(folder string) (n int64, ok bool) { return freeSpace(folder) }
