package exchange

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"quizbot/quiz"
)

var (
	tick       = regexp.MustCompile(`[✅✔☑✓🟢]\x{fe0f}?`)
	cross      = regexp.MustCompile(`[❌✗✘✖🚫🔴]\x{fe0f}?`)
	answerIs   = regexp.MustCompile(`(?i)^(?:so,?\s+|therefore,?\s+|yes,?\s+)?(?:the\s+)?(?:(?:correct|right|best|final|most accurate)\s+)+(?:answer|option|choice|statement|response|sequence|order)s?(?:\s+is|\s+are)?\s*(?:options?\s+)?[:=-]*\s*(.*)$`)
	answerKey  = regexp.MustCompile(`(?i)^(?:the\s+)?(?:answer|solution|correct)(?:\s+is)?\s*[:=-]\s*(.*)$`)
	leadsIn    = regexp.MustCompile(`(?i)^the (?:correct|right) .{0,200}(?:\bis|\bare)\s*:\s*(.*)$`)
	isRight    = regexp.MustCompile(`(?i)^(.{1,220}?)\s+is\s+(?:the\s+)?(?:correct|right)(?:\s+(?:answer|option|choice))?\b[.!]?`)
	explains   = regexp.MustCompile(`(?i)^(?:detailed\s+|brief\s+|step-by-step\s+)?(?:explanation|breakdown|reason(?:ing)?|rationale|why(?:\s+(?:this|it|that)\b.*)?|why\?|details|here'?s why|let'?s break it down)(?:\s*[:?–—-]+\s*(.*)|\s*)$|^because\s*[:,]?\s+(.*)$`)
	others     = regexp.MustCompile(`(?i)^(?:why (?:the )?(?:other|others|not)\b.*|(?:the )?(?:other|incorrect|wrong) (?:options|answers|choices)\b.*|why .{0,40}(?:wrong|incorrect).*)$`)
	offers     = regexp.MustCompile(`(?i)^(?:let me know|would you like|do you want|want me to|feel free|if you(?:'d| would) like|i can also|happy to|hope this helps|shall i)\b`)
	optionName = regexp.MustCompile(`(?i)^(?:option|answer|choice)?\s*[("]?([A-J])(?:[.):"\]]|\s*[–—]|\s+-|-(?:[^\pL]|$)|\s*$|\s+(?:is|because)\b)`)
	alsoNamed  = regexp.MustCompile(`(?i)^(?:[,;&]\s*(?:and\s+|or\s+)?|(?:and|or)\s+)`)
	between    = regexp.MustCompile(`(?i)\s*[,;&]\s*(?:and\s+)?|\s+and\s+`)
	onlyIf     = regexp.MustCompile(`(?i)\b(?:if|when|unless|but|only)\b`)
	sentence   = regexp.MustCompile(`(?i)[.!?](?:\s|$)|\b(?:because|since)\b`)
	negative   = regexp.MustCompile(`(?i)\bnot\b|n['’]t\b|\bexcept\b|\bincorrect\b|\bfalse\b|\bwrong\b`)
	reasonMark = regexp.MustCompile(`^\s*(?:[-–—:→]+|\(?(?:is |are )?(?:incorrect|wrong|not correct|false)\)?[.:,–—-]*|because)\s*`)
)

// readReply reads which option is said to be right, and why.
func (x *asked) readReply(lines []said) {
	if len(lines) == 0 {
		x.Dropped = "nobody has answered it"
		return
	}
	r := reply{x: x, sure: map[int][]claim{}}
	for i := 0; i < len(lines); i++ {
		i = r.line(lines, i)
	}
	right, why := r.decide()
	if why != "" {
		x.Dropped = why
		return
	}
	x.right = right
	x.Question.Explain = strings.TrimSpace(strings.Join(r.explain, "\n"))
	if x.Question.Kind == quiz.TrueFalse {
		x.Question.Truth = right[0] == 0
		return
	}
	x.Question.Kind = quiz.Choice
	if len(right) > 1 {
		x.Question.Kind = quiz.Multi
	}
	for i, o := range x.options {
		x.Question.Options = append(x.Question.Options, quiz.Option{Text: o, Correct: slices.Contains(right, i), Why: r.whys[i]})
	}
}

