package store_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/quiz/calendar"
	"quizbot/store/storetest"
)

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// compare does the same random things to a store and to the model, and compares
// all that can be read. reopen, where there is one, closes the store and opens
// it again now and then.
func compare(t *testing.T, s bot.Store, reopen func() bot.Store, seed uint64, steps int) {
	t.Helper()
	ctx, r, model := t.Context(), rand.New(rand.NewPCG(seed, 2)), storetest.NewModel()
	over := rand.New(rand.NewPCG(seed, 3)) // of rounds that are over
	teams := []bot.TeamID{"test:A", "test:B\x00", "test:\x01"}
	rooms := []bot.RoomID{"r1", "r\x00", "r\x01z", "ｒ"}
	players := []bot.UserID{"p1", "p2", "p\x00", "p\x01", "p3", "p4"}
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	next := 0
	for step := range steps {
		team, room := teams[r.IntN(3)], rooms[r.IntN(4)]
		snap, err := model.Room(ctx, team, room)
		noError(t, err)
		c := bot.Change{Team: team, Room: room, From: snap.Rev, At: now}
		if r.IntN(10) == 0 {
			c.From = uint64(r.IntN(4))
		}
		for range r.IntN(3) {
			c.Causes = append(c.Causes, fmt.Sprintf("d%d", r.IntN(step+2)))
		}
		c.Causes = slices.Compact(slices.Sorted(slices.Values(c.Causes)))
		if r.IntN(2) == 0 {
			state := bot.State{Room: quiz.Room{Last: r.IntN(9), Rounds: []quiz.Round{{No: r.IntN(5), Limit: time.Second, Async: step%2 == 0}}, Challenges: []quiz.Challenge{{No: 1, By: string(players[r.IntN(6)]), Player: string(players[r.IntN(6)]), Name: "x"}}, Game: &quiz.Game{Score: []quiz.Score{{Player: string(players[r.IntN(6)])}}}}}
			if step%3 == 0 {
				state.Daily = &quiz.Daily{Plan: calendar.Plan{At: calendar.Clock{Hour: step % 24}, Days: calendar.Weekdays, Zone: "Europe/Berlin"}, Topics: []string{"x"}, Open: time.Hour, Day: calendar.DateOf(now)}
			}
			c.State = &state
			if r.IntN(2) == 0 {
				c.Wake = now.Add(time.Duration(r.IntN(100)) * time.Second)
			}
		}
		if over.IntN(3) == 0 {
			c.Past = append(c.Past, quiz.Past{Round: quiz.Round{No: over.IntN(5), Limit: time.Second, Async: step%3 > 0, By: string(players[over.IntN(6)])}, End: now, Over: now})
		}
		if over.IntN(4) == 0 {
			c.Forgotten = append(c.Forgotten, over.IntN(5))
		}
		for range over.IntN(3) {
			clock := quiz.Clock{Player: string(players[over.IntN(6)]), From: now, Until: now.Add(time.Duration(over.IntN(9)) * time.Second)}
			if at := (bot.ClockAt{Room: room, Round: over.IntN(5), Clock: clock}); len(c.Clocks) == 0 || c.Clocks[0].Clock.Player != clock.Player {
				c.Clocks = append(c.Clocks, at)
			}
		}
		for range r.IntN(4) {
			c.Answers = append(c.Answers, bot.Entry{
				Room: room, Round: r.IntN(5), Player: players[r.IntN(6)], Pack: string(rune('a' + r.IntN(3))), Question: "q",
				At: now.Add(-time.Duration(r.IntN(72)) * time.Hour), Right: r.IntN(2) == 0, Points: r.IntN(4) * 700, Speed: over.IntN(3), Streak: over.IntN(3), Hinted: step%3 == 0,
			})
		}
		if r.IntN(3) == 0 {
			c.Names = map[bot.UserID]string{players[r.IntN(6)]: fmt.Sprintf("name %d", step)}
		}
		if r.IntN(2) == 0 {
			next++
			c.Out = append(c.Out, bot.Outgoing{Key: fmt.Sprintf("k%d", next), Room: room, Card: bot.Card{Title: fmt.Sprint(step)}})
			if r.IntN(2) == 0 {
				o := &c.Out[len(c.Out)-1]
				o.Card.Table = []string{"1. Pia — 7"}
				o.Names = []bot.NamedAt{{Player: players[r.IntN(6)], Part: bot.InTable, From: 3, To: 6}}
			}
		}
		if key := fmt.Sprintf("k%d", r.IntN(next+1)); r.IntN(3) == 0 {
			c.Begun = append(c.Begun, key)
		} else if r.IntN(2) == 0 {
			c.Settled = append(c.Settled, bot.Receipt{Key: key, Message: bot.MessageID("m" + key), Round: r.IntN(3)})
		}
		soundClocks(snap, &c)
		want, got := model.Commit(ctx, c), s.Commit(ctx, c)
		if kind(want) != kind(got) {
			t.Fatalf("seed %d, step %d: the model says %v, the store %v, to %+v", seed, step, want, got, c)
		}
		if id := fmt.Sprintf("d%d", over.IntN(step+2)); over.IntN(4) == 0 {
			want, _ := model.Knows(ctx, team, id, now)
			if got, err := s.Knows(ctx, team, id, now); err != nil || want != got {
				t.Fatalf("seed %d, step %d: knows %s: %v %v, want %v", seed, step, id, got, err, want)
			}
		}
		if r.IntN(4) == 0 {
			id := fmt.Sprintf("d%d", r.IntN(step+2))
			want, _ := model.Once(ctx, team, id, now)
			got, err := s.Once(ctx, team, id, now)
			noError(t, err)
			if want != got {
				t.Fatalf("seed %d, step %d: once %s: %v, want %v", seed, step, id, got, want)
			}
		}
		changeSettings(t, fmt.Sprintf("seed %d, step %d", seed, step), model, s, team, players[over.IntN(6)], fmt.Sprintf("d%d", over.IntN(step+2)), now, over)
		forget := step < steps*2/3 // something is left at the end
		if forget && r.IntN(12) == 0 {
			player := players[r.IntN(6)]
			want, err1 := model.Forget(ctx, player)
			got, err2 := s.Forget(ctx, player)
			if errors.Is(err1, bot.ErrUnknownPlayer) != errors.Is(err2, bot.ErrUnknownPlayer) || byTeam(want) != byTeam(got) {
				t.Fatalf("seed %d, step %d: forgetting %q:\nmodel %s %v\nstore %s %v", seed, step, player, byTeam(want), err1, byTeam(got), err2)
			}
		}
		if forget && r.IntN(20) == 0 {
			before := now.Add(-time.Duration(r.IntN(72)) * time.Hour)
			want, err1 := model.Expire(ctx, before)
			got, err2 := s.Expire(ctx, before)
			noError(t, errors.Join(err1, err2))
			if want != got {
				t.Fatalf("seed %d, step %d: %d answers expired, want %d", seed, step, got, want)
			}
			_, err1 = model.Sweep(ctx, now)
			_, err2 = s.Sweep(ctx, now)
			noError(t, errors.Join(err1, err2))
		}
		if reopen != nil && r.IntN(40) == 0 {
			s = reopen()
		}
		if step%5 == 0 {
			compareReads(t, fmt.Sprintf("seed %d, step %d", seed, step), model, s, teams, rooms, players, now, next)
		}
		if r.IntN(3) == 0 {
			now = now.Add(time.Duration(r.IntN(60)) * time.Minute)
		}
	}
}

