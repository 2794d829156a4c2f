package bot

import (
	"fmt"
	"strings"

	"quizbot/quiz"
)

// What the bot says about the course of a game.

func howToResume() string {
	return "Say resume to go on, or stop to end it (who started it, or an admin). It waits for " + span(quiz.MaxPause) + "."
}

func sayPaused(e quiz.Paused) Card {
	if e.Open {
		return Card{Title: "The game will pause", Body: []string{"This question is played to its end. " + howToResume()}}
	}
	return Card{Title: "The game is paused", Body: []string{fmt.Sprintf("%d of %s were asked. ", e.Game.Done, plural(e.Game.Count, "question")) + howToResume()}}
}

func sayResumed(e quiz.Resumed) Card {
	if e.Open {
		return Card{Title: "The game goes on", Body: []string{"The next question comes after this one."}}
	}
	return Card{Title: "The game goes on", Footer: "The next question comes in " + span(quiz.FirstGap) + "."}
}

func sayStarted(e quiz.Started) Card {
	about := "every topic"
	if e.Title != "" {
		about = e.Title
	}
	each := "Each question stays open long enough to read it."
	if e.Game.Each > 0 {
		each = "Each question stays open " + span(e.Game.Each) + "."
	}
	card := Card{
		Title:  fmt.Sprintf("A game of %s about %s", plural(e.Game.Count, "question"), about),
		Body:   []string{each + " Everyone can answer, and every right answer scores; your first answer counts. " + rewards(e.Game)},
		Footer: "The first question comes in " + span(quiz.FirstGap) + ".",
	}
	switch e.Game.Variant {
	case quiz.Elimination:
		card.Body = append(card.Body, "Elimination: who answers wrong, or not at all, is out, unless nobody still in is right. The last ones in win; who is out still scores.")
	case quiz.SuddenDeath:
		card.Body = append(card.Body, "Sudden death: who shares the lead after the last question plays on until one of them is right and the others are not.")
	}
	return card
}

func sayScored(e quiz.Scored, n *naming) Card {
	g := e.Game
	card := Card{
		Title:  fmt.Sprintf("After %d of %d", g.Done, g.Count),
		Table:  scoreLines(g, n),
		Footer: "The next question comes in " + span(quiz.Gap) + ".",
	}
	if g.Done > g.Count {
		card.Title = fmt.Sprintf("After question %d of the sudden death", g.Done-g.Count)
	}
	if !g.Paused.IsZero() {
		card.Footer = "The game is paused. " + howToResume()
	}
	switch left := g.Left(); {
	case g.Variant == quiz.Elimination && len(g.Score) > 0:
		card.Body = []string{fmt.Sprintf("%d of %s still in.", left, plural(len(g.Score), "player"))}
	case g.Variant == quiz.SuddenDeath && left > 0:
		card.Body = []string{fmt.Sprintf("%s share the lead: sudden death, until one of them is right and the others are not.", plural(left, "player"))}
	}
	return card
}

func sayEnded(e quiz.Ended, n *naming) Card {
	card := Card{Title: "The game is over", Table: scoreLines(e.Game, n)}
	switch {
	case e.Idle:
		card.Title = "The game was paused for " + span(quiz.MaxPause) + ", so it is over"
	case e.Stopped:
		card.Title = "The game was stopped"
	}
	card.Body = podium(e.Game, n)
	return card
}

// podium says who won, and who came next: places one to three, as far as somebody
// scored for them. Who stands equal shares a place.
func podium(g quiz.Game, n *naming) []string {
	if len(g.Score) == 0 || g.Score[0].Points == 0 {
		return []string{"Nobody scored this time."}
	}
	var out []string
	ranks := g.Ranks()
	for at := 0; at < len(ranks) && at < 3 && g.Score[at].Points > 0; {
		next, same := at, true
		var names []string
		for ; next < len(ranks) && ranks[next] == ranks[at]; next++ {
			same = same && g.Score[next].Points == g.Score[at].Points
			names = append(names, n.call(g.Score[next].Name, g.Score[next].Player))
		}
		who, with := allOf(names), "."
		if same { // the table says it otherwise
			with = " with " + plural(g.Score[at].Points, "point") + "."
		}
		switch {
		case at > 0:
			out = append(out, []string{"", "Second: ", "Third: "}[at]+who+with)
		case len(names) == 1:
			out = append(out, who+" wins"+with)
		default:
			out = append(out, who+" share the win"+with)
		}
		at = next
	}
	return []string{strings.Join(out, "\n")}
}

// maxNamed is how many names one place of a podium lists.
const maxNamed = 5

// allOf lists names: "a, b and c", and the first few of many.
func allOf(names []string) string {
	if n := len(names); n > maxNamed {
		return strings.Join(names[:maxNamed], ", ") + fmt.Sprintf(" and %d more", n-maxNamed)
	} else if n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// scoreLines are a game's table; players with equal standing share a rank. Where the game
// is a contest by more than points, each line says how its player stands there.
func scoreLines(g quiz.Game, n *naming) []string {
	var lines []string
	ranks, fates := g.Ranks(), g.Fates()
	for i, s := range g.Score {
		line := boardLine(ranks[i], n.call(s.Name, s.Player), s.Points)
		if fates != nil {
			line += stands(g, fates[i])
		}
		lines = append(lines, line)
	}
	return lines
}

// stands is what a line of a table adds to the points.
func stands(g quiz.Game, f quiz.Fate) string {
	switch {
	case f.In && g.Variant == quiz.SuddenDeath:
		return ", in the sudden death"
	case f.In:
		return ", still in"
	case f.Out > g.Count:
		return fmt.Sprintf(", out at question %d of the sudden death", f.Out-g.Count)
	case f.Out > 0:
		return fmt.Sprintf(", out at question %d", f.Out)
	default:
		return ""
	}
}
