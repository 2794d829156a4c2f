package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// FormatVersion is the version of everything described in doc.go. Engines keep
// it beside the data, refuse a newer one, and migrate an older one when they open
// it: see Migrate.
const FormatVersion = 4

// Store keeps rooms, the ledger and boards in an engine.
type Store struct {
	engine Engine
	// hiding is held by who changes which players are hidden, and for reading by who goes by
	// it in a team: settings stand elsewhere than boards.
	hiding sync.RWMutex
}

var _ bot.Store = (*Store)(nil)

// New makes a store. Closing the engine is the caller's.
func New(e Engine) *Store { return &Store{engine: e} }

// entry is an Entry as it is stored.
type entry struct {
	V int `json:"v"`
	bot.Entry
}

// Room implements bot.Rooms.
func (s *Store) Room(ctx context.Context, team bot.TeamID, room bot.RoomID) (bot.Snapshot, error) {
	var snap bot.Snapshot
	err := s.engine.View(ctx, string(team), func(tx Tx) error {
		snap = bot.Snapshot{}
		return loadRoom(tx, string(room), &snap)
	})
	if err != nil {
		return bot.Snapshot{}, fmt.Errorf("load room %s: %w", room, err)
	}
	return snap, nil
}

func loadRoom(tx Tx, room string, snap *bot.Snapshot) error {
	rev, err := tx.Get(key(keyRev, room))
	if err != nil || rev == nil {
		return err
	}
	snap.Rev = getUint(rev)
	state, err := tx.Get(key(keyRoom, room))
	if err != nil {
		return err
	}
	if state != nil {
		if err := json.Unmarshal(state, &snap.State); err != nil {
			return fmt.Errorf("decode room: %w", err)
		}
	}
	names := names{tx: tx}
	for i := range snap.State.Room.Rounds {
		round := &snap.State.Room.Rounds[i]
		if err := loadAnswers(tx, room, round, names); err != nil {
			return err
		}
		if err := loadClocks(tx, room, round); err != nil {
			return err
		}
	}
	if err := loadPast(tx, room, &snap.State.Room, names); err != nil {
		return err
	}
	if g := snap.State.Room.Game; g != nil {
		if err := nameScore(g.Score, names); err != nil {
			return err
		}
	}
	for i := range snap.State.Room.Challenges {
		c := &snap.State.Room.Challenges[i]
		if c.ByName, err = names.of(c.By); err != nil {
			return err
		}
	}
	prefix := key(keyOutbox, room)
	lines, err := tx.Scan(prefix, after(prefix), 0)
	if err != nil {
		return err
	}
	for _, kv := range lines {
		var line bot.Line
		if err := json.Unmarshal(kv.Value, &line); err != nil {
			return fmt.Errorf("decode outbox: %w", err)
		}
		snap.Outbox = append(snap.Outbox, line)
	}
	return nil
}

// loadAnswers joins a round's answers in the order in which they were given.
func loadAnswers(tx Tx, room string, round *quiz.Round, names names) error {
	prefix := key(keyAnswer, room, uint64(round.No))
	guards, err := tx.Scan(prefix, after(prefix), 0)
	if err != nil {
		return err
	}
	seqs := make([]uint64, 0, len(guards))
	for _, kv := range guards {
		seqs = append(seqs, getUint(kv.Value))
	}
	slices.Sort(seqs)
	for _, seq := range seqs {
		e, err := loadEntry(tx, seq)
		if err != nil {
			return err
		}
		name, err := names.of(string(e.Player))
		if err != nil {
			return err
		}
		a := e.Answer()
		a.Name = name
		round.Answers = append(round.Answers, a)
	}
	return nil
}

func loadEntry(tx Tx, seq uint64) (entry, error) {
	var e entry
	value, err := tx.Get(key(keyLedger, seq))
	if err != nil {
		return e, err
	}
	if value == nil {
		return e, fmt.Errorf("ledger entry %d is missing", seq)
	}
	if err := json.Unmarshal(value, &e); err != nil {
		return e, fmt.Errorf("decode ledger entry %d: %w", seq, err)
	}
	return e, nil
}

// names looks up what players are called.
type names struct{ tx Tx }

