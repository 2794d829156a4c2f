package storetest

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// played is a room in which p1 and p2 have answered, with everything that can
// mention p1.
func played(t *testing.T, s bot.Store) {
	t.Helper()
	c := change(0, "msg:test:A/p1:7", "msg:8")
	c.Names = map[bot.UserID]string{"test:A/p1": "Pia Pütz", "test:A/p2": "Otto"}
	c.State = &bot.State{Room: quiz.Room{Seed: 1<<63 + 7, Last: 2, Rounds: []quiz.Round{
		{No: 1, Pack: "wires", By: "test:A/p1", Limit: time.Minute, Asked: noon(), Question: quiz.Question{ID: "q", Kind: quiz.TrueFalse}},
		{No: 2, Pack: "wires", By: "test:A/p2", Limit: time.Minute, Asked: noon(), Question: quiz.Question{ID: "q", Kind: quiz.TrueFalse}},
	}, Game: &quiz.Game{By: "test:A/p1", Count: 3, Score: []quiz.Score{{Player: "test:A/p1", Points: 20}, {Player: "test:A/p2", Points: 10}}}}}
	c.Answers = []bot.Entry{answerOf(1, "test:A/p1", 20), answerOf(1, "test:A/p2", 10)}
	c.Out = []bot.Outgoing{
		{Key: "table", Room: roomA, Card: bot.Card{Table: []string{"1. Pia Pütz, Otto and Pia Pütz — 20"}}, Names: []bot.NamedAt{
			{Player: "test:A/p1", Part: bot.InTable, From: 3, To: 12}, {Player: "test:A/p2", Part: bot.InTable, From: 14, To: 18},
			{Player: "test:A/p1", Part: bot.InTable, From: 23, To: 32},
		}},
		{Key: "old", Room: roomA, Card: bot.Card{Title: "Pia Pütz", Body: []string{"Who is Pia Pütz?"}, After: []string{"Pia Pütz wrote this.", "Right: Pia Pütz."}}},
	}
	noError(t, s.Commit(t.Context(), c))
	elsewhere := answerOf(1, "test:A/p1", 5)
	elsewhere.Room = roomB
	c = change(0)
	c.Room, c.Answers = roomB, []bot.Entry{elsewhere}
	noError(t, s.Commit(t.Context(), c))
}