// soundClocks leaves a change the clocks of async questions that are open or over after it,
// and forgets the rounds that are neither.
func soundClocks(snap bot.Snapshot, c *bot.Change) {
	state, past := snap.State, slices.Concat(snap.State.Room.Past, c.Past)
	if c.State != nil {
		state = *c.State
	}
	async := map[int]bool{}
	for _, r := range state.Room.Rounds {
		async[r.No] = r.Async
	}
	for _, p := range past {
		if !slices.Contains(c.Forgotten, p.Round.No) {
			async[p.Round.No] = p.Round.Async
		}
	}
	c.Clocks = slices.DeleteFunc(c.Clocks, func(x bot.ClockAt) bool { return !async[x.Round] })
	for no := range 5 {
		if !async[no] {
			c.Forgotten = append(c.Forgotten, no)
		}
	}
}

// byTeam is a Forgotten as text, its rooms in one order.
func byTeam(f bot.Forgotten) string {
	for _, refs := range [][]bot.RoomRef{f.Changed, f.Gone} {
		slices.SortFunc(refs, func(a, b bot.RoomRef) int {
			return cmp.Or(cmp.Compare(a.Team, b.Team), cmp.Compare(a.Room, b.Room))
		})
	}
	return fmt.Sprintf("%q", fmt.Sprint(f))
}

