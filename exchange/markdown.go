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
	headingLine = regexp.MustCompile(`^\s{0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$`)
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
	key     *string // what a line like Explanation: began; nil: nothing
	last    string  // what a line below belongs to: "", option, explain, source, hint
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
		opens := m.fence == ""
		if m.fence = ""; opens {
			m.fence = mark[1]
		}
		return m.askLine(n, line)
	}
	if m.fence != "" {
		return m.askLine(n, line)
	}
	trimmed := strings.TrimSpace(line)
	below := m.key
	m.key = nil
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
		m.last, m.key = "explain", to
		join(to, key[2])
	case headingLine.MatchString(line):
		return m.next(n, mdUnescape(headingLine.FindStringSubmatch(line)[1]), nil)
	case below != nil && !numberLine.MatchString(line):
		m.key = below
		join(below, trimmed)
	case len(q.Options) > 0 && m.last == "option" && strings.HasPrefix(line, "  "):
		join(&q.Options[len(q.Options)-1].Text, trimmed)
	case len(q.Options) > 0:
		return m.next(n, mdUnescape(trimmed), nil)
	default:
		return m.askLine(n, mdUnescape(trimmed))
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
	m.f, m.ask, m.checked, m.key, m.last = Found{}, nil, nil, nil, ""
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
	q.Ask = strings.ReplaceAll(q.Ask, mdKept, "")
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

// gathered is how much is kept of a text that goes on for lines, in bytes: more than any may
// have, so that it is seen to be too long.
const gathered = 4 * (max(quiz.MaxExplain, quiz.MaxWhy, quiz.MaxOption, quiz.MaxSource, quiz.MaxHint) + 1)

// join adds a line to a text.
func join(to *string, line string) {
	if len(*to) > gathered {
		return
	}
	if *to != "" {
		*to += "\n"
	}
	*to += strings.TrimSpace(line)
}

// mdKept marks a line that had a backslash, until numbers are taken from the first.
const mdKept = "\x00"

var (
	mdEscaped = regexp.MustCompile(`^(?:\\([#\\*+-])|([0-9]{1,4}|[Qq][0-9]{0,4})\\([.:)]))`)
	mdNumber  = regexp.MustCompile(`^([0-9]{1,4}|[Qq][0-9]{0,4})([.:)])`)
)

// mdUnescape undoes a backslash before what would begin a heading or a list, or end a heading.
func mdUnescape(line string) string {
	if s, ok := strings.CutSuffix(line, `\#`); ok {
		line = s + "#"
	}
	if m := mdEscaped.FindStringSubmatch(line); m != nil {
		line = m[1] + m[2] + mdKept + m[3] + line[len(m[0]):]
	}
	return line
}

func mdEscape(line string) string {
	switch {
	case line == "":
		return line
	case strings.HasSuffix(line, "#") && len(line) > 1:
		line = strings.TrimSuffix(line, "#") + `\#`
	}
	if strings.ContainsRune(`#\`, rune(line[0])) || taskItem.MatchString(line) && strings.ContainsRune("*+-", rune(line[0])) {
		return `\` + line
	}
	return mdNumber.ReplaceAllString(line, `$1\$2`)
}

// mdAsk writes what is asked: its first line as a heading, unless code begins there; false
// where code has no end.
func mdAsk(ask string) (string, bool) {
	var b strings.Builder
	fence := ""
	for i, line := range strings.Split(strings.TrimSpace(ask), "\n") {
		mark := fenceLine.FindStringSubmatch(line)
		switch {
		case mark != nil && fence == "":
			fence = mark[1]
		case mark != nil && strings.HasPrefix(mark[1], fence):
			fence = ""
		case fence == "":
			line = mdEscape(strings.TrimSpace(line))
		}
		switch {
		case i == 0 && mark == nil:
			b.WriteString("\n## " + line + "\n")
			continue
		case i == 0:
			b.WriteString("\n")
		}
		b.WriteString(line + "\n")
	}
	return b.String() + "\n", fence == ""
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
		ask, ok := mdAsk(q.Ask)
		if !ok {
			lost(q.ID, "its code has no line that ends it: left out")
			continue
		}
		var b strings.Builder
		b.WriteString(ask)
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
