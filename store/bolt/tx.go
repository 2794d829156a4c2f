package bolt

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	bbolt "go.etcd.io/bbolt"

	"quizbot/store"
)

// teamKey is a team's bucket name; bbolt takes no empty names.
func teamKey(team string) []byte { return []byte("=" + team) }

// groupTx is the bbolt transaction that a group of functions shares.
type groupTx struct {
	teams, index *bbolt.Bucket
	open         map[string]*bbolt.Bucket
}

func (g *groupTx) team(team string) *bbolt.Bucket {
	b, ok := g.open[team]
	if !ok {
		b = g.teams.Bucket(teamKey(team))
		if b != nil {
			g.open[team] = b
		}
	}
	return b
}

// apply brings one function's writes into the shared transaction, in key order,
// which is how bbolt's pages like them.
func (g *groupTx) apply(team string, o *overlay) error {
	b := g.team(team)
	if b == nil {
		var err error
		if b, err = g.teams.CreateBucket(teamKey(team)); err != nil {
			return err
		}
		g.open[team] = b
	}
	kept := false
	for _, k := range o.keys() {
		key, value := []byte(k), o.writes[k]
		kept = kept || value != nil
		if value == nil {
			if err := b.Delete(key); err != nil {
				return err
			}
		} else if err := b.Put(key, value); err != nil {
			return err
		}
		if !store.Indexed(key) {
			continue
		}
		at := append(slices.Clone(key), team...)
		if value == nil {
			if err := g.index.Delete(at); err != nil {
				return err
			}
		} else if err := g.index.Put(at, strconv.AppendInt(nil, int64(len(key)), 10)); err != nil {
			return err
		}
	}
	if kept {
		return nil
	}
	if first, _ := b.Cursor().First(); first == nil { // the team's name must not outlive its records
		delete(g.open, team)
		return g.teams.DeleteBucket(teamKey(team))
	}
	return nil
}

// overlay is what one function sees: the team's bucket below its own writes.
type overlay struct {
	base   *bbolt.Bucket     // nil: a team that is not there yet
	writes map[string][]byte // nil value: deleted
	sorted []string          // keys of writes in order; nil when out of date
}

// check refuses what bbolt would not take, before it spoils the transaction that
// others share.
func (o *overlay) check() error {
	for k, v := range o.writes {
		switch {
		case k == "" || len(k) > bbolt.MaxKeySize:
			return fmt.Errorf("%w: a key of %d bytes", ErrTooLarge, len(k))
		case len(v) > bbolt.MaxValueSize:
			return fmt.Errorf("%w: a value of %d bytes", ErrTooLarge, len(v))
		}
	}
	return nil
}

func (o *overlay) keys() []string {
	if o.sorted == nil {
		o.sorted = make([]string, 0, len(o.writes))
		for k := range o.writes {
			o.sorted = append(o.sorted, k)
		}
		slices.Sort(o.sorted)
	}
	return o.sorted
}

func (o *overlay) Get(key []byte) ([]byte, error) {
	if v, ok := o.writes[string(key)]; ok {
		return v, nil
	}
	if o.base == nil {
		return nil, nil
	}
	v := o.base.Get(key)
	if v == nil {
		return nil, nil
	}
	return append([]byte{}, v...), nil // bbolt's memory lives only as long as the transaction
}

func (o *overlay) Put(key, value []byte) {
	if _, known := o.writes[string(key)]; !known {
		o.sorted = nil
	}
	o.writes[string(key)] = append([]byte{}, value...)
}

func (o *overlay) Delete(key []byte) {
	if _, known := o.writes[string(key)]; !known {
		o.sorted = nil
	}
	o.writes[string(key)] = nil
}

// Scan merges the bucket and the overlay.
func (o *overlay) Scan(from, to []byte, limit int) ([]store.KV, error) {
	own := o.keys()
	i, _ := slices.BinarySearch(own, string(from))
	var out []store.KV
	var c *bbolt.Cursor
	var k, v []byte
	if o.base != nil {
		c = o.base.Cursor()
		k, v = c.Seek(from)
	}
	below := func(key []byte) bool { return to == nil || bytes.Compare(key, to) < 0 }
	for limit <= 0 || len(out) < limit {
		haveBase := k != nil && below(k)
		haveOwn := i < len(own) && below([]byte(own[i]))
		switch {
		case haveOwn && (!haveBase || own[i] <= string(k)):
			if haveBase && own[i] == string(k) {
				k, v = c.Next()
			}
			if value := o.writes[own[i]]; value != nil {
				out = append(out, store.KV{Key: []byte(own[i]), Value: value})
			}
			i++
		case haveBase:
			out = append(out, store.KV{Key: bytes.Clone(k), Value: append([]byte{}, v...)})
			k, v = c.Next()
		default:
			return out, nil
		}
	}
	return out, nil
}
