package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"quizbot/bot"
)

// Forget implements bot.People.
func (s *Store) Forget(ctx context.Context, player bot.UserID) (bot.Forgotten, error) {
	var out bot.Forgotten
	if player == "" {
		return out, fmt.Errorf("forget: %w", bot.ErrUnknownPlayer)
	}
	found := false
	err := s.eachTeam(ctx, func(team string) error {
		known := false
		if err := s.engine.View(ctx, team, func(tx Tx) error { // most teams need no write
			h, err := find(tx, string(player))
			known = err == nil && !h.empty()
			return err
		}); err != nil || !known {
			return err
		}
		if err := s.Fold(ctx, bot.TeamID(team)); err != nil {
			return err
		}
		var one bot.Forgotten
		err := s.engine.Update(ctx, team, func(tx Tx) (err error) {
			one, err = forgetPlayer(tx, team, string(player))
			return err
		})
		found = found || one.Teams > 0
		out.Settings = out.Settings || one.Settings
		if team != playersTeam {
			out.Teams += one.Teams
		}
		out.Answers += one.Answers
		out.Standings += one.Standings
		out.Messages += one.Messages
		out.Changed = append(out.Changed, one.Changed...)
		out.Gone = append(out.Gone, one.Gone...)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("forget %s: %w", player, err)
	}
	if !found {
		return out, fmt.Errorf("forget %s: %w", player, bot.ErrUnknownPlayer)
	}
	return out, nil
}

// forgetPlayer deletes all that a team holds of a player.
func forgetPlayer(tx Tx, team, player string) (out bot.Forgotten, err error) {
	h, err := find(tx, player)
	if err != nil || h.empty() {
		return out, err
	}
	out.Teams, out.Answers, out.Settings = 1, len(h.entries), h.own != nil
	own, err := ownBoards(tx, player)
	if err != nil {
		return out, err
	}
	places := newPlaces(tx)
	for _, board := range append(h.boards(), own...) {
		_, stood, err := places.takeOff(board, player)
		if err != nil {
			return out, err
		}
		if stood {
			out.Standings++
		}
	}
	if err := forgetRatings(tx, player); err != nil {
		return out, err
	}
	changed := map[string]bool{}
	for i, e := range h.entries {
		deleteAnswer(tx, h.seqs[i], e)
		changed[string(e.Room)] = true
	}
	for _, at := range h.clocks {
		tx.Delete(key(keyClock, string(at.Room), uint64(at.Round), player))
		changed[string(at.Room)] = true
	}
	tx.Delete(key(keyName, player))
	tx.Delete(key(keyRecord, player))
	tx.Delete(key(keyHidden, player))
	if err := dropRecalls(tx, player); err != nil {
		return out, err
	}
	for _, k := range h.seen {
		tx.Delete(k)
	}
	if err := h.scrubSettings(tx, player); err != nil {
		return out, err
	}
	rooms := maps.Clone(changed)
	for room := range h.rooms {
		rooms[room] = true
	}
	for _, room := range slices.Sorted(maps.Keys(rooms)) {
		r := h.room(room)
		if r.direct || room == team { // a room and a team of one name are one person's direct messages
			if err := dropRoom(tx, room); err != nil {
				return out, err
			}
			out.Gone = append(out.Gone, bot.RoomRef{Team: bot.TeamID(team), Room: bot.RoomID(room)})
			delete(changed, room)
			continue
		}
		changed[room] = true
		if err := r.scrub(tx, room, player, h.name); err != nil {
			return out, err
		}
		out.Messages += len(r.lines)
	}
	for _, room := range slices.Sorted(maps.Keys(changed)) {
		there, err := touch(tx, room)
		if err != nil {
			return out, err
		}
		if there {
			out.Changed = append(out.Changed, bot.RoomRef{Team: bot.TeamID(team), Room: bot.RoomID(room)})
		}
	}
	if team == playersTeam {
		return out, nil // ids of deliveries stay: they guard others' choices
	}
	return out, dropEmptyTeam(tx)
}

// deleteAnswer takes an answer out of the ledger, not off the boards.
func deleteAnswer(tx Tx, seq uint64, e entry) {
	tx.Delete(key(keyLedger, seq))
	tx.Delete(key(keyAnswer, string(e.Room), uint64(e.Round), string(e.Player)))
	tx.Delete(key(keyOf, string(e.Player), seq))
}

// touch gives a room a new revision, so that whoever remembers it reads it again;
// false when there is no such room.
func touch(tx Tx, room string) (bool, error) {
	rev, err := tx.Get(key(keyRev, room))
	if err != nil || rev == nil {
		return false, err
	}
	tx.Put(key(keyRev, room), putUint(getUint(rev)+1))
	return true, nil
}

// scrub takes the player out of a room's state and out of its messages to send.
func (r *heldRoom) scrub(tx Tx, room, player, name string) error {
	for k, value := range r.values {
		clean, err := without(value, player)
		if err != nil {
			return err
		}
		tx.Put([]byte(k), clean)
	}
	for seq := range r.lines {
		value, err := tx.Get(key(keyOutbox, room, seq))
		if err != nil {
			return err
		}
		var line bot.Line
		if err := json.Unmarshal(value, &line); err != nil {
			return fmt.Errorf("decode outbox: %w", err)
		}
		line.Outgoing, _ = line.Without(bot.UserID(player), name)
		if err := putLine(tx, room, seq, line); err != nil {
			return err
		}
	}
	return nil
}

// without takes a player out of a JSON record: lines of lists that are about the
// player go, and where the id stands alone, nobody's stands. All else stays as it
// was, also what this program doesn't know.
func without(value []byte, player string) ([]byte, error) {
	return rewritten(value, func(v any) any { return cleaned(v, player) })
}

// rewritten is a JSON record after a change, its fields in alphabetical order.
func rewritten(value []byte, change func(any) any) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber() // seeds and times have more digits than a float
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("decode room: %w", err)
	}
	b, err := json.Marshal(change(v))
	if err != nil {
		return nil, fmt.Errorf("encode room: %w", err)
	}
	return b, nil
}

