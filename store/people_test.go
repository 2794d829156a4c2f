package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/store"
	"quizbot/store/bolt"
)

// ledgerOf sums up a team's ledger by board and player, as fold does it but without
// it, and boardsOf reads what the boards say. over says which spans are swept away.
func ledgerOf(t *testing.T, e store.Engine, team string, over func(span string) bool) map[string]int {
	t.Helper()
	out := map[string]int{}
	eachRecord(t, e, team, 'l', func(_ string, value []byte) {
		var a bot.Entry
		if err := json.Unmarshal(value, &a); err != nil {
			t.Fatal(err)
		}
		for _, p := range quiz.Periods() {
			span := p.At(a.At.UTC())
			if over(span) {
				continue
			}
			for _, board := range []string{span + "\n", span + "\n" + string(a.Room), span + "/" + a.Pack + "\n", span + "/" + a.Pack + "\n" + string(a.Room)} {
				out[fmt.Sprintf("%s\x00%s\x00", board, a.Player)] += a.Points
			}
		}
	})
	return out
}

func boardsOf(t *testing.T, e store.Engine, team string) map[string]int {
	t.Helper()
	out := map[string]int{}
	players := map[string]int{}
	eachRecord(t, e, team, 's', func(key string, value []byte) {
		points := 0
		for _, b := range value {
			points = points<<8 | int(b)
		}
		out[key] = points
		board, _, _ := strings.Cut(key, "\x00")
		players[board]++
	})
	inOrder, counted, here := 0, 0, map[string]int{}
	eachRecord(t, e, team, 'b', func(string, []byte) { inOrder++ })
	eachRecord(t, e, team, 'h', func(_ string, value []byte) { counted += int(value[7]) + int(value[6])<<8 })
	eachRecord(t, e, team, 'c', func(key string, value []byte) {
		here[strings.TrimSuffix(key, "\x00")] = int(value[7]) + int(value[6])<<8
	})
	if inOrder != len(out) || counted != 0 || // for boards of so few are not counted
		fmt.Sprint(here) != fmt.Sprint(players) {
		t.Errorf("team %s: %d standings, %d in order, %d counted; players %v, counted %v", team, len(out), inOrder, counted, players, here)
	}
	return out
}