func kind(err error) string {
	var seen *bot.SeenError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &seen):
		return fmt.Sprint("seen ", slices.Sorted(slices.Values(seen.IDs)))
	case errors.Is(err, bot.ErrStale):
		return "stale"
	default:
		return err.Error()
	}
}

// changeSettings has a player or a team choose something, now and then, by a delivery that
// may have been taken in before.
func changeSettings(t *testing.T, at string, model, s bot.Store, team bot.TeamID, player bot.UserID, cause string, now time.Time, r *rand.Rand) {
	t.Helper()
	value, what := r.IntN(3), r.IntN(12)
	on := func(s bot.Store) (fresh bool, err error) {
		switch what {
		case 0:
			return s.ChangePlayer(t.Context(), player, cause, now, func(p bot.PlayerSettings) bot.PlayerSettings {
				p.Pace = quiz.Pace(100 * value)
				return p
			})
		case 1:
			return s.SetHidden(t.Context(), player, value > 0, cause, now)
		case 2:
			return s.ChangeTeam(t.Context(), team, cause, now, func(x bot.TeamSettings) bot.TeamSettings {
				x.Count, x.AdminsStart = value, !x.AdminsStart
				x.Rooms.List = append(x.Rooms.List, "r1")[min(value, 1):]
				return x
			})
		default:
			return true, nil
		}
	}
	want, err1 := on(model)
	got, err2 := on(s)
	noError(t, errors.Join(err1, err2))
	if want != got {
		t.Fatalf("%s: settings by %s: fresh %v, want %v", at, cause, got, want)
	}
}

