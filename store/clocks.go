package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"

	"quizbot/bot"
	"quizbot/quiz"
)

// To whom an async question was revealed is kept beside its room, one record a player: from
// when to when the player's own time is, in milliseconds. It goes with the round.

func clockValue(c quiz.Clock) []byte {
	return binary.BigEndian.AppendUint64(putUint(millis(c.From)), millis(c.Until))
}

// takeClock reads a record of the team: the room, the number of the round, the clock.
func takeClock(kv KV) (room string, round int, c quiz.Clock, err error) {
	parts, err := takeKey(kv.Key)
	if err == nil && len(kv.Value) != 16 {
		err = errClock
	}
	if err != nil {
		return "", 0, quiz.Clock{}, err
	}
	from, until := getUint(kv.Value[:8]), getUint(kv.Value[8:])
	c = quiz.Clock{Player: parts.text[1], From: fromMillis(from).UTC(), Until: fromMillis(until).UTC()}
	return parts.text[0], int(parts.number[0]), c, nil
}

// errClock: a record holds no clock.
var errClock = errors.New("a player's own time is damaged")

// putClocks writes the clocks that began, each once.
func putClocks(tx Tx, c bot.Change) error {
	for _, began := range c.Clocks {
		k := key(keyClock, string(c.Room), uint64(began.Round), began.Clock.Player)
		before, err := tx.Get(k)
		if err != nil {
			return err
		}
		if before != nil {
			return bot.ErrStale // it runs already: decide anew
		}
		tx.Put(k, clockValue(began.Clock))
	}
	return nil
}

// loadClocks joins the clocks of a round, in the order of their players.
func loadClocks(tx Tx, room string, round *quiz.Round) error {
	if !round.Async {
		return nil
	}
	return each(tx, key(keyClock, room, uint64(round.No)), func(kv KV) error {
		_, _, clock, err := takeClock(kv)
		round.Clocks = append(round.Clocks, clock)
		return err
	})
}

// findClocks finds a player's clocks.
func (h *held) findClocks(tx Tx, player string) error {
	return each(tx, key(keyClock), func(kv KV) error {
		room, round, clock, err := takeClock(kv)
		if err == nil && clock.Player == player {
			h.clocks = append(h.clocks, bot.ClockAt{Room: bot.RoomID(room), Round: round, Clock: clock})
		}
		return err
	})
}

// sweepClocks gives up to n clocks of one round to be deleted.
func sweepClocks(tx Tx, room string, round uint64, n int, remove func(k []byte)) (int, error) {
	prefix := key(keyClock, room, round)
	kvs, err := tx.Scan(prefix, after(prefix), n)
	for _, kv := range kvs {
		remove(kv.Key)
	}
	return len(kvs), err
}

// clocks: each is of an async question that is open or was closed of late.
func (v *verifier) clocks() error {
	if v.count[keyClock] == 0 {
		return nil
	}
	known, err := v.asyncRounds()
	if err != nil {
		return err
	}
	return v.each(keyClock, func(parts keyParts, value []byte) error {
		room, round := parts.text[0], int(parts.number[0])
		if _, _, clock, err := takeClock(KV{Key: key(keyClock, room, parts.number[0], parts.text[1]), Value: value}); err != nil || clock.Until.Before(clock.From) {
			v.fault("the own time of %s in round %d of %s ends before it begins", parts.text[1], round, room)
		}
		if !known[roundOf{room, round}] {
			v.fault("%s has a time of their own in round %d of %s, which is over or no async question", parts.text[1], round, room)
		}
		return nil
	})
}

type roundOf struct {
	room string
	no   int
}

// asyncRounds are the async questions that are open or were closed of late.
func (v *verifier) asyncRounds() (map[roundOf]bool, error) {
	out := map[roundOf]bool{}
	if err := v.each(keyRoom, func(parts keyParts, value []byte) error {
		var state bot.State
		if err := json.Unmarshal(value, &state); err != nil {
			return err
		}
		for _, r := range state.Room.Rounds {
			out[roundOf{parts.text[0], r.No}] = r.Async
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return out, v.each(keyPast, func(parts keyParts, value []byte) error {
		var past quiz.Past
		if err := json.Unmarshal(value, &past); err != nil {
			return err
		}
		out[roundOf{parts.text[0], past.Round.No}] = past.Round.Async
		return nil
	})
}
