package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	bbolt "go.etcd.io/bbolt"
)

// maxFaults is how many faults of one file are told; more tell nothing new.
const maxFaults = 20

// Check reads the whole file, which nobody may have open for writing, and says
// what is wrong with how it is built and with each record by itself: nothing where
// it is sound. Like Open, it refuses a file that is no database with one of the
// errors above.
func Check(ctx context.Context, path string) (faults []string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w: name a file that is there", path, plain(err))
	}
	if _, err := inspectAll(path, info); err != nil {
		return nil, err
	}
	pages, err := readPages(ctx, path)
	if faults = slices.Concat(pages.heads, pages.faults); err != nil || len(faults) > 0 {
		return faults, err
	}
	// Only what has been found to stay within the file is given to bbolt's own
	// check: that follows pages in memory, where one too far ends the process.
	db, err := openFile(path, true)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	err = db.View(func(tx *bbolt.Tx) error {
		for fault := range tx.Check() {
			if len(faults) < maxFaults {
				faults = append(faults, fault.Error())
			}
		}
		return ctx.Err()
	})
	return faults, err
}

// sound is Check as one error, and what prove has to say.
func sound(ctx context.Context, path string, prove Proof) error {
	faults, err := Check(ctx, path)
	if err == nil && len(faults) > 0 {
		err = damaged(path, faults[0])
	}
	if err != nil || prove == nil {
		return err
	}
	e, format, err := OpenReadOnly(path)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	if err := prove(ctx, e, format); err != nil && ctx.Err() == nil {
		return damaged(path, err.Error())
	}
	return ctx.Err()
}

// What a page is, as its header says. Layout: bbolt internal/common page.go.
const (
	pageBranch   = 0x01
	pageLeaf     = 0x02
	pageFreelist = 0x10

	pageHeader    = 16
	elementSize   = 16
	bucketHeader  = 16
	elementBucket = 0x01
	noFreelist    = ^uint64(0)
)

// pageReader follows a file's pages with plain reads, each checked against the
// file's bounds.
type pageReader struct {
	ctx    context.Context
	file   io.ReaderAt
	size   int    // of a page
	count  uint64 // pages in use, or free, below the end
	seen   []uint64
	faults []string
}

var errFault = errors.New("page is damaged")

// pageFaults are what is wrong with a file's pages.
type pageFaults struct {
	// heads: one of the two heads is no head. Its change was being written when the
	// power went, and never acknowledged; or it was damaged later, and the newest
	// change is missing. Nothing in the file tells which.
	heads  []string
	faults []string // with the rest
}

// readPages says what is wrong with how pages hang together: nothing where each is
// reached once, or free, and holds keys in order.
func readPages(ctx context.Context, path string) (pageFaults, error) {
	f, err := os.Open(path)
	if err != nil {
		return pageFaults{}, err
	}
	defer func() { _ = f.Close() }()
	var heads []string
	var newest meta
	first, ok := readMeta(f, 0)
	at := int64(os.Getpagesize())
	p := &pageReader{ctx: ctx, file: f}
	if ok {
		newest, at = first, int64(first.pageSize)
	} else {
		heads = append(heads, "page 0: the first head is damaged, so that the newest change may be missing")
	}
	if second, ok := readMeta(f, at); !ok {
		heads = append(heads, "page 1: the second head is damaged, so that the newest change may be missing")
	} else if second.txid > newest.txid || newest.pageSize == 0 {
		newest = second
	}
	p.size, p.count = int(newest.pageSize), newest.pages
	p.seen = make([]uint64, p.count/64+1)
	p.mark(0)
	p.mark(1)
	p.tree(newest.root, nil, nil)
	if newest.freelist != noFreelist {
		p.free(newest.freelist)
	}
	for id := uint64(2); id < p.count && len(p.faults) == 0; id++ {
		if p.seen[id/64]&(1<<(id%64)) == 0 {
			p.fault("page %d: neither in use nor free", id)
		}
	}
	return pageFaults{heads: heads, faults: p.faults}, ctx.Err()
}

func (p *pageReader) fault(format string, args ...any) {
	if len(p.faults) < maxFaults {
		p.faults = append(p.faults, fmt.Sprintf(format, args...))
	}
}

// mark notes that a page was reached; false: it was before, or there is none.
func (p *pageReader) mark(id uint64) bool {
	if id >= p.count || p.seen[id/64]&(1<<(id%64)) != 0 {
		return false
	}
	p.seen[id/64] |= 1 << (id % 64)
	return true
}

