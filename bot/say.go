package bot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"quizbot/quiz"
)

// Every sentence that the bot says about a question or a game is in this file;
// those about words and boards are in say_words.go. The first words of what a
// player reads after an answer are a promise: Right, Not quite, Already
// answered, Closed, Too late.

const (
	titleRight    = "Right"
	titleWrong    = "Not quite"
	titleRepeated = "Already answered"
	titleLate     = "Closed"
	titleTooLate  = "Too late"
)

// maxScorers is how many names a closed question lists.
const maxScorers = 15

// alone says that nobody else reads what is typed where it is asked.
func sayQuestion(e quiz.Asked, tag string, alone bool) Card {
	r := e.Round
	card := Card{Title: heading(r, e.Nth, e.Of), Body: []string{r.Question.Ask}, Choices: choices(r, tag)}
	how := howToAnswer(r)
	if typed(r.Question) && !alone {
		card.Choices = []Choice{formChoice(r, tag, labelAnswerAlone)}
		how += ", or answer in private"
	}
	card.Footer = terms(r, how)
	return card
}

// terms are what a question gives, how long it is open, and how to answer it.
func terms(r quiz.Round, how string) string {
	return strings.Join([]string{plural(r.Points, "point"), span(r.Limit), how}, " · ")
}

// heading is "WebSocket · easy", in a game "Question 2 of 5 · WebSocket · easy".
func heading(r quiz.Round, nth, of int) string {
	parts := []string{r.Title, difficulty(r.Question.Difficulty)}
	what := "Question"
	if r.Review {
		what = "Review"
	}
	switch {
	case r.Daily:
		parts = append([]string{"Daily question"}, parts...)
	case nth > of:
		parts = append([]string{fmt.Sprintf("Sudden death, question %d", nth-of)}, parts...)
	case nth > 0:
		parts = append([]string{fmt.Sprintf("%s %d of %d", what, nth, of)}, parts...)
	}
	return strings.Join(parts, " · ")
}

func difficulty(d quiz.Difficulty) string {
	switch d {
	case quiz.Easy:
		return "easy"
	case quiz.Hard:
		return "hard"
	default:
		return "medium"
	}
}

func howToAnswer(r quiz.Round) string {
	switch r.Question.Kind {
	case quiz.Choice, quiz.TrueFalse:
		return howToPress(r) + ", or type the letter"
	case quiz.Multi:
		return howToPress(r) + ", or type the letters (A C)"
	case quiz.Order:
		return howToPress(r) + ", or type the letters (" + strings.Join(someOrder(r), " ") + ")"
	case quiz.Number:
		if r.Question.Unit != "" {
			return "type a number (in " + r.Question.Unit + ")"
		}
		return "type a number"
	default:
		return "type your answer"
	}
}

// howToAgain is how to answer for who has tried.
func howToAgain(r quiz.Round) string {
	if r.Question.Kind == quiz.Text {
		return "type the one that you mean, in a word or a few"
	}
	return howToAnswer(r)
}

// howToPress is how to answer a question by its buttons alone.
func howToPress(r quiz.Round) string {
	switch r.Question.Kind {
	case quiz.Multi:
		return "pick every right one: press the buttons"
	case quiz.Order:
		return "put them in order: press one after the other"
	case quiz.Text, quiz.Number:
		return "press " + labelAnswer
	default:
		return "press a button"
	}
}

// someOrder is an example of an order that is not the right one.
func someOrder(r quiz.Round) []string {
	out := letters(len(r.Shown))
	slices.Reverse(out)
	if slices.IsSortedFunc(r.Shown, func(a, b int) int { return b - a }) {
		out[0], out[1] = out[1], out[0]
	}
	return out
}

func letters(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = letter(i)
	}
	return out
}

func letter(i int) string { return string(rune('A' + i)) }

// shownText is the option or step that has the i-th letter.
func shownText(r quiz.Round, i int) string { return pickText(r.Question, r.Shown[i]) }

func pickText(q quiz.Question, pick int) string {
	switch q.Kind {
	case quiz.TrueFalse:
		if pick == 0 {
			return "True"
		}
		return "False"
	case quiz.Order:
		return q.Steps[pick]
	default:
		return q.Options[pick].Text
	}
}

