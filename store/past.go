package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// loadPast joins the rounds that were closed of late, with their answers, and names
// who played in the games that ended.
func loadPast(tx Tx, room string, into *quiz.Room, names names) error {
	prefix := key(keyPast, room)
	kvs, err := tx.Scan(prefix, after(prefix), 0)
	if err != nil {
		return err
	}
	for _, kv := range kvs {
		var past quiz.Past
		if err := json.Unmarshal(kv.Value, &past); err != nil {
			return fmt.Errorf("decode a past round: %w", err)
		}
		if err := loadAnswers(tx, room, &past.Round, names); err != nil {
			return err
		}
		if err := loadClocks(tx, room, &past.Round); err != nil {
			return err
		}
		into.Past = append(into.Past, past)
	}
	for _, g := range into.Ended {
		if err := nameScore(g.Game.Score, names); err != nil {
			return err
		}
	}
	return nil
}

// nameScore fills in what the players of a table are called.
func nameScore(score []quiz.Score, names names) (err error) {
	for i := range score {
		if score[i].Name, err = names.of(score[i].Player); err != nil {
			return err
		}
	}
	return nil
}

// Over implements bot.Rooms. It reads what Sweep has left of them, which is little.
func (s *Store) Over(ctx context.Context, since time.Time) ([]bot.RoomRef, error) {
	var out []bot.RoomRef
	err := s.eachTeam(ctx, func(team string) error {
		return s.engine.View(ctx, team, func(tx Tx) error {
			var last bot.RoomRef
			return each(tx, key(keyPast), func(kv KV) error {
				over, err := overAt(kv)
				if err != nil || over.Before(since) {
					return err
				}
				room, _, err := takeString(kv.Key[1:])
				if err != nil {
					return err
				}
				if ref := (bot.RoomRef{Team: bot.TeamID(team), Room: bot.RoomID(room)}); ref != last {
					out, last = append(out, ref), ref
				}
				return nil
			})
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list rooms with past rounds: %w", err)
	}
	return out, nil
}

// overAt is when a past round was closed.
func overAt(kv KV) (time.Time, error) {
	var past struct {
		Over time.Time `json:"over"`
	}
	if err := json.Unmarshal(kv.Value, &past); err != nil {
		return time.Time{}, fmt.Errorf("decode a past round: %w", err)
	}
	return past.Over, nil
}

// keepPast is how long after its close a round surely stays: longer than an answer to
// it can still come, and than its changed result is to be told.
const keepPast = time.Hour

// sweepPast gives up to n past rounds to be deleted that are too old. A room drops its
// own at its next close; this is for those that are not used again.
func sweepPast(tx Tx, now time.Time, n int, remove func(k []byte)) (found int, err error) {
	for from, more := key(keyPast), true; more && found < n; {
		kvs, err := tx.Scan(from, after(key(keyPast)), pageSize)
		if err != nil {
			return found, err
		}
		more = len(kvs) == pageSize
		for _, kv := range kvs {
			over, err := overAt(kv)
			if err != nil {
				return found, err
			}
			if found < n && now.Sub(over) > keepPast {
				if found, err = sweepRound(tx, kv.Key, found, n, remove); err != nil {
					return found, err
				}
			}
			from = bytes.Clone(append(kv.Key, 0))
		}
	}
	return found, nil
}

// sweepRound gives the past round of that key to be deleted, after the clocks of its players:
// up to n records in all, of which so many were found.
func sweepRound(tx Tx, k []byte, found, n int, remove func(k []byte)) (int, error) {
	parts, err := takeKey(k)
	if err != nil {
		return found, err
	}
	clocks, err := sweepClocks(tx, parts.text[0], parts.number[0], n-found, remove)
	if found += clocks; err != nil || found == n {
		return found, err
	}
	remove(k)
	return found + 1, nil
}

// changePast writes rounds that were closed, and drops those that are too old.
func changePast(tx Tx, c bot.Change) error {
	room := string(c.Room)
	for _, past := range c.Past {
		value, err := json.Marshal(past)
		if err != nil {
			return fmt.Errorf("encode a past round: %w", err)
		}
		tx.Put(key(keyPast, room, uint64(past.Round.No)), value)
	}
	for _, no := range c.Forgotten {
		tx.Delete(key(keyPast, room, uint64(no)))
		if err := drop(tx, key(keyClock, room, uint64(no))); err != nil {
			return err
		}
	}
	return nil
}
