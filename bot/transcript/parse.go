package transcript

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"quizbot/quiz"
)

// defaultRoom is where things happen until a line says otherwise.
const defaultRoom = "#room"

// Parse reads a transcript. file is its name for messages; read returns the
// content of a pack that it names. The error names file and line.
func Parse(file string, src []byte, read func(pack string) ([]byte, error)) (*Script, error) {
	p := &parser{script: &Script{File: file}, read: read, room: Room{Name: defaultRoom}}
	for i, text := range strings.Split(string(src), "\n") {
		text = strings.TrimRight(text, " \t\r")
		if err := p.line(i+1, text); err != nil {
			return nil, fmt.Errorf("%s:%d: %q: %w", file, i+1, text, err)
		}
	}
	if len(p.script.lines) == 0 {
		return nil, fmt.Errorf("%s: nothing happens in this transcript", file)
	}
	if len(p.script.Setup.Packs) == 0 {
		return nil, fmt.Errorf("%s: no pack: begin with a line like: pack ../packs/wires.yaml", file)
	}
	pool, err := quiz.NewPool(p.script.Setup.Packs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	p.script.Setup.Pool = pool
	return p.script, nil
}

type parser struct {
	script *Script
	read   func(string) ([]byte, error)
	room   Room
}

// Every form of line, in the order in which they are tried.
var (
	formPack      = regexp.MustCompile(`^pack ([^\s,]+)(?:, only ([a-z0-9 -]+?)(?: as ([a-z0-9-]+))?)?$`)
	formAdmin     = regexp.MustCompile(`^admin ([a-z]+)$`)
	formCalled    = regexp.MustCompile(`^([a-z]+) is called (".*")$`)
	formTime      = regexp.MustCompile(`^time: virtual$`)
	formWhere     = regexp.MustCompile(`^in (?:(#[a-z0-9-]+)|direct with ([a-z]+))$`)
	formPass      = regexp.MustCompile(`^\+([0-9a-z.]+)$`)
	formLater     = regexp.MustCompile(`^([0-9a-z.]+) later$`)
	formRedeliver = regexp.MustCompile(`^redeliver( everything)?(?: ([1-9]) times)?$`)
	formRestart   = regexp.MustCompile(`^(restart|crash)(?: for ([0-9a-z]+))?$`)
	formLeave     = regexp.MustCompile(`^(crash|stop) and stay away$`)
	formBack      = regexp.MustCompile(`^come back$`)
	formFault     = regexp.MustCompile(`^platform (.+)$`)
	formSilence   = regexp.MustCompile(`^bot says nothing$`)
	formExpect    = regexp.MustCompile(`^bot(?: to ([a-z]+)( in private)?|( edits))?: *(.+)$`)
	formShows     = regexp.MustCompile(`^bot shows ([a-z]+) a form: *(.+)$`)
	formFill      = regexp.MustCompile(`^([a-z]+) fills in (".*")$`)
	formSay       = regexp.MustCompile(`^([a-z]+)> *(.*)$`)
	formType      = regexp.MustCompile(`^([a-z]+) types (".*")$`)
	formLetters   = regexp.MustCompile(`^([a-z]+) types the letters? of (".*")$`)
	formPress     = regexp.MustCompile(`^([a-z]+) presses (".*")$`)
	formReplyTo   = regexp.MustCompile(`^([a-z]+) replies to ("(?:[^"\\]|\\.)*") (".*")$`)
	formReply     = regexp.MustCompile(`^([a-z]+) replies (".*")$`)
	formAnswer    = regexp.MustCompile(`^([a-z]+) answers (right|wrong)$`)
)

func (p *parser) line(no int, text string) error {
	if text == "" || text == "#" || strings.HasPrefix(text, "# ") {
		return nil
	}
	if indented := strings.TrimLeft(text, " \t"); indented != text {
		return p.further(indented)
	}
	if done, err := p.scene(text); done || err != nil {
		return err
	}
	s, err := p.step(text)
	if err != nil {
		return err
	}
	p.script.lines = append(p.script.lines, line{no: no, text: text, step: s})
	return nil
}

// further adds an indented line to the expectation above it.
func (p *parser) further(text string) error {
	if n := len(p.script.lines); n > 0 {
		if e, ok := p.script.lines[n-1].step.(*expect); ok {
			if words, ok := strings.CutPrefix(text, "without:"); ok {
				words, err := unquoteIfQuoted(strings.TrimSpace(words))
				e.without = append(e.without, plain(words))
				return err
			}
			words, err := unquoteIfQuoted(text)
			e.has = append(e.has, plain(words))
			return err
		}
	}
	return fmt.Errorf("an indented line belongs under what the bot says")
}

// scene reads a line that sets the scene.
func (p *parser) scene(text string) (bool, error) {
	setup := &p.script.Setup
	if m := formPack.FindStringSubmatch(text); m != nil {
		pack, err := p.pack(m[1], strings.Fields(m[2]))
		if m[3] != "" {
			pack.ID, pack.Aliases = m[3], nil
		}
		setup.Packs = append(setup.Packs, pack)
		return true, err
	}
	if m := formAdmin.FindStringSubmatch(text); m != nil {
		p.person(m[1]).Admin = true
		return true, nil
	}
	if m := formCalled.FindStringSubmatch(text); m != nil {
		called, err := strconv.Unquote(m[2])
		p.person(m[1]).Called = called
		return true, err
	}
	if formTime.MatchString(text) {
		setup.Virtual = true
		return true, nil
	}
	return false, nil
}

func (p *parser) pack(file string, only []string) (quiz.Pack, error) {
	src, err := p.read(file)
	if err != nil {
		return quiz.Pack{}, err
	}
	pack, err := quiz.ParsePack(file, src)
	if err != nil || len(only) == 0 {
		return pack, err
	}
	var kept []quiz.Question
	for _, id := range only {
		i := slices.IndexFunc(pack.Questions, func(q quiz.Question) bool { return q.ID == id })
		if i < 0 {
			return pack, fmt.Errorf("%s has no question %q", file, id)
		}
		kept = append(kept, pack.Questions[i])
	}
	pack.Questions = kept
	return pack, nil
}

// person returns the person with that name, new where it is named for the first time.
func (p *parser) person(id string) *Person {
	people := &p.script.Setup.People
	i := slices.IndexFunc(*people, func(x Person) bool { return x.ID == id })
	if i < 0 {
		i = len(*people)
		*people = append(*people, Person{ID: id, Called: id})
	}
	return &(*people)[i]
}

// by is the start of an act in the present room.
func (p *parser) by(kind ActKind, who, quoted string) (act, error) {
	if who == "bot" || who == "platform" {
		return act{}, fmt.Errorf("%s is nobody's name", who)
	}
	if p.room.Direct != "" && p.room.Direct != who {
		return act{}, fmt.Errorf("%s can't be in %s's direct messages", who, p.room.Direct)
	}
	p.person(who)
	p.here()
	text, err := strconv.Unquote(quoted)
	return act{Act: Act{Kind: kind, Who: who, Room: p.room, Text: text}}, err
}

// here makes sure that the present room is among the rooms.
func (p *parser) here() {
	rooms := &p.script.Setup.Rooms
	if !slices.Contains(*rooms, p.room) {
		*rooms = append(*rooms, p.room)
	}
}

func (p *parser) step(text string) (step, error) {
	if m := formWhere.FindStringSubmatch(text); m != nil {
		p.room = Room{Name: m[1]}
		if m[2] != "" {
			p.room = Room{Name: "direct " + m[2], Direct: m[2]}
			p.person(m[2])
		}
		p.here()
		return where{p.room}, nil
	}
	if m := formPass.FindStringSubmatch(text); m != nil {
		d, err := time.ParseDuration(m[1])
		return pass{d: d}, err
	}
	if m := formLater.FindStringSubmatch(text); m != nil {
		d, err := time.ParseDuration(m[1])
		return pass{d: d, skip: true}, err
	}
	if m := formRedeliver.FindStringSubmatch(text); m != nil {
		times := 1
		if m[2] != "" {
			times = int(m[2][0] - '0')
		}
		return redeliver{all: m[1] != "", times: times}, nil
	}
	if m := formRestart.FindStringSubmatch(text); m != nil {
		r := restart{crash: m[1] == "crash"}
		var err error
		if m[2] != "" {
			r.down, err = time.ParseDuration(m[2])
		}
		return r, err
	}
	if m := formLeave.FindStringSubmatch(text); m != nil {
		return leave{crash: m[1] == "crash"}, nil
	}
	if formBack.MatchString(text) {
		return comeBack{}, nil
	}
	if m := formFault.FindStringSubmatch(text); m != nil {
		return p.fault(m[1])
	}
	if formSilence.MatchString(text) {
		return silence{}, nil
	}
	if m := formExpect.FindStringSubmatch(text); m != nil {
		if m[1] != "" {
			p.person(m[1])
		}
		return (&expect{to: m[1], private: m[2] != "", edit: m[3] != ""}).with(m[4]), nil
	}
	if m := formShows.FindStringSubmatch(text); m != nil {
		p.person(m[1])
		return (&expect{to: m[1], form: true}).with(m[2]), nil
	}
	return p.act(text)
}

// with adds the words that the message has.
func (e *expect) with(words string) *expect {
	pieces := strings.Split(words, "…")
	e.begins = plain(pieces[0])
	for _, piece := range pieces[1:] {
		if piece = plain(piece); piece != "" {
			e.then = append(e.then, piece)
		}
	}
	return e
}

func (p *parser) act(text string) (step, error) {
	if m := formSay.FindStringSubmatch(text); m != nil {
		said := strings.TrimSpace(strings.TrimPrefix(m[2], "!quiz"))
		return p.by(Say, m[1], strconv.Quote(said))
	}
	if m := formType.FindStringSubmatch(text); m != nil {
		return p.by(Type, m[1], m[2])
	}
	if m := formLetters.FindStringSubmatch(text); m != nil {
		a, err := p.by(Type, m[1], `""`)
		if err != nil {
			return nil, err
		}
		a.letters, err = quotedList(m[2])
		return a, err
	}
	if m := formPress.FindStringSubmatch(text); m != nil {
		a, err := p.by(Press, m[1], m[2])
		a.press, a.Text = a.Text, ""
		return a, err
	}
	if m := formFill.FindStringSubmatch(text); m != nil {
		a, err := p.by(Fill, m[1], `""`)
		if err != nil {
			return nil, err
		}
		a.Values, err = quotedList(m[2])
		return a, err
	}
	if m := formReplyTo.FindStringSubmatch(text); m != nil {
		words, err := strconv.Unquote(m[2])
		if err != nil {
			return nil, err
		}
		a, err := p.by(Reply, m[1], m[3])
		a.words = words
		return a, err
	}
	if m := formReply.FindStringSubmatch(text); m != nil {
		return p.by(Reply, m[1], m[2])
	}
	if m := formAnswer.FindStringSubmatch(text); m != nil {
		_, err := p.by(Type, m[1], `""`)
		return answer{who: m[1], right: m[2] == "right"}, err
	}
	return nil, fmt.Errorf("not a line of a transcript; package transcript's documentation lists them")
}

// Every form of what follows "platform".
var (
	faultRefuse  = regexp.MustCompile(`^refuses ([0-9]+) messages? for ([0-9a-z]+)$`)
	faultCounted = regexp.MustCompile(`^(swallows|loses|hangs after|rejects) ([0-9]+) (?:message|answer)s?$`)
	faultSlow    = regexp.MustCompile(`^takes ([0-9a-z]+)$`)
	faultDelete  = regexp.MustCompile(`^deletes (".*")$`)
)

func (p *parser) fault(text string) (step, error) {
	f := fault{Fault: Fault{Room: p.room}}
	var err error
	if m := faultRefuse.FindStringSubmatch(text); m != nil {
		f.Kind = Refuse
		if f.N, err = strconv.Atoi(m[1]); err == nil {
			f.For, err = time.ParseDuration(m[2])
		}
		return f, err
	}
	if m := faultCounted.FindStringSubmatch(text); m != nil {
		f.Kind = map[string]FaultKind{"swallows": Swallow, "loses": Lose, "hangs after": Hang, "rejects": Reject}[m[1]]
		f.N, err = strconv.Atoi(m[2])
		return f, err
	}
	if m := faultSlow.FindStringSubmatch(text); m != nil {
		f.Kind = Slow
		f.For, err = time.ParseDuration(m[1])
		return f, err
	}
	if m := faultDelete.FindStringSubmatch(text); m != nil {
		f.Kind = Delete
		f.words, err = strconv.Unquote(m[1])
		return f, err
	}
	switch text {
	case "is down":
		f.Kind = Down
	case "is back":
		f.Kind = Back
	case "shuts the room":
		f.Kind = Shut
	case "keeps everything back":
		f.Kind = KeepBack
	case "lets it go":
		f.Kind = LetGo
	default:
		return nil, fmt.Errorf("no platform does that")
	}
	return f, nil
}

// quotedList reads texts in quotes with ", " between them.
func quotedList(s string) ([]string, error) {
	var out []string
	for s != "" {
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			return nil, err
		}
		words, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, err
		}
		out = append(out, words)
		rest, more := strings.CutPrefix(s[len(quoted):], ", ")
		if !more && rest != "" || more && rest == "" {
			return nil, fmt.Errorf("%q is no list of texts in quotes", s)
		}
		s = rest
	}
	return out, nil
}

func unquoteIfQuoted(s string) (string, error) {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return strconv.Unquote(s)
	}
	return s, nil
}
