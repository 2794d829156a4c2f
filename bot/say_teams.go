package bot

import (
	"fmt"
	"strings"

	"quizbot/quiz"
)

// What the bot says about games of teams.

// teamName is what the i-th team is called, from 0 on: by a word, for not everybody sees
// colours, and in the order of the alphabet.
func teamName(i int) string {
	return "Team " + []string{"Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Maple", "Oak"}[i%quiz.MaxTeams]
}

// maxListed is how many players of a team are listed by name.
const maxListed = 12

func sayTeamsStarted(e quiz.Started, tag string) Card {
	card := sayStarted(e)
	card.Title = fmt.Sprintf("A game of %d teams: %s about %s", len(e.Game.Teams), plural(e.Game.Count, "question"), aboutOf(e))
	card.Body = append(card.Body, "Press Join to be put into a team; they are made as even as they can be. Who comes later joins with their first answer. A team has what its players score on average.")
	card.Choices = []Choice{{ID: joinPress{first: e.Game.First, tag: tag}.String(), Text: "Join"}}
	card.Footer = "The first question comes in " + span(quiz.JoinTime) + "; skip begins at once."
	return card
}

func aboutOf(e quiz.Started) string {
	if e.Title != "" {
		return e.Title
	}
	return "every topic"
}

// sayTeamsMade takes the place of the message with the button.
func sayTeamsMade(e quiz.TeamsMade, n *naming) Card {
	card := Card{Title: "The teams", Footer: "Who comes later joins with their first answer."}
	for i, t := range e.Game.Teams {
		var names []string
		hidden := 0
		for _, s := range e.Game.Score {
			switch {
			case s.Team != i+1:
			case n.hides(s.Player) || len(names) == maxListed:
				hidden++
			default:
				names = append(names, n.call(s.Name, s.Player))
			}
		}
		if hidden > 0 {
			names = append(names, fmt.Sprintf("%d more", hidden))
		}
		line := "nobody yet"
		if len(names) > 0 {
			line = strings.Join(names, ", ")
		}
		card.Table = append(card.Table, t.Name+": "+line)
	}
	return card
}

func sayJoined(e quiz.JoinedIn) Card {
	if e.Again {
		return Card{Title: "You are in already", Body: []string{"The teams are made when the first question comes."}}
	}
	return Card{Title: "You are in", Body: []string{"The teams are made when the first question comes."}}
}

func sayNoJoin() Card {
	return Card{Title: "The game has begun, or is over", Body: []string{"While it is on, just answer: that puts you into a team."}}
}

func sayForTeam(t quiz.Team) string { return "You play for " + t.Name + "." }

// teamLines are the table of the teams, above that of the players.
func teamLines(g quiz.Game) []string {
	var out []string
	for _, t := range g.TeamTable() {
		out = append(out, boardLine(t.Rank, g.Teams[t.Team].Name, t.Points)+", "+plural(t.Players, "player"))
	}
	return append(out, "")
}

// teamPodium says which team has won, and who was best in it.
func teamPodium(g quiz.Game, n *naming) []string {
	table := g.TeamTable()
	if table[0].Points == 0 {
		return []string{"Nobody scored this time."}
	}
	var names []string
	for _, t := range table {
		if t.Rank == 1 {
			names = append(names, g.Teams[t.Team].Name)
		}
	}
	out := []string{names[0] + " wins with " + plural(table[0].Points, "point") + "."}
	if len(names) > 1 {
		out[0] = allOf(names) + " share the win with " + plural(table[0].Points, "point") + "."
	}
	for _, t := range table[:len(names)] {
		if best := bestOf(g, t.Team, n); best != "" {
			out = append(out, "Best of "+g.Teams[t.Team].Name+": "+best+".")
		}
	}
	return []string{strings.Join(out, "\n")}
}

// bestOf names up to three players of a team who brought it the most.
func bestOf(g quiz.Game, team int, n *naming) string {
	var names []string
	for _, s := range g.Score {
		if s.Team == team+1 && s.Points > 0 && !n.hides(s.Player) && len(names) < 3 {
			names = append(names, fmt.Sprintf("%s (%d)", n.call(s.Name, s.Player), s.Points))
		}
	}
	return allOf(names)
}
