package exchange

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"quizbot/quiz"
)

// Study chats: what was copied out of a chat with an assistant. A person's turn asks, with
// options below; the assistant's turn says which is right, and why. Nothing is written that
// doesn't stand there.

// maxStudy bounds such a file, in bytes: it is kept in memory, for turns may be repeated.
const maxStudy = 16 << 20

const (
	personNames    = `you|user|human|me|prompt|student|du|vous|usuario`
	assistantNames = `chat\s?gpt(?:[ -]?[0-9][\w.]*)?|gpt[ -]?[0-9][\w.]*|claude(?: [\w.]+){0,2}|gemini(?: [\w.]+){0,2}|(?:microsoft |github )?copilot|bing|bard|perplexity|deepseek|grok|mistral|le chat|llama|meta ai|assistant|ai|bot|model|tutor`
	markBefore     = `^[\s#>*_]*`
	markAfter      = `[\s*_]*`
)

var (
	personTurn    = regexp.MustCompile(`(?i)` + markBefore + `(?:` + personNames + `)(?:\s+(?:said|asked|wrote))?` + markAfter + `:` + markAfter + `(.*)$`)
	assistantTurn = regexp.MustCompile(`(?i)` + markBefore + `(?:` + assistantNames + `)(?:\s+(?:said|replied|answered|wrote))?` + markAfter + `:` + markAfter + `(.*)$`)
	// Without a colon a name is a heading when it stands alone, marked or with a verb.
	personAlone    = regexp.MustCompile(`(?i)^(?:[\s>]*[#*_]+[\s*_]*(?:` + personNames + `)(?:\s+said)?[\s*_]*|\s*(?:` + personNames + `)\s+(?:said|asked|wrote)\s*|\s*(?:You|User)\s*)$`)
	assistantAlone = regexp.MustCompile(`(?i)^(?:[\s>]*[#*_]+[\s*_]*(?:` + assistantNames + `)(?:\s+said)?[\s*_]*|\s*(?:` + assistantNames + `)\s+(?:said|replied|answered|wrote)\s*|\s*(?:ChatGPT|Claude|Gemini|Copilot|Assistant)\s*)$`)
	ruleLine       = regexp.MustCompile(`^[\s#*_=-]*$`)
)

type speaker int

const (
	nobody speaker = iota // before the first heading
	person
	assistant
)

// turn is what one side said.
type turn struct {
	by    speaker
	at    int // the line of its heading
	lines []said
}

// said is one line that is not empty.
type said struct {
	at   int
	text string
}

func studyFormat() Format {
	return Format{
		Name: "study-chat", Title: "a chat with an assistant", Suffixes: []string{".txt", ".md"},
		guess: func(head []byte) int {
			people, assistants := 0, 0
			for line := range strings.Lines(string(head)) {
				switch by, _ := heading(strings.TrimRight(line, "\r\n")); by {
				case person:
					people++
				case assistant:
					assistants++
				}
			}
			if people > 0 && assistants > 0 {
				return 82
			}
			return 0
		},
		read: readStudy,
	}
}

// heading says whose turn a line begins, and what is said in the same line.
func heading(line string) (by speaker, rest string) {
	if m := personTurn.FindStringSubmatch(line); m != nil {
		return person, m[1]
	}
	if m := assistantTurn.FindStringSubmatch(line); m != nil {
		return assistant, m[1]
	}
	switch {
	case personAlone.MatchString(line):
		return person, ""
	case assistantAlone.MatchString(line):
		return assistant, ""
	}
	return nobody, ""
}

