package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/quiz/fsrs"
)

// What a player answered to a question is kept beside the ledger, so that what is
// remembered can be worked out without reading all answers. What is kept is when, and how
// it was rated; not what follows from that: so several teams' answers can be put together,
// and other weights need no other file.

// maxRecalls is how many answers of a player to one question count: the newest. More of them
// say nothing new, and every answer writes them all.
const maxRecalls = 64

// recall is one answer: Unix milliseconds, and the rating.
type recall [2]int64

// recalls are a player's answers to one question, oldest first.
type recalls []recall

func recallOf(e bot.Entry) recall {
	return recall{e.At.UnixMilli(), int64(quiz.Rate(e.Right, e.Hinted))}
}

// with adds an answer in its place, for answers may come late.
func (r recalls) with(x recall) recalls {
	i, _ := slices.BinarySearchFunc(r, x, compareRecalls)
	out := slices.Insert(slices.Clone(r), i, x)
	return out[max(len(out)-maxRecalls, 0):]
}

func compareRecalls(a, b recall) int {
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
}

func recallsKey(e bot.Entry) []byte {
	return key(keyRecalls, string(e.Player), e.Pack, e.Question)
}

func getRecalls(tx Tx, k []byte) (recalls, error) {
	value, err := tx.Get(k)
	if err != nil || value == nil {
		return nil, err
	}
	var out recalls
	if err := json.Unmarshal(value, &out); err != nil {
		return nil, fmt.Errorf("decode the answers to a question: %w", err)
	}
	return out, nil
}

func putRecalls(tx Tx, k []byte, r recalls) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode the answers to a question: %w", err)
	}
	tx.Put(k, value)
	return nil
}

// addRecall notes an answer that is written to the ledger in the same transaction.
func addRecall(tx Tx, e bot.Entry) error {
	k := recallsKey(e)
	before, err := getRecalls(tx, k)
	if err != nil {
		return err
	}
	if before == nil {
		here := key(keyHere, string(e.Player))
		if known, err := tx.Get(here); err != nil {
			return err
		} else if known == nil {
			tx.Put(here, nil)
		}
	}
	return putRecalls(tx, k, before.with(recallOf(e)))
}

// dropRecalls forgets what a player has answered.
func dropRecalls(tx Tx, player string) error {
	tx.Delete(key(keyHere, player))
	return drop(tx, key(keyRecalls, player))
}

// setRecalls writes anew what is left of a player's answers to some questions, by key.
func setRecalls(tx Tx, player string, changed map[string]bool, left map[string]recalls) error {
	for _, k := range slices.Sorted(keysWhere(changed)) {
		if r := left[k]; len(r) == 0 {
			tx.Delete([]byte(k))
		} else if err := putRecalls(tx, []byte(k), r); err != nil {
			return err
		}
	}
	if len(left) == 0 {
		tx.Delete(key(keyHere, player))
	}
	return nil
}

// seenBy lists what a player has answered in one team, by pack and question.
func seenBy(tx Tx, player string) ([]quiz.Seen, error) {
	var out []quiz.Seen
	err := each(tx, key(keyRecalls, player), func(kv KV) error {
		parts, err := takeKey(kv.Key)
		if err != nil {
			return err
		}
		var r recalls
		if err := json.Unmarshal(kv.Value, &r); err != nil {
			return fmt.Errorf("decode the answers to a question: %w", err)
		}
		one := quiz.Seen{Pack: parts.text[1], Question: parts.text[2]}
		for _, x := range r {
			one.Recalls = append(one.Recalls, quiz.Recall{At: time.UnixMilli(x[0]).UTC(), Rating: fsrs.Rating(x[1])})
		}
		out = append(out, one)
		return nil
	})
	return out, err
}

// Seen implements bot.Reviews.
func (s *Store) Seen(ctx context.Context, player bot.UserID) ([]quiz.Seen, error) {
	here := key(keyHere, string(player))
	refs, err := s.engine.Indexed(ctx, here, after(here), math.MaxInt)
	if err != nil {
		return nil, fmt.Errorf("list teams of %s: %w", player, err)
	}
	var out []quiz.Seen
	for _, ref := range refs {
		err := s.engine.View(ctx, ref.Team, func(tx Tx) error {
			one, err := seenBy(tx, string(player))
			out = append(out, one...)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read what %s has answered: %w", player, err)
		}
	}
	return out, nil
}

// rememberAnswers leads from format 2 to 3, which knows what each player has answered to
// each question.
func rememberAnswers(tx Tx) error {
	all := map[string]recalls{}
	players := map[string]bool{}
	if err := each(tx, key(keyLedger), func(kv KV) error {
		var e struct { // as format 2 has it
			Player, Pack, Question string
			At                     time.Time
			Right                  bool
		}
		if err := json.Unmarshal(kv.Value, &e); err != nil {
			return fmt.Errorf("decode ledger: %w", err)
		}
		k := string(key(keyRecalls, e.Player, e.Pack, e.Question))
		all[k] = all[k].with(recallOf(bot.Entry{At: e.At, Right: e.Right}))
		players[e.Player] = true
		return nil
	}); err != nil {
		return err
	}
	for k, r := range all {
		if err := putRecalls(tx, []byte(k), r); err != nil {
			return err
		}
	}
	for player := range players {
		tx.Put(key(keyHere, player), nil)
	}
	return nil
}
