package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/store"
	"quizbot/store/bolt"
	"quizbot/store/storetest"
)

func openBolt(t testing.TB, path string) *bolt.Engine {
	t.Helper()
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// openEngine makes an engine on a file of its own, or in memory where files take too long.
func openEngine(t testing.TB) store.Engine {
	t.Helper()
	if !onDisk {
		return storetest.NewMemory()
	}
	e := openBolt(t, filepath.Join(t.TempDir(), "q.db"))
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func TestModel(t *testing.T) {
	storetest.Run(t, func(*testing.T) bot.Store { return storetest.NewModel() })
}

// The engine of other tests is an engine like any, and carries a store.
func TestMemory(t *testing.T) {
	storetest.RunEngine(t, func(*testing.T) store.Engine { return storetest.NewMemory() })
	storetest.Run(t, func(*testing.T) bot.Store { return store.New(storetest.NewMemory()) })
	compare(t, store.New(storetest.NewMemory()), nil, 9, 60)
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) bot.Store {
		e := openBolt(t, filepath.Join(t.TempDir(), "q.db"))
		t.Cleanup(func() { _ = e.Close() })
		return store.New(e)
	})
}

// The store and the model agree on everything, whatever is done, and across
// reopening the file. And in the end everything that follows from the ledger does.
func TestStoreAgainstTheModel(t *testing.T) {
	answers := 0
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "q.db")
			e := openBolt(t, path)
			defer func() { _ = e.Close() }()
			compare(t, store.New(e), func() bot.Store {
				if err := e.Close(); err != nil {
					t.Fatal(err)
				}
				e = openBolt(t, path)
				return store.New(e)
			}, seed, 120)
			out, sum := faults(t, e, time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))
			if len(out) > 0 || sum.Teams == 0 || sum.Rooms == 0 || (sum.Players == 0) != (sum.Answers == 0) {
				t.Errorf("verify: %+v\n%s", sum, strings.Join(out, "\n"))
			}
			answers += sum.Answers
		})
	}
	if answers == 0 {
		t.Error("no answers are left at the end: this test shows too little")
	}
}

// reads counts the keys that transactions read.
type reads struct {
	store.Engine
	keys int
}

type readsTx struct {
	store.Tx
	r *reads
}

func (r *reads) View(ctx context.Context, team string, fn func(store.Tx) error) error {
	return r.Engine.View(ctx, team, func(tx store.Tx) error { return fn(readsTx{tx, r}) })
}

func (tx readsTx) Get(k []byte) ([]byte, error) {
	tx.r.keys++
	return tx.Tx.Get(k)
}

func (tx readsTx) Scan(from, to []byte, limit int) ([]store.KV, error) {
	kvs, err := tx.Tx.Scan(from, to, limit)
	tx.r.keys += len(kvs)
	return kvs, err
}

func fill(t testing.TB, s *store.Store, players int) {
	t.Helper()
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	const batch = 500
	for from := 0; from < players; from += batch {
		c := bot.Change{Team: "t", Room: "r", From: uint64(from / batch), At: at}
		for i := from; i < min(from+batch, players); i++ {
			c.Answers = append(c.Answers, bot.Entry{Room: "r", Round: 1, Player: bot.UserID(fmt.Sprintf("p%05d", i)), Pack: "x", At: at, Points: i * 7 % 5000, Right: true})
		}
		if err := s.Commit(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Fold(context.Background(), "t"); err != nil {
		t.Fatal(err)
	}
}

// Neither the top ten nor one player's rank reads the whole team.
func TestBoardsAreNotScanned(t *testing.T) {
	for _, players := range []int{100, 6000} {
		r := &reads{Engine: openEngine(t)}
		s := store.New(r)
		fill(t, s, players)
		worst := 0
		for _, p := range []int{0, players / 3, players - 1} {
			r.keys = 0
			b, err := s.Board(t.Context(), bot.BoardQuery{
				Team: "t", Period: quiz.AllTime, Now: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), Top: 10, Player: bot.UserID(fmt.Sprintf("p%05d", p)),
			})
			if err != nil || len(b.Top) != 10 || b.Own.Rank == 0 || b.Players != players {
				t.Fatalf("board: %+v %v", b, err)
			}
			worst = max(worst, r.keys)
		}
		if worst > 1100 {
			t.Errorf("with %d players a board reads %d keys", players, worst)
		}
	}
}

func TestValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "q.db")
	e := openBolt(t, path)
	s := store.New(e)
	if v, err := s.Value(t.Context(), "none"); err != nil || v != nil {
		t.Errorf("no value: %v %v", v, err)
	}
	if err := s.SetValue(t.Context(), "name", []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = openBolt(t, path)
	defer func() { _ = e.Close() }()
	if v, err := store.New(e).Value(t.Context(), "name"); err != nil || string(v) != "one" {
		t.Errorf("value: %q %v", v, err)
	}
}

