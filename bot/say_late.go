package bot

import "quizbot/quiz"

// What the bot says of answers that come when their question is closed.

// sayLate is for those who answered after the end.
func sayLate(before Entry, answered bool) Card {
	card := Card{Title: titleLate, Body: []string{"This question is over; nothing has changed."}}
	if answered {
		verdict := "not quite"
		if before.Right {
			verdict = "right, " + plural(before.Points, "point")
		}
		card.Body = append(card.Body, "Your answer was counted before: "+verdict+".")
	}
	return card
}

// sayAnsweredLate is what sayAnswered says of an answer that came when its question was closed.
func sayAnsweredLate(card Card, a quiz.Answer) Card {
	late := "It reached me late, but you gave it in time: it counts."
	if card.Footer != "" && a.Right {
		late += " " + card.Footer
	}
	card.Footer = late
	return card
}

// sayCorrected is the one word on a game that ended before answers came which had
// been given in time.
func sayCorrected(e quiz.Corrected, n *naming) Card {
	return Card{
		Title: "Some answers of the last game reached me late; with them it ends like this", Body: podium(e.Game, n), Table: scoreLines(e.Game, n),
	}
}