func compareReads(t *testing.T, at string, model, s bot.Store, teams []bot.TeamID, rooms []bot.RoomID, players []bot.UserID, now time.Time, keys int) {
	t.Helper()
	ctx := t.Context()
	same := func(what string, want, got any, errs ...error) {
		t.Helper()
		for _, err := range errs {
			noError(t, err)
		}
		if reflect.DeepEqual(want, got) {
			return
		}
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got)
		if string(a) != string(b) {
			t.Fatalf("%s: %s:\nmodel %s\nstore %s", at, what, a, b)
		}
	}
	for _, team := range teams {
		for _, room := range rooms {
			want, err1 := model.Room(ctx, team, room)
			got, err2 := s.Room(ctx, team, room)
			same("room", want, got, err1, err2)
			for i := range want.State.Room.Rounds { // answers have no JSON of their own
				a, b := want.State.Room.Rounds[i].Answers, got.State.Room.Rounds[i].Answers
				if fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b) {
					t.Fatalf("%s: answers:\nmodel %+v\nstore %+v", at, a, b)
				}
				same("clocks", want.State.Room.Rounds[i].Clocks, got.State.Room.Rounds[i].Clocks)
			}
			same("past", fmt.Sprintf("%+v", want.State.Room.Past), fmt.Sprintf("%+v", got.State.Room.Past))
			for i := range keys + 1 {
				want, err1 := model.Posted(ctx, team, room, fmt.Sprintf("k%d", i))
				got, err2 := s.Posted(ctx, team, room, fmt.Sprintf("k%d", i))
				noError(t, errors.Join(err1, err2))
				if want != got {
					t.Fatalf("%s: posted k%d: model %q, store %q", at, i, want, got)
				}
			}
			for _, period := range quiz.Periods() {
				q := bot.BoardQuery{Team: team, Room: room, Period: period, Now: now, Top: 4, Player: players[len(room)%len(players)]}
				want, err1 := model.Board(ctx, q)
				got, err2 := s.Board(ctx, q)
				same("board of a room", want, got, err1, err2)
			}
			q := bot.BoardQuery{Team: team, Room: room, Now: now, Top: 3}
			wantDays, err1 := model.Days(ctx, q)
			gotDays, err2 := s.Days(ctx, q)
			same("days of a room", wantDays, gotDays, err1, err2)
		}
		for _, p := range players {
			want, err1 := model.Record(ctx, team, p)
			got, err2 := s.Record(ctx, team, p)
			same("record", want, got, err1, err2)
			for _, period := range quiz.Periods() {
				q := bot.BoardQuery{Team: team, Period: period, Now: now, Top: 3, Player: p}
				wantBoard, err1 := model.Board(ctx, q)
				gotBoard, err2 := s.Board(ctx, q)
				same("board", wantBoard, gotBoard, err1, err2)
			}
		}
	}
	for _, team := range teams {
		want, err1 := model.TeamSettings(ctx, team)
		got, err2 := s.TeamSettings(ctx, team)
		same("settings of a team", want, got, err1, err2)
	}
	for _, p := range players {
		want, err1 := model.PlayerSettings(ctx, p)
		got, err2 := s.PlayerSettings(ctx, p)
		same("settings of a player", want, got, err1, err2)
	}
	wantPlayers, err1 := model.Players(ctx)
	gotPlayers, err2 := s.Players(ctx)
	same("players", wantPlayers, gotPlayers, err1, err2)
	for _, p := range players {
		wantKept, err1 := model.Kept(ctx, p)
		gotKept, err2 := s.Kept(ctx, p)
		same("kept", wantKept, gotKept, err1, err2)
		wantSeen, err1 := model.Seen(ctx, p)
		gotSeen, err2 := s.Seen(ctx, p)
		same("seen", wantSeen, gotSeen, err1, err2)
		want, err1 := model.Export(ctx, p)
		got, err2 := s.Export(ctx, p)
		if errors.Is(err1, bot.ErrUnknownPlayer) && errors.Is(err2, bot.ErrUnknownPlayer) {
			continue
		}
		same("export", want, got, err1, err2)
	}
	want, err1 := model.Due(ctx, now.Add(50*time.Second), 100)
	got, err2 := s.Due(ctx, now.Add(50*time.Second), 100)
	order := func(list []bot.DueRoom) []string {
		var out []string
		for _, d := range list {
			out = append(out, fmt.Sprintf("%s %q %q", d.At.UTC(), d.Team, d.Room))
		}
		slices.Sort(out)
		return out
	}
	same("due", order(want), order(got), err1, err2)
	wantRefs, err1 := model.Unsent(ctx)
	gotRefs, err2 := s.Unsent(ctx)
	refs := func(list []bot.RoomRef) []string {
		var out []string
		for _, r := range list {
			out = append(out, fmt.Sprintf("%q %q", r.Team, r.Room))
		}
		slices.Sort(out)
		return out
	}
	same("unsent", refs(wantRefs), refs(gotRefs), err1, err2)
	wantRefs, err1 = model.Over(ctx, now.Add(-20*time.Minute))
	gotRefs, err2 = s.Over(ctx, now.Add(-20*time.Minute))
	same("over", refs(wantRefs), refs(gotRefs), err1, err2)
}