// eachRecord calls fn with every record of a kind, its key without the kind.
func eachRecord(t *testing.T, e store.Engine, team string, kind byte, fn func(key string, value []byte)) {
	t.Helper()
	if err := e.View(t.Context(), team, func(tx store.Tx) error {
		kvs, err := tx.Scan([]byte{kind}, []byte{kind + 1}, 0)
		for _, kv := range kvs {
			fn(string(kv.Key[1:]), kv.Value)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// traces are the keys and values of a database, and the names of its teams, that
// hold one of the words.
func traces(t *testing.T, e store.Engine, words ...string) []string {
	t.Helper()
	var out []string
	teams, err := e.Teams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, team := range teams {
		look := func(key string, value []byte) {
			for _, word := range words {
				if strings.Contains(team+"\n"+key+"\n"+string(value), word) {
					out = append(out, fmt.Sprintf("%q in %s: %q = %q", word, team, key, value))
				}
			}
		}
		look("", nil)
		for kind := range 255 {
			eachRecord(t, e, team, byte(kind), func(key string, value []byte) { look(string(rune(kind))+key, value) })
		}
	}
	return out
}

// playing is random play on a store.
type playing struct {
	*rand.Rand
	s      *store.Store
	now    time.Time
	next   int
	rounds map[bot.RoomID]int
}

// person names the i-th player; no name is part of another.
func person(i int) (id bot.UserID, name string) {
	return bot.UserID(fmt.Sprintf("t:T/U%cX", 'A'+i)), fmt.Sprintf("name of %c!", 'A'+i)
}

// step has somebody ask, answer, or be told of in one room.
func (p *playing) step(t *testing.T) {
	t.Helper()
	room := bot.RoomID(fmt.Sprintf("t:T/C%d", p.IntN(4)))
	who, name := person(p.IntN(9))
	direct := bot.UserID("")
	if p.IntN(6) == 0 {
		room, direct = bot.RoomID("t:T/D"+string(who[len(who)-2])), who
	}
	snap, err := p.s.Room(t.Context(), "t:T", room)
	noError(t, err)
	p.next++
	c := bot.Change{Team: "t:T", Room: room, From: snap.Rev, At: p.now, Causes: []string{fmt.Sprintf("msg:%s:%d", room, p.next), fmt.Sprintf("act:%s:%d", who, p.next)}, Names: map[bot.UserID]string{who: name}}
	for range 1 + p.IntN(4) {
		p.rounds[room]++
		other, _ := person(p.IntN(9))
		if direct != "" {
			other = who
		}
		right := p.IntN(2) == 0
		c.Answers = append(c.Answers, bot.Entry{
			Room: room, Round: p.rounds[room], Player: other, Pack: "x", Question: "q", At: p.now.Add(-time.Duration(p.IntN(20)) * time.Hour), Right: right, Points: p.IntN(4) * 700,
		})
	}
	if direct != "" || p.IntN(2) == 0 { // the core notes at once whose direct messages a room is
		c.State = &bot.State{Direct: direct, Room: quiz.Room{
			Seed: 7, Last: p.rounds[room], Rounds: []quiz.Round{{No: p.rounds[room], By: string(who), Limit: time.Hour, Async: true, Question: quiz.Question{ID: "q"}}},
			Game: &quiz.Game{By: string(who), Score: []quiz.Score{{Player: string(who), Points: 7}}},
		}, Daily: &quiz.Daily{Topics: []string{"x"}, Open: time.Hour, Next: p.now.Add(time.Hour), Last: "x"}}
		c.Wake = p.now.Add(time.Hour)
		c.Clocks = []bot.ClockAt{{Room: room, Round: p.rounds[room], Clock: quiz.Clock{Player: string(who), From: p.now, Until: p.now.Add(time.Minute)}}}
		for _, r := range snap.State.Room.Rounds {
			c.Forgotten = append(c.Forgotten, r.No)
		}
	}
	if p.IntN(3) == 0 {
		c.Out = []bot.Outgoing{{Key: fmt.Sprintf("k%d", p.next), Room: room, Card: bot.Card{After: []string{name + " won."}}, Names: []bot.NamedAt{{Player: who, Part: bot.InAfter, To: len(name)}}}}
	} else if len(snap.Outbox) > 0 {
		c.Settled = []bot.Receipt{{Key: snap.Outbox[0].Key, Message: "m", Round: 1}}
	}
	noError(t, p.s.Commit(t.Context(), c))
	p.now = p.now.Add(time.Duration(p.IntN(5)) * time.Hour)
}

// Whatever is played, folded, forgotten and swept away, in whatever order: the
// boards say what the ledger does, and nothing is left of who was forgotten, neither
// in the file nor in a backup.
func TestForgettingLeavesNoTrace(t *testing.T) {
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			e := openBolt(t, filepath.Join(t.TempDir(), "q.db"))
			t.Cleanup(func() { _ = e.Close() })
			p := &playing{Rand: rand.New(rand.NewPCG(seed, 9)), s: store.New(e), now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), rounds: map[bot.RoomID]int{}}
			swept := p.now
			for range 130 {
				p.step(t)
				switch p.IntN(10) {
				case 0:
					noError(t, p.s.Fold(t.Context(), "t:T"))
				case 1:
					_, err := p.s.Expire(t.Context(), p.now.Add(-time.Duration(2+p.IntN(20))*24*time.Hour))
					noError(t, err)
				case 2:
					_, err := p.s.Sweep(t.Context(), p.now)
					noError(t, err)
					swept = p.now
				case 3:
					forgetOne(t, p, e)
				default:
					continue
				}
				agree(t, p, e, swept)
			}
			backup(t, p, e)
		})
	}
}

// forgetOne forgets somebody, and looks for traces of them.
func forgetOne(t *testing.T, p *playing, e store.Engine) {
	t.Helper()
	who, name := person(p.IntN(9))
	_, err := p.s.Forget(t.Context(), who)
	if err != nil && !errors.Is(err, bot.ErrUnknownPlayer) {
		t.Fatal(err)
	}
	for room := range p.rounds {
		if string(room) == "t:T/D"+string(who[len(who)-2]) {
			p.rounds[room] = 0
		}
	}
	if left := traces(t, e, string(who), name, "t:T/D"+string(who[len(who)-2])); len(left) > 0 {
		t.Fatalf("left of %s: %s", who, strings.Join(left, "\n"))
	}
}

