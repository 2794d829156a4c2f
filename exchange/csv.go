package exchange

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"quizbot/quiz"
)

// Columns says what the columns of a table hold: by what it is, names or numbers of
// columns, in their order.
type Columns map[string][]string

// roles are what a column can hold. option, wrong and why may stand several times.
var roles = []string{"id", "kind", "ask", "answer", "option", "wrong", "why", "explain", "source", "hint", "difficulty", "tags", "seconds", "unit", "tolerance"}

// ParseColumns reads "ask=Question,answer=Correct,wrong=Wrong 1|Wrong 2": a column's name,
// or its number from 1.
func ParseColumns(s string) (Columns, error) {
	out := Columns{}
	for part := range strings.SplitSeq(s, ",") {
		role, names, ok := strings.Cut(part, "=")
		role = strings.ToLower(strings.TrimSpace(role))
		if !ok || !slices.Contains(roles, role) {
			return nil, fmt.Errorf("%q says nothing about a column: write WHAT=COLUMN, WHAT being one of %s", part, strings.Join(roles, ", "))
		}
		for name := range strings.SplitSeq(names, "|") {
			out[role] = append(out[role], strings.TrimSpace(name))
		}
	}
	if len(out["ask"]) == 0 {
		return nil, errors.New("no column is said to hold the question: add ask=COLUMN")
	}
	return out, nil
}

// called are the names of columns that say by themselves what they hold; a number behind
// them, or a letter behind an option, is left out of the comparison.
var called = map[string][]string{
	"id":         {"id", "key", "name"},
	"kind":       {"kind", "type", "question type"},
	"ask":        {"ask", "question", "question text", "front", "prompt", "stem", "term"},
	"answer":     {"answer", "right", "correct", "correct answer", "right answer", "correct option", "back", "solution", "answers", "correct answers", "definition", "correct answer s"},
	"option":     {"option", "choice", "answer option", "option text", "options", "choices", "answer options", "answer choices"},
	"wrong":      {"wrong", "incorrect", "wrong answer", "incorrect answer", "distractor", "false", "incorrect answers", "wrong answers", "incorrect options", "wrong options", "distractors"},
	"why":        {"why", "feedback", "reason"},
	"explain":    {"explain", "explanation", "rationale", "comment", "general feedback"},
	"source":     {"source", "reference", "link", "url"},
	"hint":       {"hint", "tip"},
	"difficulty": {"difficulty", "level"},
	"tags":       {"tags", "tag", "category", "topic"},
	"seconds":    {"seconds", "time", "time limit", "time limit sec", "time in seconds"},
	"unit":       {"unit"},
	"tolerance":  {"tolerance"},
}

// roleOf is what a column of that name holds; "" where its name doesn't say.
func roleOf(header string) string {
	name := strings.Join(strings.FieldsFunc(strings.ToLower(header), func(r rune) bool { return strings.ContainsRune(" _-/()*:.#", r) }), " ")
	bare := strings.TrimRight(name, "0123456789 ")
	if bare == "" {
		return ""
	}
	numbered := bare != name
	if len(bare) > 2 && bare[len(bare)-2] == ' ' { // option a
		for _, o := range called["option"] {
			if bare[:len(bare)-2] == o || bare[:len(bare)-2] == "answer" {
				return "option"
			}
		}
	}
	if len(bare) == 1 && bare >= "a" && bare <= "j" || numbered && bare == "answer" {
		return "option"
	}
	for _, role := range roles {
		if slices.Contains(called[role], bare) {
			return role
		}
	}
	return ""
}

func csvFormat() Format {
	return Format{
		Name: "csv", Title: "a table (CSV, TSV)", Suffixes: []string{".csv", ".tsv", ".tab"},
		guess: func(head []byte) int {
			line, comma := headerOf(head)
			fields := strings.Split(line, string(comma))
			have := map[string]bool{}
			for _, f := range fields {
				have[roleOf(strings.Trim(f, `"'`))] = true
			}
			if have["ask"] && (have["answer"] || have["option"]) {
				return 70
			}
			return 0
		},
		read:  readCSV,
		write: writeCSV,
	}
}

// headerOf is the first line of a table, and what separates its columns.
func headerOf(head []byte) (line string, comma rune) {
	for l := range strings.Lines(string(head)) {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		if sep, ok := strings.CutPrefix(strings.ToLower(l), "sep="); ok && sep != "" {
			comma = rune(sep[0])
			continue
		}
		line = l
		break
	}
	if comma != 0 {
		return line, comma
	}
	comma = ','
	for _, c := range []rune{';', '\t', '|'} {
		if strings.Count(line, string(c)) > strings.Count(line, string(comma)) {
			comma = c
		}
	}
	return line, comma
}