func TestNamedValues(t *testing.T) {
	e := openBolt(t, filepath.Join(t.TempDir(), "q.db"))
	defer func() { _ = e.Close() }()
	s := store.New(e)
	names := func(prefix string) (out []string) {
		t.Helper()
		if err := s.ViewValues(t.Context(), func(v store.Values) error {
			named, err := v.Named(prefix)
			for _, n := range named {
				out = append(out, n.Name+"="+string(n.Data))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if err := s.UpdateValues(t.Context(), func(v store.Values) error {
		for _, name := range []string{"a/2", "a/1\x00", "a/", "a", "a0", "b/1"} {
			v.Put(name, []byte(strings.ToUpper(name)))
		}
		if got, err := v.Get("a/2"); err != nil || string(got) != "A/2" {
			t.Errorf("inside the transaction: %q %v", got, err)
		}
		v.Delete("a0")
		v.Delete("none")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := names("a/"); !slices.Equal(got, []string{"a/=A/", "a/1\x00=A/1\x00", "a/2=A/2"}) {
		t.Errorf("%q", got)
	}
	refused := errors.New("no")
	if err := s.UpdateValues(t.Context(), func(v store.Values) error { v.Put("b/2", nil); return refused }); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
	if got := names("b"); !slices.Equal(got, []string{"b/1=B/1"}) {
		t.Errorf("%q", got)
	}
}

func BenchmarkBoard(b *testing.B) {
	e := openBolt(b, filepath.Join(b.TempDir(), "q.db"))
	defer func() { _ = e.Close() }()
	s := store.New(e)
	fill(b, s, 10_000)
	q := bot.BoardQuery{Team: "t", Period: quiz.AllTime, Now: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), Top: 10, Player: "p05000"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Board(context.Background(), q); err != nil {
			b.Fatal(err)
		}
	}
}

// However long the bot runs, the deliveries of about two days are remembered and
// no others pile up; whichever is as old as a day is known again.
func TestDeliveriesAreForgotten(t *testing.T) {
	e := openBolt(t, filepath.Join(t.TempDir(), "q.db"))
	t.Cleanup(func() { _ = e.Close() })
	s := store.New(e)
	at := time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC)
	const days, commits, causes = 8, 5, 40
	rev := uint64(0)
	for day := range days {
		for n := range commits {
			c := bot.Change{Team: "t", Room: "t:r", From: rev, At: at.Add(time.Duration(day) * 24 * time.Hour)}
			for i := range causes {
				c.Causes = append(c.Causes, fmt.Sprintf("d%d-%d-%d", day, n, i))
			}
			if err := s.Commit(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			rev++
		}
	}
	if err := e.View(t.Context(), "t", func(tx store.Tx) error {
		kvs, err := tx.Scan([]byte("e"), []byte("f"), 0)
		if most := 3 * commits * causes; len(kvs) > most {
			t.Errorf("%d deliveries are remembered after %d days, more than %d", len(kvs), days, most)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	now := at.Add((days-1)*24*time.Hour + 23*time.Hour) // on the other side of midnight
	if fresh, err := s.Once(t.Context(), "t", fmt.Sprintf("d%d-0-0", days-1), now); err != nil || fresh {
		t.Errorf("a delivery of 23 hours ago is fresh: %v %v", fresh, err)
	}
}
