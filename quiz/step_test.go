package quiz

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// pool of packs with n questions each.
func testPool(t testing.TB, sizes ...int) *Pool {
	t.Helper()
	var packs []Pack
	for i, n := range sizes {
		p := Pack{ID: fmt.Sprintf("pack%d", i), Title: fmt.Sprintf("Pack %d", i)}
		for j := range n {
			q := Question{ID: fmt.Sprintf("q%d", j), Kind: Choice, Ask: "Which?", Difficulty: Difficulty(j%3 + 1), Seconds: 10, Hint: "The first."}
			q.Options = []Option{{Text: "right", Correct: true}, {Text: "wrong"}, {Text: "worse"}}
			switch j % 4 {
			case 1:
				q.Kind, q.Options, q.Steps = Order, nil, []string{"one", "two", "three"}
			case 2:
				q.Kind, q.Options, q.Accept, q.Hint = Text, nil, []string{"word"}, ""
			case 3:
				q.Kind, q.Options, q.Truth = TrueFalse, nil, true
			}
			p.Questions = append(p.Questions, q)
		}
		packs = append(packs, p)
	}
	pool, err := NewPool(packs)
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// right is the right answer to a question.
func right(q Question) Given {
	switch q.Kind {
	case Order:
		return Given{Picks: []int{0, 1, 2}}
	case Text:
		return Given{Text: "word"}
	default:
		return Given{Picks: []int{0}}
	}
}

// table plays inputs one after the other.
type table struct {
	t    *testing.T
	pool *Pool
	room Room
	now  time.Time
}

func (x *table) play(in Input) []Event {
	x.t.Helper()
	room, events, err := Step(x.room, in, x.now, x.pool)
	if err != nil {
		x.t.Fatal(err)
	}
	x.room = room
	return events
}

// only is the one event that is expected.
func only[E Event](x *table, events []Event) E {
	x.t.Helper()
	if len(events) == 1 {
		if e, ok := events[0].(E); ok {
			return e
		}
	}
	var want E
	x.t.Fatalf("events %+v, want one %T", events, want)
	return want
}

func TestOneQuestion(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 1), now: noon}
	asked := only[Asked](x, x.play(Ask{By: "alice", Topic: "PACK0", Seed: 5}))
	no, q := asked.Round.No, asked.Round.Question
	if !x.room.Wake().IsZero() {
		t.Error("its time runs before anybody can read it")
	}
	early := only[Answered](x, x.play(Give{Round: no, Player: "quick", Given: right(q), At: x.now}))
	if early.Answer.Points != 10 {
		t.Errorf("an answer before the receipt: %+v", early.Answer)
	}
	x.now = x.now.Add(3 * time.Second)
	x.play(Posted{Round: no})
	if round, _ := x.room.Round(no); !round.Closes.Equal(x.now.Add(10 * time.Second)) {
		t.Errorf("it closes at %s", round.Closes)
	}
	x.play(Posted{Round: no}) // a second receipt changes nothing
	if a := only[Answered](x, x.play(Give{Round: no, Player: "bob", Given: Given{Picks: []int{1}}, At: x.now})).Answer; a.Right || a.Points != 0 {
		t.Errorf("bob: %+v", a)
	}
	if a := only[Repeated](x, x.play(Give{Round: no, Player: "bob", Given: right(q), At: x.now})).Answer; a.Right {
		t.Error("the second answer counted")
	}
	end := x.now.Add(10 * time.Second)
	x.now = end
	if events := x.play(Tick{}); len(events) != 0 {
		t.Errorf("closed at the very end, before late arrivals: %+v", events)
	}
	if a := only[Answered](x, x.play(Give{Round: no, Player: "carol", Given: right(q), At: end})).Answer; !a.Right {
		t.Errorf("carol, at the last moment: %+v", a)
	}
	only[Late](x, x.play(Give{Round: no, Player: "dave", Given: right(q), At: end.Add(time.Nanosecond)}))
	if !x.room.Wake().Equal(end.Add(Settle)) {
		t.Errorf("wakes at %s", x.room.Wake())
	}
	x.now = x.room.Wake()
	closed := only[Closed](x, x.play(Tick{}))
	if len(closed.Round.Answers) != 3 || closed.Early {
		t.Errorf("closed: %+v", closed)
	}
	only[Late](x, x.play(Give{Round: no, Player: "erin", Given: right(q), At: end.Add(time.Nanosecond)}))
	if len(x.room.Rounds) != 0 || !x.room.Wake().IsZero() {
		t.Errorf("afterwards: %+v", x.room)
	}
}