func readCSV(in *Input, found func(Found) error) error {
	head, err := in.head()
	if err != nil {
		return err
	}
	_, comma := headerOf(head)
	r := csv.NewReader(in.reader())
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = comma, -1, true
	var t *table
	for {
		record, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			if t == nil {
				return errors.New("the table is empty")
			}
			return nil
		case err != nil:
			return plainCSV(err)
		}
		line, _ := r.FieldPos(0)
		if t == nil {
			record[0] = strings.TrimPrefix(record[0], "\ufeff")
			if strings.HasPrefix(strings.ToLower(record[0]), "sep=") {
				continue
			}
			if t, err = newTable(record, in.Columns); err != nil {
				return err
			}
			if t.header {
				continue
			}
		}
		for _, field := range record {
			if !utf8.ValidString(field) {
				return fmt.Errorf("line %d is not UTF-8: save the file as UTF-8", line)
			}
		}
		if blankRecord(record) {
			continue
		}
		f := Found{At: line}
		t.read(&f, record)
		if f.Dropped == "" && len(t.unknown) > 0 {
			f.note("nothing says what these columns hold, so they are left out: %s; --columns says it", quoted(t.unknown))
			t.unknown = nil
		}
		if err := found(f); err != nil {
			return err
		}
	}
}

func plainCSV(err error) error {
	var fault *csv.ParseError
	if errors.As(err, &fault) {
		return fmt.Errorf("line %d, column %d: %w: a field that holds quotes or line breaks stands in quotes, and quotes in it are doubled", fault.Line, fault.Column, fault.Err)
	}
	return err
}

func blankRecord(record []string) bool {
	return !slices.ContainsFunc(record, func(s string) bool { return strings.TrimSpace(s) != "" })
}

// table says which columns of a record hold what.
type table struct {
	header  bool // the first record names the columns
	columns map[string][]int
	lists   map[int]bool // columns whose cells hold several
	unknown []string     // names that say nothing
}

// listNames are columns that hold all of their kind in one cell.
var listNames = strings.Fields("options choices answers distractors")

// holdsList reports that a column's name is a plural without a number.
func holdsList(header string) bool {
	words := strings.FieldsFunc(strings.ToLower(header), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return len(words) > 0 && slices.Contains(listNames, words[len(words)-1])
}

// quoted lists names of columns for people, however long and whatever is in them.
func quoted(names []string) string {
	const atMost, width = 10, 40
	var out []string
	for _, name := range names[:min(atMost, len(names))] {
		if runes := []rune(name); len(runes) > width {
			name = string(runes[:width-1]) + "…"
		}
		out = append(out, strconv.Quote(name))
	}
	if more := len(names) - atMost; more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, ", ")
}

func newTable(header []string, said Columns) (*table, error) {
	t := &table{header: true, columns: map[string][]int{}, lists: map[int]bool{}}
	for i, name := range header {
		t.lists[i] = holdsList(name)
	}
	if said == nil {
		for i, name := range header {
			if role := roleOf(name); role != "" {
				t.columns[role] = append(t.columns[role], i)
			} else if strings.TrimSpace(name) != "" {
				t.unknown = append(t.unknown, strings.Clone(name))
			}
		}
		t.oneAnswer(header)
		if len(t.columns["ask"]) == 0 {
			return nil, fmt.Errorf("no column is called question or ask (there are: %s): say what the columns hold with --columns", quoted(header))
		}
		return t, nil
	}
	numbers := true
	for role, names := range said {
		for _, name := range names {
			i := slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) })
			if n, err := strconv.Atoi(name); i < 0 && err == nil && n > 0 {
				i = n - 1
			} else if i < 0 {
				return nil, fmt.Errorf("there is no column %q (there are: %s)", name, quoted(header))
			} else {
				numbers = false
			}
			t.columns[role] = append(t.columns[role], i)
		}
	}
	// Where all columns are said by number, the first record is a question unless it says
	// what its columns are.
	t.header = !numbers || roleOf(header[min(t.columns["ask"][0], len(header)-1)]) == "ask"
	if !t.header {
		clear(t.lists)
	}
	return t, nil
}

// oneAnswer leaves the first column that holds answers, and those that differ from it by
// number alone.
func (t *table) oneAnswer(header []string) {
	plain := func(i int) string { return strings.TrimRight(evened(header[i]), "0123456789 ") }
	if answers := t.columns["answer"]; len(answers) > 1 {
		t.columns["answer"] = slices.DeleteFunc(answers, func(i int) bool { return plain(i) != plain(answers[0]) })
	}
}

// all are what the columns of that role hold, blank ones too.
func (t *table) all(record []string, role string) []string {
	var out []string
	for _, i := range t.columns[role] {
		switch {
		case i >= len(record):
			out = append(out, "")
		case t.lists[i]:
			out = append(out, listed(record[i])...)
		default:
			out = append(out, bare(record[i]))
		}
	}
	return out
}