// claim is a line that says an option is right.
type claim struct{ option, at int }

// How sure a claim is: what is said in words counts before a tick, and a tick before
// strong text.
const (
	byWords = iota
	byTick
	byStrong
)

// reply is an answer while it is read.
type reply struct {
	x       *asked
	sure    map[int][]claim
	explain []string
	whys    map[int]string
	talking bool   // what explains has begun
	unclear string // why nobody can tell what is right; "": somebody may
	about   int    // the wrong option that is talked about, from 1; 0: none
}

// line reads one line, and returns the last one that belongs to it.
func (r *reply) line(lines []said, i int) int {
	l := lines[i]
	text := unmarked(tick.ReplaceAllString(cross.ReplaceAllString(l.text, ""), ""))
	ticked, crossed := tick.MatchString(l.text), cross.MatchString(l.text)
	next := func() (said, bool) {
		if i+1 < len(lines) {
			return lines[i+1], true
		}
		return said{}, false
	}
	for _, form := range []*regexp.Regexp{answerIs, answerKey, leadsIn} {
		m := form.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		if rest := strings.TrimSpace(m[1]); rest != "" {
			if r.words(rest, l.at) {
				return i
			}
			if form == leadsIn {
				break
			}
			continue
		}
		if below, ok := next(); ok {
			if option, _ := r.x.meant(stripped(below.text), true); option >= 0 {
				r.claim(byWords, option, below.at)
				return r.alsoTicked(lines, i+1)
			}
		}
		return i // a heading without an answer that is known
	}
	if m := isRight.FindStringSubmatch(text); m != nil && !crossed {
		if option := r.x.exactly(m[1]); option >= 0 && !conditional(strings.TrimPrefix(text, m[0])) {
			r.claim(byWords, option, l.at)
			r.add(strings.TrimSpace(strings.TrimPrefix(text, m[0])))
			return i
		}
	}
	if others.MatchString(text) {
		r.talking, r.about = true, 0
		return i
	}
	if m := explains.FindStringSubmatch(text); m != nil {
		r.talking, r.about = true, 0
		r.add(m[1] + m[2])
		return i
	}
	option, why := r.x.meant(text, r.x.letters)
	switch {
	case ticked && option >= 0:
		r.claim(byTick, option, l.at)
		r.add(why)
	case option >= 0 && (crossed || reasoned(text, why)):
		r.because(option, why)
	case option >= 0 && strong(l.text) && why == "":
		r.claim(byStrong, option, l.at)
	case offers.MatchString(text):
	default:
		r.add(text)
	}
	return i
}

// words takes what follows "the correct answer is"; false where no option is named.
func (r *reply) words(rest string, at int) bool {
	if r.x.several() && r.each(between.Split(rest, -1), at) {
		return true
	}
	option, why := r.x.meant(rest, true)
	switch also := alsoNamed.FindString(why); {
	case option < 0:
		return false
	case also != "" && r.x.names(why[len(also):]):
		r.unclear = fmt.Sprintf("line %d names several options as the right one", at)
	case conditional(why):
		r.unclear = fmt.Sprintf("line %d says under which condition %s is right", at, letter(option))
	default:
		r.claim(byWords, option, at)
		r.add(why)
	}
	return true
}

// each claims the options of a list, where each part is one; the last may go on.
func (r *reply) each(parts []string, at int) bool {
	var options []int
	said := ""
	for i, part := range parts {
		option, why := r.x.meant(part, true)
		if option < 0 || why != "" && i < len(parts)-1 || conditional(why) {
			return false
		}
		options, said = append(options, option), why
	}
	for _, o := range options {
		r.claim(byWords, o, at)
	}
	r.add(said)
	return true
}

// names reports that a text begins with an option.
func (x *asked) names(s string) bool {
	option, _ := x.meant(s, true)
	return option >= 0
}

// conditional reports that what is said of an option in the same sentence takes it back.
func conditional(s string) bool {
	if end := sentence.FindStringIndex(s); end != nil {
		s = s[:end[0]]
	}
	return onlyIf.MatchString(s)
}