func (n names) of(player string) (string, error) {
	name, err := n.tx.Get(key(keyName, player))
	return string(name), err
}

// Commit implements bot.Rooms.
func (s *Store) Commit(ctx context.Context, c bot.Change) error {
	err := s.engine.Update(ctx, string(c.Team), func(tx Tx) error { return commit(tx, c) })
	var seen *bot.SeenError
	if err == nil || errors.Is(err, bot.ErrStale) || errors.As(err, &seen) {
		return err
	}
	return fmt.Errorf("commit room %s: %w", c.Room, err)
}

func commit(tx Tx, c bot.Change) error {
	room := string(c.Room)
	if err := accept(tx, c); err != nil {
		return err
	}
	rev, err := tx.Get(key(keyRev, room))
	if err != nil {
		return err
	}
	if getUint(rev) != c.From {
		return bot.ErrStale
	}
	tx.Put(key(keyRev, room), putUint(c.From+1))
	for player, name := range c.Names {
		k := key(keyName, string(player))
		old, err := tx.Get(k)
		if err != nil {
			return err
		}
		if string(old) != name {
			tx.Put(k, []byte(name))
		}
	}
	if err := appendAnswers(tx, c); err != nil {
		return err
	}
	if err := putClocks(tx, c); err != nil {
		return err
	}
	if c.State != nil {
		value, err := json.Marshal(c.State)
		if err != nil {
			return fmt.Errorf("encode room: %w", err)
		}
		tx.Put(key(keyRoom, room), value)
		if err := setWake(tx, room, c.Wake); err != nil {
			return err
		}
	}
	if err := changePast(tx, c); err != nil {
		return err
	}
	return changeOutbox(tx, c)
}

// remembered is how long a delivery ID is surely known again; it is forgotten
// after at most twice that.
const remembered = 24 * time.Hour

// accept records the causes, or lists those that were accepted before.
func accept(tx Tx, c bot.Change) error {
	var seen []string
	for _, id := range c.Causes {
		known, err := knows(tx, id, c.At)
		if err != nil {
			return err
		}
		if known {
			seen = append(seen, id)
		}
	}
	if len(seen) > 0 {
		return &bot.SeenError{IDs: seen}
	}
	for _, id := range c.Causes {
		tx.Put(key(keySeen, day(c.At), id), nil)
	}
	if len(c.Causes) > 0 {
		return forget(tx, c.At, 2*len(c.Causes)+8)
	}
	return nil
}

func day(t time.Time) uint64 { return uint64(t.Unix() / int64(remembered/time.Second)) }

func knows(tx Tx, id string, now time.Time) (bool, error) {
	for _, d := range []uint64{day(now), day(now) - 1, day(now) + 1} { // +1: another machine's clock
		value, err := tx.Get(key(keySeen, d, id))
		if err != nil || value != nil {
			return value != nil, err
		}
	}
	return false, nil
}

// forget drops up to n delivery IDs that are old enough. Each commit that adds
// some drops more than it adds, so that they don't pile up.
func forget(tx Tx, now time.Time, n int) error {
	old, err := tx.Scan(key(keySeen), key(keySeen, day(now)-1), n)
	if err != nil {
		return err
	}
	for _, kv := range old {
		tx.Delete(kv.Key)
	}
	return nil
}

// Once implements bot.Rooms.
func (s *Store) Once(ctx context.Context, team bot.TeamID, id string, at time.Time) (bool, error) {
	err := s.engine.Update(ctx, string(team), func(tx Tx) error {
		return accept(tx, bot.Change{Causes: []string{id}, At: at})
	})
	var seen *bot.SeenError
	if errors.As(err, &seen) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("record delivery %s: %w", id, err)
	}
	return true, nil
}

