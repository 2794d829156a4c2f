package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/store"
	"quizbot/store/storetest"
)

// contest is random play of many questions, on a store and on the model alike.
type contest struct {
	*rand.Rand
	s, model bot.Store
	now      time.Time
	rounds   map[bot.RoomID]int
	hides    int
}

const contestTeam = bot.TeamID("t:T")

func (c *contest) both(t *testing.T, do func(s bot.Store) error) {
	t.Helper()
	err1, err2 := do(c.model), do(c.s)
	if (err1 == nil) != (err2 == nil) {
		t.Fatalf("the model says %v, the store %v", err1, err2)
	}
}

func (c *contest) player() bot.UserID { return bot.UserID(fmt.Sprintf("t:T/U%d", c.IntN(6))) }

// round has some answer a question, some of them late.
func (c *contest) round(t *testing.T) {
	t.Helper()
	room := bot.RoomID(fmt.Sprintf("t:T/C%d", c.IntN(2)))
	snap, err := c.model.Room(t.Context(), contestTeam, room)
	noError(t, err)
	c.rounds[room]++
	change := bot.Change{Team: contestTeam, Room: room, From: snap.Rev, At: c.now}
	question := c.IntN(60)
	for i := range 6 {
		if c.IntN(4) == 0 {
			continue
		}
		right := c.IntN(60)+10*i > question
		points := 0
		if right {
			points = 10 * (1 + question%3)
		}
		change.Answers = append(change.Answers, bot.Entry{
			Room: room, Round: c.rounds[room], Player: bot.UserID(fmt.Sprintf("t:T/U%d", i)), Pack: fmt.Sprintf("pack-%d", question%2), Question: fmt.Sprint("q", question),
			At: c.now.Add(-time.Duration(c.IntN(3)*c.IntN(3)*30) * time.Hour), Right: right, Hinted: c.IntN(9) == 0, Points: points,
		})
	}
	c.both(t, func(s bot.Store) error { return s.Commit(t.Context(), change) })
	c.now = c.now.Add(time.Duration(c.IntN(300)) * time.Minute)
}

func (c *contest) disturb(t *testing.T) {
	t.Helper()
	switch player := c.player(); c.IntN(12) {
	case 0:
		c.both(t, func(s bot.Store) error {
			if _, err := s.Forget(t.Context(), player); !errors.Is(err, bot.ErrUnknownPlayer) {
				return err
			}
			return nil
		})
	case 1:
		before := c.now.Add(-time.Duration(3+c.IntN(30)) * 24 * time.Hour)
		c.both(t, func(s bot.Store) error { _, err := s.Expire(t.Context(), before); return err })
	case 2, 3, 4:
		c.hides++
		hidden, cause := c.IntN(2) == 0, fmt.Sprint("hide", c.hides)
		c.both(t, func(s bot.Store) error { _, err := s.SetHidden(t.Context(), player, hidden, cause, c.now); return err })
	case 5:
		c.both(t, func(s bot.Store) error { _, err := s.Sweep(t.Context(), c.now); return err })
	}
}

// compare compares all boards that can be asked for.
func (c *contest) compare(t *testing.T, step int) (ranked, improved int) {
	t.Helper()
	var queries []bot.BoardQuery
	for _, period := range quiz.Periods() {
		for _, at := range []time.Time{c.now, period.Before(c.now)} {
			for _, topic := range []string{"", "pack-0", "pack-9"} {
				for _, room := range []bot.RoomID{"", "t:T/C1"} {
					queries = append(queries, bot.BoardQuery{Room: room, Topic: topic, Period: period, Now: at})
				}
			}
		}
	}
	for _, at := range []time.Time{c.now, quiz.Week.Before(c.now)} {
		queries = append(queries, bot.BoardQuery{Kind: bot.ByImprovement, Period: quiz.Week, Now: at}, bot.BoardQuery{Kind: bot.ByImprovement, Period: quiz.Month, Now: at})
	}
	queries = append(queries, bot.BoardQuery{Kind: bot.ByRating, Period: quiz.AllTime, Now: c.now})
	for _, q := range queries {
		q.Team, q.Top, q.Player = contestTeam, 4, c.player()
		want, err1 := c.model.Board(t.Context(), q)
		got, err2 := c.s.Board(t.Context(), q)
		noError(t, errors.Join(err1, err2))
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("step %d, %+v:\nmodel %+v\nstore %+v", step, q, want, got)
		}
		switch q.Kind {
		case bot.ByRating:
			ranked += len(got.Top)
		case bot.ByImprovement:
			improved += len(got.Top)
		}
	}
	for i := range 6 {
		player := bot.UserID(fmt.Sprintf("t:T/U%d", i))
		want, err1 := c.model.Strength(t.Context(), contestTeam, player)
		got, err2 := c.s.Strength(t.Context(), contestTeam, player)
		noError(t, errors.Join(err1, err2))
		if want != got {
			t.Fatalf("step %d: %s is rated %+v, want %+v", step, player, got, want)
		}
	}
	return ranked, improved
}

