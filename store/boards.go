package store

import (
	"context"
	"encoding/json"
	"fmt"

	"quizbot/bot"
	"quizbot/quiz"
)

const (
	// foldBatch is how many answers one transaction folds into boards: others wait
	// for the writer no longer than that takes.
	foldBatch = 200
	// rangeBits: points are counted one by one and in ranges of 1<<rangeBits, so
	// that a rank is the sum of few numbers however many players there are.
	rangeBits = 10
)

// boardName names a board: a team's or a room's, for one span of time.
func boardName(room bot.RoomID, span string) string { return span + "\n" + string(room) }

// Fold implements bot.Boards: it brings the team's boards up to its ledger.
func (s *Store) Fold(ctx context.Context, team bot.TeamID) error {
	for {
		more, behind := false, false
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
		err = s.engine.Update(ctx, string(team), func(tx Tx) error {
			more, err = fold(tx)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
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
	type standing struct{ board, player string }
	gained := map[standing]int{}
	var order []standing // writes in a fixed order, so that a run repeats exactly
	records := map[string]*quiz.Record{}
	for _, kv := range kvs {
		var e entry
		if err := json.Unmarshal(kv.Value, &e); err != nil {
			return false, fmt.Errorf("decode ledger: %w", err)
		}
		for _, board := range boardsOf(e) {
			at := standing{board, string(e.Player)}
			if _, ok := gained[at]; !ok {
				order = append(order, at)
			}
			gained[at] += e.Points
		}
		record, ok := records[string(e.Player)]
		if !ok {
			record = &quiz.Record{}
			if err := getRecord(tx, string(e.Player), record); err != nil {
				return false, err
			}
			records[string(e.Player)] = record
		}
		*record = record.Add(e.Pack, e.Answer())
	}
	for _, at := range order {
		if err := addPoints(tx, at.board, at.player, gained[at]); err != nil {
			return false, err
		}
	}
	for player, record := range records {
		value, err := json.Marshal(record)
		if err != nil {
			return false, fmt.Errorf("encode record: %w", err)
		}
		tx.Put(key(keyRecord, player), value)
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

// addPoints moves a player on a board.
func addPoints(tx Tx, board, player string, gain int) error {
	at := key(keyScore, board, player)
	old, err := tx.Get(at)
	if err != nil {
		return err
	}
	points := gain
	if old != nil {
		before := int(int64(getUint(old)))
		if gain == 0 {
			return nil
		}
		points += before
		tx.Delete(key(keyBoard, board, descending(before), player))
		if err := addCount(tx, board, before, -1); err != nil {
			return err
		}
	} else {
		n, err := tx.Get(key(keyPlayers, board))
		if err != nil {
			return err
		}
		tx.Put(key(keyPlayers, board), putUint(getUint(n)+1))
	}
	tx.Put(at, putUint(uint64(int64(points))))
	tx.Put(key(keyBoard, board, descending(points), player), nil)
	return addCount(tx, board, points, 1)
}

// takeOff takes a player off a board and returns the points that were there; ok is
// false when the player was not on it.
func takeOff(tx Tx, board, player string) (points int, ok bool, err error) {
	at := key(keyScore, board, player)
	value, err := tx.Get(at)
	if err != nil || value == nil {
		return 0, false, err
	}
	points = int(int64(getUint(value)))
	tx.Delete(at)
	tx.Delete(key(keyBoard, board, descending(points), player))
	if err := addCount(tx, board, points, -1); err != nil {
		return 0, false, err
	}
	n, err := tx.Get(key(keyPlayers, board))
	if err != nil {
		return 0, false, err
	}
	if left := getUint(n); left > 1 {
		tx.Put(key(keyPlayers, board), putUint(left-1))
	} else {
		tx.Delete(key(keyPlayers, board))
	}
	return points, true, nil
}

// boardsOf are the names of the boards that an answer counts on.
func boardsOf(e entry) []string {
	var out []string
	for _, period := range quiz.Periods() {
		span := period.At(e.At.UTC())
		out = append(out, boardName("", span), boardName(e.Room, span))
	}
	return out
}

func addCount(tx Tx, board string, points, n int) error {
	for _, k := range [][]byte{
		key(keyCount, board, byte(0), descending(points)),
		key(keyCount, board, byte(1), descending(points>>rangeBits)),
	} {
		old, err := tx.Get(k)
		if err != nil {
			return err
		}
		if count := int64(getUint(old)) + int64(n); count > 0 {
			tx.Put(k, putUint(uint64(count)))
		} else {
			tx.Delete(k)
		}
	}
	return nil
}

// rankOf is one more than the number of players with more points.
func rankOf(tx Tx, board string, points int) (int, error) {
	rank := uint64(1)
	add := func(level byte, from, to uint64) error {
		kvs, err := tx.Scan(key(keyCount, board, level, from), key(keyCount, board, level, to), 0)
		for _, kv := range kvs {
			rank += getUint(kv.Value)
		}
		return err
	}
	block := points >> rangeBits
	if err := add(1, 0, descending(block)); err != nil { // whole ranges above
		return 0, err
	}
	top := (block+1)<<rangeBits - 1 // and the own range down to these points
	err := add(0, descending(top), descending(points))
	return int(rank), err
}

// Board implements bot.Boards.
func (s *Store) Board(ctx context.Context, q bot.BoardQuery) (bot.Board, error) {
	if err := s.Fold(ctx, q.Team); err != nil {
		return bot.Board{}, fmt.Errorf("fold the ledger of %s: %w", q.Team, err)
	}
	var out bot.Board
	board := boardName(q.Room, q.Period.At(q.Now.UTC()))
	err := s.engine.View(ctx, string(q.Team), func(tx Tx) error {
		out = bot.Board{}
		n, err := tx.Get(key(keyPlayers, board))
		if err != nil {
			return err
		}
		out.Players = int(getUint(n))
		names := names{tx: tx}
		if q.Top > 0 {
			if out.Top, err = top(tx, board, q.Top, names); err != nil {
				return err
			}
		}
		if q.Player == "" {
			return nil
		}
		points, err := tx.Get(key(keyScore, board, string(q.Player)))
		if err != nil || points == nil {
			return err
		}
		own := quiz.Standing{Player: string(q.Player), Points: int(int64(getUint(points)))}
		if own.Rank, err = rankOf(tx, board, own.Points); err != nil {
			return err
		}
		own.Name, err = names.of(own.Player)
		out.Own = own
		return err
	})
	if err != nil {
		return bot.Board{}, fmt.Errorf("read a board of %s: %w", q.Team, err)
	}
	return out, nil
}

// Days implements bot.Boards.
func (s *Store) Days(ctx context.Context, q bot.BoardQuery) ([]quiz.DayPoints, error) {
	if err := s.Fold(ctx, q.Team); err != nil {
		return nil, fmt.Errorf("fold the ledger of %s: %w", q.Team, err)
	}
	var out []quiz.DayPoints
	now := q.Now.UTC()
	err := s.engine.View(ctx, string(q.Team), func(tx Tx) error {
		out = nil
		if q.Top <= 0 {
			return nil
		}
		first, err := top(tx, boardName(q.Room, quiz.Week.At(now)), q.Top, names{tx: tx})
		if err != nil {
			return err
		}
		for _, standing := range first {
			one := quiz.DayPoints{Standing: standing}
			for _, day := range quiz.Days(now) {
				points, err := tx.Get(key(keyScore, boardName(q.Room, quiz.Today.At(day)), standing.Player))
				if err != nil {
					return err
				}
				one.Days = append(one.Days, int(int64(getUint(points))))
			}
			out = append(out, one)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the days of %s: %w", q.Team, err)
	}
	return out, nil
}

func top(tx Tx, board string, n int, names names) ([]quiz.Standing, error) {
	prefix := key(keyBoard, board)
	kvs, err := tx.Scan(prefix, after(prefix), n)
	if err != nil {
		return nil, err
	}
	var out []quiz.Standing
	for i, kv := range kvs {
		points, rest, err := takeUint(kv.Key[len(prefix):])
		if err != nil {
			return nil, err
		}
		player, _, err := takeString(rest)
		if err != nil {
			return nil, err
		}
		s := quiz.Standing{Rank: i + 1, Player: player, Points: fromDescending(points)}
		if i > 0 && out[i-1].Points == s.Points {
			s.Rank = out[i-1].Rank
		}
		if s.Name, err = names.of(player); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Record implements bot.Boards.
func (s *Store) Record(ctx context.Context, team bot.TeamID, player bot.UserID) (quiz.Record, error) {
	var r quiz.Record
	err := s.Fold(ctx, team)
	if err == nil {
		err = s.engine.View(ctx, string(team), func(tx Tx) error {
			r = quiz.Record{}
			if err := getRecord(tx, string(player), &r); err != nil {
				return err
			}
			r.Name, err = names{tx: tx}.of(string(player))
			return err
		})
	}
	if err != nil {
		return quiz.Record{}, fmt.Errorf("read a record of %s: %w", team, err)
	}
	return r, nil
}

// Known implements bot.Boards.
func (s *Store) Known(ctx context.Context, team bot.TeamID, player bot.UserID) (quiz.Record, error) {
	var r quiz.Record
	if err := s.engine.View(ctx, string(team), func(tx Tx) error {
		r = quiz.Record{}
		return getRecord(tx, string(player), &r)
	}); err != nil {
		return quiz.Record{}, fmt.Errorf("read a record of %s: %w", team, err)
	}
	return r, nil
}