func refused(x *table, events []Event, why Reason) {
	x.t.Helper()
	if r := only[Refused](x, events); r.Reason != why {
		x.t.Errorf("refused for %s, want %s", r.Reason, why)
	}
}

func TestRefusals(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 3), now: noon}
	refused(x, x.play(Ask{By: "a", Topic: "nothing"}), NoTopic)
	refused(x, x.play(Start{By: "a", Topic: "nothing"}), NoTopic)
	refused(x, x.play(Start{By: "a", Count: MaxCount + 1}), BadCount)
	refused(x, x.play(Start{By: "a", Count: -1}), BadCount)
	refused(x, x.play(Start{By: "a", Each: time.Second}), BadTime)
	refused(x, x.play(Start{By: "a", Each: MaxSeconds*time.Second + 1}), BadTime)
	for _, in := range []Input{Stop{By: "a"}, Skip{By: "a"}, Hint{By: "a"}} {
		refused(x, x.play(in), NothingOpen)
	}
	x.play(Ask{By: "a", Seed: 1})
	for _, in := range []Input{Ask{By: "b"}, Start{By: "b"}} {
		refused(x, x.play(in), Occupied)
	}
	for _, in := range []Input{Stop{By: "b"}, Skip{By: "b"}, Hint{By: "b"}} {
		refused(x, x.play(in), NotYours)
	}
	only[Closed](x, x.play(Stop{By: "b", Admin: true}))
	empty := &table{t: t, pool: testPool(t), now: noon}
	refused(empty, empty.play(Ask{}), NoQuestions)
	refused(empty, empty.play(Start{}), NoQuestions)
}

func TestGame(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 9), now: noon}
	only[Started](x, x.play(Start{By: "host", Topic: "pack0", Count: 3, Each: 7 * time.Second, Seed: 3}))
	refused(x, x.play(Skip{By: "host"}), BetweenTurns)
	seen := map[string]bool{}
	points := 0
	for n := 1; n <= 3; n++ {
		x.now = x.room.Wake()
		asked := only[Asked](x, x.play(Tick{}))
		if asked.Nth != n || asked.Of != 3 || asked.Round.Limit != 7*time.Second || seen[asked.Round.Question.ID] {
			t.Errorf("question %d: %+v", n, asked)
		}
		seen[asked.Round.Question.ID] = true
		x.play(Posted{Round: asked.Round.No})
		points += only[Answered](x, x.play(Give{Round: asked.Round.No, Player: "p", Name: "P", Given: right(asked.Round.Question), At: x.now})).Answer.Points
		x.play(Give{Round: asked.Round.No, Player: "o", Given: Given{Picks: []int{2}}, At: x.now})
		x.now = x.room.Wake()
		events := x.play(Tick{})
		if len(events) != 2 {
			t.Fatalf("events %+v", events)
		}
		if n < 3 {
			score := events[1].(Scored).Game.Score
			if score[0].Player != "p" || score[0].Points != points || score[1].Points != 0 {
				t.Errorf("table: %+v", score)
			}
			if !x.room.Wake().Equal(x.now.Add(Gap)) {
				t.Errorf("the next question comes at %s", x.room.Wake())
			}
		} else if e := events[1].(Ended); e.Stopped || e.Game.Score[0].Points != points || e.Game.Score[0].Right != 3 {
			t.Errorf("end: %+v", e)
		}
	}
	if x.room.Game != nil || !x.room.Wake().IsZero() {
		t.Errorf("afterwards: %+v", x.room)
	}
}

