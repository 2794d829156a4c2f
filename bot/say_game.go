package bot

import (
	"fmt"

	"quizbot/quiz"
)

// What the bot says about the course of a game.

func howToResume() string {
	return "resume goes on with it, stop ends it: that is for who started it, or an admin. It waits for " + span(quiz.MaxPause) + "."
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