// page reads a page with those that it flows over into.
func (p *pageReader) page(id uint64) ([]byte, error) {
	if len(p.faults) >= maxFaults || p.ctx.Err() != nil {
		return nil, errFault
	}
	if !p.mark(id) {
		p.fault("page %d: reached twice, or beyond the end", id)
		return nil, errFault
	}
	head := make([]byte, pageHeader)
	if _, err := p.file.ReadAt(head, int64(id)*int64(p.size)); err != nil {
		p.fault("page %d: %v", id, plain(err))
		return nil, errFault
	}
	order := binary.NativeEndian
	over := uint64(order.Uint32(head[12:]))
	if order.Uint64(head) != id || over >= p.count-id {
		p.fault("page %d: its head is damaged", id)
		return nil, errFault
	}
	for i := range over {
		if !p.mark(id + 1 + i) {
			p.fault("page %d: flows over into page %d, which belongs to another", id, id+1+i)
			return nil, errFault
		}
	}
	whole := make([]byte, int(over+1)*p.size)
	if _, err := p.file.ReadAt(whole, int64(id)*int64(p.size)); err != nil {
		p.fault("page %d: %v", id, plain(err))
		return nil, errFault
	}
	return whole, nil
}

// tree checks a page and what is below it. Its keys lie in [from, to); nil is no
// bound.
func (p *pageReader) tree(id uint64, from, to []byte) {
	if page, err := p.page(id); err == nil {
		p.content(id, page, from, to)
	}
}

func (p *pageReader) content(id uint64, page, from, to []byte) {
	order := binary.NativeEndian
	kind, count := order.Uint16(page[8:]), int(order.Uint16(page[10:]))
	if kind != pageBranch && kind != pageLeaf || count == 0 && kind == pageBranch || pageHeader+count*elementSize > len(page) {
		p.fault("page %d: its head is damaged", id)
		return
	}
	keys, rest := make([][]byte, count), make([][]byte, count) // rest begins with the value
	for i := range count {
		element := page[pageHeader+i*elementSize:]
		at, length := uint64(order.Uint32(element)), uint64(order.Uint32(element[4:]))
		if kind == pageLeaf {
			at, length = uint64(order.Uint32(element[4:])), uint64(order.Uint32(element[8:]))
		}
		if at+length > uint64(len(element)) {
			p.fault("page %d: record %d lies beyond its end", id, i)
			return
		}
		keys[i], rest[i] = element[at:at+length], element[at+length:]
		if i > 0 && bytes.Compare(keys[i-1], keys[i]) >= 0 || i == 0 && bytes.Compare(keys[0], from) < 0 || to != nil && bytes.Compare(keys[i], to) >= 0 {
			p.fault("page %d: record %d is out of order", id, i)
			return
		}
	}
	for i := range count {
		element := page[pageHeader+i*elementSize:]
		if kind == pageBranch {
			end := to
			if i+1 < count {
				end = keys[i+1]
			}
			p.tree(order.Uint64(element[8:]), keys[i], end)
			continue
		}
		length := uint64(order.Uint32(element[12:]))
		if length > uint64(len(rest[i])) {
			p.fault("page %d: record %d lies beyond its end", id, i)
			return
		}
		if order.Uint32(element)&elementBucket != 0 {
			p.bucket(id, rest[i][:length])
		}
	}
}

// bucket checks a bucket: a page of its own, or a small one within the record.
func (p *pageReader) bucket(id uint64, value []byte) {
	if len(value) < bucketHeader {
		p.fault("page %d: a bucket is cut off", id)
		return
	}
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		p.tree(root, nil, nil)
		return
	}
	inline := value[bucketHeader:]
	if len(inline) < pageHeader || binary.NativeEndian.Uint16(inline[8:]) != pageLeaf {
		p.fault("page %d: a bucket is damaged", id)
		return
	}
	p.content(id, inline, nil, nil)
}

// free checks the list of free pages.
func (p *pageReader) free(id uint64) {
	page, err := p.page(id)
	if err != nil {
		return
	}
	order := binary.NativeEndian
	list, count := page[pageHeader:], uint64(order.Uint16(page[10:]))
	if count == 0xFFFF {
		count, list = order.Uint64(list), list[8:]
	}
	if order.Uint16(page[8:]) != pageFreelist || count > uint64(len(list))/8 {
		p.fault("page %d: the list of free pages is damaged", id)
		return
	}
	for i := range count {
		if free := order.Uint64(list[8*i:]); !p.mark(free) {
			p.fault("page %d: free and in use, or beyond the end", free)
		}
	}
}