func TestStopInTheMidstOfAGame(t *testing.T) {
	for _, asked := range []bool{false, true} {
		x := &table{t: t, pool: testPool(t, 9), now: noon}
		x.play(Start{By: "host", Seed: 3})
		if asked {
			x.now = x.room.Wake()
			x.play(Tick{})
		}
		events := x.play(Stop{By: "host"})
		if end, ok := events[len(events)-1].(Ended); !ok || !end.Stopped || x.room.Game != nil {
			t.Errorf("with a question open %v: %+v", asked, events)
		}
	}
}

// A question of hours holds nobody up.
func TestLongQuestionsBlockNobody(t *testing.T) {
	pool, err := NewPool([]Pack{{ID: "slow", Questions: []Question{{ID: "q", Kind: Text, Ask: "?", Accept: []string{"word"}, Seconds: 86400}}}})
	if err != nil {
		t.Fatal(err)
	}
	x := &table{t: t, pool: pool, now: noon}
	for i := range MaxLong {
		if i > 0 && i%MaxLongEach == 0 {
			refused(x, x.play(Ask{By: string(rune('a' + i/MaxLongEach - 1))}), TooManyLong)
		}
		only[Asked](x, x.play(Ask{By: string(rune('a' + i/MaxLongEach)), Seed: 1}))
	}
	before := x.room
	refused(x, x.play(Ask{By: "z"}), TooManyLong)
	if x.room.Last != before.Last || x.room.Drawn["slow"] != before.Drawn["slow"] {
		t.Error("a question that was refused counts as asked")
	}
	if _, ok := x.room.Open(); ok {
		t.Error("a long question holds the room")
	}
	x.play(Posted{Round: 1})
	x.now = noon.Add(24 * time.Hour)
	only[Answered](x, x.play(Give{Round: 1, Player: "p", Given: Given{Text: "word"}, At: x.now}))
	x.now = x.now.Add(Settle)
	only[Closed](x, x.play(Tick{}))
	// Who asked can end theirs, the newest first or the one that is meant; an admin any.
	refused(x, x.play(Stop{By: "z"}), NotYours)
	if c := only[Closed](x, x.play(Stop{By: "a"})); c.Round.No != MaxLongEach {
		t.Errorf("round %d was ended", c.Round.No)
	}
	if c := only[Closed](x, x.play(Stop{By: "a", Round: 2})); c.Round.No != 2 {
		t.Errorf("round %d was ended", c.Round.No)
	}
	refused(x, x.play(Stop{By: "z", Round: 4}), NotYours)
	if c := only[Closed](x, x.play(Skip{By: "z", Admin: true})); c.Round.No != MaxLong {
		t.Errorf("round %d was ended", c.Round.No)
	}
}

// When every pack is used up, all start anew together: the mixture stays one.
func TestMixtureAfterACycle(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 8, 8, 8), now: noon}
	var order []string
	for range 2 * 24 {
		order = append(order, only[Asked](x, x.play(Ask{By: "a", Seed: 5})).Round.Pack)
		x.play(Stop{By: "a"})
	}
	for cycle := range 2 {
		changes, count := 0, map[string]int{}
		for i, pack := range order[24*cycle : 24*cycle+24] {
			count[pack]++
			if i > 0 && pack != order[24*cycle+i-1] {
				changes++
			}
		}
		if changes < 8 || count["pack0"] != 8 || count["pack1"] != 8 {
			t.Errorf("cycle %d: %v", cycle, order[24*cycle:24*cycle+24])
		}
	}
}

