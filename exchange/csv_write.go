package exchange

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"quizbot/quiz"
)

func writeCSV(w io.Writer, pack quiz.Pack, lost func(id, what string)) error {
	c := csv.NewWriter(w)
	header := []string{"id", "kind", "ask", "answer"}
	options, whys := 0, false
	for _, q := range pack.Questions {
		options = max(options, len(q.Options), len(q.Steps))
		whys = whys || slices.ContainsFunc(q.Options, func(o quiz.Option) bool { return o.Why != "" })
	}
	for i := range options {
		header = append(header, fmt.Sprintf("option %d", i+1))
	}
	if whys {
		for i := range options {
			header = append(header, fmt.Sprintf("why %d", i+1))
		}
	}
	header = append(header, "explain", "source", "hint", "difficulty", "tags", "seconds", "unit", "tolerance")
	_ = c.Write(header)
	for _, q := range pack.Questions {
		row := []string{q.ID, string(q.Kind), q.Ask, answerCell(q)}
		texts, reasons := make([]string, options), make([]string, options)
		for i, o := range q.Options {
			texts[i], reasons[i] = o.Text, o.Why
		}
		copy(texts, q.Steps)
		row = append(row, texts...)
		if whys {
			row = append(row, reasons...)
		}
		row = append(row, q.Explain, q.Source, q.Hint, strconv.Itoa(int(q.Difficulty)), strings.Join(q.Tags, ","), positive(float64(q.Seconds)), q.Unit, positive(q.Tolerance))
		for i := range row {
			row[i] = safeCell(row[i])
		}
		if slices.ContainsFunc(q.Accept, func(s string) bool { return strings.Contains(s, "|") }) {
			lost(q.ID, "an accepted answer with | in it is read as two")
		}
		_ = c.Write(row) // what went wrong is told by Error
	}
	c.Flush()
	return c.Error()
}

// answerCell is how a table says what is right.
func answerCell(q quiz.Question) string {
	switch q.Kind {
	case quiz.Choice, quiz.Multi:
		letters := slices.ContainsFunc(q.Options, func(o quiz.Option) bool { return len(o.Text) == 1 && place(o.Text, len(q.Options)) >= 0 })
		var out []string
		for i, o := range q.Options {
			switch {
			case !o.Correct:
			case letters: // an option that is called A would be taken for the first
				out = append(out, o.Text)
			default:
				out = append(out, letter(i))
			}
		}
		return strings.Join(out, ";")
	case quiz.TrueFalse:
		return strconv.FormatBool(q.Truth)
	case quiz.Text:
		return strings.Join(q.Accept, " | ")
	case quiz.Number:
		return strconv.FormatFloat(q.Answer, 'g', -1, 64)
	default:
		return ""
	}
}

func positive(x float64) string {
	if x == 0 {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

func safeCell(s string) string {
	if s != "" && strings.ContainsRune(formula, rune(s[0])) {
		return "'" + s
	}
	return s
}
