package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// foldBatch is how many answers one transaction folds into boards: others wait
// for the writer no longer than that takes.
const foldBatch = 100

// Fold implements bot.Boards: it brings the team's boards up to its ledger.
func (s *Store) Fold(ctx context.Context, team bot.TeamID) error {
	for {
		behind := false
		err := s.engine.View(ctx, string(team), func(tx Tx) error {
			ledger, err := counter(tx, "ledger")
			if err != nil {
				return err
			}
			folded, err := counter(tx, "folded")
			behind = folded < ledger
			return err
		})
		if err != nil || !behind {
			return err
		}
		if more, err := s.foldSome(ctx, string(team)); err != nil || !more {
			return err
		}
	}
}

// foldSome folds some answers, and says whether there may be more.
func (s *Store) foldSome(ctx context.Context, team string) (more bool, err error) {
	s.hiding.RLock()
	defer s.hiding.RUnlock()
	hidden, err := s.newcomers(ctx, team)
	if err != nil {
		return false, err
	}
	err = s.engine.Update(ctx, team, func(tx Tx) (err error) {
		for _, player := range hidden {
			if err := hide(tx, player, true); err != nil {
				return err
			}
		}
		more, err = fold(tx)
		return err
	})
	return more, err
}

// fold takes up to foldBatch answers from where the last one stopped.
func fold(tx Tx) (more bool, err error) {
	from, err := counter(tx, "folded")
	if err != nil {
		return false, err
	}
	kvs, err := tx.Scan(key(keyLedger, from), after(key(keyLedger)), foldBatch)
	if err != nil {
		return false, err
	}
	f := newFolder(tx)
	for _, kv := range kvs {
		if err := f.add(kv); err != nil {
			return false, err
		}
	}
	if err := f.write(); err != nil {
		return false, err
	}
	return len(kvs) == foldBatch, setFolded(tx, kvs)
}

// setFolded notes how far the ledger is folded, after a batch of it. The numbers in
// it need not be consecutive, for entries are deleted; a batch that is not full
// was the end of it.
func setFolded(tx Tx, batch []KV) error {
	next, err := counter(tx, "ledger")
	if err != nil {
		return err
	}
	if len(batch) == foldBatch {
		last, _, err := takeUint(batch[foldBatch-1].Key[1:])
		if err != nil {
			return err
		}
		next = last + 1
	}
	setCounter(tx, "folded", next)
	return nil
}

// standing is a player's place on a board.
type standing struct{ board, player string }

// folder gathers what follows from answers, in the order of the ledger, and writes it.
type folder struct {
	tx      Tx
	places  *places
	gained  map[standing]int
	order   []standing // writes in a fixed order, so that a run repeats exactly
	records map[string]*quiz.Record
	ratings *ratings
	// anew: nothing was folded before, and boards of spans that nobody can ask for any more
	// at that time are left out; zero: it goes on from what is there.
	anew time.Time
}

func newFolder(tx Tx) *folder {
	return &folder{tx: tx, places: newPlaces(tx), gained: map[standing]int{}, records: map[string]*quiz.Record{}, ratings: newRatings(tx)}
}

// add takes an entry of the ledger.
func (f *folder) add(kv KV) error {
	var e entry
	if err := json.Unmarshal(kv.Value, &e); err != nil {
		return fmt.Errorf("decode ledger: %w", err)
	}
	seq, _, err := takeUint(kv.Key[1:])
	if err != nil {
		return err
	}
	for _, board := range boardsOf(e) {
		at := standing{board, string(e.Player)}
		if _, ok := f.gained[at]; !ok {
			if !f.anew.IsZero() && quiz.SpanGone(takeBoard(board).span, f.anew) {
				continue
			}
			f.order = append(f.order, at)
		}
		f.gained[at] += e.Points
	}
	record, ok := f.records[string(e.Player)]
	if !ok {
		record = &quiz.Record{}
		if f.anew.IsZero() {
			if err := getRecord(f.tx, string(e.Player), record); err != nil {
				return err
			}
		}
		f.records[string(e.Player)] = record
	}
	*record = record.Add(e.Pack, e.Answer())
	return f.ratings.add(seq, e)
}

// write puts all that was gathered where it belongs.
func (f *folder) write() error {
	if f.anew.IsZero() {
		for _, at := range f.order {
			if err := f.places.add(at.board, at.player, f.gained[at]); err != nil {
				return err
			}
		}
	} else {
		f.writeAnew()
	}
	for _, player := range slices.Sorted(maps.Keys(f.records)) {
		value, err := json.Marshal(f.records[player])
		if err != nil {
			return fmt.Errorf("encode record: %w", err)
		}
		f.tx.Put(key(keyRecord, player), value)
	}
	return f.ratings.write(f.places)
}

func getRecord(tx Tx, player string, r *quiz.Record) error {
	value, err := tx.Get(key(keyRecord, player))
	if err != nil || value == nil {
		return err
	}
	if err := json.Unmarshal(value, r); err != nil {
		return fmt.Errorf("decode record: %w", err)
	}
	return nil
}

// refold leads from format 3 to 4, which has boards of seasons and topics, ratings and forms,
// and fewer counts: all that follows from the ledger is worked out anew. Boards of spans that
// nobody can ask for any more at the time of the newest answer are left out.
func refold(tx Tx) error {
	f := newFolder(tx)
	if err := each(tx, key(keyLedger), func(kv KV) error {
		var e struct{ At time.Time }
		if err := json.Unmarshal(kv.Value, &e); err != nil {
			return fmt.Errorf("decode ledger: %w", err)
		}
		if at := e.At.UTC(); at.After(f.anew) {
			f.anew = at
		}
		return nil
	}); err != nil {
		return err
	}
	if err := each(tx, key(keyLedger), f.add); err != nil { // reads all before anything is written
		return err
	}
	for _, kind := range []byte{keyScore, keyBoard, keyCount, keyPlayers, keyRecord} {
		if err := drop(tx, key(kind)); err != nil {
			return err
		}
	}
	if err := f.write(); err != nil {
		return err
	}
	next, err := counter(tx, "ledger")
	if err == nil && next > 0 {
		setCounter(tx, "folded", next)
	}
	return err
}

// writeAnew writes whole boards where there are none.
func (f *folder) writeAnew() {
	points := map[string][]int{}
	for _, at := range f.order {
		gained := f.gained[at]
		points[at.board] = append(points[at.board], gained)
		f.tx.Put(key(keyScore, at.board, at.player), putUint(uint64(int64(gained))))
		f.tx.Put(key(keyBoard, at.board, descending(gained), at.player), nil)
	}
	for board, all := range points {
		n := uint64(len(all))
		setPlayersOn(f.tx, board, n, n > countFrom)
		if n > countFrom {
			putCounts(f.tx, board, all)
		}
	}
}