// listed are the parts of a cell that holds several: between bars, else between semicolons.
func listed(cell string) []string {
	separator := ";"
	if strings.Contains(cell, "|") {
		separator = "|"
	}
	return splitAny(bare(cell), separator)
}

// cells are what the columns of that role hold, blank ones left out.
func (t *table) cells(record []string, role string) []string {
	return slices.DeleteFunc(t.all(record, role), func(s string) bool { return s == "" })
}

func (t *table) cell(record []string, role string) string {
	if cells := t.cells(record, role); len(cells) > 0 {
		return cells[0]
	}
	return ""
}

// A cell that a spreadsheet would take for a formula is written with an apostrophe before
// it, and read without.
const formula = "=+-@\t'"

func bare(cell string) string {
	if s, ok := strings.CutPrefix(cell, "'"); ok && s != "" && strings.ContainsRune(formula, rune(s[0])) {
		cell = s
	}
	return strings.TrimSpace(cell)
}

func (t *table) read(f *Found, record []string) {
	q := &f.Question
	q.ID, q.Ask, q.Explain, q.Source, q.Hint, q.Unit = t.cell(record, "id"), t.cell(record, "ask"), t.cell(record, "explain"), t.cell(record, "source"), t.cell(record, "hint"), t.cell(record, "unit")
	q.Tags = tagsOf(strings.Join(t.cells(record, "tags"), ","))
	q.Difficulty = difficultyOf(t.cell(record, "difficulty"))
	if n, err := strconv.Atoi(t.cell(record, "seconds")); err == nil && n >= quiz.MinSeconds && n <= quiz.MaxSeconds {
		q.Seconds = n
	}
	answers, options, wrong := t.cells(record, "answer"), t.cells(record, "option"), t.cells(record, "wrong")
	answer := strings.Join(answers, ";")
	kind := quiz.Kind(strings.ToLower(t.cell(record, "kind")))
	switch {
	case q.Ask == "":
		f.Dropped = "it asks nothing"
	case kind == quiz.Order:
		q.Kind, q.Steps = quiz.Order, options
	case answer == "":
		f.Dropped = "it has no answer"
	case kind == quiz.Number:
		q.Kind = quiz.Number
		f.number(answer, t.cell(record, "tolerance"))
	case kind == quiz.Text:
		q.Kind, q.Accept = quiz.Text, typed(answers)
	case len(wrong) > 0 && kind != quiz.TrueFalse:
		f.pick(slices.Concat(answers, wrong), upTo(len(answers)))
	case kind == quiz.TrueFalse, len(options) == 0 && (strings.EqualFold(answer, "true") || strings.EqualFold(answer, "false")), truthPair(options):
		f.truth(t.all(record, "option"), answer)
	case len(options) > 0:
		f.choose(t.all(record, "option"), answer)
	case kind == quiz.Choice || kind == quiz.Multi:
		f.Dropped = "it has no options"
	default:
		q.Kind, q.Accept = quiz.Text, typed(answers)
	}
	if kind == quiz.Multi && q.Kind == quiz.Choice {
		q.Kind = quiz.Multi
	}
	t.whys(q, record)
}

// typed are the answers that are accepted: columns' texts, and what bars separate in them.
func typed(answers []string) []string {
	var out []string
	for _, a := range answers {
		out = append(out, splitAny(a, "|")...)
	}
	return out
}

func upTo(n int) []int {
	var out []int
	for i := range n {
		out = append(out, i)
	}
	return out
}

// truth makes a question that is true or false: of a word that says which, or of what
// names one of the options true and false.
func (f *Found) truth(options []string, answer string) {
	q := &f.Question
	q.Kind = quiz.TrueFalse
	if isTruth(answer) {
		q.Truth = truthOf(answer)
		return
	}
	picks, _ := picksOf(options, answer)
	if len(picks) != 1 || !isTruth(options[picks[0]]) {
		f.Dropped = "its answer " + strconv.Quote(answer) + " is neither true nor false"
		return
	}
	q.Truth = truthOf(options[picks[0]])
}

// whys gives each option the why of the same number.
func (t *table) whys(q *quiz.Question, record []string) {
	columns := t.columns["why"]
	if len(columns) == 0 || len(t.columns["option"]) == 0 || slices.ContainsFunc(t.columns["option"], func(i int) bool { return t.lists[i] }) {
		return
	}
	option := 0
	for n, i := range t.columns["option"] {
		if i >= len(record) || bare(record[i]) == "" {
			continue
		}
		if option < len(q.Options) && n < len(columns) && columns[n] < len(record) {
			q.Options[option].Why = bare(record[columns[n]])
		}
		option++
	}
}

func splitAny(s, separators string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
