package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

const (
	// disorder is how much later than an entry of the ledger one before it can have
	// been given: nothing is delivered later than a question can be open, and clocks are set.
	disorder = quiz.MaxOpen + 48*time.Hour
	// sweepBatch is how many records one transaction sweeps away.
	sweepBatch = 200
	// expireBatch is about how many entries one transaction of Expire deletes or reads.
	expireBatch = 1000
	// keepSpans is how long the boards of a day, week or month stay after its end.
	keepSpans = 8 * 24 * time.Hour
)

// oldEntry is an answer that is to be forgotten for its age.
type oldEntry struct {
	player string
	seq    uint64
}

// Expire implements bot.Upkeep.
func (s *Store) Expire(ctx context.Context, before time.Time) (int, error) {
	answers := 0
	err := s.eachTeam(ctx, func(team string) error {
		old, err := s.olderThan(ctx, team, before)
		if err != nil || len(old) == 0 {
			return err
		}
		slices.SortFunc(old, func(a, b oldEntry) int { return cmp.Or(cmp.Compare(a.player, b.player), cmp.Compare(a.seq, b.seq)) })
		for len(old) > 0 {
			n := 0
			if err := s.engine.Update(ctx, team, func(tx Tx) (err error) {
				n, err = expire(tx, old)
				return err
			}); err != nil {
				return err
			}
			answers += n
			old = old[n:]
		}
		return nil
	})
	if err != nil {
		return answers, fmt.Errorf("forget answers before %s: %w", before.UTC().Format(time.DateOnly), err)
	}
	return answers, nil
}