// choices are the buttons of an open question.
func choices(r quiz.Round, tag string) []Choice {
	out := make([]Choice, len(r.Shown))
	for i := range r.Shown {
		out[i] = Choice{ID: press{round: r.No, tag: tag, picks: []int{i}}.String(), Letter: letter(i), Text: shownText(r, i)}
	}
	return out
}

// sayPartial goes on with a multi or order answer, for the one who gives it.
func sayPartial(r quiz.Round, p press) Card {
	picked := make([]string, len(p.picks))
	for i, place := range p.picks {
		picked[i] = letter(place) + ". " + shownText(r, place)
	}
	card := Card{}
	if r.Review || r.Async { // it stands in the place of the question
		card.Body = []string{r.Question.Ask}
	}
	if r.Question.Kind == quiz.Order {
		card.Title = "Which comes next?"
		for i := range picked {
			picked[i] = strconv.Itoa(i+1) + ") " + picked[i]
		}
	} else {
		card.Title = "Any more?"
	}
	if len(picked) > 0 {
		card.Body = append(card.Body, "So far:\n"+strings.Join(picked, "\n"))
	}
	for i := range r.Shown {
		next := press{round: r.No, tag: p.tag}
		if slices.Contains(p.picks, i) {
			continue
		}
		next.picks = append(slices.Clone(p.picks), i)
		card.Choices = append(card.Choices, Choice{ID: next.String(), Letter: letter(i), Text: shownText(r, i)})
	}
	if r.Question.Kind == quiz.Multi && len(p.picks) > 0 {
		card.Choices = append(card.Choices, Choice{ID: press{round: r.No, tag: p.tag, picks: p.picks, done: true}.String(), Text: "Done"})
	}
	card.Choices = append(card.Choices, Choice{ID: press{round: r.No, tag: p.tag}.String(), Text: "Start over"})
	return card
}

// sayAnswered is the private word on an answer that counts. It never tells
// those who were wrong what is right: the question may still be open.
func sayAnswered(r quiz.Round, a quiz.Answer) Card {
	if a.Right {
		card := Card{Title: titleRight + " · " + plural(a.Points, "point"), Tone: Good, Reveals: true}
		card.Body = appendText(card.Body, whyRight(r, a.Given), r.Question.Explain)
		card.Footer = extras(a.Points, a.Speed, a.Streak)
		return card
	}
	card := Card{Title: titleWrong, Tone: Bad}
	card.Body = appendText(card.Body, "Your answer: "+givenText(r, a.Given), whyWrong(r, a.Given))
	if !r.Closes.IsZero() && r.Long() {
		card.Footer = "The answer comes when the question closes."
	}
	return card
}

func appendText(body []string, texts ...string) []string {
	for _, t := range texts {
		if t != "" {
			body = append(body, t)
		}
	}
	return body
}

// givenText repeats an answer as the player saw it: "B. POST".
func givenText(r quiz.Round, g quiz.Given) string {
	if len(g.Picks) == 0 {
		return cleanLine(g.Text, quiz.MaxOption)
	}
	parts := make([]string, 0, len(g.Picks))
	for _, pick := range g.Picks {
		if i := slices.Index(r.Shown, pick); i >= 0 {
			if len(g.Picks) == 1 {
				return letter(i) + ". " + shownText(r, i)
			}
			parts = append(parts, letter(i))
		}
	}
	return strings.Join(parts, " ")
}

func sayRepeated(r quiz.Round, a quiz.Answer) Card {
	verdict := "not quite"
	if a.Right {
		verdict = "right"
	}
	return Card{
		Title: titleRepeated,
		Body:  []string{"Your first answer counts: " + givenText(r, a.Given) + " (" + verdict + ")."},
	}
}

func sayStuffed(r quiz.Round) Card {
	return Card{Title: "One answer, please", Body: []string{"That looks like several answers at once, so it wasn't counted. To answer, " + howToAgain(r) + "."}}
}

func sayUnclear(r quiz.Round) Card {
	return Card{Title: "That isn't an answer to this question", Body: []string{"It wasn't counted. To answer, " + howToAgain(r) + "."}}
}

func sayOldButton() Card {
	return Card{Title: titleLate, Body: []string{"This button belongs to a question that is over; nothing has changed."}}
}

