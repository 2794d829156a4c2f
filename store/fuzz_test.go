package store

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// heap is an engine in memory, of one team, without what makes engines hard.
type heap struct{ kv map[string][]byte }

func (h *heap) Update(_ context.Context, _ string, fn func(Tx) error) error {
	next := &heap{kv: map[string][]byte{}}
	for k, v := range h.kv {
		next.kv[k] = v
	}
	if err := fn(next); err != nil {
		return err
	}
	h.kv = next.kv
	return nil
}

func (h *heap) View(_ context.Context, _ string, fn func(Tx) error) error { return fn(h) }

func (h *heap) Indexed(_ context.Context, from, to []byte, _ int) ([]Ref, error) {
	var out []Ref
	for k := range h.kv {
		if k >= string(from) && Indexed([]byte(k)) && (to == nil || k < string(to)) {
			out = append(out, Ref{Team: "t", Key: []byte(k)})
		}
	}
	return out, nil
}

func (h *heap) Teams(context.Context) ([]string, error) { return []string{"t"}, nil }
func (h *heap) Close() error                            { return nil }

func (h *heap) Get(k []byte) ([]byte, error) { return h.kv[string(k)], nil }
func (h *heap) Put(k, v []byte)              { h.kv[string(k)] = bytes.Clone(v) }
func (h *heap) Delete(k []byte)              { delete(h.kv, string(k)) }

func (h *heap) Scan(from, to []byte, limit int) ([]KV, error) {
	var out []KV
	for k, v := range h.kv {
		if k >= string(from) && (to == nil || k < string(to)) {
			out = append(out, KV{[]byte(k), v})
		}
	}
	slices.SortFunc(out, func(a, b KV) int { return bytes.Compare(a.Key, b.Key) })
	if limit > 0 && len(out) > limit {
		out = out[:limit]
	}
	return out, nil
}