func testPeople(t *testing.T, s bot.Store) {
	ctx := t.Context()
	if list, err := s.Players(ctx); err != nil || len(list) != 0 {
		t.Errorf("players of an empty store: %q %v", list, err)
	}
	played(t, s)
	list, err := s.Players(ctx)
	if want := []bot.UserID{"test:A/p1", "test:A/p2"}; err != nil || !slices.Equal(list, want) {
		t.Errorf("players: %q %v, want %q", list, err, want)
	}
	d, err := s.Export(ctx, "test:A/p1")
	noError(t, err)
	if len(d.Teams) != 1 || d.Teams[0].Name != "Pia Pütz" || len(d.Teams[0].Answers) != 2 || d.Teams[0].Record.Points != 25 || len(d.Teams[0].Boards) != 30 {
		t.Errorf("export: %+v", d)
	}
	if all := d.Teams[0].Boards; !slices.Contains(all, bot.BoardPoints{Span: "all", Points: 25}) || !slices.Contains(all, bot.BoardPoints{Span: "2026-Q4", Topic: "wires", Room: roomB, Points: 5}) {
		t.Errorf("points: %+v", all)
	}
	if rooms := d.Teams[0].Rooms; len(rooms) != 1 || rooms[0].State == nil || rooms[0].State.Room.Game.By != "test:A/p1" || !slices.Equal(rooms[0].Messages, []string{"table", "old"}) {
		t.Errorf("rooms: %+v", rooms)
	}
	if got := d.Teams[0].Deliveries; len(got) != 1 || got[0] != "msg:test:A/p1:7" {
		t.Errorf("deliveries: %q", got)
	}
	for _, nobody := range []bot.UserID{"test:A/p", "test:A/p11", ""} {
		if _, err := s.Export(ctx, nobody); !errors.Is(err, bot.ErrUnknownPlayer) {
			t.Errorf("export of %q: %v", nobody, err)
		}
		if _, err := s.Forget(ctx, nobody); !errors.Is(err, bot.ErrUnknownPlayer) {
			t.Errorf("forgetting %q: %v", nobody, err)
		}
	}
	before, err := s.Room(ctx, teamA, roomA)
	noError(t, err)
	out, err := s.Forget(ctx, "test:A/p1")
	noError(t, err)
	want := bot.Forgotten{Teams: 1, Answers: 2, Standings: 30, Messages: 2, Changed: []bot.RoomRef{{Team: teamA, Room: roomA}, {Team: teamA, Room: roomB}}}
	if a, b := asJSON(out), asJSON(want); a != b {
		t.Errorf("forgotten %s, want %s", a, b)
	}
	forgotten(t, s, before)
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// forgotten checks what is left of the room once p1 is forgotten.
func forgotten(t *testing.T, s bot.Store, before bot.Snapshot) {
	t.Helper()
	ctx := t.Context()
	after, err := s.Room(ctx, teamA, roomA)
	noError(t, err)
	if after.Rev != before.Rev+1 {
		t.Errorf("revision %d after %d: who remembers the room doesn't notice", after.Rev, before.Rev)
	}
	room := after.State.Room
	if room.Seed != 1<<63+7 || len(room.Rounds) != 2 || room.Rounds[0].By != "" || room.Rounds[1].By != "test:A/p2" || room.Game.By != "" ||
		len(room.Game.Score) != 1 || room.Game.Score[0].Points != 10 || len(room.Rounds[0].Answers) != 1 {
		t.Errorf("the room: %+v", room)
	}
	if len(after.Outbox) != 2 {
		t.Fatalf("messages to send: %+v", after.Outbox)
	}
	if line := after.Outbox[0].Card.Table[0]; line != "1. someone, Otto and someone — 20" {
		t.Errorf("the table says %q", line)
	}
	if at := after.Outbox[0].Names; len(at) != 1 || after.Outbox[0].Card.Table[0][at[0].From:at[0].To] != "Otto" {
		t.Errorf("names: %+v", at)
	}
	if c := after.Outbox[1].Card; c.After[1] != "Right: someone." || c.After[0] != "Pia Pütz wrote this." {
		t.Errorf("a message of an earlier version: %+v", c)
	}
	b, err := s.Board(ctx, bot.BoardQuery{Team: teamA, Period: quiz.AllTime, Now: noon(), Top: 9, Player: "test:A/p1"})
	if err != nil || b.Players != 1 || b.Own.Rank != 0 || len(b.Top) != 1 || b.Top[0].Points != 10 {
		t.Errorf("the board: %+v %v", b, err)
	}
	if _, err := s.Export(ctx, "test:A/p1"); !errors.Is(err, bot.ErrUnknownPlayer) {
		t.Errorf("export: %v", err)
	}
	c := change(after.Rev) // who plays again begins anew
	c.Answers = []bot.Entry{answerOf(1, "test:A/p1", 30)}
	noError(t, s.Commit(ctx, c))
	if r, err := s.Record(ctx, teamA, "test:A/p1"); err != nil || r.Points != 30 || r.Answered != 1 || r.Name != "" {
		t.Errorf("record: %+v %v", r, err)
	}
	if b, err = s.Board(ctx, bot.BoardQuery{Team: teamA, Period: quiz.AllTime, Now: noon(), Top: 9, Player: "test:A/p1"}); err != nil || b.Own.Rank != 1 || b.Players != 2 {
		t.Errorf("the board: %+v %v", b, err)
	}
}

// A room that is somebody's direct messages goes with that person.
func testDirect(t *testing.T, s bot.Store) {
	ctx := t.Context()
	c := change(0, "d1")
	c.State, c.Wake = &bot.State{Direct: "p1", Room: quiz.Room{Seed: 7, Last: 1, Rounds: []quiz.Round{{No: 1, By: "p1", Limit: time.Minute}}}}, noon()
	c.Answers = []bot.Entry{answerOf(1, "p1", 10)}
	c.Out = []bot.Outgoing{{Key: "k1", Room: roomA}, {Key: "k2", Room: roomA}}
	noError(t, s.Commit(ctx, c))
	c = change(1)
	c.Settled = []bot.Receipt{{Key: "k1", Message: "m1", Round: 1}}
	noError(t, s.Commit(ctx, c))
	other := change(0)
	other.Room, other.State = roomB, &bot.State{Direct: "p2", Room: quiz.Room{Last: 1}}
	noError(t, s.Commit(ctx, other))
	out, err := s.Forget(ctx, "p1")
	noError(t, err)
	if len(out.Gone) != 1 || out.Gone[0].Room != roomA || len(out.Changed) != 0 {
		t.Errorf("forgotten: %+v", out)
	}
	snap, err := s.Room(ctx, teamA, roomA)
	if err != nil || snap.Rev != 0 || len(snap.Outbox) != 0 || snap.State.Room.Seed != 0 || len(snap.State.Room.Rounds) != 0 {
		t.Errorf("the room: %+v %v", snap, err)
	}
	if due, err := s.Due(ctx, noon().Add(time.Hour), 9); err != nil || len(due) != 0 {
		t.Errorf("due: %+v %v", due, err)
	}
	if unsent, err := s.Unsent(ctx); err != nil || len(unsent) != 0 {
		t.Errorf("unsent: %+v %v", unsent, err)
	}
	if m, err := s.Posted(ctx, teamA, roomA, "k1"); err != nil || m != "" {
		t.Errorf("posted: %q %v", m, err)
	}
	if snap, _ := s.Room(ctx, teamA, roomB); snap.Rev != 1 || snap.State.Direct != "p2" {
		t.Errorf("another's direct messages: %+v", snap)
	}
}

func testExpiry(t *testing.T, s bot.Store) {
	ctx := t.Context()
	c := change(0)
	c.Names = map[bot.UserID]string{"p1": "Pia", "p2": "Otto"}
	for day := range 40 {
		for _, player := range []string{"p1", "p2"} {
			if player == "p2" && day >= 10 {
				continue
			}
			a := answerOf(day+1, player, 10)
			a.At = noon().AddDate(0, 0, day-40)
			c.Answers = append(c.Answers, a)
		}
	}
	noError(t, s.Commit(ctx, c))
	noError(t, s.Fold(ctx, teamA))
	if n, err := s.Expire(ctx, noon().AddDate(0, 0, -41)); err != nil || n != 0 {
		t.Errorf("nothing is so old: %d %v", n, err)
	}
	n, err := s.Expire(ctx, noon().AddDate(0, 0, -10))
	if err != nil || n != 40 {
		t.Fatalf("expired %d %v, want 40", n, err)
	}
	b, err := s.Board(ctx, bot.BoardQuery{Team: teamA, Period: quiz.AllTime, Now: noon(), Top: 9, Player: "p2"})
	if err != nil || b.Players != 1 || b.Own.Rank != 0 || b.Top[0] != (quiz.Standing{Rank: 1, Player: "p1", Name: "Pia", Points: 100}) {
		t.Errorf("board: %+v %v", b, err)
	}
	if r, err := s.Record(ctx, teamA, "p1"); err != nil || r.Answered != 10 || r.Best != 10 || r.Points != 100 || r.Topics["wires"].Right != 10 {
		t.Errorf("record: %+v %v", r, err)
	}
	if list, err := s.Players(ctx); err != nil || !slices.Equal(list, []bot.UserID{"p1"}) {
		t.Errorf("who has no answer left is still known: %q %v", list, err)
	}
	if _, ok, err := s.Given(ctx, teamA, roomA, 1, "p1"); err != nil || ok {
		t.Errorf("an old answer: %v %v", ok, err)
	}
	if _, ok, err := s.Given(ctx, teamA, roomA, 40, "p1"); err != nil || !ok {
		t.Errorf("a young answer: %v %v", ok, err)
	}
	if n, err := s.Sweep(ctx, noon().AddDate(0, 2, 0)); err != nil {
		t.Errorf("sweep: %d %v", n, err)
	}
	b, err = s.Board(ctx, bot.BoardQuery{Team: teamA, Period: quiz.AllTime, Now: noon(), Top: 9})
	if err != nil || b.Players != 1 || b.Top[0].Points != 100 {
		t.Errorf("board of all time after a sweep: %+v %v", b, err)
	}
	if !strings.Contains(asJSON(b.Top), "Pia") {
		t.Errorf("names: %+v", b.Top)
	}
}
