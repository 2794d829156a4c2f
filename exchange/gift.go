package exchange

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"quizbot/quiz"
)

// Moodle GIFT: questions in blocks with empty lines between, answers in braces. The form
// follows Moodle's documentation of it.

var (
	giftAnswers = regexp.MustCompile(`(?s)[^\\]\{[^}]*[=~#]|\{\s*(?:T|F|TRUE|FALSE)\s*[#}]`)
	giftTitle   = regexp.MustCompile(`(?s)^::(.*?[^\\])::`)
	giftMarkup  = regexp.MustCompile(`^\[(html|moodle|plain|markdown)\]`)
	giftTruth   = regexp.MustCompile(`(?is)^(T|TRUE|F|FALSE)\s*(?:#(.*))?$`)
)

func giftFormat() Format {
	return Format{
		Name: "gift", Title: "Moodle GIFT", Suffixes: []string{".gift", ".txt"},
		guess: func(head []byte) int {
			switch {
			case first(head) == '<' || first(head) == '[' && !giftMarkup.Match(head):
				return 0
			case strings.HasPrefix(string(head), "$CATEGORY:") || strings.Contains(string(head), "\n$CATEGORY:"):
				return 85
			case giftAnswers.Match(head) && first(head) != '{':
				return 60
			}
			return 0
		},
		read:  readGIFT,
		write: writeGIFT,
	}
}