func cleaned(v any, player string) any {
	switch v := v.(type) {
	case string:
		if v == player {
			return ""
		}
	case []any:
		v = slices.DeleteFunc(v, func(x any) bool {
			about, ok := x.(map[string]any)
			if _, between := about["player"]; ok && between && about["by"] == player {
				return true // a challenge: nobody is left to accept it from
			}
			return ok && about["player"] == player
		})
		for i := range v {
			v[i] = cleaned(v[i], player)
		}
		return v
	case map[string]any:
		for k := range v {
			v[k] = cleaned(v[k], player)
		}
		delete(v, player)
	}
	return v
}

// dropRoom deletes a room as if it had never been, with its boards.
func dropRoom(tx Tx, room string) error {
	wake, err := tx.Get(key(keyWakeOf, room))
	if err != nil {
		return err
	}
	if wake != nil {
		tx.Delete(key(keyWake, getUint(wake), room))
	}
	for _, kind := range append(roomKinds(), keyRev, keyAnswer, keyClock, keyOutbox, keyLine, keyMessage, keyRound, keyUnsent, keyWakeOf) {
		if err := drop(tx, key(kind, room)); err != nil {
			return err
		}
	}
	return nil
}

// drop deletes all records whose key begins with prefix.
func drop(tx Tx, prefix []byte) error {
	kvs, err := tx.Scan(prefix, after(prefix), 0)
	for _, kv := range kvs {
		tx.Delete(kv.Key)
	}
	return err
}

// dropEmptyTeam deletes what is left of a team in which nothing was ever kept, or
// nothing any more: its counters, and ids of deliveries.
func dropEmptyTeam(tx Tx) error {
	for _, kind := range []byte{keyRev, keyRoom, keyLedger, keyName, keyOutbox, keyTeamSettings, keyOwnSettings} {
		kvs, err := tx.Scan(key(kind), after(key(kind)), 1)
		if err != nil || len(kvs) > 0 {
			return err
		}
	}
	return drop(tx, nil)
}
