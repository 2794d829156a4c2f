package store_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/store"
)

// faults are what Verify finds at a time, without the order.
func faults(t *testing.T, e store.Engine, now time.Time) ([]string, store.Totals) {
	t.Helper()
	var out []string
	sum, err := store.Verify(t.Context(), e, store.FormatVersion, now, func(f store.Fault) { out = append(out, f.Team+": "+f.What) })
	noError(t, err)
	slices.Sort(out)
	return out, sum
}

// played is an engine with a team whose records are all there and well.
func played(t *testing.T, now time.Time) store.Engine {
	t.Helper()
	e := openEngine(t)
	s := store.New(e)
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 12 {
		room := bot.RoomID(fmt.Sprintf("r%d", n%3))
		state := bot.State{Room: quiz.Room{Last: n, Rounds: []quiz.Round{{No: n + 1, Async: true, Opened: now, Closes: now.Add(time.Minute)}}}}
		c := bot.Change{
			Team: "test:A", Room: room, From: uint64(n / 3), At: now, Causes: []string{fmt.Sprint("d", n)}, State: &state, Wake: state.Room.Wake(),
			Names: map[bot.UserID]string{"p1": "One"}, Out: []bot.Outgoing{{Key: fmt.Sprint("k", n), Room: room}},
		}
		for p := range 5 {
			c.Answers = append(c.Answers, bot.Entry{Room: room, Round: n + 1, Player: bot.UserID(fmt.Sprint("p", p)), Pack: "x", Question: "q", At: now, Right: true, Points: r.IntN(3) * 900})
		}
		c.Clocks = []bot.ClockAt{{Room: room, Round: n + 1, Clock: quiz.Clock{Player: "p1", From: now, Until: now.Add(time.Second)}}}
		c.Forgotten = []int{n - 2} // which was open in this room before
		if n >= 6 {
			c.Settled = []bot.Receipt{{Key: fmt.Sprint("k", n-3), Message: bot.MessageID(fmt.Sprint("m", n-3)), Round: n - 2}}
		}
		noError(t, s.Commit(t.Context(), c))
	}
	noError(t, s.Fold(t.Context(), "test:A"))
	return e
}