// agree compares the boards with the ledger; those of spans that are long over may
// be gone.
func agree(t *testing.T, p *playing, e store.Engine, swept time.Time) {
	t.Helper()
	noError(t, p.s.Fold(t.Context(), "t:T"))
	over := func(span string) bool { return quiz.SpanGone(span, swept) }
	want, got := ledgerOf(t, e, "t:T", over), boardsOf(t, e, "t:T")
	for at := range got {
		span, _, _ := strings.Cut(at, "\n")
		if span, _, _ = strings.Cut(span, "/"); over(span) {
			delete(got, at) // grown again, or not swept away yet
		}
	}
	if fmt.Sprint(want) != fmt.Sprint(got) {
		t.Fatalf("the ledger says %v, the boards %v", want, got)
	}
	points, answers := map[string]int{}, map[string]int{}
	eachRecord(t, e, "t:T", 'l', func(_ string, value []byte) {
		var a bot.Entry
		noError(t, json.Unmarshal(value, &a))
		points[string(a.Player)] += a.Points
		answers[string(a.Player)]++
	})
	for i := range 9 {
		who, _ := person(i)
		r, err := p.s.Record(t.Context(), "t:T", who)
		noError(t, err)
		if r.Points != points[string(who)] || r.Answered != answers[string(who)] {
			t.Fatalf("the record of %s: %+v, want %d points of %d answers", who, r, points[string(who)], answers[string(who)])
		}
	}
}