// alsoTicked takes in the ticked options right below one that was announced; where several
// are asked for, those without a tick, too.
func (r *reply) alsoTicked(lines []said, i int) int {
	for i+1 < len(lines) && !cross.MatchString(lines[i+1].text) {
		option, why := r.x.meant(stripped(lines[i+1].text), r.x.letters)
		if ticked := tick.MatchString(lines[i+1].text); option < 0 || !ticked && (!r.x.several() || why != "") {
			break
		}
		i++
		r.claim(byWords, option, lines[i].at)
	}
	return i
}

func stripped(s string) string { return unmarked(tick.ReplaceAllString(s, "")) }

func strong(s string) bool {
	s = strings.TrimSpace(s)
	return strings.HasPrefix(s, "**") && strings.HasSuffix(strings.TrimRight(s, ".!"), "**")
}

// reasoned reports that a line names an option in order to say something of it.
func reasoned(text, why string) bool {
	return why != "" && (optionName.MatchString(text) || strings.Contains(text, ":") || strings.ContainsAny(text, "–—"))
}

func (r *reply) claim(how, option, at int) {
	if !slices.ContainsFunc(r.sure[how], func(c claim) bool { return c.option == option }) {
		r.sure[how] = append(r.sure[how], claim{option, at})
	}
	r.about = 0
}

// because notes why an option is wrong; or right, as it may turn out.
func (r *reply) because(option int, why string) {
	r.about = option + 1
	if why == "" {
		return
	}
	if r.whys == nil {
		r.whys = map[int]string{}
	}
	if len(r.whys[option]) > gathered {
		return
	}
	r.whys[option] = strings.TrimSpace(r.whys[option] + " " + why)
}

// add goes on with the explanation.
func (r *reply) add(text string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	if m := bulletOption.FindStringSubmatch(text); m != nil {
		text = "• " + m[1]
	}
	if r.about > 0 && r.whys[r.about-1] == "" { // below "❌ B. Text"
		r.because(r.about-1, text)
		return
	}
	r.explain = append(r.explain, text)
}

// decide says which options are right; or why nobody can tell.
func (r *reply) decide() (right []int, why string) {
	if r.unclear != "" {
		return nil, r.unclear
	}
	turned := r.x.Question.Kind != quiz.TrueFalse && negative.MatchString(r.x.Question.Ask)
	if turned && len(r.sure[byWords]) == 0 && len(r.sure[byTick]) > 0 {
		return nil, "it asks what is not so, and its ticks may say what is: nothing says in words which answer is right"
	}
	for _, how := range []int{byWords, byTick, byStrong} {
		claims := r.sure[how]
		if len(claims) == 0 {
			continue
		}
		if how == byWords { // what is ticked beside it must not say otherwise
			for _, c := range r.sure[byTick] {
				if !slices.ContainsFunc(claims, func(w claim) bool { return w.option == c.option }) && !r.x.several() {
					return nil, fmt.Sprintf("line %d says that %s is right, and line %d that %s is", claims[0].at, letter(claims[0].option), c.at, letter(c.option))
				}
			}
			if r.x.several() && !turned {
				claims = append(slices.Clone(claims), r.sure[byTick]...)
			}
		}
		for _, c := range claims {
			if !slices.Contains(right, c.option) {
				right = append(right, c.option)
			}
		}
		slices.Sort(right)
		if len(right) > 1 && !r.x.several() {
			return nil, fmt.Sprintf("line %d says that %s is right, and line %d that %s is", claims[0].at, letter(claims[0].option), claims[1].at, letter(claims[1].option))
		}
		if len(right) == len(r.x.options) && !r.x.several() {
			return nil, "all of its options are said to be right"
		}
		return right, ""
	}
	return nil, "its answer names none of the options"
}

// several reports that more than one option is asked for.
func (x *asked) several() bool { return severalRight.MatchString(x.Question.Ask) }

// clause is what is said after an option's name; "" where that is only a mark.
func clause(s string) string {
	s = reasonMark.ReplaceAllString(strings.TrimLeft(s, `."”') `), "")
	s = strings.TrimSpace(strings.TrimLeft(s, ":–—-→ "))
	if folded(s) == "" {
		return ""
	}
	return s
}