// Knows implements bot.Rooms.
func (s *Store) Knows(ctx context.Context, team bot.TeamID, id string, at time.Time) (known bool, err error) {
	err = s.engine.View(ctx, string(team), func(tx Tx) error {
		known, err = knows(tx, id, at)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look up delivery %s: %w", id, err)
	}
	return known, nil
}

func appendAnswers(tx Tx, c bot.Change) error {
	if len(c.Answers) == 0 {
		return nil
	}
	next, err := counter(tx, "ledger")
	if err != nil {
		return err
	}
	for _, a := range c.Answers {
		guard := key(keyAnswer, string(a.Room), uint64(a.Round), string(a.Player))
		before, err := tx.Get(guard)
		if err != nil {
			return err
		}
		if before != nil {
			return bot.ErrStale // somebody else counted it: decide anew
		}
		value, err := json.Marshal(entry{V: FormatVersion, Entry: a})
		if err != nil {
			return fmt.Errorf("encode answer: %w", err)
		}
		tx.Put(key(keyLedger, next), value)
		tx.Put(guard, putUint(next))
		tx.Put(key(keyOf, string(a.Player), next), nil)
		if err := addRecall(tx, a); err != nil {
			return err
		}
		next++
	}
	setCounter(tx, "ledger", next)
	return nil
}

func counter(tx Tx, name string) (uint64, error) {
	value, err := tx.Get(key(keyCounter, name))
	return getUint(value), err
}

func setCounter(tx Tx, name string, x uint64) { tx.Put(key(keyCounter, name), putUint(x)) }

func setWake(tx Tx, room string, wake time.Time) error {
	of := key(keyWakeOf, room)
	old, err := tx.Get(of)
	if err != nil {
		return err
	}
	if old != nil {
		if !wake.IsZero() && getUint(old) == millis(wake) {
			return nil
		}
		tx.Delete(key(keyWake, getUint(old), room))
		tx.Delete(of)
	}
	if !wake.IsZero() {
		tx.Put(key(keyWake, millis(wake), room), nil)
		tx.Put(of, putUint(millis(wake)))
	}
	return nil
}

func changeOutbox(tx Tx, c bot.Change) error {
	if len(c.Out)+len(c.Begun)+len(c.Settled) == 0 {
		return nil
	}
	room := string(c.Room)
	next, err := counter(tx, "outbox")
	if err != nil {
		return err
	}
	for _, o := range c.Out {
		if err := putLine(tx, room, next, bot.Line{Outgoing: o, At: c.At}); err != nil {
			return err
		}
		tx.Put(key(keyLine, room, o.Key), putUint(next))
		next++
	}
	setCounter(tx, "outbox", next)
	for _, k := range c.Begun {
		if err := begin(tx, room, k, c.At); err != nil {
			return err
		}
	}
	for _, r := range c.Settled {
		if err := settle(tx, room, r); err != nil {
			return err
		}
	}
	prefix := key(keyOutbox, room)
	left, err := tx.Scan(prefix, after(prefix), 1)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		tx.Put(key(keyUnsent, room), nil)
	} else {
		tx.Delete(key(keyUnsent, room))
	}
	return nil
}

func putLine(tx Tx, room string, seq uint64, line bot.Line) error {
	value, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("encode message %s: %w", line.Key, err)
	}
	tx.Put(key(keyOutbox, room, seq), value)
	return nil
}

func begin(tx Tx, room, name string, at time.Time) error {
	seq, err := tx.Get(key(keyLine, room, name))
	if err != nil || seq == nil {
		return err
	}
	value, err := tx.Get(key(keyOutbox, room, getUint(seq)))
	if err != nil || value == nil {
		return err
	}
	var line bot.Line
	if err := json.Unmarshal(value, &line); err != nil {
		return fmt.Errorf("decode message %s: %w", name, err)
	}
	line.Begun, line.BegunAt = true, at
	return putLine(tx, room, getUint(seq), line)
}

func settle(tx Tx, room string, r bot.Receipt) error {
	at := key(keyLine, room, r.Key)
	seq, err := tx.Get(at)
	if err != nil {
		return err
	}
	if seq != nil {
		tx.Delete(key(keyOutbox, room, getUint(seq)))
		tx.Delete(at)
	}
	if r.Message != "" && r.Round > 0 { // only questions are edited, replied to or looked up
		tx.Put(key(keyMessage, room, r.Key), []byte(r.Message))
		tx.Put(key(keyRound, room, string(r.Message)), putUint(uint64(r.Round)))
	}
	return nil
}
