package bot

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"quizbot/quiz"
)

// A press is what a button of a question says: a round, and what was picked so
// far, as places in the order shown. It is visible to everybody, so it must not
// tell which option is right.
//
// Its text is "a:ROUND.TAG:PICKS", PICKS being places joined by "-", with "!" at
// the end when a multi answer is complete: "a:12.k3f9x:0", "a:12.k3f9x:0-2!". Where the
// answer is typed, "a:12.k3f9x:?" opens the form for it, whose ID is "a:12.k3f9x:=". TAG
// tells the rooms of one database from those of another, whose rounds have the same
// numbers: old buttons must not answer new questions when a database was replaced.
//
// "s:ROUND.TAG" answers nothing: it shows an async question.
type press struct {
	round int
	tag   string
	show  bool
	picks []int
	done  bool
	opens bool // it asks for the form of a typed answer
	typed bool // it is that form, filled in
}

func (p press) String() string {
	var b strings.Builder
	if p.show {
		return "s:" + strconv.Itoa(p.round) + "." + p.tag
	}
	b.WriteString("a:" + strconv.Itoa(p.round) + "." + p.tag + ":")
	for i, pick := range p.picks {
		if i > 0 {
			b.WriteByte('-')
		}
		b.WriteString(strconv.Itoa(pick))
	}
	switch {
	case p.done:
		b.WriteByte('!')
	case p.opens:
		b.WriteByte('?')
	case p.typed:
		b.WriteByte('=')
	}
	return b.String()
}

// maxPress is the longest ID of a button, in bytes.
const maxPress = 60

// tagOf is a room's tag: five letters and digits that follow from its seed.
func tagOf(r quiz.Room) string {
	const size = 5
	h := fnv.New64a()
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, r.Seed))
	s := strconv.FormatUint(h.Sum64(), 36)
	return (s + "00000")[:size]
}

func parsePress(s string) (press, bool) {
	kind, rest, ok := strings.Cut(s, ":")
	if !ok || len(s) > maxPress {
		return press{}, false
	}
	no, picks, ok := strings.Cut(rest, ":")
	p := press{show: kind == "s"}
	if kind != "a" && kind != "s" || ok == p.show {
		return press{}, false
	}
	var err error
	if no, p.tag, ok = strings.Cut(no, "."); !ok {
		return press{}, false
	}
	if p.round, err = strconv.Atoi(no); err != nil || p.round < 1 {
		return press{}, false
	}
	picks, p.done = strings.CutSuffix(picks, "!")
	if !p.done {
		p.opens, p.typed = picks == "?", picks == "="
	}
	if picks == "" || p.opens || p.typed {
		return p, p.String() == s
	}
	for field := range strings.SplitSeq(picks, "-") {
		n, err := strconv.Atoi(field)
		if err != nil || n < 0 || n >= quiz.MaxOptions {
			return press{}, false
		}
		if slices.Contains(p.picks, n) {
			return press{}, false
		}
		p.picks = append(p.picks, n)
	}
	return p, p.String() == s // no button of ours says "00" or "+1"
}

// given turns the picks into an answer; complete is false while a multi or order
// answer is still being put together. ok is false when the picks don't fit the
// question.
func (p press) given(r quiz.Round) (g quiz.Given, complete, ok bool) {
	var picks []int
	for _, place := range p.picks {
		if place >= len(r.Shown) {
			return quiz.Given{}, false, false
		}
		picks = append(picks, r.Shown[place])
	}
	if p.done && r.Question.Kind != quiz.Multi {
		return quiz.Given{}, false, false // no button says so
	}
	switch r.Question.Kind {
	case quiz.Choice, quiz.TrueFalse:
		return quiz.Given{Picks: picks}, true, len(picks) == 1
	case quiz.Multi:
		return quiz.Given{Picks: slices.Sorted(slices.Values(picks))}, p.done && len(picks) > 0, true
	case quiz.Order:
		if len(picks) < len(r.Shown)-1 {
			return quiz.Given{Picks: picks}, false, true
		}
		return quiz.Given{Picks: withLast(picks, r.Shown)}, true, true
	default:
		return quiz.Given{}, false, false
	}
}

// withLast adds the only step that was not picked.
func withLast(picks, all []int) []int {
	out := slices.Clone(picks)
	for _, step := range all {
		if !slices.Contains(picks, step) {
			out = append(out, step)
		}
	}
	return out
}