// sayClosed replaces the question when it is over.
func sayClosed(e quiz.Closed, n *naming) Card {
	r, q := e.Round, e.Round.Question
	card := Card{Title: "Closed · " + heading(r, e.Nth, e.Of), Body: []string{q.Ask}}
	counts := map[int]int{}
	for _, a := range r.Answers {
		for _, pick := range a.Given.Picks {
			counts[pick]++
		}
	}
	if q.Kind != quiz.Order {
		for i, pick := range r.Shown {
			c := Choice{Letter: letter(i), Text: shownText(r, i), Count: counts[pick], Counted: true, Mark: "✗"}
			if rightPick(q, pick) {
				c.Mark = "✓"
			}
			card.Choices = append(card.Choices, c)
		}
	}
	answer := "Answer: "
	if q.Kind == quiz.Order {
		answer = "Answer, in order:\n"
	}
	card.After = appendText(card.After, answer+rightText(r), q.Explain, whysOfAll(r, counts))
	if q.Source != "" {
		card.After = append(card.After, "Source: "+q.Source)
	}
	card.After = append(card.After, whoScored(r, n)+whoOpened(r))
	if e.Early {
		card.Footer = "Ended early."
	}
	return card
}

func rightPick(q quiz.Question, pick int) bool {
	if q.Kind == quiz.TrueFalse {
		return (pick == 0) == q.Truth
	}
	return q.Options[pick].Correct
}

// rightText is the right answer in full.
func rightText(r quiz.Round) string {
	q := r.Question
	switch q.Kind {
	case quiz.Text:
		return q.Accept[0]
	case quiz.Number:
		s := strconv.FormatFloat(q.Answer, 'f', -1, 64)
		if q.Unit != "" {
			s += " " + q.Unit
		}
		if q.Tolerance > 0 {
			s += " (± " + strconv.FormatFloat(q.Tolerance, 'f', -1, 64) + " counts too)"
		}
		return s
	case quiz.Order:
		lines := make([]string, len(q.Steps))
		for i, step := range q.Steps {
			lines[i] = strconv.Itoa(i+1) + ") " + step
		}
		return strings.Join(lines, "\n")
	default:
		var out []string
		for i, pick := range r.Shown {
			if rightPick(q, pick) {
				out = append(out, letter(i)+". "+shownText(r, i))
			}
		}
		return strings.Join(out, ", ")
	}
}

func whoScored(r quiz.Round, n *naming) string {
	var names []string
	points, same, right, hidden := 0, true, 0, 0
	for _, a := range r.Answers {
		if a.Right {
			same = same && (right == 0 || a.Points == points)
			right++
			points = a.Points
			if n.hides(a.Player) {
				hidden++
			} else {
				names = append(names, n.call(a.Name, a.Player))
			}
		}
	}
	switch {
	case len(r.Answers) == 0:
		return "Nobody answered."
	case right == 0:
		return fmt.Sprintf("Answered by %s; nobody had it.", plural(len(r.Answers), "player"))
	case len(names) == 0:
		return fmt.Sprintf("Right: %s. Answered by %s.", plural(right, "player"), plural(len(r.Answers), "player"))
	}
	text := fmt.Sprintf("Right, for %s: ", plural(points, "point"))
	if !same {
		text, names = "Right: ", names[:0]
		for _, a := range r.Answers {
			if a.Right && !n.hides(a.Player) {
				names = append(names, fmt.Sprintf("%s (%s)", n.call(a.Name, a.Player), plural(a.Points, "point")))
			}
		}
	}
	more := ""
	names = names[:min(len(names), maxScorers)]
	if rest := right - len(names); rest > 0 {
		more = fmt.Sprintf(" and %d more", rest)
	}
	return fmt.Sprintf("%s%s%s. Answered by %s.", text, strings.Join(names, ", "), more, plural(len(r.Answers), "player"))
}

func sayHint(e quiz.Hinted) Card {
	return Card{Title: "Hint", Body: []string{e.Round.Question.Hint}}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// span is a length of time in words: "30 seconds", "2 minutes 30 seconds", "24 hours".
func span(d time.Duration) string {
	var parts []string
	if h := int(d / time.Hour); h > 0 {
		parts = append(parts, plural(h, "hour"))
	}
	if m := int(d / time.Minute % 60); m > 0 {
		parts = append(parts, plural(m, "minute"))
	}
	if s := int(d / time.Second % 60); s > 0 || len(parts) == 0 {
		parts = append(parts, plural(s, "second"))
	}
	return strings.Join(parts, " ")
}

// cut shortens s to n characters.
func cut(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}
