package store

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// migrations lead from one format to the next: the first from 1 to 2, and so on. Each is
// given every team in turn. What is here stays, for somebody may still have that
// format; it must not use what later formats change.
func migrations() []func(Tx) error {
	return []func(Tx) error{indexAnswers, rememberAnswers, refold}
}

// Migrate brings what is kept of one team from an earlier format to this one. The
// engine runs it for every team, in one transaction together with the new version
// number. An error leaves the database as it was: the format is none that ever was,
// or a record can't be read.
func Migrate(tx Tx, from int) error {
	if from < 1 || from > FormatVersion {
		return fmt.Errorf("there is no way from format %d to %d", from, FormatVersion)
	}
	for i, step := range migrations()[from-1:] {
		if err := step(tx); err != nil {
			return fmt.Errorf("from format %d to %d: %w", from+i, from+i+1, err)
		}
	}
	return nil
}

// pageSize is how many records are read at once where all of a kind are.
const pageSize = 1000

// each calls fn with every record whose key begins with prefix, page by page. fn
// may write, and may delete what it is given.
func each(tx Tx, prefix []byte, fn func(KV) error) error {
	from, to := prefix, after(prefix)
	for {
		kvs, err := tx.Scan(from, to, pageSize)
		if err != nil {
			return err
		}
		for _, kv := range kvs {
			if err := fn(kv); err != nil {
				return err
			}
		}
		if len(kvs) < pageSize {
			return nil
		}
		from = bytes.Clone(append(kvs[len(kvs)-1].Key, 0)) // the next key there can be
	}
}

// indexAnswers leads from format 1 to 2, which finds a player's answers without
// reading those of all: to export them, to forget them, and to repeat them.
func indexAnswers(tx Tx) error {
	var keys [][]byte // written after all was read: engines are quicker so
	err := each(tx, key(keyLedger), func(kv KV) error {
		var e struct {
			Player string `json:"player"`
		}
		if err := json.Unmarshal(kv.Value, &e); err != nil {
			return fmt.Errorf("decode ledger: %w", err)
		}
		seq, _, err := takeUint(kv.Key[1:])
		if err != nil {
			return err
		}
		keys = append(keys, key(keyOf, e.Player, seq))
		return nil
	})
	for _, k := range keys {
		tx.Put(k, nil)
	}
	return err
}
