package exchange

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"quizbot/quiz"
)

// Markdown task lists: a heading or a paragraph asks, a list with boxes answers, what is
// quoted below explains.

var (
	taskItem    = regexp.MustCompile(`^\s{0,3}(?:[-*+]|[0-9]{1,3}[.)])\s+\[([ xX✓✔])\]\s+(\S.*)$`)
	headingLine = regexp.MustCompile(`^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$`)
	numberLine  = regexp.MustCompile(`^\s{0,3}(?:[0-9]{1,4}[.)]|[Qq][0-9]{0,4}[.:)])\s+(\S.*)$`)
	quoteLine   = regexp.MustCompile(`^(\s*)>\s?(.*)$`)
	keyLine     = regexp.MustCompile(`(?i)^\s*\**(explanation|explain|source|hint|reference)\**\s*:\**\s*(.*)$`)
	fenceLine   = regexp.MustCompile("^\\s{0,3}(```+|~~~+)")
)

func markdownFormat() Format {
	return Format{
		Name: "markdown", Title: "Markdown task lists", Suffixes: []string{".md", ".markdown"},
		guess: func(head []byte) int {
			boxes := 0
			for line := range strings.Lines(string(head)) {
				if taskItem.MatchString(strings.TrimRight(line, "\r\n")) {
					boxes++
				}
			}
			if boxes >= 2 {
				return 65
			}
			return 0
		},
		read:  readMarkdown,
		write: writeMarkdown,
	}
}

// mdReader gathers one question at a time.
type mdReader struct {
	found   func(Found) error
	f       Found
	ask     []string
	checked []bool
	last    string // what a line below belongs to: "", option, explain, source, hint
	fence   string
}

func readMarkdown(in *Input, found func(Found) error) error {
	m := &mdReader{found: found}
	if err := in.lines(m.line); err != nil {
		return err
	}
	return m.flush()
}

func (m *mdReader) line(n int, line string) error {
	q := &m.f.Question
	if mark := fenceLine.FindStringSubmatch(line); mark != nil && (m.fence == "" || strings.HasPrefix(mark[1], m.fence)) {
		if m.fence = mark[1]; strings.Count(strings.Join(m.ask, "\n"), mark[1])%2 == 1 {
			m.fence = ""
		}
		return m.askLine(n, line)
	}
	if m.fence != "" {
		return m.askLine(n, line)
	}
	trimmed := strings.TrimSpace(line)
	item, quote, key := taskItem.FindStringSubmatch(line), quoteLine.FindStringSubmatch(line), keyLine.FindStringSubmatch(line)
	switch {
	case trimmed == "":
		m.last = strings.TrimPrefix(m.last, "option")
		if len(m.ask) > 0 && len(q.Options) == 0 {
			m.ask = append(m.ask, "")
		}
	case item != nil:
		if len(q.Options) > 0 && m.last == "explain" {
			return m.next(n, "", item)
		}
		m.item(item)
	case quote != nil && len(q.Options) > 0:
		if m.last == "option" && quote[1] != "" {
			join(&q.Options[len(q.Options)-1].Why, quote[2])
		} else {
			m.last = "explain"
			join(&q.Explain, quote[2])
		}
	case key != nil && len(q.Options) > 0:
		to := map[string]*string{"explanation": &q.Explain, "explain": &q.Explain, "source": &q.Source, "reference": &q.Source, "hint": &q.Hint}[strings.ToLower(key[1])]
		m.last = "explain"
		join(to, key[2])
	case headingLine.MatchString(line):
		return m.next(n, headingLine.FindStringSubmatch(line)[1], nil)
	case len(q.Options) > 0 && m.last == "option" && strings.HasPrefix(line, "  "):
		join(&q.Options[len(q.Options)-1].Text, trimmed)
	case len(q.Options) > 0:
		return m.next(n, trimmed, nil)
	default:
		return m.askLine(n, trimmed)
	}
	return nil
}

func (m *mdReader) item(item []string) {
	m.f.Question.Options = append(m.f.Question.Options, quiz.Option{Text: strings.TrimSpace(item[2])})
	m.checked = append(m.checked, item[1] != " ")
	m.last = "option"
}

func (m *mdReader) askLine(n int, line string) error {
	if len(m.f.Question.Options) > 0 {
		return m.next(n, line, nil)
	}
	if len(m.ask) == 0 {
		m.f.At = n
	}
	m.ask = append(m.ask, line)
	return nil
}

// next begins another question.
func (m *mdReader) next(n int, ask string, item []string) error {
	err := m.flush()
	m.f.At = n
	if ask != "" {
		m.ask = []string{ask}
	}
	if item != nil {
		m.item(item)
	}
	return err
}

func (m *mdReader) flush() error {
	f, ask, checked := m.f, m.ask, m.checked
	m.f, m.ask, m.checked, m.last = Found{}, nil, nil, ""
	if len(f.Question.Options) == 0 {
		return nil // words of the document
	}
	q := &f.Question
	q.Ask = strings.TrimSpace(strings.Join(ask, "\n"))
	head, rest, more := strings.Cut(q.Ask, "\n")
	if numbered := numberLine.FindStringSubmatch(head); numbered != nil {
		q.Ask = numbered[1]
		if more {
			q.Ask += "\n" + rest
		}
	}
	right := 0
	for i, c := range checked {
		q.Options[i].Correct = c
		if c {
			right++
		}
	}
	switch {
	case q.Ask == "":
		f.Dropped = "no heading or paragraph above it asks anything"
	case right == 0:
		f.Dropped = "none of its boxes is ticked"
	case right == 1:
		q.Kind = quiz.Choice
	default:
		q.Kind = quiz.Multi
	}
	return m.found(f)
}

// join adds a line to a text.
func join(to *string, line string) {
	if *to != "" {
		*to += "\n"
	}
	*to += strings.TrimSpace(line)
}

func writeMarkdown(w io.Writer, pack quiz.Pack, lost func(id, what string)) error {
	if _, err := fmt.Fprintf(w, "# %s\n", oneLine(pack.Title)); err != nil {
		return err
	}
	for _, q := range pack.Questions {
		right := 0
		for _, o := range q.Options {
			if o.Correct {
				right++
			}
		}
		if q.Kind != quiz.Choice && (q.Kind != quiz.Multi || right < 2) {
			lost(q.ID, "task lists have no "+string(q.Kind)+" questions of that kind: left out")
			continue
		}
		lose(q, lost, kept{explain: true, why: true, source: true, hint: true})
		first, rest, _ := strings.Cut(q.Ask, "\n")
		var b strings.Builder
		b.WriteString("\n## " + first + "\n\n")
		if strings.TrimSpace(rest) != "" {
			b.WriteString(strings.TrimSpace(rest) + "\n\n")
		}
		for _, o := range q.Options {
			box := " "
			if o.Correct {
				box = "x"
			}
			b.WriteString("- [" + box + "] " + oneLine(o.Text) + "\n")
			for line := range strings.Lines(o.Why) {
				b.WriteString("  > " + strings.TrimSpace(line) + "\n")
			}
		}
		if q.Explain != "" {
			b.WriteString("\n")
			for line := range strings.Lines(q.Explain) {
				b.WriteString("> " + strings.TrimSpace(line) + "\n")
			}
		}
		if q.Source != "" {
			b.WriteString("\nSource: " + oneLine(q.Source) + "\n")
		}
		if q.Hint != "" {
			b.WriteString("\nHint: " + oneLine(q.Hint) + "\n")
		}
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
	}
	return nil
}