// FuzzRecords: whatever bytes stand in a record of any kind, reading and writing
// beside it gives an answer or an error; Check takes what was written by us.
func FuzzRecords(f *testing.F) {
	state, _ := json.Marshal(bot.State{Room: quiz.Room{Seed: 7}})
	line, _ := json.Marshal(bot.Line{Outgoing: bot.Outgoing{Key: "r1-ask", Card: bot.Card{Title: "x"}}})
	one, _ := json.Marshal(entry{Entry: bot.Entry{Room: "r", Round: 1, Player: "p", Pack: "k", Question: "q", Points: 10}})
	for _, c := range []struct {
		kind  byte
		value []byte
	}{
		{keyRoom, state}, {keyRoom, []byte(`{"room":{"rounds":[{"no":-1},{"no":1,"question":{"kind":"?"}}]},"posts":{"9":"m"}}`)}, {keyLedger, one}, {keyLedger, []byte(`{"points":-1,"at":"0001-01-01T00:00:00Z"}`)},
		{keyOutbox, line}, {keyRecord, []byte(`{"Answered":-1}`)}, {keyRev, putUint(1)}, {keyAnswer, putUint(1 << 63)}, {keyCounter, putUint(1<<64 - 1)}, {keyScore, []byte{1}}, {keyBoard, nil}, {keyWake, []byte("\x00")},
		{keyRecalls, []byte("[[1,3],[-9223372036854775808,99]]")}, {keyRecalls, []byte("[null,[1],[2,3,4]]")}, {keyHere, nil},
		{keyClock, append(putUint(1), putUint(0)...)}, {keyClock, []byte("\x00")},
		{keyTeamSettings, []byte(`{"rooms":{"only":true,"list":["r"]},"reviewers":["p","q"],"by":"p"}`)}, {keyTeamSettings, []byte(`{"rooms":7}`)}, {keyOwnSettings, []byte(`{"pace":-1,"hidden":true}`)}, {keyOwnSettings, []byte("null")},
	} {
		f.Add(c.kind, []byte("r\x00"), c.value)
	}
	pool, err := quiz.NewPool([]quiz.Pack{{ID: "k", Questions: []quiz.Question{{ID: "q"}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind byte, tail, value []byte) {
		ctx := t.Context()
		h := &heap{kv: map[string][]byte{}}
		s := New(h)
		now := time.Unix(1_700_000_000, 0)
		good := bot.Change{Team: "t", Room: "r", At: now, Causes: []string{"d1"}, State: &bot.State{Room: quiz.Room{Seed: 7}}, Wake: now,
			Answers: []bot.Entry{{Room: "r", Round: 1, Player: "p", Pack: "k", Question: "q", At: now, Points: 10, Right: true}},
			Names:   map[bot.UserID]string{"p": "Pat"}, Out: []bot.Outgoing{{Key: "r1-ask", Room: "r", Round: 1}}}
		if err := s.Commit(ctx, good); err != nil {
			t.Fatal(err)
		}
		if err := s.Fold(ctx, "t"); err != nil {
			t.Fatal(err)
		}
		for k, v := range h.kv {
			if err := Check([]byte(k), v); err != nil {
				t.Fatalf("of our own: %v", err)
			}
		}
		damaged := append([]byte{kind}, tail...)
		_ = Check(damaged, value)
		h.kv[string(damaged)] = value
		for k := range h.kv { // and in the place of one that is read for sure
			if k[0] == kind {
				h.kv[k] = value
			}
		}
		_, _ = s.Room(ctx, "t", "r")
		_, _ = s.Board(ctx, bot.BoardQuery{Team: "t", Period: quiz.AllTime, Now: now, Top: 10, Player: "p"})
		_, _ = s.Record(ctx, "t", "p")
		_, _, _ = s.Given(ctx, "t", "r", 1, "p")
		_, _ = s.Posted(ctx, "t", "r", "r1-ask")
		_, _ = s.RoundOf(ctx, "t", "r", "m")
		_, _ = s.Due(ctx, now, 10)
		_, _ = s.Unsent(ctx)
		_, _ = s.Once(ctx, "t", "d2", now)
		if seen, err := s.Seen(ctx, "p"); err == nil {
			quiz.Memories(seen, pool, now)
		}
		_, _ = s.PlayerSettings(ctx, "p")
		_, _ = s.TeamSettings(ctx, "t")
		_, _ = s.ChangePlayer(ctx, "p", "d4", now, func(p bot.PlayerSettings) bot.PlayerSettings { return p })
		_, _ = s.ChangeTeam(ctx, "t", "d5", now, func(x bot.TeamSettings) bot.TeamSettings { return x })
		_, _ = s.Players(ctx)
		_, _ = s.Export(ctx, "p")
		next := bot.Change{Team: "t", Room: "r", From: 1, At: now, Causes: []string{"d3"}, Begun: []string{"r1-ask"}, Settled: []bot.Receipt{{Key: "r1-ask", Message: "m", Round: 1}},
			Answers: []bot.Entry{{Room: "r", Round: 2, Player: "p", Pack: "k", Question: "q", At: now}}}
		_ = s.Commit(ctx, next)
		_ = s.Fold(ctx, "t")
		_, _ = s.Sweep(ctx, now)
		_, _ = s.Expire(ctx, now)
		if _, err := s.Forget(ctx, "p"); err == nil {
			for k, v := range h.kv {
				if k[0] == keyLedger && k != string(damaged) && !bytes.Equal(v, value) && strings.Contains(string(v), `"p"`) {
					t.Errorf("forgotten, and yet %q holds %q", k, v)
				}
			}
		}
	})
}

// FuzzKeys: parts come out of a key as they went in, and keys are in their order.
func FuzzKeys(f *testing.F) {
	f.Add("a", "b", uint64(1))
	f.Add("a\x00", "\x01", uint64(1<<63))
	f.Add("", "\xff", uint64(0))
	f.Fuzz(func(t *testing.T, a, b string, n uint64) {
		k := key(keyAnswer, a, n, b)
		one, rest, err := takeString(k[1:])
		if err != nil || one != a {
			t.Fatalf("%q came out as %q: %v", a, one, err)
		}
		number, rest, err := takeUint(rest)
		if err != nil || number != n {
			t.Fatal(number, err)
		}
		two, rest, err := takeString(rest)
		if err != nil || two != b || len(rest) > 0 {
			t.Fatalf("%q came out as %q: %v", b, two, err)
		}
		if got, want := bytes.Compare(key(keyName, a), key(keyName, b)), strings.Compare(a, b); got != want {
			t.Errorf("%q and %q are in the order %d, want %d", a, b, got, want)
		}
		_, _, _ = takeString([]byte(a))
		_, _, _ = takeUint([]byte(b))
	})
}
