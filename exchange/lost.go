package exchange

import (
	"strings"

	"quizbot/quiz"
)

// kept says which of a question's texts a format has room for.
type kept struct{ id, explain, why, source, hint, tags, difficulty, seconds bool }

// keptNothing: nothing but what is asked and answered.
var keptNothing = kept{difficulty: true}

// lose tells what of a question a format has no room for.
func lose(q quiz.Question, lost func(id, what string), k kept) {
	var parts []string
	add := func(has, kept bool, what string) {
		if has && !kept {
			parts = append(parts, what)
		}
	}
	why := false
	for _, o := range q.Options {
		why = why || o.Why != ""
	}
	add(q.Explain != "", k.explain, "the explanation")
	add(why, k.why, "the whys")
	add(q.Source != "", k.source, "the source")
	add(q.Hint != "", k.hint, "the hint")
	add(len(q.Tags) > 0, k.tags, "the tags")
	add(q.Difficulty != quiz.Medium, k.difficulty, "the difficulty")
	add(q.Seconds > 0, k.seconds, "the time")
	if len(parts) > 0 {
		lost(q.ID, "not carried over: "+strings.Join(parts, ", "))
	}
}
