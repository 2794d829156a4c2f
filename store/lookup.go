package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"quizbot/bot"
)

// Due implements bot.Rooms.
func (s *Store) Due(ctx context.Context, by time.Time, limit int) ([]bot.DueRoom, error) {
	refs, err := s.engine.Indexed(ctx, key(keyWake), key(keyWake, millis(by)+1), limit)
	if err != nil {
		return nil, fmt.Errorf("list due rooms: %w", err)
	}
	var out []bot.DueRoom
	for _, ref := range refs {
		at, rest, err := takeUint(ref.Key[1:])
		if err != nil {
			return nil, fmt.Errorf("list due rooms of %s: %w", ref.Team, err)
		}
		room, _, err := takeString(rest)
		if err != nil {
			return nil, fmt.Errorf("list due rooms of %s: %w", ref.Team, err)
		}
		out = append(out, bot.DueRoom{RoomRef: bot.RoomRef{Team: bot.TeamID(ref.Team), Room: bot.RoomID(room)}, At: fromMillis(at)})
	}
	return out, nil
}

// Unsent implements bot.Rooms.
func (s *Store) Unsent(ctx context.Context) ([]bot.RoomRef, error) {
	refs, err := s.engine.Indexed(ctx, key(keyUnsent), after(key(keyUnsent)), math.MaxInt)
	if err != nil {
		return nil, fmt.Errorf("list unsent messages: %w", err)
	}
	var out []bot.RoomRef
	for _, ref := range refs {
		room, _, err := takeString(ref.Key[1:])
		if err != nil {
			return nil, fmt.Errorf("list unsent messages of %s: %w", ref.Team, err)
		}
		out = append(out, bot.RoomRef{Team: bot.TeamID(ref.Team), Room: bot.RoomID(room)})
	}
	return out, nil
}

func (s *Store) get(ctx context.Context, team bot.TeamID, k []byte) (value []byte, err error) {
	err = s.engine.View(ctx, string(team), func(tx Tx) error {
		value, err = tx.Get(k)
		return err
	})
	return value, err
}

// Posted implements bot.Rooms.
func (s *Store) Posted(ctx context.Context, team bot.TeamID, room bot.RoomID, name string) (bot.MessageID, error) {
	value, err := s.get(ctx, team, key(keyMessage, string(room), name))
	if err != nil {
		return "", fmt.Errorf("look up message %s of %s: %w", name, room, err)
	}
	return bot.MessageID(value), nil
}

// RoundOf implements bot.Rooms.
func (s *Store) RoundOf(ctx context.Context, team bot.TeamID, room bot.RoomID, m bot.MessageID) (int, error) {
	value, err := s.get(ctx, team, key(keyRound, string(room), string(m)))
	if err != nil {
		return 0, fmt.Errorf("look up the round of message %s in %s: %w", m, room, err)
	}
	return int(getUint(value)), nil
}

// Given implements bot.Rooms.
func (s *Store) Given(ctx context.Context, team bot.TeamID, room bot.RoomID, round int, player bot.UserID) (bot.Entry, bool, error) {
	var e entry
	found := false
	err := s.engine.View(ctx, string(team), func(tx Tx) error {
		seq, err := tx.Get(key(keyAnswer, string(room), uint64(round), string(player)))
		if err != nil || seq == nil {
			return err
		}
		found = true
		e, err = loadEntry(tx, getUint(seq))
		return err
	})
	if err != nil {
		return bot.Entry{}, false, fmt.Errorf("look up an answer of round %d in %s: %w", round, room, err)
	}
	return e.Entry, found, nil
}
