package exchange

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"quizbot/quiz"
)

// settle brings a question into the form that packs have: texts without what nobody sees
// and within their limits, and drops it where the rules of packs refuse it.
func (f *Found) settle() {
	q := &f.Question
	q.ID = ownID(q.ID)
	if damaged(q) {
		f.Dropped, f.Question = "characters of it were lost when the file was saved (U+FFFD): save it again, as UTF-8", quiz.Question{}
		return
	}
	for _, text := range texts(q) {
		f.clean(text.to, text.what)
	}
	for i := range q.Accept {
		f.clean(&q.Accept[i], "an accepted answer")
	}
	q.Accept = distinct(q.Accept)
	for i := range q.Steps {
		f.clean(&q.Steps[i], "a step")
	}
	for _, text := range texts(q) {
		if text.cut {
			f.shorten(text.to, text.what, text.limit)
		}
	}
	if q.Difficulty == 0 {
		q.Difficulty = quiz.Medium
	}
	if why := Refused(*q); why != "" {
		f.Dropped, f.Question = why, quiz.Question{}
	}
}

// text is one of a question's texts.
type text struct {
	to    *string
	what  string
	limit int  // characters
	cut   bool // it may be shortened: what is asked and what is answered may not
}

func texts(q *quiz.Question) []text {
	out := []text{
		{&q.Ask, "the question", quiz.MaxAsk, false},
		{&q.Explain, "the explanation", quiz.MaxExplain, true},
		{&q.Hint, "the hint", quiz.MaxHint, true},
		{&q.Source, "the source", quiz.MaxSource, true},
		{&q.Unit, "the unit", 60, false},
	}
	for i := range q.Options {
		out = append(out, text{&q.Options[i].Text, "an option", quiz.MaxOption, false}, text{&q.Options[i].Why, "a why", quiz.MaxWhy, true})
	}
	return out
}

// clean takes out what packs refuse because nobody sees it.
func (f *Found) clean(s *string, what string) {
	dropped := 0
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return -1
		case r == '\u00a0' || r == '\u202f':
			return ' '
		case r == '\u2028' || r == '\u2029' || r == '\u0085' || r == '\v' || r == '\f':
			return '\n'
		case unicode.IsControl(r), r == utf8.RuneError, unicode.Is(unicode.Cf, r) && r != '\u200d' && r != '\u200c',
			unicode.Is(unicode.Co, r), !unicode.IsOneOf([]*unicode.RangeTable{unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cf}, r):
			dropped++
			return -1
		}
		return r
	}, *s)
	if dropped > 0 {
		f.note("%s lost %d characters that nobody sees", what, dropped)
	}
	*s = strings.TrimSpace(clean)
}

// shorten cuts a text after its last whole sentence, or word, that fits.
func (f *Found) shorten(s *string, what string, limit int) {
	n := utf8.RuneCountInString(*s)
	if n <= limit {
		return
	}
	runes := []rune(*s)[:limit-1]
	end := len(runes)
	for i := end - 1; i > limit/2; i-- {
		if strings.ContainsRune(".!?\n", runes[i]) && (i+1 == len(runes) || unicode.IsSpace(runes[i+1])) {
			end = i + 1
			break
		}
	}
	cut := strings.TrimSpace(string(runes[:end]))
	if end == len(runes) {
		if i := strings.LastIndexFunc(cut, unicode.IsSpace); i > 0 {
			cut = strings.TrimSpace(cut[:i])
		}
		cut += "…"
	}
	*s = cut
	f.note("%s was cut from %d characters to %d", what, n, utf8.RuneCountInString(cut))
}

// damaged reports that a text holds what stands for characters that could not be read.
func damaged(q *quiz.Question) bool {
	all := slices.Concat(q.Accept, q.Steps)
	for _, text := range texts(q) {
		all = append(all, *text.to)
	}
	return slices.ContainsFunc(all, func(s string) bool { return strings.ContainsRune(s, utf8.RuneError) })
}

func distinct(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if key := strings.ToLower(strings.Join(strings.Fields(s), " ")); key != "" && !seen[key] {
			seen[key] = true
			out = append(out, s)
		}
	}
	return out
}

// Refused says why a question can't stand in a pack; "" when it can. It asks the reader of
// packs itself, so that nothing is written that would not be read.
func Refused(q quiz.Question) string {
	if q.ID == "" {
		q.ID = "x"
	}
	src, err := marshalPack(quiz.Pack{ID: "x", Questions: []quiz.Question{q}})
	if err != nil {
		return err.Error()
	}
	faults := quiz.ReadSource("", src).Faults
	if len(faults) == 0 {
		return ""
	}
	return faults[0].Text
}

// Namer gives questions the IDs that they have in one pack.
type Namer struct{ taken map[string]bool }

// Name returns an ID that no question of the pack has had before: the question's own where
// it is one, else one made of its words, so that the same question is called the same
// whatever stands around it.
func (n *Namer) Name(q quiz.Question) string {
	if n.taken == nil {
		n.taken = map[string]bool{}
	}
	id := ownID(q.ID)
	if id == "" {
		id = Slug(firstWords(q.Ask), maxSlug)
	}
	if id == "" {
		id = "question"
	}
	if n.taken[id] {
		id = Slug(id, maxSlug)
		id += "-" + digest(q)
	}
	for base, i := id, 2; n.taken[id]; i++ {
		id = fmt.Sprintf("%s-%d", base, i)
	}
	n.taken[id] = true
	return id
}

// ownID is the ID that a question's name in a file gives: itself where it has the form of
// IDs, else one made of it; "" where nothing is left of it.
func ownID(name string) string {
	if len(name) <= maxID && Slug(name, maxID) == name {
		return name
	}
	return Slug(name, maxSlug)
}

// maxID bounds an ID, in characters.
const maxID = 60

// maxSlug leaves room for what makes an ID different, in characters.
const maxSlug = 40

// firstWords are those of a question that tell it from others.
func firstWords(ask string) string {
	var out []string
	for _, w := range strings.Fields(ask) {
		if !slices.Contains([]string{"a", "an", "the", "of", "is", "are", "what", "which", "does", "do", "in", "to", "when", "how"}, strings.ToLower(w)) {
			out = append(out, w)
		}
		if len(out) == 6 {
			break
		}
	}
	if len(out) == 0 {
		return ask
	}
	return strings.Join(out, " ")
}

// RefusedPack says why a pack can't be called so; "" when it can.
func RefusedPack(p quiz.Pack) string {
	p.Questions = []quiz.Question{{ID: "x", Kind: quiz.TrueFalse, Ask: "x", Difficulty: quiz.Medium}}
	src, err := marshalPack(p)
	if err != nil {
		return err.Error()
	}
	if faults := quiz.ReadSource("", src).Faults; len(faults) > 0 {
		return faults[0].Text
	}
	return ""
}
