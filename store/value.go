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