// Each promise that is broken by hand is found, and told in its own words.
func TestVerifyFindsWhatIsBroken(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	first := func(tx store.Tx, kind string) store.KV {
		kvs, err := tx.Scan([]byte(kind), []byte{kind[0] + 1}, 1)
		if err != nil || len(kvs) == 0 {
			t.Fatalf("no record begins with %s (%v)", kind, err)
		}
		return kvs[0]
	}
	drop := func(kind string) func(store.Tx) {
		return func(tx store.Tx) { tx.Delete(first(tx, kind).Key) }
	}
	set := func(kind, value string) func(store.Tx) {
		return func(tx store.Tx) { tx.Put(first(tx, kind).Key, []byte(value)) }
	}
	number := func(n byte) string { return strings.Repeat("\x00", 7) + string([]byte{n}) }
	for name, c := range map[string]struct {
		breakIt func(store.Tx)
		want    string
	}{
		"no ledger entry":         {drop("l"), "answer 0 of p0 in round 1 of r0 is missing from the ledger"},
		"no guard":                {drop("a"), "has no guard"},
		"no entry by player":      {drop("i"), "is missing among the player's"},
		"a guard of another":      {func(tx store.Tx) { tx.Put(first(tx, "a").Key, []byte(number(25))) }, "leads to answer 25, which is another's"},
		"an entry's points":       {func(tx store.Tx) { change(t, tx, first(tx, "l"), "points", 5000) }, "the ledger gives"},
		"an entry that is no one": {set("l", `{"v":`), "can't be read"},
		"an entry of other words": {set("l", `{"v":1,"round":"three"}`), "can't be read"},
		"a key with a tail":       {func(tx store.Tx) { tx.Put(append(first(tx, "l").Key, 7), []byte(`{}`)) }, "can't be read"},
		"a counter behind":        {set("nledger", number(3)), "it would be overwritten"},
		"a fold ahead":            {set("nfolded", "\x00\x00\x00\x00\x00\x01\x00\x00"), "that there ever were"},
		"no wake":                 {drop("t"), "its question would never close"},
		"no wake of the room":     {drop("y"), "is not woken when it should be"},
		"another wake":            {set("y", number(1)), "is missing in the list of rooms to wake"},
		"no message":              {drop("o"), "it would never be sent"},
		"no key of a message":     {drop("k"), "is not found by its key"},
		"no room in the list":     {drop("u"), "is not listed"},
		"a room too many":         {func(tx store.Tx) { tx.Put([]byte("uelsewhere\x00"), nil) }, "and has none"},
		"an outbox behind":        {set("noutbox", number(3)), "it would be overwritten"},
		"no round of a message":   {drop("w"), "shows no round"},
		"no revision":             {drop("v"), "has no revision"},
		"a total":                 {set("s2026-11-24", number(9)), "has 9 points on the board 2026-11-24"},
		"a total for nothing":     {func(tx store.Tx) { tx.Put([]byte("sall\n\x00ghost\x00"), []byte(number(9))) }, "no answer for it in the ledger"},
		"no total":                {drop("sall"), "is missing on the board all"},
		"no place":                {drop("b"), "boards lack 1 places"},
		"no count":                {drop("h"), "ranks would be wrong"},
		"another count":           {set("h", number(77)), "counts 77 players"},
		"a count too many":        {func(tx store.Tx) { tx.Put([]byte("cnone\n\x00"), []byte(number(1))) }, "that nobody has"},
		"no count of a board":     {drop("c"), "ranks would be wrong"},
		"no answers to review":    {drop("q"), "review doesn't know what p0 answered to question q of x"},
		"other answers to review": {set("q", `[[7,3]]`), "review would ask at the wrong time"},
		"broken ones to review":   {set("q", `{}`), "can't be read"},
		"not listed for review":   {drop("j"), "p0 is not listed as somebody who has answered here"},
		"listed for nothing":      {func(tx store.Tx) { tx.Put([]byte("jghost\x00"), nil) }, "ghost is listed as somebody who has answered here, and has not"},
		"settings in a team":      {func(tx store.Tx) { tx.Put([]byte("Pp1\x00"), []byte(`{"pace":200}`)) }, "where nobody looks for them"},
		"broken settings":         {func(tx store.Tx) { tx.Put([]byte("d"), []byte(`{"count":"many"}`)) }, "can't be read"},
		"a clock of no question":  {func(tx store.Tx) { tx.Put([]byte("gr0\x00"+number(99)+"p1\x00"), first(tx, "g").Value) }, "p1 has a time of their own in round 99 of r0, which is over or no async question"},
		"a clock that runs back":  {func(tx store.Tx) { tx.Put(first(tx, "g").Key, []byte(number(9)+number(8))) }, "ends before it begins"},
		"a broken clock":          {set("g", "soon"), "can't be read"},
		"no rated answer":         {drop("R"), "ratings don't know that p0 answered question q of x"},
		"a rating changed":        {func(tx store.Tx) { kv := first(tx, "R"); kv.Value[10]++; tx.Put(kv.Key, kv.Value) }, "its turn gives"},
		"another answer rated":    {func(tx store.Tx) { kv := first(tx, "R"); kv.Value[7] = 20; tx.Put(kv.Key, kv.Value) }, "and number 0 was the first"},
		"another week":            {func(tx store.Tx) { kv := first(tx, "R"); kv.Value[17]++; tx.Put(kv.Key, kv.Value) }, "the ledger says"},
		"no rating":               {drop("S"), "is missing"},
		"another rating":          {set("S", number(3)+number(1)), "after 1"},
		"no difficulty":           {drop("D"), "is missing"},
		"another difficulty":      {set("D", number(3)+number(5)), "those give"},
		"a place without rating":  {func(tx store.Tx) { tx.Put([]byte("sall+rating\n\x00p0\x00"), []byte(number(9))) }, "p0 has a rating of 9 on the board (true)"},
		"no form":                 {drop("F"), "has no form in 2026"},
		"another form":            {set("F", number(3)+number(5)), "the ledger says 1 of 1"},
		"hidden in sight":         {func(tx store.Tx) { tx.Put([]byte("Hp0\x00"), nil) }, "p0 is hidden, and stands on the board 2026-11 of r0"},
		"a short rating":          {set("S", "abc"), "can't be read"},
		"no record":               {drop("x"), "the record of p0 is missing"},
		"another record":          {func(tx store.Tx) { change(t, tx, first(tx, "x"), "streak", 1) }, "or other topics or streaks"},
	} {
		t.Run(name, func(t *testing.T) {
			e := played(t, now)
			if strings.HasSuffix(name, "count") {
				crowd(t, e, now)
			}
			if out, _ := faults(t, e, now); len(out) > 0 {
				t.Fatalf("before: %v", out)
			}
			noError(t, e.Update(t.Context(), "test:A", func(tx store.Tx) error { c.breakIt(tx); return nil }))
			out, _ := faults(t, e, now)
			if !strings.Contains(strings.Join(out, "\n"), c.want) {
				t.Errorf("want %q in:\n%s", c.want, strings.Join(out, "\n"))
			}
		})
	}
}

// crowd has more play than a board can have without being counted.
func crowd(t *testing.T, e store.Engine, now time.Time) {
	t.Helper()
	c := bot.Change{Team: "test:A", Room: "crowded", At: now}
	for i := range 1100 {
		c.Answers = append(c.Answers, bot.Entry{Room: "crowded", Round: 1, Player: bot.UserID(fmt.Sprint("crowd", i)), Pack: "x", Question: "q", At: now, Points: i % 7 * 300, Right: i%7 > 0})
	}
	noError(t, store.New(e).Commit(t.Context(), c))
	noError(t, store.New(e).Fold(t.Context(), "test:A"))
}

func change(t *testing.T, tx store.Tx, kv store.KV, field string, value int) {
	t.Helper()
	var m map[string]any
	noError(t, json.Unmarshal(kv.Value, &m))
	m[field] = value
	b, err := json.Marshal(m)
	noError(t, err)
	tx.Put(kv.Key, b)
}

// Boards of spans that are over may have gone; those of now and of all time not.
func TestVerifyAllowsOldBoardsToGo(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	e := played(t, now)
	noError(t, e.Update(t.Context(), "test:A", func(tx store.Tx) error {
		for _, kind := range []string{"s", "b", "h", "c"} {
			kvs, err := tx.Scan([]byte(kind+"2026-11-24"), []byte(kind+"2026-11-25"), 0)
			noError(t, err)
			for _, kv := range kvs {
				tx.Delete(kv.Key)
			}
		}
		return nil
	}))
	if out, _ := faults(t, e, now.Add(24*time.Hour)); len(out) > 0 {
		t.Errorf("the next day: %v", out)
	}
	if out, _ := faults(t, e, now); len(out) == 0 {
		t.Error("on the day itself, nothing is missing")
	}
}
