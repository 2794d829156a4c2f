package quiz

import (
	"cmp"
	"slices"
	"time"
)

// A game of teams is a game like any other, whose players are put into teams besides. What
// they score is theirs, and a team has what its players bring on average: docs/games.md.

// JoinTime is how long players can join a game of teams before its first question. Who
// comes later joins with their first answer.
const JoinTime = 20 * time.Second

// How many teams a game has: at least, at most, and where nobody says it.
const (
	MinTeams     = 2
	MaxTeams     = 8
	DefaultTeams = 2
)

// Team is one of a game's teams.
type Team struct {
	Name string `json:"name"`
}

// Join puts a player into a game of teams before its first question.
type Join struct {
	First    int // Game.First of the one that is meant
	By, Name string
	Strength int
}

// JoinedIn: a player will be in one of the teams. Again: that was so before.
type JoinedIn struct{ Again bool }

// TeamsMade: the players of a game were put into its teams, and its first question follows.
type TeamsMade struct{ Game Game }

func (Join) input()      {}
func (JoinedIn) event()  {}
func (TeamsMade) event() {}

// Joining reports that players can still join the game's teams before its first question.
func (g Game) Joining() bool { return len(g.Teams) > 0 && g.Done == 0 }

// Has reports that a round is or was one of the game's.
func (g Game) Has(round int) bool { return g.has(round) }

// TeamOf is the team of a player, by its place in Teams; ok is false for who has none.
func (g Game) TeamOf(player string) (team int, ok bool) {
	for _, s := range g.Score {
		if s.Player == player && s.Team > 0 && s.Team <= len(g.Teams) {
			return s.Team - 1, true
		}
	}
	return 0, false
}

// TeamScore is how one of a game's teams stands.
type TeamScore struct {
	Team    int // its place in Game.Teams
	Rank    int // equal points share one
	Points  int
	Players int
}

// TeamTable says how the teams stand, best first. A team has what its players bring on
// average in a question, times the questions: so neither many players nor few are an
// advantage, and who comes late counts from the first question that they were there for.
func (g Game) TeamTable() []TeamScore {
	out, there := make([]TeamScore, len(g.Teams)), make([]int, len(g.Teams))
	for i := range out {
		out[i].Team = i
	}
	for _, s := range g.Score {
		if s.Team < 1 || s.Team > len(out) {
			continue
		}
		t := &out[s.Team-1]
		t.Players++
		t.Points += s.Points
		there[s.Team-1] += max(g.Closed-max(s.Since, 1)+1, 0)
	}
	for i := range out {
		if w := there[i]; w > 0 {
			out[i].Points = (2*g.Closed*out[i].Points + w) / (2 * w) // rounded
		} else {
			out[i].Points = 0
		}
	}
	slices.SortStableFunc(out, func(a, b TeamScore) int { return cmp.Compare(b.Points, a.Points) })
	for i := range out {
		out[i].Rank = i + 1
		if i > 0 && out[i].Points == out[i-1].Points {
			out[i].Rank = out[i-1].Rank
		}
	}
	return out
}

func (s *step) join(in Join) {
	g := s.room.Game
	switch {
	case g == nil || !g.Joining() || g.First != in.First:
		s.refuse(NoJoin)
	case slices.ContainsFunc(g.Score, func(x Score) bool { return x.Player == in.By }):
		s.say(JoinedIn{Again: true})
	default:
		g.Score = append(g.Score, Score{Player: in.By, Name: in.Name, Strength: in.Strength, Since: 1})
		s.say(JoinedIn{})
	}
}

// makeTeams puts whoever has joined into teams: the strongest first, each into the team
// that is weakest among those with the fewest players. Equals go in the order in which
// they joined.
func (s *step) makeTeams() {
	g := s.room.Game
	order := indexes(g.Score)
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(g.Score[j].Strength, g.Score[i].Strength) })
	for _, i := range order {
		if g.Score[i].Team == 0 {
			g.Score[i].Team = g.lacking()
		}
	}
	s.say(TeamsMade{Game: *g})
}

// lacking is the team, from 1 on, for the next player: the weakest of those with the fewest.
func (g Game) lacking() int {
	players, strength := make([]int, len(g.Teams)), make([]int, len(g.Teams))
	for _, s := range g.Score {
		if s.Team > 0 && s.Team <= len(g.Teams) {
			players[s.Team-1]++
			strength[s.Team-1] += s.Strength
		}
	}
	best := 0
	for i := range players {
		if cmp.Or(cmp.Compare(players[i], players[best]), cmp.Compare(strength[i], strength[best])) < 0 {
			best = i
		}
	}
	return best + 1
}

// enter puts whoever answers a question of a game of teams into one, where they are in none
// yet. It stays so, whatever comes later. joined says that something of that has changed.
func (s *step) enter(in Give) (joined bool) {
	g := s.room.Game
	if g == nil || !g.has(in.Round) {
		i := s.room.endedWith(in.Round)
		if i < 0 {
			return false
		}
		s.room.Ended = slices.Clone(s.room.Ended)
		s.room.Ended[i].Game.Score = slices.Clone(s.room.Ended[i].Game.Score)
		g = &s.room.Ended[i].Game
	}
	if len(g.Teams) == 0 {
		return false
	}
	nth := g.nth(in.Round)
	i := slices.IndexFunc(g.Score, func(x Score) bool { return x.Player == in.Player })
	if i >= 0 {
		earlier := nth < g.Score[i].Since
		if earlier { // an answer that comes late
			g.Score[i].Since = nth
		}
		return earlier
	}
	g.Score = append(g.Score, Score{Player: in.Player, Name: in.Name, Strength: in.Strength, Team: g.lacking(), Since: nth})
	return true
}