// olderThan lists a team's answers that were given before a time. It reads the
// ledger from its oldest entry on, in pieces, and no further than it need.
func (s *Store) olderThan(ctx context.Context, team string, before time.Time) ([]oldEntry, error) {
	var out []oldEntry
	for from, more := key(keyLedger), true; more; {
		if err := s.engine.View(ctx, team, func(tx Tx) error {
			kvs, err := tx.Scan(from, after(key(keyLedger)), pageSize)
			if err != nil {
				return err
			}
			more = len(kvs) == pageSize
			for _, kv := range kvs {
				var e entry
				if err := json.Unmarshal(kv.Value, &e); err != nil {
					return fmt.Errorf("decode ledger: %w", err)
				}
				seq, _, err := takeUint(kv.Key[1:])
				if err != nil {
					return err
				}
				if e.At.Before(before) {
					out = append(out, oldEntry{player: string(e.Player), seq: seq})
				} else if e.At.After(before.Add(disorder)) {
					more = false
					return nil
				}
				from = key(keyLedger, seq+1)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// expire forgets the first of the old answers, player by player, and returns how
// many: as much as a transaction should do, and at least one.
func expire(tx Tx, old []oldEntry) (done int, err error) {
	folded, err := counter(tx, "folded")
	if err != nil {
		return 0, err
	}
	for work := 0; done < len(old) && work < expireBatch; {
		end := done
		for end < len(old) && end-done < expireBatch && old[end].player == old[done].player {
			end++
		}
		read, err := expirePlayer(tx, old[done:end], folded)
		if err != nil {
			return 0, err
		}
		work += read
		done = end
	}
	return done, nil
}

// expirePlayer forgets some answers of one player, and works out anew what followed
// from them. It returns how many entries it has read.
func expirePlayer(tx Tx, old []oldEntry, folded uint64) (read int, err error) {
	player := old[0].player
	changed, asked := map[string]bool{}, map[string]bool{}
	for _, o := range old {
		value, err := tx.Get(key(keyLedger, o.seq))
		if err != nil {
			return 0, err
		}
		if value == nil {
			continue // forgotten meanwhile
		}
		e, err := loadEntry(tx, o.seq)
		if err != nil {
			return 0, err
		}
		deleteAnswer(tx, o.seq, e)
		for _, board := range boardsOf(e) {
			changed[board] = o.seq < folded || changed[board]
		}
		asked[string(recallsKey(e.Entry))] = true
	}
	left, err := summed(tx, player, folded)
	if err != nil {
		return 0, err
	}
	if err := setRecalls(tx, player, asked, left.recalls); err != nil {
		return 0, err
	}
	for _, board := range slices.Sorted(keysWhere(changed)) {
		_, stood, err := takeOff(tx, board, player)
		if err != nil {
			return 0, err
		}
		if sum, plays := left.points[board]; stood && plays {
			if err := addPoints(tx, board, player, sum); err != nil {
				return 0, err
			}
		}
	}
	if left.record.Answered == 0 {
		tx.Delete(key(keyRecord, player))
	} else {
		value, err := json.Marshal(left.record)
		if err != nil {
			return 0, fmt.Errorf("encode record: %w", err)
		}
		tx.Put(key(keyRecord, player), value)
	}
	if left.answers == 0 {
		tx.Delete(key(keyName, player))
	}
	return len(old) + left.answers, nil
}

func keysWhere(m map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k, v := range m {
			if v && !yield(k) {
				return
			}
		}
	}
}

// sum is what follows from the answers of a player.
type sum struct {
	answers int
	recalls map[string]recalls // by key
	// Of those that are folded:
	points map[string]int // by board
	record quiz.Record
}

// summed works out of the ledger how many answers a player has, and what follows from
// them.
func summed(tx Tx, player string, folded uint64) (sum, error) {
	out := sum{points: map[string]int{}, recalls: map[string]recalls{}}
	prefix := key(keyOf, player)
	err := each(tx, prefix, func(kv KV) error {
		seq, _, err := takeUint(kv.Key[len(prefix):])
		if err != nil {
			return err
		}
		out.answers++
		e, err := loadEntry(tx, seq)
		if err != nil {
			return err
		}
		k := string(recallsKey(e.Entry))
		out.recalls[k] = out.recalls[k].with(recallOf(e.Entry))
		if seq >= folded {
			return nil
		}
		for _, board := range boardsOf(e) {
			out.points[board] += e.Points
		}
		out.record = out.record.Add(e.Pack, e.Answer())
		return nil
	})
	return out, err
}

// Sweep implements bot.Upkeep.
func (s *Store) Sweep(ctx context.Context, now time.Time) (int, error) {
	records := 0
	err := s.eachTeam(ctx, func(team string) error {
		// An answer that is folded later than its board was swept away would stand there alone.
		if err := s.Fold(ctx, bot.TeamID(team)); err != nil {
			return err
		}
		for {
			dusty := false
			if err := s.engine.View(ctx, team, func(tx Tx) error {
				n, err := sweep(tx, now, 1, func([]byte) {}, func(string, string) error { return nil })
				dusty = n > 0
				return err
			}); err != nil || !dusty {
				return err
			}
			swept := 0
			if err := s.engine.Update(ctx, team, func(tx Tx) error {
				n, err := sweep(tx, now, sweepBatch, tx.Delete, func(board, player string) error {
					_, _, err := takeOff(tx, board, player)
					return err
				})
				swept = n
				return err
			}); err != nil {
				return err
			}
			records += swept
		}
	})
	if err != nil {
		return records, fmt.Errorf("sweep: %w", err)
	}
	return records, nil
}

// sweep finds up to n records that nobody asks for any more, and gives them to be
// deleted. Boards lose one player after the other, so that what is left of them is
// always sound.
func sweep(tx Tx, now time.Time, n int, remove func(k []byte), leave func(board, player string) error) (int, error) {
	old, err := tx.Scan(key(keySeen), key(keySeen, day(now)-1), n)
	if err != nil {
		return 0, err
	}
	for _, kv := range old {
		remove(kv.Key)
	}
	past, err := sweepPast(tx, now, n-len(old), remove)
	if err != nil {
		return 0, err
	}
	found := len(old) + past
	for from, more := key(keyPlayers), true; more && found < n; {
		kvs, err := tx.Scan(from, key(keyPlayers, string(quiz.AllTime)), pageSize)
		if err != nil {
			return found, err
		}
		more = len(kvs) == pageSize
		for _, kv := range kvs {
			left, err := sweepBoard(tx, kv.Key, now, n-found, leave)
			if err != nil {
				return found, err
			}
			found += left
			from = bytes.Clone(append(kv.Key, 0))
		}
	}
	return found, nil
}

// sweepBoard has up to n players leave the board of a key of its own, if its time
// is long over.
func sweepBoard(tx Tx, k []byte, now time.Time, n int, leave func(board, player string) error) (int, error) {
	board, _, err := takeString(k[1:])
	if err != nil {
		return 0, err
	}
	span, _, _ := strings.Cut(board, "\n")
	if n <= 0 || !quiz.SpanOver(span, now.Add(-keepSpans).UTC()) {
		return 0, nil
	}
	prefix := key(keyScore, board)
	on, err := tx.Scan(prefix, after(prefix), n)
	if err != nil {
		return 0, err
	}
	for _, kv := range on {
		player, _, err := takeString(kv.Key[len(prefix):])
		if err != nil {
			return 0, err
		}
		if err := leave(board, player); err != nil {
			return 0, err
		}
	}
	return len(on), nil
}

var _ bot.Upkeep = (*Store)(nil)
