package bot_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"quizbot/bot"
)

// errDead is what a bot hears of the world after its sudden end.
var errDead = errors.New("this bot was thrown away")

// fuse cuts a bot off from its store and its platform, as the end of its
// process would.
type fuse struct {
	once  sync.Once
	blown chan struct{}
}

func newFuse() *fuse { return &fuse{blown: make(chan struct{})} }

func (f *fuse) blow() { f.once.Do(func() { close(f.blown) }) }

func (f *fuse) err() error {
	select {
	case <-f.blown:
		return errDead
	default:
		return nil
	}
}

// fusedStore is a store that a bot can be cut off from.
type fusedStore struct {
	bot.Store
	fuse *fuse
}

func (s fusedStore) Room(ctx context.Context, team bot.TeamID, room bot.RoomID) (bot.Snapshot, error) {
	if err := s.fuse.err(); err != nil {
		return bot.Snapshot{}, err
	}
	return s.Store.Room(ctx, team, room)
}

func (s fusedStore) Commit(ctx context.Context, c bot.Change) error {
	if err := s.fuse.err(); err != nil {
		return err
	}
	return s.Store.Commit(ctx, c)
}

func (s fusedStore) Once(ctx context.Context, team bot.TeamID, id string, at time.Time) (bool, error) {
	if err := s.fuse.err(); err != nil {
		return false, err
	}
	return s.Store.Once(ctx, team, id, at)
}

func (s fusedStore) Due(ctx context.Context, by time.Time, limit int) ([]bot.DueRoom, error) {
	if s.fuse.err() == nil {
		return s.Store.Due(ctx, by, limit)
	}
	return nil, nil // so that Run waits for its context
}

// fusedMessenger is a messenger that a bot can be cut off from. What m can do
// beside delivering, it can do too.
func fusedMessenger(m bot.Messenger, f *fuse) bot.Messenger {
	plain := fused{Messenger: m, fuse: f}
	finder, finds := m.(bot.Finder)
	knows, remembers := m.(bot.Idempotent)
	switch {
	case finds && remembers:
		return fusedBoth{fusedFinder{fused: plain, Finder: finder}, knows}
	case finds:
		return fusedFinder{fused: plain, Finder: finder}
	case remembers:
		return fusedIdempotent{fused: plain, Idempotent: knows}
	default:
		return plain
	}
}

type (
	fused struct {
		bot.Messenger
		fuse *fuse
	}
	fusedFinder struct {
		fused
		bot.Finder
	}
	fusedIdempotent struct {
		fused
		bot.Idempotent
	}
	fusedBoth struct {
		fusedFinder
		bot.Idempotent
	}
)

func (m fused) Deliver(ctx context.Context, o bot.Outgoing) (bot.MessageID, error) {
	if err := m.fuse.err(); err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // what is under way is cut off, too
		defer cancel()
		select {
		case <-m.fuse.blown:
		case <-ctx.Done():
		}
	}()
	id, err := m.Messenger.Deliver(ctx, o)
	if err := m.fuse.err(); err != nil {
		return "", err
	}
	return id, err
}

// Missed implements bot.Historian: every platform here can be read.
func (m fused) Missed(ctx context.Context, q bot.Missing) ([]bot.Said, error) {
	if err := m.fuse.err(); err != nil {
		return nil, err
	}
	return m.Messenger.(bot.Historian).Missed(ctx, q)
}

// MadeAt implements bot.Dated, for messengers that don't say it too.
func (m fused) MadeAt(id bot.MessageID) time.Time {
	if dated, ok := m.Messenger.(bot.Dated); ok {
		return dated.MadeAt(id)
	}
	return time.Time{}
}

func (m fusedFinder) Find(ctx context.Context, o bot.Outgoing, since time.Time) (bot.MessageID, bool, error) {
	if err := m.fuse.err(); err != nil {
		return "", false, err
	}
	return m.Finder.Find(ctx, o, since)
}
