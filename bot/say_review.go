package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"quizbot/quiz"
)

// What the bot says of reviews.

// sayNext puts the next question of a review below a card; alone, where the card is empty.
func sayNext(c Card, e quiz.Asked, tag string) Card {
	next := sayQuestion(e, tag, true)
	if typed(e.Round.Question) {
		next.Choices = []Choice{formChoice(e.Round, tag, labelAnswer)}
	}
	next.Footer = terms(e.Round, howToPress(e.Round)) // what is typed here is said to all
	if c.Title == "" {
		return next
	}
	c.Body = slices.Concat(shortened(slices.Concat(c.Body, c.After), maxVerdict), []string{next.Title + "\n" + e.Round.Question.Ask})
	c.After, c.Choices, c.Footer = nil, next.Choices, next.Footer
	return c
}

// maxVerdict is how much is said of an answer where the next question stands below it, in
// characters: so both fit into a message of any platform.
const maxVerdict = 2000

// shortened are paragraphs of at most n characters in all.
func shortened(paragraphs []string, n int) []string {
	var out []string
	for _, p := range paragraphs {
		if n <= 1 {
			break
		}
		p = cut(p, n)
		out, n = append(out, p), n-utf8.RuneCountInString(p)
	}
	return out
}

// sayAnsweredAlone is sayAnswered for a question that is over with the answer.
func sayAnsweredAlone(e quiz.Answered) Card {
	card := sayAnswered(e.Round, e.Answer)
	card.Footer, card.Reveals = "", false
	if !e.Answer.Right {
		card.Body = appendText(card.Body, howFar(e.Round, e.Answer.Given))
		answer := "Answer: "
		if e.Round.Question.Kind == quiz.Order {
			answer = "Answer, in order:\n"
		}
		card.Body = appendText(card.Body, answer+rightText(e.Round))
		if !slices.Contains(card.Body, e.Round.Question.Explain) {
			card.Body = appendText(card.Body, e.Round.Question.Explain)
		}
	}
	return card
}

// sayReviewEnded sums a review up. due is nil where it is not known what else is due.
func sayReviewEnded(e quiz.Ended, due *due, now time.Time) Card {
	right := 0
	for _, s := range e.Game.Score {
		if s.Player == e.Game.By {
			right = s.Right
		}
	}
	card := Card{Title: "That was your review", Body: []string{fmt.Sprintf("%d of %d right.", right, e.Game.Done)}}
	if due == nil {
		return card
	}
	if len(due.picks) > 0 {
		card.Body = append(card.Body, sayCountDue(len(due.picks))+": say review to go on.")
	} else {
		card.Body = appendText(card.Body, sayNextDue(due.next, now))
	}
	return card
}

// sayNothingDue is for who has nothing to repeat.
func sayNothingDue(d due, now time.Time) Card {
	if d.next.IsZero() {
		return Card{Title: "Nothing to review yet", Body: []string{
			"I repeat with you what you were asked before, when you are about to forget it. Say a topic for a question, or start for a game.",
		}}
	}
	return Card{Title: "Nothing is due for review", Body: []string{sayNextDue(d.next, now)}}
}

func sayCountDue(n int) string {
	if n == 1 {
		return "1 question is due"
	}
	return fmt.Sprintf("%d questions are due", n)
}

func sayNextDue(next, now time.Time) string {
	if next.IsZero() {
		return ""
	}
	return "The next question is due in " + roughly(next.Sub(now)) + "."
}

// roughly is a time to come in words, never shorter than it is: "1 minute", "3 hours", "12 days".
func roughly(d time.Duration) string {
	up := func(unit time.Duration) int { return int((d + unit - 1) / unit) }
	switch {
	case d <= time.Hour:
		return plural(max(up(time.Minute), 1), "minute")
	case d <= 48*time.Hour:
		return plural(up(time.Hour), "hour")
	default:
		return plural(up(24*time.Hour), "day")
	}
}

// sayReviewElsewhere is for who asks where everybody would read along.
func sayReviewElsewhere() Card {
	return Card{Title: "A review is for you alone", Body: []string{"Say /quiz review here, or review to me in a direct message."}}
}

// sayMastery is what me adds to a topic.
func sayMastery(m quiz.Mastery) string {
	parts := []string{fmt.Sprintf("mastery %d %%", int(100*m.Known+0.5)), fmt.Sprintf("%d of %s seen", m.Seen, plural(m.Of, "question"))}
	if m.Due > 0 {
		parts = append(parts, fmt.Sprintf("%d due", m.Due))
	}
	return strings.Join(parts, ", ")
}

// sayDue is the line of me about what to review.
func sayDue(memories []quiz.Memory, now time.Time) string {
	n := 0
	for _, m := range memories {
		if m.Due(now) {
			n++
		}
	}
	switch next := quiz.NextDue(memories, now); {
	case n > 0:
		return sayCountDue(n) + ": say review."
	case !next.IsZero():
		return "Nothing is due for review. " + sayNextDue(next, now)
	}
	return ""
}
