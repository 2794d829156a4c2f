package bot

import (
	"strings"
	"time"

	"quizbot/quiz"
)

// What the bot says of questions that each player has revealed alone.

// showLabel is what the button of an async question says.
const showLabel = "Show me the question"

// sayAsync is what the room reads of an async question while it is open.
func sayAsync(r quiz.Round, tag string) Card {
	title := heading(r, 0, 0)
	if !r.Daily {
		title = "Open for " + openSpan(r.Limit) + " · " + title
	}
	return Card{
		Title: title,
		Body: []string{
			"Each of you reads this question alone, whenever it suits you: press the button, and your own " + span(r.Question.OwnTime()) +
				" begin. Your first answer counts. What was right is shown here when it closes, " + openSpan(r.Limit) + " after this was posted.",
		},
		Choices: []Choice{{ID: press{round: r.No, tag: tag, show: true}.String(), Text: showLabel}},
		Footer:  plural(r.Points, "point"),
	}
}

// sayRevealed is the question, for the one who has it revealed.
func sayRevealed(r quiz.Round, c quiz.Clock, now time.Time, tag string) Card {
	card := Card{Title: heading(r, 0, 0), Body: []string{r.Question.Ask}, Choices: choices(r, tag)}
	if typed(r.Question) {
		card.Choices = []Choice{formChoice(r, tag, labelAnswer)}
	}
	if r.Hinted {
		card.After = []string{"Hint: " + r.Question.Hint}
	}
	left := "you have " + span(wholeSeconds(c.Until.Sub(now)))
	if c.Until.Equal(r.Closes) {
		left += ", for the question closes then"
	}
	card.Footer = strings.Join([]string{plural(r.Points, "point"), left, howToPress(r)}, " · ")
	return card
}

// openSpan is how long a question stays open, in words: days where there are several of them.
func openSpan(d time.Duration) string {
	const day = 24 * time.Hour
	if days := int(d / day); days > 1 && d%day == 0 {
		return plural(days, "day")
	}
	return span(d)
}

// wholeSeconds rounds up, to one second at least.
func wholeSeconds(d time.Duration) time.Duration {
	return max((d + time.Second - 1).Truncate(time.Second), time.Second)
}

// sayAnsweredBefore is sayRepeated for the one who asks to see the question again.
func sayAnsweredBefore(r quiz.Round, a quiz.Answer) Card {
	card := sayRepeated(r, a)
	if a.Right {
		card.Body = appendText(card.Body, whyRight(r, a.Given), r.Question.Explain)
	} else {
		card.Body = appendText(card.Body, whyWrong(r, a.Given))
	}
	return card
}

// sayOverdue is for an answer that comes after the player's own time. How long that is tells
// of the player's pace, so where everybody reads it, aloud, it is left out.
func sayOverdue(c quiz.Clock, aloud bool) Card {
	own := "You had " + span(wholeSeconds(c.Until.Sub(c.From))) + " from when you opened this question, and that time is over"
	if aloud {
		own = "Your own time at this question is over"
	}
	return Card{Title: titleTooLate, Body: []string{
		own + ", so nothing more counts. What was right is shown when the question closes.",
	}}
}

// sayUnrevealed is for who answers without having read the question.
func sayUnrevealed() Card {
	return Card{Title: "Open the question first", Body: []string{
		"It is read in private: press “" + showLabel + "”, and your own time begins. What you gave wasn't counted.",
	}}
}

// sayPressAgain is for a press that the platform delivers late.
func sayPressAgain() Card {
	return Card{Title: "Please press again", Body: []string{"Your press came late to me, so your time hasn't begun."}}
}

// sayMayLook stands below the verdict on an answer to an async question where everybody can
// read it.
func sayMayLook() string {
	return "Hidden, for others may still be answering. “" + showLabel + "” tells it to you alone."
}

// sayHintTaken is for who asked for the hint of an async question. Where everybody reads it,
// aloud, it is hidden from those who don't ask to see it.
func sayHintTaken(e quiz.Hinted, aloud bool) Card {
	card := sayHint(e)
	card.Reveals = aloud
	card.Footer = "Whoever opens the question reads it too, from now on."
	return card
}

// whoOpened adds to the last line of a closed question who opened it and gave no answer.
func whoOpened(r quiz.Round) string {
	if n := r.Unanswered(); n > 0 {
		return " " + plural(n, "player") + " opened it and gave no answer."
	}
	return ""
}