// backup forgets everybody, and looks for traces in every byte of a copy.
func backup(t *testing.T, p *playing, e *bolt.Engine) {
	t.Helper()
	for i := range 9 {
		who, _ := person(i)
		if _, err := p.s.Forget(context.Background(), who); err != nil && !errors.Is(err, bot.ErrUnknownPlayer) {
			t.Fatal(err)
		}
	}
	if list, err := p.s.Players(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("players: %q %v", list, err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	noError(t, e.Backup(t.Context(), copied, nil, nil))
	content, err := os.ReadFile(copied)
	noError(t, err)
	for i := range 9 {
		who, name := person(i)
		for _, word := range []string{string(who), name} {
			if strings.Contains(string(content), word) {
				t.Errorf("the backup holds %q", word)
			}
		}
	}
	if got := boardsOf(t, e, "t:T"); len(got) != 0 {
		t.Errorf("boards without players: %v", got)
	}
}

// A team that was one person's direct messages is gone with its name.
func TestForgettingATeamOfOne(t *testing.T) {
	for _, direct := range []bot.UserID{"d:7", ""} { // an earlier version did not note whose it was
		e := openBolt(t, filepath.Join(t.TempDir(), "q.db"))
		s := store.New(e)
		at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
		noError(t, s.Commit(t.Context(), bot.Change{
			Team: "d:dm/99", Room: "d:dm/99", At: at, Causes: []string{"d:m:5"}, Names: map[bot.UserID]string{"d:7": "Ada"},
			State:   &bot.State{Direct: direct, Room: quiz.Room{Seed: 3, Last: 1}},
			Answers: []bot.Entry{{Room: "d:dm/99", Round: 1, Player: "d:7", At: at, Points: 10}},
		}))
		_, err := s.Once(t.Context(), "d:1", "d:m:6", at)
		noError(t, err)
		out, err := s.Forget(t.Context(), "d:7")
		if err != nil || len(out.Gone) != 1 {
			t.Errorf("forgotten: %+v %v", out, err)
		}
		if teams, err := e.Teams(t.Context()); err != nil || len(teams) != 1 || teams[0] != "d:1" {
			t.Errorf("teams: %q %v", teams, err)
		}
		noError(t, e.Close())
	}
}

// Boards of days that are long over are swept away, others stay; however many
// records there are, no transaction is long.
func TestSweep(t *testing.T) {
	e := openBolt(t, filepath.Join(t.TempDir(), "q.db"))
	t.Cleanup(func() { _ = e.Close() })
	s := store.New(e)
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	c := bot.Change{Team: "t", Room: "r", At: at}
	for day := range 60 {
		for player := range 20 {
			c.Answers = append(c.Answers, bot.Entry{Room: "r", Round: day + 1, Player: bot.UserID(fmt.Sprint("p", player)), At: at.AddDate(0, 0, -day), Points: 10})
		}
	}
	noError(t, s.Commit(t.Context(), c))
	noError(t, s.Fold(t.Context(), "t"))
	n, err := s.Sweep(t.Context(), at)
	noError(t, err)
	spans := map[string]bool{}
	eachRecord(t, e, "t", 'c', func(key string, _ []byte) {
		span, _, _ := strings.Cut(key, "\n")
		span, _, _ = strings.Cut(span, "/")
		spans[span] = true
	})
	// Of eleven days the last nine, no week that ended before them, and the month before this one.
	want := "map[2026-10:true 2026-11:true 2026-11-22:true 2026-11-23:true 2026-11-24:true 2026-11-25:true 2026-11-26:true 2026-11-27:true 2026-11-28:true 2026-11-29:true 2026-11-30:true 2026-Q4:true 2026-W47:true 2026-W48:true 2026-W49:true all:true]"
	if fmt.Sprint(spans) != want {
		t.Errorf("spans after a sweep: %v", spans)
	}
	if n != 2*20*(51+7) {
		t.Errorf("%d places were swept away", n)
	}
	if got := boardsOf(t, e, "t"); len(got) != 2*20*16 {
		t.Errorf("%d places are left", len(got))
	}
	if n, err := s.Sweep(t.Context(), at); err != nil || n != 0 {
		t.Errorf("a second sweep: %d %v", n, err)
	}
}

// The clocks of an async question go with it: with its sweeping, in as many transactions as it
// takes, with its being given up, and with its player.
func TestClocksGo(t *testing.T) {
	e := openBolt(t, filepath.Join(t.TempDir(), "q.db"))
	t.Cleanup(func() { _ = e.Close() })
	s := store.New(e)
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	clocks := func() int {
		n := 0
		eachRecord(t, e, "t", 'g', func(string, []byte) { n++ })
		return n
	}
	round := func(no int) quiz.Round { return quiz.Round{No: no, Async: true, Limit: time.Hour} }
	c := bot.Change{Team: "t", Room: "r", At: at, State: &bot.State{Room: quiz.Room{Last: 2, Rounds: []quiz.Round{round(1), round(2)}}}}
	for player := range 500 {
		for no := range 3 {
			clock := quiz.Clock{Player: fmt.Sprint("p", player), From: at, Until: at.Add(time.Minute)}
			c.Clocks = append(c.Clocks, bot.ClockAt{Room: "r", Round: no + 1, Clock: clock})
		}
	}
	c.Past = []quiz.Past{{Round: round(3), Over: at}}
	noError(t, s.Commit(t.Context(), c))
	snap, err := s.Room(t.Context(), "t", "r")
	noError(t, err)
	if n := len(snap.State.Room.Rounds[1].Clocks); n != 500 || len(snap.State.Room.Past[0].Round.Clocks) != 500 {
		t.Fatalf("%d clocks were kept", n)
	}
	if err := s.Commit(t.Context(), bot.Change{Team: "t", Room: "r", From: 1, At: at, Clocks: c.Clocks[:1]}); !errors.Is(err, bot.ErrStale) {
		t.Errorf("a second clock: %v", err)
	}
	if n, err := s.Sweep(t.Context(), at.Add(2*time.Hour)); err != nil || n != 501 || clocks() != 1000 {
		t.Errorf("swept %d (%v), %d clocks are left", n, err, clocks())
	}
	noError(t, s.Commit(t.Context(), bot.Change{Team: "t", Room: "r", From: 1, At: at, Forgotten: []int{2}}))
	if clocks() != 500 {
		t.Errorf("given up, %d clocks are left", clocks())
	}
	out, err := s.Export(t.Context(), "p7")
	noError(t, err)
	want := []bot.ClockAt{{Room: "r", Round: 1, Clock: quiz.Clock{Player: "p7", From: at, Until: at.Add(time.Minute)}}}
	if !reflect.DeepEqual(out.Teams[0].Revealed, want) {
		t.Errorf("exported: %+v", out.Teams[0].Revealed)
	}
	gone, err := s.Forget(t.Context(), "p7")
	noError(t, err)
	if clocks() != 499 || len(gone.Changed) != 1 {
		t.Errorf("forgotten: %+v, %d clocks are left", gone, clocks())
	}
}

// Records of a room that are of a kind of their own mention players too.
func TestForgettingInOtherRecords(t *testing.T) {
	e := openBolt(t, filepath.Join(t.TempDir(), "q.db"))
	t.Cleanup(func() { _ = e.Close() })
	s := store.New(e)
	who, _ := person(0)
	other, _ := person(1)
	record := fmt.Sprintf(`{"round":{"no":1,"by":%q},"table":[{"player":%q,"points":3},{"player":%q,"points":4}],"seed":18446744073709551615}`, who, who, other)
	for _, room := range []string{"t:T/C1", "t:T/D1"} {
		state := bot.State{}
		if room == "t:T/D1" {
			state.Direct = who
		}
		noError(t, s.Commit(t.Context(), bot.Change{Team: "t:T", Room: bot.RoomID(room), State: &state}))
		noError(t, e.Update(t.Context(), "t:T", func(tx store.Tx) error {
			tx.Put([]byte("f"+room+"\x00\x00\x00\x00\x00\x00\x00\x00\x01"), []byte(record))
			return nil
		}))
	}
	if list, err := s.Players(t.Context()); err != nil || fmt.Sprint(list) != fmt.Sprint([]bot.UserID{who, other}) {
		t.Errorf("players: %q %v", list, err)
	}
	d, err := s.Export(t.Context(), who)
	if err != nil || len(d.Teams) != 1 || len(d.Teams[0].Rooms) != 2 || len(d.Teams[0].Rooms[0].Others) != 1 {
		t.Errorf("export: %+v %v", d, err)
	}
	out, err := s.Forget(t.Context(), who)
	if err != nil || len(out.Changed) != 1 || len(out.Gone) != 1 {
		t.Errorf("forgotten: %+v %v", out, err)
	}
	if left := traces(t, e, string(who), "t:T/D1"); len(left) > 0 {
		t.Errorf("left: %s", strings.Join(left, "\n"))
	}
	if kept := traces(t, e, string(other), "18446744073709551615"); len(kept) != 2 {
		t.Errorf("of the other is left: %q", kept)
	}
}

// What a team's settings say of a player goes with the player, also what this program
// doesn't know, and the rest stays.
func TestForgetsInSettings(t *testing.T) {
	e := openEngine(t)
	s := store.New(e)
	noError(t, e.Update(t.Context(), "t:T", func(tx store.Tx) error {
		tx.Put([]byte("d"), []byte(`{"speed":"off","reviewers":["t:T/U1","t:T/U11"],"by":"t:T/U1","of":{"t:T/U1":1}}`))
		return nil
	}))
	if list, err := s.Players(t.Context()); err != nil || fmt.Sprint(list) != "[t:T/U1]" {
		t.Errorf("players: %q %v", list, err)
	}
	d, err := s.Export(t.Context(), "t:T/U1")
	if err != nil || len(d.Teams) != 1 || !strings.Contains(string(d.Teams[0].TeamSettings), `"by":"t:T/U1"`) {
		t.Errorf("export: %+v %v", d, err)
	}
	_, err = s.Forget(t.Context(), "t:T/U1")
	noError(t, err)
	eachRecord(t, e, "t:T", 'd', func(_ string, value []byte) {
		if want := `{"by":"","of":{},"reviewers":["t:T/U11"],"speed":"off"}`; string(value) != want {
			t.Errorf("the settings are %s, want %s", value, want)
		}
	})
	if x, err := s.TeamSettings(t.Context(), "t:T"); err != nil || x.Speed != quiz.SpeedOff {
		t.Errorf("the settings: %+v %v", x, err)
	}
}
