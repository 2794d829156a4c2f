package bot

import (
	"fmt"

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

// sayEach is how long the questions of a game stay open.
func sayEach(g quiz.Game) string {
	if g.Each > 0 {
		return "Each question stays open " + span(g.Each) + "."
	}
	return "Each question stays open long enough to read it."
}

func sayStarted(e quiz.Started) Card {
	about := "every topic"
	if e.Title != "" {
		about = e.Title
	}
	card := Card{
		Title:  fmt.Sprintf("A game of %s about %s", plural(e.Game.Count, "question"), about),
		Body:   []string{sayEach(e.Game) + " Everyone can answer, and every right answer scores; your first answer counts. " + rewards(e.Game)},
		Footer: "The first question comes in " + span(quiz.FirstGap) + ".",
	}
	switch e.Game.Variant {
	case quiz.Accuracy:
		card.Body = append(card.Body, "Accuracy: the most right answers win, however fast they came. A question that is skipped counts for nobody.")
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

// sayNoSpeed is for who wants speed to count where right answers alone do.
func sayNoSpeed() Card {
	return Card{Title: "In a game of accuracy, speed can't count", Body: []string{"Leave out either accuracy or speed."}}
}
