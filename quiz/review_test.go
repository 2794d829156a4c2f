package quiz

import (
	"math"
	"slices"
	"testing"
	"time"

	"quizbot/quiz/fsrs"
)

func reviewPool(t *testing.T) *Pool {
	t.Helper()
	pool, err := NewPool([]Pack{
		{ID: "ws", Title: "WebSocket", Aliases: []string{"sockets"}, Questions: []Question{{ID: "a"}, {ID: "b"}, {ID: "c"}}},
		{ID: "http", Title: "HTTP", Questions: []Question{{ID: "a"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

func recallsAt(rating fsrs.Rating, days ...float64) []Recall {
	var out []Recall
	for _, d := range days {
		out = append(out, Recall{At: simTime(d), Rating: rating})
	}
	return out
}

func TestRate(t *testing.T) {
	if Rate(false, false) != fsrs.Again || Rate(false, true) != fsrs.Again || Rate(true, true) != fsrs.Hard || Rate(true, false) != fsrs.Good {
		t.Error("an answer is rated as it should not be")
	}
}

// TestMemories: the least remembered is first; what was answered in several teams counts
// together; what is no longer in a pack, or is meant by an alias alone, is left out.
func TestMemories(t *testing.T) {
	pool, now := reviewPool(t), simTime(10)
	got := Memories([]Seen{
		{Pack: "ws", Question: "a", Recalls: recallsAt(fsrs.Good, 0, 2)},
		{Pack: "ws", Question: "gone", Recalls: recallsAt(fsrs.Good, 0)},
		{Pack: "sockets", Question: "a", Recalls: recallsAt(fsrs.Good, 0)},
		{Pack: "http", Question: "a", Recalls: recallsAt(fsrs.Good, 0)},
		{Pack: "ws", Question: "b", Recalls: recallsAt(fsrs.Again, 9.999)},
		{Pack: "ws", Question: "a", Recalls: recallsAt(fsrs.Good, 1, 9)},
		{Pack: "ws", Question: "c"},
	}, pool, now)
	var order []string
	for i, m := range got {
		order = append(order, m.Pack+" "+m.Question)
		if i > 0 && m.Recall < got[i-1].Recall {
			t.Errorf("%+v comes after %+v", m, got[i-1])
		}
	}
	if want := []string{"http a", "ws a", "ws b"}; !slices.Equal(order, want) {
		t.Fatalf("remembered are %v, want %v", order, want)
	}
	together := fsrs.Card{}
	for _, at := range []float64{0, 1, 2, 9} {
		together = remember.Review(together, fsrs.Good, simTime(at))
	}
	if got[1].Card != together {
		t.Errorf("answers of two teams come to %+v, one after the other to %+v", got[1].Card, together)
	}
	if !got[0].Due(now) || got[1].Due(now) || !got[2].Due(now) {
		t.Errorf("due are the first and the last: %+v", got)
	}
	if next := NextDue(got, now); !next.Equal(together.Due) {
		t.Errorf("the next is due at %s, not at %s", next, together.Due)
	}
	if next := NextDue(got[:1], now); !next.IsZero() {
		t.Errorf("nothing else is due later, not at %s", next)
	}
}

// TestAgainSoon: whoever was right is asked again in days, whoever was wrong within minutes.
func TestAgainSoon(t *testing.T) {
	for _, x := range []struct {
		recalls []Recall
		from    time.Duration
		to      time.Duration
	}{
		{recallsAt(fsrs.Good, 0), 48 * time.Hour, 48 * time.Hour},
		{recallsAt(fsrs.Again, 0), time.Minute, time.Minute},
		{recallsAt(fsrs.Hard, 0), 90 * time.Second, 90 * time.Second},
		{append(recallsAt(fsrs.Good, 0), recallsAt(fsrs.Again, 3)...), 10 * time.Minute, 10 * time.Minute},
		{recallsAt(fsrs.Good, 0, 2), 10 * 24 * time.Hour, 12 * 24 * time.Hour},
	} {
		m := memory("ws", "a", x.recalls, simTime(4))
		if pause := m.Card.Due.Sub(m.Card.Last); pause < x.from || pause > x.to {
			t.Errorf("after %v it is due in %s", x.recalls, pause)
		}
	}
}

func TestMasteries(t *testing.T) {
	pool, now := reviewPool(t), simTime(5)
	memories := Memories([]Seen{
		{Pack: "ws", Question: "a", Recalls: recallsAt(fsrs.Good, 4.9)},
		{Pack: "ws", Question: "b", Recalls: recallsAt(fsrs.Again, 4.9)},
		{Pack: "http", Question: "a", Recalls: recallsAt(fsrs.Good, 0)},
	}, pool, now)
	got := Masteries(memories, pool, now)
	ws, http := got["ws"], got["http"]
	if ws.Seen != 2 || ws.Of != 3 || ws.Due != 1 || math.Abs(ws.Known-0.5) > 0.02 {
		t.Errorf("of the first topic: %+v", ws)
	}
	if http.Seen != 1 || http.Of != 1 || http.Due != 1 || math.Abs(http.Known-0.84) > 0.02 {
		t.Errorf("of the second topic: %+v", http)
	}
	if len(Masteries(nil, pool, now)) != 0 {
		t.Error("nothing was seen, and something is known")
	}
}