// A room doesn't see a question again until the topic is used up, whatever its
// seed, and never twice in a row.
func TestNoRepeatsUntilUsedUp(t *testing.T) {
	for seed := range uint64(40) {
		n := int(seed%13) + 2
		x := &table{t: t, pool: testPool(t, n), now: noon}
		last := ""
		for cycle := range 4 {
			seen := map[string]bool{}
			for range n {
				asked := only[Asked](x, x.play(Ask{By: "a", Topic: "pack0", Seed: seed + 1}))
				id := asked.Round.Question.ID
				if seen[id] || id == last {
					t.Fatalf("seed %d, cycle %d of %d questions: %s again", seed, cycle, n, id)
				}
				seen[id], last = true, id
				x.play(Stop{By: "a"})
				x.reload()
			}
		}
	}
}

// reload takes the room through its stored form, as a restart does.
func (x *table) reload() {
	x.t.Helper()
	raw, err := json.Marshal(x.room)
	if err != nil {
		x.t.Fatal(err)
	}
	answers, clocks := map[int][]Answer{}, map[int][]Clock{}
	for _, r := range x.room.Rounds {
		answers[r.No] = r.Answers
		for _, c := range r.Clocks { // in whole milliseconds
			c.From, c.Until = time.UnixMilli(c.From.UnixMilli()).UTC(), time.UnixMilli(c.Until.UnixMilli()).UTC()
			clocks[r.No] = append(clocks[r.No], c)
		}
	}
	var names []Score
	if x.room.Game != nil {
		names = x.room.Game.Score
	}
	past := x.room.Past // kept beside the room
	var room Room
	if err := json.Unmarshal(raw, &room); err != nil {
		x.t.Fatal(err)
	}
	for i := range room.Rounds {
		room.Rounds[i].Answers = answers[room.Rounds[i].No]
		room.Rounds[i].Clocks = clocks[room.Rounds[i].No]
	}
	for i := range names {
		room.Game.Score[i].Name = names[i].Name
	}
	room.Past = past
	x.room = room
}

// A question may be known to stand there only some time after it did. Its time has run
// since then, but neither before it was drawn nor from a moment that is to come.
func TestOpenSince(t *testing.T) {
	drawn, known := noon, noon.Add(4*time.Second)
	for name, c := range map[string]struct{ at, opened time.Time }{
		"not said":            {opened: known},
		"before it was known": {at: noon.Add(time.Second), opened: noon.Add(time.Second)},
		"before it was drawn": {at: noon.Add(-time.Second), opened: drawn},
		"to come":             {at: known.Add(time.Second), opened: known},
		"as it was known":     {at: known, opened: known},
	} {
		t.Run(name, func(t *testing.T) {
			x := &table{t: t, pool: testPool(t, 1), now: drawn}
			no := only[Asked](x, x.play(Ask{By: "alice", Topic: "pack0", Seed: 5})).Round.No
			x.now = known
			x.play(Posted{Round: no, At: c.at})
			round, _ := x.room.Round(no)
			if !round.Opened.Equal(c.opened) || !round.Closes.Equal(c.opened.Add(10*time.Second)) {
				t.Errorf("open from %s to %s, want from %s", round.Opened, round.Closes, c.opened)
			}
		})
	}
}

func TestOrderIsNeverShownSolved(t *testing.T) {
	for seed := range uint64(200) {
		x := &table{t: t, pool: testPool(t, 4), now: noon}
		for range 4 {
			asked := only[Asked](x, x.play(Ask{By: "a", Topic: "pack0", Seed: seed + 1}))
			if asked.Round.Question.Kind == Order && slices.IsSorted(asked.Round.Shown) {
				t.Fatalf("seed %d shows the steps in their order", seed)
			}
			x.play(Stop{By: "a"})
		}
	}
}

