package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
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
	// keepForms is how much longer than its boards a span's forms stay, for the boards of
	// the span after it are worked out of them.
	keepForms = 35 * 24 * time.Hour
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
		// What is taken back must have been counted before.
		if err := s.Fold(ctx, bot.TeamID(team)); err != nil {
			return err
		}
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
	changed, asked, gone := map[string]bool{}, map[string]bool{}, map[uint64]bool{}
	forms := map[formAt]bool{}
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
		gone[o.seq] = true
		for _, board := range boardsOf(e) {
			changed[board] = o.seq < folded || changed[board]
		}
		asked[string(recallsKey(e.Entry))] = true
		for _, period := range []quiz.Period{quiz.Week, quiz.Month} {
			forms[formOf(player, period, e.At)] = true
		}
	}
	left, err := summed(tx, player, folded)
	if err != nil {
		return 0, err
	}
	if err := setRecalls(tx, player, asked, left.recalls); err != nil {
		return 0, err
	}
	places := newPlaces(tx)
	if err := expireRatings(tx, places, player, asked, gone, forms, left); err != nil {
		return 0, err
	}
	for _, board := range slices.Sorted(keysWhere(changed)) {
		_, stood, err := places.takeOff(board, player)
		if err != nil {
			return 0, err
		}
		if sum, plays := left.points[board]; stood && plays {
			if err := places.add(board, player, sum); err != nil {
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
		tx.Delete(key(keyHidden, player))
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
	// marks are when each question was answered last, and counted in which spans' forms: what
	// is known of it but for its rating. By key.
	marks map[string]rated
	first map[formAt][]entry // the answers that count for a form
}

// summed works out of the ledger how many answers a player has, and what follows from
// them.
func summed(tx Tx, player string, folded uint64) (sum, error) {
	out := sum{points: map[string]int{}, recalls: map[string]recalls{}, marks: map[string]rated{}, first: map[formAt][]entry{}}
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
		mark := out.marks[string(ratedKey(e))]
		for _, period := range mark.counts(e.At) {
			at := formOf(player, period, e.At)
			out.first[at] = append(out.first[at], e)
		}
		out.marks[string(ratedKey(e))] = mark
		return nil
	})
	return out, err
}

// Sweep implements bot.Upkeep.
func (s *Store) Sweep(ctx context.Context, now time.Time) (int, error) {
	records := 0
	if err := s.settleHidden(ctx); err != nil {
		return 0, fmt.Errorf("sweep: %w", err)
	}
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
					_, _, err := newPlaces(tx).takeOff(board, player)
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
	// One step for a board, however many are on it. Those of all time stand behind the others.
	for from, end := key(keyScore), key(keyScore, string(quiz.AllTime)); found < n; {
		kvs, err := tx.Scan(from, end, 1)
		if err != nil {
			return found, err
		}
		if len(kvs) == 0 {
			break
		}
		board, _, err := takeString(kvs[0].Key[1:])
		if err != nil {
			return found, err
		}
		left, err := sweepBoard(tx, board, now, n-found, leave)
		if err != nil {
			return found, err
		}
		found += left
		from = after(key(keyScore, board))
	}
	forms, err := sweepForms(tx, now, n-found, remove)
	return found + forms, err
}

// sweepBoard has up to n players leave the board, if its time is long over.
func sweepBoard(tx Tx, board string, now time.Time, n int, leave func(board, player string) error) (int, error) {
	if !quiz.SpanGone(takeBoard(board).span, now.UTC()) {
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

// sweepForms gives up to n forms to be deleted, of spans that are long over.
func sweepForms(tx Tx, now time.Time, n int, remove func(k []byte)) (found int, err error) {
	err = eachSpan(tx, func(span string) error {
		if found >= n || !quiz.SpanGone(span, now.Add(-keepForms).UTC()) {
			return nil
		}
		prefix := key(keyForm, span)
		kvs, err := tx.Scan(prefix, after(prefix), n-found)
		for _, kv := range kvs {
			remove(kv.Key)
		}
		found += len(kvs)
		return err
	})
	return found, err
}

var _ bot.Upkeep = (*Store)(nil)
