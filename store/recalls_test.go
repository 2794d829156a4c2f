package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/quiz/fsrs"
	"quizbot/store"
)

// Of many answers to one question the newest count, also where some come late; what is older
// than the operator keeps is gone from review too.
func TestSeenKeepsTheNewest(t *testing.T) {
	e := openBolt(t, filepath.Join(t.TempDir(), "q.db"))
	t.Cleanup(func() { _ = e.Close() })
	s := store.New(e)
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	days := []int{}
	for i := range 100 {
		days = append(days, 99-i^1) // each once, the second of two before the first
	}
	for rev, chunk := range slices.Collect(slices.Chunk(days, 10)) {
		c := bot.Change{Team: "t", Room: "r", From: uint64(rev), At: at}
		for _, day := range chunk {
			c.Answers = append(c.Answers, bot.Entry{
				Room: "r", Round: day + 1, Player: "p", Pack: "x", Question: "q", At: at.AddDate(0, 0, -day), Right: day%2 == 0, Hinted: day%4 == 0,
			})
		}
		noError(t, s.Commit(t.Context(), c))
	}
	check := func(want int) {
		t.Helper()
		seen, err := s.Seen(t.Context(), "p")
		noError(t, err)
		if want == 0 && len(seen) == 0 {
			return
		}
		if len(seen) != 1 || len(seen[0].Recalls) != want {
			t.Fatalf("%d answers are wanted, seen is %+v", want, seen)
		}
		for i, r := range seen[0].Recalls {
			day := want - 1 - i
			rating := map[int]fsrs.Rating{0: fsrs.Hard, 1: fsrs.Again, 2: fsrs.Good, 3: fsrs.Again}[day%4]
			if !r.At.Equal(at.AddDate(0, 0, -day)) || r.Rating != rating {
				t.Errorf("answer %d is %+v, wanted is %d at day %d", i, r, rating, -day)
			}
		}
		if out, _ := faults(t, e, at); len(out) > 0 {
			t.Errorf("faults: %q", out)
		}
	}
	check(64)
	for _, day := range []int{80, 40, -1} { // the first leaves more in the ledger than count
		_, err := s.Expire(t.Context(), at.AddDate(0, 0, -day).Add(-time.Second))
		noError(t, err)
		check(min(day+1, 64))
	}
}

// What is answered in several teams is all found, and forgotten everywhere.
func TestSeenInAllTeams(t *testing.T) {
	e := openBolt(t, filepath.Join(t.TempDir(), "q.db"))
	t.Cleanup(func() { _ = e.Close() })
	s := store.New(e)
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for i, team := range []bot.TeamID{"d:1", "d:dm/7", "d:2"} {
		c := bot.Change{Team: team, Room: "r", At: at}
		for n, player := range []bot.UserID{"d:5", "d:55", "d:5\x00"} {
			if player != "d:5" && i == 1 {
				continue
			}
			c.Answers = append(c.Answers, bot.Entry{Room: "r", Round: n + 1, Player: player, Pack: "x", Question: fmt.Sprint("q", n), At: at, Right: true})
		}
		noError(t, s.Commit(t.Context(), c))
	}
	teams := func(player bot.UserID) int {
		t.Helper()
		seen, err := s.Seen(t.Context(), player)
		noError(t, err)
		for _, one := range seen {
			if one.Question != map[bot.UserID]string{"d:5": "q0", "d:55": "q1", "d:5\x00": "q2"}[player] {
				t.Errorf("%q has seen %+v", player, one)
			}
		}
		return len(seen)
	}
	if a, b, c, d := teams("d:5"), teams("d:55"), teams("d:5\x00"), teams("d:"); a != 3 || b != 2 || c != 2 || d != 0 {
		t.Errorf("seen in %d, %d, %d and %d teams", a, b, c, d)
	}
	_, err := s.Forget(t.Context(), "d:5")
	noError(t, err)
	if a, b, c := teams("d:5"), teams("d:55"), teams("d:5\x00"); a != 0 || b != 2 || c != 2 {
		t.Errorf("after one is forgotten, seen in %d, %d and %d teams", a, b, c)
	}
	if out, _ := faults(t, e, at); len(out) > 0 {
		t.Errorf("faults: %q", out)
	}
}