// random is any input that a room may meet.
func random(r *rand.Rand, room Room, now time.Time) Input {
	player := string(rune('a' + r.IntN(6)))
	no := max(room.Last-r.IntN(3), 0)
	topic := []string{"", "pack0", "pack1", "unknown"}[r.IntN(4)]
	switch r.IntN(12) {
	case 0, 1:
		open := []time.Duration{0, 0, 0, time.Minute, time.Hour}[r.IntN(5)]
		ask := Ask{By: player, Topic: topic, Seed: r.Uint64(), Open: open, Plain: r.IntN(4) == 0}
		if open == time.Hour && r.IntN(2) == 0 {
			ask.By, ask.Daily = "", true
		}
		return ask
	case 2:
		if r.IntN(3) == 0 {
			picks := make([]Pick, r.IntN(4))
			for i := range picks {
				picks[i] = Pick{Pack: []string{"pack0", "pack1", "gone"}[r.IntN(3)], Question: fmt.Sprintf("q%d", r.IntN(6))}
			}
			return Review{By: player, Picks: picks, Gap: time.Duration(r.IntN(2)) * time.Second, Seed: r.Uint64()}
		}
		return Start{By: player, Topic: topic, Count: r.IntN(6), Each: time.Duration(r.IntN(20)) * time.Second, Speed: Speeds()[r.IntN(3)], Variant: append(Variants(), Plain)[r.IntN(3)], Seed: r.Uint64()}
	case 3:
		return []Input{
			Stop{By: player, Admin: r.IntN(3) == 0}, Skip{By: player}, Hint{By: player, Admin: true}, Skip{By: player, Admin: true, All: true},
			Pause{By: player, Admin: r.IntN(3) == 0}, Resume{By: player, Admin: r.IntN(2) == 0}, Resume{Admin: true},
		}[r.IntN(7)]
	case 4, 5:
		return []Input{Posted{Round: no}, Posted{Round: no, At: now.Add(time.Duration(2-r.IntN(40)) * time.Second)}}[r.IntN(2)]
	case 6:
		if r.IntN(8) == 0 {
			return Lost{Round: no, Mute: r.IntN(2) == 0}
		}
		return Tick{}
	case 7:
		other := string(rune('a' + r.IntN(6)))
		return []Input{
			Tick{}, Reveal{Round: no, Player: player}, Tick{}, Reveal{Round: no, Player: player},
			Dare{Start: Start{By: player, Topic: topic, Count: r.IntN(4), Variant: []Variant{Plain, SuddenDeath}[r.IntN(2)], Seed: r.Uint64()}, Player: other, Name: other},
			AnswerDare{No: max(room.Challenged-r.IntN(3), 0), By: player, Name: player, Accept: r.IntN(3) > 0, At: now},
			dared(r, room, now), dared(r, room, now), dared(r, room, now), dared(r, room, now), dared(r, room, now),
		}[r.IntN(11)]
	default:
		given := Given{Picks: []int{r.IntN(3)}}
		if round, ok := room.Round(no); ok && r.IntN(2) == 0 {
			given = right(round.Question)
		}
		return Give{Round: no, Player: player, Name: player, Given: given, At: now.Add(-time.Duration(r.IntN(3)) * time.Second)}
	}
}

// dared is what whoever was challenged says, where somebody was.
func dared(r *rand.Rand, room Room, now time.Time) Input {
	if len(room.Challenges) == 0 {
		return Tick{}
	}
	c := room.Challenges[r.IntN(len(room.Challenges))]
	return AnswerDare{No: c.No, By: c.Player, Name: c.Player, Accept: true, At: now}
}

// TestRandomPlay holds what is true of every game, whatever is thrown at it.
func TestRandomPlay(t *testing.T) {
	late := 0
	duels := 0
	for seed := range uint64(seeds) {
		l, d := checkPlay(t, seed, 300)
		late, duels = late+l, duels+d
	}
	if duels < seeds/10 {
		t.Errorf("only %d answers in duels", duels)
	}
	if late < seeds*2/5 {
		t.Errorf("only %d answers came late and counted", late)
	}
}

