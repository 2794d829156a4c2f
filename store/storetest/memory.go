package storetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"sync"

	"quizbot/store"
)

// NewMemory returns a store.Engine that keeps everything in memory, for tests of what
// stands on one: under the race detector a file costs many times as much. It is held to
// RunEngine as every other. It refuses everything once it is closed.
func NewMemory() store.Engine {
	return &memory{teams: map[string]*node{}, seed: maphash.MakeSeed()}
}

// memory keeps a tree for each team. What a transaction has made is changed by it alone,
// everything else is copied first: whoever reads a tree has a snapshot, and a write that
// fails leaves nothing behind.
type memory struct {
	seed    maphash.Seed
	writing sync.Mutex // who makes a new tree
	made    uint64     // trees so far

	mu     sync.Mutex
	teams  map[string]*node
	closed bool
}

// node is a tree of keys, in order from left to right. That each weighs no less than
// those below it keeps it balanced: weights are as good as random.
type node struct {
	key, value  []byte
	weight      uint64
	by          uint64 // the number of the transaction that made it
	left, right *node
}

// own returns n where the transaction may change it, or a copy.
func (n *node) own(by uint64) *node {
	if n.by == by {
		return n
	}
	c := *n
	c.by = by
	return &c
}

// split returns the keys below key, and the others.
func (n *node) split(by uint64, key []byte) (below, others *node) {
	if n == nil {
		return nil, nil
	}
	n = n.own(by)
	if bytes.Compare(n.key, key) < 0 {
		n.right, others = n.right.split(by, key)
		return n, others
	}
	below, n.left = n.left.split(by, key)
	return below, n
}

// join returns the tree of both; all keys of n are below those of other.
func (n *node) join(by uint64, other *node) *node {
	switch {
	case n == nil:
		return other
	case other == nil:
		return n
	case n.weight >= other.weight:
		n = n.own(by)
		n.right = n.right.join(by, other)
		return n
	default:
		other = other.own(by)
		other.left = n.join(by, other.left)
		return other
	}
}

// put returns the tree with x in it.
func (n *node) put(x *node) *node {
	if n == nil || x.weight > n.weight {
		x.left, x.right = n.split(x.by, x.key)
		return x
	}
	n = n.own(x.by)
	switch bytes.Compare(x.key, n.key) {
	case 0:
		n.value = x.value
	case -1:
		n.left = n.left.put(x)
	default:
		n.right = n.right.put(x)
	}
	return n
}

// without returns the tree without a key.
func (n *node) without(by uint64, key []byte) *node {
	if n == nil {
		return nil
	}
	order := bytes.Compare(key, n.key)
	if order == 0 {
		return n.left.join(by, n.right)
	}
	n = n.own(by)
	if order < 0 {
		n.left = n.left.without(by, key)
	} else {
		n.right = n.right.without(by, key)
	}
	return n
}

// walk calls fn with the records in [from, to), in order, until it is false. A nil to
// is no end.
func (n *node) walk(from, to []byte, fn func(store.KV) bool) bool {
	if n == nil {
		return true
	}
	low, high := bytes.Compare(n.key, from) >= 0, to == nil || bytes.Compare(n.key, to) < 0
	return (!low || n.left.walk(from, to, fn)) &&
		(!low || !high || fn(store.KV{Key: n.key, Value: n.value})) &&
		(!high || n.right.walk(from, to, fn))
}

// memoryTx is a transaction on a tree.
type memoryTx struct {
	root *node
	seed maphash.Seed
	by   uint64
}

func (tx *memoryTx) Get(key []byte) ([]byte, error) {
	for n := tx.root; n != nil; {
		switch bytes.Compare(key, n.key) {
		case 0:
			return n.value, nil
		case -1:
			n = n.left
		default:
			n = n.right
		}
	}
	return nil, nil
}

func (tx *memoryTx) Put(key, value []byte) {
	tx.root = tx.root.put(&node{
		// Clipped, for whoever reads them may append to them.
		key: slices.Clip(bytes.Clone(key)), value: slices.Clip(append([]byte{}, value...)), weight: maphash.Bytes(tx.seed, key), by: tx.by,
	})
}

func (tx *memoryTx) Delete(key []byte) { tx.root = tx.root.without(tx.by, key) }

func (tx *memoryTx) Scan(from, to []byte, limit int) ([]store.KV, error) {
	var out []store.KV
	tx.root.walk(from, to, func(kv store.KV) bool {
		out = append(out, kv)
		return limit <= 0 || len(out) < limit
	})
	return out, nil
}

var errMemoryClosed = errors.New("closed")

// snapshot returns a team's tree as it is.
func (m *memory) snapshot(ctx context.Context, team string) (*memoryTx, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, errMemoryClosed
	}
	return &memoryTx{root: m.teams[team], seed: m.seed}, ctx.Err()
}

func (m *memory) Update(ctx context.Context, team string, fn func(store.Tx) error) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	tx, err := m.snapshot(ctx, team)
	if err != nil {
		return err
	}
	m.made++
	tx.by = m.made
	if err := run(tx, fn); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if tx.root == nil {
		delete(m.teams, team)
	} else {
		m.teams[team] = tx.root
	}
	return nil
}

// run makes an error of a panic.
func run(tx store.Tx, fn func(store.Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v", p)
		}
	}()
	return fn(tx)
}

func (m *memory) View(ctx context.Context, team string, fn func(store.Tx) error) error {
	tx, err := m.snapshot(ctx, team)
	if err != nil {
		return err
	}
	return fn(tx)
}

func (m *memory) Indexed(ctx context.Context, from, to []byte, limit int) ([]store.Ref, error) {
	teams, err := m.Teams(ctx)
	if err != nil {
		return nil, err
	}
	var out []store.Ref
	for _, team := range teams {
		tx, err := m.snapshot(ctx, team)
		if err != nil {
			return nil, err
		}
		n := 0
		tx.root.walk(from, to, func(kv store.KV) bool {
			if !store.Indexed(kv.Key) {
				return true
			}
			out = append(out, store.Ref{Team: team, Key: kv.Key})
			n++
			return n < limit
		})
	}
	slices.SortFunc(out, func(a, b store.Ref) int { return cmp.Or(bytes.Compare(a.Key, b.Key), cmp.Compare(a.Team, b.Team)) })
	return out[:min(len(out), max(limit, 0))], nil
}

func (m *memory) Teams(ctx context.Context) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, errMemoryClosed
	}
	return slices.Sorted(maps.Keys(m.teams)), ctx.Err()
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}
