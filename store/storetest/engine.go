package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"quizbot/store"
)

// RunEngine is the contract of every store.Engine. open makes a new, empty one.
func RunEngine(t *testing.T, open func(t *testing.T) store.Engine) {
	put := func(t *testing.T, e store.Engine, team string, pairs ...string) {
		t.Helper()
		noError(t, e.Update(t.Context(), team, func(tx store.Tx) error {
			for i := 0; i < len(pairs); i += 2 {
				tx.Put([]byte(pairs[i]), []byte(pairs[i+1]))
			}
			return nil
		}))
	}
	scan := func(tx store.Tx, from, to string, limit int) string {
		kvs, err := tx.Scan([]byte(from), []byte(to), limit)
		if err != nil {
			return err.Error()
		}
		s := ""
		for _, kv := range kvs {
			s += fmt.Sprintf("%s=%s ", kv.Key, kv.Value)
		}
		return s
	}
	view := func(t *testing.T, e store.Engine, team string, fn func(store.Tx) string) (s string) {
		t.Helper()
		noError(t, e.View(t.Context(), team, func(tx store.Tx) error {
			s = fn(tx)
			return nil
		}))
		return s
	}
	t.Run("a transaction sees its own writes, in order", func(t *testing.T) {
		e := open(t)
		put(t, e, "t", "b", "1", "d", "2", "f", "3")
		noError(t, e.Update(t.Context(), "t", func(tx store.Tx) error {
			tx.Put([]byte("a"), []byte("new"))
			tx.Put([]byte("d"), nil)
			tx.Delete([]byte("f"))
			tx.Put([]byte("e"), []byte("gone"))
			tx.Delete([]byte("e"))
			if got, want := scan(tx, "a", "z", 0), "a=new b=1 d= "; got != want {
				t.Errorf("scan %q, want %q", got, want)
			}
			if got, want := scan(tx, "a", "d", 0), "a=new b=1 "; got != want {
				t.Errorf("scan to an end %q, want %q", got, want)
			}
			if got, want := scan(tx, "b", "z", 1), "b=1 "; got != want {
				t.Errorf("scan with a limit %q, want %q", got, want)
			}
			if v, err := tx.Get([]byte("d")); err != nil || v == nil || len(v) != 0 {
				t.Errorf("an empty value is read as %v %v, want empty and not nil", v, err)
			}
			if v, err := tx.Get([]byte("f")); err != nil || v != nil {
				t.Errorf("a deleted key is read as %v %v, want nil", v, err)
			}
			return nil
		}))
		if got, want := view(t, e, "t", func(tx store.Tx) string { return scan(tx, "", "z", 0) }), "a=new b=1 d= "; got != want {
			t.Errorf("afterwards %q, want %q", got, want)
		}
		if v := view(t, e, "t", func(tx store.Tx) string {
			v, _ := tx.Get([]byte("d"))
			return fmt.Sprint(v == nil)
		}); v != "false" {
			t.Error("an empty value is not there after the commit")
		}
	})
	t.Run("an error takes everything back", func(t *testing.T) {
		e := open(t)
		put(t, e, "t", "a", "1")
		no := errors.New("no")
		if err := e.Update(t.Context(), "t", func(tx store.Tx) error {
			tx.Put([]byte("a"), []byte("2"))
			tx.Put([]byte("b"), []byte("2"))
			return no
		}); !errors.Is(err, no) {
			t.Errorf("error %v, want its own", err)
		}
		if got := view(t, e, "t", func(tx store.Tx) string { return scan(tx, "", "z", 0) }); got != "a=1 " {
			t.Errorf("afterwards %q", got)
		}
	})
	t.Run("a panic hurts nobody else", func(t *testing.T) {
		e := open(t)
		if err := e.Update(t.Context(), "t", func(store.Tx) error { panic("ouch") }); err == nil {
			t.Error("a panic is no error")
		}
		put(t, e, "t", "a", "1")
	})
	t.Run("teams are apart", func(t *testing.T) {
		e := open(t)
		put(t, e, "t", "a", "1")
		put(t, e, "t\x00", "a", "2")
		put(t, e, "", "a", "3")
		for team, want := range map[string]string{"t": "a=1 ", "t\x00": "a=2 ", "": "a=3 ", "other": ""} {
			if got := view(t, e, team, func(tx store.Tx) string { return scan(tx, "", "z", 0) }); got != want {
				t.Errorf("team %q has %q, want %q", team, got, want)
			}
		}
	})
	t.Run("what was read stays as it was", func(t *testing.T) {
		e := open(t)
		put(t, e, "t", "a", "first")
		var kept []byte
		noError(t, e.View(t.Context(), "t", func(tx store.Tx) error {
			v, err := tx.Get([]byte("a"))
			kept = v
			return err
		}))
		for i := range 50 {
			put(t, e, "t", "a", fmt.Sprintf("value %d", i))
		}
		if string(kept) != "first" {
			t.Errorf("a value that was read has become %q", kept)
		}
	})
	t.Run("the index over all teams", func(t *testing.T) {
		e := open(t)
		put(t, e, "x", "t2", "", "u1", "", "a1", "")
		put(t, e, "y", "t1", "", "t3", "", "ja", "", "jb", "")
		refs, err := e.Indexed(t.Context(), []byte("t"), []byte("t3"), 10)
		noError(t, err)
		if s := fmt.Sprintf("%s", refs); s != "[{y t1} {x t2}]" {
			t.Errorf("indexed: %s", s)
		}
		refs, err = e.Indexed(t.Context(), []byte("t"), []byte("t9"), 2)
		noError(t, err)
		if len(refs) != 2 {
			t.Errorf("with a limit: %s", refs)
		}
		refs, err = e.Indexed(t.Context(), []byte("jb"), []byte("t2"), 9)
		noError(t, err)
		if s := fmt.Sprintf("%s", refs); s != "[{y jb} {y t1}]" {
			t.Errorf("from a key on: %s", s)
		}
		noError(t, e.Update(t.Context(), "y", func(tx store.Tx) error { tx.Delete([]byte("t1")); return nil }))
		refs, err = e.Indexed(t.Context(), []byte("t"), []byte("t9"), 10)
		noError(t, err)
		if s := fmt.Sprintf("%s", refs); s != "[{x t2} {y t3}]" {
			t.Errorf("after a deletion: %s", s)
		}
	})
	t.Run("transactions of a team are serial", func(t *testing.T) {
		e := open(t)
		const workers, times = 8, 50
		var working sync.WaitGroup
		for range workers {
			working.Go(func() {
				for range times {
					if err := e.Update(context.Background(), "t", func(tx store.Tx) error {
						v, err := tx.Get([]byte("n"))
						n := 0
						_, _ = fmt.Sscan(string(v), &n)
						tx.Put([]byte("n"), []byte(fmt.Sprint(n+1)))
						return err
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		working.Wait()
		if got := view(t, e, "t", func(tx store.Tx) string { v, _ := tx.Get([]byte("n")); return string(v) }); got != fmt.Sprint(workers*times) {
			t.Errorf("counted to %s, want %d", got, workers*times)
		}
	})
	t.Run("an ended context writes nothing", func(t *testing.T) {
		e := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := e.Update(ctx, "t", func(tx store.Tx) error { tx.Put([]byte("a"), nil); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if got := view(t, e, "t", func(tx store.Tx) string { return scan(tx, "", "z", 0) }); got != "" {
			t.Errorf("afterwards %q", got)
		}
	})
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
