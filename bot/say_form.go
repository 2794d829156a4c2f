package bot

import (
	"strings"

	"quizbot/quiz"
)

// What the bot says in forms, and of them.

// What the buttons say that open the form of a typed answer: in a room, in a review that is
// held in replies, and where the answer was none.
const (
	labelAnswerAlone = "Answer in private"
	labelAnswer      = "Answer"
	labelAnswerAgain = "Answer again"
)

// sayAnswerForm asks one person for a typed answer.
func sayAnswerForm(r quiz.Round, tag string) *Form {
	field := Field{ID: fieldAnswer, Label: "Your answer", Max: quiz.MaxTyped, Hint: "A word or a few. Your first answer counts."}
	if r.Question.Kind == quiz.Number {
		field.Label, field.Hint = "Your answer, a number", "Your first answer counts."
		if unit := cleanLine(r.Question.Unit, maxUnit); unit != "" {
			field.Label += " in " + unit
		}
	}
	return &Form{
		ID: press{round: r.No, tag: tag, typed: true}.String(), Title: "Your answer",
		Body: []string{r.Question.Ask}, Fields: []Field{field}, Submit: "Answer",
	}
}

// maxUnit is how much of a unit a label has place for, in characters.
const maxUnit = 20

// sayFormLost is for who pressed a button whose form the platform would not open any more.
func sayFormLost() Card {
	return Card{Title: "That took too long", Body: []string{"The form could not be opened, and nothing has changed. Please press the button again."}}
}

// sayFault is a card as a sentence at a field.
func sayFault(c Card) string {
	title := c.Title
	if title != "" && !strings.HasSuffix(title, ".") {
		title += "."
	}
	return strings.Join(appendText(appendText(nil, title), c.Body...), " ")
}