func readGIFT(in *Input, found func(Found) error) error {
	var block []string
	at, depth, category := 0, 0, ""
	closed, blank := false, false // the block has its answers; the line before is empty
	flush := func() error {
		text := strings.TrimSpace(strings.Join(block, "\n"))
		block, depth, closed = nil, 0, false
		if text == "" {
			return nil
		}
		f := Found{At: at}
		f.gift(text)
		f.Question.Tags = tagsOf(category)
		return found(f)
	}
	err := in.lines(func(n int, line string) error {
		trimmed := strings.TrimSpace(line)
		begins := strings.HasPrefix(trimmed, "::") || unescaped(line, "{", 0) >= 0
		defer func() { blank = trimmed == "" }()
		switch {
		case strings.HasPrefix(trimmed, "//"):
			return nil
		case strings.HasPrefix(trimmed, "$CATEGORY:"):
			err := flush()
			parts := strings.Split(strings.TrimSpace(strings.TrimPrefix(trimmed, "$CATEGORY:")), "/")
			category = parts[len(parts)-1]
			return err
		case trimmed != "" && depth > 0 && blank && begins: // the one before is never closed
			if err := flush(); err != nil {
				return err
			}
		case trimmed == "" && depth <= 0, depth <= 0 && closed && begins:
			if err := flush(); err != nil || trimmed == "" {
				return err
			}
		}
		if len(block) == 0 {
			at = n
		}
		block = append(block, line)
		depth += open(line)
		closed = closed || unescaped(line, "}", 0) >= 0
		if len(block) > 2000 {
			return fmt.Errorf("line %d: the question that begins in line %d has no end: a brace is not closed", n, at)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// open counts the braces that a line opens, less those that it closes.
func open(line string) int {
	n := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '{':
			n++
		case '}':
			n--
		}
	}
	return n
}

// gift reads one question.
func (f *Found) gift(text string) {
	q := &f.Question
	if m := giftTitle.FindStringSubmatch(text); m != nil {
		q.ID = giftPlain(m[1])
		text = strings.TrimSpace(text[len(m[0]):])
	}
	markup := ""
	if m := giftMarkup.FindStringSubmatch(text); m != nil {
		markup, text = m[1], text[len(m[0]):]
	}
	begin := unescaped(text, "{", 0)
	if begin < 0 {
		f.Dropped = "it has no answers in braces: a description"
		return
	}
	end := unescaped(text, "}", begin)
	if end < 0 {
		f.Dropped = "its brace is not closed"
		return
	}
	if unescaped(text[:end], "{", begin+1) >= 0 {
		f.Dropped = "a brace opens inside its answers: an earlier one is not closed, or one in a text needs a backslash"
		return
	}
	if unescaped(text[end+1:], "{", 0) >= 0 || unescaped(text[end+1:], "}", 0) >= 0 {
		f.Dropped = "more braces stand behind its answers: put an empty line between questions"
		return
	}
	before, answers, after := text[:begin], text[begin+1:end], strings.TrimSpace(text[end+1:])
	ask := giftPlain(before)
	if after != "" {
		ask = strings.TrimRight(before, " \n") + " _____ " + after
		if strings.ContainsAny(after[:1], ".,;:!?") {
			ask = strings.TrimRight(before, " \n") + " _____" + after
		}
		ask = giftPlain(ask)
	}
	q.Ask = ask
	if i := unescaped(answers, "####", 0); i >= 0 {
		q.Explain = giftPlain(answers[i+4:])
		answers = answers[:i]
	}
	f.giftAnswers(strings.TrimSpace(answers))
	if markup == "html" || markup == "moodle" {
		for _, t := range texts(q) {
			f.html(t.to, t.what)
		}
	}
}

func (f *Found) giftAnswers(s string) {
	q := &f.Question
	switch m := giftTruth.FindStringSubmatch(s); {
	case s == "":
		f.Dropped = "it is an essay: nothing says what is right"
	case m != nil:
		q.Kind, q.Truth = quiz.TrueFalse, m[1][0] == 'T' || m[1][0] == 't'
		wrong, right, _ := strings.Cut(m[2], "#")
		if q.Explain == "" {
			q.Explain = giftPlain(wrong)
		} else if giftPlain(wrong) != "" {
			f.note("what it says to who is wrong is left out")
		}
		if giftPlain(right) != "" {
			f.note("what it says to who is right is left out")
		}
	case s[0] == '#':
		f.giftNumber(s[1:])
	default:
		f.giftOptions(giftTokens(s))
	}
}

// token is one answer: = right, ~ wrong, or with a weight in per cent.
type token struct {
	sign     byte
	weighted bool
	weight   float64
	text     string
	feedback string
}

var giftWeight = regexp.MustCompile(`^%(-?[0-9]+(?:\.[0-9]+)?)%`)

func giftTokens(s string) []token {
	var out []token
	for s != "" {
		next := 1
		for ; next < len(s) && s[next] != '=' && s[next] != '~'; next++ {
			if s[next] == '\\' {
				next++
			}
		}
		next = min(next, len(s))
		part := s[:next]
		s = s[next:]
		if part[0] != '=' && part[0] != '~' {
			continue // words before the first answer
		}
		t := token{sign: part[0]}
		part = strings.TrimSpace(part[1:])
		if m := giftWeight.FindStringSubmatch(part); m != nil {
			t.weighted = true
			t.weight, _ = strconv.ParseFloat(m[1], 64)
			part = part[len(m[0]):]
		}
		if i := unescaped(part, "#", 0); i >= 0 {
			t.feedback = giftPlain(part[i+1:])
			part = part[:i]
		}
		t.text = strings.TrimSpace(part)
		out = append(out, t)
	}
	return out
}

func (f *Found) giftOptions(tokens []token) {
	q := &f.Question
	equals, wrong := 0, 0
	for _, t := range tokens {
		if t.sign == '=' {
			equals++
			if unescaped(t.text, "->", 0) >= 0 {
				f.Dropped = "it matches pairs, and there is no such kind of question"
				return
			}
		} else {
			wrong++
		}
	}
	if wrong == 0 {
		f.giftText(tokens)
		return
	}
	if equals > 1 {
		f.Dropped = "several of its answers are right, each alone: there is no such kind of question"
		return
	}
	right := 0
	for _, t := range tokens {
		o := quiz.Option{Text: giftPlain(t.text), Correct: t.sign == '=' && (!t.weighted || t.weight > 0), Why: t.feedback}
		if t.sign == '~' && t.weighted && t.weight > 0 {
			if equals == 0 {
				o.Correct = true
			} else {
				f.note("part of the points for %q is left out", o.Text)
			}
		}
		if o.Correct {
			right++
		}
		q.Options = append(q.Options, o)
	}
	switch {
	case right == 0:
		f.Dropped = "none of its answers is right"
	case right == 1 && equals == 1 || right == 1 && tokens[indexRight(q.Options)].weight == 100:
		q.Kind = quiz.Choice
	default:
		q.Kind = quiz.Multi
	}
}

func indexRight(options []quiz.Option) int {
	for i, o := range options {
		if o.Correct {
			return i
		}
	}
	return 0
}

func (f *Found) giftText(tokens []token) {
	q := &f.Question
	q.Kind = quiz.Text
	for _, t := range tokens {
		text := giftPlain(t.text)
		if t.weighted && t.weight < 100 {
			f.note("%q brought only part of the points, so it isn't accepted", text)
			continue
		}
		q.Accept = append(q.Accept, strings.TrimSpace(strings.ReplaceAll(text, "*", "")))
		if strings.Contains(text, "*") {
			f.note("the wildcards of %q are left out", text)
		}
		if t.feedback != "" && q.Explain == "" {
			q.Explain = t.feedback
		}
	}
}

// giftNumber reads "3:0.5", "1..5", or several answers of which the first whole one counts.
func (f *Found) giftNumber(s string) {
	q := &f.Question
	q.Kind = quiz.Number
	tokens := giftTokens("=" + strings.TrimPrefix(strings.TrimSpace(s), "="))
	for i, t := range tokens {
		if t.sign != '=' || t.weighted && t.weight < 100 {
			f.note("another number that brought part of the points is left out")
			continue
		}
		if i > 0 {
			f.note("another right number is left out")
			continue
		}
		value, tolerance, ranged := strings.Cut(t.text, ":")
		if low, high, ok := strings.Cut(t.text, ".."); ok {
			a, errA := strconv.ParseFloat(strings.TrimSpace(low), 64)
			b, errB := strconv.ParseFloat(strings.TrimSpace(high), 64)
			if errA != nil || errB != nil {
				f.Dropped = "its answer " + strconv.Quote(t.text) + " is no range of numbers"
				return
			}
			q.Answer, q.Tolerance = (a+b)/2, math.Abs(b-a)/2
			continue
		}
		if !ranged {
			tolerance = ""
		}
		f.number(value, strings.TrimSpace(tolerance))
		if t.feedback != "" && q.Explain == "" {
			q.Explain = t.feedback
		}
	}
}

// unescaped is where a sign stands that no backslash precedes, from an offset on; -1.
func unescaped(s, sign string, from int) int {
	for i := from; i < len(s); i++ {
		if s[i] == '\\' {
			i++
			continue
		}
		if strings.HasPrefix(s[i:], sign) {
			return i
		}
	}
	return -1
}

// giftPlain undoes the escapes.
func giftPlain(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			switch c := s[i+1]; {
			case c == 'n':
				b.WriteByte('\n')
				i++
				continue
			case strings.IndexByte("~=#{}:\\", c) >= 0:
				b.WriteByte(c)
				i++
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return strings.TrimSpace(b.String())
}

// giftLost tells what of a question reads otherwise in GIFT, whatever is done about it.
func giftLost(q quiz.Question) string {
	texts := slices.Clone(q.Accept)
	if slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, "*") }) {
		return "an accepted answer with * in it is read as one with anything there"
	}
	for _, o := range q.Options {
		texts = append(texts, o.Text)
	}
	switch {
	case slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, "->") }):
		return "an answer with -> in it is read as a pair"
	case slices.ContainsFunc(texts, giftWeight.MatchString):
		return "an answer that begins with %number% is read as one with a weight"
	}
	return ""
}

