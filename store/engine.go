package store

import "context"

// Engine is an ordered key-value store with one keyspace per team.
type Engine interface {
	// Update runs fn in a transaction of the team and returns when it is on disk.
	// Transactions of one team are serial; many that wait may share one disk sync.
	// fn may run more than once, so it must have no other effect; an error of fn
	// discards its writes alone and is returned as it is.
	Update(ctx context.Context, team string, fn func(Tx) error) error
	// View runs fn on a snapshot; it must not write. Never the basis of an
	// acknowledgement.
	View(ctx context.Context, team string, fn func(Tx) error) error
	// Indexed lists keys of all teams in [from, to), in key order, of those that engines
	// keep an index of.
	Indexed(ctx context.Context, from, to []byte, limit int) ([]Ref, error)
	// Teams lists the teams that have records, in order.
	Teams(ctx context.Context) ([]string, error)
	Close() error
}

// Ref is a key and the team it belongs to.
type Ref struct {
	Team string
	Key  []byte
}

// Tx is a transaction. It sees its own writes. What it returns is the caller's
// to keep and to append to (it has no room to spare that is another's), but not to
// change.
type Tx interface {
	// Get returns nil for a key that isn't there.
	Get(key []byte) ([]byte, error)
	Put(key, value []byte)
	Delete(key []byte)
	// Scan lists keys in [from, to), at most limit of them; 0 is no limit.
	Scan(from, to []byte, limit int) ([]KV, error)
}

// KV is a key and its value.
type KV struct{ Key, Value []byte }

// Indexed reports whether engines keep the key in the index over all teams.
func Indexed(key []byte) bool {
	return len(key) > 0 && (key[0] == keyWake || key[0] == keyUnsent || key[0] == keyHere)
}
