package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

const (
	teamA = bot.TeamID("test:A")
	roomA = bot.RoomID("test:A/1")
	roomB = bot.RoomID("test:A/2")
)

func noon() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

// change is one at a revision.
func change(from uint64, causes ...string) bot.Change {
	return bot.Change{Team: teamA, Room: roomA, From: from, At: noon(), Causes: causes}
}

func answerOf(round int, player string, points int) bot.Entry {
	return bot.Entry{
		Room: roomA, Round: round, Player: bot.UserID(player), Pack: "wires", Question: "q", At: noon(),
		Given: quiz.Given{Picks: []int{0}}, Right: points > 0, Points: points,
	}
}

// Run is the contract of every bot.Store. open makes a new, empty one.
func Run(t *testing.T, open func(t *testing.T) bot.Store) {
	for name, test := range map[string]func(*testing.T, bot.Store){
		"revisions": testRevisions, "deliveries": testDeliveries, "answers": testAnswers, "past": testPast,
		"outbox": testOutbox, "timers": testTimers, "boards": testBoards, "people": testPeople, "direct messages": testDirect, "expiry": testExpiry, "settings": testSettings,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func testRevisions(t *testing.T, s bot.Store) {
	ctx := t.Context()
	snap, err := s.Room(ctx, teamA, roomA)
	if err != nil || snap.Rev != 0 || len(snap.Outbox) != 0 || snap.State.Room.Last != 0 {
		t.Fatalf("a room that nobody has used: %+v %v", snap, err)
	}
	noError(t, s.Commit(ctx, change(0, "d1")))
	for _, from := range []uint64{0, 2} {
		if err := s.Commit(ctx, change(from, "d2")); !errors.Is(err, bot.ErrStale) {
			t.Errorf("from revision %d of 1: %v, want ErrStale", from, err)
		}
	}
	noError(t, s.Commit(ctx, change(1, "d2")))
	if snap, _ := s.Room(ctx, teamA, roomA); snap.Rev != 2 {
		t.Errorf("revision %d, want 2", snap.Rev)
	}
	if snap, _ := s.Room(ctx, "test:B", roomA); snap.Rev != 0 {
		t.Errorf("another team's room of that name is at %d", snap.Rev)
	}
}

func testDeliveries(t *testing.T, s bot.Store) {
	ctx := t.Context()
	noError(t, s.Commit(ctx, change(0, "d1", "d2")))
	c := change(0, "d3", "d2", "d1") // stale as well: what was seen comes first
	c.Answers = []bot.Entry{answerOf(1, "p", 10)}
	var seen *bot.SeenError
	if err := s.Commit(ctx, c); !errors.As(err, &seen) || !slices.Equal(slices.Sorted(slices.Values(seen.IDs)), []string{"d1", "d2"}) {
		t.Fatalf("repeated: %v, want d1 and d2 seen", err)
	}
	if _, ok, _ := s.Given(ctx, teamA, roomA, 1, "p"); ok {
		t.Error("a change that was refused has written an answer")
	}
	for i, want := range []bool{false, true, false} {
		if fresh, err := s.Once(ctx, teamA, []string{"d1", "d3", "d3"}[i], noon()); err != nil || fresh != want {
			t.Errorf("once, %d: %v %v, want %v", i, fresh, err, want)
		}
	}
	if err := s.Commit(ctx, change(1, "d3")); !errors.As(err, &seen) {
		t.Errorf("an id that Once has taken: %v", err)
	}
	other := change(0, "d1")
	other.Team = "test:B"
	if err := s.Commit(ctx, other); err != nil {
		t.Errorf("another team's delivery of that name: %v", err)
	}
}

func testAnswers(t *testing.T, s bot.Store) {
	ctx := t.Context()
	state := bot.State{
		Room: quiz.Room{Seed: 7, Last: 1, Rounds: []quiz.Round{{
			No: 1, Pack: "wires", Points: 10, Limit: time.Minute, Asked: noon(), Question: quiz.Question{ID: "q", Kind: quiz.TrueFalse},
		}}},
		Posts: map[int]bot.MessageID{1: "m1"},
	}
	c := change(0, "d1")
	c.State, c.Wake, c.Names = &state, noon().Add(time.Minute), map[bot.UserID]string{"p": "Pia", "o": "Otto"}
	noError(t, s.Commit(ctx, c))
	c = change(1, "d2")
	c.Answers, c.Names = []bot.Entry{answerOf(1, "p", 10), answerOf(1, "o", 0)}, map[bot.UserID]string{"p": "Pia B."}
	noError(t, s.Commit(ctx, c))
	snap, err := s.Room(ctx, teamA, roomA)
	noError(t, err)
	if len(snap.State.Room.Rounds) != 1 || snap.State.Posts[1] != "m1" {
		t.Fatalf("state: %+v", snap.State)
	}
	got := snap.State.Room.Rounds[0].Answers
	if len(got) != 2 || got[0].Name != "Pia B." || got[0].Points != 10 || !got[0].Right || got[1].Player != "o" || got[1].Name != "Otto" || !got[0].At.Equal(noon()) {
		t.Errorf("answers: %+v", got)
	}
	c = change(2, "d3") // a second answer is refused with all that came along
	c.Answers, c.Out = []bot.Entry{answerOf(1, "q", 10), answerOf(1, "p", 10)}, []bot.Outgoing{{Key: "k", Room: roomA}}
	if err := s.Commit(ctx, c); !errors.Is(err, bot.ErrStale) {
		t.Errorf("a second answer: %v, want ErrStale", err)
	}
	if _, ok, _ := s.Given(ctx, teamA, roomA, 1, "q"); ok {
		t.Error("half of a refused change was written")
	}
	if snap, _ := s.Room(ctx, teamA, roomA); snap.Rev != 2 || len(snap.Outbox) != 0 {
		t.Errorf("after a refused change: %+v", snap)
	}
	if fresh, _ := s.Once(ctx, teamA, "d3", noon()); !fresh {
		t.Error("a refused change has used its delivery up")
	}
	if e, ok, err := s.Given(ctx, teamA, roomA, 1, "o"); err != nil || !ok || e.Right || e.Pack != "wires" {
		t.Errorf("given: %+v %v %v", e, ok, err)
	}
}

// Rounds that are over are kept beside their room, with their answers, until they
// are too old.
func testPast(t *testing.T, s bot.Store) {
	ctx := t.Context()
	past := func(no int) quiz.Past {
		return quiz.Past{
			Round: quiz.Round{No: no, Pack: "wires", By: "p", Points: 10, Limit: time.Minute, Asked: noon(), Question: quiz.Question{ID: "q", Kind: quiz.TrueFalse}},
			End:   noon().Add(time.Minute), Over: noon().Add(time.Hour), Early: true, Nth: no, Of: 300,
		}
	}
	c := change(0)
	c.Past, c.Names = []quiz.Past{past(256), past(2)}, map[bot.UserID]string{"p": "Pia"}
	c.Answers = []bot.Entry{answerOf(2, "p", 10)}
	c.State = &bot.State{Room: quiz.Room{Last: 256, Ended: []quiz.PastGame{{First: 1, Last: 2, Game: quiz.Game{Score: []quiz.Score{{Player: "p", Points: 10}}}}}}}
	noError(t, s.Commit(ctx, c))
	late := change(1) // an answer that comes late needs no other word on its round
	late.Answers = []bot.Entry{answerOf(256, "p", 0)}
	noError(t, s.Commit(ctx, late))
	snap, err := s.Room(ctx, teamA, roomA)
	noError(t, err)
	got := snap.State.Room.Past
	if len(got) != 2 || got[0].Round.No != 2 || got[1].Round.No != 256 || !got[0].End.Equal(noon().Add(time.Minute)) || !got[0].Over.Equal(noon().Add(time.Hour)) || !got[0].Early || got[1].Nth != 256 || got[1].Of != 300 {
		t.Fatalf("past: %+v", got)
	}
	for _, p := range got {
		if a := p.Round.Answers; len(a) != 1 || a[0].Player != "p" || a[0].Name != "Pia" {
			t.Errorf("answers of round %d: %+v", p.Round.No, a)
		}
	}
	if score := snap.State.Room.Ended[0].Game.Score; score[0].Name != "Pia" || score[0].Points != 10 {
		t.Errorf("table: %+v", score)
	}
	c = change(2)
	c.Forgotten, c.Past = []int{2, 77}, []quiz.Past{past(257)}
	noError(t, s.Commit(ctx, c))
	if snap, _ = s.Room(ctx, teamA, roomA); len(snap.State.Room.Past) != 2 || snap.State.Room.Past[0].Round.No != 256 || snap.State.Room.Past[1].Round.No != 257 {
		t.Errorf("after the first was forgotten: %+v", snap.State.Room.Past)
	}
	if e, ok, err := s.Given(ctx, teamA, roomA, 2, "p"); err != nil || !ok || e.Points != 10 {
		t.Errorf("its answer is gone with it: %+v %v %v", e, ok, err)
	}
	if snap, _ := s.Room(ctx, teamA, roomB); len(snap.State.Room.Past) != 0 {
		t.Errorf("another room has %+v", snap.State.Room.Past)
	}
	testOver(t, s)
}

// testOver goes on where testPast ends: two rounds were closed at one in room A.
func testOver(t *testing.T, s bot.Store) {
	ctx, closed := t.Context(), noon().Add(time.Hour)
	c := change(0)
	c.Room = roomB
	c.Past = []quiz.Past{{Round: quiz.Round{No: 1}, Over: closed.Add(time.Minute)}}
	noError(t, s.Commit(ctx, c))
	for name, want := range map[time.Duration][]bot.RoomID{0: {roomA, roomB}, time.Second: {roomB}, 2 * time.Minute: nil} {
		refs, err := s.Over(ctx, closed.Add(name))
		noError(t, err)
		var got []bot.RoomID
		for _, ref := range refs {
			got = append(got, ref.Room)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("rooms with a round that was closed in the time from %s on: %q", name, got)
		}
	}
	// What is over for more than an hour goes, also where nobody asks again.
	for i, want := range []int{0, 2, 0, 1} {
		at := []time.Duration{time.Hour, time.Hour + 30*time.Second, time.Hour + 30*time.Second, 3 * time.Hour}[i]
		if n, err := s.Sweep(ctx, closed.Add(at)); err != nil || n != want {
			t.Errorf("%s later %d records are swept away, want %d: %v", at, n, want, err)
		}
	}
	for _, room := range []bot.RoomID{roomA, roomB} {
		if snap, err := s.Room(ctx, teamA, room); err != nil || len(snap.State.Room.Past) != 0 {
			t.Errorf("room %s still has %+v: %v", room, snap.State.Room.Past, err)
		}
	}
}

func testOutbox(t *testing.T, s bot.Store) {
	ctx := t.Context()
	c := change(0, "d1")
	c.Out = []bot.Outgoing{{Key: "r1-ask", Room: roomA, Round: 1, Card: bot.Card{Title: "T", Table: []string{"1. a — 2"}}}, {Key: "v1-0", Room: roomA}}
	noError(t, s.Commit(ctx, c))
	if refs, err := s.Unsent(ctx); err != nil || len(refs) != 1 || refs[0] != (bot.RoomRef{Team: teamA, Room: roomA}) {
		t.Errorf("unsent: %+v %v", refs, err)
	}
	c = change(1)
	c.At, c.Begun = noon().Add(time.Second), []string{"r1-ask", "unknown"}
	noError(t, s.Commit(ctx, c))
	snap, err := s.Room(ctx, teamA, roomA)
	noError(t, err)
	if len(snap.Outbox) != 2 || !snap.Outbox[0].Begun || !snap.Outbox[0].BegunAt.Equal(noon().Add(time.Second)) || snap.Outbox[1].Begun || snap.Outbox[0].Card.Table[0] != "1. a — 2" {
		t.Errorf("outbox: %+v", snap.Outbox)
	}
	c = change(2)
	c.Settled = []bot.Receipt{{Key: "r1-ask", Message: "m1", Round: 1}}
	noError(t, s.Commit(ctx, c))
	c = change(3)
	c.Settled, c.Out = []bot.Receipt{{Key: "v1-0"}, {Key: "unknown"}}, []bot.Outgoing{{Key: "r1-close", Room: roomA, Edit: "r1-ask"}}
	noError(t, s.Commit(ctx, c))
	snap, err = s.Room(ctx, teamA, roomA)
	noError(t, err)
	if len(snap.Outbox) != 1 || snap.Outbox[0].Key != "r1-close" {
		t.Errorf("outbox: %+v", snap.Outbox)
	}
	c = change(4)
	c.Settled = []bot.Receipt{{Key: "r1-close", Message: "m1"}}
	noError(t, s.Commit(ctx, c))
	if refs, _ := s.Unsent(ctx); len(refs) != 0 {
		t.Errorf("all is sent, but unsent: %+v", refs)
	}
	for key, want := range map[string]bot.MessageID{"r1-ask": "m1", "v1-0": "", "never": ""} {
		if m, err := s.Posted(ctx, teamA, roomA, key); err != nil || m != want {
			t.Errorf("posted %s: %q %v, want %q", key, m, err, want)
		}
	}
	for m, want := range map[bot.MessageID]int{"m1": 1, "m2": 0} {
		if n, err := s.RoundOf(ctx, teamA, roomA, m); err != nil || n != want {
			t.Errorf("round of %s: %d %v, want %d", m, n, err, want)
		}
	}
}

func testTimers(t *testing.T, s bot.Store) {
	ctx := t.Context()
	for i, room := range []bot.RoomID{roomA, roomB} {
		c := change(0, string(room))
		c.Room, c.State, c.Wake = room, &bot.State{}, noon().Add(time.Duration(2-i)*time.Minute)
		noError(t, s.Commit(ctx, c))
	}
	due, err := s.Due(ctx, noon().Add(time.Hour), 10)
	if err != nil || len(due) != 2 || due[0].Room != roomB || !due[0].At.Equal(noon().Add(time.Minute)) {
		t.Errorf("due: %+v %v", due, err)
	}
	if due, _ := s.Due(ctx, noon().Add(time.Hour), 1); len(due) != 1 || due[0].Room != roomB {
		t.Errorf("the first of those due: %+v", due)
	}
	if due, _ := s.Due(ctx, noon().Add(time.Minute-time.Millisecond), 10); len(due) != 0 {
		t.Errorf("due too soon: %+v", due)
	}
	c := change(1)
	c.Room, c.State = roomB, &bot.State{}
	noError(t, s.Commit(ctx, c))
	if due, _ := s.Due(ctx, noon().Add(time.Hour), 10); len(due) != 1 || due[0].Room != roomA {
		t.Errorf("after a timer was taken away: %+v", due)
	}
}

func testBoards(t *testing.T, s bot.Store) {
	ctx := t.Context()
	all := bot.BoardQuery{Team: teamA, Period: quiz.AllTime, Now: noon(), Top: 10, Player: "p1"}
	if b, err := s.Board(ctx, all); err != nil || len(b.Top) != 0 || b.Own.Rank != 0 || b.Players != 0 {
		t.Errorf("an empty board: %+v %v", b, err)
	}
	c := change(0, "d1")
	for i, points := range []int{30, 20, 20, 0, 2000} {
		c.Answers = append(c.Answers, answerOf(1, fmt.Sprintf("p%d", i), points))
	}
	c.Names = map[bot.UserID]string{"p0": "Pia"}
	old := answerOf(2, "p3", 500)
	old.At = noon().AddDate(0, -2, 0)
	elsewhere := answerOf(1, "p2", 5)
	elsewhere.Room = roomB
	c.Answers = append(c.Answers, old, elsewhere)
	noError(t, s.Commit(ctx, c))
	b, err := s.Board(ctx, bot.BoardQuery{Team: teamA, Period: quiz.Today, Now: noon(), Top: 3, Player: "p3"})
	noError(t, err)
	want := []quiz.Standing{{Rank: 1, Player: "p4", Points: 2000}, {Rank: 2, Player: "p0", Name: "Pia", Points: 30}, {Rank: 3, Player: "p2", Points: 25}}
	if !slices.Equal(b.Top, want) || b.Own != (quiz.Standing{Rank: 5, Player: "p3"}) || b.Players != 5 {
		t.Errorf("today: %+v", b)
	}
	b, err = s.Board(ctx, bot.BoardQuery{Team: teamA, Room: roomA, Period: quiz.AllTime, Now: noon(), Top: 10, Player: "nobody"})
	noError(t, err)
	if len(b.Top) != 5 || b.Top[1].Points != 500 || b.Top[3].Rank != 4 || b.Top[4].Rank != 4 || b.Own.Rank != 0 {
		t.Errorf("this room: %+v", b)
	}
	r, err := s.Record(ctx, teamA, "p2")
	noError(t, err)
	if r.Points != 25 || r.Answered != 2 || r.Streak != 2 || r.Topics["wires"].Right != 2 {
		t.Errorf("record: %+v", r)
	}
	if r, err := s.Record(ctx, teamA, "nobody"); err != nil || r.Answered != 0 {
		t.Errorf("nobody's record: %+v %v", r, err)
	}
	testDays(t, s)
}

// testDays goes on where testBoards ends, on a Tuesday: all but one have points of this day alone.
func testDays(t *testing.T, s bot.Store) {
	t.Helper()
	ctx := t.Context()
	c := change(1)
	monday := answerOf(3, "p0", 70)
	monday.At = noon().Add(-12*time.Hour - time.Millisecond)
	sunday := answerOf(4, "p0", 900)
	sunday.At = noon().Add(-36*time.Hour - time.Millisecond)
	c.Answers = []bot.Entry{monday, sunday}
	noError(t, s.Commit(ctx, c))
	q := bot.BoardQuery{Team: teamA, Period: quiz.AllTime, Now: noon(), Top: 2, Player: "p3"}
	days, err := s.Days(ctx, q)
	noError(t, err)
	want := `[{4 2000 [0 2000]} {0 100 [70 30]}]`
	brief := func(days []quiz.DayPoints) string {
		var out []string
		for _, d := range days {
			out = append(out, fmt.Sprintf("{%s %d %v}", d.Player[1:], d.Points, d.Days))
		}
		return fmt.Sprint(out)
	}
	if got := brief(days); got != want || days[1].Rank != 2 || days[1].Name != "Pia" {
		t.Errorf("days: %+v, want %s", days, want)
	}
	q.Room = roomB
	if days, err = s.Days(ctx, q); err != nil || brief(days) != `[{2 5 [0 5]}]` {
		t.Errorf("days of another room: %+v %v", days, err)
	}
	q.Now = noon().AddDate(0, 0, 7)
	if days, err = s.Days(ctx, q); err != nil || len(days) != 0 {
		t.Errorf("days of a week without answers: %+v %v", days, err)
	}
}
