package exchange

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"quizbot/quiz"
)

// Aiken: a question, its options with letters, and a line with the letter of the right one.
// The form follows Moodle's documentation of it.

var (
	aikenOption = regexp.MustCompile(`^\s*([A-Z])[.)]\s+(\S.*)$`)
	aikenAnswer = regexp.MustCompile(`^\s*ANSWER:\s*([A-Z](?:\s*,\s*[A-Z])*)\s*$`)
	aikenAnyKey = regexp.MustCompile(`(?i)^\s*ANSWER\s*:`)
)

func aikenFormat() Format {
	return Format{
		Name: "aiken", Title: "Aiken", Suffixes: []string{".txt", ".aiken"},
		guess: func(head []byte) int {
			options, answers := 0, 0
			for line := range strings.Lines(string(head)) {
				line = strings.TrimRight(line, "\r\n")
				if aikenAnswer.MatchString(line) {
					answers++
				} else if aikenOption.MatchString(line) {
					options++
				}
			}
			if answers > 0 && options >= 2*answers {
				return 80
			}
			return 0
		},
		read:  readAiken,
		write: writeAiken,
	}
}

func readAiken(in *Input, found func(Found) error) error {
	var ask, options []string
	at := 0
	begin := func() { ask, options, at = nil, nil, 0 }
	give := func(right string) error {
		f := Found{At: max(at, 1)}
		f.Question.Ask = strings.Join(ask, "\n")
		switch {
		case len(ask) == 0:
			f.Dropped = "it asks nothing"
		case len(options) == 0:
			f.Dropped = "it has no options: lines that begin with A. or A)"
		case right == "":
			f.Dropped = "it has no line ANSWER: with the letter of the right option"
		default:
			f.aiken(options, right)
		}
		begin()
		return found(f)
	}
	err := in.lines(func(n int, line string) error {
		trimmed := strings.TrimSpace(line)
		switch answer, option := aikenAnswer.FindStringSubmatch(line), aikenOption.FindStringSubmatch(line); {
		case answer != nil:
			if at == 0 {
				at = n
			}
			return give(answer[1])
		case aikenAnyKey.MatchString(line):
			f := Found{At: n, Dropped: fmt.Sprintf("%q names no letter of an option", trimmed)}
			begin()
			return found(f)
		case option != nil && len(ask) > 0 && int(option[1][0]-'A') == len(options):
			options = append(options, strings.TrimSpace(option[2]))
		case trimmed == "":
		case len(options) > 0: // the next question begins, and this one had no answer
			if err := give(""); err != nil {
				return err
			}
			fallthrough
		default:
			if at == 0 {
				at = n
			}
			ask = append(ask, trimmed)
		}
		return nil
	})
	if err != nil || at == 0 {
		return err
	}
	return give("")
}

// aiken takes letters for letters, whatever an option is called.
func (f *Found) aiken(options []string, letters string) {
	var picks []int
	for _, l := range splitAny(letters, ",") {
		i := place(l, len(options))
		if i < 0 {
			f.Dropped = fmt.Sprintf("its answer %q is none of the options", l)
			return
		}
		picks = append(picks, i)
	}
	f.pick(options, picks)
}

func writeAiken(w io.Writer, pack quiz.Pack, lost func(id, what string)) error {
	between := ""
	for _, q := range pack.Questions {
		if q.Kind != quiz.Choice {
			lost(q.ID, "the format has no "+string(q.Kind)+" questions: left out")
			continue
		}
		lose(q, lost, kept{})
		if strings.Contains(q.Ask, "\n") {
			lost(q.ID, "the lines of its question are put into one")
		}
		var b strings.Builder
		b.WriteString(between + oneLine(q.Ask) + "\n")
		right := ""
		for i, o := range q.Options {
			b.WriteString(letter(i) + ". " + oneLine(o.Text) + "\n")
			if o.Correct {
				right = letter(i)
			}
		}
		b.WriteString("ANSWER: " + right + "\n")
		between = "\n"
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
	}
	return nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
