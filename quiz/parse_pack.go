package quiz

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var idForm = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*$`)

const (
	maxID      = 60
	maxAliases = 20
	maxAccept  = 50
	cureID     = "use a-z, 0-9 and single hyphens, for example close-code"
)

// id reads a name that others refer to.
func (p *parser) id(n *yaml.Node, what string) string {
	s := p.text(n, what, maxID)
	if s != "" && !idForm.MatchString(s) {
		p.fault(n, cureID, "%s %q is not a plain name", what, cutText(s))
	}
	return s
}

func (p *parser) pack(root *yaml.Node) Pack {
	pack := Pack{Language: "en"}
	p.at.pack = root
	p.fields(root, "a pack", map[string]func(*yaml.Node){
		"pack": func(n *yaml.Node) {
			pack.ID = p.id(n, "pack")
			p.named(n, pack.ID, false)
			if slices.Contains(Reserved(), pack.ID) {
				p.fault(n, "choose another id", "%q is a word that players say to the bot, so no topic can be called so", pack.ID)
			}
		},
		"title": p.into(&pack.Title, "title", MaxTitle),
		"aliases": func(n *yaml.Node) {
			pack.Aliases = p.texts(n, "aliases", maxID, looksOf)
			for i, alias := range pack.Aliases {
				if why, cure := unsayable(alias); why != "" {
					p.fault(n.Content[i], cure, "the alias %q %s", cutText(alias), why)
				}
				p.named(n.Content[i], alias, true)
			}
			if len(pack.Aliases) > maxAliases {
				p.fault(n, "keep the best", "a pack has at most %d aliases", maxAliases)
			}
		},
		"language": p.into(&pack.Language, "language", 35),
		"license":  p.into(&pack.License, "license", MaxTitle),
		"retired": func(n *yaml.Node) {
			pack.Retired = p.texts(n, "retired", maxID, looksOf)
			for i, id := range pack.Retired {
				if id != "" && !idForm.MatchString(id) {
					p.fault(n.Content[i], cureID, "the retired id %q is not a plain name", cutText(id))
				}
			}
		},
		"questions": func(n *yaml.Node) {
			if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
				p.fault(n, "list them, each with - id: …", "questions must be a list of at least one question")
				return
			}
			seen := map[string]bool{}
			for _, item := range n.Content {
				q := p.question(item)
				if q.ID != "" && seen[q.ID] {
					p.fault(item, "give it an id of its own", "the question id %q is used twice", q.ID)
				}
				seen[q.ID] = true
				pack.Questions = append(pack.Questions, q)
				p.at.questions = append(p.at.questions, item)
			}
		},
	}, "pack", "questions")
	if pack.Title == "" {
		pack.Title = pack.ID
	}
	for i, q := range pack.Questions {
		if slices.Contains(pack.Retired, q.ID) {
			p.fault(p.at.questions[i], "give it an id of its own: what was answered to the old one would count for it", "the question id %q is retired", q.ID)
		}
	}
	return pack
}

// named notes a name that the topic goes by.
func (p *parser) named(n *yaml.Node, name string, alias bool) {
	if name != "" {
		p.names = append(p.names, topicName{name: name, alias: alias, at: p.place(n)})
	}
}

// kinds lists, for each kind, the keys that it needs and may have beside the common ones.
var kinds = map[Kind]struct{ needs, may []string }{
	Choice:    {needs: []string{"options"}},
	Multi:     {needs: []string{"options"}},
	TrueFalse: {needs: []string{"answer"}},
	Text:      {needs: []string{"accept"}},
	Number:    {needs: []string{"answer"}, may: []string{"tolerance", "unit"}},
	Order:     {needs: []string{"steps"}},
}

// question reads one question: first its kind, then the keys that go with it.
func (p *parser) question(n *yaml.Node) Question {
	q := Question{Kind: Choice, Difficulty: Medium}
	if kind := child(n, "kind"); kind != nil {
		q.Kind = Kind(strings.TrimSpace(kind.Value))
		if _, ok := kinds[q.Kind]; !ok {
			p.fault(kind, "use choice, multi, truefalse, text, number or order", "there is no kind %q", cutText(kind.Value))
			return q
		}
	}
	what := "a " + string(q.Kind) + " question"
	if q.Kind == Order {
		what = "an order question"
	}
	known := map[string]func(*yaml.Node){
		"id":      func(n *yaml.Node) { q.ID = p.id(n, "id") },
		"kind":    func(*yaml.Node) {},
		"ask":     p.into(&q.Ask, "ask", MaxAsk),
		"explain": p.into(&q.Explain, "explain", MaxExplain),
		"source":  p.into(&q.Source, "source", MaxSource),
		"hint":    p.into(&q.Hint, "hint", MaxHint),
		"tags":    func(n *yaml.Node) { q.Tags = p.texts(n, "tags", maxID, looksOf) },
		"difficulty": func(n *yaml.Node) {
			q.Difficulty = Difficulty(p.integer(n, "difficulty", int(Easy), int(Hard), "1 is easy, 2 medium, 3 hard"))
		},
		"seconds": func(n *yaml.Node) {
			q.Seconds = p.integer(n, "seconds", MinSeconds, MaxSeconds, "leave it out for a time that follows from the text")
		},
	}
	own := map[string]func(*yaml.Node){
		"options":   func(n *yaml.Node) { q.Options = p.options(n, q.Kind) },
		"steps":     func(n *yaml.Node) { q.Steps = p.steps(n) },
		"accept":    func(n *yaml.Node) { q.Accept = p.accept(n) },
		"tolerance": func(n *yaml.Node) { q.Tolerance = p.tolerance(n) },
		"unit": func(n *yaml.Node) {
			if n.Kind == yaml.ScalarNode && n.Value == "" {
				return
			}
			q.Unit = p.text(n, "unit", maxID)
		},
		"answer": func(n *yaml.Node) {
			if q.Kind == TrueFalse {
				q.Truth = p.truth(n, "answer")
			} else {
				q.Answer = p.number(n, "answer")
			}
		},
	}
	rule := kinds[q.Kind]
	for _, key := range append(slices.Clone(rule.needs), rule.may...) {
		known[key] = own[key]
	}
	p.fields(n, what, known, append([]string{"id", "ask"}, rule.needs...)...)
	return q
}

func child(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func (p *parser) options(n *yaml.Node, kind Kind) []Option {
	if n.Kind != yaml.SequenceNode || len(n.Content) < 2 || len(n.Content) > MaxOptions {
		p.fault(n, "list them, each with - text: …", "options must be a list of 2 to %d options", MaxOptions)
		return nil
	}
	var out []Option
	correct, seen := 0, looked{}
	for _, item := range n.Content {
		var o Option
		p.fields(item, "an option", map[string]func(*yaml.Node){
			"text":    p.into(&o.Text, "an option's text", MaxOption),
			"correct": func(n *yaml.Node) { o.Correct = p.truth(n, "correct") },
			"why":     p.into(&o.Why, "why", MaxWhy),
		}, "text")
		if o.Text != "" && seen.before(meaningsOf(o.Text)) {
			p.fault(item, "change one of them", "two options are equal to players: %q", cutText(o.Text))
		}
		if o.Correct {
			correct++
		}
		out = append(out, o)
	}
	switch {
	case correct == 0:
		p.fault(n, "mark the right one with correct: true", "no option is correct")
	case correct > 1 && kind == Choice:
		p.fault(n, "keep one, or make it kind: multi", "%d options are correct, and a choice question has one right answer", correct)
	}
	return out
}

func (p *parser) steps(n *yaml.Node) []string {
	steps := p.texts(n, "steps", MaxOption, meaningsOf)
	if len(steps) < 2 || len(steps) > MaxOptions {
		p.fault(n, "list them in the right order", "steps must be a list of 2 to %d texts", MaxOptions)
	}
	return steps
}

func (p *parser) accept(n *yaml.Node) []string {
	accept := p.texts(n, "accept", MaxOption, looksOf)
	if n.Kind == yaml.SequenceNode && len(accept) == 0 || len(accept) > maxAccept {
		p.fault(n, "list what counts as right, the best form first", "accept must be a list of 1 to %d texts", maxAccept)
	}
	for i, s := range accept {
		if s != "" && foldAnswer(s) == "" {
			p.fault(n.Content[i], "use letters or digits", "the answer %q could never be matched", cutText(s))
		}
	}
	return accept
}

func (p *parser) tolerance(n *yaml.Node) float64 {
	x := p.number(n, "tolerance")
	if x < 0 {
		p.fault(n, "write how far off an answer may be", "tolerance must not be below 0")
		return 0
	}
	return x
}
