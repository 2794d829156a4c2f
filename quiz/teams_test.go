package quiz

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// Whatever happens in a game of teams, each player has one team and keeps it, teams that are
// made are even in number and about as strong, late ones are put where players are lacking,
// a restart changes nothing, and the table is the sum of the answers.
func TestTeams(t *testing.T) {
	late := 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 4))
		x := &table{t: t, pool: testPool(t, 30), now: noon}
		n := MinTeams + r.IntN(MaxTeams-MinTeams+1)
		var teams []Team
		for i := range n {
			teams = append(teams, Team{Name: fmt.Sprint("team ", i)})
		}
		count := 1 + r.IntN(4)
		first := only[Started](x, x.play(Start{By: "host", Count: count, Teams: teams, Seed: seed + 1})).Game.First
		for i := range r.IntN(20) {
			only[JoinedIn](x, x.play(Join{First: first, By: fmt.Sprint("p", i), Strength: r.IntN(1000)}))
		}
		want, team := map[string]int{}, map[string]int{}
		check := func(g Game) {
			t.Helper()
			players := make([]int, n)
			for _, s := range g.Score {
				if s.Team < 1 || s.Team > n || team[s.Player] != 0 && team[s.Player] != s.Team || s.Points != want[s.Player] {
					t.Fatalf("seed %d: %+v, was in %d and has answered for %d", seed, s, team[s.Player], want[s.Player])
				}
				team[s.Player] = s.Team
				players[s.Team-1]++
			}
			for i := range n {
				if players[i] > players[g.lacking()-1]+1 {
					t.Fatalf("seed %d: teams of %v", seed, players)
				}
			}
		}
		for x.room.Game != nil {
			x.now = x.room.Wake()
			if r.IntN(2) == 0 {
				x.reload()
			}
			before, _ := json.Marshal(x.room)
			again, _, _ := Step(x.room, Tick{}, x.now, x.pool)
			events := x.play(Tick{})
			if a, b := fmt.Sprintf("%+v", again.Game), fmt.Sprintf("%+v", x.room.Game); again.Game != nil && x.room.Game != nil && fmt.Sprintf("%+v", *again.Game) != fmt.Sprintf("%+v", *x.room.Game) {
				t.Fatalf("seed %d: from %s come %s and %s", seed, before, a, b)
			}
			for _, e := range events {
				switch e := e.(type) {
				case TeamsMade:
					check(e.Game)
				case Asked:
					x.play(Posted{Round: e.Round.No})
					round, _ := x.room.Round(e.Round.No)
					for range r.IntN(12) {
						in := Give{Round: round.No, Player: fmt.Sprint("p", r.IntN(25)), Given: Given{Picks: []int{2}}, At: x.now.Add(time.Duration(r.IntN(4)) * time.Second), Strength: r.IntN(1000)}
						if r.IntN(2) == 0 {
							in.Given = right(round.Question)
						}
						for _, e := range x.play(in) {
							if a, ok := e.(Answered); ok {
								want[in.Player] += a.Answer.Points
							}
						}
					}
				case Closed:
					for i := range r.IntN(3) { // given in time, and late
						in := Give{Round: e.Round.No, Player: fmt.Sprint("late", i), Given: right(e.Round.Question), At: e.Round.Opened}
						for _, e := range x.play(in) {
							if a, ok := e.(Answered); ok && a.Late {
								want[in.Player] += a.Answer.Points
								late++
							}
						}
					}
				}
			}
			if g := x.room.Game; g != nil && g.Done > 0 && len(x.room.Rounds) == 0 {
				check(*g)
			}
		}
		if len(x.room.Ended) > 0 {
			check(x.room.Ended[len(x.room.Ended)-1].Game)
		}
	}
	if late == 0 {
		t.Error("no answer came late")
	}
}

// Teams are made by strength, not in the order in which players joined.
func TestTeamsAreEven(t *testing.T) {
	x := &table{t: t, pool: testPool(t, 9), now: noon}
	refused(x, x.play(Start{By: "host", Teams: []Team{{Name: "alone"}}}), BadTeams)
	refused(x, x.play(Start{By: "host", Teams: []Team{{Name: "a"}, {Name: "b"}}, Variant: Elimination}), TeamVariant)
	first := only[Started](x, x.play(Start{By: "host", Teams: []Team{{Name: "a"}, {Name: "b"}}, Seed: 1})).Game.First
	for i, strength := range []int{900, 800, 200, 100} {
		x.play(Join{First: first, By: fmt.Sprint("p", i), Strength: strength})
	}
	refused(x, x.play(Join{First: first + 1, By: "p9"}), NoJoin)
	x.now = x.room.Wake()
	if !x.now.Equal(noon.Add(JoinTime)) {
		t.Errorf("it begins at %s", x.now)
	}
	sum := map[int]int{}
	for _, s := range x.play(Tick{})[0].(TeamsMade).Game.Score {
		sum[s.Team] += s.Strength
	}
	if sum[1] != 1000 || sum[2] != 1000 {
		t.Errorf("teams of %v", sum)
	}
	refused(x, x.play(Join{First: first, By: "p9"}), NoJoin)
}

// A team has what its players bring on average, and a late one counts from when they came.
func TestTeamTable(t *testing.T) {
	g := Game{Teams: make([]Team, 3), Closed: 4, Score: []Score{
		{Team: 1, Since: 1, Points: 40}, {Team: 1, Since: 3, Points: 20}, // 60 in 6 questions
		{Team: 2, Since: 1, Points: 40}, {Team: 2, Since: 1, Points: 20}, // 60 in 8
		{Points: 99}, // in none
	}}
	want := []TeamScore{{0, 1, 40, 2}, {1, 2, 30, 2}, {2, 3, 0, 0}}
	if got := g.TeamTable(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v", got)
	}
}
