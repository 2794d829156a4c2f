package bot

import (
	"fmt"

	"quizbot/quiz"
)

// What the bot says about duels. Whoever is challenged is named, and not pinged: nothing
// that somebody types makes the bot do that.

const titleChallenge = "A challenge to a duel"

// sayDared names whom it challenges even where that player is hidden: the challenger has just
// done so, and without it nobody knows who is to press.
func sayDared(e quiz.Dared, tag string, n *naming) Card {
	c := e.Challenge
	about := "every topic"
	if e.Title != "" {
		about = e.Title
	}
	card := Card{
		Title: titleChallenge,
		Body: []string{fmt.Sprintf("%s, %s challenges you: %s about %s. Only you two can answer; everybody can watch.",
			n.mention(c.Name, c.Player), n.call(c.ByName, c.By), plural(c.Count, "question"), about)},
		Choices: []Choice{
			{ID: darePress{no: c.No, tag: tag, accept: true}.String(), Text: "Accept"},
			{ID: darePress{no: c.No, tag: tag}.String(), Text: "Decline"},
		},
		Footer: "Open for " + span(quiz.ChallengeTime) + ". Who challenged takes it back with stop.",
	}
	if c.Variant == quiz.SuddenDeath {
		card.Body = append(card.Body, "If it is a draw after that, sudden death decides.")
	}
	return card
}

func sayDareOver(e quiz.DareOver, n *naming) Card {
	by, player := n.call(e.Challenge.ByName, e.Challenge.By), n.call(e.Challenge.Name, e.Challenge.Player)
	text := player + " has accepted the challenge of " + by + "."
	switch e.End {
	case quiz.Declined:
		text = player + " has declined the challenge of " + by + ". Another time!"
	case quiz.Expired:
		text = player + " did not answer the challenge of " + by + " in time."
	case quiz.Withdrawn:
		text = "The challenge of " + by + " to " + player + " was taken back."
	}
	return Card{Title: titleChallenge, Body: []string{text}}
}

func sayDuelStarted(e quiz.Started, n *naming) Card {
	g := e.Game
	about := "every topic"
	if e.Title != "" {
		about = e.Title
	}
	card := Card{
		Title: fmt.Sprintf("A duel of %s about %s", plural(g.Count, "question"), about),
		Body: []string{
			n.call(g.Score[0].Name, g.Score[0].Player) + " against " + n.call(g.Score[1].Name, g.Score[1].Player) + ".",
			sayEach(g) + " Only these two can answer; the first answer counts. " + rewards(g),
		},
		Footer: "The first question comes in " + span(quiz.FirstGap) + ".",
	}
	if g.Variant == quiz.SuddenDeath {
		card.Body = append(card.Body, "If it is a draw after the last question, they play on until one of them is right and the other is not.")
	}
	return card
}

// duelResult says who has won a duel. One whose players are not both known any more has
// the podium of any other game.
func duelResult(g quiz.Game, n *naming) []string {
	a, b := g.Score[0], g.Score[1]
	first, second := n.call(a.Name, a.Player), n.call(b.Name, b.Player)
	ranks := g.Ranks()
	switch {
	case ranks[0] == ranks[1] && a.Points == 0 && b.Points == 0:
		return []string{"A draw between " + first + " and " + second + ": nobody scored."}
	case ranks[0] == ranks[1] && a.Points == b.Points:
		return []string{fmt.Sprintf("A draw: %s and %s have %s each.", first, second, plural(a.Points, "point"))}
	case ranks[0] == ranks[1]:
		return []string{"A draw between " + first + " and " + second + "."}
	case g.Done > g.Count:
		return []string{fmt.Sprintf("%s wins the duel with %s in sudden death, %d to %d.", first, second, a.Points, b.Points)}
	default:
		return []string{fmt.Sprintf("%s wins the duel with %s, %d to %d.", first, second, a.Points, b.Points)}
	}
}

func sayWhom() Card {
	return Card{Title: "Whom do you challenge?", Body: []string{"Say it like this: challenge @NAME, and a topic and a number of questions if you like."}}
}

func sayWhoIsThat(word string) Card {
	return Card{Title: "I don't know whom you mean by " + quoted(word), Body: []string{
		"Mention a person of this channel, with an @ and by picking the name from the list that appears: challenge @NAME.",
		"If you did, names don't reach me as mentions: on Slack an admin turns on “Escape channels, users, and links sent to your app” in the settings of /quiz.",
	}}
}

func sayNoDuelWithGroup() Card {
	return Card{Title: "A duel is between two people", Body: []string{"Challenge one of them: challenge @NAME."}}
}

func sayNoDuelWithBot() Card {
	return Card{Title: "I only ask the questions", Body: []string{"Challenge a person: programs know the answers, or never answer."}}
}

func sayDuelElsewhere() Card {
	return Card{Title: "A duel needs two", Body: []string{"Here are only you and I. Challenge somebody in a channel."}}
}

func sayChallengeOver() Card {
	return Card{Title: "This challenge is over", Body: []string{"Nothing has changed. Say challenge @NAME for a new one."}}
}

// sayNotChallenged is for those who press the button of somebody else's challenge.
func sayNotChallenged(own bool) Card {
	if own {
		return Card{Title: "That is for whom you challenged", Body: []string{"Say stop to take your challenge back."}}
	}
	return Card{Title: "This challenge isn't for you", Body: []string{"Whoever is named in it can accept or decline. Say challenge @NAME for one of your own."}}
}

func sayDuelOnly() Card {
	return Card{Title: "This is a duel between two others", Body: []string{"You can watch, and your answer wasn't counted. The next question is for everybody again as soon as they are done."}}
}