// answersOf says who answered what in a room's open and past rounds, and what is
// still to be told.
func answersOf(r Room) string {
	var b strings.Builder
	write := func(r Round) {
		fmt.Fprint(&b, r.No, ":")
		for _, a := range r.Answers {
			b.WriteString(a.Player + " " + a.At.Format("05.000") + strconv.Itoa(a.Points) + a.Given.Text + ",")
		}
	}
	for _, r := range r.Rounds {
		write(r)
	}
	for _, p := range r.Past {
		write(p.Round)
	}
	return b.String()
}

// checkPlay returns how many answers counted that came late, and how many in duels.
func checkPlay(t *testing.T, seed uint64, steps int) (late, duels int) {
	r := rand.New(rand.NewPCG(seed, 1))
	x := &table{t: t, pool: testPool(t, 5, 9), now: noon}
	answered := map[int]map[string]int{} // points by round and player
	closed := map[int]bool{}
	played, ended := 0, 0
	inGame := map[string]int{}         // points of the newest game
	gameOf := map[int]map[string]int{} // by round
	ends, overs := map[int]time.Time{}, map[int]time.Time{}
	paused := false
	for i := range steps {
		before, _ := json.Marshal(x.room)
		beforeAnswers := answersOf(x.room)
		in := random(r, x.room, x.now)
		old := x.room
		room, events, err := Step(old, in, x.now, x.pool)
		again, eventsAgain, _ := Step(old, in, x.now, x.pool)
		after, _ := json.Marshal(old)
		switch {
		case err != nil:
			t.Fatalf("seed %d, step %d: %v", seed, i, err)
		case string(before) != string(after) || answersOf(old) != beforeAnswers:
			t.Fatalf("seed %d, step %d: %T changed the room that it was given", seed, i, in)
		case !reflect.DeepEqual(room, again) || !reflect.DeepEqual(events, eventsAgain):
			t.Fatalf("seed %d, step %d: %T played twice gives two outcomes", seed, i, in)
		}
		x.room = room
		if i%7 == 0 {
			x.reload()
		}
		for _, e := range events {
			switch e := e.(type) {
			case Asked:
				played++
				if e.Round.No != x.room.Last {
					t.Fatalf("seed %d: round %d is not the newest", seed, e.Round.No)
				}
				if e.Round.Review && e.Nth == 1 {
					inGame, paused = map[string]int{}, false // nobody says that it begins
				}
				if e.Nth > 0 && !e.Round.Review {
					gameOf[e.Round.No] = inGame
				}
				if e.Nth > 0 && paused {
					t.Fatalf("seed %d: a paused game asks", seed)
				}
			case Paused:
				paused = true
			case Resumed:
				paused = false
			case Started:
				inGame, paused = map[string]int{}, false
			case Late:
				give, gave := in.(Give)
				if !gave {
					continue // of a reveal
				}
				_, answered := answered[e.Round][give.Player]
				if end, ok := ends[e.Round]; ok && !give.At.After(end) && x.now.Sub(overs[e.Round]) <= Kept && !answered {
					if _, kept := x.room.PastRound(e.Round); kept { // only so many are
						t.Fatalf("seed %d: %+v was given before %s and doesn't count", seed, give, end)
					}
				}
			case Amended:
				if e.Round.InGame && !e.Round.Review && gameOf[e.Round.No] == nil || len(e.Round.Answers) != len(answered[e.Round.No]) {
					t.Fatalf("seed %d: round %d is told again with %d of %d answers", seed, e.Round.No, len(e.Round.Answers), len(answered[e.Round.No]))
				}
			case Answered:
				no, who := e.Round.No, e.Answer.Player
				if answered[no] == nil {
					answered[no] = map[string]int{}
				}
				if _, twice := answered[no][who]; twice || closed[no] != e.Late {
					t.Fatalf("seed %d: %s answers round %d again, or late %v", seed, who, no, e.Late)
				}
				if e.Late {
					late++
					if e.Answer.At.After(ends[no]) || x.now.Sub(overs[no]) > Kept {
						t.Fatalf("seed %d: %s answers round %d after its end", seed, who, no)
					}
					if game := gameOf[no]; game != nil {
						game[who] += e.Answer.Points
					}
				}
				answered[no][who] = e.Answer.Points
				if g := x.room.gameOf(no); g != nil && g.Duel {
					duels++
					if len(g.Score) != 2 || !slices.ContainsFunc(g.Score, func(s Score) bool { return s.Player == who }) {
						t.Fatalf("seed %d: %s answers in the duel of %+v", seed, who, g.Score)
					}
				}
				if e.Answer.Right != Grade(e.Round.Question, e.Answer.Given) || e.Answer.Right != (e.Answer.Points > 0) {
					t.Fatalf("seed %d: graded %+v", seed, e.Answer)
				}
			case Closed:
				no := e.Round.No
				if closed[no] || len(e.Round.Answers) != len(answered[no]) {
					t.Fatalf("seed %d: round %d closed twice, or with %d of %d answers", seed, no, len(e.Round.Answers), len(answered[no]))
				}
				closed[no], ends[no], overs[no] = true, e.Round.Closes, x.now
				if ends[no].IsZero() || e.Early && x.now.Before(ends[no]) {
					ends[no] = x.now
				}
				if e.Round.InGame {
					for _, a := range e.Round.Answers {
						inGame[a.Player] += a.Points
					}
				}
			case Scored:
				checkScore(t, seed, e.Game, inGame)
			case Ended:
				ended++
				checkScore(t, seed, e.Game, inGame)
			}
		}
		if _, tick := in.(Tick); tick {
			if wake := x.room.Wake(); !wake.IsZero() && !wake.After(x.now) {
				t.Fatalf("seed %d: after a tick at %s the room still waits for %s", seed, x.now, wake)
			}
		}
		if x.room.Game != nil && x.room.Wake().IsZero() && !slices.ContainsFunc(x.room.Rounds, func(r Round) bool { return r.InGame }) {
			t.Fatalf("seed %d: a game waits for nothing", seed)
		}
		if open := len(x.room.Rounds); open > MaxLong+1 || len(x.room.Past) > MaxPast || len(x.room.Ended) > maxEnded {
			t.Fatalf("seed %d: %d rounds are open, %d kept", seed, open, len(x.room.Past))
		}
		for _, g := range x.room.Ended {
			first := g.First
			for slices.Contains(g.Game.Others, first) {
				first++
			}
			checkScore(t, seed, g.Game, gameOf[first])
		}
		if r.IntN(3) == 0 {
			x.now = x.now.Add(time.Duration(r.IntN(5000)) * time.Millisecond)
		}
	}
	if steps >= 300 && played == 0 {
		t.Errorf("seed %d: nothing was asked", seed)
	}
	return late, duels
}

func checkScore(t *testing.T, seed uint64, game Game, want map[string]int) {
	t.Helper()
	score := game.Score
	for _, s := range score {
		if s.Points != want[s.Player] {
			t.Fatalf("seed %d: the table gives %s %d points, the answers %d", seed, s.Player, s.Points, want[s.Player])
		}
	}
	by := func(s Score) int { return s.Points }
	if game.Variant == Accuracy {
		by = game.Known
	}
	if !slices.IsSorted(game.Ranks()) || game.Fates() == nil && !slices.IsSortedFunc(score, func(a, b Score) int { return by(b) - by(a) }) {
		t.Fatalf("seed %d: the table is not in order: %+v", seed, score)
	}
}

func BenchmarkStepGive(b *testing.B) {
	pool := testPool(b, 4)
	room, events, err := Step(Room{}, Ask{By: "a", Seed: 9}, noon, pool)
	if err != nil {
		b.Fatal(err)
	}
	round := events[0].(Asked).Round
	in := Give{Round: round.No, Player: "p", Given: right(round.Question), At: noon}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Step(room, in, noon, pool); err != nil {
			b.Fatal(err)
		}
	}
}