func readStudy(in *Input, found func(Found) error) error {
	if in.Size > maxStudy {
		return fmt.Errorf("a chat of more than %d MiB is not read: cut it in parts", maxStudy>>20)
	}
	var lines []spoken
	err := in.lines(func(n int, line string) error {
		if strings.TrimSpace(line) != "" {
			by, rest := heading(line)
			lines = append(lines, spoken{said{n, line}, by, rest})
		}
		return nil
	})
	if err != nil {
		return err
	}
	doubt(lines)
	turns := []turn{{by: nobody, at: 1}}
	for _, l := range lines {
		if l.by != nobody {
			turns = append(turns, turn{by: l.by, at: l.at})
			l.text = l.rest
		}
		if t := &turns[len(turns)-1]; !ruleLine.MatchString(l.text) {
			t.lines = append(t.lines, said{l.at, strings.TrimSpace(l.text)})
		}
	}
	c := chat{}
	for i := 0; i < len(turns); i++ {
		t := turns[i]
		switch {
		case len(t.lines) == 0:
		case t.by != person:
			c.orphans = append(c.orphans, t)
		default:
			var reply turn
			for i+1 < len(turns) && turns[i+1].by == assistant {
				i++
				reply.at = max(reply.at, turns[i].at)
				reply.lines = append(reply.lines, turns[i].lines...)
			}
			c.add(t, reply)
		}
	}
	return c.give(found)
}

// chat gathers the questions of a chat.
type chat struct {
	all     []asked
	places  map[string]int // of all, by what is asked
	orphans []turn         // answers whose question isn't there
}

// asked is a question and what was answered to it.
type asked struct {
	Found
	options []string
	right   []int
	replied string // the whole answer, folded
	more    int    // how often it was asked again
	letters bool   // the options have letters
}

func (c *chat) add(ask, reply turn) {
	x := asked{Found: Found{At: ask.lines[0].at}}
	x.readAsk(ask.lines)
	var replied strings.Builder
	for _, l := range reply.lines {
		replied.WriteString(folded(l.text) + " ")
	}
	x.replied = replied.String()
	if x.Dropped == "" {
		x.readReply(reply.lines)
	}
	key := x.key()
	if i, ok := c.places[key]; ok && x.Question.Ask != "" {
		c.all[i].merge(x)
		return
	}
	if c.places == nil {
		c.places = map[string]int{}
	}
	c.places[key] = len(c.all)
	c.all = append(c.all, x)
}

// key is the same where the same was asked, to the sign: 2+2 is not 2-2.
func (x *asked) key() string {
	parts := []string{evened(x.Question.Ask)}
	for _, o := range x.options {
		parts = append(parts, evened(o))
	}
	return strings.Join(parts, "\x00")
}

func (x *asked) merge(y asked) {
	x.more++
	x.replied += y.replied
	switch {
	case y.Dropped != "":
	case x.Dropped != "":
		at, more, replied := x.At, x.more, x.replied
		*x = y
		x.At, x.more, x.replied = at, more, replied
	case !slices.Equal(x.right, y.right):
		x.Dropped = fmt.Sprintf("it is asked again in line %d, with another answer", y.At)
	case len(y.Question.Explain) > len(x.Question.Explain):
		x.Question.Explain = y.Question.Explain
	}
}

func (c *chat) give(found func(Found) error) error {
	var out []Found
	for _, o := range c.orphans {
		var words []string
		for _, l := range o.lines {
			words = append(words, folded(l.text))
		}
		text := strings.TrimSpace(strings.Join(words, " "))
		repeated := slices.IndexFunc(c.all, func(x asked) bool { return text != "" && strings.Contains(x.replied, text) })
		if repeated >= 0 {
			c.all[repeated].more++
			continue
		}
		out = append(out, Found{At: o.lines[0].at, Dropped: "it answers a question that is not there"})
	}
	for _, x := range c.all {
		if x.more > 0 && x.Dropped == "" {
			x.note("it stands there more than once, and was put together")
		}
		if x.Dropped != "" {
			x.Question = quiz.Question{}
		}
		out = append(out, x.Found)
	}
	slices.SortStableFunc(out, func(a, b Found) int { return a.At - b.At })
	for _, f := range out {
		if err := found(f); err != nil {
			return err
		}
	}
	return nil
}

// folded is a text as texts of a chat are compared: its letters and digits, without case
// and whatever stands between them.
func folded(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}