var giftEscapes = strings.NewReplacer(`\`, `\\`, "~", `\~`, "=", `\=`, "#", `\#`, "{", `\{`, "}", `\}`, ":", `\:`, "\n", `\n`)

func writeGIFT(w io.Writer, pack quiz.Pack, lost func(id, what string)) error {
	if _, err := fmt.Fprintf(w, "// %s\n", strings.ReplaceAll(pack.Title, "\n", " ")); err != nil {
		return err
	}
	for _, q := range pack.Questions {
		answers, ok := giftOf(q)
		if !ok {
			lost(q.ID, "the format has no "+string(q.Kind)+" questions: left out")
			continue
		}
		if why := giftLost(q); why != "" {
			lost(q.ID, why+": left out")
			continue
		}
		if q.Unit != "" {
			lost(q.ID, "not carried over: the unit")
		}
		lose(q, lost, kept{explain: true, why: true})
		if q.Explain != "" {
			answers += "\n\t####" + giftEscapes.Replace(q.Explain)
		}
		if _, err := fmt.Fprintf(w, "\n::%s::%s {%s\n}\n", giftEscapes.Replace(q.ID), giftEscapes.Replace(q.Ask), answers); err != nil {
			return err
		}
	}
	return nil
}

func giftOf(q quiz.Question) (answers string, ok bool) {
	var b strings.Builder
	feedback := func(why string) string {
		if why == "" {
			return ""
		}
		return "#" + giftEscapes.Replace(why)
	}
	switch q.Kind {
	case quiz.Choice:
		for _, o := range q.Options {
			sign := "~"
			if o.Correct {
				sign = "="
			}
			b.WriteString("\n\t" + sign + giftEscapes.Replace(o.Text) + feedback(o.Why))
		}
	case quiz.Multi:
		right := 0
		for _, o := range q.Options {
			if o.Correct {
				right++
			}
		}
		for _, o := range q.Options {
			weight := "-100"
			if o.Correct {
				weight = strconv.FormatFloat(math.Floor(100e5/float64(right))/1e5, 'f', -1, 64)
				if right == 1 {
					weight = "99.99999" // else it would be read as a choice of one
				}
			}
			b.WriteString("\n\t~%" + weight + "%" + giftEscapes.Replace(o.Text) + feedback(o.Why))
		}
	case quiz.TrueFalse:
		b.WriteString(strings.ToUpper(strconv.FormatBool(q.Truth)))
	case quiz.Text:
		for _, a := range q.Accept {
			b.WriteString("\n\t=" + giftEscapes.Replace(a))
		}
	case quiz.Number:
		b.WriteString("#" + strconv.FormatFloat(q.Answer, 'f', -1, 64))
		if q.Tolerance > 0 {
			b.WriteString(":" + strconv.FormatFloat(q.Tolerance, 'f', -1, 64))
		}
	default:
		return "", false
	}
	return b.String(), true
}
