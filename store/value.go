package store

import (
	"bytes"
	"context"
	"fmt"
)

// programTeam is where the program keeps what belongs to no team of players. No
// platform's team is named so, for those begin with the platform and a colon.
const programTeam = "program"

// Value returns a small value that the program keeps under name; nil when there is none.
func (s *Store) Value(ctx context.Context, name string) ([]byte, error) {
	var value []byte
	err := s.engine.View(ctx, programTeam, func(tx Tx) error {
		v, err := tx.Get(key(keyValue, name))
		value = bytes.Clone(v)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read value %s: %w", name, err)
	}
	return value, nil
}

// SetValue keeps value under name and returns when it is on disk.
func (s *Store) SetValue(ctx context.Context, name string, value []byte) error {
	err := s.engine.Update(ctx, programTeam, func(tx Tx) error {
		tx.Put(key(keyValue, name), value)
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep value %s: %w", name, err)
	}
	return nil
}

// Values are the program's own values inside a transaction.
type Values struct{ tx Tx }

// Value is one of them.
type Value struct {
	Name string
	Data []byte
}

// Get returns nil for a value that isn't there.
func (v Values) Get(name string) ([]byte, error) {
	data, err := v.tx.Get(key(keyValue, name))
	return bytes.Clone(data), err
}

// Put keeps data under name.
func (v Values) Put(name string, data []byte) { v.tx.Put(key(keyValue, name), data) }

// Delete forgets a value; one that isn't there is none the worse.
func (v Values) Delete(name string) { v.tx.Delete(key(keyValue, name)) }

// Named lists the values whose names begin with prefix, by name.
func (v Values) Named(prefix string) ([]Value, error) {
	from := key(keyValue, prefix)
	from = from[:len(from)-1] // without the end of the name
	found, err := v.tx.Scan(from, after(from), 0)
	if err != nil {
		return nil, err
	}
	var out []Value
	for _, kv := range found {
		name, _, err := takeString(kv.Key[1:])
		if err != nil {
			return nil, err
		}
		out = append(out, Value{Name: name, Data: bytes.Clone(kv.Value)})
	}
	return out, nil
}

// ViewValues runs fn on the program's own values as they are; it must not write.
func (s *Store) ViewValues(ctx context.Context, fn func(Values) error) error {
	return s.engine.View(ctx, programTeam, func(tx Tx) error { return fn(Values{tx}) })
}

// UpdateValues runs fn in a transaction on the program's own values and returns
// when it is on disk. fn may run more than once, so it must have no other effect; its
// error discards what it wrote and is returned as it is.
func (s *Store) UpdateValues(ctx context.Context, fn func(Values) error) error {
	return s.engine.Update(ctx, programTeam, func(tx Tx) error { return fn(Values{tx}) })
}