// Points, ratings, improvement and who is to be seen: store and model agree, whatever is
// answered, late, forgotten, expired, hidden, shown or swept away, and across reopening the
// file; every board of points is the sum of the ledger, with those who are hidden; and all of
// it follows from the ledger.
func TestBoardsAgainstTheModel(t *testing.T) {
	ranked, improved := 0, 0
	for seed := range max(seeds/4, 1) {
		path := filepath.Join(t.TempDir(), "q.db")
		e := openBolt(t, path)
		c := &contest{
			Rand: rand.New(rand.NewPCG(uint64(seed), 4)), s: store.New(e), model: storetest.NewModel(),
			now: time.Date(2026, 9, 28, 12, 0, 0, 0, time.UTC), rounds: map[bot.RoomID]int{},
		}
		for step := range 240 {
			c.round(t)
			if step%3 == 0 {
				c.disturb(t)
			}
			if step%24 > 0 {
				continue
			}
			a, b := c.compare(t, step)
			ranked, improved = ranked+a, improved+b
			if out, _ := faults(t, e, c.now); len(out) > 0 {
				t.Fatalf("seed %d, step %d: %s", seed, step, strings.Join(out, "\n"))
			}
			sums(t, e, c.now)
			noError(t, e.Close())
			e = openBolt(t, path)
			c.s = store.New(e)
		}
		noError(t, e.Close())
	}
	if ranked == 0 || improved == 0 {
		t.Errorf("%d places by rating and %d by improvement were compared: too few", ranked, improved)
	}
}

// sums compares the sum of each board of points that is not over with that of the ledger.
func sums(t *testing.T, e store.Engine, now time.Time) {
	t.Helper()
	over := func(span string) bool { return quiz.SpanOver(span, now) }
	want, got := map[string]int{}, map[string]int{}
	for at, points := range ledgerOf(t, e, string(contestTeam), over) {
		board, _, _ := strings.Cut(at, "\x00")
		want[board] += points
	}
	eachRecord(t, e, string(contestTeam), 's', func(key string, value []byte) {
		board, _, _ := strings.Cut(key, "\x00")
		span, _, _ := strings.Cut(board, "\n")
		if span, _, _ = strings.Cut(span, "/"); strings.Contains(span, "+") || over(span) {
			return
		}
		points := 0
		for _, b := range value {
			points = points<<8 | int(b)
		}
		got[board] += points
	})
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("the ledger sums up to %v, the boards to %v", want, got)
	}
}

// A board that has grown to where points are counted, and shrinks again, gives the same
// ranks at any time, with those who are hidden and shown meanwhile.
func TestCrowdedBoards(t *testing.T) {
	e, model := storetest.NewMemory(), storetest.NewModel()
	s, now := store.New(e), time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	rev, hides := uint64(0), 0
	look := func(players int) {
		t.Helper()
		for _, p := range []int{0, 77, players / 2, players - 1} {
			q := bot.BoardQuery{Team: "t", Period: quiz.AllTime, Now: now, Top: 5, Player: bot.UserID(fmt.Sprintf("p%04d", p))}
			want, err1 := model.Board(t.Context(), q)
			got, err2 := s.Board(t.Context(), q)
			noError(t, errors.Join(err1, err2))
			if !reflect.DeepEqual(want, got) {
				t.Fatalf("with %d players:\nmodel %+v\nstore %+v", players, want, got)
			}
		}
		if out, _ := faults(t, e, now); len(out) > 0 {
			t.Fatalf("with %d players: %s", players, strings.Join(out, "\n"))
		}
	}
	hide := func(player int, hidden bool) {
		t.Helper()
		hides++
		for _, x := range []bot.Store{model, s} {
			_, err := x.SetHidden(t.Context(), bot.UserID(fmt.Sprintf("p%04d", player)), hidden, fmt.Sprint("h", hides), now)
			noError(t, err)
		}
	}
	for from := 0; from < 1010; from += 505 {
		c := bot.Change{Team: "t", Room: "r", From: rev, At: now}
		for i := from; i < from+505; i++ {
			c.Answers = append(c.Answers, bot.Entry{
				Room: "r", Round: 1, Player: bot.UserID(fmt.Sprintf("p%04d", i)), Question: "q", At: now.AddDate(0, 0, -i/100), Points: i * 7 % 3000, Right: true,
			})
		}
		noError(t, errors.Join(model.Commit(t.Context(), c), s.Commit(t.Context(), c)))
		rev++
		look(from + 505)
	}
	for i := range 12 { // from above the threshold to below it, and back
		hide(70+i, true)
	}
	look(1010)
	for i := range 12 {
		hide(70+i, false)
	}
	hide(77, true)
	look(1010)
	for _, days := range []int{8, 5, 2} {
		for _, x := range []bot.Store{model, s} {
			_, err := x.Expire(t.Context(), now.AddDate(0, 0, -days))
			noError(t, err)
		}
		look(days*100 + 100)
	}
}
